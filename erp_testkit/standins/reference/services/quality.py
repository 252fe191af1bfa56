"""Quarantine, release and recall of lots: their status, and where their stock is kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from erp_testkit.domain.documents import LotStatus
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.services import lots, stock
from erp_testkit.standins.reference.services.places import MAIN, QUARANTINE, STOCK_BINS, bin_place
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Move, Place, Stuff, Work


@service
def quarantine(work: Work, item: str, lot: str, reason: str) -> None:
    """Take a whole lot out of sale."""
    row = lots.lock_lot(work, item, lot)
    if row.status != LotStatus.RELEASED:
        raise Refused(Reason.STATE, f"Lot {lot} of {item} is {row.status}: expected released.")
    lots.change_status(work, row, LotStatus.QUARANTINED, reason)
    set_aside(work, row)


@service
def release(work: Work, item: str, lot: str, reason: str) -> None:
    """Let a quarantined lot back into sale; goods waiting for their inspection stay where they are."""
    row = lots.lock_lot(work, item, lot)
    if row.status != LotStatus.QUARANTINED:
        raise Refused(Reason.STATE, f"Lot {lot} of {item} is {row.status}: expected quarantined.")
    lots.change_status(work, row, LotStatus.RELEASED, reason)
    for held in stock.whereabouts(work, Stuff(item, lot)):
        if held.bin == QUARANTINE.code:
            post(work, row, held, QUARANTINE, MAIN)


@service
def recall(work: Work, item: str, lot: str, reason: str) -> None:
    """Recall a lot: nothing of it may be planned or shipped any more."""
    row = lots.lock_lot(work, item, lot)
    if row.status == LotStatus.RECALLED:
        raise Refused(Reason.STATE, f"Lot {lot} of {item} is recalled already.")
    lots.change_status(work, row, LotStatus.RECALLED, reason)
    set_aside(work, row)


@service
def set_aside(work: Work, lot: Row[Any]) -> None:
    """Bring the free stock of a lot into quarantine; what is planned stays reserved, and will not be let go."""
    for held in stock.whereabouts(work, Stuff(lot.item, lot.lot)):
        if held.bin in STOCK_BINS and held.quantity > held.reserved:
            post(work, lot, held, bin_place(held.bin), QUARANTINE)


@service
def post(work: Work, lot: Row[Any], held: Row[Any], source: Place, target: Place) -> None:
    """Move what is free of a holding into or out of quarantine."""
    stock.post_move(
        work,
        Move(
            stuff=Stuff(lot.item, lot.lot, held.serial or None),
            quantity=held.quantity - held.reserved,
            source=source,
            target=target,
            document_kind="quarantine",
            document=lot.lot,
        ),
    )
