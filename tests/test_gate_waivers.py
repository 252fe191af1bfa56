"""Waivers: they lift what they name, and everything that is wrong with them is told at once, with its place."""

from datetime import UTC, datetime, timedelta

import gate_packs
import pytest
from gate_packs import LACKS, POLICY, breach, contract, failed, leave, result, rule

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.findings import Family
from erp_testkit.gate.verdict.verdict import State, Word

AT = datetime.now(UTC) + timedelta(hours=1)
TODAY = AT.date()
NORMAL = '[findings]\nnormal = "waiver"\ncritical = "waiver"\nblocker = "reject"\n'


def day(offset=0):
    return (TODAY + timedelta(days=offset)).isoformat()


def verdict(*arguments, **facts):
    return gate_packs.verdict(*arguments, at=AT, **facts)


def waiver(fingerprint, /, **facts):
    told = {
        "fingerprint": f'"{fingerprint}"',
        "reason": '"Mended in release 4.2."',
        "owner": '"Li Na"',
        "approver": '"Wang Wei"',
        "opened": day(-10),
        "expires": day(60),
        **facts,
    }
    return "[[waiver]]\n" + "".join(f"{key} = {value}\n" for key, value in told.items() if value is not None)


@pytest.fixture
def broken(tmp_path):
    """A run in which one scenario broke at a step; its fingerprint too."""
    pack = leave(tmp_path / "run", result("SAL-001", "broken"), result("SAL-002"))
    (reason,) = verdict(tmp_path, pack, text=NORMAL).reasons
    return pack, reason.fingerprint


def mistakes(tmp_path, pack, text, **facts):
    with pytest.raises(UsageError) as raised:
        verdict(tmp_path, pack, text=NORMAL, waivers=text, **facts)
    first, *rest = str(raised.value).splitlines()
    file = tmp_path / "waivers.toml"
    assert first == f"Failed to read waivers {file}: expected no mistakes, got {len(rest)}:"
    return rest


def test_a_waiver_turns_what_needs_one_into_an_approval(tmp_path, broken):
    pack, fingerprint = broken
    judged = verdict(tmp_path, pack, text=NORMAL)
    assert (judged.word, judged.exit_code) == (Word.WAIVER, 1)
    judged = verdict(tmp_path, pack, text=NORMAL, waivers=waiver(fingerprint))
    assert (judged.word, judged.exit_code) == (Word.APPROVED, 0)
    (reason,) = judged.reasons
    assert (reason.state, reason.waiver.owner) == (State.WAIVED, "Li Na")


def test_the_first_digits_of_a_fingerprint_are_enough(tmp_path, broken):
    pack, fingerprint = broken
    assert verdict(tmp_path, pack, text=NORMAL, waivers=waiver(fingerprint[:6])).word is Word.APPROVED


def test_scenarios_rules_contracts_and_gaps_are_waived_alike(tmp_path):
    pack = leave(
        tmp_path / "run",
        result("SAL-001", "broken"),
        result("SAL-002", "broken", findings=[rule()]),
        contract("wms canary", "broken", findings=[breach(severity="normal")]),
        contract("erp versions", "broken", findings=[breach("property-removed", "normal", Family.COMPATIBILITY)]),
        result("TRC-001", "not covered", lacks=LACKS),
    )
    asked = {"base": f'{POLICY}ports = ["recalls"]\n', "text": NORMAL}
    judged = verdict(tmp_path, pack, **asked)
    assert len(judged.of(State.NEEDS_WAIVER)) == 5
    waivers = "".join(waiver(reason.fingerprint) for reason in judged.reasons)
    assert verdict(tmp_path, pack, **asked, waivers=waivers).word is Word.APPROVED


DAY = "expected a day such as 2026-11-30"
FINGERPRINT = "expected the fingerprint of a cause, its first 6 to 12 digits"
BAD = [
    ({"owner": None}, "line 3, waiver[1].owner: expected text, got nothing."),
    ({"owner": '" "'}, "line 6, waiver[1].owner: expected text, got ' '."),
    ({"reason": '""'}, "line 5, waiver[1].reason: expected text, got ''."),
    ({"approver": 4}, "line 7, waiver[1].approver: expected text, got 4."),
    ({"expires": '"soon"'}, f"line 9, waiver[1].expires: {DAY}, got 'soon'."),
    ({"opened": "2026-11-02T10:00:00"}, f"line 8, waiver[1].opened: {DAY}, got '2026-11-02T10:00:00'."),
    ({"fingerprint": '"3fa2"'}, f"line 4, waiver[1].fingerprint: {FINGERPRINT}, got '3fa2'."),
    ({"fingerprint": '"*"'}, f"line 4, waiver[1].fingerprint: {FINGERPRINT}, got '*'."),
    ({"expire": '"2026-12-01"'}, "line 10, waiver[1].expire: unknown key. Did you mean 'expires'? "
     "Valid values are: approver, expires, fingerprint, link, opened, owner, reason."),
    ({"approver": '"li  NA"'}, "line 7, waiver[1].approver: expected somebody other than the owner, got 'li  NA' for both."),
    ({"expires": day(-1)},
     f"line 9, waiver[1].expires: expected a waiver that still holds on {day()}, got one that expired on {day(-1)}."),
    ({"expires": day(-20)}, f"line 9, waiver[1].expires: expected a day after its opening on {day(-10)}, got {day(-20)}."),
    ({"opened": day(1)}, f"line 8, waiver[1].opened: expected a day up to {day()}, got {day(1)}."),
    ({"expires": day(365)}, "line 9, waiver[1].expires: expected a day within 180 days of its opening, got 375."),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "said"), BAD, ids=range(len(BAD)))
def test_a_mistake_says_where_it_is_and_what_was_expected(tmp_path, broken, facts, said):
    pack, fingerprint = broken
    assert mistakes(tmp_path, pack, f"# ours\n\n{waiver(fingerprint, **facts)}") == [f"- {said}"]


def test_all_mistakes_of_all_waivers_are_told_at_once(tmp_path, broken):
    pack, fingerprint = broken
    text = waiver(fingerprint, expires=day(-1), approver='"Li Na"') + waiver("abcdef", link=3)
    assert [line.partition(": ")[0] for line in mistakes(tmp_path, pack, text)] == [
        "- line 5, waiver[1].approver",
        "- line 7, waiver[1].expires",
        "- line 15, waiver[2].link",
    ]


def test_all_waivers_that_do_not_fit_the_run_are_told_at_once(tmp_path, broken):
    pack, fingerprint = broken
    text = waiver(fingerprint) + waiver("abcdef") + waiver(fingerprint)
    assert [line.partition(": ")[0] for line in mistakes(tmp_path, pack, text)] == ["- line 8, waiver[2]", "- line 15, waiver[3]"]


def test_the_last_day_of_a_waiver_still_counts(tmp_path, broken):
    pack, fingerprint = broken
    judged = verdict(tmp_path, pack, text=NORMAL, waivers=waiver(fingerprint, expires=day()))
    assert judged.word is Word.APPROVED


def test_a_waiver_that_ends_soon_is_announced(tmp_path, broken):
    pack, fingerprint = broken
    assert [
        one.expires.isoformat() for one in verdict(tmp_path, pack, text=NORMAL, waivers=waiver(fingerprint, expires=day(14))).ending
    ] == [day(14)]
    assert verdict(tmp_path, pack, text=NORMAL, waivers=waiver(fingerprint, expires=day(15))).ending == []


def test_a_waiver_that_matches_nothing_is_out_of_date(tmp_path, broken):
    pack, _ = broken
    assert mistakes(tmp_path, pack, waiver("0123456789ab")) == [
        "- line 1, waiver[1]: expected a cause of this run, got none with '0123456789ab'. Take the waiver out."
    ]


def test_a_run_that_could_not_judge_does_not_make_waivers_out_of_date(tmp_path):
    pack = leave(tmp_path / "cut", result("SAL-002"), partial="interrupted")
    assert verdict(tmp_path, pack, waivers=waiver("0123456789ab")).exit_code == 3


def test_a_waiver_that_matches_too_much_names_all_it_matches(tmp_path):
    seen = {}
    for number in range(100_000):
        fingerprint = failed(f"steps.x_{number}").cause
        if fingerprint[:6] in seen:
            break
        seen[fingerprint[:6]] = number, fingerprint
    first, other = seen[fingerprint[:6]]
    pack = leave(tmp_path / "run", result(f"X-{first}", "broken"), result(f"X-{number}", "broken"))
    named = "; ".join(
        f"{digits} step steps.x_{one} (AssertionError): Scenario X-{one}" for digits, one in sorted([(other, first), (fingerprint, number)])
    )
    assert mistakes(tmp_path, pack, waiver(fingerprint[:6])) == [
        f"- line 1, waiver[1]: expected a fingerprint of one cause, got '{fingerprint[:6]}' of 2: {named}."
    ]


def test_a_second_waiver_of_one_cause_is_a_mistake(tmp_path, broken):
    pack, fingerprint = broken
    assert mistakes(tmp_path, pack, waiver(fingerprint) + waiver(fingerprint[:8])) == [
        f"- line 8, waiver[2]: expected one waiver of a cause, got a second of {fingerprint}."
    ]


def test_what_the_policy_rejects_no_waiver_lifts(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001", "broken", severity="blocker"))
    (reason,) = verdict(tmp_path, pack, text=NORMAL).reasons
    assert mistakes(tmp_path, pack, waiver(reason.fingerprint)) == [
        f"- line 1, waiver[1]: expected a cause the policy lets be waived, got {reason.fingerprint} "
        'step steps.sal_001 (AssertionError): Scenario SAL-001, which findings.blocker = "reject" of gate.toml forbids.'
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("waivers = []", "- line 1, waivers: unknown key. Did you mean 'waiver'? Valid values are: waiver."),
        ('waiver = "all"', "- line 1, waiver: expected a list of tables, got 'all'."),
        ("waiver = [1]", "- line 1, waiver[1]: expected a table, got 1."),
    ],
)
def test_a_file_of_another_form_says_what_it_should_be(tmp_path, broken, text, said):
    assert mistakes(tmp_path, broken[0], text) == [said]


def test_a_file_without_waivers_is_fine(tmp_path, broken):
    assert verdict(tmp_path, broken[0], text=NORMAL, waivers="# none\n").word is Word.WAIVER
