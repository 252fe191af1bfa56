"""The reference ERP's interfaces to WMS, carrier and UDI registry: every byte sent, what an answer means, what comes in."""

import hmac
import json
import queue
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest
from reference_erp import at_once, day, gtin, refused, running

from erp_testkit.domain.documents import Customer, Item, JobState, NewOrder, NewOrderLine, Pick, ShipmentState, Tracking
from erp_testkit.domain.errors import UsageError
from erp_testkit.erp.errors import Refused
from erp_testkit.standins.reference.database import open_engine
from erp_testkit.standins.reference.schema import create_schema
from erp_testkit.standins.reference.services import jobs
from erp_testkit.standins.reference.services.work import User, Work

HEADER = "message,shipment_no,line_no,sku,lot_no,serial_no,expiry_date,qty,confirmed_at\r\n"
HOSPITAL = '北京 协和医院 <&> "1"'
SLOW = 3.5
"""Seconds: longer than the ERP waits."""


@dataclass
class Heard:
    at: float
    path: str
    headers: dict
    body: bytes


@contextmanager
def partner(*answers):
    """Run a partner's web server that behaves so in turn, then answers 200; give its address and what it heard."""
    heard, behaviours = queue.Queue(), list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.put(Heard(time.monotonic(), self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            match behaviours.pop(0) if behaviours else 200:
                case "cut":
                    self.close_connection = True
                case "half":
                    self.send_response(200)
                    self.send_header("Content-Length", "10")
                    self.end_headers()
                    self.wfile.write(b"{")
                case "slow":
                    time.sleep(SLOW)
                    self.close_connection = True
                case "garbage":
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.end_headers()
                    self.wfile.write(b"\xff<html>")
                case 302:
                    self.send_response(302)
                    self.send_header("Location", "/elsewhere")
                    self.end_headers()
                case status:
                    self.send_response(status)
                    self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def connected(shop, channel, *answers):
    shop.wait_until_quiet()
    with partner(*answers) as (url, heard):
        shop.erp.interfaces.connect(channel, f"{url}/in", "shared")
        try:
            yield heard
        finally:
            shop.erp.interfaces.disconnect(channel)


def two_lines(shop):
    """Plan a shipment of a lot and of a serial number; return it with its order, its customer and its items, in the order of its lines."""
    shop.erp.master_data.add_customer(Customer(code=(customer := shop.code("CU")), name=HOSPITAL))
    items = (shop.item(name="支架 3.0×18"), shop.item(Tracking.SERIAL, name="Pacer, dual"))
    shop.receive(items[0], 20, lot="007E1", expiry=day(400))
    shop.receive(items[1], 1, lot="L2", serial="00042", expiry=day(500))
    lines = tuple(NewOrderLine(item=item, quantity=Decimal(quantity)) for item, quantity in zip(items, (12, 1), strict=True))
    order = shop.erp.sales.quote(NewOrder(customer=customer, reference="PO 7/1", lines=lines))
    shop.erp.sales.confirm(order)
    picks = [Pick(item=items[0], quantity=Decimal(12), lot="007E1"), Pick(item=items[1], quantity=Decimal(1), serial="00042")]
    return shop.erp.outbound.plan(order, picks), order, customer, items


def gtin_of(shop, item):
    with shop.http() as http:
        return http.get(f"/items/{item}").json()["gtin"]


def planned(shop, quantity=2):
    """Plan a shipment of one lot; return it and its item."""
    item = shop.lot_item(5)
    return shop.plan(shop.order(shop.customer(), item, quantity), item, quantity, lot="L1"), item


def jobs_of(shop, shipment, item):
    """Return state and attempts of the first message's job, once all have ended."""
    shop.erp.jobs.settle([item], 60)
    job = shop.erp.jobs.jobs(shipment)[0]
    return job.state, job.attempts


def confirmation(shipment, item, message, **changed):
    row = {"lot": "L1", "serial": "", "expiry": day(400), "quantity": "2", "at": datetime.now(UTC).isoformat(), "line": 1} | changed
    return f"{message},{shipment},{row['line']},{item},{row['lot']},{row['serial']},{row['expiry']},{row['quantity']},{row['at']}\r\n"


def confirm(shop, text):
    shop.erp.interfaces.deliver("wms.confirmation", text, "text/csv; charset=utf-8")


def state(shop, shipment):
    return shop.erp.outbound.shipment(shipment).state


def test_the_warehouse_gets_a_planned_shipment_as_json(shop):
    with connected(shop, "wms.shipment") as heard:
        shipment, order, customer, items = two_lines(shop)
        shop.erp.jobs.settle(items, 30)
        sent = heard.get_nowait()
    assert json.loads(sent.body) == {
        "shipmentNo": shipment,
        "orderNo": order,
        "customerRef": "PO 7/1",
        "consignee": {"code": customer, "name": HOSPITAL},
        "lines": [
            {
                "lineNo": 1,
                "sku": items[0],
                "description": "支架 3.0×18",
                "gtin": gtin_of(shop, items[0]),
                "lotNo": "007E1",
                "serialNo": None,
                "expiryDate": str(day(400)),
                "qty": "12",
                "uom": "piece",
            },
            {
                "lineNo": 2,
                "sku": items[1],
                "description": "Pacer, dual",
                "gtin": gtin_of(shop, items[1]),
                "lotNo": "L2",
                "serialNo": "00042",
                "expiryDate": str(day(500)),
                "qty": "1",
                "uom": "piece",
            },
        ],
    }
    (message,) = shop.erp.interfaces.messages(shipment)
    assert (message.channel, message.direction, message.document, message.state) == ("wms.shipment", "out", shipment, "sent")
    assert sent.path == "/in"
    assert {name: sent.headers[name] for name in ("content-type", "x-message-id", "x-channel", "x-signature-sha256")} == {
        "content-type": "application/json",
        "x-message-id": message.number,
        "x-channel": "wms.shipment",
        "x-signature-sha256": hmac.new(b"shared", sent.body, "sha256").hexdigest(),
    }


def test_the_carrier_gets_what_leaves_as_fixed_width_records(shop):
    with connected(shop, "carrier.delivery") as heard:
        shipment, _, customer, items = two_lines(shop)
        shop.erp.outbound.ship(shipment)
        shop.erp.jobs.settle(items, 30)
        sent = heard.get_nowait()
    note = shop.erp.outbound.delivery_note(shipment).number
    head = f"{note:<20}{shipment:<20}{customer:<20}{HOSPITAL:<60}"
    assert sent.body.decode() == (
        f"{head}0001{items[0]:<20}{'007E1':<20}{'':<20}{day(400):%Y%m%d}0000000012piece     \r\n"
        f"{head}0002{items[1]:<20}{'L2':<20}{'00042':<20}{day(500):%Y%m%d}0000000001piece     \r\n"
    )
    assert (sent.headers["content-type"], sent.headers["x-channel"]) == ("text/plain; charset=utf-8", "carrier.delivery")


def test_the_udi_registry_gets_what_leaves_as_xml(shop):
    with connected(shop, "udi.shipment") as heard:
        shipment, _, customer, items = two_lines(shop)
        shop.erp.outbound.ship(shipment)
        shop.erp.jobs.settle(items, 30)
        sent = heard.get_nowait()
    note = shop.erp.outbound.delivery_note(shipment).number
    left = shop.erp.outbound.shipment(shipment).shipped_at.isoformat().replace("+00:00", "Z")
    assert sent.body.decode() == (
        f"<submission><shipment>{shipment}</shipment><deliveryNote>{note}</deliveryNote><shippedAt>{left}</shippedAt>"
        f"<consignee>{customer}</consignee>"
        f"<device><di>{gtin_of(shop, items[0])}</di><lot>007E1</lot><serial /><expiry>{day(400)}</expiry><quantity>12</quantity></device>"
        f"<device><di>{gtin_of(shop, items[1])}</di><lot>L2</lot><serial>00042</serial><expiry>{day(500)}</expiry><quantity>1</quantity>"
        "</device></submission>"
    )
    assert (sent.headers["content-type"], sent.headers["x-channel"]) == ("application/xml", "udi.shipment")


@pytest.mark.parametrize(
    ("answers", "attempts"), [((201,), 1), ((409,), 1), (("garbage",), 1), ((503, 500), 3), (("cut",), 2), (("half",), 2), (("slow",), 2)]
)
def test_a_message_is_sent_until_the_partner_has_taken_it(shop, answers, attempts):
    with connected(shop, "wms.shipment", *answers) as heard:
        shipment, item = planned(shop)
        assert jobs_of(shop, shipment, item) == (JobState.DONE, attempts)
        sent = [heard.get_nowait() for _ in range(heard.qsize())]
    assert len(sent) == attempts
    assert len({(one.headers["x-message-id"], one.body) for one in sent}) == 1
    assert [message.state for message in shop.erp.interfaces.messages(shipment)] == ["sent"]
    assert shop.erp.interfaces.alarms(shipment) == ()
    assert not [job for job in shop.erp.jobs.backlog() if job.document == shipment]


@pytest.mark.parametrize("status", [302, 400, 404, 422, 429])
def test_what_a_partner_refuses_is_not_sent_again_and_raises_an_alarm(shop, status):
    with connected(shop, "wms.shipment", status) as heard:
        shipment, item = planned(shop)
        assert jobs_of(shop, shipment, item) == (JobState.FAILED, 1)
        assert heard.qsize() == 1
    (message,) = shop.erp.interfaces.messages(shipment)
    (alarm,) = shop.erp.interfaces.alarms(shipment)
    (job,) = [job for job in shop.erp.jobs.backlog() if job.document == shipment]
    assert (message.state, alarm.channel, alarm.document) == ("failed", "wms.shipment", shipment)
    assert alarm.text == f"Message {message.number} was given up at attempt 1: {job.error}"
    assert job.error == f"Hopeless: The partner refused it with status {status}."
    assert abs((datetime.now(UTC) - alarm.at).total_seconds()) < 60


def test_after_five_attempts_with_doubled_waits_a_message_is_given_up(shop):
    with connected(shop, "wms.shipment", *[503] * 9) as heard:
        shipment, item = planned(shop)
        assert jobs_of(shop, shipment, item) == (JobState.FAILED, 5)
        times = [heard.get_nowait().at for _ in range(5)]
        assert heard.empty()
    for wait, (before, after) in zip((0.2, 0.4, 0.8, 1.6), pairwise(times), strict=True):
        assert wait <= after - before
    (message,) = shop.erp.interfaces.messages(shipment)
    (alarm,) = shop.erp.interfaces.alarms(shipment)
    assert message.state == "failed"
    assert alarm.text == f"Message {message.number} was given up at attempt 5: HTTPError: HTTP Error 503: Service Unavailable"


def test_a_partner_that_is_not_there_is_tried_again(shop):
    shop.wait_until_quiet()
    with partner() as (url, _):
        pass
    shop.erp.interfaces.connect("wms.shipment", f"{url}/in", "shared")
    shipment, item = planned(shop)
    assert jobs_of(shop, shipment, item) == (JobState.FAILED, 5)
    assert "URLError" in shop.erp.interfaces.alarms(shipment)[0].text
    shop.erp.interfaces.disconnect("wms.shipment")


def test_a_channel_has_one_partner_and_without_one_messages_wait_in_the_mailbox(shop):
    shop.wait_until_quiet()
    with partner() as (first, one), partner() as (second, other):
        shop.erp.interfaces.connect("wms.shipment", first, "a")
        shop.erp.interfaces.connect("wms.shipment", second, "b")
        shipment, item = planned(shop)
        shop.erp.jobs.settle([item], 30)
        assert (one.qsize(), other.qsize()) == (0, 1)
        shop.erp.interfaces.disconnect("wms.shipment")
        shipment, item = planned(shop)
        shop.erp.jobs.settle([item], 30)
        assert (one.qsize(), other.qsize()) == (0, 1)
    assert [message.state for message in shop.erp.interfaces.messages(shipment)] == ["sent"]
    with refused("unknown: There is no outgoing interface wms.nothing."):
        shop.erp.interfaces.connect("wms.nothing", "http://partner.example/", "s")
    with refused("unknown: There is no outgoing interface wms.nothing."):
        shop.erp.interfaces.disconnect("wms.nothing")


def test_messages_of_one_document_and_channel_keep_their_order(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'erp.db'}")
    with engine.begin() as connection:
        create_schema(connection)
        work = Work(connection, User("m.chen", "manager"))
        for document, channel in (("SH-1", "wms.shipment"), ("SH-1", "wms.shipment"), ("SH-1", "udi.shipment"), ("SH-2", "wms.shipment")):
            jobs.queue(work, "send message", document, {}, channel)
    with engine.begin() as connection:
        first = jobs.claim(connection)
        jobs.put_off(connection, first, "later")
        claimed = [jobs.claim(connection) for _ in range(3)]
        assert [(job.document, job.channel) for job in claimed[:2]] == [("SH-1", "udi.shipment"), ("SH-2", "wms.shipment")]
        assert claimed[2] is None
        assert jobs.next_due(connection) > datetime.now(UTC)
        for job in (first, *claimed[:2]):
            jobs.finish(connection, job)
        assert jobs.claim(connection).id == first.id + 1
    engine.dispose()


def test_a_message_is_read_back_with_its_mapping_table(shop):
    table = shop.erp.interfaces.mapping_table("carrier.delivery")
    assert [(field.position, field.source, field.target, field.width) for field in table[4:8]] == [
        (5, "lines[].line", "line", 4),
        (6, "lines[].item", "item", 20),
        (7, "lines[].lot", "lot", 20),
        (8, "lines[].serial", "serial", 20),
    ]
    assert sum(field.width for field in table) == 212
    with refused("unknown: There is no interface carrier.nothing with a mapping table."):
        shop.erp.interfaces.mapping_table("carrier.nothing")


def test_a_confirmation_ships_and_its_lines_are_the_delivery_note(shop):
    shipment, _, _, items = two_lines(shop)
    at, number = datetime.now(UTC), shop.code("C")
    rows = [
        confirmation(shipment, items[1], number, line=2, lot="L2", serial="00042", expiry=day(500), quantity="1.000", at=at.isoformat()),
        confirmation(shipment, items[0], number, line=1, lot="007E1", quantity="12", at=at.isoformat()),
    ]
    text = HEADER + "".join(rows)
    for _ in range(2):
        confirm(shop, text)
    read = shop.erp.outbound.shipment(shipment)
    assert (read.state, read.shipped_at) == (ShipmentState.SHIPPED, at)
    assert [(line.item, line.quantity, line.lot, line.serial, line.expiry) for line in shop.erp.outbound.delivery_note(shipment).lines] == [
        (items[0], 12, "007E1", None, day(400)),
        (items[1], 1, "L2", "00042", day(500)),
    ]
    shop.erp.jobs.settle(items, 30)
    received = [message for message in shop.erp.interfaces.messages(shipment) if message.direction == "in"]
    assert [(message.number, message.channel, message.state) for message in received] == [(number, "wms.confirmation", "received")]
    with refused(f"duplicate: Message {number} on wms.confirmation was received with other content."):
        confirm(shop, HEADER + rows[1])
    assert shop.on_hand(items[1]) == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"quantity": "3"}, "state: The confirmation of shipment {shipment} does not fit: line 1 was not planned so."),
        ({"lot": "L9"}, "state: The confirmation of shipment {shipment} does not fit: line 1 was not planned so."),
        ({"line": 2}, "state: The confirmation of shipment {shipment} does not fit: line 2 was not planned so."),
        ({"expiry": "20270101"}, "other: Confirmation: expiry is '20270101': expected a day such as 2026-11-30."),
        ({"quantity": "two"}, "other: Confirmation: quantity is 'two': Input should be a valid decimal."),
        ({"at": "2026-11-23T09:00:00"}, "other: Confirmation: the time is '2026-11-23T09:00:00': Input should have timezone info."),
        ({"lot": "L" * 21}, "state: The confirmation of shipment {shipment} does not fit: line 1 was not planned so."),
        ({"serial": "a,b"}, "other: Confirmation, row 2: expected 9 values, got 10."),
    ],
)  # fmt: skip
def test_a_confirmation_that_does_not_fit_changes_nothing(shop, changed, message):
    shipment, item = planned(shop)
    with refused(message.format(shipment=shipment)):
        confirm(shop, HEADER + confirmation(shipment, item, shop.code("C"), **changed))
    assert state(shop, shipment) is ShipmentState.PLANNED
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 5, 2)]


def test_a_confirmation_that_was_refused_can_be_sent_again_when_it_is_right(shop):
    shipment, item = planned(shop)
    number = shop.code("C")
    with pytest.raises(Refused):
        confirm(shop, HEADER + confirmation(shipment, item, number, quantity="1"))
    confirm(shop, HEADER + confirmation(shipment, item, number))
    assert state(shop, shipment) is ShipmentState.SHIPPED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"other: Confirmation: expected each of its columns once in the header row, not so: {HEADER.strip().replace(',', ', ')}."),
        (HEADER, "quantity: A confirmation needs at least one row."),
        ('a,"b\r\n', "other: Confirmation: expected comma-separated values (RFC 4180), got unexpected end of data."),
        (f"{HEADER.strip()},qty\r\n", "other: Confirmation: expected each of its columns once in the header row, not so: qty."),
        (HEADER + "C1,SH-1,1,I,,,,1,x\r\nC2,SH-1,2,I,,,,1,x\r\n", "other: Confirmation: expected one message in all rows, got C1, C2."),
        (HEADER + "C,SH-1,1,I,,,,1,x\r\nC,S,2,I,,,,1,x\r\n", "other: Confirmation: expected one shipment_no in all rows, got S, SH-1."),
        (HEADER + ",SH-1,1,I,,,,1,x\r\n", "other: Confirmation: expected one message in all rows, got none."),
        (HEADER + "C0,SH-0,1,I,,,,1,2026-11-23T09:00:00Z\r\n", "unknown: There is no shipment SH-0."),
        ("\x00", "other: A confirmation holds no NUL characters."),
    ],
)  # fmt: skip
def test_a_confirmation_that_is_none_is_refused(shop, text, message):
    with refused(message):
        confirm(shop, text)


def test_columns_may_come_in_any_order_and_unknown_ones_are_ignored(shop):
    shipment, item = planned(shop)
    values = dict(zip(HEADER.strip().split(","), confirmation(shipment, item, shop.code("C")).strip().split(","), strict=True))
    values["picker"] = 'Li, "Lao"'
    names = sorted(values)
    row = ",".join('"' + values[name].replace('"', '""') + '"' for name in names)
    confirm(shop, "\ufeff" + ",".join(names) + "\n" + row + "\n")
    assert state(shop, shipment) is ShipmentState.SHIPPED


def test_a_confirmation_is_text_in_utf_8(shop):
    with shop.http() as http:
        path = "/callbacks/wms/confirmations"
        answers = [
            http.post(path, content=HEADER, headers={"Content-Type": "application/json"}),
            http.post(path, content=b"ab\xff", headers={"Content-Type": "text/csv"}),
        ]
    assert [(answer.status_code, answer.json()["message"]) for answer in answers] == [
        (422, "A confirmation is text/csv."),
        (422, "A confirmation is UTF-8: byte 2 is none."),
    ]


def test_two_confirmations_at_once_ship_once(shop):
    shipment, item = planned(shop)
    text = HEADER + confirmation(shipment, item, shop.code("C"))
    assert at_once(*[lambda: confirm(shop, text)] * 3) == [None] * 3
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 3, 0)]


def deliver(shop, channel, **content):
    shop.erp.interfaces.deliver(channel, json.dumps({"message": shop.code("M"), **content}), "application/json")


def test_versions_of_the_word_that_a_shipment_has_left(shop):
    shipment, _ = planned(shop)
    at = datetime.now(UTC).replace(microsecond=0)
    with refused("other: body: expected a message of version '1' or '2'"):
        deliver(shop, "wms.shipped", shipment=shipment, version="3")
    with refused("other: body.2.at: Field required"):
        deliver(shop, "wms.shipped", shipment=shipment, version="2")
    with pytest.raises(Refused, match=rf"refused \(period\): Shipment {shipment} was ordered at .*: it cannot have left at "):
        deliver(shop, "wms.shipped", shipment=shipment, version="2", at=(at + timedelta(hours=1)).isoformat())
    deliver(shop, "wms.shipped", shipment=shipment, version="2", at=at.isoformat(), picker="unknown fields are ignored")
    assert shop.erp.outbound.shipment(shipment).shipped_at == at
    shipment, _ = planned(shop)
    deliver(shop, "wms.shipped", shipment=shipment, version="1", at="unknown to version 1")
    assert state(shop, shipment) is ShipmentState.SHIPPED


def test_a_proof_of_delivery_before_its_time_is_refused_and_taken_later(shop):
    shipment, _ = planned(shop)
    proof = {"message": shop.code("POD"), "shipment": shipment, "receiver": "Dr. Wu"}

    def hand_in():
        shop.erp.interfaces.deliver("carrier.delivered", json.dumps({**proof, "at": datetime.now(UTC).isoformat()}), "application/json")

    with refused(f"state: Shipment {shipment} is planned: expected shipped."):
        hand_in()
    deliver(shop, "wms.shipped", shipment=shipment)
    hand_in()
    assert state(shop, shipment) is ShipmentState.DELIVERED
    with refused("unknown: There is no shipment SH-0."):
        deliver(shop, "carrier.delivered", shipment="SH-0", receiver="R", at=datetime.now(UTC).isoformat())


def test_a_channel_the_erp_does_not_take_is_a_mistake_of_the_caller(shop):
    with pytest.raises(UsageError) as failure:
        shop.erp.interfaces.deliver("wms.confirmatoin", "", "text/csv")
    assert str(failure.value) == (
        "Failed to deliver a message on 'wms.confirmatoin': expected a channel the ERP takes. Did you mean 'wms.confirmation'? "
        "Valid values are: carrier.delivered, wms.confirmation, wms.shipped."
    )


@pytest.fixture
def spoilable(tmp_path):
    """A reference ERP of our own, and a way to change its tables behind its back."""
    with running(tmp_path, database="sqlite") as shop:
        (file,) = (tmp_path / "reference").glob("*.db")

        def execute(statement):
            with closing(sqlite3.connect(file, timeout=30)) as connection, connection:
                assert connection.execute(statement).rowcount == 1

        yield shop, execute


def test_a_shifted_row_of_the_mapping_table_overwrites_lots_on_the_delivery_note(spoilable):
    shop, execute = spoilable
    execute("update interface_fields set source = 'serial_no' where channel = 'wms.confirmation' and target = 'lines[].lot'")
    shipment, _, _, items = two_lines(shop)
    at = datetime.now(UTC).isoformat()
    text = HEADER + confirmation(shipment, items[0], "C1", lot="007E1", quantity="12", at=at)
    confirm(shop, text + confirmation(shipment, items[1], "C1", line=2, lot="L2", serial="00042", expiry=day(500), quantity="1", at=at))
    assert [(line.lot, line.serial) for line in shop.erp.outbound.delivery_note(shipment).lines] == [(None, None), ("00042", "00042")]
    assert [move["lot"] for move in shop.ledger(*items).tables["moves"] if move["to_kind"] == "customer"] == ["007E1", "L2"]


def test_what_does_not_fit_its_field_is_never_cut_but_told(spoilable):
    shop, execute = spoilable
    execute("update interface_fields set width = 3 where channel = 'wms.shipment' and target = 'lines[].lotNo'")
    with connected(shop, "wms.shipment") as heard:
        shipment, _, _, items = two_lines(shop)
        assert jobs_of(shop, shipment, items[0]) == (JobState.FAILED, 1)
        assert heard.empty()
    (message,) = shop.erp.interfaces.messages(shipment)
    assert [alarm.text for alarm in shop.erp.interfaces.alarms(shipment)] == [
        f"Message {message.number} was given up at attempt 1: Hopeless: lines[].lot is '007E1': lines[].lotNo takes 3 characters."
    ]


def test_a_quantity_with_decimals_does_not_fit_a_field_for_whole_numbers(shop):
    shop.erp.master_data.add_item(Item(code=(item := shop.code("IT")), name="Gel", gtin=gtin(), tracking=Tracking.LOT, unit="kg"))
    shop.receive(item, 3, unit="kg", lot="L1", expiry=day(400))
    number = shop.quote(shop.customer(), item, "0.5", unit="kg")
    shop.erp.sales.confirm(number)
    with connected(shop, "carrier.delivery"):
        shipment = shop.plan(number, item, "0.5", lot="L1")
        shop.erp.outbound.ship(shipment)
        shop.erp.jobs.settle([item], 30)
    assert [(alarm.channel, alarm.text.partition(": ")[2]) for alarm in shop.erp.interfaces.alarms(shipment)] == [
        ("carrier.delivery", "Hopeless: lines[].quantity is 0.5: quantity takes whole numbers.")
    ]
