"""Source documents: what interfaces are fed with, as it is at the moment it is sent off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json
from sqlalchemy import Row, bindparam, select

from erp_testkit.standins.reference.schema import customers, delivery_notes, items, lots, orders, shipment_lines, shipments
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentHead:
    """The shipment itself."""

    number: str
    order: str
    reference: str
    shipped_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Its delivery note."""

    number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignee:
    """Who gets it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line; the quantity is in stock units."""

    line: int
    item: str
    name: str
    gtin: str
    lot: str | None
    serial: str | None
    expiry: date | None
    quantity: Decimal
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentDocument:
    """A shipment with everything that interfaces tell of it; the sources of mapping tables are paths in it."""

    shipment: ShipmentHead
    delivery_note: Note
    customer: Consignee
    lines: Sequence[Line]


_KEPT = TypeAdapter(ShipmentDocument)
_HEAD = (
    select(
        shipments,
        orders.c.reference,
        delivery_notes.c.number.label("note"),
        customers.c.name,
    )
    .join(orders, orders.c.number == shipments.c.order_no)
    .join(customers, customers.c.code == shipments.c.customer)
    .outerjoin(delivery_notes, delivery_notes.c.shipment == shipments.c.number)
    .where(shipments.c.number == bindparam("of"))
)
_LINES = (
    select(shipment_lines, items.c.name, items.c.gtin, items.c.unit, lots.c.expiry)
    .join(items, items.c.code == shipment_lines.c.item)
    .outerjoin(lots, (lots.c.item == shipment_lines.c.item) & (lots.c.lot == shipment_lines.c.lot))
    .where(shipment_lines.c.shipment == bindparam("of"))
    .order_by(shipment_lines.c.line)
)


@service
def shipment(work: Work, number: str) -> ShipmentDocument:
    """Read a shipment as interfaces tell of it."""
    head = work.connection.execute(_HEAD, {"of": number}).one()
    lines = work.connection.execute(_LINES, {"of": number})
    return ShipmentDocument(
        shipment=ShipmentHead(number=number, order=head.order_no, reference=head.reference, shipped_at=head.shipped_at),
        delivery_note=Note(number=head.note),
        customer=Consignee(code=head.customer, name=head.name),
        lines=[line(row) for row in lines],
    )


@service
def line(row: Row[Any]) -> Line:
    """Return one line as interfaces tell of it."""
    return Line(
        line=row.line,
        item=row.item,
        name=row.name,
        gtin=row.gtin,
        lot=row.lot,
        serial=row.serial,
        expiry=row.expiry,
        quantity=row.quantity,
        unit=row.unit,
    )


def kept(document: ShipmentDocument) -> str:
    """Return the text a document is kept as until it is sent."""
    return to_json(document).decode()


def read(text: str) -> ShipmentDocument:
    """Return the document that was kept."""
    return _KEPT.validate_json(text)
