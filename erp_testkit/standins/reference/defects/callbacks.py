"""Defects of taking what partner systems send: messages that come again, late, early, half, or as a former version had them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from starlette.types import Receive

from erp_testkit.domain.documents import ShipmentState
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.schema import messages, shipments
from erp_testkit.standins.reference.services import confirmations, documents
from erp_testkit.standins.reference.services.clock import now
from erp_testkit.standins.reference.services.confirmations import Record
from erp_testkit.standins.reference.services.work import User, Work

_LONG_ENOUGH = 0.05
"""Seconds between looking and writing in which the same message comes once more."""


def _written_down(work: Work, channel: str, number: str, document: str, body: str) -> None:
    values = {"number": number, "channel": channel, "direction": "in", "document": document, "state": "received", "at": now(), "body": body}
    work.connection.execute(insert(messages).values(values))


@defect("callback-not-known-again", wraps="messages.first_time", weakens=("message_unique",))
def callback_not_known_again(_original: Original, work: Work, channel: str, number: str, document: str, body: str) -> bool:
    """Numbers of messages are kept, and not looked at: what comes again is taken for new."""
    _written_down(work, channel, number, document, body)
    return True


@defect("callbacks-at-once-both-taken", wraps="messages.first_time", weakens=("message_unique",))
def callbacks_at_once_both_taken(_original: Original, work: Work, channel: str, number: str, document: str, body: str) -> bool:
    """The number of a message is looked up and then written in two steps: of two that come at the same moment, both are taken for new."""
    same = (messages.c.channel == channel, messages.c.direction == "in", messages.c.number == number)
    if work.connection.execute(select(messages.c.id).where(*same)).first() is not None:
        return False
    time.sleep(_LONG_ENOUGH)
    _written_down(work, channel, number, document, body)
    return True


@defect("message-number-stands-for-content", wraps="messages.check_same")
def message_number_stands_for_content(_original: Original, _work: Work, _channel: str, _number: str, _body: str) -> None:
    """Another message under a number that is taken is acknowledged as if it were the first, and lost."""


@defect("anybody-may-call-back", wraps="access.require")
def anybody_may_call_back(original: Original, user: User, permission: str) -> None:
    """Where partner systems report, it is asked that somebody is signed in, and not who: anybody can book what they please."""
    if permission != "callback":
        original(user, permission)


@defect("callback-not-audited", wraps="messages.receive")
def callback_not_audited(
    original: Original, work: Work, channel: str, number: str, document: str, body: Mapping[str, Any], action: Callable[[], None]
) -> None:
    """What partner systems change leaves no entry in the audit trail: only people were thought of."""
    original(work, channel, number, document, body, action)
    work.trail.clear()


@defect("callback-taken-before-it-is-done", wraps="messages.receive")
def callback_taken_before_it_is_done(
    original: Original, work: Work, channel: str, number: str, document: str, body: Mapping[str, Any], action: Callable[[], None]
) -> None:
    """A callback the business does not allow is acknowledged all the same, and never comes again."""
    try:
        original(work, channel, number, document, body, action)
    except Refused as refused:
        if refused.reason != Reason.STATE:
            raise


@defect("proof-before-shipping", wraps="outbound.prove")
def proof_before_shipping(original: Original, work: Work, number: str, receiver: str, at: datetime) -> None:
    """A proof of delivery is taken for a shipment that has not left yet: nobody looks at its state."""
    shipment = documents.lock(work, "shipment", number)
    if shipment.state != ShipmentState.PLANNED:
        original(work, number, receiver, at)
        return
    documents.change_state(
        work, "shipment", number, "prove delivery", shipment.state, ShipmentState.DELIVERED, delivered_at=at, receiver=receiver
    )


@defect("late-callback-overwrites", wraps="outbound.ship_as_of")
def late_callback_overwrites(original: Original, work: Work, number: str, at: datetime) -> None:
    """The warehouse's word that a shipment has left is written over what is known, though the shipment left long before."""
    if documents.lock(work, "shipment", number).state == ShipmentState.PLANNED:
        original(work, number, at)
        return
    work.connection.execute(update(shipments).where(shipments.c.number == number).values(shipped_at=at, state=ShipmentState.SHIPPED))


@defect("old-version-in-local-time", wraps="partners.left_at")
def old_version_in_local_time(original: Original, message: Any) -> datetime:
    """Messages of the first version count as having come by the clock on the wall in Shanghai, and that is read as UTC."""
    left: datetime = original(message)
    return left + timedelta(hours=8) if message.version == "1" else left


@defect("old-version-forgotten", wraps="partners.version_of")
def old_version_forgotten(original: Original, message: Any) -> Any:
    """A message that names no version is read as one of the newest, and refused for what it lacks."""
    return original({"version": "2", **message} if isinstance(message, dict) else message)


@defect("unknown-version-guessed", wraps="partners.version_of")
def unknown_version_guessed(original: Original, message: Any) -> Any:
    """A message of a version nobody knows is read as one of the first."""
    if isinstance(message, dict) and message.get("version") not in ("1", "2"):
        message["version"] = "1"
    return original(message)


@defect("new-column-refused", wraps="confirmations.parse")
def new_column_refused(original: Original, text: str) -> Sequence[Record]:
    """A confirmation with one column more than we know is refused: the warehouse's next release stops all shipments."""
    records: Sequence[Record] = original(text)
    if len(records[0]) > len(confirmations.COLUMNS):
        raise Refused(Reason.OTHER, f"Confirmation: expected {len(confirmations.COLUMNS)} columns, got {len(records[0])}.")
    return records


@defect("short-row-read", wraps="confirmations.parse_row")
def short_row_read(_original: Original, header: Sequence[str], _place: int, row: Sequence[str]) -> Record:
    """Nobody counts the values of a row: one that is cut off ends in an error nobody handles."""
    return dict(zip(header, row, strict=False))


@defect("cut-off-file-taken", wraps="guard.whole_body")
async def cut_off_file_taken(_original: Original, receive: Receive) -> bytes:
    """A body that ends because the connection was cut is taken for whole."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)
