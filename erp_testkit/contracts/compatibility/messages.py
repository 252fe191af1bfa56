"""Comparing two message contracts (AsyncAPI 3), channel by channel.

What the ERP sends is judged as an answer is, what it receives as a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

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
        # What goes both ways is compared twice.
        return list({change.fingerprint: change for change in self._report.changes()}.values())

    def _channel(self, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        if old.get("address") != new.get("address"):
            self._report.add("channel-address-changed", name, old.get("address"), new.get("address"))
        was, now = _moves(self._old, self._was, name), _moves(self._new, self._now, name)
        did, does = sorted(was), sorted(now)
        if did != does:
            self._report.add("channel-action-changed", name, " and ".join(did) or "nothing", " and ".join(does) or "nothing")
        # Where nothing says which way messages go, they may go either way.
        for action in sorted(set(did or does or _SIDES) & set(does or did or _SIDES)):
            self._messages(name, was.get(action, old.get("messages", {})), now.get(action, new.get("messages", {})), *_SIDES[action])

    def _messages(self, name: str, old: Mapping[str, Any], new: Mapping[str, Any], side: Side, way: str) -> None:
        for message in sorted({*old, *new}):
            place = f"{name} {message}"
            if message in old and message in new:
                self._message(place, _Message(self._was, self._old, old[message]), _Message(self._now, self._new, new[message]), side)
            else:
                self._report.add(f"{way}-message-{'added' if message in new else 'removed'}", place, operation=name)

    def _message(self, place: str, old: _Message, new: _Message, side: Side) -> None:
        if old.content_type != new.content_type:
            self._report.add("message-content-type-changed", place, old.content_type, new.content_type)
        for part in ("payload", "headers"):
            node = self._schemas.compare(old.schema(part), new.schema(part), side, text=part == "headers")
            self._report.use(node, "body", place, part)


class _Message:
    """What a message says, with its traits."""

    def __init__(self, shapes: Shapes, content: Mapping[str, Any], raw: Any) -> None:
        message = shapes.resolved(raw)
        self._shapes = shapes
        self._parts = [message, *map(shapes.resolved, reversed(message.get("traits", [])))]  # of several traits, the last one counts
        said = (part["contentType"] for part in self._parts if "contentType" in part)
        self.content_type = next(said, content.get("defaultContentType", "application/json"))

    def schema(self, name: str) -> Any:
        """Return the schema of the payload or the headers; traits add to it."""
        said = [_schema(self._shapes, part[name]) for part in self._parts if name in part]
        return reduce(self._shapes.both, said) if said else {}


def _moves(content: Mapping[str, Any], shapes: Shapes, name: str) -> dict[str, dict[str, Any]]:
    """Return a channel's messages by what the ERP does with them: send, receive, or both."""
    channel = _steps(shapes, f"#/channels/{_escaped(name)}")
    messages = shapes.at(channel[-1]).get("messages", {})
    moves: dict[str, dict[str, Any]] = {}
    for operation in map(shapes.resolved, content.get("operations", {}).values()):
        if operation.get("action") in _SIDES and _leads_to(operation.get("channel", {}), channel):
            named = operation.get("messages")
            handled = moves.setdefault(operation["action"], {})
            for key, raw in messages.items():
                message = _steps(shapes, f"{channel[-1]}/messages/{_escaped(key)}")
                if named is None or any(_leads_to(one, message) for one in named):
                    handled[key] = raw
    return moves


def _steps(shapes: Shapes, reference: str) -> list[str]:
    """Return a reference, and those it leads on to."""
    found = [reference]
    while isinstance(held := shapes.at(found[-1]), dict) and held.get("$ref", found[0]) not in found:
        found.append(held["$ref"])
    return found


def _leads_to(holder: Mapping[str, Any], steps: list[str]) -> bool:
    return unquote(holder.get("$ref", "")) in map(unquote, steps)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").replace("%", "%25")


def _schema(shapes: Shapes, schema: Any) -> Any:
    """Return a schema; AsyncAPI may wrap it to say its format."""
    found = shapes.resolved(schema)
    return found["schema"] if isinstance(found, dict) and "schemaFormat" in found and "schema" in found else schema
