"""The reference ERP's returns, exchanges and credits, through its adapter."""

from decimal import Decimal

from reference_erp import at_once, refused

from erp_testkit.domain.documents import Disposition, NewReturn, Pick, ReturnLine, ReturnState
from erp_testkit.erp.errors import Refused


def back(shop, customer, shipment, item, quantity=1, **more):
    """Announce and receive a return."""
    number = shop.give_back(customer, shipment, item, quantity, **more)
    shop.erp.returns.receive_return(number)
    return number


def test_a_returned_serial_waits_in_quarantine_until_it_is_inspected(shop):
    customer, item = shop.customer(), shop.serial_item("S1")
    shipment = shop.shipped(customer, item, serial="S1")
    number = shop.give_back(customer, shipment, item, serial="S1")
    with refused(f"state: Return {number} is open: expected received."):
        shop.erp.returns.inspect(number, 1, Disposition.RESTOCK)
    shop.erp.returns.receive_return(number)
    assert shop.on_hand(item) == [("RETURNS", "quarantine", "L1", "S1", 1, 0)]
    with refused(f"stock: 1 of 1 {item} lot L1 serial S1 are not free in stock."):
        shop.plan(shop.order(customer, item), item, serial="S1")
    with refused(f"state: Return {number} is received: expected open."):
        shop.erp.returns.receive_return(number)
    with refused(f"unknown: Return {number} has no line 2."):
        shop.erp.returns.inspect(number, 2, Disposition.RESTOCK)
    shop.erp.returns.inspect(number, 1, Disposition.RESTOCK)
    assert shop.erp.returns.return_order(number).state == ReturnState.CLOSED
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", "S1", 1, 0)]
    with refused(f"state: Return {number} is closed: expected received."):
        shop.erp.returns.inspect(number, 1, Disposition.RESTOCK)
    again = shop.shipped(customer, item, serial="S1")
    shop.give_back(customer, again, item, serial="S1")


def test_scrap_leaves_the_house(shop):
    customer, item = shop.customer(), shop.lot_item(5)
    number = back(shop, customer, shop.shipped(customer, item, 3, lot="L1"), item, 2, lot="L1")
    shop.erp.returns.inspect(number, 1, Disposition.SCRAP)
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 2, 0)]
    assert shop.ledger(item).tables["moves"][-1]["to_kind"] == "scrap"


def test_only_what_was_shipped_there_comes_back(shop):
    customer, other, item = shop.customer(), shop.customer(), shop.serial_item("S1", "S2")
    shipment = shop.shipped(customer, item, serial="S1")
    with refused(f"unknown: Shipment {shipment} did not bring {item} lot L1 serial S2."):
        shop.give_back(customer, shipment, item, serial="S2")
    with refused(f"unknown: Shipment {shipment} did not go to {other}."):
        shop.give_back(other, shipment, item, serial="S1")
    with refused("unknown: There is no shipment SH-0."):
        shop.give_back(customer, "SH-0", item, serial="S1")
    shop.give_back(customer, shipment, item, serial="S1")
    with refused(f"duplicate: {item} lot L1 serial S1 of shipment {shipment} is returned already."):
        shop.give_back(customer, shipment, item, serial="S1")
    planned = shop.plan(shop.order(customer, item), item, serial="S2")
    with refused(f"state: Shipment {planned} is planned: expected shipped or delivered."):
        shop.give_back(customer, planned, item, serial="S2")


def test_no_more_than_was_shipped_comes_back(shop):
    customer, item = shop.customer(), shop.lot_item(10)
    shipment = shop.shipped(customer, item, 5, lot="L1")
    shop.give_back(customer, shipment, item, 3, lot="L1")
    with refused(f"exceeds: 3 of {item} lot L1: shipment {shipment} brought 5, 3 are returned."):
        shop.give_back(customer, shipment, item, 3, lot="L1")
    line = ReturnLine(item=item, quantity=Decimal(2), lot="L1")
    with refused(f"exceeds: 2 of {item} lot L1: shipment {shipment} brought 5, 5 are returned."):
        shop.erp.returns.open_return(NewReturn(customer=customer, shipment=shipment, lines=(line, line), reason="both"))
    outcomes = at_once(*[lambda: shop.give_back(customer, shipment, item, 2, lot="L1")] * 3)
    assert len([outcome for outcome in outcomes if isinstance(outcome, Refused)]) == 2


def test_what_is_recalled_does_not_come_back_into_sale(shop):
    customer, item = shop.customer(), shop.lot_item(5)
    number = back(shop, customer, shop.shipped(customer, item, 3, lot="L1"), item, 1, lot="L1")
    shop.erp.recalls.recall(item, "L1", "field safety notice")
    with refused(f"recalled: Lot L1 of {item} is recalled."):
        shop.erp.returns.inspect(number, 1, Disposition.RESTOCK)
    shop.erp.returns.inspect(number, 1, Disposition.SCRAP)


def test_releasing_a_lot_leaves_returned_goods_where_they_wait(shop):
    customer, item = shop.customer(), shop.lot_item(5)
    back(shop, customer, shop.shipped(customer, item, 3, lot="L1"), item, 1, lot="L1")
    shop.erp.quarantine.quarantine(item, "L1", "doubt")
    shop.erp.quarantine.release(item, "L1", "tested")
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 2, 0), ("RETURNS", "quarantine", "L1", None, 1, 0)]


def test_an_exchange_ships_a_replacement_once(shop):
    customer, item = shop.customer(), shop.serial_item("S1", "S2", "S3")
    order = shop.order(customer, item)
    shipment = shop.plan(order, item, serial="S1")
    shop.erp.outbound.ship(shipment)
    number = shop.give_back(customer, shipment, item, serial="S1")
    pick = Pick(item=item, quantity=Decimal(1), serial="S2")
    with refused(f"state: Return {number} is open: expected received or closed."):
        shop.erp.exchanges.exchange(number, [pick])
    shop.erp.returns.receive_return(number)
    with refused(f"exceeds: 2 of {item}: only 1 came back."):
        shop.erp.exchanges.exchange(number, [pick, Pick(item=item, quantity=Decimal(1), serial="S3")])
    replacement = shop.erp.exchanges.exchange(number, [pick])
    with refused(f"duplicate: Return {number} is exchanged already."):
        shop.erp.exchanges.exchange(number, [pick])
    shop.erp.outbound.ship(replacement)
    assert shop.erp.sales.order(order).lines[0].shipped == 1
    rows = {row["shipment"]: (row["order_no"], row["return_no"]) for row in shop.ledger(item).tables["shipments"]}
    assert rows == {shipment: (order, None), replacement: (None, number)}
    assert shop.give_back(customer, replacement, item, serial="S2").startswith("RMA-")


def test_a_credit_is_written_once_at_the_prices_of_the_order(shop):
    customer, item = shop.customer(), shop.lot_item(10, price=Decimal("50.00"))
    order = shop.quote(customer, item, 3, unit_price=Decimal("33.335"))
    shop.erp.sales.confirm(order)
    shipment = shop.plan(order, item, 3, lot="L1")
    shop.erp.outbound.ship(shipment)
    number = shop.give_back(customer, shipment, item, 1, lot="L1")
    with refused(f"state: Return {number} is open: expected received or closed."):
        shop.erp.credits.credit(number)
    shop.erp.returns.receive_return(number)
    credit = shop.erp.credits.credit(number)
    assert (credit.return_order, credit.net, credit.tax, credit.total) == (number, Decimal("33.34"), Decimal("4.33"), Decimal("37.67"))
    with refused(f"duplicate: Return {number} is credited already."):
        shop.erp.credits.credit(number)
