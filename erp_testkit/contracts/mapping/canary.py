"""The canary: a document whose every value can be told apart goes through the live interface, and each value must arrive where it belongs.

The first document is plain: it shows shifts, swaps and overwritten fields. The second has each item on two lines, and shows what keeps
lines by item. Then come documents full of values that interfaces are known to break on. When one breaks, it is made smaller: only one
field keeps its difficult value, and that value shrinks to the simplest that still breaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace

from erp_testkit.contracts.check import Judged, Live
from erp_testkit.contracts.mapping.carriers import Carrier, opened
from erp_testkit.contracts.mapping.diagnosis import diagnose
from erp_testkit.contracts.mapping.difficult import Kind, kinds, whole
from erp_testkit.contracts.mapping.drawing import draw_each, smallest
from erp_testkit.contracts.mapping.model import Fact, Mapping
from erp_testkit.contracts.mapping.plain_values import plain, with_twins
from erp_testkit.contracts.mapping.sides import NotArrived
from erp_testkit.contracts.mapping.slots import LINES, Slot, slots
from erp_testkit.contracts.mapping.wording import Wording
from erp_testkit.domain.findings import Finding
from erp_testkit.erp.errors import ErpBroke, Refused

_MOST_DOCUMENTS = 100
"""Documents sent at most: each costs the ERP some ten calls, and finding the simplest value needs many."""

_MOST_TRIES = 15
"""Documents sent at most to find the simplest value of one field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """The check."""

    mapping: Mapping
    line: int
    ports: frozenset[str]
    id: str = "canary"
    title: str = "every value arrives in its field and nowhere else"
    writes: bool = True

    def run(self, live: Live) -> Judged:
        """Send documents and judge what arrives."""
        with opened(self.mapping, live) as carrier:
            flight = _Flight(self.mapping, live, carrier, Wording(self.mapping))
            flight.go()
        return Judged(
            findings=tuple(flight.findings.values()),
            items=frozenset(flight.items),
            counted=max(flight.compared, 1),
            coverage={
                "documents": flight.documents,
                "fields": [one.target for one in self.mapping.fields],
                "given by the sender": sorted({one.target for one in self.mapping.fields} - {slot.field.target for slot in flight.slots}),
                "one item on two lines": flight.twinned,
                "values": {target: sorted(names) for target, names in flight.carried.items()},
            },
        )


@dataclass(frozen=True, slots=True)
class _Draw:
    """A difficult value, and where more of its kind come from."""

    slot: Slot
    name: str
    kind: Kind
    value: Fact
    """As drawn; what is sent is made unique where the ERP takes each value only once."""

    @property
    def what(self) -> tuple[str, str]:
        """Return the field and the kind of its value."""
        return self.slot.field.target, self.name


@dataclass(slots=True)
class _Flight:
    """One run of the canary."""

    mapping: Mapping
    live: Live
    carrier: Carrier
    tell: Wording
    slots: Sequence[Slot] = ()
    documents: int = 0
    compared: int = 0
    twinned: bool = False
    items: set[str] = field(default_factory=set)
    carried: dict[str, set[str]] = field(default_factory=dict)
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)
    explained: set[tuple[str, str]] = field(default_factory=set)
    """Fields, and kinds of values they break on."""

    def go(self) -> None:
        self.slots = slots(self.mapping)
        broken = self._send(())
        self._keep(broken)
        if broken:
            # As long as plain values get lost, difficult ones say nothing more.
            return
        self._keep(self._new(self._twins()))
        number = 0
        while drawn := self._drawn(number):
            number += 1
            for draw in drawn:
                self.carried.setdefault(draw.slot.field.target, set()).add(draw.name)
            broken = self._new(self._send(drawn))
            if broken:
                self._explain(drawn, broken)

    def _drawn(self, number: int) -> list[_Draw]:
        """Draw a difficult value for every place, each time of another kind; nothing when every field had every kind."""
        chosen: dict[str, tuple[Slot, str, Kind]] = {}
        fresh = False
        for slot in self.slots:
            possible = kinds(slot)
            if not possible:
                continue
            # The lines of a document share the kinds of a field between them.
            lines = LINES if slot.line is not None else 1
            name = sorted(possible)[(number * lines + (slot.line or 0)) % len(possible)]
            fresh = fresh or number * lines < len(possible)
            chosen[slot.place] = slot, name, possible[name]
        if not fresh:
            return []
        drawn = draw_each({place: kind.drawn for place, (_, _, kind) in chosen.items()}, self.live.seed + number)
        return [_Draw(slot, name, kind, drawn[place]) for place, (slot, name, kind) in chosen.items()]

    def _send(self, drawn: Iterable[_Draw]) -> list[Finding]:
        """Send a document with some values drawn and the others plain; return what is wrong."""
        document = self._next()
        difficult = {draw.slot.place: whole(draw.slot, draw.value, self.live.code, document) for draw in drawn}
        return self._carry(document, {**self._plain(document), **difficult})

    def _twins(self) -> list[Finding]:
        """Send a plain document with each item on two lines, where two such lines must stay two; return what is wrong."""
        document = self._next()
        values = self._plain(document)
        sent = with_twins(self.mapping, self.slots, values, self.live.code, document)
        self.twinned = sent != values
        hint = "  sent: each item on two lines, with two serial numbers or two lots; on lines of different items all arrives"
        return [replace(one, message=_with(one.message, hint)) for one in self._carry(document, sent)] if self.twinned else []

    def _next(self) -> str:
        self.documents += 1
        return str(self.documents)

    def _plain(self, document: str) -> dict[str, Fact]:
        return {slot.place: plain(slot, self.live.code, document) for slot in self.slots}

    def _carry(self, document: str, sent: Map[str, Fact]) -> list[Finding]:
        try:
            carried = self.carrier.carry(document, sent)
        except Refused as refusal:
            what = f"expected values the contract allows to be taken, got refused: {refusal.message}"
            return [self.tell.document("value-refused", what, _notes(refusal))]
        except ErpBroke as error:
            what = f"expected it to be taken, got: {str(error).partition(' Next: ')[0].rstrip('.')}"
            return [self.tell.document("system-broke", what, _notes(error))]
        except NotArrived as error:
            return [self.tell.document("message-lost", str(error))]
        self.items |= carried.sent.items
        self.compared += len(self.mapping.fields)
        broken = diagnose(self.mapping, carried)
        if not broken and carried.arrived.refused_by:
            what = f"expected {self.mapping.target.partner} to take it, got status {carried.arrived.refused_by}, though every field arrived"
            return [self.tell.document("message-refused", what)]
        return broken

    def _new(self, broken: Iterable[Finding]) -> list[Finding]:
        return [one for one in broken if (one.id, one.place) not in self.findings]

    def _keep(self, broken: Iterable[Finding]) -> None:
        for one in broken:
            self.findings.setdefault((one.id, one.place), one)

    def _explain(self, drawn: Sequence[_Draw], broken: list[Finding]) -> None:
        """Find the fields that break alone, and the simplest value each breaks on, until the rest of the document arrives."""
        left = self._unexplained(drawn)
        if len(left) < len(drawn):
            broken = self._new(self._send(left))
        while broken and self.documents < _MOST_DOCUMENTS:
            places = {one.place for one in broken}
            first = sorted(left, key=lambda draw: draw.slot.field.target not in places)
            culprit = next(((draw, alone) for draw in first if (alone := self._new(self._send([draw])))), None)
            if culprit is None:
                break
            self._keep(self._shrunk(*culprit))
            self.explained.add(culprit[0].what)
            left = self._unexplained(left)
            broken = self._new(self._send(left))
        # Where no field breaks alone, or there is no time to find it, the whole document is told of.
        self._keep(broken)

    def _unexplained(self, drawn: Sequence[_Draw]) -> list[_Draw]:
        return [draw for draw in drawn if draw.what not in self.explained]

    def _shrunk(self, draw: _Draw, broken: list[Finding]) -> list[Finding]:
        """Return what breaks with the simplest value; what it is, the message says."""
        tried: dict[Fact, list[Finding]] = {draw.value: broken}

        def breaks(value: Fact) -> bool:
            if value not in tried and len(tried) < _MOST_TRIES and self.documents < _MOST_DOCUMENTS:
                tried[value] = self._new(self._send([replace(draw, value=value)]))
            return bool(tried.get(value))

        found = smallest(draw.kind.simpler, breaks, self.live.seed)
        value = draw.value if found is None else found
        place = self._named(draw.slot)
        hint = f"  the smallest value that breaks it: {str(value)!r} in {place} ({draw.name}); all other fields held plain values"
        target = draw.slot.field.target
        return [replace(one, message=_with(one.message, hint), place=one.place or target, key=one.key or target) for one in tried[value]]

    def _named(self, slot: Slot) -> str:
        return f"{slot.field.source}{'' if slot.line is None else f' of line {slot.line + 1}'}"


def _notes(error: Exception) -> Sequence[str]:
    """Return what was noted of an error: the request, where there was one."""
    return getattr(error, "__notes__", ())


def _with(message: str, hint: str) -> str:
    """Put a line before the next step."""
    head, _, rest = message.rpartition("\nNext: ")
    return f"{head}\n{hint}\nNext: {rest}"
