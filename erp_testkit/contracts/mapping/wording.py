"""Breaches of a mapping in words: which field, what was expected, what came, whose value it is, and where to look next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from erp_testkit.contracts.check import Broken
from erp_testkit.contracts.mapping.damage import shown
from erp_testkit.contracts.mapping.displacement import Move
from erp_testkit.contracts.mapping.formats import Value
from erp_testkit.contracts.mapping.model import Fact, Field, Mapping
from erp_testkit.domain.findings import Severity

TITLES = {
    "field-shift": "Fields are shifted",
    "field-swap": "Two fields are swapped",
    "field-overwrite": "A field is overwritten by another",
    "field-truncated": "A field is cut",
    "field-lost": "A field is lost",
    "field-defaulted": "A field holds a value nobody sent",
    "field-retyped": "A field is re-typed",
    "field-case-changed": "Upper and lower case of a field change",
    "field-garbled": "A field is garbled",
    "line-lost": "Lines are lost",
    "line-added": "There are lines nobody sent",
    "value-refused": "A value the contract allows is refused",
    "system-broke": "A value the contract allows breaks the system",
    "message-lost": "A document does not arrive",
    "message-refused": "The partner refuses the message",
}
"""Every id of a breach, and its title."""

_WHOLE = {
    "value-refused": (
        Severity.NORMAL,
        "let the interface take the value, or say in the contract which values there are (chars, length, codes)",
    ),
    "system-broke": (Severity.CRITICAL, "look into the system's log, at this value"),
    "message-lost": (Severity.BLOCKER, "look at the sender's jobs and alarms"),
    "message-refused": (Severity.CRITICAL, "compare the contract with the partner's own (check 'fields')"),
}
"""Breaches of a whole document: how bad, and where to look."""

_HARMS = {
    "field-truncated": "truncate",
    "field-retyped": "retype",
    "field-case-changed": "case",
    "field-defaulted": "default",
    "field-lost": "default",
}
"""What of ``never`` a breach is."""


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
    """Tells breaches of one mapping."""

    mapping: Mapping

    def damaged(self, cell: Cell, breach: str, what: str) -> Broken:
        """Tell of one field whose value is damaged, lost or nobody's."""
        return self._one(cell, breach, what)

    def overwritten(self, cell: Cell, owner: str, *, also: bool = False) -> Broken:
        """Tell of one field that holds the value of another, alone or beside its own."""
        return self._one(cell, "field-overwrite", f"{'with' if also else 'which is'} the value of {self._source(owner)}", owner)

    def moved(self, move: Move, cells: Sequence[tuple[Cell, str | None]]) -> Broken:
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
        return self._broken(move.kind, cells, head, [self._row(cell, owner) for cell, owner in cells])

    def displaced(self, cell: Cell, by: int) -> Broken:
        """Tell of a fixed-width record that stands in the wrong columns from one field on."""
        side = "right" if by > 0 else "left"
        head = (
            f"Failed to carry {self._name(cell)} and all fields after it to {self.mapping.name}: expected each at its column, "
            f"got them {abs(by)} character{'' if abs(by) == 1 else 's'} too far {side}."
        )
        return self._broken("field-shift", [(cell, None)], head, [self._row(cell, None)])

    def lines(self, sent: int, came: int) -> Broken:
        """Tell of lines that are lost or too many."""
        breach = "line-lost" if came < sent else "line-added"
        head = f"Failed to carry the lines of {self.mapping.name}: expected {sent}, got {came}."
        return Broken(
            id=breach, title=TITLES[breach], severity=Severity.BLOCKER, message=self._message(head, (), self.mapping.line("fields"))
        )

    def stray(self, place: str, source: str, value: str, got: str) -> Broken:
        """Tell of a value that also stands where the contract knows of no field."""
        head = (
            f"Failed to keep {self._source(source)} of {self.mapping.name} in its field alone: "
            f"expected {value!r} nowhere else, got {got!r} in {place}."
        )
        return Broken(
            id="field-overwrite",
            title=TITLES["field-overwrite"],
            severity=Severity.CRITICAL,
            message=self._message(head, (), self.mapping.line("fields")),
            place=place,
            facts=({"source": source, "target": place, "expected": None, "got": got},),
        )

    def document(self, breach: str, what: str, rows: Iterable[str] = ()) -> Broken:
        """Tell of a document that did not go through as a whole; `rows` are what else is known of it."""
        severity, hint = _WHOLE[breach]
        head = f"Failed to carry a document through {self.mapping.name}: {what}."
        where = f"promised in {self.mapping.file.name}:{self.mapping.line('fields')}"
        message = "\n".join([head, *(f"  {row}" for row in (where, *rows)), f"Next: {hint}"])
        return Broken(id=breach, title=TITLES[breach], severity=severity, message=message)

    def _one(self, cell: Cell, breach: str, what: str, owner: str | None = None) -> Broken:
        head = (
            f"Failed to carry {self._name(cell)} of {self.mapping.name}: expected {_quoted(cell.expected)}, "
            f"got {_quoted(shown(cell.got))}{', ' if what else ''}{what}{_in_line(cell)}."
        )
        return self._broken(breach, [(cell, owner)], head, ())

    def _broken(self, breach: str, cells: Sequence[tuple[Cell, str | None]], head: str, rows: Iterable[str]) -> Broken:
        fields = [cell.field for cell, _ in cells]
        harmed = any(field.identifier or breach not in _HARMS or _HARMS[breach] in field.never for field in fields)
        severity = Severity.BLOCKER if any(field.identifier for field in fields) else Severity.CRITICAL if harmed else Severity.NORMAL
        return Broken(
            id=breach,
            title=TITLES[breach],
            severity=severity,
            message=self._message(head, rows, self.mapping.line_of(fields[0])),
            place=fields[0].target,
            facts=tuple(
                {
                    "source": cell.field.source,
                    "target": cell.field.target,
                    "line": None if cell.line is None else cell.line + 1,
                    "expected": cell.expected,
                    "got": shown(cell.got),
                    "value_of": owner,
                }
                for cell, owner in cells
            ),
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
