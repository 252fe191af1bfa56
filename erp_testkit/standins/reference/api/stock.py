"""Receipts, transfers, counts, what is on hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Body, Response

from erp_testkit.domain.documents import OnHand
from erp_testkit.standins.reference.api.calling import Number, Reading, Writer, answered, area, refusals, writer
from erp_testkit.standins.reference.api.documents import CountLines, NewReceipt, Pick
from erp_testkit.standins.reference.services import counting, places, receiving, stock
from erp_testkit.standins.reference.values import Code, Day

router = area("Stock")
Storing = Annotated[Writer, writer("stock")]


@router.post("/receipts", response_model=Number, status_code=201)
def receive(receipt: NewReceipt, caller: Storing) -> Response:
    """Book a goods receipt into the main bin."""
    return caller.number(lambda work: receiving.receive(work, receipt))


@router.post("/transfers", response_model=Number, status_code=201)
def transfer(pick: Annotated[Pick, Body()], to_bin: Annotated[Code, Body()], caller: Storing) -> Response:
    """Move stock between saleable bins."""
    return caller.number(lambda work: stock.transfer(work, pick, to_bin))


@router.post("/counts", response_model=Number, status_code=201)
def count(lines: CountLines, caller: Storing) -> Response:
    """Book what a stock count found."""
    return caller.number(lambda work: counting.count(work, lines))


@router.get("/bins", response_model=list[str])
def bins(caller: Reading) -> Response:  # noqa: ARG001  # who asks is checked
    """Return the bins for saleable stock, the main bin first."""
    return answered(places.STOCK_BINS)


@router.get("/on-hand", response_model=Sequence[OnHand], responses=refusals(404))
def on_hand(item: Code, caller: Reading, on: Day | None = None) -> Response:
    """Return stock of an item, now or at the end of a past day."""
    return caller.read(lambda work: stock.read(work, item, on))
