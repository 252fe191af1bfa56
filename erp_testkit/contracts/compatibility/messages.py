"""Comparing two message contracts (AsyncAPI 3), channel by channel.

What the ERP sends is judged as an answer is, what it receives as a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from erp_testkit.contracts.compatibility.change import Change, Impact, Side
from erp_testkit.contracts.compatibility.report import Report
from erp_testkit.contracts.compatibility.rules import OPENAPI, Rule
from erp_testkit.contracts.compatibility.schemas import Schemas
from erp_testkit.contracts.compatibility.shape import Shapes

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

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Have compared nothing yet."""
        self._old, self._new = old, new
        self._was, self._now = Shapes(old), Shapes(new)
        self._schemas = Schemas(self._was, self._now)
        self._report = Report(MESSAGES)

    def changes(self) -> list[Change]:
        """Return every change."""
        channels, renewed = self._old.get("channels", {}), self._new.get("channels", {})
        for name in sorted({*channels, *renewed}):
            if name in channels and name in renewed:
                self._channel(name, self._was.resolved(channels[name]), self._now.resolved(renewed[name]))
            else:
                self._report.add("channel-added" if name in renewed else "channel-removed", name)
        return self._report.changes()

    def _channel(self, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        if old.get("address") != new.get("address"):
            self._report.add("channel-address-changed", name, old.get("address"), new.get("address"))
        did, does = _actions(self._old, name), _actions(self._new, name)
        if did != does:
            self._report.add("channel-action-changed", name, " and ".join(did) or "nothing", " and ".join(does) or "nothing")
        was, now = old.get("messages", {}), new.get("messages", {})
        for action in [action for action in did if action in does]:
            for message in sorted({*was, *now}):
                place = f"{name} {message}"
                if message in was and message in now:
                    self._message(place, self._was.resolved(was[message]), self._now.resolved(now[message]), _SIDES[action][0])
                else:
                    self._report.add(f"{_SIDES[action][1]}-message-{'added' if message in now else 'removed'}", place, operation=name)

    def _message(self, place: str, old: Mapping[str, Any], new: Mapping[str, Any], side: Side) -> None:
        was = old.get("contentType", self._old.get("defaultContentType", "application/json"))
        now = new.get("contentType", self._new.get("defaultContentType", "application/json"))
        if was != now:
            self._report.add("message-content-type-changed", place, was, now)
        for part in ("payload", "headers"):
            first, second = _schema(self._was, old.get(part, {})), _schema(self._now, new.get(part, {}))
            node = self._schemas.compare(first, second, side, text=part == "headers")
            self._report.use(node, "body", place, part)


def _actions(content: Mapping[str, Any], channel: str) -> list[str]:
    """Return what the ERP does on a channel: send, receive, or both."""
    reference = "#/channels/" + channel.replace("~", "~0").replace("/", "~1")
    operations: Iterable[Any] = content.get("operations", {}).values()
    return sorted({str(one["action"]) for one in operations if one.get("channel", {}).get("$ref") == reference} & _SIDES.keys())


def _schema(shapes: Shapes, schema: Any) -> Any:
    """Return a schema; AsyncAPI may wrap it to say its format."""
    found = shapes.resolved(schema)
    return found["schema"] if isinstance(found, dict) and "schemaFormat" in found and "schema" in found else schema
