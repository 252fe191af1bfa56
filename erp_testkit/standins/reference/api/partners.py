"""Interfaces to partner systems: webhooks out, callbacks in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Body, Depends, Query, Response
from fastapi import Request as HttpRequest
from pydantic import Discriminator, HttpUrl, Tag

from erp_testkit.domain.documents import Direction
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.api.calling import Limit, Nothing, Number, Reading, Writer, area, writer
from erp_testkit.standins.reference.services import confirmations, messages, outbound
from erp_testkit.standins.reference.services.clock import now
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Work
from erp_testkit.standins.reference.values import Code, Key, Moment, Name, Secret

router = area("Partner systems")
Integrating = Annotated[Writer, writer("integrate")]
CallingBack = Annotated[Writer, writer("callback")]
Version = Annotated[Literal["1", "2"], Body(description="Version of the message.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class HasLeft1:
    """A shipment has left, as version 1 says it."""

    message: Key
    shipment: Code
    version: Literal["1"] = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class HasLeft2:
    """A shipment has left, as version 2 says it."""

    message: Key
    shipment: Code
    at: Moment
    version: Literal["2"]


@service
def version_of(message: Any) -> Any:
    """Return the version a message says it is of; before there were versions it said none."""
    return message.get("version", "1") if isinstance(message, dict) else message


_BY_VERSION = Discriminator(version_of, custom_error_type="version", custom_error_message="expected a message of version '1' or '2'")
HasLeft = Annotated[Annotated[HasLeft1, Tag("1")] | Annotated[HasLeft2, Tag("2")], Body(), _BY_VERSION]


@service
def left_at(message: HasLeft1 | HasLeft2) -> datetime:
    """Return when the goods left; where the message does not say, they have just left."""
    return message.at if isinstance(message, HasLeft2) else now()


CSV: dict[str, Any] = {
    "required": True,
    "content": {
        "text/csv": {
            "schema": {"type": "string", "pattern": f"^{','.join(confirmations.COLUMNS)}\\r\\n"},
            "example": f"{','.join(confirmations.COLUMNS)}\r\nWMS-1,SH-7,1,IT-1,L-2601,,2027-06-30,3,2026-11-23T09:30:00Z\r\n",
        }
    },
}


async def csv_text(http: HttpRequest) -> str:
    """Return a body of comma-separated values as text."""
    if http.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
        raise Refused(Reason.OTHER, "A confirmation is text/csv.")
    try:
        text = (await http.body()).decode()
    except UnicodeDecodeError as error:
        raise Refused(Reason.OTHER, f"A confirmation is UTF-8: byte {error.start} is none.") from error
    if "\x00" in text:
        raise Refused(Reason.OTHER, "A confirmation holds no NUL characters.")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageState:
    """A message to or from a partner system."""

    id: int
    number: str
    channel: str
    direction: Direction
    document: str
    state: str
    at: datetime


@router.post("/webhooks", response_model=Number, status_code=201)
def subscribe(
    url: Annotated[HttpUrl, Body()], secret: Annotated[Secret, Body()], channel: Annotated[Code, Body()], caller: Integrating
) -> Response:
    """Have the messages of a channel sent to an address, signed with HMAC-SHA256 in `X-Signature-SHA256`."""
    return caller.number(lambda work: str(messages.subscribe(work, str(url), secret, channel)))


@router.delete("/webhooks", response_model=Nothing)
def unsubscribe(url: HttpUrl, caller: Integrating) -> Response:
    """Send nothing to an address any more."""
    return caller.done(lambda work: messages.unsubscribe(work, str(url)))


@router.get("/messages", response_model=list[MessageState])
def page(
    caller: Reading,
    document: Code | None = None,
    channel: Code | None = None,
    limit: Limit = 100,
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="`id` of the last message of the page before.")] = 0,
) -> Response:
    """Return messages, oldest first: all, or those of a document, of a channel.

    A page shorter than `limit` is the last one.
    """
    return caller.look(lambda connection: messages.page(connection, document, channel, limit, after))


@router.post("/callbacks/wms/shipments", response_model=Nothing)
def wms_shipped(left: HasLeft, caller: CallingBack) -> Response:
    """Take the warehouse system's word that a planned shipment has left; the same message again changes nothing.

    Version 2 says when it left (`at`), version 1 does not. Fields a version does not know are ignored.
    """
    shipment, content = left.shipment, {"shipment": left.shipment}
    if isinstance(left, HasLeft2):
        content["at"] = left.at.isoformat()

    def ship(work: Work) -> None:
        outbound.ship_as_of(work, shipment, left_at(left))

    return caller.done(lambda work: messages.receive(work, "wms.shipped", left.message, shipment, content, lambda: ship(work)))


@router.post("/callbacks/wms/confirmations", response_model=Nothing, openapi_extra={"requestBody": CSV})
def wms_confirmation(content: Annotated[str, Depends(csv_text)], caller: CallingBack) -> Response:
    """Take the warehouse system's confirmation: the planned shipment leaves, and its delivery note says what was confirmed.

    One row a shipment line. Lots and serial numbers that do not exist are empty, times have a zone. A confirmation that does not fit the
    planned shipment is refused and changes nothing; the same message again changes nothing. Columns we do not know are ignored.
    """
    return caller.done(lambda work: confirmations.receive(work, content))


@router.post("/callbacks/carrier/deliveries", response_model=Nothing)
def carrier_delivered(
    message: Annotated[Key, Body()],
    shipment: Annotated[Code, Body()],
    receiver: Annotated[Name, Body()],
    at: Annotated[Moment, Body()],
    caller: CallingBack,
    version: Version = "1",  # noqa: ARG001  # both are the same
) -> Response:
    """Take the carrier's proof of delivery; the same message again changes nothing.

    Before the shipment has left it is refused, and may be sent again later. Versions 1 and 2 are the same. Fields we do not know are
    ignored.
    """
    content = {"shipment": shipment, "receiver": receiver, "at": at.isoformat()}
    return caller.done(
        lambda work: messages.receive(
            work, "carrier.delivered", message, shipment, content, lambda: outbound.prove(work, shipment, receiver, at)
        )
    )
