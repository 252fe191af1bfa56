"""Goods receipts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, func, insert, select

from erp_testkit.domain.documents import LotStatus, NewReceipt, ReceiptLine, Tracking
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import count_lines, counts, receipt_lines, receipts
from erp_testkit.standins.reference.services import audit, documents, lots, master, places, stock, units
from erp_testkit.standins.reference.services.clock import now, today
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Move, Place, Stuff, Work

OPEN_PERIOD = timedelta(days=30)
"""How far back a receipt may be posted."""


@service
def receive(work: Work, receipt: NewReceipt) -> str:
    """Book a goods receipt into the main bin."""
    master.supplier(work, receipt.supplier)
    if not receipt.lines:
        raise Refused(Reason.QUANTITY, "A receipt needs at least one line.")
    day = receipt.received_on or today()
    check_period(day)
    number = documents.new_number(work, "GR")
    work.connection.execute(
        insert(receipts),
        {
            "number": number,
            "supplier": receipt.supplier,
            "received_at": now(),
            "received_on": day,
        },
    )
    for place, line in enumerate(receipt.lines, start=1):
        receive_line(work, number, receipt.supplier, day, place, line)
    audit.record(work, "receipt", number, "post", None, "posted")
    return number


@service
def receive_line(work: Work, number: str, supplier: str, day: date, place: int, line: ReceiptLine) -> None:
    """Book one line of a receipt."""
    item = master.item(work, line.item)
    quantity = units.to_stock(item, line.quantity, line.unit)
    units.check_quantity(item, quantity)
    lots.check_tracking(item, line)
    if item.tracking == Tracking.SERIAL and quantity != 1:
        raise Refused(Reason.QUANTITY, f"Serial number {line.serial} of {line.item}: expected quantity 1, got {quantity}.")
    check_counted(work, line.item, day)
    bin_place = arrival_bin(register(work, line))
    if line.serial is not None:
        lots.register_serial(work, line.item, line.serial, line.lot)
    stuff = Stuff(line.item, line.lot, line.serial)
    write_line(work, number, place, stuff, quantity)
    stock.post_move(
        work,
        Move(
            stuff=stuff,
            quantity=quantity,
            source=places.supplier(supplier),
            target=bin_place,
            document_kind="receipt",
            document=number,
            party=supplier,
            effective_on=day,
        ),
    )


@service
def register(work: Work, line: ReceiptLine) -> Row[Any] | None:
    """Return the record of a line's lot, where it has one."""
    return None if line.lot is None else lots.register_lot(work, line.item, line.lot, line.expiry)


@service
def arrival_bin(lot: Row[Any] | None) -> Place:
    """Say where received goods go: quarantine for a lot that is out of sale."""
    return places.MAIN if lot is None or lot.status == LotStatus.RELEASED else places.QUARANTINE


@service
def write_line(work: Work, number: str, place: int, stuff: Stuff, quantity: Decimal) -> None:
    """Write one line of the receipt document."""
    work.connection.execute(
        insert(receipt_lines),
        {
            "receipt": number,
            "line": place,
            "item": stuff.item,
            "lot": stuff.lot,
            "serial": stuff.serial,
            "quantity": quantity,
        },
    )


@service
def check_period(day: date) -> None:
    """Refuse a posting date in the future or before the open period."""
    if day > today():
        raise Refused(Reason.PERIOD, f"Posting date {day} is in the future.")
    if day < today() - OPEN_PERIOD:
        raise Refused(Reason.PERIOD, f"Posting date {day} is in a closed period: it is more than {OPEN_PERIOD.days} days ago.")


@service
def check_counted(work: Work, item: str, day: date) -> None:
    """Refuse a posting date before the item's last stock count."""
    if day >= today():
        return
    last = work.connection.execute(
        select(func.max(counts.c.counted_on)).join(count_lines, count_lines.c.count == counts.c.number).where(count_lines.c.item == item)
    ).scalar_one()
    if last is not None and day < last:
        raise Refused(Reason.PERIOD, f"Posting date {day} is before the stock count of {item} on {last}.")
