"""What arrived, compared with what was sent: names what happened to which field.

First the lines of both sides are matched (an interface may list them in another order). Then every target is compared with its source. A
wrong value is either damaged (cut, re-typed, garbled), or it belongs to another field, or it is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Map

from erp_testkit.contracts.mapping import displacement
from erp_testkit.contracts.mapping.carriers import Carried
from erp_testkit.contracts.mapping.damage import arrived, damage_of, resembles, shown
from erp_testkit.contracts.mapping.formats import Value
from erp_testkit.contracts.mapping.model import Fact, Field, Mapping, at, general, line_of
from erp_testkit.contracts.mapping.sides import layout, target_fields
from erp_testkit.contracts.mapping.wording import Cell, Wording
from erp_testkit.domain.findings import Finding

_TELLING = 8
"""A value of at least so many characters is not part of another text by chance."""

_FINDABLE = 5
"""A value of at least so many characters is not another value, or elsewhere in its own record, by chance."""


def diagnose(mapping: Mapping, carried: Carried) -> list[Finding]:
    """Say what is wrong with a document that arrived."""
    return list(_Diagnosis(mapping, carried).findings())


class _Diagnosis:
    def __init__(self, mapping: Mapping, carried: Carried) -> None:
        self._mapping, self._fields, self._facts, self._places = mapping, target_fields(mapping), carried.sent.facts, carried.arrived.places
        self._layout = layout(mapping, "target")
        self._records = []
        if self._layout is not None and self._layout.format == "fixed-width":
            self._records = self._layout.records(carried.arrived.text)
        self._tell = Wording(mapping)
        self._lines = _count(self._facts)
        self._arrived_lines = _count({place: value for place, value in self._places.items() if general(place) in self._repeating()})
        self._line_at = self._matched()
        self._cells = [list(self._cells_of(field)) for field in self._fields]

    def _repeating(self) -> set[str]:
        paths = (self._mapping.target_path(field) for field in self._fields)
        return {path for path in paths if "[]" in path}

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong, each field once."""
        yield from self._lines_lost_or_added()
        wrong = {place: [cell for cell in cells if not cell.right] for place, cells in enumerate(self._cells)}
        wrong = {place: cells for place, cells in wrong.items() if cells}
        owners = {place: self._owner(place, cells) for place, cells in wrong.items()}
        damages = {place: self._damage(cells[0], owners[place]) for place, cells in wrong.items()}
        displaced = self._displaced(wrong, owners)
        if displaced is not None:
            first, by = displaced
            cell = wrong[first][0]
            if "\ufffd" in self._records[cell.other]:
                what = "not in the encoding of the interface, so that all fields after it are displaced"
                yield self._tell.damaged(cell, "field-garbled", what)
            else:
                yield self._tell.displaced(cell, by)
            wrong = {place: cells for place, cells in wrong.items() if place < first}
        moved = {place: owner for place, owner in owners.items() if place in wrong and owner is not None and damages[place] is None}
        positions = {self._mapping.source_path(field): place for place, field in reversed(list(enumerate(self._fields)))}
        holds = {place: positions[owner] for place, owner in moved.items() if owner in positions}
        told: set[int] = set()
        for move in displacement.grouped(holds):
            if move.kind == "field-overwrite":
                continue
            fields = [*move.places, *self._emptied(move, wrong, moved)]
            told.update(fields)
            yield self._tell.moved(move, [(wrong[place][0], moved.get(place)) for place in sorted(fields)])
        for place, cells in wrong.items():
            if place in told:
                continue
            if place in moved:
                yield self._tell.overwritten(cells[0], moved[place])
            else:
                yield self._single(cells[0], damages[place])
        if displaced is None:
            yield from self._strays()

    def _matched(self) -> Map[int, int]:
        """Return for each line that was sent the line that arrived: the one most of whose values fit."""

        def fits(line: int, other: int) -> int:
            return sum(
                arrived(field, self._fact(field, line), self._places.get(at(self._mapping.target_path(field), other)))
                for field in self._fields
                if "[]" in self._mapping.target_path(field) and "[]" in self._mapping.source_path(field)
            )

        pairs = [(line, other) for line in range(self._lines) for other in range(self._arrived_lines)]
        found: dict[int, int] = {}
        for line, other in sorted(pairs, key=lambda pair: (-fits(*pair), abs(pair[0] - pair[1]), pair)):
            if line not in found and other not in found.values():
                found[line] = other
        return found

    def _fact(self, field: Field, line: int) -> Fact:
        return self._facts.get(at(self._mapping.source_path(field), line))

    def _cells_of(self, field: Field) -> Iterator[Cell]:
        path = self._mapping.target_path(field)
        lines = self._line_at if "[]" in path else {0: 0}
        for line, other in lines.items():
            fact, got = self._fact(field, line), self._places.get(at(path, other))
            yield Cell(
                field=field,
                line=line if "[]" in path else None,
                other=other,
                fact=fact,
                expected=field.written(fact),
                got=got,
                right=arrived(field, fact, got),
            )

    def _lines_lost_or_added(self) -> Iterator[Finding]:
        if self._arrived_lines != self._lines and self._repeating():
            yield self._tell.lines(self._lines, self._arrived_lines)

    def _owner(self, place: int, cells: Sequence[Cell]) -> str | None:
        """Return the source whose values stand in a field, in all lines in which the field is wrong."""
        if all(shown(cell.got) is None for cell in cells):
            return None
        field = self._fields[place]
        own = self._mapping.source_path(field)
        sources = {general(path): None for path in self._facts if general(path) != own}
        possible = [source for source in sources if all(self._is_of(cell, source) for cell in cells)]
        order = [self._mapping.source_path(other) for other in self._fields]
        return min(
            possible, key=lambda source: (source not in order, abs(order.index(source) - place) if source in order else 0), default=None
        )

    def _is_of(self, cell: Cell, source: str) -> bool:
        fact, text = self._facts.get(at(source, cell.line or 0)), shown(cell.got)
        return text is None if fact is None else text is not None and text in self._forms(source, fact, cell.field)

    def _forms(self, source: str, fact: Fact, into: Field) -> set[str]:
        """Return how a source's value may look in a field it does not belong to."""
        own = (field for field in self._fields if self._mapping.source_path(field) == source)
        whole = {text for field in (into, *own) if (text := field.written(fact))} | {str(fact)}
        cut = {text[: into.length] for text in whole if into.length and len(text[: into.length]) >= _FINDABLE}
        return whole | cut

    def _damage(self, cell: Cell, owner: str | None) -> tuple[str, str] | None:
        found = damage_of(cell.field, cell.fact, cell.got)
        # A single digit is the beginning of many figures.
        return None if found and found[0] == "field-truncated" and owner is not None else found

    def _emptied(self, move: displacement.Move, wrong: Map[int, list[Cell]], moved: Map[int, str]) -> list[int]:
        """Return the field at the end of a shift that got nothing because its value went to its neighbour."""
        if move.kind != "field-shift":
            return []
        edge = move.places[-1] + 1 if move.by > 0 else move.places[0] - 1
        return [edge] if edge in wrong and edge not in moved else []

    def _displaced(self, wrong: Map[int, list[Cell]], owners: Map[int, str | None]) -> tuple[int, int] | None:
        """Return from which column of a fixed-width record on everything stands how many characters too far right (or left)."""
        if not self._records or self._layout is None or any(owners.values()) or len(wrong) < 2:
            return None
        offsets = {place: offset for place, cells in wrong.items() if (offset := self._offset(cells[0]))}
        if len(set(offsets.values())) != 1:
            return None
        return min(wrong), next(iter(offsets.values()))

    def _offset(self, cell: Cell) -> int | None:
        assert self._layout is not None
        start = 0
        for column in self._layout.columns:
            if column.path == self._mapping.target_path(cell.field):
                raw = self._layout.raw(column, cell.expected or "")
                found = self._records[cell.other].find(raw) if len(cell.expected or "") >= _FINDABLE else -1
                return found - start if found >= 0 else None
            start += column.width
        return None

    def _single(self, cell: Cell, found: tuple[str, str] | None) -> Finding:
        text = shown(cell.got)
        if found is not None:
            return self._tell.damaged(cell, *found)
        if text is None:
            return self._tell.damaged(cell, "field-lost", "")
        line = self._line_of_value(cell, text)
        if line is not None:
            return self._tell.damaged(cell, "field-overwrite", f"the value of line {line + 1}")
        if cell.expected is not None:
            other = self._mixed_in(cell, text)
            if other is not None:
                return self._tell.overwritten(cell, other, also=True)
            if resembles(cell.expected, text):
                return self._tell.damaged(cell, "field-garbled", "characters are lost or replaced")
        return self._tell.damaged(cell, "field-defaulted", "a value of no field of this document")

    def _line_of_value(self, cell: Cell, text: str) -> int | None:
        """Return the other line whose value of the same field it is."""
        lines = (line for line in range(self._lines) if cell.line not in (None, line))
        return next((line for line in lines if cell.field.written(self._fact(cell.field, line)) == text), None)

    def _mixed_in(self, cell: Cell, text: str) -> str | None:
        """Return the source whose value stands within a text that is not its own."""
        own = self._mapping.source_path(cell.field)
        for path, fact in self._facts.items():
            if general(path) != own and line_of(path) in (None, cell.line) and self._within(fact, text):
                return general(path)
        return None

    def _within(self, fact: Fact, text: str) -> bool:
        return isinstance(fact, str) and len(fact) >= _TELLING and fact in text

    def _strays(self) -> Iterator[Finding]:
        """Yield values that stand where the contract knows of no field."""
        known = {self._mapping.target_path(field) for field in self._fields}
        told: set[str] = set()
        for place, value in self._places.items():
            path, text = general(place), shown(value)
            if path in known or path in told or text is None:
                continue
            for source, fact in self._facts.items():
                if self._within(fact, text):
                    told.add(path)
                    yield self._tell.stray(path, general(source), str(fact), text)
                    break


def _count(places: Map[str, Value] | Map[str, Fact]) -> int:
    """Return how many lines a document has."""
    return max((line + 1 for line in map(line_of, places) if line is not None), default=0)
