"""JSON-RPC to Tryton: sessions, warnings, and what else than an answer may come back. The server is a hand-written fake."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from erp_testkit.config import Credentials
from erp_testkit.erp.errors import ErpBroke, ErpUnreachable, Refused
from erp_testkit.erp.tryton.rpc import Rpc

LOGIN = {"result": [3, "token", None]}
PREFERENCES = {"result": {"company": 1, "language": "en"}}


class FakeTryton:
    """Answers from a list, in order, and keeps what it was asked."""

    def __init__(self):
        self.answers = []
        self.asked = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake.asked.append((self.path, self.headers.get("Authorization"), request["method"], request["params"]))
                status, body = fake.answers.pop(0)
                text = body if isinstance(body, str) else json.dumps({"id": request["id"], **body})
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def will_answer(self, *answers):
        self.answers += [answer if isinstance(answer, tuple) else (200, answer) for answer in answers]


@pytest.fixture
def tryton():
    fake = FakeTryton()
    yield fake
    fake.server.shutdown()
    fake.server.server_close()


@pytest.fixture
def rpc(tryton):
    session = Rpc(
        tryton.url, database="erp", user=Credentials("ann", "secret"), role="sales", timeout_seconds=5, on_exchange=lambda _: None
    )
    yield session
    session.close()


def test_the_first_call_logs_in_once(tryton, rpc):
    tryton.will_answer(LOGIN, PREFERENCES, {"result": [7]}, {"result": [8]})
    assert rpc.create("party.party", {"name": "A"}) == [7]
    assert rpc.create("party.party", {"name": "B"}) == [8]
    session = "Session YW5uOjM6dG9rZW4="  # ann:3:token
    context = {"company": 1, "language": "en"}
    assert tryton.asked == [
        ("/erp/rpc/", None, "common.db.login", ["ann", {"password": "secret"}, "en"]),
        ("/erp/rpc/", session, "model.res.user.get_preferences", [True, {}]),
        ("/erp/rpc/", session, "model.party.party.create", [[{"name": "A"}], context]),
        ("/erp/rpc/", session, "model.party.party.create", [[{"name": "B"}], context]),
    ]


def test_the_version_needs_no_login(tryton, rpc):
    tryton.will_answer({"result": "8.2"})
    assert rpc.version() == "8.2"
    assert tryton.asked == [("/rpc/", None, "common.server.version", [])]


def test_wrong_credentials_are_no_broken_erp(tryton, rpc):
    tryton.will_answer((401, "<!doctype html>"))
    with pytest.raises(ErpUnreachable) as caught:
        rpc.press("sale.sale", "quote", 1)
    assert str(caught.value) == (
        f"Failed to log in to {tryton.url} as 'ann': expected a session, got status 401. "
        "Next: check the profile's database, user and password, then erp-testkit doctor"
    )


def test_what_is_closed_to_clients_is_refused_for_lack_of_rights(tryton, rpc):
    tryton.will_answer(LOGIN, PREFERENCES, (403, "<!doctype html>"))
    with pytest.raises(Refused) as caught:
        rpc.read("ir.queue", [], ["name"])
    assert str(caught.value) == "refused (rights): model.ir.queue.search_read is not open to clients (status 403)"


def test_an_error_inside_tryton_is_a_broken_erp(tryton, rpc):
    tryton.will_answer(LOGIN, PREFERENCES, {"error": ["'nam'", ""]})
    with pytest.raises(ErpBroke) as caught:
        rpc.read("party.party", [], ["nam"])
    assert str(caught.value) == (
        "Failed to call model.party.party.search_read: expected an answer or a refusal, got an error inside Tryton: [\"'nam'\", '']."
    )


def test_a_page_instead_of_an_answer_is_a_broken_erp(tryton, rpc):
    tryton.will_answer(LOGIN, PREFERENCES, (200, "<html>maintenance</html>"))
    with pytest.raises(ErpBroke) as caught:
        rpc.read("party.party", [], ["name"])
    assert str(caught.value) == f"Failed to read /erp/rpc/ at {tryton.url}: expected JSON, got a web page. Next: erp-testkit doctor"


def test_a_long_refusal_is_cut(tryton, rpc):
    tryton.will_answer(LOGIN, PREFERENCES, {"error": ["UserError", ["x" * 100_000, "", None]]})
    with pytest.raises(Refused) as caught:
        rpc.read("party.party", [], ["name"])
    assert caught.value.message == "x" * 300 + "…"


def test_an_expected_warning_is_answered_and_the_button_pressed_again(tryton, rpc):
    warning = {"error": ["UserWarning", ["5f.done", 'Stock moves "1 u Stent" have no origin.', ""]]}
    tryton.will_answer(LOGIN, PREFERENCES, warning, {"result": None}, {"result": None})
    rpc.press("stock.shipment.in", "receive", 1)
    assert [(method, params[:-1]) for _, _, method, params in tryton.asked[2:]] == [
        ("model.stock.shipment.in.receive", [[1]]),
        ("model.res.user.warning.skip", ["5f.done", False]),
        ("model.stock.shipment.in.receive", [[1]]),
    ]


def test_a_warning_a_careful_user_heeds_is_a_refusal(tryton, rpc):
    tryton.will_answer(LOGIN, PREFERENCES, {"error": ["UserWarning", ["5f.done", "They have no origin.", ""]]})
    with pytest.raises(Refused) as caught:
        rpc.press("stock.shipment.out", "assign_try", 1)
    assert str(caught.value) == "refused (exceeds): They have no origin."


def test_a_warning_nobody_has_heard_of_is_a_finding(tryton, rpc):
    tryton.will_answer(LOGIN, PREFERENCES, {"error": ["UserWarning", ["5f.moon", "The moon is full.", ""]]})
    with pytest.raises(ErpBroke) as caught:
        rpc.press("stock.shipment.out", "do", 1)
    assert str(caught.value) == (
        "Failed to call model.stock.shipment.out.do: expected no warning or a known one, got 5f.moon: The moon is full.."
    )


def test_a_session_that_has_ended_is_opened_anew(tryton, rpc):
    tryton.will_answer(LOGIN, PREFERENCES, (401, "<!doctype html>"), LOGIN, PREFERENCES, {"result": [7]})
    assert rpc.create("party.party", {"name": "A"}) == [7]
    assert [method for _, _, method, _ in tryton.asked][2:] == [
        "model.party.party.create",
        "common.db.login",
        "model.res.user.get_preferences",
        "model.party.party.create",
    ]
