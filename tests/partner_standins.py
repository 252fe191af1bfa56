"""Partners' stand-ins for tests: started, written to, and waited for."""

import hmac
import itertools
import json
import os
import time
from contextlib import contextmanager

import httpx2
import pytest

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
def all_partners(tmp_path_factory):
    with started(tmp_path_factory.mktemp("partners"), *PARTNERS) as all_partners:
        yield all_partners


@pytest.fixture(scope="module")
def calling(tmp_path_factory):
    """Partners that call the ERP back, which those of the other tests do not."""
    with started(tmp_path_factory.mktemp("partners"), "wms", "carrier") as all_partners:
        yield all_partners


@pytest.fixture
def wms(all_partners):
    yield all_partners["wms"]
    all_partners["wms"].behave()


@pytest.fixture
def carrier(all_partners):
    yield all_partners["carrier"]
    all_partners["carrier"].behave()


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
