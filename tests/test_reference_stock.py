"""The reference ERP's receipts, transfers, counts and quality decisions, through its adapter."""

from decimal import Decimal

import pytest
from reference_erp import at_once, day, refused

from erp_testkit.domain.documents import CountLine, LotStatus, NewReceipt, Pick, ReceiptLine, Tracking
from erp_testkit.erp.errors import Refused


def count(shop, item, quantity, **more):
    return shop.erp.counting.count([CountLine(item=item, bin="MAIN", quantity=Decimal(quantity), **more)])


def test_packs_are_received_in_stock_units(shop):
    item = shop.item(packs={"box": Decimal(10)})
    shop.receive(item, 3, unit="box", lot="L1", expiry=day(100))
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 30, 0)]


def test_what_is_measured_has_a_finer_step(shop):
    item = shop.item(Tracking.NONE, unit="kg")
    shop.erp.stock.receive(NewReceipt(supplier=shop.supplier, lines=(ReceiptLine(item=item, quantity=Decimal("0.125"), unit="kg"),)))
    assert [held.quantity for held in shop.erp.stock.on_hand(item)] == [Decimal("0.125")]


def test_a_serial_number_is_received_once(shop):
    customer, item = shop.customer(), shop.serial_item("S1")
    with refused(f"duplicate: Serial number S1 of {item} was received before."):
        shop.receive(item, lot="L1", serial="S1")
    shop.shipped(customer, item, serial="S1")
    with refused(f"duplicate: Serial number S1 of {item} was received before."):
        shop.receive(item, lot="L2", serial="S1")


def test_a_serial_number_twice_on_one_receipt_leaves_nothing_behind(shop):
    item = shop.item(Tracking.SERIAL)
    lines = tuple(ReceiptLine(item=item, quantity=Decimal(1), lot="L1", serial=serial) for serial in ("S1", "S2", "S1"))
    with refused(f"duplicate: Serial number S1 of {item} was received before."):
        shop.erp.stock.receive(NewReceipt(supplier=shop.supplier, lines=lines))
    assert shop.on_hand(item) == []
    assert shop.ledger(item).tables["serials"] == []


def test_a_serial_number_received_at_the_same_moment_is_received_once(shop):
    item = shop.item(Tracking.SERIAL)
    outcomes = at_once(*[lambda: shop.receive(item, lot="L1", serial="S1")] * 4)
    assert sorted(str(outcome.reason) for outcome in outcomes if isinstance(outcome, Refused)) == ["duplicate"] * 3


def test_a_lot_received_at_the_same_moment_loses_nothing(shop):
    item = shop.item()
    at_once(*[lambda: shop.receive(item, 5, lot="L1", expiry=day(100))] * 4)
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 20, 0)]


def test_tracking_is_asked_for_on_receipt(shop):
    lots, serials, plain = shop.item(), shop.item(Tracking.SERIAL), shop.item(Tracking.NONE)
    with refused(f"tracking: Item {lots} is tracked by lot: a lot number is missing."):
        shop.receive(lots)
    with refused(f"tracking: Item {serials} is tracked by serial number: a serial number is missing."):
        shop.receive(serials, lot="L1")
    with refused(f"tracking: Item {plain} has no lots."):
        shop.receive(plain, lot="L1")
    with refused(f"quantity: Serial number S1 of {serials}: expected quantity 1, got 2."):
        shop.receive(serials, 2, lot="L1", serial="S1")
    shop.receive(lots, lot="L1", expiry=day(10))
    with refused(f"tracking: Lot L1 of {lots} expires on {day(10)}, not on {day(11)}."):
        shop.receive(lots, lot="L1", expiry=day(11))


def test_a_back_dated_receipt_counts_from_its_day(shop):
    item = shop.item()
    shop.receive(item, 4, lot="L1", received_on=day(-5))
    shop.receive(item, 6, lot="L1")
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 10, 0)]
    assert shop.on_hand(item, day(-5)) == [("MAIN", "stock", "L1", None, 4, 0)]
    assert shop.on_hand(item, day(-6)) == []


def test_a_posting_date_outside_the_open_period_is_refused(shop):
    item = shop.item()
    with refused(f"period: Posting date {day(1)} is in the future."):
        shop.receive(item, lot="L1", received_on=day(1))
    with refused(f"period: Posting date {day(-31)} is in a closed period: it is more than 30 days ago."):
        shop.receive(item, lot="L1", received_on=day(-31))
    shop.receive(item, 5, lot="L1", received_on=day(-30))
    count(shop, item, 5, lot="L1")
    with refused(f"period: Posting date {day(-1)} is before the stock count of {item} on {day(0)}."):
        shop.receive(item, lot="L1", received_on=day(-1))


def test_stock_is_moved_between_bins_but_not_what_is_promised(shop):
    item = shop.lot_item(5)
    shop.plan(shop.order(shop.customer(), item, 2), item, 2, lot="L1")
    pick = Pick(item=item, quantity=Decimal(3), lot="L1", bin="MAIN")
    outcomes = at_once(*[lambda: shop.erp.stock.transfer(pick, "SHELF")] * 2)
    assert [str(outcome) for outcome in outcomes if isinstance(outcome, Refused)] == [
        f"refused (stock): There are no 3 free of {item} lot L1 in MAIN."
    ]
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 2, 2), ("SHELF", "stock", "L1", None, 3, 0)]
    with refused("unknown: There is no bin ATTIC."):
        shop.erp.stock.transfer(pick, "ATTIC")
    with refused("quarantined: QUARANTINE is a quarantine bin: goods come and go there by decision of quality only."):
        shop.erp.stock.transfer(pick, "QUARANTINE")


def test_a_count_books_surplus_and_shortage(shop):
    item = shop.lot_item(5)
    more = count(shop, item, 7, lot="L1")
    less = count(shop, item, 4, lot="L1")
    count(shop, item, 4, lot="L1")
    moves = [
        (move["document"], move["from_kind"], move["to_kind"], int(move["quantity"]))
        for move in shop.ledger(item).tables["moves"]
        if move["document_kind"] == "count"
    ]
    assert moves == [(more, "loss", "stock", 2), (less, "stock", "loss", 3)]
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 4, 0)]


def test_a_count_that_cannot_be_is_refused(shop):
    item = shop.lot_item(5)
    shop.plan(shop.order(shop.customer(), item, 3), item, 3, lot="L1")
    with refused(f"stock: 3 of {item} lot L1 in MAIN are promised: a count of 2 needs them freed first."):
        count(shop, item, 2, lot="L1")
    with refused(f"quantity: -1 piece of {item}: expected at least 0 and less than 1000000."):
        count(shop, item, -1, lot="L1")
    with refused(f"unknown: There is no lot L9 of {item}."):
        count(shop, item, 1, lot="L9")
    with refused(f"duplicate: {item} lot L1 in MAIN is counted twice."):
        shop.erp.counting.count([CountLine(item=item, bin="MAIN", quantity=Decimal(5), lot="L1")] * 2)


def test_a_lost_serial_number_is_found_again_but_no_other(shop):
    customer, item = shop.customer(), shop.serial_item("S1", "S2")
    count(shop, item, 0, serial="S1")
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", "S2", 1, 0)]
    count(shop, item, 1, serial="S1")
    shop.shipped(customer, item, serial="S2")
    with refused(f"stock: {item} lot L1 serial S2 is at {customer}."):
        count(shop, item, 1, serial="S2")
    with refused(f"quantity: 2 of one serial number of {item}: expected 0 or 1."):
        count(shop, item, 2, serial="S1")
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", "S1", 1, 0)]


def test_the_same_surplus_counted_at_once_is_booked_once(shop):
    item = shop.lot_item(5)
    lines = [CountLine(item=item, bin="SHELF", quantity=Decimal(3), lot="L1")]
    at_once(*[lambda: shop.erp.counting.count(lines)] * 4)
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 5, 0), ("SHELF", "stock", "L1", None, 3, 0)]


def test_quarantine_sets_free_stock_aside_and_release_brings_it_back(shop):
    item = shop.lot_item(5)
    shop.plan(shop.order(shop.customer(), item, 2), item, 2, lot="L1")
    shop.erp.quarantine.quarantine(item, "L1", "doubt")
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 2, 2), ("QUARANTINE", "quarantine", "L1", None, 3, 0)]
    shop.receive(item, 1, lot="L1")
    with refused(f"state: Lot L1 of {item} is quarantined: expected released."):
        shop.erp.quarantine.quarantine(item, "L1", "doubt")
    shop.erp.quarantine.release(item, "L1", "tested")
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 6, 2)]
    with refused(f"state: Lot L1 of {item} is released: expected quarantined."):
        shop.erp.quarantine.release(item, "L1", "tested")
    assert [event["event"] for event in shop.ledger(item).tables["lot_events"]] == ["quarantined", "released"]


def test_a_recall_is_for_good(shop):
    item = shop.lot_item(5)
    shop.erp.recalls.recall(item, "L1", "field safety notice")
    assert shop.erp.lot_records.lot(item, "L1").status == LotStatus.RECALLED
    assert shop.on_hand(item) == [("QUARANTINE", "quarantine", "L1", None, 5, 0)]
    with refused(f"state: Lot L1 of {item} is recalled: expected quarantined."):
        shop.erp.quarantine.release(item, "L1", "please")
    with refused(f"state: Lot L1 of {item} is recalled already."):
        shop.erp.recalls.recall(item, "L1", "again")


@pytest.mark.parametrize("bin_code", ["MAIN", "SHELF"])
def test_saleable_bins_are_named(shop, bin_code):
    assert shop.erp.stock.bins()[["MAIN", "SHELF"].index(bin_code)] == bin_code
