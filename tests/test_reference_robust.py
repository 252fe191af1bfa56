"""The reference ERP takes what makes no sense calmly: every refusal is a problem a partner can read, and never a server error."""

import json
import socket
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote

import pytest
from reference_erp import day, gtin

from erp_testkit.domain.documents import Item, Role, Supplier, Tracking
from erp_testkit.standins.reference.api.guard import LONGEST_BODY

TEXTS = ["", "a\x00b", "\r\n", "x" * 5000, "\ud800", "a/b", "'; drop table orders; --", "NaN", "Infinity", "1e400", "9" * 5000]
MOMENTS = ["0000-00-00", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
NUMBERS = [10**400, -(2**63), 2**31, 1.5e308, float("nan"), True]
NASTY = [*TEXTS, *MOMENTS, *NUMBERS, None, [], {}]


def requests_of(shop):
    """Return requests that are right, each as method, path parts and content, around documents that exist."""
    customer, item = shop.customer(), shop.lot_item(50)
    serials = shop.serial_item("S1", "S2")
    quotation, order = shop.quote(customer, item), shop.order(customer, item, 3)
    planned, left = shop.plan(order, item, lot="L1"), shop.shipped(customer, item, lot="L1")
    back = shop.give_back(customer, left, item, lot="L1")
    pick = {"item": item, "quantity": "1", "lot": "L1", "serial": None, "bin": "MAIN"}
    line = {"item": item, "quantity": "1", "unit": "piece", "unit_price": "1.5"}
    received = {"item": item, "quantity": "1", "unit": "piece", "lot": "L1", "serial": None, "expiry": str(day(400))}
    money = {"packs": {"box": "10"}, "price": "1", "tax_rate": "0"}
    now = datetime.now(UTC).isoformat()
    return [
        ("POST", ["items"], {"code": "N1", "name": "N", "gtin": gtin(), "tracking": "lot", "unit": "kg", **money}),
        ("POST", ["customers"], {"code": "N1", "name": "N", "licence_until": str(day(1)), "blocked": False, "min_shelf_life_days": 1}),
        ("POST", ["suppliers"], {"code": "N1", "name": "N"}),
        ("PUT", ["customers", customer, "licence"], {"until": str(day(1))}),
        ("PUT", ["customers", customer, "shelf-life"], {"days": 1}),
        ("POST", ["orders"], {"customer": customer, "reference": "R", "lines": [line]}),
        ("PUT", ["orders", quotation, "lines"], [line]),
        ("POST", ["orders", order, "shipments"], [pick]),
        ("POST", ["shipments", left, "proof"], {"receiver": "Dr. Wu", "at": now}),
        ("POST", ["receipts"], {"supplier": shop.supplier, "received_on": str(day(0)), "lines": [received]}),
        ("POST", ["transfers"], {"pick": pick, "to_bin": "SHELF"}),
        ("POST", ["counts"], [{"item": item, "bin": "MAIN", "quantity": "5", "lot": "L1"}]),
        ("PUT", ["lots", item, "L1", "expiry"], {"expiry": str(day(300)), "reason": "typo"}),
        ("POST", ["lots", item, "L1", "quarantine"], {"reason": "doubt"}),
        ("PUT", ["serials", serials, "S1", "lot"], {"lot": "L1"}),
        ("POST", ["returns"], {"customer": customer, "shipment": left, "reason": "r", "lines": [pick]}),
        ("POST", ["returns", back, "lines", "1", "inspection"], {"disposition": "scrap"}),
        ("POST", ["returns", back, "exchange"], [pick]),
        ("POST", ["webhooks"], {"url": "http://127.0.0.1:1/", "secret": "s", "channel": "none"}),
        ("PUT", ["interfaces", "none", "listener"], {"url": "http://127.0.0.1:1/", "secret": "s"}),
        ("POST", ["callbacks", "wms", "shipments"], {"message": "M1", "shipment": planned, "at": now, "version": "2"}),
        ("POST", ["callbacks", "carrier", "deliveries"], {"message": "M1", "shipment": left, "receiver": "R", "at": now, "version": "2"}),
        ("PUT", ["audit", "1"], {"user": "nobody"}),
        ("POST", ["token"], {"name": "m.chen", "password": "guess"}),
    ]  # fmt: skip


def spoilt(content, nasty):
    """Return a content once for each value in it, with the nasty one in its place; and itself replaced."""
    yield nasty
    places = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for place, value in places:
        for other in spoilt(value, nasty):
            copy = dict(content) if isinstance(content, dict) else list(content)
            copy[place] = other
            yield copy
    if isinstance(content, dict) and isinstance(nasty, str):
        yield {**content, nasty: "unknown field"}


def send(http, method, path, content, **more):
    return http.request(method, path, content=json.dumps(content), headers={"Content-Type": "application/json"}, **more)


def check(answer, *what):
    """Fail unless an answer is a success, or a refusal that says why."""
    assert answer.status_code < 500, (answer.status_code, what)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", (answer.text, what)
        assert answer.json().keys() == {"reason", "message"}, (answer.text, what)


def test_no_value_anywhere_makes_the_erp_break(any_shop):
    requests = requests_of(any_shop)
    with any_shop.http() as http:
        for method, parts, content in requests:
            path = "/" + "/".join(parts)
            for nasty in NASTY:
                for body in spoilt(content, nasty):
                    check(send(http, method, path, body), method, path, body)


@pytest.mark.parametrize("blocked", [0, 1, "true", "off"])
def test_what_is_neither_true_nor_false_blocks_nobody(shop, blocked):
    with shop.http() as http:
        assert send(http, "PUT", f"/customers/{shop.customer()}/blocked", {"blocked": blocked}).status_code == 422


QUERIES = (
    *("/orders?after=", "/orders?limit=", "/orders?customer=", "/messages?after=", "/messages?document=", "/messages?limit="),
    *("/on-hand?item=", "/on-hand?item=I&on=", "/audit?document=", "/jobs?document=", "/alarms?document=", "/jobs/settled?seconds="),
    *("/jobs/settled?item=", "/ledger?since=", "/ledger?since=2026-01-01T00:00:00Z&item=", "/labels/scanned?label=", "/labels?item="),
)
PATHS = ("/orders", "/shipments", "/returns", "/items", "/customers", "/suppliers", "/audit", "/interfaces", "/lots/I", "/serials/I/S")


def test_no_path_query_or_header_makes_the_erp_break(any_shop):
    with any_shop.http() as http:
        for nasty in [*TEXTS, *MOMENTS, "2147483648", "-9223372036854775809", "../..", "%2F%00"]:
            text = quote(nasty.encode(errors="surrogatepass"), safe="")[:8000]
            for query in QUERIES:
                check(http.get(query + text), query, nasty)
            for path in PATHS:
                check(http.get(f"{path}/{text}"), path, nasty)
            check(http.delete(f"/webhooks?url={text}"), nasty)
            if nasty.isascii() and nasty.isprintable():
                for header in ("Idempotency-Key", "If-Match", "Authorization"):
                    check(http.post("/orders/SO-0/confirm", headers={header: nasty}), header, nasty)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"\xff\xfe", 422),
        (b'"\xed\xa0\x80"', 422),
        (b"[" * 100_000, 422),
        (b"1" * 10_000, 422),
        (b"", 422),
        (b"x" * (LONGEST_BODY + 1), 413),
    ],
)
def test_a_body_that_is_none_is_refused(shop, body, status):
    with shop.http() as http:
        answers = [
            http.post(path, content=body, headers={"Content-Type": "application/json"}) for path in ("/orders", "/callbacks/wms/shipments")
        ]
    for answer in answers:
        check(answer, body[:20])
        assert answer.status_code == status


def test_a_body_without_a_length_is_counted_too(shop):
    host, port = shop.started.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(b"POST /orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        try:
            for _ in range(20):
                raw.sendall(chunk)
        except OSError:
            pass  # it has heard enough
        assert raw.recv(100).startswith(b"HTTP/1.1 413 ")


def test_codes_may_have_slashes_and_other_signs(shop):
    item, lot = f"{shop.code('IT')}/a+b %2F?#", "L/1 &=;批"
    shop.erp.master_data.add_item(Item(code=item, name="Sheath, 6F", gtin=gtin(), tracking=Tracking.LOT))
    shop.receive(item, 2, lot=lot, expiry=day(400))
    assert shop.erp.lot_records.lot(item, lot).lot == lot
    with shop.http() as http:
        assert http.get(f"/items/{quote(item, safe='')}").json()["code"] == item


@pytest.mark.parametrize("code", [".", "..", ".hidden"])
def test_a_code_that_a_path_would_lose_is_refused(shop, code):
    with shop.http() as http:
        answer = http.post("/suppliers", json={"code": code, "name": "Maker"})
        check(answer, code)
        assert answer.status_code == 422


@pytest.mark.parametrize("days", [False, True, "5", 1.5])
def test_a_number_of_days_is_a_whole_number(shop, days):
    with shop.http() as http:
        answer = http.put(f"/customers/{shop.customer()}/shelf-life", json={"days": days})
        check(answer, days)
        assert answer.status_code == 422


def test_what_was_added_can_be_read_back(shop):
    item, customer = shop.item(packs={"box": Decimal(10)}), shop.customer(licence_until=day(5), min_shelf_life_days=30)
    shop.erp.master_data.add_supplier(Supplier(code=(supplier := shop.code("SUP")), name="Maker"))
    with shop.http() as http:
        assert {**http.get(f"/items/{item}").json(), "gtin": ""} == {
            "code": item,
            "name": "Device",
            "gtin": "",
            "tracking": "lot",
            "unit": "piece",
            "packs": {"box": "10"},
            "price": "100.00",
            "tax_rate": "0.13",
        }
        assert http.get(f"/customers/{customer}").json() == {
            "code": customer,
            "name": "Hospital",
            "licence_until": str(day(5)),
            "blocked": False,
            "min_shelf_life_days": 30,
        }
        assert http.get(f"/suppliers/{supplier}").json() == {"code": supplier, "name": "Maker"}


def test_pages_are_complete_and_stable_while_others_write(shop):
    customer, item = shop.customer(), shop.item()
    orders = [shop.order(customer, item) for _ in range(7)]
    shop.erp.jobs.settle([item], 10)
    with shop.http() as http:
        for path, query, cursor, expected in (
            ("/orders", {"customer": customer}, lambda row: row, orders),
            ("/messages", {"channel": "customer.order"}, lambda row: row["id"], None),
        ):
            found, after = [], {}
            while page := http.get(path, params={**query, **after, "limit": 3}).json():
                assert len(page) <= 3
                found += page
                after = {"after": cursor(page[-1])}
                if len(found) == 3:
                    orders.append(shop.order(customer, item))
            if expected is not None:
                assert found == orders
            else:
                assert len({row["id"] for row in found}) == len(found)
                assert [row["document"] for row in found if row["document"] in orders] == orders


def test_a_method_nobody_serves_is_told_with_those_that_are(shop):
    with shop.http() as http:
        answer = http.patch("/orders")
    check(answer)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_a_stale_version_is_refused_and_an_order_has_a_new_one_after_each_shipment(shop):
    customer, item = shop.customer(), shop.lot_item(9)
    order = shop.order(customer, item, 6)
    tags = []
    with shop.http() as http:
        for _ in range(3):
            tags.append(http.get(f"/orders/{order}").headers["etag"])
            shop.erp.outbound.ship(shop.plan(order, item, 2, lot="L1"))
        late = http.post(f"/orders/{order}/cancel", headers={"If-Match": tags[1]})
    assert len(set(tags)) == 3
    assert (late.status_code, late.json()["reason"]) == (412, "conflict")


def test_every_documented_refusal_is_described_as_a_problem(shop):
    with shop.http() as http:
        page = http.get("/openapi.json").json()
    operations = [(path, method, one) for path, methods in page["paths"].items() for method, one in methods.items()]
    assert len({one["operationId"] for _, _, one in operations}) == len(operations) > 60
    for path, method, operation in operations:
        refusals = {status: answer for status, answer in operation["responses"].items() if status >= "4"}
        for answer in refusals.values():
            assert answer["content"] == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        headers = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
        if method != "get" and path != "/token":
            assert "idempotency-key" in headers
            assert ("if-match" in headers) == ("412" in refusals) == ("{number}" in path)
    known = {one["operationId"] for _, _, one in operations}
    links = [
        link["operationId"] for *_, one in operations for answer in one["responses"].values() for link in answer.get("links", {}).values()
    ]
    assert links and set(links) <= known


def test_nobody_but_who_may_is_let_at_the_interfaces(shop):
    with shop.http(Role.SALES) as http:
        assert http.put("/interfaces/wms.shipment/listener", json={"url": "http://127.0.0.1:1/", "secret": "s"}).status_code == 403
        assert http.post("/callbacks/wms/confirmations", content="x", headers={"Content-Type": "text/csv"}).status_code == 403
