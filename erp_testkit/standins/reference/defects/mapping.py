"""Defects of the mappings between interfaces and documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from sqlalchemy import Connection

from erp_testkit.domain.documents import MappedField
from erp_testkit.standins.reference.defects import Original, defect
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
