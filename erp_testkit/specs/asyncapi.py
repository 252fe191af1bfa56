"""AsyncAPI 3 documents: their channels, the messages on them, and which way the system sends them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from erp_testkit.domain.errors import UsageError
from erp_testkit.specs import bundle, structure
from erp_testkit.specs.document import Document, Spot, mistakes

SEND, RECEIVE = "send", "receive"
"""What the described system does on a channel."""
_VERSION = "3."


@dataclass(frozen=True)
class Message:
    """One kind of message on a channel."""

    name: str
    spot: Spot

    @property
    def parts(self) -> list[Spot]:
        """The message and its traits; of what several say, the first one counts (AsyncAPI 3: of several traits, the last one)."""
        return [self.spot, *reversed(self.spot.get("traits").items())]

    def said(self, key: str) -> list[Spot]:
        """Return what the message and its traits say under a key."""
        return [part.get(key) for part in self.parts if key in part.value]

    @property
    def content_type(self) -> str:
        """What it is written as."""
        default = self.spot.document.content.get("defaultContentType", "application/json")
        return str(next((spot.value for spot in self.said("contentType")), default))


@dataclass(frozen=True)
class Channel:
    """A channel: where messages of one interface go."""

    name: str
    spot: Spot
    messages: dict[str, Message]
    operations: list[Spot]
    """Those that name it."""
    moves: dict[str, dict[str, Message]]
    """`SEND` and `RECEIVE` to the messages the system does so with, as far as its operations say."""


def read(file: Path) -> Document:
    """Read an AsyncAPI document with all files it refers to.

    Raises:
        UsageError: it cannot be read, is of another version, or has mistakes; its text names all of them, with file and line.
    """
    return of_document(bundle.read(file))


def of_document(document: Document) -> Document:
    """Return a document that was read, as `read` does."""
    version = document.content.get("asyncapi")
    if not str(version).startswith(_VERSION):
        raise UsageError(
            f"Failed to read contract {document.file}: expected asyncapi 3, got {version}. "
            "Next: convert it, for example with 'asyncapi convert'"
        )
    if problems := structure.problems(document, structure.ASYNCAPI):
        raise mistakes(document.file, problems)
    if lost := document.lost(_spots(document)):
        raise mistakes(document.file, lost)
    document.warn()
    return document


def channels(document: Document) -> dict[str, Channel]:
    """Return the channels of a document by their names."""
    operations = [spot for _, spot in document.whole.get("operations").entries()]
    named = document.whole.get("channels")
    return {name: _channel(name, named.get(name), operations) for name in named.value or ()}


def schema_of(spot: Spot) -> Spot:
    """Return the spot of a schema; AsyncAPI may wrap it to say its format."""
    found = spot.follow()
    return found.get("schema") if isinstance(found.value, dict) and "schemaFormat" in found.value and "schema" in found.value else spot


def _channel(name: str, place: Spot, operations: list[Spot]) -> Channel:
    spot = place.follow()
    named = spot.get("messages")
    messages = {key: Message(key, message) for key, message in named.entries()}
    ours = [operation for operation in operations if _leads_to(operation.get("channel"), place)]
    moves: dict[str, dict[str, Message]] = {}
    for operation in ours:
        meant = operation.get("messages")
        wanted = [meant.get(index) for index in range(len(meant.value or ()))]
        moves.setdefault(str(operation.get("action").value), {}).update(
            (key, message)
            for key, message in messages.items()
            if meant.value is None or any(_leads_to(one, named.get(key)) for one in wanted)
        )
    return Channel(name, spot, messages, ours, moves)


def _leads_to(holder: Spot, place: Spot) -> bool:
    """Say whether a reference leads to a place, or to one on the way from there: two names may be of one thing, and mean their own."""
    return len(trail := holder.trail()) > 1 and trail[1].pointer in {spot.pointer for spot in place.trail()}


def _spots(document: Document) -> Iterator[Spot]:
    for channel in channels(document).values():
        yield from (channel.spot, *(message.spot for message in channel.messages.values()))
    yield from (spot for _, spot in document.whole.get("operations").entries())
