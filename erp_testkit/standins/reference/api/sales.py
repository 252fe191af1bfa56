"""Quotations and orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Response

from erp_testkit.domain.documents import SalesOrder
from erp_testkit.standins.reference.api.calling import (
    VERSIONED,
    Limit,
    Nothing,
    Number,
    Reading,
    Writer,
    area,
    changer,
    leads_to,
    writer,
)
from erp_testkit.standins.reference.api.documents import NewOrder, OrderLines
from erp_testkit.standins.reference.services import sales
from erp_testkit.standins.reference.values import Code, PathCode, Reference

router = area("Sales")
Changing = Annotated[Writer, changer("sell")]

_NEW = leads_to(
    201,
    "$response.body#/number",
    sales_read="number",
    sales_confirm="number",
    sales_cancel="number",
    outbound_propose="number",
    outbound_plan="number",
)


@router.post("/orders", response_model=Number, status_code=201, responses=_NEW)
def quote(order: NewOrder, caller: Annotated[Writer, writer("sell")]) -> Response:
    """Enter a quotation; a second sending of a customer's reference answers with the first number."""
    return caller.number(lambda work: sales.quote(work, order))


@router.get("/orders", response_model=Sequence[str])
def page(
    caller: Reading,
    customer: Code | None = None,
    reference: Reference | None = None,
    limit: Limit = 100,
    after: Annotated[Code | None, Query(description="Last number of the page before.")] = None,
) -> Response:
    """Return numbers of orders, oldest first: all, or those of a customer, with a reference.

    A page shorter than `limit` is the last one.
    """
    return caller.read(lambda work: sales.page(work, customer, reference, limit, after))


@router.get("/orders/{number}", response_model=SalesOrder, responses=VERSIONED)
def read(number: PathCode, caller: Reading) -> Response:
    """Read an order; its version is in `ETag`."""
    return caller.versioned(lambda work: sales.read(work, number))


@router.post("/orders/{number}/confirm", response_model=Nothing)
def confirm(number: PathCode, caller: Changing) -> Response:
    """Turn a quotation into an order."""
    return caller.done(lambda work: sales.confirm(work, number))


@router.put("/orders/{number}/lines", response_model=Nothing)
def amend(number: PathCode, lines: OrderLines, caller: Changing) -> Response:
    """Replace the lines of an order nothing of which is planned or shipped."""
    return caller.done(lambda work: sales.amend(work, number, lines))


@router.post("/orders/{number}/cancel", response_model=Nothing)
def cancel(number: PathCode, caller: Changing) -> Response:
    """Cancel an order nothing of which has shipped."""
    return caller.done(lambda work: sales.cancel(work, number))
