"""The reference ERP's audit trail, rights, idempotency, versions and extract."""

import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import sqlalchemy
from reference_erp import at_once, day, refused

from erp_testkit.domain.documents import Disposition, JobState, Role
from erp_testkit.domain.ledger import TABLES
from erp_testkit.erp.errors import ErpUnreachable, Refused
from erp_testkit.erp.ports import PORTS
from erp_testkit.erp.reference import connect
from erp_testkit.erp.registry import Connection, ports_of
from erp_testkit.standins.reference.database import open_engine


def trail(shop, document):
    return [(entry.user, entry.action, entry.from_state, entry.to_state) for entry in shop.erp.audit_trail.entries(document)]


def whole_story(shop):
    """Sell, ship, take back and credit one serial; return (item, order, shipment, return)."""
    customer, item = shop.customer(), shop.serial_item("S1")
    order = shop.order(customer, item)
    shipment = shop.plan(order, item, serial="S1")
    shop.erp.outbound.ship(shipment)
    number = shop.give_back(customer, shipment, item, serial="S1")
    shop.erp.returns.receive_return(number)
    shop.erp.returns.inspect(number, 1, Disposition.RESTOCK)
    shop.erp.credits.credit(number)
    return item, order, shipment, number


def test_the_adapter_has_every_port(shop):
    assert ports_of(shop.erp).keys() == PORTS.keys()
    assert shop.erp.name == "Reference ERP 1.0"


def test_each_transition_leaves_who_and_from_and_to(shop):
    _, order, shipment, number = whole_story(shop)
    who = shop.erp.access.user(Role.MANAGER)
    assert trail(shop, order) == [
        (who, "quote", None, "quotation"),
        (who, "confirm", "quotation", "confirmed"),
        (who, "ship", "confirmed", "shipped"),
    ]
    assert trail(shop, shipment) == [(who, "plan", None, "planned"), (who, "ship", "planned", "shipped")]
    assert trail(shop, number) == [
        (who, "open", None, "open"),
        (who, "receive", "open", "received"),
        (who, "inspect: restock", "received", "received"),
        (who, "close", "received", "closed"),
        (who, "credit", "closed", "closed"),
    ]


def test_entries_are_never_changed_or_deleted(shop):
    _, order, _, _ = whole_story(shop)
    entry = shop.erp.audit_trail.entries(order)[0]
    with refused(f"append only: Audit entry {entry.id} is append only: it is never changed."):
        shop.erp.audit_trail.change_entry(entry.id, "nobody")
    with refused(f"append only: Audit entry {entry.id} is append only: it is never deleted."):
        shop.erp.audit_trail.delete_entry(entry.id)
    assert shop.erp.audit_trail.entries(order)[0] == entry


def test_the_chain_holds_also_when_many_write_at_once(shop):
    customer, item = shop.customer(), shop.item()
    at_once(*[lambda: shop.order(customer, item)] * 8)
    with shop.http() as http:
        assert http.get("/audit-chain/first-broken").json() is None


def test_the_role_decides_what_a_user_may_do(shop):
    customer, item = shop.customer(), shop.lot_item(5)
    warehouse, sales, auditor, quality = (
        shop.erp.access.acting_as(role) for role in (Role.WAREHOUSE, Role.SALES, Role.AUDITOR, Role.QUALITY)
    )
    order = shop.quote(customer, item)
    with refused("rights: w.zhang (warehouse) may not: sell."):
        warehouse.sales.confirm(order)
    sales.sales.confirm(order)
    with refused("rights: s.li (sales) may not: ship."):
        sales.outbound.plan("SO-0", [])
    with refused("rights: w.zhang (warehouse) may not: quality."):
        warehouse.quarantine.release(item, "L1", "hurry")
    quality.quarantine.quarantine(item, "L1", "doubt")
    with refused("rights: a.sun (auditor) may not: sell."):
        auditor.sales.cancel(order)
    with refused("rights: s.li (sales) may not: extract."):
        sales.ledger.read([item], datetime.now(UTC))
    assert auditor.ledger.read([item], datetime.now(UTC)).tables["orders"][0]["state"] == "confirmed"
    assert [user for user, *_ in trail(shop, order)] == ["m.chen", "s.li"]


def test_wrong_credentials_are_told_apart_from_a_broken_erp(shop):
    users = {Role.MANAGER: shop.started.users[Role.AUDITOR], Role.AUDITOR: shop.started.users[Role.MANAGER]}
    assert connect(Connection(url=shop.started.url, users=users)).access.user(Role.MANAGER) == "a.sun"
    wrong = {Role.MANAGER: type(users[Role.MANAGER])("m.chen", "guess")}
    with pytest.raises(ErpUnreachable) as failure:
        connect(Connection(url=shop.started.url, users=wrong))
    assert str(failure.value) == (
        f"Failed to sign in at {shop.started.url} as m.chen: expected name and password it knows, got status 401. Next: erp-testkit doctor"
    )


def test_nobody_gets_in_without_a_token_of_ours(shop):
    with shop.http() as http:
        token = http.headers.pop("Authorization")
        assert http.get("/bins").status_code == 401
        for forged in ("Bearer x", f"{token}x", f"{token[:-8]}AAAAAAA=", "Basic bTpt"):
            assert http.get("/bins", headers={"Authorization": forged}).status_code == 401


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(shop):
    item = shop.item()
    body = {"supplier": shop.supplier, "lines": [{"item": item, "quantity": "5", "lot": "L1"}]}
    with shop.http(**{"Idempotency-Key": shop.code("key")}) as http:
        first = http.post("/receipts", json=body)
        again = http.post("/receipts", json=body)
        other = http.post("/receipts", json={**body, "supplier": "another"})
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert (other.status_code, other.json()["reason"]) == (409, "duplicate")
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 5, 0)]


def test_the_same_request_at_the_same_moment_is_done_once(shop):
    item = shop.item()
    body = {"supplier": shop.supplier, "lines": [{"item": item, "quantity": "5", "lot": "L1"}]}
    with shop.http(**{"Idempotency-Key": shop.code("key")}) as http:
        answers = at_once(*[lambda: http.post("/receipts", json=body).json()] * 4)
    assert answers == [answers[0]] * 4
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 5, 0)]


def test_a_refused_request_may_be_sent_again_under_its_key(shop):
    item, customer = shop.item(), shop.customer(blocked=True)
    body = {"customer": customer, "reference": "PO-1", "lines": [{"item": item, "quantity": "1"}]}
    with shop.http(**{"Idempotency-Key": shop.code("key")}) as http:
        assert http.post("/orders", json=body).json()["reason"] == "blocked"
        shop.erp.licences.block(customer, False)
        assert http.post("/orders", json=body).status_code == 201


def test_who_saw_an_old_version_changes_nothing(shop):
    order = shop.quote(shop.customer(), shop.item())
    with shop.http() as http:
        seen = http.get(f"/orders/{order}").headers["ETag"]
        assert http.post(f"/orders/{order}/confirm", headers={"If-Match": seen}).status_code == 200
        late = http.post(f"/orders/{order}/cancel", headers={"If-Match": seen})
        assert late.status_code == 412
        assert late.json() == {"reason": "conflict", "message": f"{order} was changed meanwhile: it is at version 2."}
        now = http.get(f"/orders/{order}").headers["ETag"]
        assert http.post(f"/orders/{order}/cancel", headers={"If-Match": now}).status_code == 200


def test_the_page_is_openapi_3_1_and_says_what_refusals_look_like(shop):
    with shop.http() as http:
        page = http.get("/openapi.json").json()
    assert page["openapi"].startswith("3.1")
    assert page["paths"]["/orders/{number}/confirm"]["post"]["responses"]["409"]["content"]["application/problem+json"]["schema"] == {
        "$ref": "#/components/schemas/Problem"
    }


def test_half_a_request_is_refused_with_its_place(shop):
    with shop.http() as http:
        answer = http.post("/orders", json={"customer": "C", "reference": "R", "lines": [{"item": "I", "quantity": "many"}]})
    assert (answer.status_code, answer.json()["reason"]) == (422, "quantity")
    assert answer.json()["message"].startswith("body.lines.0.quantity: ")


def test_the_ledger_tells_the_whole_story_of_an_item(shop):
    item, order, shipment, number = whole_story(shop)
    shop.erp.jobs.settle([item], 30)
    other = shop.lot_item()
    since = datetime.now(UTC)
    tables = shop.erp.ledger.read([item], since).tables
    assert tables.keys() == TABLES.keys()
    assert {row["item"] for row in tables["moves"]} == {item}
    assert [row["document_kind"] for row in tables["moves"]] == ["receipt", "shipment", "return", "return"]
    assert tables["on_hand"] == [
        {"item": item, "place": "MAIN", "place_kind": "stock", "lot": "L1", "serial": "S1", "quantity": 1, "reserved": 0}
    ]
    assert [(row["direction"], row["document"]) for row in tables["trace"]] == [
        ("forward", shipment),
        ("backward", tables["receipts"][0]["receipt"]),
    ]
    assert {row["document"] for row in tables["audit"]} >= {order, shipment, number}
    assert [row["sequence"] for row in tables["audit"]] == sorted(row["sequence"] for row in tables["audit"])
    assert {row["state"] for row in tables["jobs"]} == {"done"}
    assert {row["state"] for row in tables["messages"]} == {"sent"}
    assert tables["run"][0]["started_at"] == since.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert tables["lots"] == [{"item": item, "lot": "L1", "expiry": str(day(400)), "status": "released"}]
    assert (tables["credits"][0]["net"], type(tables["credits"][0]["net"])) == (100, Decimal)
    assert len(shop.ledger(item, other).tables["items"]) == 2


def test_the_ledger_of_nothing_is_empty_but_whole(shop):
    tables = shop.ledger().tables
    assert tables.keys() == TABLES.keys()
    assert {name for name, rows in tables.items() if rows} == {"run"}


def test_jobs_of_a_document_are_done_when_it_has_settled(shop):
    customer, item = shop.customer(), shop.lot_item()
    shipment = shop.shipped(customer, item, lot="L1")
    started = time.monotonic()
    shop.erp.jobs.settle([item], 30)
    assert time.monotonic() - started < 15
    jobs = shop.erp.jobs.jobs(shipment)
    assert [(job.kind, job.state, job.attempts) for job in jobs] == [
        ("send message", JobState.DONE, 1),
        ("print delivery note", JobState.DONE, 1),
        *[("send message", JobState.DONE, 1)] * 3,
    ]


def test_the_database_itself_refuses_what_must_never_be(shop, reference_database):
    _, order, _, _ = whole_story(shop)
    engine = open_engine(reference_database)
    for statement, message in (
        (f"update audit_entries set \"user\" = 'x' where document = '{order}'", "audit entries are append only"),
        (f"delete from audit_entries where document = '{order}'", "audit entries are append only"),
        ("update on_hand set quantity = -1", "on_hand_not_negative"),
        ("update on_hand set reserved = quantity + 1", "reserved_within_on_hand"),
        ("insert into serials select * from serials limit 1", "serial_unique"),
    ):
        with pytest.raises(sqlalchemy.exc.DBAPIError, match=message), engine.begin() as connection:
            connection.execute(sqlalchemy.text(statement))
    engine.dispose()


def test_a_refused_attempt_leaves_no_change(shop):
    item = shop.lot_item(5)
    before = shop.ledger(item).tables
    with pytest.raises(Refused):
        shop.plan(shop.order(shop.customer(), item, 9), item, 9, lot="L1")
    after = shop.ledger(item).tables
    ordered = {"orders", "order_lines", "customers", "audit", "messages", "jobs", "run"}
    assert {name for name in TABLES if before[name] != after[name]} == ordered
    assert after["reservations"] == []
