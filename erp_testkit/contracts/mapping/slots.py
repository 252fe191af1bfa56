"""The places of a source whose values the kit may choose, and what there is room for in each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Decimal
from functools import cache
from typing import Any

import jsonschema_rs

from erp_testkit.contracts.mapping import schemas
from erp_testkit.contracts.mapping.damage import plainly
from erp_testkit.contracts.mapping.model import DATES, Fact, Field, Mapping, Settings, at
from erp_testkit.contracts.mapping.schemas import Leaf
from erp_testkit.contracts.scenes import VALUES
from erp_testkit.domain.documents import Direction

LINES = 2
"""A canary has two lines, so that values of one can be found in the other."""

MOST_LINES = 2 * LINES
"""The lines, and one more of the item of each."""

_ANY_LENGTH = 40
"""How long values of fields without a length are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What there is room for in a place."""

    sides: tuple[tuple[int, Settings], ...]
    """How much each side takes, and how it counts."""
    encoded: Settings | None
    """Of a source that is written in its encoding; None where any character can be written."""
    controls: bool
    """Whether control characters can be."""

    @property
    def most(self) -> int:
        """Return the most characters."""
        return min(most for most, _ in self.sides)

    def fits(self, text: str) -> bool:
        """Say whether a text is short enough for both sides."""
        return all(settings.size(text) <= most for most, settings in self.sides)

    def cut(self, text: str) -> str:
        """Return as much of a text as fits, without spaces at its end: a column would lose them."""
        return next(text[:length] for length in range(len(text), -1, -1) if self.fits(text[:length])).rstrip(" ")

    def held(self, chars: str) -> str:
        """Return those of some characters that can stand there."""
        return "".join(
            char
            for char in chars
            if self.fits(char) and (self.controls or char.isprintable()) and (self.encoded is None or self.encoded.holds(char))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place of the source whose value the kit may choose."""

    place: str
    """As the way takes it: ``lines[0].lot``."""
    field: Field
    room: Room
    position: int
    """Distinct among the places of a document."""
    line: int | None
    """None outside the lines."""
    leaf: Leaf | None = dataclass_field(default=None, compare=False)
    """What the source's schema says of it, where documents are made by it."""

    @property
    def bounds(self) -> list[dict[str, Any]]:
        """What the source's schema says of which values there are."""
        return [] if self.leaf is None or self.field.type in DATES else self.leaf.bounds

    def allows(self, fact: Fact) -> bool:
        """Say whether the source's schema takes a value."""
        if self.leaf is None or not self.bounds:
            return True
        value = self.leaf.typed(plainly(self.field).written(fact))
        shown = value if not isinstance(value, Decimal) else int(value) if value == value.to_integral_value() else float(value)
        judge = _judge(json.dumps({"allOf": self.bounds}))
        return judge is None or judge.is_valid(shown)


@cache
def _judge(schema: str) -> jsonschema_rs.Draft202012Validator | None:
    """Return what judges values; None for a schema that cannot be followed, which bounds nothing."""
    try:
        return jsonschema_rs.Draft202012Validator(json.loads(schema))
    except jsonschema_rs.ValidationError:
        return None


def slots(mapping: Mapping) -> tuple[Slot, ...]:
    """Return every place a document's values are chosen for."""
    found: dict[str, Slot] = {}
    scene = mapping.source.request is None
    leaves = {} if scene else schemas.of_source(mapping)
    for position, one in enumerate(mapping.fields):
        path = one.target if mapping.direction is Direction.IN and scene else mapping.source_path(one)
        if not path or not _open(mapping, path, one):
            continue
        repeats = "[]" in path and (scene or not mapping.is_once(one))
        for line in range(LINES if repeats else 1):
            place = at(path, line)
            # In a scene, a line with a serial number is of one piece, and the other line has none.
            if scene and place in ("lines[0].quantity", "lines[1].serial"):
                continue
            slot = Slot(
                place=place,
                field=one,
                room=_room(mapping, one, leaves.get(path)),
                position=position * MOST_LINES + line,
                line=line if repeats else None,
                leaf=leaves.get(path),
            )
            found.setdefault(place, slot)
    return tuple(found.values())


def _room(mapping: Mapping, one: Field, leaf: Leaf | None) -> Room:
    source, target = mapping.source, mapping.target
    columns = source.format == "fixed-width"
    sides = []
    if one.length is not None:
        # Only in a fixed-width record is a length counted as its settings say.
        sides.append((one.length, target.settings if target.format == "fixed-width" else Settings()))
    if columns and one.width is not None:
        sides.append((one.width, source.settings))
    if leaf is not None and leaf.max_length is not None:
        sides.append((leaf.max_length, Settings()))
    return Room(
        sides=tuple(sides) or ((_ANY_LENGTH, Settings()),),
        encoded=source.settings if columns else None,
        controls=source.format not in ("xml", "fixed-width"),
    )


def _open(mapping: Mapping, path: str, one: Field) -> bool:
    if mapping.source.request is not None:
        return path not in mapping.source.request.answer
    return path in VALUES and (path != "lines[].unit" or one.codes is not None)
