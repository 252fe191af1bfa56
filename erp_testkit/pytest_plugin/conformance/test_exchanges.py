"""Port `Exchanges`."""

from __future__ import annotations

from decimal import Decimal

from erp_testkit.domain.documents import NewReturn, Pick, ReturnLine, ShipmentState
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Exchanges, Outbound, Returns
from erp_testkit.pytest_plugin.conformance.stage import UNKNOWN, Stage, refused


def test_a_replacement_is_planned_and_ships(exchanges: Exchanges, returns: Returns, outbound: Outbound, stage: Stage) -> None:
    item = stage.item()
    lot = stage.lot_in_stock(item, 3)
    customer, _, shipment = stage.shipped(item, Pick(item=item, quantity=Decimal(1), lot=lot))
    line = ReturnLine(item=item, quantity=Decimal(1), lot=lot)
    number = returns.open_return(NewReturn(customer=customer, shipment=shipment, lines=(line,), reason="damaged"))
    returns.receive_return(number)
    replacement = exchanges.exchange(number, [Pick(item=item, quantity=Decimal(1), lot=lot)])
    assert outbound.shipment(replacement).state is ShipmentState.PLANNED
    outbound.ship(replacement)
    assert (outbound.shipment(replacement).state, outbound.shipment(replacement).customer) == (ShipmentState.SHIPPED, customer)


def test_an_unknown_return_is_refused_as_unknown(exchanges: Exchanges, stage: Stage) -> None:
    with refused(Reason.UNKNOWN):
        exchanges.exchange(UNKNOWN, [Pick(item=stage.item(), quantity=Decimal(1))])
