"""The reference ERP's quotations and orders, through its adapter."""

from decimal import Decimal

import pytest
from reference_erp import at_once, day, refused

from erp_testkit.domain.documents import NewOrder, NewOrderLine, OrderState
from erp_testkit.erp.errors import Refused


def state(shop, order):
    return shop.erp.sales.order(order).state


def test_a_quotation_becomes_an_order(shop):
    customer, item = shop.customer(), shop.item(price=Decimal("99.99"), packs={"box": Decimal(10)})
    number = shop.erp.sales.quote(
        NewOrder(
            customer=customer,
            reference="PO-1",
            lines=(
                NewOrderLine(item=item, quantity=Decimal(3)),
                NewOrderLine(item=item, quantity=Decimal(2), unit="box", unit_price=Decimal("333.33")),
            ),
        )
    )
    shop.erp.sales.confirm(number)
    order = shop.erp.sales.order(number)
    assert (order.customer, order.reference, order.state) == (customer, "PO-1", OrderState.CONFIRMED)
    assert [(line.quantity, line.net) for line in order.lines] == [(3, Decimal("299.97")), (20, Decimal("666.66"))]
    assert (order.net, order.tax, order.total) == (Decimal("966.63"), Decimal("125.66"), Decimal("1092.29"))


def test_net_is_rounded_half_up_on_the_line_and_tax_once_for_each_rate(shop):
    customer = shop.customer()
    item = shop.item(price=Decimal("0.335"), tax_rate=Decimal("0.13"))
    lines = tuple(NewOrderLine(item=item, quantity=Decimal(1)) for _ in range(3))
    order = shop.erp.sales.order(shop.erp.sales.quote(NewOrder(customer=customer, reference="cents", lines=lines)))
    assert [line.net for line in order.lines] == [Decimal("0.34")] * 3
    assert (order.net, order.tax, order.total) == (Decimal("1.02"), Decimal("0.13"), Decimal("1.15"))


def test_amounts_are_written_with_their_cents_whatever_the_database_keeps(any_shop):
    customer, item = any_shop.customer(), any_shop.item(price=Decimal(100), packs={"box": Decimal("3.00")})
    lines = (
        NewOrderLine(item=item, quantity=Decimal(2)),
        NewOrderLine(item=item, quantity=Decimal(1), unit_price=Decimal(45000)),
        NewOrderLine(item=item, quantity=Decimal(1), unit="box", unit_price=Decimal(1000)),
    )
    order = any_shop.erp.sales.order(any_shop.erp.sales.quote(NewOrder(customer=customer, reference="cents", lines=lines)))
    assert [str(line.unit_price) for line in order.lines] == ["100.00", "45000.00", "333.33333333"]
    assert [str(line.quantity) for line in order.lines] == ["2", "1", "3"]
    assert (str(order.net), str(order.tax), str(order.total)) == ("46200.00", "6006.00", "52206.00")


def test_a_reference_sent_twice_is_entered_once_also_at_the_same_moment(shop):
    customer, item = shop.customer(), shop.item()
    first = shop.quote(customer, item, reference="PO-7")
    assert shop.quote(customer, item, reference="PO-7") == first
    numbers = at_once(*[lambda: shop.quote(customer, item, reference="PO-8")] * 4)
    assert len(set(numbers)) == 1
    assert shop.erp.sales.orders_with_reference(customer, "PO-8") == (numbers[0],)


@pytest.mark.parametrize("quantity", ["0", "-1", "0.5", "1000000"])
def test_a_quantity_that_cannot_be_is_refused(shop, quantity):
    item = shop.item()
    rule = "a multiple of 1" if quantity == "0.5" else "more than 0 and less than 1000000"
    with refused(f"quantity: {quantity} piece of {item}: expected {rule}."):
        shop.quote(shop.customer(), item, quantity)


def test_unknown_things_are_refused(shop):
    customer, item = shop.customer(), shop.item()
    with refused("unknown: There is no customer nobody."):
        shop.quote("nobody", item)
    with refused("unknown: There is no item nothing."):
        shop.quote(customer, "nothing")
    with refused(f"quantity: Item {item} has no unit 'crate'."):
        shop.quote(customer, item, unit="crate")
    with refused("unknown: There is no order SO-0."):
        shop.erp.sales.confirm("SO-0")


def test_a_customer_without_licence_or_blocked_buys_nothing(shop):
    item = shop.item()
    customer = shop.customer(licence_until=day(0))
    quotation = shop.quote(customer, item)
    shop.erp.licences.set_licence(customer, day(-1))
    with refused(f"licence: The licence of customer {customer} ended on {day(-1)}."):
        shop.erp.sales.confirm(quotation)
    with refused(f"licence: The licence of customer {customer} ended on {day(-1)}."):
        shop.quote(customer, item)
    shop.erp.licences.block(customer, True)
    with refused(f"blocked: Customer {customer} is blocked."):
        shop.quote(customer, item)
    shop.erp.licences.block(customer, False)
    shop.erp.licences.set_licence(customer, day(1))
    shop.erp.sales.confirm(quotation)


def test_of_two_who_confirm_at_once_one_wins(shop):
    number = shop.quote(shop.customer(), shop.item())
    outcomes = at_once(*[lambda: shop.erp.sales.confirm(number)] * 2)
    assert [str(outcome) for outcome in outcomes if isinstance(outcome, Refused)] == [
        f"refused (state): Order {number} is confirmed: expected quotation."
    ]
    assert [entry.action for entry in shop.erp.audit_trail.entries(number)] == ["quote", "confirm"]


def test_an_order_is_amended_until_it_is_planned(shop):
    customer, item = shop.customer(), shop.lot_item(10)
    number = shop.order(customer, item, 2)
    shop.erp.sales.amend(number, [NewOrderLine(item=item, quantity=Decimal(5))])
    order = shop.erp.sales.order(number)
    assert ([line.quantity for line in order.lines], order.net, order.state) == ([5], 500, OrderState.CONFIRMED)
    shipment = shop.plan(number, item, 5, lot="L1")
    with refused(f"state: Order {number} has planned shipments."):
        shop.erp.sales.amend(number, [NewOrderLine(item=item, quantity=Decimal(6))])
    shop.erp.outbound.ship(shipment)
    with refused(f"state: Order {number} is shipped: expected quotation or confirmed."):
        shop.erp.sales.amend(number, [NewOrderLine(item=item, quantity=Decimal(6))])


def test_cancelling_frees_what_is_planned(shop):
    customer, item = shop.customer(), shop.lot_item(3)
    number = shop.order(customer, item, 3)
    shipment = shop.plan(number, item, 3, lot="L1")
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 3, 3)]
    shop.erp.sales.cancel(number)
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 3, 0)]
    assert (state(shop, number), shop.erp.outbound.shipment(shipment).state) == ("cancelled", "cancelled")
    with refused(f"state: Order {number} is cancelled: expected quotation."):
        shop.erp.sales.confirm(number)


def test_what_has_shipped_is_not_cancelled(shop):
    customer, item = shop.customer(), shop.lot_item(3)
    number = shop.order(customer, item, 3)
    shop.erp.outbound.ship(shop.plan(number, item, 1, lot="L1"))
    assert state(shop, number) == OrderState.PARTLY_SHIPPED
    with refused(f"state: Order {number} is partly shipped: expected quotation or confirmed."):
        shop.erp.sales.cancel(number)
    shop.erp.outbound.ship(shop.plan(number, item, 2, lot="L1"))
    assert (state(shop, number), shop.erp.sales.order(number).lines[0].shipped) == (OrderState.SHIPPED, 3)
