"""Quotations and orders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, tuple_

from erp_testkit.domain.documents import NewOrder, NewOrderLine, OrderLine, OrderState, SalesOrder
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import order_lines, orders
from erp_testkit.standins.reference.services import audit, documents, jobs, master, outbound, progress, units
from erp_testkit.standins.reference.services.clock import now
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Work
from erp_testkit.standins.reference.upsert import insert_or

ABSURD = Decimal(10) ** 10
"""No order is worth that much."""


@dataclass(frozen=True, slots=True)
class PricedLine:
    """An order line in stock units, with its price."""

    item: str
    quantity: Decimal
    unit_price: Decimal
    tax_rate: Decimal
    net: Decimal


@service
def quote(work: Work, order: NewOrder) -> str:
    """Enter a quotation; a second sending of a reference returns the first number."""
    customer = master.customer(work, order.customer)
    first = order_with_reference(work, order.customer, order.reference)
    if first is not None:
        return first
    master.check_may_buy(customer)
    lines = priced_lines(work, order.lines)
    number = documents.new_number(work, "SO")
    if not insert_order(work, number, order, lines):
        # The same sending at the same moment: the other one has committed by now.
        return str(order_with_reference(work, order.customer, order.reference))
    insert_lines(work, number, lines)
    audit.record(work, "order", number, "quote", None, OrderState.QUOTATION)
    return number


@service
def order_with_reference(work: Work, customer: str, reference: str) -> str | None:
    """Return the number of a customer's order with this reference."""
    return work.connection.execute(
        select(orders.c.number).where(orders.c.customer == customer, orders.c.reference == reference).limit(1)
    ).scalar_one_or_none()


@service
def insert_order(work: Work, number: str, order: NewOrder, lines: Sequence[PricedLine]) -> bool:
    """Write the order's head; say no where the reference is taken."""
    net, tax = totals(lines)
    statement = (
        insert_or(work.connection.dialect.name, orders)
        .values(
            number=number,
            customer=order.customer,
            reference=order.reference,
            state=OrderState.QUOTATION,
            net=net,
            tax=tax,
            total=net + tax,
            ordered_at=now(),
        )
        .on_conflict_do_nothing()
        .returning(orders.c.number)
    )
    return work.connection.execute(statement).first() is not None


@service
def insert_lines(work: Work, number: str, lines: Sequence[PricedLine]) -> None:
    """Write the order's lines."""
    work.connection.execute(
        insert(order_lines),
        [
            {
                "order_no": number,
                "line": place,
                "item": line.item,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "tax_rate": line.tax_rate,
                "net": line.net,
                "shipped": Decimal(0),
            }
            for place, line in enumerate(lines, start=1)
        ],
    )


@service
def priced_lines(work: Work, lines: Sequence[NewOrderLine]) -> list[PricedLine]:
    """Check what is ordered, convert it to stock units and price it."""
    if not lines:
        raise Refused(Reason.QUANTITY, "An order needs at least one line.")
    priced = [priced_line(master.item(work, line.item), line) for line in lines]
    check_total(sum((line.net for line in priced), Decimal(0)))
    return priced


@service
def priced_line(item: Row[Any], line: NewOrderLine) -> PricedLine:
    """Price one line; net is rounded once, on the whole line."""
    quantity = units.to_stock(item, line.quantity, line.unit)
    units.check_quantity(item, quantity)
    price = unit_price(item, line)
    if price < 0:
        raise Refused(Reason.QUANTITY, f"Price {price} of {line.item}: expected at least 0.")
    net = units.round_money(quantity * price)
    return PricedLine(line.item, quantity, price, item.tax_rate, net)


@service
def unit_price(item: Row[Any], line: NewOrderLine) -> Decimal:
    """Return the price of one stock unit."""
    if line.unit_price is None:
        return Decimal(item.price)
    return units.written((line.unit_price / units.factor(item, line.unit)).quantize(Decimal("1e-8")), 2)


@service
def check_total(net: Decimal) -> None:
    """Refuse an order nobody can mean."""
    if net >= ABSURD:
        raise Refused(Reason.QUANTITY, f"An order of {net}: expected less than {ABSURD}.")


@service
def totals(lines: Sequence[PricedLine]) -> tuple[Decimal, Decimal]:
    """Return net and tax of an order."""
    return sum((line.net for line in lines), Decimal("0.00")), units.tax_of((line.tax_rate, line.net) for line in lines)


@service
def confirm(work: Work, number: str) -> None:
    """Turn a quotation into an order."""
    order = documents.lock(work, "order", number)
    refuse_state(order, OrderState.QUOTATION)
    check_still_may_buy(work, order)
    documents.change_state(work, "order", number, "confirm", order.state, OrderState.CONFIRMED)
    jobs.send_message(work, "customer.order", number, json.dumps({"order": number, "state": OrderState.CONFIRMED}))


@service
def amend(work: Work, number: str, lines: Sequence[NewOrderLine]) -> None:
    """Replace the lines of an order nothing of which is planned or shipped."""
    order = documents.lock(work, "order", number)
    refuse_state(order, OrderState.QUOTATION, OrderState.CONFIRMED)
    if progress.open_shipments(work, number):
        raise Refused(Reason.STATE, f"Order {number} has planned shipments.")
    check_still_may_buy(work, order)
    priced = priced_lines(work, lines)
    net, tax = totals(priced)
    work.connection.execute(delete(order_lines).where(order_lines.c.order_no == number))
    insert_lines(work, number, priced)
    documents.change_state(work, "order", number, "amend", order.state, order.state, net=net, tax=tax, total=net + tax)


@service
def cancel(work: Work, number: str) -> None:
    """Cancel an order nothing of which has shipped, and its planned shipments with it."""
    order = documents.lock(work, "order", number)
    refuse_state(order, OrderState.QUOTATION, OrderState.CONFIRMED)
    for shipment in progress.open_shipments(work, number):
        outbound.free(work, documents.lock(work, "shipment", shipment))
    documents.change_state(work, "order", number, "cancel", order.state, OrderState.CANCELLED)


@service
def check_still_may_buy(work: Work, order: Row[Any]) -> None:
    """Refuse to go on with an order whose customer may not buy any more."""
    master.check_may_buy(master.customer(work, order.customer))


@service
def refuse_state(order: Row[Any], *allowed: OrderState) -> None:
    """Refuse where the order is in none of the allowed states."""
    if order.state not in allowed:
        raise Refused(Reason.STATE, f"Order {order.number} is {order.state}: expected {' or '.join(allowed)}.")


@service
def read(work: Work, number: str) -> tuple[SalesOrder, int]:
    """Read an order and its version."""
    order = work.connection.execute(select(orders).where(orders.c.number == number)).one_or_none()
    if order is None:
        raise Refused(Reason.UNKNOWN, f"There is no order {number}.")
    rows = work.connection.execute(select(order_lines).where(order_lines.c.order_no == number).order_by(order_lines.c.line))
    lines = tuple(
        OrderLine(
            line=row.line,
            item=row.item,
            quantity=row.quantity,
            unit_price=row.unit_price,
            tax_rate=row.tax_rate,
            net=row.net,
            shipped=row.shipped,
        )
        for row in rows
    )
    return SalesOrder(
        number=order.number,
        customer=order.customer,
        reference=order.reference,
        state=OrderState(order.state),
        lines=lines,
        net=order.net,
        tax=order.tax,
        total=order.total,
    ), order.version


@service
def page(work: Work, customer: str | None, reference: str | None, limit: int, after: str | None) -> Sequence[str]:
    """Return numbers of orders after a number, oldest first: all, or those of a customer, with a reference."""
    # Numbers grow; as texts only those of one length are in order.
    found = select(orders.c.number).order_by(func.length(orders.c.number), orders.c.number).limit(limit)
    if customer is not None:
        found = found.where(orders.c.customer == customer)
    if reference is not None:
        found = found.where(orders.c.reference == reference)
    if after is not None:
        found = found.where(tuple_(func.length(orders.c.number), orders.c.number) > (len(after), after))
    return work.connection.execute(found).scalars().all()
