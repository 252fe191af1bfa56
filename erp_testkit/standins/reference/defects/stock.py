"""Defects of receipts, transfers, counts and stock figures."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select, update

from erp_testkit.domain.documents import OnHand
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.schema import lots, on_hand
from erp_testkit.standins.reference.services import lots as lot_services
from erp_testkit.standins.reference.services import places, stock
from erp_testkit.standins.reference.services.work import Move, Place, Stuff, Work

_LONG_ENOUGH = 0.05
"""Seconds between reading a figure and writing it in which a second person reads it too."""


@defect("serial-received-again", wraps="lots.register_serial", weakens=("serial_unique",))
def serial_received_again(original: Original, work: Work, item: str, serial: str, lot: str | None) -> None:
    """A serial number that is on record is taken again, wherever the first one is."""
    if lot_services.find_serial(work, item, serial) is None:
        original(work, item, serial, lot)


@defect("lot-and-serial-optional", wraps="lots.check_tracking")
def lot_and_serial_optional(_original: Original, _item: Row[Any], _named: object) -> None:
    """Tracked items pass without lot or serial number: the field is not mandatory in this mask."""


@defect("expiry-overwritten-by-receipt", wraps="lots.register_lot")
def expiry_overwritten_by_receipt(original: Original, work: Work, item: str, lot: str, expiry: date | None) -> Row[Any]:
    """A second receipt of a lot overwrites its expiry date."""
    work.connection.execute(update(lots).where(lots.c.item == item, lots.c.lot == lot).values(expiry=expiry))
    row: Row[Any] = original(work, item, lot, expiry)
    return row


@defect("held-lot-received-for-sale", wraps="receiving.arrival_bin")
def held_lot_received_for_sale(_original: Original, _lot: Row[Any] | None) -> Place:
    """What comes in of a lot that is in quarantine or recalled goes straight into the main bin."""
    return places.MAIN


@defect("back-dated-receipt-posted-today", wraps="stock.write_move")
def back_dated_receipt_posted_today(original: Original, work: Work, move: Move) -> None:
    """The posting date of a receipt is dropped on the way to the stock ledger."""
    original(work, replace(move, effective_on=None))


@defect("closed-period-open", wraps="receiving.check_period")
def closed_period_open(_original: Original, _day: date) -> None:
    """Receipts are posted into closed periods, and into the future."""


@defect("receipt-before-the-count", wraps="receiving.check_counted")
def receipt_before_the_count(_original: Original, _work: Work, _item: str, _day: date) -> None:
    """A receipt is posted before a stock count that has settled that day's stock."""


@defect("opening-balance-lost", wraps="stock.as_of")
def opening_balance_lost(original: Original, work: Work, item: str, on: date) -> list[OnHand]:
    """Stock of a past day is computed from that week's movements: what was there before is missing."""
    before = {(row.bin, row.lot, row.serial): row.quantity for row in original(work, item, on - timedelta(days=7))}
    rows = [replace(row, quantity=row.quantity - before.get((row.bin, row.lot, row.serial), 0)) for row in original(work, item, on)]
    return [row for row in rows if row.quantity]


@defect("transfer-loses-the-lot", wraps="stock.post_move")
def transfer_loses_the_lot(original: Original, work: Work, move: Move) -> None:
    """A transfer books the goods in without their lot."""
    if move.document_kind != "transfer":
        original(work, move)
        return
    stock.write_move(work, move)
    stock.take_from(work, move.source.code, move.stuff, move.quantity)
    stock.put_into(work, move.target.code, replace(move.stuff, lot=None), move.quantity)


@defect("negative-stock", wraps="stock.take_from", weakens=("on_hand_not_negative", "reserved_within_on_hand"))
def negative_stock(_original: Original, work: Work, bin_code: str, stuff: Stuff, quantity: Decimal) -> None:
    """More can be taken from a bin than it holds: the difference is expected to come in later."""
    stock.put_into(work, bin_code, stuff, -quantity)


@defect("counts-at-once-both-booked", wraps="stock.quantity_in")
def counts_at_once_both_booked(_original: Original, work: Work, bin_code: str, stuff: Stuff) -> tuple[Decimal, Decimal]:
    """A count compares with stock it has not locked: two counts at the same moment book the same difference twice."""
    row = work.connection.execute(select(on_hand.c.quantity, on_hand.c.reserved).where(*_here(bin_code, stuff))).one_or_none()
    time.sleep(_LONG_ENOUGH)
    return (Decimal(0), Decimal(0)) if row is None else (row.quantity, row.reserved)


@defect("count-difference-reversed", wraps="counting.book_difference")
def count_difference_reversed(original: Original, work: Work, number: str, bin_code: str, stuff: Stuff, difference: Decimal) -> None:
    """A count books a shortage as surplus, and a surplus as shortage."""
    original(work, number, bin_code, stuff, -difference)


@defect("count-overwrites-stock", wraps="counting.book_difference")
def count_overwrites_stock(_original: Original, work: Work, _number: str, bin_code: str, stuff: Stuff, difference: Decimal) -> None:
    """A count writes the figure it found and books no movement for the difference."""
    work.connection.execute(update(on_hand).where(*_here(bin_code, stuff)).values(quantity=on_hand.c.quantity + difference))


@defect("lost-serial-found-anywhere", wraps="counting.check_lost")
def lost_serial_found_anywhere(_original: Original, _work: Work, _stuff: Stuff) -> None:
    """A count may find a serial number that was shipped."""


def _here(bin_code: str, stuff: Stuff) -> tuple[Any, ...]:
    return (
        on_hand.c.item == stuff.item,
        on_hand.c.bin == bin_code,
        on_hand.c.lot == (stuff.lot or ""),
        on_hand.c.serial == (stuff.serial or ""),
    )
