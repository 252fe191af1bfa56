"""Port `Sales`."""

from __future__ import annotations

from decimal import Decimal

from erp_testkit.domain.documents import NewOrder, NewOrderLine, OrderState
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Sales
from erp_testkit.pytest_plugin.conformance.stage import PRICE, UNKNOWN, Stage, refused


def test_a_quotation_reads_as_it_was_entered(sales: Sales, stage: Stage) -> None:
    item, customer = stage.item(), stage.customer()
    order = sales.order(stage.quotation(customer, item, 3))
    assert (order.customer, order.reference, order.state) == (customer, stage.code("reference", "order"), OrderState.QUOTATION)
    assert [(line.line, line.item, line.quantity, line.unit_price, line.shipped) for line in order.lines] == [(1, item, 3, PRICE, 0)]
    assert (order.net, order.tax, order.total) == (Decimal("300.00"), Decimal("39.00"), Decimal("339.00"))


def test_other_units_are_read_in_stock_units(sales: Sales, stage: Stage) -> None:
    item, customer = stage.item(), stage.customer()
    line = NewOrderLine(item=item, quantity=Decimal(2), unit="box", unit_price=Decimal("900.00"))
    order = sales.order(sales.quote(NewOrder(customer=customer, reference=stage.code("reference", "order"), lines=(line,))))
    assert [(line.quantity, line.unit_price, line.net) for line in order.lines] == [(20, Decimal(90), Decimal(1800))]


def test_a_confirmed_order_is_confirmed_once(sales: Sales, stage: Stage) -> None:
    number = stage.order(stage.customer(), stage.item(), 1)
    assert sales.order(number).state is OrderState.CONFIRMED
    with refused(Reason.STATE):
        sales.confirm(number)


def test_an_amended_quotation_has_the_new_lines(sales: Sales, stage: Stage) -> None:
    item = stage.item()
    number = stage.quotation(stage.customer(), item, 3)
    sales.amend(number, [NewOrderLine(item=item, quantity=Decimal(2))])
    order = sales.order(number)
    assert (order.state, [line.quantity for line in order.lines]) == (OrderState.QUOTATION, [2])


def test_a_cancelled_order_is_cancelled(sales: Sales, stage: Stage) -> None:
    item, customer = stage.item(), stage.customer()
    for number in (stage.quotation(customer, item, 1), stage.order(customer, item, 1, "confirmed")):
        sales.cancel(number)
        assert sales.order(number).state is OrderState.CANCELLED


def test_an_order_is_found_by_the_customers_reference(sales: Sales, stage: Stage) -> None:
    customer = stage.customer()
    number = stage.quotation(customer, stage.item(), 1)
    assert list(sales.orders_with_reference(customer, stage.code("reference", "order"))) == [number]
    assert list(sales.orders_with_reference(customer, UNKNOWN)) == []


def test_unknown_codes_are_refused_as_unknown(sales: Sales, stage: Stage) -> None:
    item, customer = stage.item(), stage.customer()
    with refused(Reason.UNKNOWN):
        stage.quotation(UNKNOWN, item, 1)
    with refused(Reason.UNKNOWN):
        stage.quotation(customer, UNKNOWN, 1)
    with refused(Reason.UNKNOWN):
        sales.order(UNKNOWN)
    with refused(Reason.UNKNOWN):
        sales.confirm(UNKNOWN)
