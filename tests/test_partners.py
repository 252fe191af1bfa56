"""The partners' stand-ins: what their interfaces do."""

import copy
import json
from datetime import UTC, datetime

import httpx2
import pytest
from contract_shop import Live
from partner_standins import (
    INBOX,
    MEDIA,
    OTHER_GTIN,
    document,
    new_number,
    record,
    send,
    shipment,
    signed_in,
    started,
    submission,
    told,
)

from erp_testkit import shipped
from erp_testkit.contracts.check import System
from erp_testkit.contracts.openapi.contract import load
from erp_testkit.contracts.openapi.coverage import merge
from erp_testkit.standins.partners import PARTNERS


@pytest.mark.parametrize("name", PARTNERS)
def test_a_partner_takes_a_message_on_its_contracts_path_and_writes_it_down(all_partners, name):
    partner, number, message, before = all_partners[name], new_number(), new_number("MSG"), datetime.now(UTC)
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
def test_the_same_message_again_has_no_second_effect_and_another_one_under_its_number_is_refused(all_partners, name):
    partner, number, message = all_partners[name], new_number(), new_number("MSG")
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
def test_a_partner_keeps_its_contract_and_all_of_it_is_exercised(all_partners, name):
    judged, exchanges = [], []
    for check in load(shipped.CONTRACTS / "openapi" / f"{name}.yaml").checks:
        live = LivePartner(all_partners[name], check.id)
        judged.append(check.run(live))
        exchanges += live.exchanges
    assert [str(broken) for one in judged for broken in one.findings] == []
    found = merge([one.coverage for one in judged])[name]
    assert (found["operations"]["not_exercised"], found["parameters"]["not_exercised"]) == ([], [])
    # Nothing the kit sends has a body of another kind.
    assert [one for one in found["statuses"]["not_exercised"] if " 415" not in one] == []
    assert any("was received with other content" in exchange.answer for exchange in exchanges)


def test_the_pages_of_the_wms_are_checked_whatever_else_it_has(tmp_path):
    (check,) = (one for one in load(shipped.CONTRACTS / "openapi" / "wms.yaml").checks if one.id == "GET /shipments")
    with started(tmp_path, "wms") as all_partners:
        # More than a page may have: all but one of them could not be asked for.
        for _ in range(102):
            send(all_partners["wms"], json.dumps(shipment()))
        assert check.run(LivePartner(all_partners["wms"], check.id)).findings == ()


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("wms", "Shipment {} is here already."),
        ("carrier", "Delivery note {} is here already."),
        ("udi", "Shipment {} was reported already."),
    ],
)
def test_another_message_about_the_same_document_is_refused(all_partners, name, detail):
    number = new_number()
    assert send(all_partners[name], document(name, number)).status_code == 201
    assert told(send(all_partners[name], document(name, number))) == (409, detail.format(number))


@pytest.mark.parametrize("name", PARTNERS)
def test_a_message_is_let_in_by_its_signature_or_a_token_but_never_with_a_wrong_signature(all_partners, name):
    partner, number = all_partners[name], new_number()
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
def test_the_udi_registry_refuses_a_report_that_does_not_keep_its_contract(all_partners, body, detail):
    assert told(send(all_partners["udi"], body)) == (422, detail)


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


def test_the_udi_registry_says_where_a_device_went(all_partners):
    udi, number = all_partners["udi"], new_number("SHP")
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
