"""Partners that misbehave towards what the ERP sends: a sound ERP keeps its retry policy, and each flaw is found by its check."""

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from small_erp import SETTINGS, small_erp, write_contract

from erp_testkit.contracts.messages.contract import load
from erp_testkit.domain.documents import JobState
from erp_testkit.standins.partners import PartnerStandIn, Received

FLAWS = [
    ("never sends", "wms.shipment sent", "message-missing"),
    ("writes numbers", "wms.shipment sent", "message-schema-violation"),
    ("tries once more", "partners down", "retry-too-often"),
    ("signs wrongly", "wms.shipment sent", "signature-wrong"),
    ("sends twice", "wms.shipment sent", "retry-too-often"),
    ("names another document", "wms.shipment sent", "effect-missing"),
    ("shows failures that are none", "wms.shipment sent", "failure-false"),
    ("gets stuck", "wms.shipment sent", "stuck-job"),
    ("sends the newest first", "wms.shipment slow", "message-disordered"),
    ("tries once", "wms.shipment fails first 503", "retry-missing"),
    ("tries once", "wms.shipment ack lost", "retry-missing"),
    ("tries once", "wms.shipment cut off", "retry-missing"),
    ("hammers", "wms.shipment fails first 503", "retry-too-fast"),
    ("dawdles", "wms.shipment ack lost", "retry-too-slow"),
    ("numbers anew", "wms.shipment ack lost", "wrong-message-number"),
    ("writes anew", "wms.shipment cut off", "retry-changed"),
    ("tells nobody", "wms.shipment refused 422", "alarm-missing"),
    ("tells nobody", "partners down", "alarm-missing"),
    ("hides failures", "wms.shipment refused 422", "failure-hidden"),
    ("hides failures", "partners down", "failure-hidden"),
    ("takes 409 for a failure", "wms.shipment refused 409", "failure-false"),
]


@pytest.fixture(scope="module")
def wms(tmp_path_factory):
    standin = PartnerStandIn("wms", tmp_path_factory.mktemp("partners"))
    yield standin.start()
    standin.stop()


def checks_of(folder, **more):
    checks = {check.id: check for check in load(write_contract(folder, **more)).checks}
    return {name: check for name, check in checks.items() if name.startswith("wms.shipment ") or name in ("partners down", "jobs stuck")}


def test_every_outgoing_channel_has_a_check_for_every_misbehaviour(tmp_path):
    assert list(checks_of(tmp_path)) == [
        "wms.shipment sent",
        "wms.shipment slow",
        "wms.shipment garbage",
        "wms.shipment fails first 503",
        "wms.shipment ack lost",
        "wms.shipment cut off",
        "wms.shipment refused 422",
        "wms.shipment refused 409",
        "partners down",
        "jobs stuck",
    ]


def test_a_sound_erp_keeps_its_retry_policy(wms, tmp_path):
    with small_erp(tmp_path, partner=wms) as world:
        judged = {name: check.run(world.again()) for name, check in checks_of(tmp_path).items()}
    assert {name: [broken.message for broken in one.findings] for name, one in judged.items() if one.findings} == {}
    assert {name: one.counted for name, one in judged.items()} == {
        "wms.shipment sent": 1,
        "wms.shipment slow": 3,
        "wms.shipment garbage": 1,
        "wms.shipment fails first 503": 3,
        "wms.shipment ack lost": 2,
        "wms.shipment cut off": 2,
        "wms.shipment refused 422": 1,
        "wms.shipment refused 409": 1,
        "partners down": 3,
        "jobs stuck": 2,
    }


def test_rules_look_only_where_nothing_was_to_fail(wms, tmp_path):
    checks = checks_of(tmp_path)
    with small_erp(tmp_path, partner=wms) as world:
        items = {name: len(checks[f"wms.shipment {name}"].run(world.again()).items) for name in ("sent", "slow", "refused 422")}
    assert items == {"sent": 1, "slow": 3, "refused 422": 0}


@pytest.mark.parametrize(("flaw", "check", "breach"), FLAWS, ids=lambda value: value.replace(" ", "-"))
def test_each_flaw_is_found_by_its_check(flaw, check, breach, wms, tmp_path):
    with small_erp(tmp_path, flaw, wms) as world:
        (broken,) = checks_of(tmp_path)[check].run(world).findings
    assert broken.id == breach, broken.message
    assert broken.place == "wms.shipment"


@pytest.fixture
def in_no_hurry(tmp_path):
    """Checks of an ERP that takes half a second to plan a shipment, as on a machine that has much else to do."""
    settings = SETTINGS.replace("slow_seconds = 0.4\n", "")

    @contextmanager
    def opened(flaw, wms):
        with small_erp(tmp_path, flaw, wms) as world:
            plan = world.erp.outbound.plan
            world.erp.outbound.plan = lambda order, picks: (time.sleep(0.5), plan(order, picks))[1]
            yield checks_of(tmp_path, settings=settings)["wms.shipment slow"], world

    return opened


def test_a_slow_partner_answers_no_sooner_than_all_documents_wait(wms, in_no_hurry):
    with in_no_hurry("sends the newest first", wms) as (check, world):
        (broken,) = check.run(world).findings
    assert broken.id == "message-disordered"


def test_a_slow_partner_keeps_nobody_waiting_longer_than_that(wms, in_no_hurry):
    with in_no_hurry("", wms) as (check, world):
        started = time.monotonic()
        assert check.run(world).findings == ()
    assert time.monotonic() - started < 3


def test_a_breach_says_what_was_promised_and_what_came(wms, tmp_path):
    with small_erp(tmp_path, "tries once", wms) as world:
        (broken,) = checks_of(tmp_path)["wms.shipment fails first 503"].run(world).findings
    shipment = f"SH-{world.erp.series}-2"
    assert broken.message == f"Failed to send wms.shipment of {shipment} (fails first 503): expected 3 attempts, got 1, answered 503."
    assert (broken.kind.title, broken.severity) == ("A message is tried less often than promised", "critical")


def test_a_schema_violation_says_its_place_and_shows_the_message(wms, tmp_path):
    with small_erp(tmp_path, "writes numbers", wms) as world:
        (broken,) = checks_of(tmp_path)["wms.shipment sent"].run(world).findings
    first, violation, body = broken.message.splitlines()
    shipment = f"SH-{world.erp.series}-2"
    assert first == f"Failed to send wms.shipment of {shipment} (sent): expected no schema violation, got 1:"
    assert violation == '- body.lines.0.qty: 3 is not of type "string"'
    assert json.loads(body.removeprefix("Body: ").removesuffix("."))["shipmentNo"] == shipment


def test_afterwards_the_partner_behaves_and_gets_no_more(wms, tmp_path):
    with small_erp(tmp_path, partner=wms) as world:
        checks_of(tmp_path)["wms.shipment refused 422"].run(world)
        before = len(wms.received())
        checks_of(tmp_path)["wms.shipment sent"].run(world.again())
        (last,) = wms.received()[before:]
        assert last.status == 201
        shipment = world.erp.outbound.plan("SO-9", [])
        assert world.erp.jobs.jobs(shipment) == []


def test_a_job_that_is_open_for_too_long_is_stuck(tmp_path):
    check = checks_of(tmp_path, settings="stuck_seconds = 30\n" + SETTINGS)["jobs stuck"]
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    old = {"document": "SH-1", "number": "MSG-1", "state": JobState.QUEUED, "attempts": 0, "at": at}
    new = {**old, "number": "MSG-2", "at": datetime.now(UTC) - timedelta(seconds=10)}
    failed = {**old, "number": "MSG-3", "state": JobState.FAILED}
    with small_erp(tmp_path) as world:
        world.erp.post._jobs += [new, failed]
        assert not check.run(world).findings
        world.erp.post._jobs.append(old)
        judged = check.run(world)
    (broken,) = judged.findings
    assert (broken.id, judged.counted, check.writes, check.ports) == ("stuck-job", 3, False, {"jobs"})
    assert broken.message == (
        "Failed to work off the backlog: expected no job open for 30 s, got 1:\n- 'send' of SH-1: queued since 2026-11-23 09:00:00 UTC"
    )


@dataclass
class Forgetful:
    """A partner that takes a message again and again, and cuts the first connection after it has: nothing but a real HTTP server."""

    url: str
    taken: list
    heard: list
    cuts: int = 0
    name: str = "wms"
    token: str = ""
    secret: str = "shared"

    @property
    def address(self):
        return self.url

    def received(self):
        return list(self.heard)

    def misbehave(self, name, **options):
        self.cuts = options["times"]

    def behave(self):
        self.cuts = 0


@contextmanager
def forgetful():
    partner = Forgetful("", [], [])

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            partner.taken.append(json.loads(body)["shipmentNo"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            cut = partner.cuts > 0
            partner.cuts -= 1
            status = 0 if cut else 201
            seen = Received(
                at=datetime.now(UTC), message=headers["x-message-id"], path=self.path, headers=headers, body=body, status=status
            )
            partner.heard.append(seen)
            if not cut:
                self.send_response(201)
                self.end_headers()

        def do_GET(self):
            body = json.dumps({"shipments": [{"number": number} for number in partner.taken]}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    partner.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield partner
    finally:
        server.shutdown()
        server.server_close()


def test_an_effect_that_is_there_twice_is_found(tmp_path):
    effect = 'effect = { path = "/all", list = "shipments", field = "number" }'
    settings = SETTINGS.replace('effect = { path = "/shipments/{shipment.number}" }', effect)
    with forgetful() as partner, small_erp(tmp_path, partner=partner) as world:
        (broken,) = checks_of(tmp_path, settings=settings)["wms.shipment ack lost"].run(world).findings
    assert broken.id == "duplicate-effect"
