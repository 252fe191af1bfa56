"""The reference ERP's planning, shipping and proof of delivery, through its adapter."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from reference_erp import at_once, day, refused

from erp_testkit.domain.documents import DeliveryNoteLine, NewOrder, NewOrderLine, Pick, ShipmentState
from erp_testkit.erp.errors import Reason, Refused


def test_the_first_to_expire_is_proposed_first(shop):
    customer, item = shop.customer(min_shelf_life_days=30), shop.item()
    for lot, expiry in (("late", day(300)), ("too soon", day(29)), ("soon", day(30)), ("gone", day(-1)), ("held", day(31))):
        shop.receive(item, 2, lot=lot, expiry=expiry)
    shop.erp.quarantine.quarantine(item, "held", "doubt")
    picks = shop.erp.outbound.propose(shop.order(customer, item, 3))
    assert [(pick.lot, pick.quantity, pick.bin) for pick in picks] == [("soon", 2, "MAIN"), ("late", 1, "MAIN")]


def test_the_delivery_note_says_what_left(shop):
    customer, item = shop.customer(), shop.serial_item("S1", "S2")
    shipment = shop.shipped(customer, item, serial="S2")
    note = shop.erp.outbound.delivery_note(shipment)
    assert (note.shipment, note.customer) == (shipment, customer)
    assert note.lines == (DeliveryNoteLine(item=item, quantity=Decimal(1), lot="L1", serial="S2", expiry=day(400)),)
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", "S1", 1, 0)]
    assert shop.erp.outbound.shipment(shipment).state == ShipmentState.SHIPPED


def test_a_planned_shipment_has_no_delivery_note(shop):
    customer, item = shop.customer(), shop.lot_item()
    shipment = shop.plan(shop.order(customer, item), item, lot="L1")
    with refused(f"unknown: There is no delivery note of shipment {shipment}."):
        shop.erp.outbound.delivery_note(shipment)


def test_more_than_ordered_is_refused(shop):
    customer, item, other = shop.customer(), shop.lot_item(10), shop.lot_item(10)
    order = shop.order(customer, item, 5)
    shop.plan(order, item, 3, lot="L1")
    with refused(f"exceeds: 3 of {item} lot L1: 1 more than is open on the order."):
        shop.plan(order, item, 3, lot="L1")
    with refused(f"exceeds: 1 of {other} lot L1: 1 more than is open on the order."):
        shop.plan(order, other, lot="L1")


def test_what_is_tracked_is_picked_by_lot_or_serial(shop):
    customer, lots, serials = shop.customer(), shop.lot_item(), shop.serial_item("S1")
    with refused(f"tracking: Item {lots} is tracked by lot: a lot number is missing."):
        shop.plan(shop.order(customer, lots), lots)
    order = shop.order(customer, serials, 2)
    with refused(f"tracking: Item {serials} is tracked by serial number: a serial number is missing."):
        shop.plan(order, serials, lot="L1")
    with refused(f"tracking: Serial S1 of {serials} belongs to lot L1, not L9."):
        shop.plan(order, serials, lot="L9", serial="S1")
    with refused(f"unknown: There is no serial number S9 of {serials}."):
        shop.plan(order, serials, serial="S9")
    with refused(f"quantity: Serial number S1 of {serials}: expected quantity 1, got 2."):
        shop.plan(order, serials, 2, serial="S1")


def test_what_is_not_free_here_is_refused(shop):
    customer, item = shop.customer(), shop.serial_item("S1", "S2")
    order = shop.order(customer, item, 2)
    with refused(f"stock: 1 of 1 {item} lot L1 serial S1 are not free in stock in SHELF."):
        shop.plan(order, item, serial="S1", bin="SHELF")
    shop.shipped(customer, item, serial="S1")
    shop.plan(shop.order(customer, item), item, serial="S2")
    for serial in ("S1", "S2"):
        with refused(f"stock: 1 of 1 {item} lot L1 serial {serial} are not free in stock."):
            shop.plan(order, item, serial=serial)


def test_of_two_pickers_of_one_serial_one_wins(shop):
    customer, item = shop.customer(), shop.serial_item("S1")
    orders = [shop.order(customer, item) for _ in range(4)]
    outcomes = at_once(*[lambda order=order: shop.plan(order, item, serial="S1") for order in orders])
    refusals = [outcome.reason for outcome in outcomes if isinstance(outcome, Refused)]
    assert refusals == [Reason.STOCK] * 3
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", "S1", 1, 1)]


def test_two_shipments_with_lines_crosswise_do_not_block_each_other(shop):
    customer, one, two = shop.customer(), shop.lot_item(50), shop.lot_item(50)

    def plan_both(first, second):
        order = shop.erp.sales.quote(shop_order(customer, one, two, shop.code("PO")))
        shop.erp.sales.confirm(order)
        picks = [Pick(item=item, quantity=Decimal(1), lot="L1") for item in (first, second)]
        shop.erp.outbound.ship(shop.erp.outbound.plan(order, picks))

    outcomes = at_once(*[lambda: plan_both(one, two), lambda: plan_both(two, one)] * 4)
    assert outcomes == [None] * 8
    assert shop.on_hand(one) + shop.on_hand(two) == [("MAIN", "stock", "L1", None, 42, 0)] * 2


def shop_order(customer, one, two, reference):
    return NewOrder(
        customer=customer, reference=reference, lines=tuple(NewOrderLine(item=item, quantity=Decimal(1)) for item in (one, two))
    )


def test_a_lot_is_used_up_to_its_last_day(shop):
    customer, item = shop.customer(), shop.item()
    shop.receive(item, 1, lot="today", expiry=day(0))
    shop.receive(item, 1, lot="yesterday", expiry=day(-1))
    order = shop.order(customer, item, 2)
    shop.erp.outbound.ship(shop.plan(order, item, lot="today"))
    with refused(f"expired: Lot yesterday of {item} expired on {day(-1)}."):
        shop.plan(order, item, lot="yesterday")


def test_what_turns_unusable_after_planning_does_not_leave(shop):
    customer = shop.customer()
    cases = {
        "expired": lambda item: shop.erp.lot_records.correct_expiry(item, "L1", day(-1), "misprint"),
        "shelf life": lambda item: shop.erp.lot_records.correct_expiry(item, "L1", day(9), "misprint"),
        "quarantined": lambda item: shop.erp.quarantine.quarantine(item, "L1", "doubt"),
        "recalled": lambda item: shop.erp.recalls.recall(item, "L1", "field safety notice"),
    }
    shop.erp.licences.require_shelf_life(customer, 10)
    for reason, spoil in cases.items():
        item = shop.lot_item(3)
        shipment = shop.plan(shop.order(customer, item), item, lot="L1")
        spoil(item)
        order = shop.order(customer, item)
        for attempt in (partial(shop.erp.outbound.ship, shipment), partial(shop.plan, order, item, lot="L1")):
            outcome = at_once(attempt)[0]
            assert (type(outcome), outcome.reason) == (Refused, reason)
        assert shop.erp.outbound.shipment(shipment).state == ShipmentState.PLANNED


def test_a_blocked_customer_gets_nothing_that_was_planned(shop):
    customer, item = shop.customer(), shop.lot_item()
    shipment = shop.plan(shop.order(customer, item), item, lot="L1")
    shop.erp.licences.block(customer, True)
    with refused(f"blocked: Customer {customer} is blocked."):
        shop.erp.outbound.ship(shipment)


def test_a_shipment_leaves_once_and_is_cancelled_only_before(shop):
    customer, item = shop.customer(), shop.lot_item(10)
    order = shop.order(customer, item, 4)
    dropped = shop.plan(order, item, 4, lot="L1")
    shop.erp.outbound.cancel_shipment(dropped)
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 10, 0)]
    shipment = shop.plan(order, item, 4, lot="L1")
    outcomes = at_once(*[lambda: shop.erp.outbound.ship(shipment)] * 3)
    refusal = f"refused (state): Shipment {shipment} is shipped: expected planned."
    assert sorted(str(outcome) for outcome in outcomes) == ["None", refusal, refusal]
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 6, 0)]
    with refused(f"state: Shipment {dropped} is cancelled: expected planned."):
        shop.erp.outbound.ship(dropped)
    with refused(f"state: Shipment {shipment} is shipped: expected planned."):
        shop.erp.outbound.cancel_shipment(shipment)


def test_proof_of_delivery_is_taken_once(shop):
    customer, item = shop.customer(), shop.lot_item()
    shipment = shop.plan(shop.order(customer, item), item, lot="L1")
    with refused(f"state: Shipment {shipment} is planned: expected shipped."):
        shop.erp.deliveries.prove(shipment, "Dr. Wu", datetime.now(UTC))
    shop.erp.outbound.ship(shipment)
    left = shop.erp.outbound.shipment(shipment).shipped_at
    for wrong in (left - timedelta(seconds=1), datetime.now(UTC) + timedelta(hours=1)):
        with refused(f"period: Shipment {shipment} left at {left}: it cannot have been signed for at {wrong}."):
            shop.erp.deliveries.prove(shipment, "Dr. Wu", wrong)
    signed = datetime.now(UTC)
    shop.erp.deliveries.prove(shipment, "Dr. Wu", signed)
    shop.erp.deliveries.prove(shipment, "Dr. Wu", signed)
    delivered = shop.erp.outbound.shipment(shipment)
    assert (delivered.state, delivered.delivered_at) == (ShipmentState.DELIVERED, signed)
    with refused(f"duplicate: Dr. Wu signed for shipment {shipment} at {signed} already."):
        shop.erp.deliveries.prove(shipment, "Dr. Li", signed)
    assert [entry.action for entry in shop.erp.audit_trail.entries(shipment)] == ["plan", "ship", "prove delivery"]


def test_a_pick_without_a_bin_is_taken_from_the_main_bin_first(shop):
    customer, item = shop.customer(), shop.lot_item(5)
    shop.erp.stock.transfer(Pick(item=item, quantity=Decimal(3), lot="L1", bin="MAIN"), "SHELF")
    shipment = shop.shipped(customer, item, 4, lot="L1")
    lines = shop.erp.outbound.shipment(shipment).lines
    assert [(line.bin, line.quantity) for line in lines] == [("MAIN", 2), ("SHELF", 2)]
    assert shop.on_hand(item) == [("SHELF", "stock", "L1", None, 1, 0)]
