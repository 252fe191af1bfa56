"""Partners that misbehave towards the ERP: a sound ERP keeps every promise, and each flaw is found by the check it was made for."""

import json

import pytest
from small_erp import SETTINGS, small_erp, write_contract

from erp_testkit.contracts.messages.contract import load
from erp_testkit.contracts.messages.raw_http import Call, send
from erp_testkit.domain.errors import UsageError
from erp_testkit.erp.errors import ErpBroke

FLAWS = [
    ("forgets what it knows", "shipped sent twice", "callback-applied-twice"),
    ("forgets what it knows", "shipped ack lost", "callback-applied-twice"),
    ("forgets what it knows", "shipped fails first", "callback-applied-twice"),
    ("refuses what it knows", "shipped sent twice", "callback-refused-wrongly"),
    ("refuses what it knows", "shipped ack lost", "callback-refused-wrongly"),
    ("refuses what it knows", "shipped fails first", "callback-refused-wrongly"),
    ("keeps what it knows", "shipped sent twice", "callback-applied-twice"),
    ("is not atomic", "shipped at once", "callback-applied-twice"),
    ("acknowledges and forgets", "shipped slow", "callback-lost"),
    ("acknowledges and forgets", "confirmed sent twice", "callback-lost"),
    ("keeps no audit trail", "shipped sent twice", "callback-unaudited"),
    ("takes only the newest", "shipped out of order", "callback-refused-wrongly"),
    ("is impatient", "shipped late", "callback-refused-wrongly"),
    ("crashes on bad input", "shipped malformed", "callback-server-error"),
    ("takes half a message", "shipped malformed", "callback-accepted-wrongly"),
    ("takes half a message", "shipped cut off", "callback-accepted-wrongly"),
    ("refuses unknown fields", "shipped unknown fields", "callback-refused-wrongly"),
    ("looks at no state", "shipped another document", "callback-accepted-wrongly"),
    ("looks at no state", "delivered another document", "callback-accepted-wrongly"),
    ("does not compare lots", "confirmed another document", "callback-accepted-wrongly"),
    ("looks at numbers only", "delivered another document", "callback-accepted-wrongly"),
    ("cannot wait", "shipped slow", "callback-server-error"),
    ("looks at no state", "delivered before its turn", "callback-accepted-wrongly"),
    ("remembers what it refused", "delivered before its turn", "callback-lost"),
    ("drops what is early", "delivered before its turn", "callback-lost"),
    ("crashes on the old version", "shipped old version 0", "callback-server-error"),
    ("takes any version", "shipped old version 0", "callback-accepted-wrongly"),
]


def checks_of(folder, **more):
    return {check.id: check for check in load(write_contract(folder, **more)).checks}


def judge(check, folder, flaw=""):
    with small_erp(folder, flaw) as world:
        return check.run(world)


def callbacks(folder):
    return [check for name, check in checks_of(folder).items() if name.startswith(("shipped ", "delivered ", "confirmed "))]


def test_every_callback_has_a_check_for_every_misbehaviour(tmp_path):
    common = ["sent twice", "ack lost", "out of order", "late", "malformed", "unknown fields", "another document"]
    common += ["fails first", "slow", "cut off", "at once"]
    assert [check.id for check in callbacks(tmp_path)] == [
        *(f"shipped {name}" for name in [*common, "old version 1", "old version 0"]),
        *(f"delivered {name}" for name in [*common, "before its turn"]),
        *(f"confirmed {name}" for name in common),
    ]


def test_a_sound_erp_keeps_every_promise(tmp_path):
    with small_erp(tmp_path) as world:
        found = {check.id: [broken.message for broken in check.run(world.again()).findings] for check in callbacks(tmp_path)}
    assert {name: messages for name, messages in found.items() if messages} == {}
    assert len(found) == 36


@pytest.mark.parametrize(("flaw", "check", "breach"), FLAWS, ids=lambda value: value.replace(" ", "-"))
def test_each_flaw_is_found_by_its_check(flaw, check, breach, tmp_path):
    (broken,) = judge(checks_of(tmp_path)[check], tmp_path, flaw).findings
    assert broken.id == breach, broken.message


def test_a_breach_says_what_was_sent_and_how_to_send_it_again(tmp_path):
    with small_erp(tmp_path, "refuses what it knows") as world:
        judged = checks_of(tmp_path)["shipped sent twice"].run(world)
        (broken,) = judged.findings
        url = world.system("erp").url
        number = world.code("message", "shipped 1")
    assert broken.message == (
        "Failed to hand in shipped (sent twice, the second time): expected it to be taken (2xx), "
        'got status 409 \'{"why": "known"}\'.\n'
        "Again: curl -X POST -H 'Content-Type: application/json' -H \"Authorization: Bearer $TOKEN\" "
        f'--data-binary \'{{"shipment": "SH-{world.erp.series}-2", "message": "{number}", "version": "2"}}\' {url}/shipped'
    )
    assert (broken.place, broken.severity) == ("the second time", "critical")
    assert judged.counted == 2
    assert judged.items == {world.code("item", "scene 1 0")}


@pytest.mark.parametrize(
    ("address", "arrives"),
    [
        ("/订单", "/%E8%AE%A2%E5%8D%95"),
        ("/a b?c=d e", "/a%20b?c=d%20e"),
        ("/a%20b?c=%25", "/a%20b?c=%25"),
    ],
)
def test_an_address_is_written_as_http_takes_it(tmp_path, address, arrives):
    with small_erp(tmp_path) as world:
        url = world.system("erp").url
        call = Call(method="POST", url=url + address, headers={"Authorization": "Bearer of the partner"}, body=b"{}")
        answer = send(call)
    assert (answer.status, json.loads(answer.text)) == (500, {"why": f"KeyError('{arrives}')"})
    assert call.curl().endswith(f" '{url}{arrives}'" if "?" in arrives else f" {url}{arrives}")


@pytest.mark.parametrize(
    ("method", "value", "expected"),
    [
        ("POST", "订", "header 'X-Note' of Latin-1 characters on one line"),
        ("POST", "a\nb", "header 'X-Note' of Latin-1 characters on one line"),
        ("送", "a", "an HTTP method in place of '送'"),
    ],
)
def test_what_http_cannot_send_is_a_mistake_of_the_settings(method, value, expected):
    with pytest.raises(UsageError) as mistake:
        send(Call(method=method, url="http://127.0.0.1:9/a", headers={"X-Note": value}, body=b""))
    assert str(mistake.value) == (
        f"Failed to send to http://127.0.0.1:9/a: expected {expected}, got others. Next: correct the contract's settings"
    )


def test_the_answer_of_a_sign_in_is_never_shown(tmp_path):
    checks = checks_of(tmp_path, settings=SETTINGS.replace("[sign_in]", '[sign_in]\ntoken = "jwt"'))
    with small_erp(tmp_path) as world:
        with pytest.raises(ErpBroke) as broke:
            checks["shipped sent twice"].run(world)
        url = world.system("erp").url
    assert str(broke.value) == f"Failed to sign in at {url}/token as boss: expected a token under 'jwt', got status 200 without it."
    assert broke.value.__cause__ is None
    assert broke.value.__suppress_context__


def test_what_was_handed_in_is_kept_without_the_password(tmp_path):
    with small_erp(tmp_path) as world:
        checks_of(tmp_path)["shipped sent twice"].run(world)
    assert [(one.method, one.target, one.status, one.role) for one in world.heard_of] == [("POST", "/shipped", 200, "manager")] * 2
    assert "secret of the boss" not in repr(world.heard_of)


def test_what_must_be_refused_may_be_promised_too(tmp_path):
    checks = checks_of(tmp_path, more='late = "refused"\nunknown_fields = "refused"')
    found = {
        (flaw, name): [broken.id for broken in judge(checks[f"shipped {name}"], tmp_path, flaw).findings]
        for flaw, name in [("is impatient", "late"), ("", "late"), ("refuses unknown fields", "unknown fields"), ("", "unknown fields")]
    }
    assert found == {
        ("is impatient", "late"): [],
        ("", "late"): ["callback-accepted-wrongly"],
        ("refuses unknown fields", "unknown fields"): [],
        ("", "unknown fields"): ["callback-accepted-wrongly"],
    }
