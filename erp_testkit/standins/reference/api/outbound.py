"""Planning, shipping, proof of delivery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Body, Response
from pydantic import AwareDatetime

from erp_testkit.domain.documents import DeliveryNote, Pick, Shipment
from erp_testkit.standins.reference.api.calling import Nothing, Number, Reading, Writer, area, writer
from erp_testkit.standins.reference.services import notes, outbound

router = area("Outbound")
Shipping = Annotated[Writer, writer("ship")]


@router.get("/orders/{number}/proposal", response_model=Sequence[Pick])
def propose(number: str, caller: Reading) -> Response:
    """Propose what to pick for the open quantity of an order, first expired first out."""
    return caller.read(lambda work: outbound.propose(work, number))


@router.post("/orders/{number}/shipments", response_model=Number, status_code=201)
def plan(number: str, picks: Sequence[Pick], caller: Shipping) -> Response:
    """Plan a shipment and reserve what it carries."""
    return caller.number(lambda work: outbound.plan(work, number, picks))


@router.get("/shipments/{number}", response_model=Shipment)
def read(number: str, caller: Reading) -> Response:
    """Read a shipment; its version is in `ETag`."""
    return caller.versioned(lambda work: outbound.read(work, number))


@router.post("/shipments/{number}/ship", response_model=Nothing)
def ship(number: str, caller: Shipping) -> Response:
    """Let the planned goods leave."""
    return caller.done(lambda work: outbound.ship(work, number))


@router.post("/shipments/{number}/cancel", response_model=Nothing)
def cancel(number: str, caller: Shipping) -> Response:
    """Cancel a planned shipment and free what it reserved."""
    return caller.done(lambda work: outbound.cancel(work, number))


@router.post("/shipments/{number}/proof", response_model=Nothing)
def prove(number: str, receiver: Annotated[str, Body()], at: Annotated[AwareDatetime, Body()], caller: Shipping) -> Response:
    """Record who signed and when."""
    return caller.done(lambda work: outbound.prove(work, number, receiver, at))


@router.get("/shipments/{number}/delivery-note", response_model=DeliveryNote)
def delivery_note(number: str, caller: Reading) -> Response:
    """Read the delivery note of a shipment that has left."""
    return caller.look(lambda connection: notes.read(connection, number))
