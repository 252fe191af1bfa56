"""Quotations and orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Response

from erp_testkit.domain.documents import NewOrder, NewOrderLine, SalesOrder
from erp_testkit.standins.reference.api.calling import Nothing, Number, Reading, Writer, area, writer
from erp_testkit.standins.reference.services import sales

router = area("Sales")
Selling = Annotated[Writer, writer("sell")]


@router.post("/orders", response_model=Number, status_code=201)
def quote(order: NewOrder, caller: Selling) -> Response:
    """Enter a quotation; a second sending of a customer's reference answers with the first number."""
    return caller.number(lambda work: sales.quote(work, order))


@router.get("/orders", response_model=Sequence[str])
def with_reference(customer: str, reference: str, caller: Reading) -> Response:
    """Return the numbers of a customer's orders that carry a reference."""
    return caller.read(lambda work: sales.with_reference(work, customer, reference))


@router.get("/orders/{number}", response_model=SalesOrder)
def read(number: str, caller: Reading) -> Response:
    """Read an order; its version is in `ETag`."""
    return caller.versioned(lambda work: sales.read(work, number))


@router.post("/orders/{number}/confirm", response_model=Nothing)
def confirm(number: str, caller: Selling) -> Response:
    """Turn a quotation into an order."""
    return caller.done(lambda work: sales.confirm(work, number))


@router.put("/orders/{number}/lines", response_model=Nothing)
def amend(number: str, lines: Sequence[NewOrderLine], caller: Selling) -> Response:
    """Replace the lines of an order nothing of which is planned or shipped."""
    return caller.done(lambda work: sales.amend(work, number, lines))


@router.post("/orders/{number}/cancel", response_model=Nothing)
def cancel(number: str, caller: Selling) -> Response:
    """Cancel an order nothing of which has shipped."""
    return caller.done(lambda work: sales.cancel(work, number))
