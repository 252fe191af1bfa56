"""OpenAPI contracts: each check against a small system that keeps its contract, and against the same system that does not."""

from datetime import UTC, datetime

import pytest
from contract_shop import CONTRACT, READER, SETTINGS, SIGN_IN, SIGNED_IN, TOKEN, Live, Refused, Shop, serving

from erp_testkit.contracts.check import System
from erp_testkit.contracts.openapi.checks import difference
from erp_testkit.contracts.openapi.client import Client, Sent
from erp_testkit.contracts.openapi.contract import load
from erp_testkit.contracts.openapi.coverage import lines, merge
from erp_testkit.contracts.openapi.findings import finding
from erp_testkit.domain.errors import EnvironmentFailure, UsageError


class Front:
    """Sends everything to the present test's own shop: starting a server for each would take longer than the test."""

    shop = None

    async def __call__(self, scope, receive, send):
        await self.shop(scope, receive, send)


@pytest.fixture(scope="module")
def front():
    front = Front()
    with serving(front) as front.url:
        yield front


@pytest.fixture
def shop(front):
    front.shop = Shop()
    front.shop.url = front.url
    return front.shop


@pytest.fixture
def contract(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)

    def write(text=CONTRACT, settings=SETTINGS):
        file = tmp_path / "shop.yaml"
        file.write_text(text, encoding="utf-8")
        file.with_suffix(".toml").write_text(settings.format(url=shop.url), encoding="utf-8")
        return load(file)

    return write


def check(contract, name):
    (found,) = (one for one in contract.checks if one.id == name)
    return found


def judge(contract, name):
    return check(contract, name).run(Live(name))


def test_a_contract_has_a_check_for_each_operation_and_one_for_chains(contract):
    read = contract()
    assert (read.name, read.kind, read.title, read.adapter) == ("shop", "openapi", "Shop", "")
    assert [(one.id, one.title, one.line, one.writes) for one in read.checks] == [
        ("GET /things", "list", 23, False),
        ("POST /things", "Add a thing", 6, True),
        ("GET /things/{number}", "read", 37, True),
        ("PUT /things/{number}", "change", 47, True),
        ("GET /audit", "audit", 65, False),
        ("stateful", "Chains of requests along the links", 1, True),
    ]


def test_a_system_that_keeps_its_contract_is_found_to(contract):
    for one in contract().checks:
        live = Live(one.id)
        judged = one.run(live)
        assert [broken.message for broken in judged.findings] == [], one.id
        assert judged.counted == len(live.exchanges) > 5


BREACHES = [
    ("breaks", "POST /things", "server-error"),
    ("leaks", "POST /things", "leak"),
    ("takes anything", "POST /things", "bad-input-accepted"),
    ("answers 202", "POST /things", "undocumented-status"),
    ("forgets the number", "POST /things", "response-schema"),
    ("forgets keys", "POST /things", "idempotency-replay"),
    ("takes used keys", "POST /things", "idempotency-key-reuse"),
    ("keeps no audit trail", "POST /things", "audit-entry-missing"),
    ("keeps no audit trail", "PUT /things/{number}", "audit-entry-missing"),
    ("keeps another amount", "POST /things", "not-read-back"),
    ("ignores the lock", "PUT /things/{number}", "lock-ignored"),
    ("refuses every lock", "PUT /things/{number}", "lock-refused"),
    ("open", "GET /audit", "auth-ignored"),
    ("keeps another amount", "stateful", "not-read-back"),
]


@pytest.mark.parametrize(("fault", "name", "id_"), BREACHES, ids=[f"{fault}-{name}" for fault, name, _ in BREACHES])
def test_a_system_that_does_not_is_found_out(shop, contract, fault, name, id_):
    shop.faults.add(fault)
    assert id_ in [broken.id for broken in judge(contract(), name).findings]


@pytest.mark.parametrize(
    ("fault", "got"),
    [
        ("agrees and does nothing", "200"),
        ("writes before it looks", "412, and another content"),
        ("ignores the lock", '200, and version "2" after "1"'),
    ],
)
def test_what_an_outdated_change_did_is_told(shop, contract, fault, got):
    shop.faults.add(fault)
    settings = 'phases = ["examples"]\n' + SETTINGS
    (found,) = (one for one in judge(contract(settings=settings), "PUT /things/{number}").findings if one.id == "lock-ignored")
    assert found.message.splitlines()[0] == (
        f"Failed to keep PUT /things/{{number}} (lock-ignored): expected a refusal (412 or 409), no change, got {got}"
    )


@pytest.mark.parametrize(
    ("fault", "id_"),
    [("loses entries", "paging-incomplete"), ("changes the order", "paging-unstable"), ("ignores the limit", "page-too-large")],
)
def test_pages_that_are_not_the_list_are_found_out(shop, contract, fault, id_):
    shop.things = {str(number): {"code": "A", "amount": 1, "version": 1} for number in range(1, 6)}
    shop.faults.add(fault)
    assert [broken.id for broken in judge(contract(), "GET /things").findings] == [id_]


def test_a_list_may_end_with_a_page_that_is_not_there(shop, contract):
    shop.things = {str(number): {"code": "A", "amount": 1, "version": 1} for number in range(1, 6)}
    shop.faults.add("has no page behind the last")
    settings = 'phases = ["examples"]\n' + SETTINGS
    assert [broken.id for broken in judge(contract(settings=settings), "GET /things").findings] == []


@pytest.mark.parametrize("entries", [0, 1, 150, 450])
def test_a_list_of_any_length_is_walked_in_pages_the_system_gives(shop, contract, entries):
    shop.things = {str(number): {"code": "A", "amount": 1, "version": 1} for number in range(1, entries + 1)}
    assert judge(contract(), "GET /things").findings == ()


class Answering(Shop):
    """Answers requests for the list with something else."""

    def __init__(self, url, status, list_):
        super().__init__()
        self.url, self.status, self.list = url, status, list_

    def page(self, query):
        if self.status != 200:
            raise Refused(self.status, "no list")
        return self.list


@pytest.mark.parametrize(
    ("entries", "status", "answer", "got"),
    [
        ("", 404, None, '404 {"message": "no list"}'),
        ("/items", 404, None, '404 {"message": "no list"}'),
        ("/items", 200, {"items": {"a": 1}}, '200 {"items": {"a": 1}}'),
        ("/items", 200, {"numbers": ["1"]}, '200 {"numbers": ["1"]}'),
    ],
)
def test_a_list_that_is_refused_or_none_is_found_out(front, contract, entries, status, answer, got):
    front.shop = Answering(front.url, status, answer)
    settings = 'phases = ["examples"]\n' + SETTINGS.replace('offset = "offset"', f'offset = "offset"\nentries = "{entries}"')
    (found,) = (one for one in judge(contract(settings=settings), "GET /things").findings if one.id == "paging-incomplete")
    assert found.message.splitlines() == [
        f"Failed to keep GET /things (paging-incomplete): expected every entry of the list, got {got}",
        f'  request: curl -X GET -H "authorization: Bearer $TOKEN" {front.url}/things',
        f"  answer: {got}",
    ]


@pytest.mark.parametrize(("entries", "answer"), [("", None), ("/items", {"items": None})])
def test_a_list_that_is_null_is_empty(front, contract, entries, answer):
    front.shop = Answering(front.url, 200, answer)
    settings = 'phases = ["examples"]\n' + SETTINGS.replace('offset = "offset"', f'offset = "offset"\nentries = "{entries}"')
    assert "paging-incomplete" not in [one.id for one in judge(contract(settings=settings), "GET /things").findings]


FORBIDDEN = """
[[forbidden]]
token_env = "SHOP_READER"
operations = ["POST /things", "PUT /things/{{number}}", "GET /audit"]
"""


@pytest.mark.parametrize(("fault", "status"), [("lets readers do all", None), ("looks at rights too late", 409)])
def test_what_is_forbidden_to_somebody_is_found_to_be_refused_to_them(shop, contract, monkeypatch, fault, status):
    monkeypatch.setenv("SHOP_READER", READER)
    settings = 'phases = ["examples"]\n' + SETTINGS + FORBIDDEN
    names = {"POST /things": 201, "PUT /things/{number}": 200, "GET /audit": 422}
    for name in names:
        assert judge(contract(settings=settings), name).findings == ()
    shop.faults.add(fault)
    for name, answered in names.items():
        (found,) = judge(contract(settings=settings), name).findings
        assert (found.id, found.place) == ("forbidden-allowed", "SHOP_READER")
        head, request, _ = found.message.splitlines()
        assert head == (
            f"Failed to keep {name} (forbidden-allowed): expected a refusal (401, 403 or 404), got {status or answered} as SHOP_READER"
        )
        assert '-H "authorization: Bearer $SHOP_READER"' in request
        assert READER not in found.message
    assert judge(contract(settings=settings), "GET /things").findings == ()


def test_a_good_request_that_is_always_the_same_is_no_other_one_under_its_key(contract):
    settings = 'phases = ["examples"]\n' + SETTINGS
    for changing in ('code = "{{code:item}}", amount = 5', 'code = "{{code:item:more}}", amount = 7'):
        assert changing in settings
        settings = settings.replace(changing, 'code = "A", amount = 5')
    found = judge(contract(settings=settings), "POST /things").findings
    assert "idempotency-key-reuse" not in [broken.id for broken in found]


def test_a_list_too_long_to_walk_is_to_be_narrowed(shop, contract, monkeypatch):
    monkeypatch.setattr("erp_testkit.contracts.openapi.probes._MOST_PAGES", 2)
    shop.things = {str(number): {"code": "A", "amount": 1, "version": 1} for number in range(1, 300)}
    with pytest.raises(UsageError) as failure:
        judge(contract(), "GET /things")
    assert str(failure.value) == (
        "Failed to walk the pages of GET /things: expected a list that ends within 2 of them, got 200 entries and more. "
        "Next: narrow it by a query in [[paging]] of the contract's settings"
    )


def test_a_breach_is_told_with_the_least_request_that_shows_it(shop, contract):
    shop.faults.add("breaks")
    (found,) = (broken for broken in judge(contract(), "POST /things").findings if broken.id == "server-error")
    head, request, answer = found.message.splitlines()
    assert head == "Failed to keep POST /things (server-error): expected an answer below status 500, got status 500"
    assert request.startswith('  request: curl -X POST -H "authorization: Bearer $TOKEN" -H ')
    assert '"amount": 0' in request and request.endswith(f" {shop.url}/things")
    assert answer == '  answer: 500 {"message": "oops"}'
    assert TOKEN not in found.message


def signed_in(contract, shop, name, more="", text=CONTRACT):
    """Check an operation of the shop, where one signs in."""
    settings = 'phases = ["examples", "fuzzing"]\n' + SETTINGS.replace('token_env = "SHOP_TOKEN"\n', SIGNED_IN)
    settings = settings.replace('base_url = "{url}"', 'system = "erp"') + more
    live = Live(name, erp=shop.url)
    live.password = shop.password
    return check(contract(text.replace("  /audit:\n", SIGN_IN), settings), name).run(live).findings


@pytest.mark.parametrize("password", ["hunter2xyz", "pa$$w0rd", 'S3cret"quote', "back\\\\slash"])
def test_neither_passwords_nor_tokens_given_meanwhile_are_told(contract, shop, password):
    shop.password = password.replace("\\\\", "\\")
    shop.faults.add("tells no time")
    seed = '[[setup]]\nname = "token"\noperation = "POST /token"\nbody = {{ password = \'' + shop.password + "' }}\n"
    (found,) = (one for one in signed_in(contract, shop, "POST /token", seed) if one.id == "response-schema")
    _, *_, request, answer = found.message.splitlines()
    assert len(shop.tokens) > 1
    assert request == (
        "  request: curl -X POST -H \"authorization: Bearer $TOKEN\" -H 'content-type: application/json' "
        f'--data-binary "{{\\"password\\": \\"$PASSWORD\\"}}" {shop.url}/token'
    )
    assert answer == '  answer: 201 {"token": "$TOKEN", "expires": "soon"}'
    assert "session-" not in found.message and password not in found.message


LINK = "read: {operationId: read, parameters: {number: $response.body#/number}}"


@pytest.mark.parametrize(
    ("former", "now"),
    [
        (LINK, LINK.replace("number: $response.body#/number", "path.number: $response.body#/number")),
        (LINK, LINK.replace("$response.body#/number", "'{$response.body#/number}'")),
        ("'201':", "2XX:"),
        ("'201':", "default:"),
    ],
    ids=["with the place of the parameter", "in braces", "of 2XX", "of default"],
)
def test_links_are_followed_however_they_are_written(contract, shop, former, now):
    text = CONTRACT.replace(former, now)
    settings = 'phases = ["examples"]\n' + SETTINGS
    assert judge(contract(text, settings), "POST /things").findings == ()
    shop.faults.add("keeps another amount")
    (found,) = judge(contract(text, settings), "POST /things").findings
    assert found.message.splitlines()[0] == (
        "Failed to keep POST /things (not-read-back): expected what was sent, got 8 instead of 7 at body.amount from GET /things/{number}"
    )


@pytest.mark.parametrize("parameters", ["number: 1", "number: '1'", "number: $response.body#/numbr", "path.numbr: $response.body#/number"])
def test_a_link_that_does_not_lead_to_what_was_created_is_not_followed(contract, parameters):
    text = CONTRACT.replace(LINK, LINK.replace("number: $response.body#/number", parameters))
    settings = 'phases = ["examples"]\n' + SETTINGS
    assert judge(contract(text, settings), "POST /things").findings == ()


def test_a_short_password_is_a_secret_only_as_a_whole_word(contract, shop):
    shop.password = "th"
    known = '[values."GET /things/{{number}}"]\n"path.number" = ["999"]\n'
    assert signed_in(contract, shop, "GET /things/{number}", known) == ()
    shop.password = "none"
    (found,) = signed_in(contract, shop, "GET /things/{number}", known)
    head, _, answer = found.message.splitlines()
    assert head == ("Failed to keep GET /things/{number} (leak): expected no stack trace, SQL, path or secret, got the secret $PASSWORD")
    assert answer == '  answer: 404 {"message": "$PASSWORD of that number"}'


def test_a_secret_across_the_end_of_what_is_shown_is_none(contract, shop):
    secret = "s3cret-of-the-shop"
    long = Sent(
        operation="GET /a",
        method="GET",
        url=f"{shop.url}/a",
        headers={},
        body=b"",
        path={},
        at=datetime.now(UTC),
        seconds=0.0,
        status=200,
        answer="x" * 395 + secret,
    )
    assert long.shown({secret: "$TOKEN"}) == f"200 {'x' * 395}$TOKE [… 1 more characters]"
    told = finding("leak", long, "x" * 595 + secret, {secret: "$TOKEN"}).message
    assert "s3c" not in told


def test_headers_that_are_no_ascii_are_sent_again(shop):
    caller = Client(System(name="shop", url=shop.url), Live())
    sent = caller.send("GET /things", headers={"Authorization": f"Bearer {TOKEN}", "X-Name": "é"})
    again = caller.again(sent, x_other="ü")
    caller.close()
    assert (sent.status, again.status, again.headers["x-name"], again.headers["x-other"]) == (200, 200, "é", "ü")


def test_what_the_engine_says_stands_below_what_was_expected_and_got(shop, contract):
    shop.faults.add("answers 202")
    (found,) = (broken for broken in judge(contract(), "POST /things").findings if broken.id == "undocumented-status")
    assert found.message.splitlines()[:3] == [
        "Failed to keep POST /things (undocumented-status): expected a status the contract names, got status 202",
        "  Received: 202",
        "  Documented: 201, 401, 409, 422",
    ]


def test_a_request_sent_again_is_told_with_its_key_and_the_second_answer(shop, contract):
    shop.faults.add("forgets keys")
    (found,) = (broken for broken in judge(contract(), "POST /things").findings if broken.id == "idempotency-replay")
    assert "-H 'idempotency-key: KE-" in found.message
    assert 'expected the first answer and one effect, got 201 {"number": "' in found.message


def test_the_same_seed_sends_the_same_requests(contract, shop):
    sent = []
    for _ in range(2):
        shop.things.clear(), shop.entries.clear(), shop.keys.clear()
        for name in ("POST /things", "stateful"):
            live = Live(name)
            check(contract(), name).run(live)
            sent.append([(one.method, one.target, one.request, one.status) for one in live.exchanges])
    assert sent[:2] == sent[2:]


def test_items_are_those_that_requests_used_or_made_up(contract):
    judged = judge(contract(), "POST /things")
    assert Live("POST /things").code("item", "") in judged.items
    assert len(judged.items) > 3
    assert judge(contract(), "GET /audit").items == frozenset()


def test_what_is_left_out_is_not_checked_and_said(contract, shop):
    shop.faults |= {"breaks", "forgets keys"}
    more = '[[exclude]]\ncheck = "server-error"\noperation = "POST /things"\nreason = "known"\n'
    more += '[[exclude]]\ncheck = "idempotency-replay"\nreason = "known"\n[[exclude]]\noperation = "GET /audit"\nreason = "slow"\n'
    read = contract(settings=SETTINGS + more)
    assert "GET /audit" not in [one.id for one in read.checks]
    judged = judge(read, "POST /things")
    assert {broken.id for broken in judged.findings} & {"server-error", "idempotency-replay"} == set()
    assert judged.coverage["left_out"] == {"GET /audit": "slow"}


def test_an_operation_can_be_left_out_of_chains_only(contract):
    more = '[[exclude]]\noperation = "PUT /things/{{number}}"\ncheck = "stateful"\nreason = "known"\n'
    live = Live("stateful")
    check(contract(settings=SETTINGS + more), "stateful").run(live)
    assert {one.method for one in live.exchanges} >= {"GET", "POST"}
    assert "PUT" not in {one.method for one in live.exchanges}
    assert judge(contract(settings=SETTINGS + more), "PUT /things/{number}").counted > 5


def test_what_was_exercised_and_what_was_not_adds_up_over_checks(contract):
    read = contract()
    merged = merge([judge(read, name).coverage for name in ("POST /things", "GET /audit")])
    assert merged["shop"]["operations"] == {"exercised": 2, "of": 2, "not_exercised": []}
    assert merged["shop"]["parameters"]["not_exercised"] == []
    assert merged["shop"]["statuses"] == {"exercised": 7, "of": 7, "not_exercised": []}
    assert lines(merged) == ["shop: 2 of 2 operations, 4 of 4 parameters, 7 of 7 response codes exercised"]


def test_what_was_not_exercised_is_named_or_counted():
    coverage = {
        "kind": "openapi",
        "contract": "shop",
        "left_out": {"GET /x": "slow"},
        "operations": {
            "GET /a": {"requests": 1, "accepted": 1, "parameters": {"query.q": 0}, "statuses": {"200": 1, "403": 0}},
            "GET /b": {"requests": 1, "accepted": 0, "parameters": {}, "statuses": {"200": 0, "403": 0}},
        },
    }
    assert lines(merge([coverage, {"kind": "messages"}])) == [
        "shop: 1 of 2 operations, 0 of 1 parameters, 1 of 4 response codes exercised; 1 operations left out",
        "shop, not exercised: GET /b, 200 of 1 operations, 403 of 2 operations, 1 parameters",
    ]


def test_a_seed_that_is_refused_breaks_the_contract(contract):
    settings = SETTINGS.replace("amount = 5", "amount = 5000")
    (found,) = judge(contract(settings=settings), "GET /things/{number}").findings
    assert (found.id, found.place) == ("preparation-refused", "setup request thing")
    assert found.message.startswith(
        'Failed to keep POST /things (preparation-refused): expected it to be accepted, got 422 {"message": "no thing"} '
        "to setup request thing"
    )


def test_nobody_let_in_is_a_mistake_of_the_settings(contract, shop):
    settings = SETTINGS.replace('[auth]\ntoken_env = "SHOP_TOKEN"\n', "")
    with pytest.raises(UsageError) as told:
        judge(contract(settings=settings), "GET /audit")
    assert str(told.value).startswith(f"Failed to check shop at {shop.url}: expected to be let in, got status 401 to each of ")
    assert str(told.value).endswith("Next: write [auth] in the settings beside the contract")


def test_a_token_that_lets_nobody_in_is_told(contract, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "of another shop")
    with pytest.raises(UsageError) as told:
        judge(contract(), "GET /audit")
    assert str(told.value).endswith("Next: see the token in SHOP_TOKEN")


def test_audit_entries_that_are_looked_for_in_the_wrong_place_are_told(contract):
    settings = SETTINGS.replace('operation = "GET /audit"', 'operation = "GET /audit"\nentries = "/entires"', 1)
    with pytest.raises(UsageError) as told:
        judge(contract(settings=settings), "PUT /things/{number}")
    assert str(told.value).startswith("Failed to count audit entries: expected a list at '/entires' of the answer to GET /audit, got 200 [")
    assert str(told.value).endswith(" Next: see audit.entries in the settings beside the contract")


def test_a_system_that_is_down_is_a_failure_of_the_environment(contract):
    settings = SETTINGS.replace("{url}", "http://127.0.0.1:9")
    for name in ("GET /audit", "PUT /things/{number}"):
        with pytest.raises(EnvironmentFailure) as told:
            judge(contract(settings=settings), name)
        assert "127.0.0.1:9" in str(told.value)
        assert str(told.value).endswith("Next: see that shop runs there")


@pytest.mark.parametrize(
    ("sent", "read", "said"),
    [
        ({"a": 1, "b": None, "c": "x"}, {"a": "1.00", "b": 2}, None),
        ({"a": [1, 2]}, {"a": [1, 3]}, "3 instead of 2 at body.a[1]"),
        ({"a": [1, 2]}, {"a": [1]}, "[1] instead of [1, 2] at body.a"),
        ({"a": "500"}, {"a": "500.00"}, None),
        ({"a": "0.5"}, {"a": "0.50"}, None),
        ({"a": "5.0000"}, {"a": 5}, None),
        ({"a": "0012"}, {"a": "12"}, "'12' instead of '0012' at body.a"),
        ({"a": "0012.0"}, {"a": "12.0"}, "'12.0' instead of '0012.0' at body.a"),
        ({"a": "500"}, {"a": "501.00"}, "'501.00' instead of '500' at body.a"),
        ({"a": "1E5"}, {"a": "100000"}, "'100000' instead of '1E5' at body.a"),
        ({"a": "NaN"}, {"a": "sNaN"}, "'sNaN' instead of 'NaN' at body.a"),
        ({"a": 1}, {"a": "sNaN"}, "'sNaN' instead of 1 at body.a"),
        ({"a": [1]}, {"a": {"b": 1}}, "{'b': 1} instead of [1] at body.a"),
        ({"a": True}, {"a": True}, None),
        ({"a": "L7"}, {"a": "l7"}, "'l7' instead of 'L7' at body.a"),
        ({"a": True}, {"a": 1}, "1 instead of True at body.a"),
        ({"a": 1}, {"a": True}, "True instead of 1 at body.a"),
        ({"a": {"b": 1}, "skipped": 1}, {"a": {"b": 2}, "skipped": 2}, "2 instead of 1 at body.a.b"),
    ],
)
def test_what_was_sent_is_compared_with_what_is_read(sent, read, said):
    assert difference(sent, read, {"body.skipped"}) == said
