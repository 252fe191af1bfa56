"""Defects of orders, prices and customers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any

from sqlalchemy import Row, select

from erp_testkit.domain.documents import NewOrderLine, OrderState
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.services import documents, units
from erp_testkit.standins.reference.services.sales import PricedLine
from erp_testkit.standins.reference.services.work import Work

_LONG_ENOUGH = 0.05
"""Seconds between looking and writing in which a second person looks too."""


@defect("order-entered-twice", wraps="sales.order_with_reference", weakens=("order_reference_unique",))
def order_entered_twice(_original: Original, _work: Work, _customer: str, _reference: str) -> None:
    """Nobody looks whether the customer's order number was entered before."""


@defect("box-ordered-as-piece", wraps="units.factor")
def box_ordered_as_piece(original: Original, item: Row[Any], unit: str) -> Decimal:
    """A pack counts as one stock unit: the conversion was never maintained."""
    original(item, unit)
    return Decimal(1)


@defect("negative-quantity-ordered", wraps="units.check_quantity", weakens=("shipped_within_ordered",))
def negative_quantity_ordered(original: Original, item: Row[Any], quantity: Decimal) -> None:
    """The sign is lost before the check."""
    original(item, abs(quantity))


@defect("list-price-instead-of-agreed", wraps="sales.unit_price")
def list_price_instead_of_agreed(_original: Original, item: Row[Any], _line: NewOrderLine) -> Decimal:
    """An order takes the list price, whatever was agreed."""
    return Decimal(item.price)


@defect("tax-rounded-per-piece", wraps="sales.totals")
def tax_rounded_per_piece(original: Original, lines: Sequence[PricedLine]) -> tuple[Decimal, Decimal]:
    """Tax is rounded for one piece and multiplied."""
    net, _ = original(lines)
    return net, sum((units.round_money(line.unit_price * line.tax_rate) * line.quantity for line in lines), Decimal("0.00"))


@defect("cents-cut-off", wraps="units.round_money")
def cents_cut_off(_original: Original, amount: Decimal) -> Decimal:
    """Amounts are cut off after the cents instead of rounded."""
    return amount.quantize(Decimal("0.01"), ROUND_DOWN)


@defect("amended-order-keeps-its-total", wraps="documents.change_state")
def amended_order_keeps_its_total(
    original: Original, work: Work, kind: str, number: str, action: str, before: str, after: str, **values: object
) -> None:
    """Changing an order writes its new lines, but not its new total."""
    original(work, kind, number, action, before, after, **({} if action == "amend" else values))


@defect("cancelled-order-keeps-its-shipments", wraps="progress.open_shipments")
def cancelled_order_keeps_its_shipments(_original: Original, _work: Work, _number: str) -> Sequence[str]:
    """An order does not know its planned shipments: they stay when it is cancelled or changed."""
    return ()


@defect("shipped-order-counts-as-open", wraps="sales.refuse_state")
def shipped_order_counts_as_open(original: Original, order: Row[Any], *allowed: OrderState) -> None:
    """An order of which goods have left can still be cancelled and changed."""
    left = (OrderState.PARTLY_SHIPPED, OrderState.SHIPPED) if OrderState.CONFIRMED in allowed else ()
    original(order, *allowed, *left)


@defect("part-delivery-closes-the-order", wraps="progress.update_progress")
def part_delivery_closes_the_order(_original: Original, work: Work, order: Row[Any]) -> None:
    """The first shipment sets the order to shipped, whatever is still to come."""
    if order.state != OrderState.SHIPPED:
        documents.change_state(work, "order", order.number, "ship", order.state, OrderState.SHIPPED)


@defect("document-not-locked", wraps="documents.lock")
def document_not_locked(original: Original, work: Work, kind: str, number: str) -> Row[Any]:
    """A document is read without a lock: two people at the same moment both find it in its old state."""
    table = documents.TABLES[kind]
    row = work.connection.execute(select(table).where(table.c.number == number)).one_or_none()
    time.sleep(_LONG_ENOUGH)
    return original(work, kind, number) if row is None else row


@defect("licence-not-checked-again", wraps="sales.check_still_may_buy")
def licence_not_checked_again(_original: Original, _work: Work, _order: Row[Any]) -> None:
    """The licence is looked at for the quotation only, not when the order is confirmed."""


@defect("blocked-customer-buys", wraps="master.check_not_blocked")
def blocked_customer_buys(_original: Original, _customer: Row[Any]) -> None:
    """The block of a customer is not looked at."""
