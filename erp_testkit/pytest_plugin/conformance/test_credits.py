"""Port `Credits`."""

from __future__ import annotations

from decimal import Decimal

from erp_testkit.domain.documents import NewReturn, Pick, ReturnLine
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Credits, Returns
from erp_testkit.pytest_plugin.conformance.stage import UNKNOWN, Stage, refused


def test_a_credit_has_the_prices_of_the_order(credits: Credits, returns: Returns, stage: Stage) -> None:  # noqa: A002  # the port's name
    item = stage.item()
    lot = stage.lot_in_stock(item, 3)
    customer, _, shipment = stage.shipped(item, Pick(item=item, quantity=Decimal(3), lot=lot))
    line = ReturnLine(item=item, quantity=Decimal(2), lot=lot)
    number = returns.open_return(NewReturn(customer=customer, shipment=shipment, lines=(line,), reason="damaged"))
    returns.receive_return(number)
    credit = credits.credit(number)
    assert (credit.return_order, credit.net, credit.tax, credit.total) == (number, Decimal(200), Decimal(26), Decimal(226))
    assert credit.number


def test_an_unknown_return_is_refused_as_unknown(credits: Credits) -> None:  # noqa: A002  # the port's name
    with refused(Reason.UNKNOWN):
        credits.credit(UNKNOWN)
