"""Customer returns."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, Response

from erp_testkit.domain.documents import Credit, Disposition
from erp_testkit.standins.reference.api.calling import VERSIONED, Nothing, Number, Reading, Writer, area, changer, leads_to, writer
from erp_testkit.standins.reference.api.documents import NewReturn, Picks, ReturnOrder
from erp_testkit.standins.reference.services import returns
from erp_testkit.standins.reference.values import PathCode

router = area("Returns")

_NEW = leads_to(
    201,
    "$response.body#/number",
    returns_read="number",
    returns_receive="number",
    returns_exchange="number",
    returns_credit="number",
)
_EXCHANGED = leads_to(201, "$response.body#/number", outbound_read="number", outbound_ship="number", outbound_cancel="number")


@router.post("/returns", response_model=Number, status_code=201, responses=_NEW)
def open_return(request: NewReturn, caller: Annotated[Writer, writer("open return")]) -> Response:
    """Announce a return."""
    return caller.number(lambda work: returns.open_return(work, request))


@router.get("/returns/{number}", response_model=ReturnOrder, responses=VERSIONED)
def read(number: PathCode, caller: Reading) -> Response:
    """Read a return; its version is in `ETag`."""
    return caller.versioned(lambda work: returns.read(work, number))


@router.post("/returns/{number}/receive", response_model=Nothing)
def receive(number: PathCode, caller: Annotated[Writer, changer("receive return")]) -> Response:
    """Take the goods back, into quarantine."""
    return caller.done(lambda work: returns.receive_return(work, number))


@router.post("/returns/{number}/lines/{line}/inspection", response_model=Nothing)
def inspect(
    number: PathCode, line: int, disposition: Annotated[Disposition, Body(embed=True)], caller: Annotated[Writer, changer("inspect")]
) -> Response:
    """Decide one line."""
    return caller.done(lambda work: returns.inspect(work, number, line, disposition))


@router.post("/returns/{number}/exchange", response_model=Number, status_code=201, responses=_EXCHANGED)
def exchange(number: PathCode, picks: Picks, caller: Annotated[Writer, changer("ship")]) -> Response:
    """Plan the replacement for a received return."""
    return caller.number(lambda work: returns.exchange(work, number, picks))


@router.post("/returns/{number}/credit", response_model=Credit, status_code=201)
def credit(number: PathCode, caller: Annotated[Writer, changer("credit")]) -> Response:
    """Write the credit note of a received return."""
    return caller.perform(lambda work: returns.credit(work, number), 201)
