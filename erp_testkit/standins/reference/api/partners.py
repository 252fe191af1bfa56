"""Interfaces to partner systems: webhooks out, callbacks in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Body, Response
from pydantic import AnyHttpUrl, AwareDatetime

from erp_testkit.standins.reference.api.calling import Nothing, Number, Reading, Writer, area, writer
from erp_testkit.standins.reference.services import messages, outbound

router = area("Partner systems")
Integrating = Annotated[Writer, writer("integrate")]
CallingBack = Annotated[Writer, writer("callback")]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageState:
    """A message to or from a partner system."""

    number: str
    channel: str
    direction: str
    state: str
    at: datetime


@router.post("/webhooks", response_model=Number, status_code=201)
def subscribe(
    url: Annotated[AnyHttpUrl, Body()], secret: Annotated[str, Body()], channel: Annotated[str, Body()], caller: Integrating
) -> Response:
    """Have the messages of a channel sent to an address, signed with HMAC-SHA256 in `X-Signature-SHA256`."""
    return caller.number(lambda work: str(messages.subscribe(work, str(url), secret, channel)))


@router.delete("/webhooks", response_model=Nothing)
def unsubscribe(url: AnyHttpUrl, caller: Integrating) -> Response:
    """Send nothing to an address any more."""
    return caller.done(lambda work: messages.unsubscribe(work, str(url)))


@router.get("/messages", response_model=list[MessageState])
def of_document(document: str, caller: Reading) -> Response:
    """Return the messages of a document, oldest first."""
    return caller.look(lambda connection: messages.of_document(connection, document))


@router.post("/callbacks/wms/shipments", response_model=Nothing)
def wms_shipped(message: Annotated[str, Body()], shipment: Annotated[str, Body()], caller: CallingBack) -> Response:
    """Take the warehouse system's word that a planned shipment has left; the same message again changes nothing."""
    content = {"shipment": shipment}
    return caller.done(
        lambda work: messages.receive(work, "wms.shipped", message, shipment, content, lambda: outbound.ship(work, shipment))
    )


@router.post("/callbacks/carrier/deliveries", response_model=Nothing)
def carrier_delivered(
    message: Annotated[str, Body()],
    shipment: Annotated[str, Body()],
    receiver: Annotated[str, Body()],
    at: Annotated[AwareDatetime, Body()],
    caller: CallingBack,
) -> Response:
    """Take the carrier's proof of delivery; the same message again changes nothing."""
    content = {"shipment": shipment, "receiver": receiver, "at": at.isoformat()}
    return caller.done(
        lambda work: messages.receive(
            work, "carrier.delivered", message, shipment, content, lambda: outbound.prove(work, shipment, receiver, at)
        )
    )
