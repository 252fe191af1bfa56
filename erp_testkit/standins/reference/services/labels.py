"""UDI labels: GS1 element strings, FNC1 written as ASCII 29."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row, select

from erp_testkit.domain.documents import ScannedLabel, Tracking
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import items, lots, serials
from erp_testkit.standins.reference.services import lots as lot_services
from erp_testkit.standins.reference.services import master
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Stuff, Work

FNC1 = "\x1d"
_GTIN, _LOT, _EXPIRY, _SERIAL = "01", "10", "17", "21"


@service
def scan(work: Work, label: str) -> ScannedLabel:
    """Say what a scanned label means, or refuse it."""
    parts = parse(label)
    check_requisites(parts)
    gtin = parts[_GTIN]
    item = work.connection.execute(select(items).where(items.c.gtin == gtin)).one_or_none()
    if item is None:
        raise Refused(Reason.UNKNOWN, f"There is no item with GTIN {gtin}.")
    check_complete(item, parts)
    lot, serial = parts.get(_LOT), parts.get(_SERIAL)
    if lot is not None:
        check_separated(work, item, lot)
    if serial is not None:
        check_bound(work, item, serial, lot)
    expiry = date.fromisoformat(parts[_EXPIRY]) if _EXPIRY in parts else None
    return ScannedLabel(item=item.code, gtin=gtin, lot=lot, serial=serial, expiry=expiry)


@service
def parse(label: str) -> dict[str, str]:
    """Take a label apart into its application identifiers; dates as ``2026-11-30``."""
    from biip import ParseError  # 0.1 s that only labels should pay
    from biip.gs1_messages import GS1Message

    try:
        elements = GS1Message.parse(label.strip()).element_strings
    except ParseError as error:
        raise Refused(Reason.LABEL, f"Label {label!r}: {error}") from error
    parts: dict[str, str] = {}
    for element in elements:
        if element.gtin_error is not None:
            raise Refused(Reason.LABEL, f"Label {label!r}: {element.gtin_error}")
        if element.ai.ai in parts:
            raise Refused(Reason.LABEL, f"Label {label!r} has ({element.ai.ai}) twice.")
        if element.ai.ai == _EXPIRY and element.date is None:
            raise Refused(Reason.LABEL, f"Label {label!r}: {element.value} is no day of the calendar.")
        parts[element.ai.ai] = element.value if element.date is None else element.date.isoformat()
    return parts


@service
def check_requisites(parts: dict[str, str]) -> None:
    """Refuse a label without a GTIN: lot, serial and expiry mean nothing without one (GS1 General Specifications, 4.14)."""
    if _GTIN not in parts:
        raise Refused(Reason.LABEL, f"A label with ({'), ('.join(parts) or 'nothing'}) needs a GTIN (01).")


@service
def check_complete(item: Row[Any], parts: dict[str, str]) -> None:
    """Refuse a label that lacks what the item is tracked by; a lost separator hides it in the field before."""
    if item.tracking == Tracking.SERIAL and _SERIAL not in parts:
        raise Refused(Reason.LABEL, f"A label of {item.code} needs a serial number (21).")
    if item.tracking == Tracking.LOT and _LOT not in parts:
        raise Refused(Reason.LABEL, f"A label of {item.code} needs a lot number (10).")


@service
def check_separated(work: Work, item: Row[Any], lot: str) -> None:
    """Refuse a lot number nobody knows that is a known one with further fields behind it: the separator was lost."""
    for known in work.connection.execute(select(lots.c.lot).where(lots.c.item == item.code)).scalars():
        if known == lot:
            return
        if lot.startswith(known) and lot[len(known) :].startswith((_EXPIRY, _SERIAL, "11")):
            raise Refused(Reason.LABEL, f"Lot {lot} of {item.code}: a separator seems to be lost after lot {known}.")


@service
def check_bound(work: Work, item: Row[Any], serial: str, lot: str | None) -> None:
    """Refuse a label that names another lot than the one its serial number belongs to."""
    found = work.connection.execute(select(serials).where(serials.c.item == item.code, serials.c.serial == serial)).first()
    if found is not None and lot is not None and found.lot != lot:
        raise Refused(Reason.TRACKING, f"Serial number {serial} of {item.code} belongs to lot {found.lot}, not {lot}.")


@service
def label(work: Work, code: str, lot: str | None, serial: str | None) -> str:
    """Return the label of a lot or serial number."""
    item = master.item(work, code)
    stuff = lot_services.identify(work, item, Stuff(code, lot, serial))
    expiry = lot_services.known_lot(work, code, stuff.lot).expiry if stuff.lot is not None else None
    return written(item.gtin, expiry, stuff.lot, stuff.serial)


@service
def written(gtin: str, expiry: date | None, lot: str | None, serial: str | None) -> str:
    """Write a label; fields of fixed length first, so that few separators are needed."""
    text = _GTIN + gtin
    if expiry is not None:
        text += _EXPIRY + expiry.strftime("%y%m%d")
    variable = [code + value for code, value in ((_LOT, lot), (_SERIAL, serial)) if value is not None]
    return text + FNC1.join(variable)
