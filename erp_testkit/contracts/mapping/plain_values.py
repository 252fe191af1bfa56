"""Plain values, which can be told apart: nothing special is in them, and no other place of the document has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from erp_testkit.contracts.mapping.bounds import bounded_values
from erp_testkit.contracts.mapping.dates import today
from erp_testkit.contracts.mapping.model import DATES, FIGURES, Fact, Mapping, Type, at
from erp_testkit.contracts.mapping.slots import LINES, Slot

_PRIMES = (17, 23, 29, 31, 37, 41, 43, 47, 53, 59)


def plain(slot: Slot, code: Callable[[str, str], str], document: str) -> Fact:
    """Return a value without anything special in it that no other place of the document has.

    Args:
        slot: what it is for.
        code: makes unique codes of a kind, for an alias.
        document: makes the values of one document differ from those of another.
    """
    value = _unbound(slot, code, document)
    if slot.allows(value) or not (pool := bounded_values(slot)):
        return value
    # Documents that follow each other begin elsewhere, so that not every one has the same values.
    return pool[(slot.position + int(document)) % len(pool)]


def _unbound(slot: Slot, code: Callable[[str, str], str], document: str) -> Fact:
    one, kind = slot.field, slot.place.rpartition(".")[2]
    if one.type is Type.DATE:
        return today() + timedelta(days=400 + 37 * slot.position)
    if one.type is Type.DATETIME:
        return datetime.combine(today(), datetime.min.time(), UTC) + timedelta(hours=7 * slot.position, minutes=13)
    if one.type in FIGURES:
        return Decimal(_PRIMES[slot.position % len(_PRIMES)])
    if one.codes:
        return next(iter(one.codes))
    token = code("gtin" if one.identifier == "gtin" or one.chars == "digits" else kind, f"{document} {slot.place}")
    return token[-slot.room.most :]


def with_twins(
    mapping: Mapping, slots: Sequence[Slot], values: Map[str, Fact], code: Callable[[str, str], str], document: str
) -> dict[str, Fact]:
    """Return a document's values with one more line of each item: of another serial number of its lot, or of another lot.

    Lines without lot and serial number stay alone: two of them may well become one. So do items that may be sent only once.
    """
    found = dict(values)
    for line in range(LINES):
        of_line = [slot for slot in slots if slot.line == line]
        kinds = {_kind(slot) for slot in of_line}
        own = {slot for slot in of_line if _of_its_own(slot, same_lot=line == 0 and "serial" in kinds)}
        scene = mapping.source.request is None
        if not kinds & {"lot", "serial"} or (not scene and any(slot.field.unique for slot in set(of_line) - own)):
            continue
        twin = line + LINES
        if scene:
            item = at("lines[].item", line)
            found[at("lines[].item", twin)] = found.setdefault(item, code("item", f"{document} {item}"))
        for slot in of_line:
            place = slot.place.replace(f"[{line}]", f"[{twin}]")
            another = replace(slot, place=place, position=slot.position + LINES, line=twin)
            found[place] = plain(another, code, document) if slot in own else values[slot.place]
    return found


def _kind(slot: Slot) -> str:
    return slot.field.identifier or slot.place.rpartition(".")[2]


def _of_its_own(slot: Slot, *, same_lot: bool) -> bool:
    """Say whether a value is of a line, not of the line's item."""
    if _kind(slot) == "serial" or slot.field.type in FIGURES:
        return True
    return not same_lot and (_kind(slot) == "lot" or slot.field.type in DATES)
