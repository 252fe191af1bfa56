"""Defects of delivery notes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, func, select

from erp_testkit.domain.documents import DeliveryNoteLine
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.schema import lots, order_lines, shipments
from erp_testkit.standins.reference.services.work import Work


@defect("note-fields-shifted", wraps="notes.note_line")
def fields_shifted(original: Original, work: Work, line: Row[Any]) -> DeliveryNoteLine:
    """A column was inserted in the mapping table: from the lot on, each field takes its neighbour's value."""
    right: DeliveryNoteLine = original(work, line)
    return replace(right, lot=right.serial or str(right.expiry), serial=None)


@defect("delivery-note-from-order", wraps="notes.note_line")
def delivery_note_from_order(original: Original, work: Work, line: Row[Any]) -> DeliveryNoteLine:
    """The delivery note prints the quantity ordered, not the quantity that leaves."""
    note: DeliveryNoteLine = original(work, line)
    of_line = (shipments.c.number == line.shipment, order_lines.c.line == line.order_line)
    ordered = select(order_lines.c.quantity).join(shipments, shipments.c.order_no == order_lines.c.order_no).where(*of_line)
    return replace(note, quantity=work.connection.execute(ordered).scalar_one_or_none() or note.quantity)


@defect("expiry-of-newest-lot-printed", wraps="notes.note_line")
def expiry_of_newest_lot_printed(original: Original, work: Work, line: Row[Any]) -> DeliveryNoteLine:
    """The delivery note prints the expiry date of the item's newest lot."""
    newest = select(func.max(lots.c.expiry)).where(lots.c.item == line.item)
    note: DeliveryNoteLine = original(work, line)
    return replace(note, expiry=work.connection.execute(newest).scalar_one())
