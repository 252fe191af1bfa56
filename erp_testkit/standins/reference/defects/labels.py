"""Defects of UDI labels."""

from __future__ import annotations

from sqlalchemy import select

from erp_testkit.domain.documents import ScannedLabel
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.schema import items, lots, serials
from erp_testkit.standins.reference.services import labels
from erp_testkit.standins.reference.services.work import Work


@defect("lost-separator-guessed", wraps="labels.parse")
def lost_separator_guessed(original: Original, label: str) -> dict[str, str]:
    """The reader guesses where a lost separator was: before the first 21 behind the lot number."""
    lot_follows = labels.FNC1 not in label and (label[:2], label[16:18], label[24:26]) == ("01", "17", "10")
    before, found, after = label[26:].partition("21")
    guessed = f"{label[:26]}{before}{labels.FNC1}21{after}" if lot_follows and found else label
    return original(guessed)  # type: ignore[no-any-return]  # a wrapped service


@defect("check-digit-ignored", wraps="labels.parse")
def check_digit_ignored(original: Original, label: str) -> dict[str, str]:
    """A GTIN whose check digit is wrong is repaired silently."""
    try:
        return original(label)  # type: ignore[no-any-return]  # a wrapped service
    except Refused:
        digits = label[2:15]
        if label[:2] != "01" or not digits.isdigit():
            raise
        weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
        return original(f"01{digits}{(10 - weighted % 10) % 10}{label[16:]}")  # type: ignore[no-any-return]


@defect("lot-without-gtin-taken", wraps="labels.scan")
def lot_without_gtin_taken(original: Original, work: Work, label: str) -> ScannedLabel:
    """A label without GTIN is looked up by its lot or serial number alone."""
    parts = labels.parse(label)
    if "01" in parts:
        return original(work, label)  # type: ignore[no-any-return]  # a wrapped service
    lot, serial = parts.get("10"), parts.get("21")
    named = lots.c.lot == lot if serial is None else serials.c.serial == serial
    of = lots if serial is None else serials
    item = work.connection.execute(select(items).join(of, of.c.item == items.c.code).where(named)).first()
    if item is None:
        raise Refused(Reason.UNKNOWN, f"There is no lot {lot} and no serial number {serial}.")
    return ScannedLabel(item=item.code, gtin=item.gtin, lot=lot, serial=serial, expiry=None)


@defect("impossible-expiry-read", wraps="labels.parse")
def impossible_expiry_read(original: Original, label: str) -> dict[str, str]:
    """A day that is not in the calendar becomes the last day of its month."""
    place = label.find("17", 16)
    month = label[place + 4 : place + 6]
    if place == 16 and not ("01" <= month <= "12" and "00" <= label[place + 6 : place + 8] <= "28"):
        label = f"{label[: place + 4]}{month if '01' <= month <= '12' else '12'}00{label[place + 8 :]}"
    return original(label)  # type: ignore[no-any-return]  # a wrapped service
