"""How a document goes into an interface: a scene is played through the ports, a request is sent, or a partner's message is handed in."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from erp_testkit.contracts.check import Live
from erp_testkit.contracts.mapping.client import FORBIDDEN, UNAUTHENTICATED, Client
from erp_testkit.contracts.mapping.damage import plainly
from erp_testkit.contracts.mapping.formats import Layout, Value
from erp_testkit.contracts.mapping.model import Fact, Field, Mapping, Request, at
from erp_testkit.contracts.mapping.sides import Values, line_count, message_path, written
from erp_testkit.contracts.own_codes import OwnCodes
from erp_testkit.contracts.scenes import Scene, play
from erp_testkit.erp.errors import ErpBroke, Reason, Refused
from erp_testkit.erp.ports import Interfaces, Jobs, port


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A document that went in."""

    facts: Map[str, Fact]
    """What is known of it, by source place."""
    document: str = ""
    """The number the ERP gave it; empty for a request."""
    items: frozenset[str] = frozenset()


class Sender(Protocol):
    """Sends documents."""

    def send(self, name: str, values: Values) -> Sent:
        """Send one document, under a name of its own, with chosen values.

        Raises:
            Refused: the ERP or the system does not take it.
            UsageError: the contract's source cannot hold it.
        """


@dataclass(frozen=True, slots=True)
class SceneSender:
    """Has the ERP write the document by itself: plays its scene, and waits until the ERP's jobs are done."""

    mapping: Mapping
    live: Live

    def send(self, name: str, values: Values) -> Sent:
        """Play the scene."""
        scene = _played(self.mapping, OwnCodes(self.live, name), values)
        port(self.live.erp, Jobs).settle(scene.items, self.mapping.target.within_seconds)
        return Sent(facts=scene.facts, document=scene.document, items=scene.items)


@dataclass(frozen=True, slots=True)
class MessageSender:
    """Hands in a partner's message about a shipment that was planned for it."""

    mapping: Mapping
    live: Live

    def send(self, name: str, values: Values) -> Sent:
        """Plan a shipment and hand in the message."""
        live = OwnCodes(self.live, name)
        scene = _played(self.mapping, live, values)
        facts = self._facts(scene)
        places: dict[str, Value] = dict(self._as_written(facts))
        if self.mapping.source.message:
            path = message_path(self.mapping)
            places |= {at(path, line): live.code("message", scene.document) for line in range(line_count(facts))}
        port(live.erp, Interfaces).deliver(self.mapping.name, *written(self.mapping, places))
        return Sent(facts=facts, document=scene.document, items=scene.items)

    def _facts(self, scene: Scene) -> dict[str, Fact]:
        """Return what the partner says of a planned shipment; what only it knows is the time, which is now."""
        facts: dict[str, Fact] = {}
        for one in self.mapping.fields:
            for line in range(line_count(scene.facts)) if one.source else ():
                now = datetime.now(UTC).replace(microsecond=0)
                facts[at(self.mapping.source_path(one), line)] = scene.facts.get(at(one.target, line), now)
        return facts

    def _as_written(self, facts: Values) -> dict[str, str | None]:
        """Return facts as the source's side writes them."""
        fields = {self.mapping.source_path(one): one for one in self.mapping.fields if one.source}
        return {at(path, line): one.written(facts.get(at(path, line))) for path, one in fields.items() for line in range(line_count(facts))}


@dataclass(slots=True)
class RequestSender:
    """Sends a document by HTTP; the system's answer may give facts of its own."""

    mapping: Mapping
    request: Request
    live: Live
    client: Client
    _authenticated: bool = field(default=False, init=False)

    def send(self, name: str, values: Values) -> Sent:
        """Send the request."""
        values = {**values, **self._repeated(values)}
        content, content_type = written(self.mapping, self._body(values))
        request, new = self.request, self.live.code("request", name)
        try:
            response = self.client.send(request.method, request.path, content=content, content_type=content_type, new=new)
            # One value among others may well be forbidden; at the first document nobody was authenticated.
            if response.status_code == UNAUTHENTICATED or (response.status_code == FORBIDDEN and not self._authenticated):
                raise self.client.unauthenticated(response.status_code)
            if response.status_code >= 400:
                raise Refused(Reason.OTHER, f"{request.system} answered {response.status_code}: {response.text[:200]}")
        except (Refused, ErpBroke) as error:
            line = self.client.curl(request.method, request.path, content=content, content_type=content_type, new=new)
            error.add_note(f"request: {line}")
            raise
        self._authenticated = True
        answer = Layout(format="json", columns=()).read(response.text) if request.answer else {}
        given = {source: answer.get(place) for source, place in request.answer.items()}
        return Sent(facts={**values, **{source: None if value is None else str(value) for source, value in given.items()}})

    def _fields(self) -> dict[str, Field]:
        return {self.mapping.source_path(one): one for one in self.mapping.fields}

    def _repeated(self, values: Values) -> dict[str, Fact]:
        """Return for every line what a record of a file repeats of its document."""
        paths = [path for path, one in self._fields().items() if "[]" in path and self.mapping.is_once(one)]
        return {at(path, line): values[at(path, 0)] for path in paths for line in range(line_count(values))}

    def _body(self, values: Values) -> dict[str, Value]:
        fields = self._fields()
        body: dict[str, Value] = {}
        for path, fixed in self.request.body.items():
            body |= {at(path, line): fixed for line in range(line_count(values) if "[]" in path else 1)}
        for place, fact in values.items():
            one = fields[re.sub(r"\[\d+\]", "[]", place)]
            body[place] = fact if isinstance(fact, int) else plainly(one).written(fact)
        return body


def _played(mapping: Mapping, live: Live, values: Values) -> Scene:
    assert mapping.source.scene is not None
    return play(mapping.source.scene, live, values)
