"""The mapping table an ERP follows, compared with the contract: names what is shifted, swapped, missing, doubled or too narrow."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from erp_testkit.contracts.check import Judged, Live
from erp_testkit.contracts.mapping import displacement
from erp_testkit.contracts.mapping.findings import MAPPING
from erp_testkit.contracts.mapping.model import Field, Mapping
from erp_testkit.domain.documents import MappedField
from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.findings import Finding, Severity
from erp_testkit.erp.errors import Refused
from erp_testkit.erp.ports import Interfaces, port
from erp_testkit.specs.files import read_text

_COLUMNS = ("position", "source", "target", "width")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The check."""

    mapping: Mapping
    line: int
    ports: frozenset[str]
    id: str = "table"
    title: str = "the mapping table says the same as the contract"
    writes: bool = False

    def run(self, live: Live) -> Judged:
        """Compare the table with the contract.

        Raises:
            UsageError: the table is a file, and it cannot be read.
        """
        try:
            rows = rows_of(self.mapping, live)
        except Refused as refusal:
            return Judged(findings=[_missing_table(self.mapping, refusal.message)])
        return Judged(findings=list(compare(self.mapping, rows)), counted=len(self.mapping.fields))


def rows_of(mapping: Mapping, live: Live) -> Sequence[MappedField]:
    """Return the rows of the mapping table, from the ERP or from its file."""
    if mapping.table == "erp":
        return port(live.erp, Interfaces).mapping_table(mapping.name)
    assert mapping.table is not None
    return read_csv(mapping.file.parent / mapping.table)


def read_csv(file: Path) -> Sequence[MappedField]:
    """Read a mapping table from a CSV file with the columns position, source, target, width (which may be empty).

    Raises:
        UsageError: it cannot be read, or has other columns or a row that is wrong.
    """
    lines = list(csv.DictReader(io.StringIO(read_text(file))))
    if not lines or set(_COLUMNS) - set(lines[0]):
        got = ", ".join(lines[0]) if lines else "no rows"
        raise UsageError(f"Failed to read mapping table {file}: expected the columns {', '.join(_COLUMNS)}, got {got}.")
    rows: list[MappedField] = []
    for number, line in enumerate(lines, start=2):
        width = line["width"] or ""
        if not (line["position"] or "").isdecimal() or not (width == "" or width.isdecimal()):
            raise UsageError(f"Failed to read mapping table {file}: expected numbers as position and width in line {number}, got {line}.")
        rows.append(
            MappedField(position=int(line["position"]), source=line["source"], target=line["target"], width=int(width) if width else None)
        )
    return rows


def compare(mapping: Mapping, rows: Sequence[MappedField]) -> Iterator[Finding]:
    """Yield how a mapping table differs from the contract."""
    yield from _Comparison(mapping, rows).findings()


class _Comparison:
    def __init__(self, mapping: Mapping, rows: Sequence[MappedField]) -> None:
        self._mapping = mapping
        self._rows = rows
        self._fields = [one for one in mapping.fields if one.source is not None]
        self._row_of = {row.target: row for row in reversed(rows)}

    def findings(self) -> Iterator[Finding]:
        targets = {one.target for one in self._fields}
        positions = {one.source: place for place, one in reversed(list(enumerate(self._fields)))}
        holds: dict[int, int] = {}
        for place, one in enumerate(self._fields):
            row = self._row_of.get(one.target)
            if row is None:
                head = (
                    f"Failed to find {one.target} in the mapping table of {self._mapping.name}: "
                    f"expected a row that feeds it from {one.source}, got none."
                )
                yield self._told("field-lost", [one], head)
            elif row.source != one.source and row.source in positions:
                holds[place] = positions[row.source]
            elif row.source != one.source:
                yield self._wrong_source(one, row)
        for move in displacement.grouped(holds):
            yield self._moved(move)
        for row in self._rows:
            if row.target not in targets:
                yield self._unknown(row)
            elif row is not self._row_of[row.target]:
                yield self._doubled(row)
        yield from self._widths()
        yield from self._order()

    def _moved(self, move: displacement.Move) -> Finding:
        fields = [self._fields[place] for place in move.places]
        if move.kind == "field-overwrite":
            return self._wrong_source(fields[0], self._row_of[fields[0].target])
        names = ", ".join(one.target for one in fields)
        how = "swapped" if move.kind == "field-swap" else f"shifted by {abs(move.by)} {'row' if abs(move.by) == 1 else 'rows'}"
        head = (
            f"Failed to find the right sources of {names} in the mapping table of {self._mapping.name}: "
            f"expected each its own, got them {how}."
        )
        return self._told(move.kind, fields, head, rows=[self._row_text(one) for one in fields])

    def _wrong_source(self, one: Field, row: MappedField) -> Finding:
        head = (
            f"Failed to find the right source of {one.target} in the mapping table of {self._mapping.name}: "
            f"expected {one.source}, got {row.source} in row {row.position}."
        )
        return self._told("field-overwrite", [one], head)

    def _row_text(self, one: Field) -> str:
        row = self._row_of[one.target]
        return f"row {row.position}: {one.target} is fed from {row.source}, expected {one.source}"

    def _doubled(self, row: MappedField) -> Finding:
        first = self._row_of[row.target]
        one = next(one for one in self._fields if one.target == row.target)
        head = (
            f"Failed to find one source of {row.target} in the mapping table of {self._mapping.name}: expected one row, "
            f"got rows {first.position} (from {first.source}) and {row.position} (from {row.source})."
        )
        return self._told("field-doubled", [one], head)

    def _unknown(self, row: MappedField) -> Finding:
        head = (
            f"Failed to find {row.target} in the contract of {self._mapping.name}: expected only its fields in the mapping table, "
            f"got row {row.position} from {row.source}."
        )
        message = self._message(head, (), self._mapping.line("fields"))
        return MAPPING["field-added"].found(message, place=row.target, key=row.target)

    def _widths(self) -> Iterator[Finding]:
        exact = self._mapping.target.format == "fixed-width"
        for one in self._fields:
            row = self._row_of.get(one.target)
            if row is None or row.width is None or one.length is None:
                continue
            if row.width < one.length or (exact and row.width != one.length):
                kind = "field-truncated" if row.width < one.length else "field-widened"
                head = (
                    f"Failed to find room for {one.target} in the mapping table of {self._mapping.name}: "
                    f"expected {'' if exact else 'at least '}{one.length} characters for {one.source}, "
                    f"got {row.width} in row {row.position}."
                )
                yield self._told(kind, [one], head)

    def _order(self) -> Iterator[Finding]:
        """Yield that columns stand in another order, where their order is all that tells them apart."""
        if self._mapping.target.format != "fixed-width" and self._mapping.target.settings.header:
            return
        wanted = [one for one in self._fields if one.target in self._row_of]
        got = sorted((self._row_of[one.target] for one in wanted), key=lambda row: row.position)
        holds = {
            place: next(other for other, its in enumerate(wanted) if its.target == row.target)
            for place, (one, row) in enumerate(zip(wanted, got, strict=True))
            if one.target != row.target
        }
        for move in displacement.grouped(holds):
            fields = [wanted[place] for place in move.places]
            head = (
                f"Failed to find the columns of {self._mapping.name} in their order: expected {', '.join(one.target for one in fields)} "
                f"at place {move.places[0] + 1}, got {', '.join(got[place].target for place in move.places)}."
            )
            yield self._told(move.kind, fields, head)

    def _told(self, kind: str, fields: Sequence[Field], head: str, rows: Sequence[str] = ()) -> Finding:
        place = fields[0].target
        return MAPPING[kind].found(
            self._message(head, rows, self._mapping.line_of(fields[0])),
            severity=Severity.BLOCKER if any(one.identifier for one in fields) else Severity.CRITICAL,
            place=place,
            key=place,
            evidence=[
                {
                    "target": one.target,
                    "expected": one.source,
                    "got": self._row_of[one.target].source if one.target in self._row_of else None,
                    "row": self._row_of[one.target].position if one.target in self._row_of else None,
                }
                for one in fields
            ],
        )

    def _message(self, head: str, rows: Sequence[str], line: int) -> str:
        where = "the ERP's mapping table" if self._mapping.table == "erp" else self._mapping.table
        return "\n".join([head, *(f"  {row}" for row in rows), f"  promised in {self._mapping.file.name}:{line}", f"Next: correct {where}"])


def _missing_table(mapping: Mapping, said: str) -> Finding:
    return MAPPING["table-missing"].found(
        f"Failed to read the mapping table of {mapping.name}: expected one in the ERP, got refused: {said}\n"
        f"  promised in {mapping.file.name}:{mapping.line('table')}\n"
        "Next: correct the interface's name, or leave 'table' out where the ERP has none"
    )
