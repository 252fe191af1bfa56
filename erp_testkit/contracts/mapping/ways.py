"""How documents go in and come out: through the ports and a partner's stand-in, or by HTTP and a drop folder where there are no ports."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Map
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from erp_testkit.contracts import curl
from erp_testkit.contracts.check import Live, System
from erp_testkit.contracts.mapping import schemas
from erp_testkit.contracts.mapping.damage import plainly
from erp_testkit.contracts.mapping.formats import Column, Layout, Places, Unreadable, Value
from erp_testkit.contracts.mapping.model import Fact, Field, Mapping, at, general, line_of
from erp_testkit.contracts.own_codes import OwnCodes
from erp_testkit.contracts.scenes import Scene, play
from erp_testkit.domain.documents import Direction
from erp_testkit.domain.errors import UsageError
from erp_testkit.erp.errors import ErpBroke, Reason, Refused
from erp_testkit.erp.ports import Interfaces, Jobs, Outbound, port
from erp_testkit.erp.transport import Transport

Values: TypeAlias = Map[str, Fact]
_TIMEOUT_SECONDS = 30.0
_PAUSE_SECONDS = 0.02
_QUIET_SECONDS = 0.1
"""How long a file must not have changed to be read."""
_PATIENCE_SECONDS = 1.0
"""How long where it has fewer lines than were sent, or cannot be read: its writer may be slow."""
_UNKNOWN, _FORBIDDEN = 401, 403


class NotArrived(Exception):
    """A document went in, and nothing that can be read came out; the text says what was found instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A document that went through the interface."""

    facts: Map[str, Fact]
    """By source place."""
    places: Places
    """By target place."""
    text: str = ""
    """As it arrived, where it came as a text."""
    items: frozenset[str] = frozenset()
    refused_by: str = ""
    """Status by which the partner refused it; empty where it took it."""


Carry: TypeAlias = Callable[[str, Values], Carried]
"""Sends one document, under a name of its own, with chosen values, and returns what arrived.

Raises:
    Refused: the ERP or the system does not take it.
    UsageError: the contract's source cannot hold it.
    NotArrived: nothing came out.
"""


def target_fields(mapping: Mapping) -> tuple[Field, ...]:
    """Return the fields as the target's side writes them: patterns and codes are those of the side that has a format."""
    return tuple(map(plainly, mapping.fields)) if mapping.target.document is not None else mapping.fields


def layout(mapping: Mapping, side: str) -> Layout | None:
    """Return how one side (``source`` or ``target``) is written; None where it is read or fed through ports."""
    where = mapping.source if side == "source" else mapping.target
    if where.format is None:
        return None
    path = mapping.source_path if side == "source" else mapping.target_path
    columns = [
        Column(
            path=path(one),
            width=(one.width if side == "source" else one.length) or 0,
            side=one.transform.pad_side,
            fill=one.transform.pad_with,
        )
        for one in mapping.fields
        if path(one)
    ]
    if side == "source" and mapping.source.message:
        columns.insert(0, Column(path=_message_path(mapping), width=mapping.source.message_width or 0))
    return Layout(format=where.format, columns=columns, settings=where.settings)


@contextmanager
def opened(mapping: Mapping, live: Live) -> Iterator[Carry]:
    """Open the way a mapping describes, and close it afterwards."""
    if mapping.source.request is not None:
        with _requesting(mapping, live) as send:
            yield _arriving(mapping, live, send)
    elif mapping.direction is Direction.IN:
        yield lambda name, values: _delivered(mapping, OwnCodes(live, name), values)
    elif mapping.target.partner is not None:
        partner = live.partner(mapping.target.partner)
        interfaces = port(live.erp, Interfaces)
        interfaces.connect(mapping.name, partner.address.rstrip("/") + mapping.target.path, partner.secret)
        try:
            yield lambda name, values: _sent_to_partner(mapping, OwnCodes(live, name), values)
        finally:
            interfaces.disconnect(mapping.name)
    else:
        yield _arriving(mapping, live, lambda name, values: _played(mapping, OwnCodes(live, name), values))


def _played(mapping: Mapping, live: Live, values: Values) -> tuple[Map[str, Fact], frozenset[str]]:
    assert mapping.source.scene is not None
    scene = play(mapping.source.scene, live, values)
    port(live.erp, Jobs).settle(scene.items, mapping.target.within)
    return scene.facts, scene.items


def _sent_to_partner(mapping: Mapping, live: Live, values: Values) -> Carried:
    assert mapping.source.scene is not None and mapping.target.partner is not None
    scene = play(mapping.source.scene, live, values)
    port(live.erp, Jobs).settle(scene.items, mapping.target.within)
    interfaces = port(live.erp, Interfaces)
    numbers = {message.number for message in interfaces.messages(scene.document) if message.channel == mapping.name}
    received = [one for one in live.partner(mapping.target.partner).received() if one.message in numbers or scene.document in one.body]
    if not received:
        alarms = [alarm.text for alarm in interfaces.alarms(scene.document) if alarm.channel == mapping.name]
        said = f", but the alarm: {alarms[-1]}" if alarms else ""
        raise NotArrived(f"expected a message about the shipment at {mapping.target.partner}, got none{said}")
    last = received[-1]
    refused = "" if last.status < 400 else str(last.status)
    return Carried(facts=scene.facts, places=_read(mapping, last.body), text=last.body, items=scene.items, refused_by=refused)


def _delivered(mapping: Mapping, live: Live, values: Values) -> Carried:
    """Plan a shipment, hand in the partner's message about it, and read what the ERP made of it."""
    assert mapping.source.scene is not None
    outbound = port(live.erp, Outbound)
    scene = play(mapping.source.scene, live, values)
    facts = _message_facts(mapping, scene)
    places: dict[str, Value] = dict(_as_written(mapping, facts))
    if mapping.source.message:
        path = _message_path(mapping)
        places |= {at(path, line): live.code("message", scene.document) for line in range(_line_count(facts))}
    port(live.erp, Interfaces).deliver(mapping.name, *_written(mapping, places))
    note, shipment = outbound.delivery_note(scene.document), outbound.shipment(scene.document)
    found: dict[str, Value] = {
        "shipment.number": shipment.number,
        "shipment.order": shipment.order,
        "shipment.shipped_at": None if shipment.shipped_at is None else shipment.shipped_at.isoformat(),
        "customer.code": note.customer,
        "delivery_note.number": note.number,
    }
    for place, line in enumerate(note.lines):
        found |= {
            f"lines[{place}].line": place + 1,
            f"lines[{place}].item": line.item,
            f"lines[{place}].lot": line.lot,
            f"lines[{place}].serial": line.serial,
            f"lines[{place}].expiry": None if line.expiry is None else line.expiry.isoformat(),
            f"lines[{place}].quantity": line.quantity,
        }
    return Carried(facts=facts, places=found, items=scene.items)


_CONTENT_TYPES = {"json": "application/json", "xml": "application/xml", "csv": "text/csv", "fixed-width": "text/plain"}


def _written(mapping: Mapping, places: Places) -> tuple[str, str]:
    """Return the source's document and its content type.

    Raises:
        UsageError: the contract leaves no room for a value, or its format cannot hold it.
    """
    source = layout(mapping, "source")
    assert source is not None
    try:
        return source.write(_typed(mapping, places)), _CONTENT_TYPES[source.format]
    except Unreadable as error:
        raise UsageError(
            f"Failed to write the source of {mapping.name}: {error}. "
            f"Next: say in {mapping.file.name} what the source holds (width, chars, settings)"
        ) from error


def _typed(mapping: Mapping, places: Places) -> Places:
    """Return a document whose figures and choices have the JSON types the source's schema says."""
    leaves = schemas.of_source(mapping) if mapping.source.format == "json" else {}
    return {place: value if (leaf := leaves.get(general(place))) is None else leaf.typed(value) for place, value in places.items()}


def _message_path(mapping: Mapping) -> str:
    return f"[].{mapping.source.message}" if mapping.source.format in ("csv", "fixed-width") else mapping.source.message


def _message_facts(mapping: Mapping, scene: Scene) -> dict[str, Fact]:
    """Return what the partner says of a planned shipment, by source place; what only it knows is the time, which is now."""
    facts: dict[str, Fact] = {}
    for one in mapping.fields:
        for line in range(_line_count(scene.facts)) if one.source else ():
            facts[at(mapping.source_path(one), line)] = scene.facts.get(at(one.target, line), datetime.now(UTC).replace(microsecond=0))
    return facts


def _as_written(mapping: Mapping, facts: Map[str, Fact]) -> dict[str, str | None]:
    """Return facts as the source's side writes them."""
    fields = {mapping.source_path(one): one for one in mapping.fields if one.source}
    return {at(path, line): one.written(facts.get(at(path, line))) for path, one in fields.items() for line in range(_line_count(facts))}


def _line_count(facts: Map[str, Fact]) -> int:
    return max((line + 1 for line in map(line_of, facts) if line is not None), default=1)


Send: TypeAlias = Callable[[str, Values], tuple[Map[str, Fact], frozenset[str]]]


@contextmanager
def _requesting(mapping: Mapping, live: Live) -> Iterator[Send]:
    """Give what sends a document by HTTP; the system's answer may give facts of its own."""
    request = mapping.source.request
    assert request is not None
    fields = {mapping.source_path(one): one for one in mapping.fields}
    repeated = [path for path, one in fields.items() if "[]" in path and mapping.is_once(one)]
    with _client(mapping, live, request.system) as client:
        taken = False

        def send(name: str, values: Values) -> tuple[Map[str, Fact], frozenset[str]]:
            nonlocal taken
            values = {**values, **{at(path, line): values[at(path, 0)] for path in repeated for line in range(_line_count(values))}}
            body: dict[str, Value] = {}
            for path, fixed in request.body.items():
                body |= {at(path, line): fixed for line in range(_line_count(values) if "[]" in path else 1)}
            for place, fact in values.items():
                one = fields[re.sub(r"\[\d+\]", "[]", place)]
                body[place] = fact if isinstance(fact, int) else plainly(one).written(fact)
            content, content_type = _written(mapping, body)
            new = live.code("request", name)
            try:
                response = client.request(request.method, request.path, content=content, content_type=content_type, new=new)
                # One value among others may well be forbidden; at the first document nobody was let in.
                if response.status_code == _UNKNOWN or (response.status_code == _FORBIDDEN and not taken):
                    raise client.not_let_in(response.status_code)
                if response.status_code >= 400:
                    raise Refused(Reason.OTHER, f"{request.system} answered {response.status_code}: {response.text[:200]}")
            except (Refused, ErpBroke) as error:
                error.add_note(f"request: {client.curl(request.method, request.path, content=content, content_type=content_type, new=new)}")
                raise
            taken = True
            answer = Layout(format="json", columns=()).read(response.text) if request.answer else {}
            given = {source: answer.get(place) for source, place in request.answer.items()}
            return {**values, **{source: None if value is None else str(value) for source, value in given.items()}}, frozenset()

        yield send


def _arriving(mapping: Mapping, live: Live, send: Send) -> Carry:
    """Return what sends a document and then looks where it must arrive: at an address, or in a folder."""
    pattern = mapping.target.file

    def carry(name: str, values: Values) -> Carried:
        before = _files(mapping, pattern) if pattern else {}
        facts, items = send(name, values)
        text = _dropped(mapping, pattern, before, _line_count(facts)) if pattern else _shown(mapping, live, facts)
        if text is None:
            what = f"a new file {pattern}" if pattern else f"the document at {mapping.target.get and mapping.target.get.path}"
            raise NotArrived(f"expected {what} within {mapping.target.within:g} s, got none")
        return Carried(facts=facts, places=_read(mapping, text), text=text, items=items)

    return carry


_Files: TypeAlias = dict[Path, tuple[int, int]]
"""Size, and time of the last change, of each file."""


def _files(mapping: Mapping, pattern: str) -> _Files:
    """Return what files there are.

    Raises:
        UsageError: there is no folder they could be in.
    """
    fixed = takewhile(lambda part: not re.search(r"[*?\[]", part), Path(pattern).parts[:-1])
    folder = Path(os.path.normpath(mapping.file.parent.joinpath(*fixed)))
    if not folder.is_dir():
        raise UsageError(
            f"Failed to look for files of {mapping.name}: expected a folder {folder}, got none. "
            f"Next: correct target.file in {mapping.file.name}, which is relative to that file, or make the folder"
        )
    found: _Files = {}
    for path in mapping.file.parent.glob(pattern):
        # A file may be gone before it is looked at: some are written under another name first.
        with suppress(FileNotFoundError):
            found[path] = path.stat().st_size, path.stat().st_mtime_ns
    return found


def _dropped(mapping: Mapping, pattern: str, before: _Files, lines: int) -> str | None:
    """Return the text of a file that was not there before, once it is written; None where there is none in time."""
    since = time.monotonic()
    deadline, looks = since + mapping.target.within, _Files()
    while True:
        now = time.monotonic()
        new = {path: look for path, look in _files(mapping, pattern).items() if before.get(path) != look and look[0]}
        if new != looks:
            looks, since = new, now
        quiet, late = now - since, now - deadline
        if looks and (quiet >= _QUIET_SECONDS or late > _PATIENCE_SECONDS):
            text = next(iter(looks)).read_bytes().decode(mapping.target.settings.encoding, errors="replace")
            if quiet >= _PATIENCE_SECONDS or late > 0 or _whole(mapping, text, lines):
                return text
        if not looks and late > 0:
            return None
        time.sleep(_PAUSE_SECONDS)


def _whole(mapping: Mapping, text: str, lines: int) -> bool:
    """Say whether a text can be read and has as many lines as were sent."""
    try:
        places = _read(mapping, text)
    except NotArrived:
        return False
    repeats = any("[]" in mapping.target_path(one) for one in mapping.fields)
    return not repeats or len({line_of(place) for place in places} - {None}) >= lines


def _shown(mapping: Mapping, live: Live, facts: Map[str, Fact]) -> str | None:
    """Return the document at the target's address; None where it is not there in time."""
    deadline = time.monotonic() + mapping.target.within
    while (text := _got(mapping, live, facts)) is None and time.monotonic() <= deadline:
        time.sleep(_PAUSE_SECONDS)
    return text


def _got(mapping: Mapping, live: Live, facts: Map[str, Fact]) -> str | None:
    """Return the document at the target's address; None where it is not there yet."""
    get = mapping.target.get
    assert get is not None
    once = {one.source: facts.get(at(mapping.source_path(one), 0)) for one in mapping.fields if one.source}
    path = re.sub(r"\{([^}]+)\}", lambda name: quote(str(facts.get(name[1], once.get(name[1], ""))), safe=""), get.path)
    with _client(mapping, live, get.system) as client:
        response = client.request("GET", path)
    if response.status_code == 404:
        return None
    if response.status_code == _UNKNOWN:
        raise client.not_let_in(response.status_code)
    if response.status_code >= 400:
        raise NotArrived(f"expected the document at {path} of {get.system}, got status {response.status_code}")
    return str(response.text)


@contextmanager
def _client(mapping: Mapping, live: Live, name: str) -> Iterator[_Client]:
    system = live.system(name)
    transport = Transport(system.url, role=name, timeout_seconds=_TIMEOUT_SECONDS, heard=live.heard)
    try:
        yield _Client(mapping, system, transport)
    finally:
        transport.close()


@dataclass(frozen=True, slots=True)
class _Client:
    mapping: Mapping
    system: System
    transport: Transport

    def request(self, method: str, path: str, *, content: str | None = None, content_type: str = "", new: str = "") -> Any:
        return self.transport.request(method, path, content=content, headers=self._headers(content_type, new))

    def curl(self, method: str, path: str, *, content: str, content_type: str, new: str) -> str:
        """Return a request as a line for a shell, without the token."""
        url, secrets = self.system.url.rstrip("/") + path, {self.system.token: "$TOKEN"}
        return curl.line(method, url, self._headers(content_type, new), content.encode(), secrets)

    def not_let_in(self, status: int) -> UsageError:
        """Return the error of a system that does not know who calls."""
        token = f"name the variable that holds the token as token_env under [partners.{self.system.name}] in erp-testkit.toml, or "
        return UsageError(
            f"Failed to call {self.system.name} at {self.system.url}: expected to be let in, got status {status}. "
            f"Next: {'' if self.system.name == 'erp' else token}write source.request.headers into {self.mapping.file.name}"
        )

    def _headers(self, content_type: str, new: str) -> dict[str, str]:
        request = self.mapping.source.request
        said = request.headers if request is not None and request.system == self.system.name else {}
        by_name = any("{token}" in text for text in said.values())
        found = {"Authorization": f"Bearer {self.system.token}"} if self.system.token and not by_name else {}
        # What is new for each request belongs to those that bring something in.
        for name, text in said.items():
            if new or "{new}" not in text:
                found[name] = text.replace("{new}", new).replace("{token}", self.system.token)
        return {**found, "Content-Type": content_type} if content_type else found


def _read(mapping: Mapping, text: str) -> Places:
    written = layout(mapping, "target")
    assert written is not None
    try:
        return written.read(text)
    except Unreadable as error:
        raise NotArrived(f"{error}, in {text[:120]!r}") from error
