"""Lots and serial numbers: their records, and whether they may be sold."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Protocol

from sqlalchemy import Row, bindparam, insert, select, update

from erp_testkit.domain.documents import LotRecord, LotStatus, Tracking
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import lot_events, lots, serials
from erp_testkit.standins.reference.services import audit, master
from erp_testkit.standins.reference.services.clock import now, today
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Stuff, Work
from erp_testkit.standins.reference.upsert import insert_or

_LOT = select(lots).where(lots.c.item == bindparam("of_item"), lots.c.lot == bindparam("of_lot"))
_LOCK_LOT = _LOT.with_for_update()
_SERIAL = select(serials).where(serials.c.item == bindparam("of_item"), serials.c.serial == bindparam("of_serial"))
_LOCK_SERIAL = _SERIAL.with_for_update()


class Tracked(Protocol):
    """Anything that names a lot or a serial number."""

    @property
    def lot(self) -> str | None:
        """Lot number."""

    @property
    def serial(self) -> str | None:
        """Serial number."""


@service
def identify(work: Work, item: Row[Any], named: Tracked) -> Stuff:
    """Return what exactly is meant, the lot of a serial filled in; refuse what is missing, unknown or bound to another lot."""
    check_tracking(item, named)
    if named.serial is not None:
        serial = known_serial(work, item.code, named.serial)
        if named.lot is not None and named.lot != serial.lot:
            raise Refused(Reason.TRACKING, f"Serial {named.serial} of {item.code} belongs to lot {serial.lot}, not {named.lot}.")
        return Stuff(item.code, serial.lot, named.serial)
    if named.lot is not None:
        known_lot(work, item.code, named.lot)
    return Stuff(item.code, named.lot)


@service
def check_tracking(item: Row[Any], named: Tracked) -> None:
    """Refuse a lot or serial that is missing, or that an item does not have."""
    if item.tracking == Tracking.SERIAL and not named.serial:
        raise Refused(Reason.TRACKING, f"Item {item.code} is tracked by serial number: a serial number is missing.")
    if item.tracking == Tracking.LOT and not named.lot:
        raise Refused(Reason.TRACKING, f"Item {item.code} is tracked by lot: a lot number is missing.")
    if item.tracking != Tracking.SERIAL and named.serial:
        raise Refused(Reason.TRACKING, f"Item {item.code} has no serial numbers.")
    if item.tracking == Tracking.NONE and named.lot:
        raise Refused(Reason.TRACKING, f"Item {item.code} has no lots.")


@service
def known_lot(work: Work, item: str, lot: str) -> Row[Any]:
    """Read a lot, or refuse where there is none."""
    row = work.connection.execute(_LOT, {"of_item": item, "of_lot": lot}).one_or_none()
    if row is None:
        raise Refused(Reason.UNKNOWN, f"There is no lot {lot} of {item}.")
    return row


@service
def known_serial(work: Work, item: str, serial: str) -> Row[Any]:
    """Read a serial number, or refuse where there is none."""
    row = find_serial(work, item, serial)
    if row is None:
        raise Refused(Reason.UNKNOWN, f"There is no serial number {serial} of {item}.")
    return row


@service
def find_serial(work: Work, item: str, serial: str) -> Row[Any] | None:
    """Read a serial number."""
    return work.connection.execute(_SERIAL, {"of_item": item, "of_serial": serial}).first()


@service
def register_lot(work: Work, item: str, lot: str, expiry: date | None) -> Row[Any]:
    """Return the record of a received lot, making it the first time; its expiry date must be the one we know."""
    new = {"item": item, "lot": lot, "expiry": expiry, "status": LotStatus.RELEASED}
    work.connection.execute(insert_or(work.connection.dialect.name, lots).on_conflict_do_nothing(), new)
    row = known_lot(work, item, lot)
    if expiry is not None and expiry != row.expiry:
        raise Refused(Reason.TRACKING, f"Lot {lot} of {item} expires on {row.expiry}, not on {expiry}.")
    return row


@service
def register_serial(work: Work, item: str, serial: str, lot: str | None) -> None:
    """Register a received serial number; it is refused the second time, wherever the first one is."""
    if find_serial(work, item, serial) is not None:
        raise Refused(Reason.DUPLICATE, f"Serial number {serial} of {item} was received before.")
    work.connection.execute(
        insert(serials),
        {
            "item": item,
            "serial": serial,
            "lot": lot,
        },
    )


@service
def check_usable(lot: Row[Any], min_shelf_life_days: int) -> None:
    """Refuse a lot that may not go to a customer today."""
    check_status(lot)
    check_expiry(lot)
    check_shelf_life(lot, min_shelf_life_days)


@service
def check_status(lot: Row[Any]) -> None:
    """Refuse a lot that is recalled or in quarantine."""
    if lot.status == LotStatus.RECALLED:
        raise Refused(Reason.RECALLED, f"Lot {lot.lot} of {lot.item} is recalled.")
    if lot.status == LotStatus.QUARANTINED:
        raise Refused(Reason.QUARANTINED, f"Lot {lot.lot} of {lot.item} is in quarantine.")


@service
def check_expiry(lot: Row[Any]) -> None:
    """Refuse a lot after its last day of use."""
    if lot.expiry is not None and lot.expiry < today():
        raise Refused(Reason.EXPIRED, f"Lot {lot.lot} of {lot.item} expired on {lot.expiry}.")


@service
def check_shelf_life(lot: Row[Any], days: int) -> None:
    """Refuse a lot that is not usable long enough for the customer."""
    if lot.expiry is not None and lot.expiry < today() + timedelta(days=days):
        raise Refused(Reason.SHELF_LIFE, f"Lot {lot.lot} of {lot.item} expires on {lot.expiry}: the customer asks for {days} days.")


@service
def read(work: Work, item: str, lot: str) -> LotRecord:
    """Read a lot with its serial numbers."""
    row = known_lot(work, item, lot)
    bound = select(serials.c.serial).where(serials.c.item == item, serials.c.lot == lot).order_by(serials.c.serial)
    return LotRecord(
        item=item, lot=lot, expiry=row.expiry, status=LotStatus(row.status), serials=tuple(work.connection.execute(bound).scalars())
    )


@service
def change_status(work: Work, row: Row[Any], status: LotStatus, reason: str) -> None:
    """Give a lot another status, and write it into its record and the audit trail."""
    work.connection.execute(update(lots).where(lots.c.item == row.item, lots.c.lot == row.lot).values(status=status))
    write_event(work, row, status, reason)
    audit.record(work, "lot", row.lot, str(status), row.status, status, reason)


@service
def write_event(
    work: Work, row: Row[Any], event: str, reason: str, expiry_before: date | None = None, expiry_after: date | None = None
) -> None:
    """Write into a lot's record what happened to it."""
    work.connection.execute(
        insert(lot_events),
        {
            "item": row.item,
            "lot": row.lot,
            "at": now(),
            "event": event,
            "reason": reason,
            "expiry_before": expiry_before,
            "expiry_after": expiry_after,
        },
    )


@service
def correct_expiry(work: Work, item: str, lot: str, expiry: date, reason: str) -> None:
    """Correct a lot's last day of use; the old one stays in its record."""
    row = lock_lot(work, item, lot)
    work.connection.execute(update(lots).where(lots.c.item == item, lots.c.lot == lot).values(expiry=expiry))
    write_event(work, row, "expiry corrected", reason, row.expiry, expiry)
    audit.record(work, "lot", lot, "correct expiry", row.status, row.status, f"{row.expiry} -> {expiry}: {reason}")


@service
def lock_lot(work: Work, item: str, lot: str) -> Row[Any]:
    """Read a lot and keep others from changing it until we commit."""
    master.item(work, item)
    row = work.connection.execute(_LOCK_LOT, {"of_item": item, "of_lot": lot}).one_or_none()
    if row is None:
        raise Refused(Reason.UNKNOWN, f"There is no lot {lot} of {item}.")
    return row


@service
def lock_serial(work: Work, item: str, serial: str) -> Row[Any]:
    """Read a serial number and keep others from changing it until we commit."""
    row = work.connection.execute(_LOCK_SERIAL, {"of_item": item, "of_serial": serial}).first()
    if row is None:
        raise Refused(Reason.UNKNOWN, f"There is no serial number {serial} of {item}.")
    return row


@service
def bind(work: Work, item: str, serial: str, lot: str) -> None:
    """Refuse to bind a serial number to another lot than the one it was received with."""
    known_lot(work, item, lot)
    found = lock_serial(work, item, serial)
    # Also where it has none: its moves were booked without a lot, and binding it now would tear its history.
    bound = f"bound to lot {found.lot}" if found.lot else "on record without a lot"
    raise Refused(Reason.TRACKING, f"Serial number {serial} of {item} is {bound} and cannot be bound to {lot}.")
