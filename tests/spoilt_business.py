"""What spoils orders, returns, audit trail, times and money of the rich story, one function a case."""

from __future__ import annotations

from decimal import Decimal

from ledgers import HELD, MAIN, SCRAP, START, Story, goods
from spoiling import GLOVE, PACEMAKER, SUTURE, breaks

from erp_testkit.domain.ledger import time_text


@breaks(
    "nothing-expired-shipped",
    {"move": "M17", "item": "suture", "lot": "L2", "serial": None, "shipment": "W3", "expiry": "2026-11-22", "left_on": "2026-11-23"},
)
def expired_yesterday(story: Story) -> None:
    story.one("lots", lot="L2")["expiry"] = "2026-11-22"


@breaks(
    "nothing-expired-shipped",
    {"move": "M15", **SUTURE, "shipment": "W2", "expiry": "2026-11-01", "left_on": "2026-11-23"},
    {"move": "M29", **SUTURE, "shipment": "W6", "expiry": "2026-11-01", "left_on": "2026-11-23"},
)
def corrected_before_it_left(story: Story) -> None:
    story.all("lot_events", lot="L1", event="expiry corrected")[0]["at"] = time_text(START)


@breaks(
    "shelf-life-kept",
    {
        "move": "M17",
        "item": "suture",
        "lot": "L2",
        "serial": None,
        "shipment": "W3",
        "customer": "hospital",
        "expiry": "2026-12-22",
        "left_on": "2026-11-23",
        "days_left": 29,
        "days_asked": 30,
    },
)
def a_day_short(story: Story) -> None:
    story.one("lots", lot="L2")["expiry"] = "2026-12-22"


@breaks(
    "nothing-held-back-shipped",
    {
        "move": "M30",
        "item": "tubing",
        "lot": "T1",
        "serial": None,
        "shipment": "W6",
        "left_at": "2026-11-23T02:04:40.000000Z",
        "recalled_at": None,
        "held_at": "2026-11-23T02:04:05.000000Z",
    },
)
def never_released(story: Story) -> None:
    story.rows["lot_events"].remove(story.one("lot_events", lot="T1", event="released"))


@breaks(
    "nothing-held-back-shipped",
    {
        "move": "M29",
        **SUTURE,
        "shipment": "W6",
        "left_at": "2026-11-23T02:04:40.000000Z",
        "recalled_at": "2026-11-23T02:03:51.000000Z",
        "held_at": None,
    },
)
def recalled_before(story: Story) -> None:
    story.one("lot_events", lot="L1", event="quarantined")["event"] = "recalled"


@breaks(
    "only-stock-ships", {"move": "M18", **GLOVE, "shipment": "W3", "from_place": "HELD", "came_from": "quarantine", "expected": "stock"}
)
def shipped_from_quarantine(story: Story) -> None:
    story.one("moves", document="W3", item="glove").update(from_place="HELD", from_kind="quarantine")


@breaks("scrap-is-final", {**PACEMAKER, "serial": "S2", "move": "M35", "document": "N9", "came_from": "scrap", "went_to": "stock"})
def scrap_found_again(story: Story) -> None:
    story.move(goods("pacemaker", 1, "P-2", "S2"), SCRAP, MAIN, "count", "N9", None, story.at())


@breaks("return-matches-shipment", {**GLOVE, "shipment": "W3", "customer": "hospital", "shipped": 7, "returned": 8})
def more_returned_than_shipped(story: Story) -> None:
    story.one("return_lines", return_no="RMA2")["quantity"] = Decimal(8)


@breaks(
    "return-matches-shipment",
    {"item": "pacemaker", "lot": None, "serial": "S9", "shipment": "W2", "customer": "hospital", "shipped": 0, "returned": 1},
)
def serial_returned_that_was_never_shipped(story: Story) -> None:
    story.one("return_lines", serial="S2")["serial"] = "S9"


@breaks("return-matches-shipment", {**GLOVE, "shipment": "W3", "customer": "clinic", "shipped": 0, "returned": 2})
def returned_by_somebody_else(story: Story) -> None:
    story.one("returns", return_no="RMA2")["customer"] = "clinic"


@breaks("return-matches-shipment", {**GLOVE, "shipment": "W3", "customer": "hospital", "shipped": 7, "returned": 9})
def returned_twice(story: Story) -> None:
    story.open_return("RMA9", "W3", goods("glove", 7))


@breaks("returned-after-shipped", {**GLOVE, "customer": "clinic", "at": "2026-11-23T02:07:14.000000Z", "balance": -1, "least": 0})
def came_from_nowhere(story: Story) -> None:
    story.move(goods("glove", 1), ("clinic", "customer"), HELD, "return", "RMA9", "clinic", story.at())


@breaks("return-equals-moves", {"return_no": "RMA1", **SUTURE, "said": 1, "moved": 0})
def return_not_booked(story: Story) -> None:
    story.rows["moves"].remove(story.one("moves", document="RMA1", item="suture", from_kind="customer"))


@breaks("return-equals-moves", {"return_no": "RMA2", **GLOVE, "said": 0, "moved": 2})
def return_booked_before_it_came(story: Story) -> None:
    story.move(goods("glove", 2), ("hospital", "customer"), HELD, "return", "RMA2", "hospital", story.at())


@breaks("inspection-equals-moves", {"return_no": "RMA1", **SUTURE, "to_restock": 1, "restocked": 2, "to_scrap": 0, "scrapped": 0})
def restocked_twice(story: Story) -> None:
    story.move(goods("suture", 1, "L1"), HELD, MAIN, "return", "RMA1", None, story.at())


@breaks(
    "inspection-equals-moves",
    {"return_no": "RMA1", "item": "pacemaker", "lot": None, "serial": "S2", "to_restock": 0, "restocked": 1, "to_scrap": 1, "scrapped": 0},
)
def scrap_put_back(story: Story) -> None:
    story.one("moves", document="RMA1", serial="S2", to_kind="scrap").update(to_place="MAIN", to_kind="stock")


@breaks("inspection-equals-moves", {"return_no": "RMA2", **GLOVE, "to_restock": 0, "restocked": 2, "to_scrap": 0, "scrapped": 0})
def on_the_shelf_before_inspection(story: Story) -> None:
    story.move(goods("glove", 2), ("hospital", "customer"), MAIN, "return", "RMA2", "hospital", story.at())


@breaks(
    "one-order-per-reference",
    {"customer": "clinic", "reference": "ref O2", "order_no": "O2", "second_order": "O3", "orders": 2, "expected": 1},
)
def order_sent_twice(story: Story) -> None:
    story.one("orders", order_no="O3")["reference"] = "ref O2"


@breaks(
    "numbers-used-once",
    {"line": None, "item": "suture", "lot": "L2", "serial": None, "source": "movement", "document": "M34", "times": 2, "expected": 1},
)
def movement_processed_twice(story: Story) -> None:
    story.rows["moves"].append(dict(story.one("moves", document="T-1")))


@breaks("numbers-used-once", {"line": 1, **GLOVE, "source": "receipt line", "document": "R3", "times": 2, "expected": 1})
def receipt_processed_twice(story: Story) -> None:
    story.rows["receipts"].append(dict(story.one("receipts", receipt="R3")))


@breaks(
    "message-processed-once",
    {"channel": "carrier.proof", "direction": "in", "message": "MSG-late", "document": "W2", "times": 2, "expected": 1},
)
def callback_processed_twice(story: Story) -> None:
    story.rows["messages"].append(dict(story.one("messages", message="MSG-late")))


@breaks("messages-arrived", {"message": "MSG-W2", "channel": "wms.shipment", "direction": "out", "document": "W2", "state": "refused"})
def partner_refused(story: Story) -> None:
    story.one("messages", message="MSG-W2")["state"] = "refused"


@breaks("messages-arrived", {"message": "MSG-late", "channel": "carrier.proof", "direction": "in", "document": "W2", "state": "failed"})
def message_failed(story: Story) -> None:
    story.one("messages", message="MSG-late")["state"] = "failed"


@breaks(
    "messages-not-left-behind",
    {
        "since": "2026-11-23T02:01:10.000000Z",
        "message": "MSG-W2",
        "channel": "wms.shipment",
        "document": "W2",
        "state": "waiting",
        "jobs_done": 1,
    },
)
def message_left_behind(story: Story) -> None:
    story.one("messages", message="MSG-W2")["state"] = "waiting"


@breaks(
    "jobs-done",
    {
        "job": "JOB-W2",
        "kind": "notify wms",
        "document": "W2",
        "state": "running",
        "attempts": 1,
        "since": "2026-11-23T02:01:10.000000Z",
    },
)
def job_stuck(story: Story) -> None:
    story.one("jobs", job="JOB-W2").update(state="running", finished_at=None)


@breaks("audit-names-everything", {"document_kind": "transfer", "document": "T-1", "entry": None, "lacks": "an entry"})
def transfer_without_entry(story: Story) -> None:
    story.rows["audit"].remove(story.one("audit", document="T-1"))


@breaks("audit-names-everything", {"document_kind": "transfer", "document": "T-1", "entry": "A45", "lacks": "a user"})
def entry_without_user(story: Story) -> None:
    story.one("audit", document="T-1")["user"] = None


@breaks(
    "audit-chain-complete",
    {"document_kind": "order", "document": "O2", "entry": "A25", "expected_from": "quotation", "got_from": "confirmed"},
)
def entry_removed(story: Story) -> None:
    story.rows["audit"].remove(story.one("audit", document="O2", to_state="confirmed"))


@breaks(
    "audit-chain-complete", {"document_kind": "order", "document": "O4", "entry": "A52", "expected_from": None, "got_from": "quotation"}
)
def first_entry_removed(story: Story) -> None:
    story.rows["audit"].remove(story.one("audit", document="O4", from_state=None))


@breaks("audit-ends-in-state", {"document_kind": "shipment", "document": "W5", "state": "shipped", "last_recorded": "planned"})
def shipping_not_recorded(story: Story) -> None:
    story.rows["audit"].remove(story.one("audit", document="W5", to_state="shipped"))


@breaks("audit-ends-in-state", {"document_kind": "return", "document": "RMA2", "state": "open", "last_recorded": None})
def return_never_recorded(story: Story) -> None:
    story.rows["audit"].remove(story.one("audit", document="RMA2"))


@breaks(
    "audit-in-order",
    {
        "document_kind": "order",
        "document": "O2",
        "entry": "A22",
        "sequence": 22,
        "sequence_before": 21,
        "at": time_text(START),
        "at_before": "2026-11-23T02:02:48.000000Z",
    },
)
def entry_dated_back(story: Story) -> None:
    story.one("audit", document="O2", to_state="confirmed")["at"] = time_text(START)


@breaks(
    "legal-transitions-only",
    {
        "document_kind": "shipment",
        "document": "W2",
        "entry": "A12",
        "action": "delivered",
        "from_state": "planned",
        "to_state": "delivered",
    },
)
def delivered_before_it_left(story: Story) -> None:
    story.one("audit", document="W2", to_state="delivered", from_state="shipped")["from_state"] = "planned"


@breaks(
    "moved-within-run",
    {
        "move": "M9",
        "effective_on": "2026-11-20",
        "source": "movement",
        "document": "R3",
        "at": "2026-11-23T10:00:21.000000Z",
        "started_at": time_text(START),
        "read_at": "2026-11-23T02:07:07.000000Z",
    },
)
def movement_in_local_time(story: Story) -> None:
    story.one("moves", document="R3")["at"] = "2026-11-23T10:00:21.000000Z"


@breaks(
    "moved-within-run",
    {
        "move": "M9",
        "effective_on": "2026-11-24",
        "source": "posting date",
        "document": "R3",
        "at": "2026-11-23T02:00:21.000000Z",
        "started_at": time_text(START),
        "read_at": "2026-11-23T02:07:07.000000Z",
    },
)
def posted_tomorrow(story: Story) -> None:
    story.one("moves", document="R3")["effective_on"] = "2026-11-24"


@breaks(
    "documents-within-run",
    {
        "source": "order",
        "document": "O2",
        "at": "2026-11-22T18:02:41.000000Z",
        "started_at": time_text(START),
        "read_at": "2026-11-23T02:07:07.000000Z",
    },
)
def order_in_another_zone(story: Story) -> None:
    story.one("orders", order_no="O2")["ordered_at"] = "2026-11-22T18:02:41.000000Z"


@breaks(
    "audit-within-run",
    {
        "source": "transfer",
        "document": "T-1",
        "entry": "A45",
        "at": "2026-11-23T10:02:41.000000Z",
        "started_at": time_text(START),
        "read_at": "2026-11-23T02:07:07.000000Z",
    },
)
def audit_in_local_time(story: Story) -> None:
    story.one("audit", document="T-1")["at"] = "2026-11-23T10:02:41.000000Z"


@breaks("shipment-times-fit", {"shipment": "W3", "state": "shipped", "shipped_at": None, "delivered_at": None})
def left_at_no_time(story: Story) -> None:
    story.one("shipments", shipment="W3")["shipped_at"] = None


@breaks(
    "shipment-times-fit",
    {
        "shipment": "W2",
        "state": "delivered",
        "shipped_at": "2026-11-23T02:01:10.000000Z",
        "delivered_at": "2026-11-22T02:01:45.000000Z",
    },
)
def signed_before_it_left(story: Story) -> None:
    story.one("shipments", shipment="W2")["delivered_at"] = "2026-11-22T02:01:45.000000Z"


@breaks(
    "forward-trace-complete",
    {**PACEMAKER, "shipment": "W5", "customer": "clinic", "serial": "S1", "traced": 0, "moved": 1},
)
def trace_stops_at_the_first_customer(story: Story) -> None:
    story.rows["trace"].remove(story.one("trace", serial="S1", document="W5"))


@breaks("backward-trace-complete", {**SUTURE, "receipt": "R2", "supplier": "maker", "traced": 41, "moved": 40})
def trace_counts_too_much(story: Story) -> None:
    story.one("trace", lot="L1", direction="backward")["quantity"] = Decimal(41)


@breaks("traces-agree", {**PACEMAKER, "shipment": "W3", "customer": "hospital", "serial": "S3"})
def came_from_no_supplier(story: Story) -> None:
    story.rows["trace"].remove(story.one("trace", serial="S3", direction="backward"))


@breaks(
    "lot-record-follows-events",
    {
        "at": None,
        "said_expiry": None,
        "history_expiry": None,
        "item": "suture",
        "lot": "L2",
        "field": "status",
        "said": "recalled",
        "history_says": "released",
    },
)
def status_without_history(story: Story) -> None:
    story.one("lots", lot="L2")["status"] = "recalled"


@breaks(
    "lot-record-follows-events",
    {
        "at": None,
        "said_expiry": "2030-01-01",
        "history_expiry": "2026-11-02",
        "item": "suture",
        "lot": "L1",
        "field": "expiry",
        "said": None,
        "history_says": None,
    },
)
def expiry_changed_without_trace(story: Story) -> None:
    story.one("lots", lot="L1")["expiry"] = "2030-01-01"


@breaks(
    "lot-record-follows-events",
    {
        "at": "2026-11-23T02:05:08.000000Z",
        "said_expiry": "2030-01-01",
        "history_expiry": "2026-11-01",
        "item": "suture",
        "lot": "L1",
        "field": "expiry before a correction",
        "said": None,
        "history_says": None,
    },
)
def correction_of_another_date(story: Story) -> None:
    story.one("lot_events", lot="L1", expiry_after="2026-11-02")["expiry_before"] = "2030-01-01"


@breaks(
    "order-totals-add-up",
    {"order_no": "O6", "line": None, "amount": "tax", "said": Decimal("1.32"), "expected": Decimal("1.3")},
    {"order_no": "O6", "line": None, "amount": "total", "said": Decimal("11.3"), "expected": Decimal("11.32")},
)
def tax_two_cents_off(story: Story) -> None:
    story.one("orders", order_no="O6")["tax"] = Decimal("1.32")


@breaks(
    "order-totals-add-up",
    {"order_no": "O6", "line": None, "amount": "net", "said": 10, "expected": Decimal("10.01")},
    {"order_no": "O6", "line": 1, "amount": "line net", "said": Decimal("10.01"), "expected": 10},
)
def line_a_cent_off(story: Story) -> None:
    story.one("order_lines", order_no="O6")["net"] = Decimal("10.01")


@breaks(
    "credit-matches-return",
    {
        "return_no": "RMA1",
        "credit": "C1",
        "amount": "net",
        "said": Decimal("3707.01"),
        "expected": Decimal("2472.45"),
    },
    {
        "return_no": "RMA1",
        "credit": "C1",
        "amount": "total",
        "said": Decimal("2793.87"),
        "expected": Decimal("4028.43"),
    },
)
def credited_one_too_many(story: Story) -> None:
    story.one("credits", credit="C1")["net"] = Decimal("3707.01")


@breaks(
    "credit-matches-return",
    {"return_no": "RMA1", "credit": "C1", "amount": "net", "said": Decimal("4944.9"), "expected": Decimal("2472.45")},
)
def credited_twice(story: Story) -> None:
    story.rows["credits"].append({**story.one("credits", credit="C1"), "credit": "C2"})
