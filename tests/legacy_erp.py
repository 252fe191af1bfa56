"""An old ERP without ports: takes orders as JSON over HTTP, maps them by its own table, shows the result at an address or drops a file.

It shares no code with the kit: its formats are written by hand, so that both sides can be wrong independently.
"""

import csv
import io
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape, quoteattr

from erp_testkit.contracts.check import System
from erp_testkit.data.codes import CodeMaker

TABLE = (
    ("order.number", "number", 12),
    ("customer.code", "customer", 20),
    ("customer.name", "name", 40),
    ("lines[].item", "item", 20),
    ("lines[].lot", "lot", 20),
    ("lines[].serial", "serial", 20),
    ("lines[].expiry", "expiry", 8),
    ("lines[].quantity", "quantity", 8),
    ("lines[].unit", "unit", 3),
)
UNITS = {"piece": "PCE", "box": "BX"}
HEAD = ("number", "customer", "name")


class LegacyErp:
    """What it is told to do wrong: `spoil` changes the mapped rows, `damage` the written text, `refuses` and `fails` say no to a body."""

    def __init__(self, format="json", table=TABLE, drop=None):
        self.format, self.table, self.drop = format, table, drop
        self.spoil = self.damage = lambda whole: whole
        self.refuses = self.fails = lambda body: False
        self.refuses_with = 422
        self.documents = {}
        self.url = ""

    def turned_away(self, headers):
        """Return the status for who is not let in; None for who is."""

    def read(self, body):
        return json.loads(body)

    def take(self, order):
        number = f"LG-{len(self.documents) + 1:06}"
        rows = [self.row(number, order, line) for line in order["lines"]]
        self.documents[number] = self.damage(self.written(self.spoil(rows)))
        if self.drop is not None:
            (self.drop / f"{number}.txt").write_bytes(self.documents[number].encode(errors="surrogateescape"))
        return number

    def row(self, number, order, line):
        row = {}
        for source, target, _ in self.table:
            head, name = source.split(".")
            value = number if source == "order.number" else (line if head == "lines[]" else order[head]).get(name)
            if name == "unit":
                value = UNITS[value]
            if name == "expiry":
                value = value and value.replace("-", "")
            row[target] = value
        return row

    def written(self, rows):
        return getattr(self, "as_" + self.format.replace("-", "_"))(rows)

    def as_json(self, rows):
        head = {name: rows[0][name] for name in rows[0] if name in HEAD}
        lines = [{name: value for name, value in row.items() if name not in HEAD} for row in rows]
        return json.dumps({**head, "lines": lines})

    def as_xml(self, rows):
        head = "".join(f"<{name}>{escape(str(rows[0][name] or ''))}</{name}>" for name in HEAD if name in rows[0] and name != "number")
        lines = "".join(
            "<line>"
            + "".join(f"<{name}>{escape(str(value or ''))}</{name}>" for name, value in row.items() if name not in HEAD)
            + "</line>"
            for row in rows
        )
        return f'<order xmlns="urn:legacy" number={quoteattr(rows[0]["number"])}>{head}{lines}</order>'

    def as_csv(self, rows):
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(rows[0]), delimiter=";", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()

    def as_fixed_width(self, rows):
        return "".join("".join(self.column(row, target, width) for _, target, width in self.table) + "\n" for row in rows)

    def column(self, row, target, width):
        text = "" if row[target] is None else str(row[target])
        return text.rjust(width, "0") if target == "quantity" else text[:width].ljust(width)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        legacy = self.server.legacy
        if status := legacy.turned_away(self.headers):
            self.answer(status, "who are you?")
        elif legacy.refuses(body):
            self.answer(legacy.refuses_with, "not taken")
        elif legacy.fails(body):
            self.answer(500, "null pointer")
        else:
            self.answer(201, json.dumps({"order": {"number": legacy.take(legacy.read(body))}}))

    def do_GET(self):
        text = self.server.legacy.documents.get(self.path.rpartition("/")[2])
        status = self.server.legacy.turned_away(self.headers)
        self.answer(status or (404 if text is None else 200), text or "")

    def answer(self, status, text):
        content = text.encode(errors="surrogateescape")
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


@contextmanager
def running(legacy):
    """Serve a legacy ERP at its `url`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.legacy = legacy
    legacy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield legacy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class World:
    """A live world with one system in it, and the same codes every time."""

    seed = 1
    today = datetime.now(UTC).date()

    def __init__(self, url):
        self._url = url
        self.code = CodeMaker(self.seed, "run", "legacy")
        self.exchanges = []

    def system(self, name):
        assert name == "legacy"
        return System(name=name, url=self._url)

    def on_exchange(self, exchange):
        self.exchanges.append(exchange)


CONTRACT = """\
mapping:
  name: legacy.order
  title: Orders of the legacy ERP
  direction: out
  source:
    request: {{system: legacy, path: /orders, body: {{kind: order}}, answer: {{order.number: order.number}}}}
    format: json
  target:
    {arrival}
    within_seconds: 0.3
    format: {format}
    settings: {settings}
  fields:
    - {{source: order.number, target: {number}, length: 12}}
    - {{source: customer.code, target: customer, length: 20, chars: code, unique: true, never: [truncate, case]}}
    - {{source: customer.name, target: name, length: 40}}
    - {{source: "lines[].item", target: "{line}item", length: 20, chars: code}}
    - {{source: "lines[].lot", target: "{line}lot", length: 20, identifier: lot}}
    - {{source: "lines[].serial", target: "{line}serial", length: 20, identifier: serial}}
    - {{source: "lines[].expiry", target: "{line}expiry", length: 8, identifier: expiry, transform: {{date: YYYYMMDD}}}}
    - source: lines[].quantity
      target: "{line}quantity"
      type: decimal
      length: 8
      unit: piece
      transform: {{decimals: 0, pad: {{side: left, with: "0"}}}}
    - {{source: "lines[].unit", target: "{line}unit", length: 3, codes: {{piece: PCE, box: BX}}}}
"""
SETTINGS = {
    "json": ("lines[].", "{}"),
    "xml": ("line[].", "{root: order}"),
    "csv": ("", '{separator: ";", ends: LF}'),
    "fixed-width": ("", "{ends: LF}"),
}


def contract(format="json", arrival='get: {system: legacy, path: "/orders/{order.number}"}'):
    """Return the mapping contract of a legacy ERP that writes a format."""
    line, settings = SETTINGS[format]
    number = '"@number"' if format == "xml" else "number"
    return CONTRACT.format(format=format, arrival=arrival, settings=settings, line=line, number=number)
