"""Customer returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Body, Response

from erp_testkit.domain.documents import Credit, Disposition, NewReturn, Pick, ReturnOrder
from erp_testkit.standins.reference.api.calling import Nothing, Number, Reading, Writer, area, writer
from erp_testkit.standins.reference.services import returns

router = area("Returns")


@router.post("/returns", response_model=Number, status_code=201)
def open_return(request: NewReturn, caller: Annotated[Writer, writer("open return")]) -> Response:
    """Announce a return."""
    return caller.number(lambda work: returns.open_return(work, request))


@router.get("/returns/{number}", response_model=ReturnOrder)
def read(number: str, caller: Reading) -> Response:
    """Read a return; its version is in `ETag`."""
    return caller.versioned(lambda work: returns.read(work, number))


@router.post("/returns/{number}/receive", response_model=Nothing)
def receive(number: str, caller: Annotated[Writer, writer("receive return")]) -> Response:
    """Take the goods back, into quarantine."""
    return caller.done(lambda work: returns.receive_return(work, number))


@router.post("/returns/{number}/lines/{line}/inspection", response_model=Nothing)
def inspect(
    number: str, line: int, disposition: Annotated[Disposition, Body(embed=True)], caller: Annotated[Writer, writer("inspect")]
) -> Response:
    """Decide one line."""
    return caller.done(lambda work: returns.inspect(work, number, line, disposition))


@router.post("/returns/{number}/exchange", response_model=Number, status_code=201)
def exchange(number: str, picks: Sequence[Pick], caller: Annotated[Writer, writer("ship")]) -> Response:
    """Plan the replacement for a received return."""
    return caller.number(lambda work: returns.exchange(work, number, picks))


@router.post("/returns/{number}/credit", response_model=Credit, status_code=201)
def credit(number: str, caller: Annotated[Writer, writer("credit")]) -> Response:
    """Write the credit note of a received return."""
    return caller.perform(lambda work: returns.credit(work, number), 201)
