"""Quotations and orders."""

from __future__ import annotations

from decimal import Decimal

from erp_testkit.domain.documents import NewOrder, NewOrderLine, OrderState, Role, SalesOrder
from erp_testkit.erp.ports import Access, Sales
from erp_testkit.steps import given, then, when
from erp_testkit.steps.assertions import expect
from erp_testkit.steps.concurrency import at_once
from erp_testkit.steps.tables import Datatable, rows
from erp_testkit.steps.world import World


def new_order(world: World, customer: str, reference: str, *lines: NewOrderLine) -> NewOrder:
    """Make an order from the names in the text."""
    return NewOrder(customer=world.code("customer", customer), reference=world.code("reference", reference), lines=lines)


def order_line(world: World, item: str, quantity: Decimal, unit: str = "piece", price: Decimal | None = None) -> NewOrderLine:
    """Make an order line from the names in the text."""
    return NewOrderLine(item=world.code("item", item), quantity=quantity, unit=unit, unit_price=price)


def quote(sales: Sales, world: World, order: str, request: NewOrder) -> None:
    """Enter a quotation and remember its number."""
    world.remember("order", order, sales.quote(request))


def order_goods(sales: Sales, world: World, customer: str, order: str, *lines: NewOrderLine) -> None:
    """Enter a quotation and confirm it."""
    quote(sales, world, order, new_order(world, customer, order, *lines))
    sales.confirm(world.code("order", order))


@given(
    en="{customer:name} has a quotation {order:name} for {quantity:number} of {item:name}",
    zh="{customer:name}有一张报价单{order:name}：{item:name}{quantity:number}个",
)
@when(
    en="{customer:name} asks for a quotation {order:name} for {quantity:number} of {item:name}",
    zh="{customer:name}询价{item:name}{quantity:number}个，报价单记为{order:name}",
)
def quotation(sales: Sales, world: World, customer: str, order: str, quantity: Decimal, item: str) -> None:
    """Enter a quotation of one line."""
    world.attempt(lambda: quote(sales, world, order, new_order(world, customer, order, order_line(world, item, quantity))))


@given(
    en="{customer:name} has a confirmed order {order:name} for {quantity:number} of {item:name}",
    zh="{customer:name}有一张已确认的销售订单{order:name}：{item:name}{quantity:number}个",
)
@when(
    en="{customer:name} places the order {order:name} for {quantity:number} of {item:name}",
    zh="{customer:name}订购{item:name}{quantity:number}个，销售订单记为{order:name}",
)
def ordered(sales: Sales, world: World, customer: str, order: str, quantity: Decimal, item: str) -> None:
    """Enter and confirm an order of one line."""
    world.attempt(lambda: order_goods(sales, world, customer, order, order_line(world, item, quantity)))


@when(
    en="{customer:name} places the order {order:name} for {quantity:number} boxes of {item:name}",
    zh="{customer:name}订购{item:name}{quantity:number}盒，销售订单记为{order:name}",
)
def ordered_boxes(sales: Sales, world: World, customer: str, order: str, quantity: Decimal, item: str) -> None:
    """Enter and confirm an order of one line in boxes."""
    world.attempt(lambda: order_goods(sales, world, customer, order, order_line(world, item, quantity, unit="box")))


@given(en="{customer:name} has a confirmed order {order:name} for:", zh="{customer:name}有一张已确认的销售订单{order:name}，明细如下：")
@when(en="{customer:name} places the order {order:name} for:", zh="{customer:name}下销售订单{order:name}，明细如下：")
def ordered_list(sales: Sales, world: World, customer: str, order: str, datatable: Datatable) -> None:
    """Enter and confirm an order of several lines."""
    lines = [
        order_line(world, row["item"], Decimal(row["quantity"]), price=Decimal(row["price"]) if "price" in row else None)
        for row in rows(datatable)
    ]
    world.attempt(lambda: order_goods(sales, world, customer, order, *lines))


@when(
    en="{customer:name} sends purchase order {reference:name} for {quantity:number} of {item:name}, entered as {order:name}",
    zh="{customer:name}发来采购单{reference:name}：{item:name}{quantity:number}个，录入为{order:name}",
)
def purchase_order(sales: Sales, world: World, customer: str, reference: str, quantity: Decimal, item: str, order: str) -> None:
    """Enter what a customer sent under a number of its own."""
    world.attempt(lambda: quote(sales, world, order, new_order(world, customer, reference, order_line(world, item, quantity))))


@when(
    en="purchase order {reference:name} of {customer:name} for {quantity:number} of {item:name} comes in twice at the same moment",
    zh="{customer:name}的采购单{reference:name}同时传来两次：{item:name}{quantity:number}个",
)
def purchase_order_twice(sales: Sales, access: Access, world: World, reference: str, customer: str, quantity: Decimal, item: str) -> None:
    """Enter one purchase order in two sessions at once."""
    request = new_order(world, customer, reference, order_line(world, item, quantity))

    def enter(sales: Sales) -> None:
        sales.quote(request)

    at_once(world, access, Role.SALES, enter, enter, sales=sales)


@when(en="the order {order:name} is confirmed", zh="确认销售订单{order:name}")
def confirm(sales: Sales, world: World, order: str) -> None:
    """Turn a quotation into an order."""
    world.attempt(lambda: sales.confirm(world.code("order", order)))


@when(en="two sales clerks confirm the order {order:name} at the same moment", zh="两名业务员同时确认销售订单{order:name}")
def confirm_together(sales: Sales, access: Access, world: World, order: str) -> None:
    """Confirm one order in two sessions at once."""

    def confirm(sales: Sales) -> None:
        sales.confirm(world.code("order", order))

    at_once(world, access, Role.SALES, confirm, confirm, sales=sales)


@when(
    en="the order {order:name} is changed to {quantity:number} of {item:name}",
    zh="将销售订单{order:name}变更为{item:name}{quantity:number}个",
)
def amend(sales: Sales, world: World, order: str, quantity: Decimal, item: str) -> None:
    """Replace the lines of an order."""
    world.attempt(lambda: sales.amend(world.code("order", order), [order_line(world, item, quantity)]))


@given(en="the order {order:name} was cancelled", zh="销售订单{order:name}已取消")
@when(en="the order {order:name} is cancelled", zh="取消销售订单{order:name}")
def cancel(sales: Sales, world: World, order: str) -> None:
    """Cancel an order."""
    world.attempt(lambda: sales.cancel(world.code("order", order)))


@then(en="the order {order:name} is {state:order_state}", zh="销售订单{order:name}的状态为{state:order_state}")
def order_is(sales: Sales, world: World, order: str, state: OrderState) -> None:
    """Read an order's state."""
    expect(f"find the order {world.says('order', order)} in its state", expected=state, got=_read(sales, world, order).state)


@then(en="the order {order:name} is for {quantity:number} of {item:name}", zh="销售订单{order:name}只订有{item:name}{quantity:number}个")
def order_is_for(sales: Sales, world: World, order: str, quantity: Decimal, item: str) -> None:
    """Read an order's lines."""
    lines = [(line.item, line.quantity) for line in _read(sales, world, order).lines]
    expect(f"find the lines of order {world.says('order', order)}", expected=[(world.code("item", item), quantity)], got=lines)


@then(
    en="{shipped:number} of {item:name} on the order {order:name} have been shipped and {open:number} are still to come",
    zh="销售订单{order:name}的{item:name}已发{shipped:number}个、欠交{open:number}个",
)
def back_order(sales: Sales, world: World, shipped: Decimal, item: str, order: str, open: Decimal) -> None:  # noqa: A002  # the wording's word
    """Read what an order still waits for."""
    lines = [line for line in _read(sales, world, order).lines if line.item == world.code("item", item)]
    got = (sum(line.shipped for line in lines), sum(line.quantity - line.shipped for line in lines))
    expect(f"find shipped and open quantity of order {world.says('order', order)}", expected=[(shipped, open)], got=[got])


@then(
    en="the order {order:name} costs {net:number} net plus {tax:number} tax, {total:number} in total",
    zh="销售订单{order:name}不含税金额{net:number}元，税额{tax:number}元，价税合计{total:number}元",
)
def order_costs(sales: Sales, world: World, order: str, net: Decimal, tax: Decimal, total: Decimal) -> None:
    """Read an order's amounts, to the cent."""
    found = _read(sales, world, order)
    expect(
        f"work out the price of order {world.says('order', order)}", expected=[(net, tax, total)], got=[(found.net, found.tax, found.total)]
    )
    expect(f"add up the lines of order {world.says('order', order)}", expected=net, got=sum(line.net for line in found.lines))


@then(en="{first:name} and {second:name} are one and the same order", zh="{first:name}和{second:name}是同一张销售订单")
def same_order(world: World, first: str, second: str) -> None:
    """Compare two order numbers."""
    expect(f"recognise {second} as {first}", expected=world.code("order", first), got=world.code("order", second))


@then(
    en="{customer:name} has exactly one order for purchase order {reference:name}",
    zh="{customer:name}的采购单{reference:name}只有一张销售订单",
)
def one_order_for(sales: Sales, world: World, customer: str, reference: str) -> None:
    """Count the orders for a purchase order."""
    found = sales.orders_with_reference(world.code("customer", customer), world.code("reference", reference))
    expect(f"count the orders for purchase order {world.says('reference', reference)}", expected=1, got=len(set(found)))


@then(en="{customer:name} has no order {order:name}", zh="{customer:name}没有销售订单{order:name}")
def no_order(sales: Sales, world: World, customer: str, order: str) -> None:
    """Look for an order that must not be."""
    found = sales.orders_with_reference(world.code("customer", customer), world.code("reference", order))
    expect(f"keep the order {order} of {world.says('customer', customer)} out", expected=[], got=list(found))


@then(en="{customer:name} has no confirmed order {order:name}", zh="{customer:name}没有已确认的销售订单{order:name}")
def no_confirmed_order(sales: Sales, world: World, customer: str, order: str) -> None:
    """Look for an order that may stay a quotation at most."""
    found = sales.orders_with_reference(world.code("customer", customer), world.code("reference", order))
    states = [sales.order(number).state for number in found]
    wrong = [state for state in states if state not in (OrderState.QUOTATION, OrderState.CANCELLED)]
    expect(f"keep the order {order} of {world.says('customer', customer)} unconfirmed", expected=[], got=wrong)


def _read(sales: Sales, world: World, order: str) -> SalesOrder:
    return sales.order(world.code("order", order))
