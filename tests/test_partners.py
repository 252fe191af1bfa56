"""The partners' stand-ins: what their interfaces do, how they misbehave, and the loop through the reference ERP."""

import copy
import hmac
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from contract_shop import Live
from erp_projects import KIT

from erp_testkit import shipped
from erp_testkit.contracts.check import System
from erp_testkit.contracts.openapi.contract import load
from erp_testkit.contracts.openapi.coverage import merge
from erp_testkit.domain.documents import ShipmentState
from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.standins.partners import PARTNERS, PartnerStandIn

_numbers = itertools.count(1)
GTIN, OTHER_GTIN = "04012345678901", "04012345678918"
INBOX = {"wms": "/shipments", "carrier": "/consignments", "udi": "/submissions"}
MEDIA = {"wms": "application/json", "carrier": "text/plain", "udi": "application/xml"}


@contextmanager
def started(folder, *names):
    standins = [PartnerStandIn(name, folder) for name in names]
    try:
        yield {partner.name: partner for partner in [standin.start() for standin in standins]}
    finally:
        for standin in standins:
            standin.stop()


@pytest.fixture(scope="module")
def partners(tmp_path_factory):
    with started(tmp_path_factory.mktemp("partners"), *PARTNERS) as partners:
        yield partners


@pytest.fixture(scope="module")
def calling(tmp_path_factory):
    """Partners that call the ERP back, which those of the other tests do not."""
    with started(tmp_path_factory.mktemp("partners"), "wms", "carrier") as partners:
        yield partners


@pytest.fixture
def wms(partners):
    yield partners["wms"]
    partners["wms"].behave()


@pytest.fixture
def carrier(partners):
    yield partners["carrier"]
    partners["carrier"].behave()


def new_number(prefix="N"):
    return f"{prefix}-{os.getpid()}-{next(_numbers)}"


def shipment(number=None, **changes):
    line = {"lineNo": 1, "sku": "ITM-1", "description": "Hip stem", "gtin": GTIN, "lotNo": "L-1", "serialNo": None}
    return {
        "shipmentNo": number or new_number("SHP"),
        "orderNo": "SO-1",
        "customerRef": "PO 1",
        "consignee": {"code": "CUS-1", "name": "上海市第一人民医院"},
        "lines": [line | {"expiryDate": "2027-06-30", "qty": "3", "uom": "pcs"}],
    } | changes


def record(note, line=1, **changes):
    fields = {"note": note, "shipment": "SHP-1", "code": "CUS-1", "name": "上海市第一人民医院", "line": line, "item": "ITM-1", "lot": "L-1"}
    fields |= {"serial": "", "expiry": "20270630", "quantity": 3, "unit": "pcs"} | changes
    form = "{note:20}{shipment:20}{code:20}{name:60}{line:04}{item:20}{lot:20}{serial:20}{expiry:8}{quantity:010}{unit:10}\r\n"
    return form.format(**fields)


def submission(number=None, **changes):
    fields = {"shipment": number or new_number("SHP"), "at": "2026-11-23T09:30:00Z", "di": GTIN, "expiry": "2027-06-30"} | changes
    return (
        "<submission><shipment>{shipment}</shipment><deliveryNote>DN-1</deliveryNote><shippedAt>{at}</shippedAt><consignee>CUS-1</consignee>"
        "<device><di>{di}</di><lot>L-1</lot><serial/><expiry>{expiry}</expiry><quantity>3</quantity></device>"
        "<device><di>04012345678918</di><lot/><serial>S-1</serial><quantity>1</quantity></device></submission>"
    ).format(**fields)


def document(partner, number):
    return {"wms": lambda: json.dumps(shipment(number)), "carrier": lambda: record(number), "udi": lambda: submission(number)}[partner]()


def send(partner, body, message=None, **headers):
    body = body.encode()
    signature = hmac.new(partner.secret.encode(), body, "sha256").hexdigest()
    own = {"Content-Type": MEDIA[partner.name], "X-Message-Id": message or new_number("MSG"), "X-Signature-SHA256": signature}
    return httpx2.post(partner.url + INBOX[partner.name], content=body, headers=own | headers, timeout=30)


def signed_in(partner):
    return httpx2.Client(base_url=partner.url, headers={"Authorization": f"Bearer {partner.token}"})


def told(answer):
    """Return the status and the words of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["detail"]


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.mark.parametrize("name", PARTNERS)
def test_a_partner_takes_a_message_on_its_contracts_path_and_writes_it_down(partners, name):
    partner, number, message, before = partners[name], new_number(), new_number("MSG"), datetime.now(UTC)
    body = document(name, number)
    answer = send(partner, body, message)
    assert answer.status_code == 201
    (received,) = [one for one in partner.received() if one.message == message]
    assert (received.path, received.body, received.status) == (INBOX[name], body, 201)
    assert received.headers["content-type"] == MEDIA[name]
    assert before <= received.at <= datetime.now(UTC)
    with signed_in(partner) as http:
        assert http.get(answer.headers["location"]).json() == answer.json()


@pytest.mark.parametrize("name", PARTNERS)
def test_the_same_message_again_has_no_second_effect_and_another_one_under_its_number_is_refused(partners, name):
    partner, number, message = partners[name], new_number(), new_number("MSG")
    first = send(partner, document(name, number), message)
    again = send(partner, document(name, number), message)
    assert (again.status_code, again.content) == (201, first.content)
    assert told(send(partner, document(name, new_number()), message)) == (409, f"Message {message} was received with other content.")


class LivePartner(Live):
    """A live world of one partner."""

    def __init__(self, partner, node):
        super().__init__(node)
        self._partner = partner

    def system(self, name):
        assert name == self._partner.name
        return System(name=name, url=self._partner.url, token=self._partner.token)


@pytest.mark.parametrize("name", PARTNERS)
def test_a_partner_keeps_its_contract_and_all_of_it_is_exercised(partners, name):
    judged, exchanges = [], []
    for check in load(shipped.CONTRACTS / "openapi" / f"{name}.yaml").checks:
        live = LivePartner(partners[name], check.id)
        judged.append(check.run(live))
        exchanges += live.exchanges
    assert [str(broken) for one in judged for broken in one.broken] == []
    found = merge([one.coverage for one in judged])[name]
    assert (found["operations"]["not_exercised"], found["parameters"]["not_exercised"]) == ([], [])
    # Nothing the kit sends has a body of another kind.
    assert [one for one in found["statuses"]["not_exercised"] if " 415" not in one] == []
    assert any("was received with other content" in exchange.answer for exchange in exchanges)


def test_the_pages_of_the_wms_are_checked_whatever_else_it_has(tmp_path):
    (check,) = (one for one in load(shipped.CONTRACTS / "openapi" / "wms.yaml").checks if one.id == "GET /shipments")
    with started(tmp_path, "wms") as partners:
        # More than a page may have: all but one of them could not be asked for.
        for _ in range(102):
            send(partners["wms"], json.dumps(shipment()))
        assert check.run(LivePartner(partners["wms"], check.id)).broken == ()


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("wms", "Shipment {} is here already."),
        ("carrier", "Delivery note {} is here already."),
        ("udi", "Shipment {} was reported already."),
    ],
)
def test_another_message_about_the_same_document_is_refused(partners, name, detail):
    number = new_number()
    assert send(partners[name], document(name, number)).status_code == 201
    assert told(send(partners[name], document(name, number))) == (409, detail.format(number))


@pytest.mark.parametrize("name", PARTNERS)
def test_a_message_is_let_in_by_its_signature_or_a_token_but_never_with_a_wrong_signature(partners, name):
    partner, number = partners[name], new_number()
    wanted = (401, "Expected a valid X-Signature-SHA256 or Authorization: Bearer with a valid token.")
    token = {"Authorization": f"Bearer {partner.token}"}
    assert told(send(partner, document(name, number), **{"X-Signature-SHA256": "0" * 64})) == wanted
    assert told(send(partner, document(name, number), **{"X-Signature-SHA256": "0" * 64}, **token)) == wanted
    unsigned = {"Content-Type": MEDIA[name], "X-Message-Id": new_number("MSG")}
    body = document(name, number).encode()
    assert told(httpx2.post(partner.url + INBOX[name], content=body, headers=unsigned)) == wanted
    assert httpx2.post(partner.url + INBOX[name], content=body, headers=unsigned | token).status_code == 201


def test_reading_needs_a_token(wms):
    wanted = (401, "Expected Authorization: Bearer with a valid token.")
    assert told(httpx2.get(f"{wms.url}/shipments")) == wanted
    assert told(httpx2.get(f"{wms.url}/shipments", headers={"Authorization": "Bearer no"})) == wanted


def test_a_message_needs_a_number_and_a_body_of_its_kind(wms):
    body = json.dumps(shipment()).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {wms.token}"}
    assert told(httpx2.post(f"{wms.url}/shipments", content=body, headers=headers)) == (422, "header parameter X-Message-Id is missing")
    assert told(send(wms, "x", **{"Content-Type": "text/plain"})) == (415, "Expected a body of type application/json, got text/plain.")
    assert told(send(wms, "null")) == (422, 'body: null is not of type "object"')
    assert told(send(wms, '{"a": NaN}')) == (422, "body: NaN is no JSON")
    assert told(send(wms, '{"a": 1e999}')) == (422, "body: 1e999 is more than can be read")
    assert told(send(wms, '"\\ud800"')) == (422, "body: has half a surrogate pair, which is no character")
    assert send(wms, "1" * 5000).status_code == 422
    assert send(wms, "[" * 100_000).status_code == 422


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"gtin": "04012345678902"}, 'body.lines[0].gtin: "04012345678902" is not a "gtin"'),
        ({"expiryDate": "2027-02-29"}, 'body.lines[0].expiryDate: "2027-02-29" is not a "date"'),
        ({"qty": 3}, 'body.lines[0].qty: 3 is not of type "string"'),
        ({"lotNo": "L" * 21}, f'body.lines[0].lotNo: "{"L" * 21}" is longer than 20 characters'),
        ({"lot": "L"}, "body.lines[0]: Additional properties are not allowed ('lot' was unexpected)"),
    ],
)
def test_the_wms_refuses_a_shipment_that_does_not_keep_its_contract(wms, change, detail):
    body = shipment()
    body["lines"][0] |= change
    assert told(send(wms, json.dumps(body))) == (422, detail)


def test_the_wms_refuses_a_line_number_given_twice(wms):
    body = shipment()
    body["lines"].append(copy.copy(body["lines"][0]))
    assert told(send(wms, json.dumps(body))) == (422, "Expected each lineNo once, got 1, 1.")


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"expiry": "20270229"}, "record 1: expected expiry as YYYYMMDD, got 20270229"),
        ({"quantity": 0}, "record 1: expected quantity above zero"),
        ({"item": "", "unit": ""}, "record 1: item is blank; record 1: unit is blank"),
        ({"shipment": "SHP/1"}, "record 1: expected shipment of letters, digits, - and _, got SHP/1"),
    ],
)
def test_the_carrier_refuses_a_record_that_does_not_keep_its_contract(carrier, change, detail):
    assert told(send(carrier, record(new_number("DN"), **change))) == (422, detail)


def test_the_carrier_refuses_records_that_do_not_belong_together(carrier):
    note, other = new_number("DN"), new_number("DN")
    wanted = f"record 2: expected delivery_note {note}, got {other}; expected each line once, got 1, 1"
    assert told(send(carrier, record(note) + record(other))) == (422, wanted)


def test_the_carrier_refuses_a_record_that_is_one_character_off(carrier):
    status, detail = told(send(carrier, record(new_number("DN"), lot="L" * 21)))
    assert status == 422
    assert "does not match" in detail


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (submission(di="04012345678902"), 'body.device[0].di: "04012345678902" is not a "gtin"'),
        (submission(at="2026-11-23T09:30:00+01:00"), 'body.shippedAt: "2026-11-23T09:30:00+01:00" does not match "Z$"'),
        (submission().replace("submission>", "report>"), "body: expected an element submission, got report"),
        (
            '<!DOCTYPE submission [<!ENTITY lot "L">]>' + submission(),
            "body: no XML that is taken (DTDForbidden(name='submission', system_id=None, public_id=None))",
        ),
        ("<submission>", "body: no XML that is taken (no element found: line 1, column 12)"),
    ],
)
def test_the_udi_registry_refuses_a_report_that_does_not_keep_its_contract(partners, body, detail):
    assert told(send(partners["udi"], body)) == (422, detail)


def test_the_wms_lists_shipments_page_by_page(wms):
    numbers = [new_number("PAGE") for _ in range(5)]
    for number in numbers:
        send(wms, json.dumps(shipment(number)))
    with signed_in(wms) as http:
        listed, after = [], {}
        while after is not None:
            page = http.get("/shipments", params={"limit": 2} | after).json()
            listed += [one["shipmentNo"] for one in page["shipments"]]
            assert len(page["shipments"]) <= 2
            after = {"after": page["next"]} if page["next"] else None
        assert [number for number in listed if number in numbers] == sorted(numbers)
        assert len(listed) == len(set(listed))
        assert told(http.get("/shipments", params={"limit": 0})) == (422, "query parameter limit: 0 is less than the minimum of 1")


def test_the_wms_confirms_a_shipment_as_csv_once_and_does_not_cancel_it_then(wms):
    number = new_number("SHP")
    send(wms, json.dumps(shipment(number)))
    with signed_in(wms) as http:
        first = http.post(f"/shipments/{number}/confirm")
        assert first.headers["content-type"] == "text/csv; charset=utf-8"
        header, row = first.text.removesuffix("\r\n").split("\r\n")
        assert header == "message,shipment_no,line_no,sku,lot_no,serial_no,expiry_date,qty,confirmed_at"
        assert row.rpartition(",")[0] == f"WMS-{number},{number},1,ITM-1,L-1,,2027-06-30,3"
        assert http.post(f"/shipments/{number}/confirm").text == first.text
        assert http.get(f"/shipments/{number}").json()["state"] == "confirmed"
        assert told(http.post(f"/shipments/{number}/cancel")) == (409, f"Shipment {number} has left.")


def test_the_wms_does_not_confirm_what_was_cancelled(wms):
    number = new_number("SHP")
    send(wms, json.dumps(shipment(number)))
    with signed_in(wms) as http:
        assert [http.post(f"/shipments/{number}/cancel").json()["state"] for _ in range(2)] == ["cancelled", "cancelled"]
        assert told(http.post(f"/shipments/{number}/confirm")) == (409, f"Shipment {number} is cancelled.")
        assert told(http.post("/shipments/NONE/confirm")) == (404, "There is no shipment NONE.")


def test_the_carrier_keeps_the_proof_of_delivery_and_refuses_another(carrier):
    note = new_number("DN")
    send(carrier, record(note) + record(note, 2, lot="", serial="S-1", expiry=""))
    proof = {"receiver": "王医生", "at": "2026-11-24T08:15:00Z"}
    with signed_in(carrier) as http:
        lines = http.get(f"/consignments/{note}").json()["lines"]
        assert [(line["line"], line["lot"], line["serial"], line["expiry"]) for line in lines] == [
            (1, "L-1", None, "2027-06-30"),
            (2, None, "S-1", None),
        ]
        for _ in range(2):
            delivered = http.post(f"/consignments/{note}/deliver", json=proof).json()
            assert (delivered["state"], delivered["proof"]) == ("delivered", proof)
        other = http.post(f"/consignments/{note}/deliver", json=proof | {"receiver": "Somebody"})
        assert told(other) == (409, f"Delivery note {note} was delivered to 王医生.")


def test_the_udi_registry_says_where_a_device_went(partners):
    udi, number = partners["udi"], new_number("SHP")
    send(udi, submission(number))
    with signed_in(udi) as http:
        found = [one for one in http.get(f"/devices/{OTHER_GTIN}").json()["shipments"] if one["shipment"] == number]
        assert found == [
            {
                "shipment": number,
                "consignee": "CUS-1",
                "shippedAt": "2026-11-23T09:30:00Z",
                "lot": "",
                "serial": "S-1",
                "expiry": "",
                "quantity": "1",
            }
        ]
        assert told(http.get("/devices/04012345678925")) == (404, "There is no report of device 04012345678925.")
        assert http.get(f"/devices/{'1' * 5000}").status_code == 422


def test_the_first_messages_fail_and_the_next_ones_do_not(wms):
    wms.misbehave("fail-first", times=2, status=500)
    number, message = new_number("SHP"), new_number("MSG")
    assert [send(wms, json.dumps(shipment(number)), message).status_code for _ in range(4)] == [500, 500, 201, 201]
    assert [one.status for one in wms.received() if one.message == message] == [500, 500, 201, 201]


def test_a_refusing_partner_keeps_nothing(wms):
    wms.misbehave("refuse")
    number = new_number("SHP")
    assert told(send(wms, json.dumps(shipment(number)))) == (422, "The partner misbehaves, as it was told to.")
    with signed_in(wms) as http:
        assert http.get(f"/shipments/{number}").status_code == 404


def test_a_slow_partner_processes_at_once_and_answers_late(wms):
    wms.misbehave("slow", seconds=0.4)
    before = time.monotonic()
    assert send(wms, json.dumps(shipment())).status_code == 201
    assert time.monotonic() - before >= 0.4


def test_a_partner_that_talks_garbage_says_200_and_no_json(wms):
    wms.misbehave("garbage")
    number = new_number("SHP")
    answer = send(wms, json.dumps(shipment(number)))
    assert (answer.status_code, answer.text) == (200, "<<< this is no JSON >>>")
    with signed_in(wms) as http:
        assert http.get(f"/shipments/{number}").status_code == 200


@pytest.mark.parametrize(("way", "then"), [("cut", 200), ("cut-early", 404)])
def test_a_cut_connection_carries_not_one_byte_of_an_answer(wms, way, then):
    wms.misbehave(way)
    number, message = new_number("SHP"), new_number("MSG")
    body = json.dumps(shipment(number)).encode()
    host, port = wms.url.removeprefix("http://").split(":")
    head = f"POST /shipments HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {wms.token}\r\nX-Message-Id: {message}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode() + body)
        assert connection.recv(1) == b""
    assert [one.status for one in wms.received() if one.message == message] == [0]
    with signed_in(wms) as http:
        assert http.get(f"/shipments/{number}").status_code == then
    wms.behave()
    assert send(wms, body.decode(), message).status_code == 201


def test_misbehaviour_is_for_messages_only(wms):
    number = new_number("SHP")
    send(wms, json.dumps(shipment(number)))
    wms.misbehave("cut")
    with signed_in(wms) as http:
        assert http.post(f"/shipments/{number}/confirm").status_code == 200


def test_a_wrong_misbehaviour_is_told_with_what_there_is(wms):
    names = "cut, cut-early, duplicate-callback, fail-first, garbage, late-callback, old-version, out-of-order, refuse, slow"
    with pytest.raises(UsageError) as wrong:
        wms.misbehave("fail-frist")
    assert str(wrong.value) == (
        "Failed to make a partner misbehave by 'fail-frist': expected one of its ways. "
        f"Did you mean 'fail-first'? Valid values are: {names}."
    )
    with pytest.raises(UsageError) as wrong:
        wms.misbehave("slow", second=1)
    assert str(wrong.value) == (
        "Failed to set 'second' of misbehaviour 'slow': expected one of its options. Did you mean 'seconds'? Valid values are: seconds."
    )
    with pytest.raises(UsageError) as wrong:
        wms.misbehave("slow", seconds="long")
    assert str(wrong.value) == "Failed to set 'seconds' of misbehaviour 'slow': expected a number from zero, got 'long'."
    with pytest.raises(UsageError) as wrong:
        wms.report_to("file:///etc/passwd", "token")
    assert str(wrong.value) == ("Failed to know the ERP: expected an address that begins with http:// or https://, got file:///etc/passwd.")


def test_only_who_has_the_control_token_controls(wms):
    headers = {"Authorization": f"Bearer {wms.token}"}
    assert told(httpx2.get(f"{wms.url}/control/received", headers=headers)) == (
        401,
        "Expected Authorization: Bearer with the control token.",
    )
    own = {"Authorization": f"Bearer {wms.control}"}
    assert httpx2.get(f"{wms.url}/control/nothing", headers=own).status_code == 404
    assert httpx2.put(f"{wms.url}/control/misbehaviour", headers=own, content=b"no").status_code == 422


def test_secrets_stand_neither_on_the_command_line_nor_in_a_text_form(tmp_path):
    standin = PartnerStandIn("udi", tmp_path)
    partner = standin.start()
    lines = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if _readable(file)]
    standin.stop()
    for secret in (partner.token, partner.secret, partner.control):
        assert not any(secret.encode() in line for line in lines)
        assert secret not in repr(partner)
    with pytest.raises(EnvironmentFailure, match=r"^Failed to reach the stand-in of partner 'udi' at http://127\.0\.0\.1:\d+: got "):
        partner.received()


def _readable(file):
    try:
        file.read_bytes()
    except OSError:
        return False
    return True


def test_a_partner_that_cannot_start_is_told(tmp_path):
    with pytest.raises(UsageError) as wrong:
        PartnerStandIn("wsm", tmp_path)
    assert str(wrong.value) == (
        "Failed to start partner 'wsm': expected one that has a stand-in. Did you mean 'wms'? Valid values are: carrier, udi, wms."
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentFailure) as failure:
            PartnerStandIn("wms", tmp_path, port).start()
    assert str(failure.value) == f"Failed to listen on port {port}: expected a free one, got Address already in use."


class Loop:
    """The reference ERP connected to partners that call it back."""

    def __init__(self, shop):
        user = next(iter(shop.started.users.values()))
        answer = httpx2.post(f"{shop.started.url}/token", json={"name": user.name, "password": user.password})
        self.shop, self.token = shop, answer.json()["token"]

    def connect(self, channel, partner, callback):
        self.shop.erp.interfaces.connect(channel, partner.url + INBOX[partner.name], partner.secret)
        partner.report_to(f"{self.shop.started.url}/callbacks/{callback}", self.token)

    def plan(self):
        item = self.shop.lot_item()
        number = self.shop.plan(self.shop.order(self.shop.customer(), item), item, lot="L1")
        self.shop.erp.jobs.settle([item], 30)
        return number

    def reports(self, partner, number, count=1):
        def found():
            return [one for one in partner.reported() if number in one.body]

        wait_for(lambda: len(found()) >= count)
        return [(one.status, one.answer) for one in found()]


@pytest.fixture
def loop(shop, calling):
    loop = Loop(shop)
    loop.connect("wms.shipment", calling["wms"], "wms/confirmations")
    loop.connect("carrier.delivery", calling["carrier"], "carrier/deliveries")
    yield loop
    for channel in ("wms.shipment", "carrier.delivery"):
        shop.erp.interfaces.disconnect(channel)
    for partner in calling.values():
        partner.behave()


def test_a_shipment_goes_round_from_the_erp_by_warehouse_and_carrier_to_delivered(loop, calling):
    number = loop.plan()
    assert [status for status, _ in loop.reports(calling["wms"], number)] == [200]
    assert [status for status, _ in loop.reports(calling["carrier"], number)] == [200]
    assert loop.shop.erp.outbound.shipment(number).state == ShipmentState.DELIVERED


def test_a_duplicate_report_reaches_the_erp_twice(loop, calling):
    calling["wms"].misbehave("duplicate-callback")
    number = loop.plan()
    assert [status for status, _ in loop.reports(calling["wms"], number, 2)] == [200, 200]


def test_a_late_report_is_on_its_way_later(loop, calling):
    calling["wms"].misbehave("late-callback", seconds=1)
    number = loop.plan()
    assert [status for status, _ in loop.reports(calling["wms"], number)] == [200]
    (received,) = [one for one in calling["wms"].received() if number in one.body]
    assert datetime.now(UTC) - received.at >= timedelta(seconds=1)


def test_reports_out_of_order_swap_each_two(loop, calling):
    calling["wms"].misbehave("out-of-order")
    first, second = loop.plan(), loop.plan()
    loop.reports(calling["wms"], first)
    order = [number for one in calling["wms"].reported() for number in (first, second) if number in one.body]
    assert order == [second, first]


def test_a_confirmation_of_the_former_version_lacks_serial_numbers(loop, calling):
    calling["wms"].misbehave("old-version")
    number = loop.plan()
    ((status, answer),) = loop.reports(calling["wms"], number)
    assert (status, "serial_no" in answer) == (422, True)
    (report,) = [one for one in calling["wms"].reported() if number in one.body]
    assert report.body.startswith("message,shipment_no,line_no,sku,lot_no,expiry_date,qty,confirmed_at\r\n")
    assert loop.shop.erp.outbound.shipment(number).state == ShipmentState.PLANNED


def test_a_proof_of_the_former_version_lacks_the_time_zone(loop, calling):
    calling["carrier"].misbehave("old-version")
    number = loop.plan()
    assert [status for status, _ in loop.reports(calling["carrier"], number)] == [422]
    (report,) = [one for one in calling["carrier"].reported() if number in one.body]
    assert "Z" not in json.loads(report.body)["at"]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_served_for_a_person_a_partner_says_where_it_is_and_what_it_wants(tmp_path, stop):
    (tmp_path / "erp-testkit.toml").write_text("")
    main = "from erp_testkit.cli.main import main; main()"
    command = [sys.executable, "-c", main, "standin", "serve", "--partner", "udi"]
    served = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    lines = [served.stdout.readline().split() for _ in range(5)]
    assert [line[:-1] for line in lines] == [["Partner", "udi", "at"], ["Token"], ["Secret"], ["Control"], ["Log"]]
    (url,), (token,) = lines[0][-1:], lines[1][-1:]
    answer = httpx2.get(f"{url}/submissions/NONE", headers={"Authorization": f"Bearer {token}"})
    assert told(answer) == (404, "There is no submission NONE.")
    served.send_signal(stop)
    assert served.stdout.read() == "\nCtrl-C stops it.\n\nStopped.\n"
    served.stdout.close()
    assert served.wait(timeout=60) == 0
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)


def test_what_is_for_the_erp_does_not_fit_a_partner(tmp_path):
    command = [KIT, "standin", "serve", "--partner", "wms", "--database", "sqlite"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "Failed to serve partner 'wms': expected no --database, got one: it is for the reference ERP.\n"
