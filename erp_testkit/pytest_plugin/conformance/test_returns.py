"""Port `Returns`."""

from __future__ import annotations

from decimal import Decimal

from erp_testkit.domain.documents import Disposition, NewReturn, Pick, PlaceKind, ReturnLine, ReturnState, Tracking
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Returns, Stock
from erp_testkit.pytest_plugin.conformance.stage import UNKNOWN, Stage, refused


def test_a_return_goes_through_quarantine_back_to_stock(returns: Returns, stock: Stock, stage: Stage) -> None:
    item = stage.item(Tracking.SERIAL)
    lot, (serial,) = stage.serials_in_stock(item, 1)
    customer, _, shipment = stage.shipped(item, Pick(item=item, quantity=Decimal(1), lot=lot, serial=serial))
    line = ReturnLine(item=item, quantity=Decimal(1), lot=lot, serial=serial)
    number = returns.open_return(NewReturn(customer=customer, shipment=shipment, lines=(line,), reason="not needed"))
    opened = returns.return_order(number)
    assert (opened.number, opened.customer, opened.shipment, opened.state, opened.lines) == (
        number,
        customer,
        shipment,
        ReturnState.OPEN,
        (line,),
    )
    returns.receive_return(number)
    assert returns.return_order(number).state is ReturnState.RECEIVED
    assert [(row.kind, row.serial) for row in stock.on_hand(item)] == [(PlaceKind.QUARANTINE, serial)]
    returns.inspect(number, 1, Disposition.RESTOCK)
    assert returns.return_order(number).state is ReturnState.CLOSED
    assert [(row.kind, row.serial) for row in stock.on_hand(item)] == [(PlaceKind.STOCK, serial)]


def test_scrapped_goods_are_gone(returns: Returns, stock: Stock, stage: Stage) -> None:
    item = stage.item()
    lot = stage.lot_in_stock(item, 3)
    customer, _, shipment = stage.shipped(item, Pick(item=item, quantity=Decimal(3), lot=lot))
    line = ReturnLine(item=item, quantity=Decimal(2), lot=lot)
    number = returns.open_return(NewReturn(customer=customer, shipment=shipment, lines=(line,), reason="damaged"))
    returns.receive_return(number)
    returns.inspect(number, 1, Disposition.SCRAP)
    assert list(stock.on_hand(item)) == []


def test_receiving_twice_is_refused_as_state(returns: Returns, stage: Stage) -> None:
    item = stage.item()
    lot = stage.lot_in_stock(item, 1)
    customer, _, shipment = stage.shipped(item, Pick(item=item, quantity=Decimal(1), lot=lot))
    line = ReturnLine(item=item, quantity=Decimal(1), lot=lot)
    number = returns.open_return(NewReturn(customer=customer, shipment=shipment, lines=(line,), reason="damaged"))
    returns.receive_return(number)
    with refused(Reason.STATE):
        returns.receive_return(number)


def test_unknown_codes_are_refused_as_unknown(returns: Returns, stage: Stage) -> None:
    line = ReturnLine(item=stage.item(), quantity=Decimal(1))
    with refused(Reason.UNKNOWN):
        returns.open_return(NewReturn(customer=stage.customer(), shipment=UNKNOWN, lines=(line,), reason="damaged"))
    with refused(Reason.UNKNOWN):
        returns.return_order(UNKNOWN)
    with refused(Reason.UNKNOWN):
        returns.receive_return(UNKNOWN)
