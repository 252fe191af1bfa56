"""Port `Outbound`."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from erp_testkit.domain.documents import OrderState, Pick, ShipmentState, Tracking
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Outbound, Sales, Stock
from erp_testkit.pytest_plugin.conformance.stage import UNKNOWN, Stage, refused


def test_a_planned_shipment_reserves_and_reads_as_planned(outbound: Outbound, stock: Stock, stage: Stage) -> None:
    item, customer = stage.item(), stage.customer()
    lot = stage.lot_in_stock(item, 10)
    order = stage.order(customer, item, 4)
    shipment = outbound.shipment(outbound.plan(order, [Pick(item=item, quantity=Decimal(4), lot=lot)]))
    assert (shipment.order, shipment.customer, shipment.state, shipment.shipped_at) == (order, customer, ShipmentState.PLANNED, None)
    assert [(pick.item, pick.quantity, pick.lot, pick.serial) for pick in shipment.lines] == [(item, 4, lot, None)]
    assert [(row.quantity, row.reserved) for row in stock.on_hand(item)] == [(10, 4)]


def test_serial_numbers_ship_one_by_one(outbound: Outbound, sales: Sales, stock: Stock, stage: Stage) -> None:
    item = stage.item(Tracking.SERIAL)
    lot, serials = stage.serials_in_stock(item, 3)
    order = stage.order(stage.customer(), item, 3)
    number = outbound.plan(order, [Pick(item=item, quantity=Decimal(1), lot=lot, serial=serial) for serial in serials[:2]])
    before = datetime.now(UTC)
    outbound.ship(number)
    shipment = outbound.shipment(number)
    assert {(pick.lot, pick.serial) for pick in shipment.lines} == {(lot, serials[0]), (lot, serials[1])}
    assert shipment.state is ShipmentState.SHIPPED
    assert shipment.shipped_at is not None
    assert abs((shipment.shipped_at - before).total_seconds()) < 60
    assert [(row.serial, row.quantity) for row in stock.on_hand(item)] == [(serials[2], 1)]
    assert (sales.order(order).state, sales.order(order).lines[0].shipped) == (OrderState.PARTLY_SHIPPED, 2)


def test_the_rest_of_an_order_ships_later(outbound: Outbound, sales: Sales, stage: Stage) -> None:
    item = stage.item()
    lot = stage.lot_in_stock(item, 5)
    order = stage.order(stage.customer(), item, 5)
    for quantity in (2, 3):
        outbound.ship(outbound.plan(order, [Pick(item=item, quantity=Decimal(quantity), lot=lot)]))
    assert (sales.order(order).state, sales.order(order).lines[0].shipped) == (OrderState.SHIPPED, 5)


def test_the_delivery_note_names_what_left(outbound: Outbound, stage: Stage) -> None:
    item = stage.item()
    customer, _, shipment = stage.shipped(item, Pick(item=item, quantity=Decimal(2), lot=stage.lot_in_stock(item, 5)))
    note = outbound.delivery_note(shipment)
    assert (note.shipment, note.customer) == (shipment, customer)
    assert [(line.item, line.quantity) for line in note.lines] == [(item, 2)]


def test_a_cancelled_shipment_frees_what_it_held(outbound: Outbound, stock: Stock, stage: Stage) -> None:
    item = stage.item()
    picks = [Pick(item=item, quantity=Decimal(2), lot=stage.lot_in_stock(item, 2))]
    order = stage.order(stage.customer(), item, 2)
    number = outbound.plan(order, picks)
    outbound.cancel_shipment(number)
    assert outbound.shipment(number).state is ShipmentState.CANCELLED
    assert [(row.quantity, row.reserved) for row in stock.on_hand(item)] == [(2, 0)]
    assert outbound.plan(order, picks) != number


def test_more_than_there_is_is_refused_as_stock_and_holds_nothing(outbound: Outbound, stock: Stock, stage: Stage) -> None:
    item = stage.item()
    lot = stage.lot_in_stock(item, 2)
    order = stage.order(stage.customer(), item, 3)
    with refused(Reason.STOCK):
        outbound.plan(order, [Pick(item=item, quantity=Decimal(3), lot=lot)])
    assert [(row.quantity, row.reserved) for row in stock.on_hand(item)] == [(2, 0)]
    assert outbound.plan(order, [Pick(item=item, quantity=Decimal(2), lot=lot)])


def test_shipping_twice_is_refused_as_state(outbound: Outbound, stage: Stage) -> None:
    item = stage.item()
    _, _, shipment = stage.shipped(item, Pick(item=item, quantity=Decimal(1), lot=stage.lot_in_stock(item, 2)))
    with refused(Reason.STATE):
        outbound.ship(shipment)


def test_unknown_codes_are_refused_as_unknown(outbound: Outbound, stage: Stage) -> None:
    item = stage.item()
    lot = stage.lot_in_stock(item, 1)
    order = stage.order(stage.customer(), item, 1)
    with refused(Reason.UNKNOWN):
        outbound.plan(UNKNOWN, [Pick(item=item, quantity=Decimal(1), lot=lot)])
    with refused(Reason.UNKNOWN):
        outbound.plan(order, [Pick(item=item, quantity=Decimal(1), lot=UNKNOWN)])
    with refused(Reason.UNKNOWN):
        outbound.shipment(UNKNOWN)
    with refused(Reason.UNKNOWN):
        outbound.ship(UNKNOWN)
