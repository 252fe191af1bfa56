"""Defects of mapping tables, and of reading what the warehouse confirms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from sqlalchemy import Connection

from erp_testkit.domain.documents import MappedField
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.services import confirmations
from erp_testkit.standins.reference.services.confirmations import CHANNEL, Record

_SHIFTED: Mapping[str, str] = MappingProxyType({"lines[].lot": "sku", "lines[].serial": "lot_no"})
"""Targets, and the columns they are fed from one row too high."""


@defect("mapping-table-shifted", wraps="interfaces.fields")
def mapping_table_shifted(original: Original, connection: Connection, channel: str) -> Sequence[MappedField]:
    """A row was inserted in the mapping table of the warehouse's confirmations: lot and serial are fed from the columns before theirs."""
    rows: Sequence[MappedField] = original(connection, channel)
    return [replace(row, source=_SHIFTED.get(row.target, row.source)) for row in rows] if channel == CHANNEL else rows


@defect("mapping-code-shifted", wraps="confirmations.value_of")
def mapping_code_shifted(original: Original, record: Record, field: MappedField) -> str | None:
    """The mapping table is right, and the program reads lot and serial of a confirmation from the columns before theirs."""
    value: str | None = original(record, replace(field, source=_SHIFTED.get(field.target, field.source)))
    return value


@defect("mapping-row-doubled", wraps="interfaces.fields")
def mapping_row_doubled(original: Original, connection: Connection, channel: str) -> Sequence[MappedField]:
    """A second row of the mapping table feeds the lot number's field too, with the serial number: the row that comes last wins."""
    rows: Sequence[MappedField] = original(connection, channel)
    doubled = [replace(row, position=len(rows) + 1, source="lines[].serial") for row in rows if row.target == "lines[].lotNo"]
    return [*rows, *doubled]


@defect("mapping-width-narrowed", wraps="interfaces.fields")
def mapping_width_narrowed(original: Original, connection: Connection, channel: str) -> Sequence[MappedField]:
    """The field of the consignee's name in the carrier's file was made narrower, and every field behind it moved."""
    rows: Sequence[MappedField] = original(connection, channel)
    return [replace(row, width=40) if row.target == "consignee_name" else row for row in rows]


@defect("mapping-row-missing", wraps="interfaces.fields")
def mapping_row_missing(original: Original, connection: Connection, channel: str) -> Sequence[MappedField]:
    """The row of the expiry date was lost when the mapping table of the UDI registry was copied to a new system."""
    rows: Sequence[MappedField] = original(connection, channel)
    return [row for row in rows if row.target != "device[].expiry"]


@defect("confirmed-lot-in-capitals", wraps="confirmations.value_of")
def confirmed_lot_in_capitals(original: Original, record: Record, field: MappedField) -> str | None:
    """The lot number of a confirmation goes into the delivery note in capital letters."""
    value: str | None = original(record, field)
    return value.upper() if value and field.target == "lines[].lot" else value


@defect("confirmed-lines-from-first-row", wraps="confirmations.mapped")
def confirmed_lines_from_first_row(original: Original, record: Record, fields: Sequence[MappedField], group: str) -> dict[str, str | None]:
    """Every line of a delivery note takes the expiry date of the first row of its confirmation: a variable is not set anew."""
    values: dict[str, str | None] = original(record, fields, group)
    if record["line_no"] == "1":
        _left_over.update(values)
    return {name: _left_over.get(name, value) if name == "expiry" else value for name, value in values.items()}


_left_over: dict[str, str | None] = {}


@defect("quotes-not-understood", wraps="confirmations.parse")
def quotes_not_understood(_original: Original, text: str) -> Sequence[Record]:
    """A file of comma-separated values is cut at every comma, also at those within quotes."""
    header, *rows = [line.split(",") for line in text.splitlines() if line]
    return [confirmations.parse_row(header, place, row) for place, row in enumerate(rows, start=2)]
