"""Planning, shipping, proof of delivery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Body, Response

from erp_testkit.domain.documents import DeliveryNote
from erp_testkit.standins.reference.api.calling import VERSIONED, Nothing, Number, Reading, Writer, area, changer, leads_to
from erp_testkit.standins.reference.api.documents import Pick, Picks, Shipment
from erp_testkit.standins.reference.services import notes, outbound
from erp_testkit.standins.reference.values import Moment, Name, PathCode

router = area("Outbound")
Shipping = Annotated[Writer, changer("ship")]

_NEW = leads_to(
    201,
    "$response.body#/number",
    outbound_read="number",
    outbound_ship="number",
    outbound_cancel="number",
    outbound_prove="number",
    outbound_delivery_note="number",
)


@router.get("/orders/{number}/proposal", response_model=Sequence[Pick])
def propose(number: PathCode, caller: Reading) -> Response:
    """Propose what to pick for the open quantity of an order, first expired first out."""
    return caller.read(lambda work: outbound.propose(work, number))


@router.post("/orders/{number}/shipments", response_model=Number, status_code=201, responses=_NEW)
def plan(number: PathCode, picks: Picks, caller: Shipping) -> Response:
    """Plan a shipment and reserve what it carries."""
    return caller.number(lambda work: outbound.plan(work, number, picks))


@router.get("/shipments/{number}", response_model=Shipment, responses=VERSIONED)
def read(number: PathCode, caller: Reading) -> Response:
    """Read a shipment; its version is in `ETag`."""
    return caller.versioned(lambda work: outbound.read(work, number))


@router.post("/shipments/{number}/ship", response_model=Nothing)
def ship(number: PathCode, caller: Shipping) -> Response:
    """Let the planned goods leave."""
    return caller.done(lambda work: outbound.ship(work, number))


@router.post("/shipments/{number}/cancel", response_model=Nothing)
def cancel(number: PathCode, caller: Shipping) -> Response:
    """Cancel a planned shipment and free what it reserved."""
    return caller.done(lambda work: outbound.cancel(work, number))


@router.post("/shipments/{number}/proof", response_model=Nothing)
def prove(number: PathCode, receiver: Annotated[Name, Body()], at: Annotated[Moment, Body()], caller: Shipping) -> Response:
    """Record who signed and when."""
    return caller.done(lambda work: outbound.prove(work, number, receiver, at))


@router.get("/shipments/{number}/delivery-note", response_model=DeliveryNote)
def delivery_note(number: PathCode, caller: Reading) -> Response:
    """Read the delivery note of a shipment that has left."""
    return caller.look(lambda connection: notes.read(connection, number))
