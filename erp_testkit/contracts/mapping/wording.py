"""Findings of a mapping in words: which field, what was expected, what came, whose value it is, and where to look next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from erp_testkit.contracts.mapping.damage import shown
from erp_testkit.contracts.mapping.displacement import Move
from erp_testkit.contracts.mapping.findings import MAPPING
from erp_testkit.contracts.mapping.formats import Value
from erp_testkit.contracts.mapping.model import Fact, Field, Mapping
from erp_testkit.domain.findings import Finding, Severity

_HINTS = {
    "value-refused": "let the interface take the value, or say in the contract which values there are (chars, length, codes)",
    "system-broke": "look into the system's log, at this value",
    "message-lost": "look at the sender's jobs and alarms",
    "message-refused": "compare the contract with the partner's own (check 'fields')",
}
"""Where to look when a whole document did not go through."""

_HARMS = {
    "field-truncated": "truncate",
    "field-retyped": "retype",
    "field-case-changed": "case",
    "field-defaulted": "default",
    "field-lost": "default",
}
"""What of ``never`` a finding is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One target field in one line: what should be there, and what is."""

    field: Field
    line: int | None
    """Of the document that was sent, counted from 0; None outside the lines."""
    other: int
    """Of what arrived."""
    fact: Fact
    expected: str | None
    got: Value
    right: bool


@dataclass(frozen=True, slots=True)
class Wording:
    """Tells what is wrong with one mapping."""

    mapping: Mapping

    def damaged(self, cell: Cell, kind: str, what: str) -> Finding:
        """Tell of one field whose value is damaged, lost or nobody's."""
        return self._one(cell, kind, what)

    def overwritten(self, cell: Cell, owner: str, *, also: bool = False) -> Finding:
        """Tell of one field that holds the value of another, alone or beside its own."""
        return self._one(cell, "field-overwrite", f"{'with' if also else 'which is'} the value of {self._source(owner)}", owner)

    def moved(self, move: Move, cells: Sequence[tuple[Cell, str | None]]) -> Finding:
        """Tell of fields that hold each other's values."""
        targets = [cell.field.target for cell, _ in cells]
        if move.kind == "field-swap":
            head = (
                f"Failed to keep {targets[0]} and {targets[1]} of {self.mapping.name} apart: "
                "expected each value in its own field, got them swapped."
            )
        else:
            fields = "1 field" if abs(move.by) == 1 else f"{abs(move.by)} fields"
            way = "up" if move.by > 0 else "down"
            head = (
                f"Failed to keep {', '.join(targets)} of {self.mapping.name} in their places: "
                f"expected each value in its own field, got them shifted {way} by {fields}."
            )
        return self._finding(move.kind, cells, head, [self._row(cell, owner) for cell, owner in cells])

    def displaced(self, cell: Cell, by: int) -> Finding:
        """Tell of a fixed-width record that stands in the wrong columns from one field on."""
        side = "right" if by > 0 else "left"
        head = (
            f"Failed to carry {self._name(cell)} and all fields after it to {self.mapping.name}: expected each at its column, "
            f"got them {abs(by)} character{'' if abs(by) == 1 else 's'} too far {side}."
        )
        return self._finding("field-shift", [(cell, None)], head, [self._row(cell, None)])

    def lines(self, sent: int, came: int) -> Finding:
        """Tell of lines that are lost or too many."""
        kind = MAPPING["line-lost" if came < sent else "line-added"]
        head = f"Failed to carry the lines of {self.mapping.name}: expected {sent}, got {came}."
        return kind.found(self._message(head, (), self.mapping.line("fields")))

    def stray(self, place: str, source: str, value: str, got: str) -> Finding:
        """Tell of a value that also stands where the contract knows of no field."""
        head = (
            f"Failed to keep {self._source(source)} of {self.mapping.name} in its field alone: "
            f"expected {value!r} nowhere else, got {got!r} in {place}."
        )
        return MAPPING["field-overwrite"].found(
            self._message(head, (), self.mapping.line("fields")),
            place=place,
            key=place,
            evidence=[{"source": source, "target": place, "expected": None, "got": got}],
        )

    def document(self, kind: str, what: str, rows: Iterable[str] = ()) -> Finding:
        """Tell of a document that did not go through as a whole; `rows` are what else is known of it."""
        head = f"Failed to carry a document through {self.mapping.name}: {what}."
        where = f"promised in {self.mapping.file.name}:{self.mapping.line('fields')}"
        message = "\n".join([head, *(f"  {row}" for row in (where, *rows)), f"Next: {_HINTS[kind]}"])
        return MAPPING[kind].found(message)

    def _one(self, cell: Cell, kind: str, what: str, owner: str | None = None) -> Finding:
        head = (
            f"Failed to carry {self._name(cell)} of {self.mapping.name}: expected {_quoted(cell.expected)}, "
            f"got {_quoted(shown(cell.got))}{', ' if what else ''}{what}{_in_line(cell)}."
        )
        return self._finding(kind, [(cell, owner)], head, ())

    def _finding(self, kind: str, cells: Sequence[tuple[Cell, str | None]], head: str, rows: Iterable[str]) -> Finding:
        fields = [cell.field for cell, _ in cells]
        harmed = any(field.identifier or kind not in _HARMS or _HARMS[kind] in field.never for field in fields)
        severity = Severity.BLOCKER if any(field.identifier for field in fields) else Severity.CRITICAL if harmed else Severity.NORMAL
        place = fields[0].target
        return MAPPING[kind].found(
            self._message(head, rows, self.mapping.line_of(fields[0])),
            severity=severity,
            place=place,
            key=place,
            evidence=[
                {
                    "source": cell.field.source,
                    "target": cell.field.target,
                    "line": None if cell.line is None else cell.line + 1,
                    "expected": cell.expected,
                    "got": shown(cell.got),
                    "value_of": owner,
                }
                for cell, owner in cells
            ],
        )

    def _message(self, head: str, rows: Iterable[str], line: int) -> str:
        hint = (
            "see whether the mapping table says the same (check 'table'); if it does, the code that follows it is wrong"
            if self.mapping.table
            else "look at what writes the target"
        )
        return "\n".join([head, *(f"  {row}" for row in rows), f"  promised in {self.mapping.file.name}:{line}", f"Next: {hint}"])

    def _row(self, cell: Cell, owner: str | None) -> str:
        whose = f", the value of {self._source(owner)}" if owner else ""
        return f"{self._name(cell)}: expected {_quoted(cell.expected)}, got {_quoted(shown(cell.got))}{whose}{_in_line(cell)}"

    def _name(self, cell: Cell) -> str:
        return f"{cell.field.source or 'a constant'} to {cell.field.target}"

    def _source(self, path: str) -> str:
        return path.removeprefix("[].")


def _quoted(text: str | None) -> str:
    return "nothing" if text is None else repr(text)


def _in_line(cell: Cell) -> str:
    return "" if cell.line is None else f" (line {cell.line + 1})"
