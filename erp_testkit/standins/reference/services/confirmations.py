"""Confirmations of the warehouse system: a CSV file of what has left, one row a shipment line.

The columns the warehouse promises are compared with what was planned. What is written on the delivery note goes through the mapping table.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Any, TypeAlias

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Row

from erp_testkit.domain.documents import DeliveryNoteLine, MappedField
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.services import interfaces, lots, messages, notes, outbound
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Work
from erp_testkit.standins.reference.values import Day, Moment

CHANNEL = "wms.confirmation"
COLUMNS = ("message", "shipment_no", "line_no", "sku", "lot_no", "serial_no", "expiry_date", "qty", "confirmed_at")
"""What a confirmation must have, in any order; other columns are ignored."""

Record: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedLine:
    """One line as the warehouse confirms it."""

    line: int
    item: str
    lot: str | None
    serial: str | None
    expiry: Day | None
    quantity: Decimal


_LINE = TypeAdapter(ConfirmedLine)
_MOMENT = TypeAdapter(Moment)
_COLUMN_OF = {"line": "line_no", "item": "sku", "lot": "lot_no", "serial": "serial_no", "expiry": "expiry_date", "quantity": "qty"}


@service
def receive(work: Work, text: str) -> None:
    """Take a confirmation, once: the same again changes nothing."""
    records = parse(text)
    fields = interfaces.fields(work.connection, CHANNEL)
    number = same_in_all(records, "message")
    shipment = same_in_all(records, "shipment_no")
    messages.receive(work, CHANNEL, number, shipment, {"file": text}, lambda: take(work, records, fields))


@service
def take(work: Work, records: Sequence[Record], fields: Sequence[MappedField]) -> None:
    """Let the planned shipment leave as it was confirmed, and write its delivery note from the confirmation."""
    head = mapped(records[0], fields, "shipment.")
    shipment, lines = outbound.leave(work, str(head["number"]), moment(head["shipped_at"]))
    check_fits(shipment.number, records, [planned_line(work, line) for line in lines])
    note = notes.open_note(work, shipment)
    for record in records:
        confirmed = confirmed_line(mapped(record, fields, "lines[]."))
        notes.write_line(work, note, confirmed.line, printed(confirmed))
    outbound.announce(work, shipment)


@service
def parse(text: str) -> Sequence[Record]:
    """Read a file of comma-separated values (RFC 4180) with a header row."""
    try:
        header, *rows = [row for row in csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""), strict=True) if row] or [[]]
    except csv.Error as error:
        raise Refused(Reason.OTHER, f"Confirmation: expected comma-separated values (RFC 4180), got {error}.") from error
    if missing := [name for name in COLUMNS if header.count(name) != 1]:
        raise Refused(Reason.OTHER, f"Confirmation: expected each of its columns once in the header row, not so: {', '.join(missing)}.")
    if not rows:
        raise Refused(Reason.QUANTITY, "A confirmation needs at least one row.")
    return [parse_row(header, place, row) for place, row in enumerate(rows, start=2)]


@service
def parse_row(header: Sequence[str], place: int, row: Sequence[str]) -> Record:
    """Read one row."""
    if len(row) != len(header):
        raise Refused(Reason.OTHER, f"Confirmation, row {place}: expected {len(header)} values, got {len(row)}.")
    return dict(zip(header, row, strict=True))


@service
def same_in_all(records: Sequence[Record], column: str) -> str:
    """Return what all rows say in a column; refuse a file that mixes two messages or two shipments."""
    values = {record[column] for record in records}
    if len(values) > 1 or not all(values):
        raise Refused(Reason.OTHER, f"Confirmation: expected one {column} in all rows, got {', '.join(sorted(values)) or 'none'}.")
    return values.pop()


@service
def mapped(record: Record, fields: Sequence[MappedField], group: str) -> dict[str, str | None]:
    """Map the columns of a record to the fields of a group of ours, such as ``lines[].``; an empty value is none."""
    return {field.target.removeprefix(group): value_of(record, field) for field in fields if field.target.startswith(group)}


@service
def value_of(record: Record, field: MappedField) -> str | None:
    """Return the value of a column; refuse one that is longer than its field."""
    value = record[field.source]
    if field.width is not None and len(value) > field.width:
        raise Refused(Reason.OTHER, f"Confirmation: {field.source} is {value!r}, and {field.target} takes {field.width} characters.")
    return value or None


@service
def confirmed_line(values: Mapping[str, str | None]) -> ConfirmedLine:
    """Read the values of one line as what they are."""
    try:
        return _LINE.validate_python(values)
    except ValidationError as error:
        raise _unreadable(error) from error


@service
def moment(value: str | None) -> datetime:
    """Read a point in time, which must have a time zone."""
    try:
        return _MOMENT.validate_python(value)
    except ValidationError as error:
        raise _unreadable(error) from error


@service
def check_fits(number: str, records: Sequence[Record], planned: Sequence[ConfirmedLine]) -> None:
    """Refuse a confirmation that says anything else than what was planned, by its own columns."""
    got = [confirmed_line({name: record[column] or None for name, column in _COLUMN_OF.items()}) for record in records]
    if wrong := next((line for line in got if line not in planned), None):
        raise Refused(Reason.STATE, f"The confirmation of shipment {number} does not fit: line {wrong.line} was not planned so.")
    if len(got) != len(planned) or len(set(got)) != len(planned):
        raise Refused(Reason.STATE, f"The confirmation of shipment {number} does not fit: {len(got)} rows for {len(planned)} lines.")


@service
def planned_line(work: Work, line: Row[Any]) -> ConfirmedLine:
    """Return a shipment line as its confirmation must say it."""
    expiry = lots.known_lot(work, line.item, line.lot).expiry if line.lot is not None else None
    return ConfirmedLine(line=line.line, item=line.item, lot=line.lot, serial=line.serial, expiry=expiry, quantity=line.quantity)


@service
def printed(line: ConfirmedLine) -> DeliveryNoteLine:
    """Return the line of the delivery note."""
    return DeliveryNoteLine(item=line.item, quantity=line.quantity, lot=line.lot, serial=line.serial, expiry=line.expiry)


def _unreadable(error: ValidationError) -> Refused:
    wrong = error.errors()[0]
    place = ".".join(map(str, wrong["loc"])) or "the time"
    return Refused(Reason.OTHER, f"Confirmation: {place} is {wrong['input']!r}: {wrong['msg'].removeprefix('Value error, ')}.")
