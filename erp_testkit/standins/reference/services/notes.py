"""Delivery notes: the paper that travels with the goods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from erp_testkit.domain.documents import DeliveryNote, DeliveryNoteLine
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import delivery_note_lines, delivery_notes, shipments
from erp_testkit.standins.reference.services import documents, lots
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Work


@service
def write(work: Work, shipment: Row[Any], lines: Sequence[Row[Any]]) -> None:
    """Write the delivery note of a shipment that leaves."""
    number = open_note(work, shipment)
    for place, line in enumerate(lines, start=1):
        write_line(work, number, place, note_line(work, line))


@service
def open_note(work: Work, shipment: Row[Any]) -> str:
    """Write a delivery note without lines and return its number."""
    number = documents.new_number(work, "DN")
    work.connection.execute(
        insert(delivery_notes),
        {
            "number": number,
            "shipment": shipment.number,
        },
    )
    return number


@service
def note_line(work: Work, line: Row[Any]) -> DeliveryNoteLine:
    """Map a shipment line to a line of the delivery note."""
    expiry = lots.known_lot(work, line.item, line.lot).expiry if line.lot is not None else None
    return DeliveryNoteLine(item=line.item, quantity=line.quantity, lot=line.lot, serial=line.serial, expiry=expiry)


@service
def write_line(work: Work, number: str, place: int, line: DeliveryNoteLine) -> None:
    """Write one line of a delivery note."""
    work.connection.execute(
        insert(delivery_note_lines),
        {
            "delivery_note": number,
            "line": place,
            "item": line.item,
            "lot": line.lot,
            "serial": line.serial,
            "expiry": line.expiry,
            "quantity": line.quantity,
        },
    )


@service
def read(connection: Connection, shipment: str) -> DeliveryNote:
    """Read the delivery note of a shipment that has left."""
    note = connection.execute(
        select(delivery_notes.c.number, shipments.c.customer)
        .join(shipments, shipments.c.number == delivery_notes.c.shipment)
        .where(delivery_notes.c.shipment == shipment)
    ).one_or_none()
    if note is None:
        raise Refused(Reason.UNKNOWN, f"There is no delivery note of shipment {shipment}.")
    table = delivery_note_lines
    rows = connection.execute(select(table).where(table.c.delivery_note == note.number).order_by(table.c.line))
    lines = tuple(DeliveryNoteLine(item=row.item, quantity=row.quantity, lot=row.lot, serial=row.serial, expiry=row.expiry) for row in rows)
    return DeliveryNote(number=note.number, shipment=shipment, customer=note.customer, lines=lines)


@service
def print_note(connection: Connection, shipment: str) -> None:
    """Print a delivery note: its text is kept as sent to the printer."""
    note = read(connection, shipment)
    connection.execute(update(delivery_notes).where(delivery_notes.c.shipment == shipment).values(printed=text(note)))


@service
def text(note: DeliveryNote) -> str:
    """Return a delivery note as it is printed."""
    head = f"Delivery note {note.number}  shipment {note.shipment}  customer {note.customer}"
    lines = (
        f"{line.item}  {line.quantity}  lot {line.lot or '-'}  SN {line.serial or '-'}  exp {line.expiry or '-'}" for line in note.lines
    )
    return "\n".join((head, *lines))
