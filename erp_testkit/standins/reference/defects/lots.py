"""Defects of lot records, quarantine and recall."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row, update

from erp_testkit.domain.documents import LotStatus
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.schema import lots, serials
from erp_testkit.standins.reference.services.places import QUARANTINE
from erp_testkit.standins.reference.services.work import Place, Work


@defect("quarantine-leaves-stock-on-sale", wraps="quality.set_aside")
def quarantine_leaves_stock_on_sale(_original: Original, _work: Work, _lot: Row[Any]) -> None:
    """A lot gets its new status, but its stock stays where it can be sold."""


@defect("release-leaves-stock-behind", wraps="quality.post")
def release_leaves_stock_behind(original: Original, work: Work, lot: Row[Any], held: Row[Any], source: Place, target: Place) -> None:
    """A released lot gets its status back, but its stock stays in quarantine."""
    if source.code != QUARANTINE.code:
        original(work, lot, held, source, target)


@defect("serial-bound-again", wraps="lots.bind")
def serial_bound_again(_original: Original, work: Work, item: str, serial: str, lot: str) -> None:
    """A serial number can be bound to another lot at any time."""
    work.connection.execute(update(serials).where(serials.c.item == item, serials.c.serial == serial).values(lot=lot))


@defect("expiry-corrected-without-trace", wraps="lots.write_event")
def expiry_corrected_without_trace(
    original: Original,
    work: Work,
    row: Row[Any],
    event: str,
    reason: str,
    expiry_before: date | None = None,
    expiry_after: date | None = None,
) -> None:
    """Correcting an expiry date leaves nothing in the record of the lot."""
    if expiry_after is None:
        original(work, row, event, reason, expiry_before, expiry_after)


@defect("correction-releases-the-lot", wraps="lots.correct_expiry")
def correction_releases_the_lot(original: Original, work: Work, item: str, lot: str, expiry: date, reason: str) -> None:
    """Correcting an expiry date writes the whole record anew, and its status falls back to released."""
    original(work, item, lot, expiry, reason)
    work.connection.execute(update(lots).where(lots.c.item == item, lots.c.lot == lot).values(status=LotStatus.RELEASED))
