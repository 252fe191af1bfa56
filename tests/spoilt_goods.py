"""What spoils stock, lots, serial numbers and papers of the rich story, one function a case."""

from __future__ import annotations

from decimal import Decimal

from ledgers import HELD, LOSS, MAIN, START, Story, goods
from spoiling import GLOVE, PACEMAKER, SUTURE, breaks

from erp_testkit.domain.ledger import time_text


@breaks("stock-equals-moves", {**GLOVE, "place": "MAIN", "said": 91, "moved": 90})
def on_hand_changed_past_the_books(story: Story) -> None:
    story.one("on_hand", item="glove")["quantity"] = Decimal(91)


@breaks(
    "stock-equals-moves",
    {"item": "tubing", "lot": "T1", "serial": None, "place": "MAIN", "said": Decimal("5.500001"), "moved": Decimal("5.5")},
)
def on_hand_off_by_the_smallest_figure(story: Story) -> None:
    story.one("on_hand", item="tubing")["quantity"] = Decimal("5.500001")


@breaks("stock-equals-moves", {**GLOVE, "place": "MAIN", "said": 0, "moved": 90})
def on_hand_lost(story: Story) -> None:
    story.rows["on_hand"].remove(story.one("on_hand", item="glove"))


@breaks("stock-never-negative", {**GLOVE, "place": "MAIN", "at": time_text(START), "balance": -7, "least": 0})
def shipped_before_it_was_received(story: Story) -> None:
    story.one("moves", item="glove", document_kind="shipment")["at"] = time_text(START)


@breaks("stock-never-negative", {**GLOVE, "place": "MAIN", "at": None, "balance": -1, "least": 0})
def on_hand_negative(story: Story) -> None:
    story.one("on_hand", item="glove")["quantity"] = Decimal(-1)


@breaks("reserved-equals-reservations", {**GLOVE, "place": "MAIN", "shown": 0, "held": 4})
def reservation_not_shown(story: Story) -> None:
    story.one("on_hand", item="glove")["reserved"] = Decimal(0)


@breaks("reserved-within-stock", {**GLOVE, "place": "MAIN", "on_hand": 90, "reserved": 91})
def more_reserved_than_there_is(story: Story) -> None:
    story.one("on_hand", item="glove")["reserved"] = Decimal(91)


@breaks("reservations-equal-plans", {**GLOVE, "shipment": "W3", "planned": 0, "held": 7})
def reservation_released_late(story: Story) -> None:
    story.add("reservations", "W3", "glove", None, None, "MAIN", Decimal(7))


@breaks("reservations-equal-plans", {**GLOVE, "shipment": "W7", "planned": 4, "held": 0})
def planned_without_reservation(story: Story) -> None:
    story.rows["reservations"].clear()


@breaks(
    "serial-in-one-place",
    {"item": "pacemaker", "serial": "S6", "source": "movements", "places": 2, "pieces": 2, "expected": 1},
)
def serial_found_that_was_never_lost(story: Story) -> None:
    story.move(goods("pacemaker", 1, "P-2", "S6"), LOSS, HELD, "count", "N4", None, story.at())


@breaks("serial-in-one-place", {"item": "pacemaker", "serial": "S4", "source": "movements", "places": 1, "pieces": 2, "expected": 1})
def serial_sold_twice(story: Story) -> None:
    story.move(goods("pacemaker", 1, "P-2", "S4"), MAIN, ("clinic", "customer"), "shipment", "W8", "clinic", story.at())


@breaks("serial-in-one-place", {"item": "pacemaker", "serial": "S6", "source": "on hand", "places": 2, "pieces": 2, "expected": 1})
def serial_in_two_bins(story: Story) -> None:
    story.add("on_hand", "pacemaker", "HELD", "quarantine", "P-2", "S6", Decimal(1), Decimal(0))


@breaks("serial-received-once", {"item": "pacemaker", "serial": "S6", "document": "R1", "received": 2, "sent_back": 0})
def serial_received_twice(story: Story) -> None:
    story.move(goods("pacemaker", 1, "P-2", "S6"), ("maker", "supplier"), MAIN, "receipt", "R9", "maker", story.at())


@breaks(
    "serial-keeps-its-lot",
    {"item": "pacemaker", "serial": "S1", "source": "shipment", "document": "W2", "said": "S1", "bound_to": "P-2"},
)
def field_shift_puts_the_serial_into_the_lot(story: Story) -> None:
    story.one("moves", serial="S1", document="W2")["lot"] = "S1"


@breaks(
    "serial-keeps-its-lot",
    {"item": "pacemaker", "serial": "S6", "source": "count", "document": "N9", "said": "P-3", "bound_to": "P-2"},
)
def serial_without_record_moves_under_another_lot(story: Story) -> None:
    story.one("serials", serial="S6")["lot"] = None
    story.move(goods("pacemaker", 1, "P-3", "S6"), MAIN, LOSS, "count", "N9", None, story.at())


@breaks("papers-keep-the-lot", {"line": 1, "document": "W3", "item": "pacemaker", "serial": "S3", "said": "P-1", "bound_to": "P-2"})
def shipment_names_another_lot(story: Story) -> None:
    story.one("shipment_lines", serial="S3")["lot"] = "P-1"


@breaks("papers-keep-the-lot", {"line": 2, "document": "RMA1", "item": "pacemaker", "serial": "S2", "said": "P-1", "bound_to": "P-2"})
def return_names_another_lot(story: Story) -> None:
    story.one("return_lines", serial="S2")["lot"] = "P-1"


@breaks("moved-goods-on-record", {"item": "suture", "lot": "L2", "serial": None, "move": "M34", "document": "T-1", "without_record": "lot"})
def lot_without_record(story: Story) -> None:
    story.one("lots", lot="L2")["lot"] = "L3"
    for move in story.all("moves", lot="L2")[:-1]:
        move["lot"] = "L3"


@breaks("moved-goods-on-record", {**PACEMAKER, "serial": "S6", "move": "M6", "document": "R1", "without_record": "serial"})
def serial_without_record(story: Story) -> None:
    story.rows["serials"].remove(story.one("serials", serial="S6"))


@breaks("receipt-equals-moves", {**GLOVE, "receipt": "R3", "said": 100, "moved": 10})
def received_boxes_as_pieces(story: Story) -> None:
    story.one("moves", document="R3")["quantity"] = Decimal(10)


@breaks("shipment-equals-moves", {**GLOVE, "shipment": "W3", "said": 7, "moved": 8})
def more_left_than_the_shipment_says(story: Story) -> None:
    story.one("moves", document="W3", item="glove")["quantity"] = Decimal(8)


@breaks(
    "shipment-equals-moves",
    {"shipment": "W3", "item": "suture", "lot": "L1", "serial": None, "said": 0, "moved": 6},
    {"shipment": "W3", "item": "suture", "lot": "L2", "serial": None, "said": 6, "moved": 0},
)
def another_lot_left(story: Story) -> None:
    story.one("moves", document="W3", lot="L2")["lot"] = "L1"


@breaks("shipment-equals-moves", {"shipment": "W7", **GLOVE, "said": 0, "moved": 4})
def planned_goods_left(story: Story) -> None:
    story.move(goods("glove", 4), MAIN, ("clinic", "customer"), "shipment", "W7", "clinic", story.at())


@breaks(
    "delivery-note-equals-moves",
    {"shipment": "W2", "item": "pacemaker", "lot": None, "serial": "S1", "printed": 1, "moved": 0},
    {"shipment": "W2", "item": "pacemaker", "lot": "P-2", "serial": "S1", "printed": 0, "moved": 1},
)
def note_without_lot(story: Story) -> None:
    story.one("delivery_note_lines", serial="S1", shipment="W2")["lot"] = None


@breaks("delivery-note-equals-moves", {"shipment": "W3", **GLOVE, "printed": 0, "moved": 7})
def note_lacks_a_line(story: Story) -> None:
    story.rows["delivery_note_lines"].remove(story.one("delivery_note_lines", item="glove"))


@breaks(
    "delivery-note-expiry",
    {"line": 3, **SUTURE, "delivery_note": "DN-W2", "shipment": "W2", "printed": "2026-11-02", "lot_expiry": "2026-12-23"},
)
def note_printed_anew_after_a_correction(story: Story) -> None:
    story.one("delivery_note_lines", item="suture", shipment="W2")["expiry"] = "2026-11-02"


@breaks(
    "delivery-note-expiry",
    {
        "line": 2,
        "item": "tubing",
        "lot": "T1",
        "serial": None,
        "delivery_note": "DN-W6",
        "shipment": "W6",
        "printed": "2026-11-01",
        "lot_expiry": None,
    },
)
def note_prints_an_expiry_nobody_knew_yet(story: Story) -> None:
    story.one("delivery_note_lines", item="tubing")["expiry"] = "2026-11-01"


@breaks(
    "delivery-note-expiry",
    {"line": 1, **PACEMAKER, "serial": "S3", "delivery_note": "DN-W3", "shipment": "W3", "printed": None, "lot_expiry": "2027-11-23"},
)
def note_prints_no_expiry(story: Story) -> None:
    story.one("delivery_note_lines", serial="S3")["expiry"] = None


@breaks("shipped-within-ordered", {"order_no": "O1", "item": "glove", "ordered": 6, "shipped": 7})
def over_delivered(story: Story) -> None:
    story.one("order_lines", order_no="O1", item="glove")["quantity"] = Decimal(6)


@breaks("planned-within-ordered", {"order_no": "O6", "item": "glove", "ordered": 3, "planned": 4})
def over_planned(story: Story) -> None:
    story.one("order_lines", order_no="O6")["quantity"] = Decimal(3)


@breaks("order-knows-what-left", {"order_no": "O3", "item": "tubing", "said": Decimal("0.3"), "moved": Decimal("0.2")})
def less_left_than_the_order_says(story: Story) -> None:
    story.one("moves", document="W6", item="tubing")["quantity"] = Decimal("0.2")


@breaks("order-state-fits", {"order_no": "O1", "state": "shipped", "ordered": 20, "shipped": 19})
def order_closed_too_early(story: Story) -> None:
    story.one("order_lines", order_no="O1", item="glove")["shipped"] = Decimal(6)


@breaks("order-state-fits", {"order_no": "O2", "state": "partly shipped", "ordered": 1, "shipped": 1})
def order_left_open(story: Story) -> None:
    story.one("orders", order_no="O2")["state"] = "partly shipped"


@breaks("order-state-fits", {"order_no": "O4", "state": "quotation", "ordered": 1, "shipped": 1})
def quotation_shipped(story: Story) -> None:
    story.one("order_lines", order_no="O4")["shipped"] = Decimal(1)


@breaks("only-live-orders-ship", {"shipment": "W7", "shipment_state": "planned", "order_no": "O6", "order_state": "cancelled"})
def order_cancelled_without_its_shipment(story: Story) -> None:
    story.one("orders", order_no="O6")["state"] = "cancelled"


@breaks("right-customer", {"move": "M18", **GLOVE, "shipment": "W3", "expected": "hospital", "got": "clinic"})
def goods_went_elsewhere(story: Story) -> None:
    story.one("moves", document="W3", item="glove")["party"] = "clinic"


@breaks(
    "right-customer", {"move": None, "shipment": "W7", "item": None, "lot": None, "serial": None, "expected": "clinic", "got": "hospital"}
)
def shipment_for_somebody_else(story: Story) -> None:
    story.one("shipments", shipment="W7")["customer"] = "hospital"


@breaks("tracked-goods-named", {"item": "suture", "lot": None, "serial": None, "move": "M34", "document": "T-1", "needs": "lot"})
def moved_without_lot(story: Story) -> None:
    story.one("moves", document="T-1")["lot"] = None


@breaks("tracked-goods-named", {**PACEMAKER, "serial": None, "move": "M16", "document": "W3", "needs": "serial"})
def moved_without_serial(story: Story) -> None:
    story.one("moves", document="W3", serial="S3")["serial"] = None


@breaks("serial-is-one-piece", {"item": "pacemaker", "serial": "S3", "move": "M16", "document": "W3", "moved": 10, "expected": 1})
def serial_moved_as_a_box(story: Story) -> None:
    story.one("moves", document="W3", serial="S3")["quantity"] = Decimal(10)


@breaks(
    "quantities-are-whole-units",
    {"move": "M31", "line": None, **GLOVE, "source": "movement", "document": "N1", "quantity": Decimal("2.5"), "smallest": 1},
)
def half_a_glove(story: Story) -> None:
    story.one("moves", document="N1")["quantity"] = Decimal("2.5")


@breaks(
    "quantities-are-whole-units",
    {
        "move": None,
        "line": 2,
        "item": "tubing",
        "lot": None,
        "serial": None,
        "source": "order",
        "document": "O3",
        "quantity": Decimal("0.35"),
        "smallest": Decimal("0.1"),
    },
)
def ordered_between_two_steps(story: Story) -> None:
    story.one("order_lines", item="tubing")["quantity"] = Decimal("0.35")


@breaks("quantities-are-whole-units", {"move": None, "line": 1, **GLOVE, "source": "order", "document": "O4", "quantity": 0, "smallest": 1})
def ordered_nothing(story: Story) -> None:
    story.one("order_lines", order_no="O4")["quantity"] = Decimal(0)
