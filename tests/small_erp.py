"""A small ERP on SQLite that takes callbacks over HTTP and sends messages, soundly or with one flaw; and the world it is checked in."""

import csv
import hmac
import io
import json
import re
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from uuid import uuid4

from erp_testkit.config import Credentials
from erp_testkit.contracts.check import System
from erp_testkit.data.codes import CodeMaker
from erp_testkit.domain.documents import (
    Alarm,
    AuditEntry,
    DeliveryNote,
    Direction,
    Job,
    JobState,
    Message,
    Role,
    Shipment,
    ShipmentState,
)

ATTEMPTS, FIRST_WAIT = 3, 0.2
"""What it does when a partner does not take a message; each wait is twice the one before."""

SCHEMA = """
CREATE TABLE shipments (number TEXT PRIMARY KEY, state TEXT, at TEXT);
CREATE TABLE messages (number TEXT, channel TEXT, direction TEXT, document TEXT, state TEXT, body TEXT);
CREATE TABLE audit (document TEXT, to_state TEXT);
"""


class Refusal(Exception):
    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


class SmallErp:
    """It has the ports the checks of messages need. What `flaw` names, it does wrong."""

    name = "Small ERP 1.0"

    def __init__(self, file, flaw=""):
        self.flaw = flaw
        self._file = file
        self._writing = threading.Lock()
        self._number = 0
        self.series = uuid4().hex[:6]
        self._picks = {}
        with self.database() as database:
            database.executescript(SCHEMA)
        nothing = lambda *_: None  # noqa: E731
        self.master_data = SimpleNamespace(add_item=nothing, add_customer=nothing, add_supplier=nothing)
        self.stock = SimpleNamespace(receive=nothing)
        self.sales = SimpleNamespace(quote=lambda _: self.new("SO"), confirm=nothing)
        self.outbound = SimpleNamespace(plan=self.plan, shipment=self.shipment, ship=self.ship, delivery_note=self.note)
        self.audit_trail = SimpleNamespace(entries=self.entries)
        self.post = Post(self)
        self.jobs = SimpleNamespace(jobs=self.post.jobs_of, settle=self.post.settle, backlog=self.post.backlog)
        self.interfaces = SimpleNamespace(
            connect=self.post.connect, disconnect=self.post.disconnect, messages=self.messages, alarms=self.post.alarms_of
        )

    @contextmanager
    def database(self):
        database = sqlite3.connect(self._file, timeout=10, isolation_level=None)
        try:
            yield database
        finally:
            database.close()

    def query(self, text, *values):
        with self.database() as database:
            return database.execute(text, values).fetchall()

    def new(self, prefix):
        with self._writing:
            self._number += 1
            return f"{prefix}-{self.series}-{self._number}"

    def plan(self, order, picks):
        number = self.new("SH")
        self._picks[number] = tuple(picks)
        self.query("INSERT INTO shipments VALUES (?, 'planned', ?)", number, datetime.now(UTC).isoformat())
        self.post.send(number, order, picks)
        return number

    def ship(self, number):
        self.query("UPDATE shipments SET state = 'shipped' WHERE number = ?", number)
        self.query("INSERT INTO audit VALUES (?, 'shipped')", number)

    def shipment(self, number):
        ((state, at),) = self.query("SELECT state, at FROM shipments WHERE number = ?", number)
        moment = datetime.fromisoformat(at)
        return Shipment(
            number=number,
            order="SO",
            customer="CU",
            state=ShipmentState(state),
            lines=self._picks[number],
            shipped_at=moment,
            delivered_at=None,
        )

    def note(self, number):
        return DeliveryNote(number=f"DN{number}", shipment=number, customer="CU", lines=())

    def entries(self, document):
        rows = self.query("SELECT to_state FROM audit WHERE document = ?", document)
        return [
            AuditEntry(id="1", at=datetime.now(UTC), user="u", document=document, action="a", from_state=None, to_state=state)
            for (state,) in rows
        ]

    def messages(self, document):
        rows = self.query("SELECT number, channel, direction, state FROM messages WHERE document = ?", document)
        return [
            Message(number=number, channel=channel, direction=Direction(way), document=document, state=state, at=datetime.now(UTC))
            for number, channel, way, state in rows
        ]

    # Callbacks

    def shipped(self, body):
        if self.flaw == "takes half a message" and (found := re.search(rb'"shipment": "([^"]+)"', body)):
            return self.apply("shipped", {"message": uuid4().hex, "shipment": found[1].decode()}, "shipped")
        if self.flaw == "crashes on bad input":
            return self.apply("shipped", json.loads(body), "shipped")
        data = self.parsed(body)
        known = {"message", "shipment", "version"}
        if self.flaw == "refuses unknown fields" and data.keys() - known:
            raise Refusal(422, "unknown fields")
        version = data.get("version", "1")
        if version == "0" and self.flaw == "crashes on the old version":
            raise KeyError("shipmentNo")
        if version not in ("1", "2") and self.flaw != "takes any version":
            raise Refusal(422, f"version {version}")
        return self.apply("shipped", data, "shipped")

    def delivered(self, body):
        return self.apply("delivered", self.parsed(body), "delivered")

    def confirmed(self, body):
        """A CSV with the lots that left."""
        try:
            rows = list(csv.DictReader(io.StringIO(body.decode()), strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise Refusal(422, str(error)) from error
        if not rows or any(None in row.values() or not {"message", "shipment", "lot"} <= row.keys() for row in rows):
            raise Refusal(422, "no rows, or of another form")
        planned = {pick.lot for pick in self._picks.get(rows[0]["shipment"], ())}
        if {row["lot"] for row in rows} != planned and self.flaw != "does not compare lots":
            raise Refusal(409, "other lots than planned")
        return self.apply("confirmed", rows[0], "shipped")

    def parsed(self, body):
        try:
            data = json.loads(body)
            if not all(isinstance(data[key], str) and data[key] for key in ("message", "shipment")):
                raise TypeError("a text")
        except (ValueError, LookupError, TypeError) as error:
            raise Refusal(422, str(error)) from error
        return data

    def apply(self, channel, data, state):
        number, document = data["message"], data["shipment"]
        if self.flaw == "is not atomic":
            return self._apply(channel, number, document, state)
        with self._writing:
            return self._apply(channel, number, document, state)

    def _apply(self, channel, number, document, state):
        if self._is_known(channel, number, document):
            return
        found = self.query("SELECT state, at FROM shipments WHERE number = ?", document)
        if not found:
            raise Refusal(404, "no such shipment")
        note = "INSERT INTO messages VALUES (?, ?, 'in', ?, 'received', '')"
        try:
            may = self._may_come_there(document, *found[0], state)
        except Refusal:
            if self.flaw == "remembers what it refused":
                self.query(note, number, channel, document)
            raise
        if may and self.flaw != "acknowledges and forgets":
            self.query(note, number, channel, document)
            self.query("UPDATE shipments SET state = ? WHERE number = ?", state, document)
            if self.flaw != "keeps no audit trail":
                self.query("INSERT INTO audit VALUES (?, ?)", document, state)

    def _is_known(self, channel, number, document):
        known = self.query("SELECT document FROM messages WHERE number = ? AND channel = ?", number, channel)
        if not known or self.flaw == "forgets what it knows":
            return False
        if self.flaw == "refuses what it knows":
            raise Refusal(409, "known")
        if self.flaw == "keeps what it knows":
            self.query("INSERT INTO messages VALUES (?, ?, 'in', ?, 'received', '')", number, channel, document)
        if set(known) != {(document,)} and self.flaw != "looks at numbers only":
            raise Refusal(409, "another message of that number")
        return True

    def _may_come_there(self, document, present, at, state):
        """Say whether a shipment may come to a state; it may be refused, too."""
        flaw = self.flaw
        if flaw == "takes only the newest" and document != self.query("SELECT number FROM shipments ORDER BY at DESC LIMIT 1")[0][0]:
            raise Refusal(409, "an old shipment")
        if flaw == "is impatient" and datetime.now(UTC) - datetime.fromisoformat(at) > timedelta(seconds=0.2):
            raise Refusal(409, "too late")
        if flaw == "is not atomic":
            time.sleep(0.3)
        if present == {"shipped": "planned", "delivered": "shipped"}[state]:
            return True
        if flaw == "drops what is early" and state == "delivered":
            return False
        if flaw not in ("forgets what it knows", "is not atomic", "looks at no state"):
            raise Refusal(409, f"it is {present}")
        return True


class Post:
    """What the ERP sends to its partners: one thread, message after message."""

    def __init__(self, erp):
        self._erp = erp
        self._listener = None
        self._waiting, self._jobs, self._alarms = [], [], []
        self._changed = threading.Condition()
        threading.Thread(target=self._work, daemon=True).start()

    def connect(self, channel, url, secret):
        self._listener = url, secret

    def disconnect(self, channel):
        self._listener = None

    def send(self, document, order, picks):
        if self._listener is None or self._erp.flaw == "never sends":
            return
        number = self._erp.new("MSG")
        lines = [
            {"lineNo": place, "sku": pick.item, "description": "Device", "gtin": "04012345678901", "lotNo": pick.lot, "serialNo": None,
             "expiryDate": "2030-01-31", "qty": 3 if self._erp.flaw == "writes numbers" else "3", "uom": "piece"}
            for place, pick in enumerate(picks, start=1)
        ]  # fmt: skip
        named = f"{document}-0" if self._erp.flaw == "names another document" else document
        consignee = {"code": "CU", "name": "Hospital"}
        body = {"shipmentNo": named, "orderNo": order, "customerRef": "PO", "consignee": consignee, "lines": lines}
        self._erp.query("INSERT INTO messages VALUES (?, 'wms.shipment', 'out', ?, 'waiting', '')", number, document)
        job = {"document": document, "number": number, "body": body, "state": JobState.QUEUED, "attempts": 0, "at": datetime.now(UTC)}
        with self._changed:
            self._jobs.append(job)
            self._waiting.append(job)
            self._changed.notify_all()

    def jobs_of(self, document):
        return [job for job in self._all() if job.document == document]

    def backlog(self):
        return [job for job in self._all() if job.state is not JobState.DONE]

    def settle(self, items, seconds):
        with self._changed:
            done = (
                (JobState.DONE, JobState.FAILED, JobState.RUNNING) if self._erp.flaw == "gets stuck" else (JobState.DONE, JobState.FAILED)
            )
            self._changed.wait_for(lambda: all(job["state"] in done and job["attempts"] for job in self._jobs), seconds)

    def alarms_of(self, document):
        return [alarm for alarm in self._alarms if alarm.document == document]

    def _all(self):
        return [
            Job(
                id=job["number"],
                kind="send",
                document=job["document"],
                state=job["state"],
                attempts=job["attempts"],
                queued_at=job["at"],
                error=None,
            )
            for job in self._jobs
        ]

    def _work(self):
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                job = self._waiting.pop(-1 if self._erp.flaw == "sends the newest first" else 0)
            sent = self._deliver(job, *self._listener)
            self._end(job, sent)

    def _deliver(self, job, url, secret):
        flaw = self._erp.flaw
        attempts = {"tries once": 1, "tries once more": ATTEMPTS + 1}.get(flaw, ATTEMPTS)
        wait = {"hammers": 0, "dawdles": FIRST_WAIT * 8}.get(flaw, FIRST_WAIT)
        for attempt in range(attempts):
            if attempt:
                time.sleep(wait * 2 ** (attempt - 1))
            job["attempts"] += 1
            status = self._post(job, url, secret)
            if status == 409 and flaw == "takes 409 for a failure":
                return False
            if 200 <= status < 300 and flaw == "sends twice":
                status = self._post(job, url, secret)
            if 200 <= status < 300 or status == 409:
                return True
            if 400 <= status < 500:
                return False
        return False

    def _post(self, job, url, secret):
        body, number = dict(job["body"]), job["number"]
        if self._erp.flaw == "writes anew":
            body["customerRef"] = f"PO {job['attempts']}"
        if self._erp.flaw == "numbers anew":
            number = f"{number}-{job['attempts']}"
        if self._erp.flaw == "signs wrongly":
            secret = "another"
        content = json.dumps(body).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Message-Id": number,
            "X-Channel": "wms.shipment",
            "X-Signature-SHA256": hmac.new(secret.encode(), content, "sha256").hexdigest(),
        }
        try:
            with urllib.request.urlopen(urllib.request.Request(url, content, headers), timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def _end(self, job, sent):
        flaw = self._erp.flaw
        shown = {"hides failures": True, "shows failures that are none": False}.get(flaw, sent)
        self._erp.query("UPDATE messages SET state = ? WHERE number = ?", "sent" if shown else "failed", job["number"])
        if not sent and flaw != "tells nobody":
            self._alarms.append(Alarm(at=datetime.now(UTC), channel="wms.shipment", document=job["document"], text="given up"))
        with self._changed:
            job["state"] = JobState.RUNNING if flaw == "gets stuck" else JobState.DONE if shown else JobState.FAILED
            self._changed.notify_all()


class _Door(BaseHTTPRequestHandler):
    erp = None
    timeout = 10

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        if self.erp.flaw == "cannot wait":
            self.connection.settimeout(0.02)
        try:
            body = self.rfile.read(length)
        except OSError:
            body = b""
        if len(body) < length and self.erp.flaw != "takes half a message":
            return
        with suppress(OSError):
            self._answer(*self._handle(body))

    def _handle(self, body):
        if self.path == "/token":
            return 200, {"token": "of the partner"}
        if self.headers["Authorization"] != "Bearer of the partner":
            return 401, {}
        try:
            {"/shipped": self.erp.shipped, "/delivered": self.erp.delivered, "/confirmed": self.erp.confirmed}[self.path](body)
        except Refusal as refusal:
            return refusal.status, {"why": str(refusal)}
        except Exception as error:
            return 500, {"why": repr(error)}
        return 200, {}

    def _answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class World:
    """A `Live` around a small ERP."""

    seed = 1
    today = datetime.now(UTC).date()

    def __init__(self, erp, url, partner):
        self.erp = erp
        self.heard_of = []
        self._url, self._partner = url, partner
        self._codes = CodeMaker(1, uuid4().hex, "check")

    def again(self):
        """Return the world of another check."""
        return World(self.erp, self._url, self._partner)

    def code(self, kind, alias):
        return self._codes(kind, alias)

    def system(self, name):
        return System(name=name, url=self._url, users={Role.MANAGER: Credentials("boss", "secret of the boss")})

    def partner(self, name):
        return self._partner

    def on_exchange(self, exchange):
        self.heard_of.append(exchange)


@contextmanager
def small_erp(folder, flaw="", partner=None):
    """Run a small ERP; give the world around it."""
    erp = SmallErp(str(folder / f"{uuid4().hex}.db"), flaw)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Door", (_Door,), {"erp": erp}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield World(erp, f"http://127.0.0.1:{server.server_port}", partner)
    finally:
        server.shutdown()
        server.server_close()


ASYNCAPI = """\
asyncapi: 3.0.0
info: {title: Small interfaces, version: 1.0.0}
channels:
  shipped:
    address: /shipped
    messages:
      shipped:
        payload:
          type: object
          required: [message, shipment]
          properties: {message: {type: string, minLength: 1}, shipment: {type: string, minLength: 1}, version: {type: string}}
  delivered:
    address: /delivered
    messages:
      delivered: {payload: {type: object, required: [message, shipment]}}
  confirmed:
    address: /confirmed
    messages:
      confirmed: {contentType: text/csv}
  wms.shipment:
    address: /shipments
    messages:
      shipment:
        headers: {type: object, required: [X-Message-Id]}
        payload:
          type: object
          required: [shipmentNo, lines]
          properties:
            lines: {type: array, items: {type: object, properties: {qty: {type: string}}}}
operations:
  shipped: {action: receive, channel: {$ref: '#/channels/shipped'}}
  delivered: {action: receive, channel: {$ref: '#/channels/delivered'}}
  confirmed: {action: receive, channel: {$ref: '#/channels/confirmed'}}
  shipment: {action: send, channel: {$ref: '#/channels/wms.shipment'}}
"""

SETTINGS = """\
[sign_in]
path = "/token"
body = { name = "{user}", password = "{password}" }

[callbacks.shipped]
scene = "planned shipment"
body = { shipment = "{shipment.number}", message = "{message}", version = "2" }
end = { read = "outbound.shipment", field = "state", is = "shipped" }
other_scene = "shipped shipment"
deadline_seconds = 0.3
MORE

[[callbacks.shipped.old_versions]]
name = "1"
body = { shipment = "{shipment.number}", message = "{message}" }
is = "accepted"

[[callbacks.shipped.old_versions]]
name = "0"
body = { shipment = "{shipment.number}", message = "{message}", version = "0" }
is = "refused"

[callbacks.delivered]
scene = "shipped shipment"
body = { shipment = "{shipment.number}", message = "{message}" }
end = { read = "outbound.shipment", field = "state", is = "delivered" }
other_scene = "planned shipment"
deadline_seconds = 0.3
follows = "shipped"

[callbacks.confirmed]
scene = "planned shipment"
body = \"\"\"
message,shipment,lot\\r
{message},{shipment.number},{lines[].lot}\\r
\"\"\"
end = { read = "outbound.shipment", field = "state", is = "shipped" }
other_scene = "planned shipment"
deadline_seconds = 0.3

[retry]
attempts = 3
first_wait_seconds = 0.2
late_seconds = 1
abandoned = [422]
treated_as_delivered = [409]

[outgoing."wms.shipment"]
partner = "wms"
scene = "planned shipment"
effect = { path = "/shipments/{shipment.number}" }
signature = "X-Signature-SHA256"
in_order = true
slow_seconds = 0.4
"""


def write_contract(folder, *, asyncapi=ASYNCAPI, settings=SETTINGS, more=""):
    """Write the contract of the small ERP and return its file."""
    file = folder / "small.yaml"
    file.write_text(asyncapi, encoding="utf-8")
    file.with_suffix(".toml").write_text(settings.replace("MORE", more), encoding="utf-8")
    return file
