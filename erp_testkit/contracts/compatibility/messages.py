"""Comparing two message contracts (AsyncAPI 3), channel by channel.

What the ERP sends is judged as an answer is, what it receives as a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from types import MappingProxyType
from typing import Any

from erp_testkit.contracts.compatibility.change import Change, Impact, Side
from erp_testkit.contracts.compatibility.report import Report
from erp_testkit.contracts.compatibility.rules import OPENAPI, Rule
from erp_testkit.contracts.compatibility.schemas import Schemas
from erp_testkit.specs.asyncapi import Channel, Message, channels, schema_of
from erp_testkit.specs.document import Document
from erp_testkit.specs.schema import Views

_B, _R, _H = Impact.BREAKING, Impact.RISKY, Impact.HARMLESS

_NAMED = {
    "channel-removed": (_B, "a channel is gone, with all its messages"),
    "channel-added": (_H, "a channel is new"),
    "channel-address-changed": (_B, "the channel was at {old} and is at {new}"),
    "channel-action-changed": (_B, "the ERP did {old} on this channel and does {new}"),
    "sent-message-removed": (_B, "the ERP sends this message no longer: who waits for it gets none"),
    "sent-message-added": (_R, "the ERP sends a message nobody knows yet"),
    "received-message-removed": (_B, "the ERP takes this message no longer"),
    "received-message-added": (_H, "the ERP takes one more message"),
    "message-content-type-changed": (_B, "the message was written as {old} and is as {new}"),
}
MESSAGES: Mapping[str, Rule] = MappingProxyType({**OPENAPI, **{name: Rule(name, *rest) for name, rest in _NAMED.items()}})
"""Rules of message contracts; those inside messages are those of OpenAPI."""

_SIDES = {"send": (Side.RESPONSE, "sent"), "receive": (Side.REQUEST, "received")}


class Messages:
    """Compares two versions of a message contract.

    Args:
        old: the old version, with every reference leading somewhere.
        new: the new version.
    """

    def __init__(self, old: Document, new: Document) -> None:
        self._old, self._new = channels(old), channels(new)
        self._was, self._now = Views(old), Views(new)
        self._schemas = Schemas(self._was, self._now)
        self._report = Report(MESSAGES)

    def changes(self) -> list[Change]:
        """Return every change."""
        for name in sorted({*self._old, *self._new}):
            if name in self._old and name in self._new:
                self._channel(self._old[name], self._new[name])
            else:
                self._report.add("channel-added" if name in self._new else "channel-removed", name)
        # What goes both ways is compared twice.
        return list({change.fingerprint: change for change in self._report.changes()}.values())

    def _channel(self, old: Channel, new: Channel) -> None:
        was, now = (channel.spot.get("address").value for channel in (old, new))
        if was != now:
            self._report.add("channel-address-changed", old.name, was, now)
        did, does = sorted(old.moves), sorted(new.moves)
        if did != does:
            self._report.add("channel-action-changed", old.name, " and ".join(did) or "nothing", " and ".join(does) or "nothing")
        # Where nothing says which way messages go, they may go either way.
        for action in sorted(set(did or does or _SIDES) & set(does or did or _SIDES) & _SIDES.keys()):
            self._messages(old.name, old.moves.get(action, old.messages), new.moves.get(action, new.messages), *_SIDES[action])

    def _messages(self, name: str, old: Mapping[str, Message], new: Mapping[str, Message], side: Side, way: str) -> None:
        for message in sorted({*old, *new}):
            place = f"{name} {message}"
            if message in old and message in new:
                self._message(place, old[message], new[message], side)
            else:
                self._report.add(f"{way}-message-{'added' if message in new else 'removed'}", place, operation=name)

    def _message(self, place: str, old: Message, new: Message, side: Side) -> None:
        if old.content_type != new.content_type:
            self._report.add("message-content-type-changed", place, old.content_type, new.content_type)
        for part in ("payload", "headers"):
            node = self._schemas.compare(_schema(old, part, self._was), _schema(new, part, self._now), side, text=part == "headers")
            self._report.use(node, "body", place, part)


def _schema(message: Message, part: str, views: Views) -> Any:
    """Return the schema of the payload or the headers; traits add to it."""
    said = [schema_of(spot).value for spot in message.said(part)]
    return reduce(views.both, said) if said else {}
