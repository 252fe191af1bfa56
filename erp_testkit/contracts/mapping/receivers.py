"""Where a document must arrive: at a partner's stand-in, at an address, in a drop folder, or in the ERP itself."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Protocol, TypeAlias
from urllib.parse import quote

from erp_testkit.contracts.check import Live
from erp_testkit.contracts.mapping.client import UNAUTHENTICATED, Client
from erp_testkit.contracts.mapping.formats import Places, Value
from erp_testkit.contracts.mapping.model import Get, Mapping, at, line_of
from erp_testkit.contracts.mapping.senders import Sent
from erp_testkit.contracts.mapping.sides import NotArrived, line_count, read
from erp_testkit.domain.errors import UsageError
from erp_testkit.erp.ports import Interfaces, Outbound, port
from erp_testkit.standins.partners import Partner
from erp_testkit.standins.waiting import wait_until

_QUIET_SECONDS = 0.1
"""How long a file must not have changed to be read."""
_PATIENCE_SECONDS = 1.0
"""How long where it has fewer lines than were sent, or cannot be read: its writer may be slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A document that came out."""

    places: Places
    """By target place."""
    text: str = ""
    """As it arrived, where it came as a text."""
    refused_by: str = ""
    """Status by which the partner refused it; empty where it took it."""


class Receiver(Protocol):
    """Waits for one document; made before that is sent."""

    def receive(self, sent: Sent) -> Arrived:
        """Return the document that was sent, as it arrived.

        Raises:
            NotArrived: nothing came out that can be read.
        """


@dataclass(frozen=True, slots=True)
class PartnerReceiver:
    """A partner's stand-in, to which the ERP sends messages."""

    mapping: Mapping
    partner: Partner
    live: Live

    def receive(self, sent: Sent) -> Arrived:
        """Return the last message about the document."""
        interfaces = port(self.live.erp, Interfaces)
        numbers = {message.number for message in interfaces.messages(sent.document) if message.channel == self.mapping.name}
        received = [one for one in self.partner.received() if one.message in numbers or sent.document in one.body]
        if not received:
            alarms = [alarm.text for alarm in interfaces.alarms(sent.document) if alarm.channel == self.mapping.name]
            said = f", but the alarm: {alarms[-1]}" if alarms else ""
            raise NotArrived(f"expected a message about the shipment at {self.partner.name}, got none{said}")
        last = received[-1]
        return Arrived(places=read(self.mapping, last.body), text=last.body, refused_by="" if last.status < 400 else str(last.status))


@dataclass(frozen=True, slots=True)
class ErpReceiver:
    """The ERP, which has made something of a partner's message."""

    live: Live

    def receive(self, sent: Sent) -> Arrived:
        """Return the shipment and its delivery note."""
        outbound = port(self.live.erp, Outbound)
        note, shipment = outbound.delivery_note(sent.document), outbound.shipment(sent.document)
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
        return Arrived(places=found)


@dataclass(frozen=True, slots=True)
class AddressReceiver:
    """A system that shows documents at an address."""

    mapping: Mapping
    get: Get
    client: Client

    def receive(self, sent: Sent) -> Arrived:
        """Return the document at its address."""
        text = wait_until(lambda: self._shown(sent), self.mapping.target.within_seconds)
        if text is None:
            raise NotArrived(f"expected the document at {self.get.path} within {self.mapping.target.within_seconds:g} s, got none")
        return Arrived(places=read(self.mapping, text), text=text)

    def _shown(self, sent: Sent) -> str | None:
        """Return the document; None where it is not there yet."""
        once = {one.source: sent.facts.get(at(self.mapping.source_path(one), 0)) for one in self.mapping.fields if one.source}
        path = re.sub(r"\{([^}]+)\}", lambda name: quote(str(sent.facts.get(name[1], once.get(name[1], ""))), safe=""), self.get.path)
        response = self.client.get(path)
        if response.status_code == 404:
            return None
        if response.status_code == UNAUTHENTICATED:
            raise self.client.unauthenticated(response.status_code)
        if response.status_code >= 400:
            raise NotArrived(f"expected the document at {path} of {self.get.system}, got status {response.status_code}")
        return str(response.text)


_Files: TypeAlias = dict[Path, tuple[int, int]]
"""Size, and time of the last change, of each file."""


@dataclass(slots=True)
class FolderReceiver:
    """A folder into which a system drops files."""

    mapping: Mapping
    pattern: str
    """Of file names, from the contract's folder."""
    _before: _Files = field(init=False)
    _new: _Files = field(default_factory=dict, init=False)
    _since: float = field(default_factory=time.monotonic, init=False)
    """When the new files changed last."""

    def __post_init__(self) -> None:
        self._before = self._files()

    def receive(self, sent: Sent) -> Arrived:
        """Return a file that was not there before, once it is written."""
        lines, within = line_count(sent.facts), self.mapping.target.within_seconds
        text = wait_until(lambda: self._complete(lines), within)
        if text is None and self._new:
            wait_until(lambda: self._quiet() >= _QUIET_SECONDS, _PATIENCE_SECONDS)
            text = self._text()
        if text is None:
            raise NotArrived(f"expected a new file {self.pattern} within {within:g} s, got none")
        return Arrived(places=read(self.mapping, text), text=text)

    def _complete(self, lines: int) -> str | None:
        """Return the text of a new file that changes no more, and has as many lines as were sent unless its writer takes too long."""
        quiet = self._quiet()
        if quiet < _QUIET_SECONDS:
            return None
        text = self._text()
        return text if quiet >= _PATIENCE_SECONDS or self._whole(text, lines) else None

    def _quiet(self) -> float:
        """Look again, and return for how many seconds the new files have not changed; 0 where there are none."""
        new = {path: look for path, look in self._files().items() if self._before.get(path) != look and look[0]}
        now = time.monotonic()
        if new != self._new:
            self._new, self._since = new, now
        return now - self._since if new else 0.0

    def _text(self) -> str:
        return next(iter(self._new)).read_bytes().decode(self.mapping.target.settings.encoding, errors="replace")

    def _whole(self, text: str, lines: int) -> bool:
        try:
            places = read(self.mapping, text)
        except NotArrived:
            return False
        repeats = any("[]" in self.mapping.target_path(one) for one in self.mapping.fields)
        return not repeats or len({line_of(place) for place in places} - {None}) >= lines

    def _files(self) -> _Files:
        """Return what files there are.

        Raises:
            UsageError: there is no folder they could be in.
        """
        base = self.mapping.file.parent
        fixed = takewhile(lambda part: not re.search(r"[*?\[]", part), Path(self.pattern).parts[:-1])
        folder = Path(os.path.normpath(base.joinpath(*fixed)))
        if not folder.is_dir():
            raise UsageError(
                f"Failed to look for files of {self.mapping.name}: expected a folder {folder}, got none. "
                f"Next: correct target.file in {self.mapping.file.name}, which is relative to that file, or make the folder"
            )
        found: _Files = {}
        for path in base.glob(self.pattern):
            # A file may be gone before it is looked at: some are written under another name first.
            with suppress(FileNotFoundError):
                found[path] = path.stat().st_size, path.stat().st_mtime_ns
        return found
