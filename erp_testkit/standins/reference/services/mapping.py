"""The mapping engine: source documents into messages, field by field as the mapping table of the interface says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

from erp_testkit.domain.documents import MappedField
from erp_testkit.domain.text import plain_text
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.sources import Line, ShipmentDocument
from erp_testkit.standins.reference.services.work import Hopeless

Value: TypeAlias = str | int | Decimal | date | datetime | None
Fields: TypeAlias = Sequence[MappedField]

_EACH = "[]."


@service
def value_at(document: ShipmentDocument, source: str, line: Line) -> Value:
    """Pick the value at a source path, such as ``customer.name`` or ``lines[].lot``."""
    head, _, name = source.partition(".")
    found: Value = getattr(line if head == "lines[]" else getattr(document, head), name)
    return found


@service
def fit(field: MappedField, text: str) -> str:
    """Refuse a text that is longer than its field: what is cut off is lost."""
    if field.width is not None and len(text) > field.width:
        raise Hopeless(f"{field.source} is {text!r}: {field.target} takes {field.width} characters.")
    return text


@service
def as_text(value: Value) -> str:
    """Write a value as all interfaces do."""
    return plain_text(value)


@service
def as_json_value(field: MappedField, value: Value) -> str | int | None:
    """Write a value for a JSON message: whole numbers as numbers, quantities as text, so that nothing rounds them."""
    text = fit(field, as_text(value))
    return value if value is None or isinstance(value, int) else text


@service
def as_column(field: MappedField, value: Value) -> str:
    """Write a value for a fixed-width record: numbers to the right and filled with zeros, dates as ``20261130``, the rest to the left."""
    width = field.width or 0
    if isinstance(value, int | Decimal):
        return fit(field, digits(field, value).rjust(width, "0"))
    text = value.strftime("%Y%m%d") if isinstance(value, date) and not isinstance(value, datetime) else as_text(value)
    return fit(field, text.ljust(width))


@service
def digits(field: MappedField, number: int | Decimal) -> str:
    """Write a whole number."""
    if number % 1:
        raise Hopeless(f"{field.source} is {number}: {field.target} takes whole numbers.")
    return str(int(number))


def _tree(document: ShipmentDocument, fields: Fields, write: Callable[[MappedField, Value], Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for field in fields:
        group, each, leaf = field.target.rpartition(_EACH)
        rows = tree.setdefault(group, [{} for _ in document.lines]) if each else [tree]
        for row, line in zip(rows, document.lines, strict=False):
            put(row, leaf, write(field, value_at(document, field.source, line)))
    return tree


@service
def put(record: dict[str, Any], path: str, value: Any) -> None:
    """Put a value into a record under a path such as ``consignee.code``."""
    *heads, leaf = path.split(".")
    for head in heads:
        record = record.setdefault(head, {})
    record[leaf] = value


@service
def to_json(document: ShipmentDocument, fields: Fields) -> str:
    """Write a JSON message."""
    return json.dumps(_tree(document, fields, as_json_value), ensure_ascii=False)


@service
def to_xml(document: ShipmentDocument, fields: Fields) -> str:
    """Write an XML message: one element a field, a group for each line."""
    root = Element("submission")
    for name, value in _tree(document, fields, lambda field, value: fit(field, as_text(value))).items():
        for record in value if isinstance(value, list) else [value]:
            write_element(root, name, record)
    return tostring(root, encoding="unicode")


@service
def write_element(parent: Element, name: str, content: str | Mapping[str, str]) -> None:
    """Write an element with text, or with elements of its own."""
    element = SubElement(parent, name)
    if isinstance(content, str):
        element.text = content
        return
    for inner, text in content.items():
        write_element(element, inner, text)


@service
def to_fixed_width(document: ShipmentDocument, fields: Fields) -> str:
    """Write a file of fixed-width records, one a line."""
    return "".join(record(document, fields, line) + "\r\n" for line in document.lines)


@service
def record(document: ShipmentDocument, fields: Fields, line: Line) -> str:
    """Write one fixed-width record."""
    return "".join(as_column(field, value_at(document, field.source, line)) for field in fields)


WRITERS: Mapping[str, tuple[str, Callable[[ShipmentDocument, Fields], str]]] = MappingProxyType(
    {
        "wms.shipment": ("application/json", to_json),
        "carrier.delivery": ("text/plain; charset=utf-8", to_fixed_width),
        "udi.shipment": ("application/xml", to_xml),
    }
)
"""Channel to content type and writer, of the interfaces that have a mapping table."""
