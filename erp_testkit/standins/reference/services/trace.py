"""Trace reports: where lots and serial numbers came from and went to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select

from erp_testkit.domain.documents import Delivered, Origin, PlaceKind, SerialEvent
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import lots, moves, receipt_lines, receipts, serials
from erp_testkit.standins.reference.services.registry import service


@service
def deliveries(connection: Connection, items: Sequence[str], lot: str | None) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return every delivery of these items to customers, of one lot or of all lots and serials."""
    wanted: list[ColumnElement[bool]] = [moves.c.item.in_(items), moves.c.to_kind == PlaceKind.CUSTOMER]
    wanted.append(moves.c.lot == lot if lot is not None else or_(moves.c.lot.is_not(None), moves.c.serial.is_not(None)))
    columns = (moves.c.item, moves.c.lot, moves.c.serial, moves.c.quantity, moves.c.party, moves.c.document, moves.c.at)
    return connection.execute(select(*columns).where(*wanted).order_by(moves.c.id)).all()


@service
def origins(connection: Connection, items: Sequence[str], serial: str | None) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the receipts of these items, of one serial or of all lots and serials."""
    line = receipt_lines.c
    wanted: list[ColumnElement[bool]] = [line.item.in_(items)]
    wanted.append(line.serial == serial if serial is not None else or_(line.lot.is_not(None), line.serial.is_not(None)))
    columns = (line.item, line.lot, line.serial, line.quantity, receipts.c.supplier, receipts.c.number, receipts.c.received_at)
    joined = select(*columns).join(receipts, receipts.c.number == line.receipt)
    return connection.execute(joined.where(*wanted).order_by(receipts.c.received_at, line.line)).all()


@service
def forward(connection: Connection, item: str, lot: str) -> list[Delivered]:
    """Return every delivery of a lot to a customer."""
    if connection.execute(select(lots.c.lot).where(lots.c.item == item, lots.c.lot == lot)).first() is None:
        raise Refused(Reason.UNKNOWN, f"There is no lot {lot} of {item}.")
    return [
        Delivered(customer=row.party, shipment=row.document, lot=row.lot, serial=row.serial, quantity=row.quantity, at=row.at)
        for row in deliveries(connection, [item], lot)
    ]


@service
def backward(connection: Connection, item: str, serial: str) -> Origin:
    """Return where a serial number came from."""
    found = origins(connection, [item], serial)
    if not found:
        raise Refused(Reason.UNKNOWN, f"There is no serial number {serial} of {item}.")
    return Origin(supplier=found[0].supplier, receipt=found[0].number, lot=found[0].lot, at=found[0].received_at)


@service
def history(connection: Connection, item: str, serial: str) -> list[SerialEvent]:
    """Return every movement of a serial number, oldest first."""
    if connection.execute(select(serials.c.serial).where(serials.c.item == item, serials.c.serial == serial)).first() is None:
        raise Refused(Reason.UNKNOWN, f"There is no serial number {serial} of {item}.")
    rows = connection.execute(select(moves).where(moves.c.item == item, moves.c.serial == serial).order_by(moves.c.id))
    return [
        SerialEvent(
            at=row.at,
            from_kind=PlaceKind(row.from_kind),
            to_kind=PlaceKind(row.to_kind),
            document=row.document,
            party=row.party,
        )
        for row in rows
    ]
