"""Defects of values on their way from a document into a message: they are cut, re-typed, exchanged, made up."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Row

from erp_testkit.domain.documents import MappedField
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.services.mapping import Fields, Value
from erp_testkit.standins.reference.services.sources import Line, ShipmentDocument
from erp_testkit.standins.reference.services.work import Work

_SHANGHAI = timezone(timedelta(hours=8))
_EXPONENT = re.compile(r"\d+E\d+")


@defect("lot-and-serial-swapped", wraps="sources.line")
def lot_and_serial_swapped(original: Original, row: Row[Any]) -> Line:
    """What interfaces are told of a shipment has the lot number in the place of the serial number, and the other way round."""
    line: Line = original(row)
    return replace(line, lot=line.serial, serial=line.lot)


@defect("first-lot-on-every-line", wraps="sources.shipment")
def first_lot_on_every_line(original: Original, work: Work, number: str) -> ShipmentDocument:
    """What interfaces are told of a shipment names the lot of its first line on every line."""
    document: ShipmentDocument = original(work, number)
    return replace(document, lines=[replace(line, lot=document.lines[0].lot) for line in document.lines])


@defect("second-lot-of-item-lost", wraps="sources.shipment")
def second_lot_of_item_lost(original: Original, work: Work, number: str) -> ShipmentDocument:
    """The lines of a message are kept in a dictionary by item: of an item on two lines, the second lot or serial number is lost."""
    document: ShipmentDocument = original(work, number)
    by_item: dict[str, Line] = {}
    for line in document.lines:
        by_item.setdefault(line.item, line)
    return replace(document, lines=list(by_item.values()))


@defect("long-lot-cut-off", wraps="mapping.fit")
def long_lot_cut_off(original: Original, field: MappedField, text: str) -> str:
    """Lot numbers are cut off after fifteen characters: the buffer was made when no maker used more."""
    return str(original(field, text[:15] if field.source == "lines[].lot" else text))


@defect("long-name-cut-off", wraps="mapping.value_at")
def long_name_cut_off(original: Original, document: ShipmentDocument, source: str, line: Line) -> Value:
    """The name of a customer is kept for interfaces in a column of forty characters."""
    value: Value = original(document, source, line)
    return value[:40] if isinstance(value, str) and source == "customer.name" else value


@defect("leading-zeros-lost", wraps="mapping.as_text")
def leading_zeros_lost(original: Original, value: Value) -> str:
    """What consists of digits only is taken for a number, and loses its leading zeros."""
    text = str(original(value))
    return str(int(text)) if isinstance(value, str) and re.fullmatch("[0-9]+", text) else text


@defect("lot-in-scientific-notation", wraps="mapping.as_text")
def lot_in_scientific_notation(original: Original, value: Value) -> str:
    """A lot number such as 3E5 is taken for a number, as spreadsheets do, and becomes 300000."""
    text = str(original(value))
    return f"{float(text):g}" if isinstance(value, str) and _EXPONENT.fullmatch(text) else text


@defect("day-and-month-exchanged", wraps="mapping.as_column")
def day_and_month_exchanged(original: Original, field: MappedField, value: Value) -> str:
    """The carrier's file is written with the day before the month wherever that makes a date."""
    if isinstance(value, date) and not isinstance(value, datetime) and value.day <= 12:
        value = value.replace(month=value.day, day=value.month)
    return str(original(field, value))


@defect("expiry-at-end-of-month", wraps="mapping.as_text")
def expiry_at_end_of_month(original: Original, value: Value) -> str:
    """Expiry dates go out as the last day of their month, as on labels that name no day."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return str(original(value.replace(day=monthrange(value.year, value.month)[1])))
    return str(original(value))


@defect("time-told-in-local-zone", wraps="mapping.as_text")
def time_told_in_local_zone(original: Original, value: Value) -> str:
    """Times go out in the zone of the head office, marked as UTC."""
    if isinstance(value, datetime):
        return f"{value.astimezone(_SHANGHAI).replace(tzinfo=None).isoformat()}Z"
    return str(original(value))


@defect("codes-in-capitals", wraps="mapping.value_at")
def codes_in_capitals(original: Original, document: ShipmentDocument, source: str, line: Line) -> Value:
    """Item codes go out in capital letters: two items that differ in case only become one."""
    value: Value = original(document, source, line)
    return value.upper() if isinstance(value, str) and source == "lines[].item" else value


@defect("unit-made-up", wraps="mapping.value_at")
def unit_made_up(original: Original, document: ShipmentDocument, source: str, line: Line) -> Value:
    """Every line goes out with the unit EA, whatever unit its item has."""
    value: Value = original(document, source, line)
    return "EA" if source == "lines[].unit" else value


@defect("lot-for-missing-serial", wraps="mapping.value_at")
def lot_for_missing_serial(original: Original, document: ShipmentDocument, source: str, line: Line) -> Value:
    """Where there is no serial number, the lot number goes out as one, because a partner once wanted the field filled."""
    value: Value = original(document, source, line)
    return line.lot if source == "lines[].serial" and value is None else value


@defect("chinese-as-question-marks", wraps="mapping.as_text")
def chinese_as_question_marks(original: Original, value: Value) -> str:
    """Messages are written in the character set of western Europe: a question mark stands for every character it lacks."""
    return str(original(value)).encode("latin-1", "replace").decode("latin-1")


@defect("width-counted-in-bytes", wraps="mapping.as_column")
def width_counted_in_bytes(original: Original, field: MappedField, value: Value) -> str:
    """Fixed-width fields are filled up to their width in bytes: behind a Chinese name everything stands too far to the left."""
    text = str(original(field, value))
    spare = len(text.encode()) - len(text)
    return text[: len(text) - min(spare, len(text) - len(text.rstrip()))]


@defect("last-line-lost", wraps="mapping.to_fixed_width")
def last_line_lost(original: Original, document: ShipmentDocument, fields: Fields) -> str:
    """The last line of a shipment is missing in the carrier's file, unless it is the only one."""
    return str(original(replace(document, lines=document.lines[:-1] or document.lines), fields))
