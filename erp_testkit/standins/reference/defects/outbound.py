"""Defects of planning and shipping."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from sqlalchemy import Row, select, update

from erp_testkit.domain.documents import LotStatus, ShipmentState
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.defects.rows import changed
from erp_testkit.standins.reference.schema import on_hand, shipments
from erp_testkit.standins.reference.services import documents, outbound, places, progress, reservations, stock
from erp_testkit.standins.reference.services.outbound import Planned
from erp_testkit.standins.reference.services.work import Stuff, Work

_LONG_ENOUGH = 0.05
"""Seconds between looking and writing in which a second person looks too."""


@defect("latest-expiry-proposed-first", wraps="outbound.fefo_candidates")
def latest_expiry_proposed_first(original: Original, work: Work, item: str) -> Sequence[Row[Any]]:
    """The picking proposal sorts by expiry the wrong way round."""
    return list(reversed(original(work, item)))


@defect("open-quantity-rounded-up", wraps="outbound.assign", weakens=("shipped_within_ordered",))
def open_quantity_rounded_up(
    original: Original, open_lines: Sequence[tuple[Row[Any], Decimal]], chosen: Sequence[tuple[Stuff, str, Decimal]]
) -> list[Planned]:
    """What is open on an order is rounded up to the next full pack of ten."""
    rounded = [(line, (quantity / 10).to_integral_value(ROUND_CEILING) * 10) for line, quantity in open_lines]
    planned: list[Planned] = original(rounded, chosen)
    return planned


@defect("plan-reserves-nothing", wraps="stock.reserve", weakens=("reserved_not_negative",))
def plan_reserves_nothing(_original: Original, _work: Work, _bin: str, _stuff: Stuff, _quantity: Decimal) -> None:
    """A planned shipment is listed, but the stock it needs stays free for others."""


@defect("two-pickers-take-the-same", wraps="stock.reserve", weakens=("reserved_within_on_hand",))
def two_pickers_take_the_same(_original: Original, work: Work, bin_code: str, stuff: Stuff, quantity: Decimal) -> None:
    """Stock is looked at and then promised in two steps, without a lock: two at the same moment both get it."""
    here = (
        on_hand.c.item == stuff.item,
        on_hand.c.bin == bin_code,
        on_hand.c.lot == (stuff.lot or ""),
        on_hand.c.serial == (stuff.serial or ""),
    )
    reserved = work.connection.execute(select(on_hand.c.reserved).where(*here)).scalar_one()
    time.sleep(_LONG_ENOUGH)
    work.connection.execute(update(on_hand).where(*here).values(reserved=reserved + quantity))


@defect("cancelled-shipment-keeps-its-stock", wraps="reservations.release")
def cancelled_shipment_keeps_its_stock(_original: Original, _work: Work, _shipment: str, _line: Row[Any]) -> None:
    """Cancelling a shipment does not free what it reserved; a nightly clean-up was meant to."""


@defect("lot-not-checked-when-leaving", wraps="outbound.check_line")
def lot_not_checked_when_leaving(_original: Original, _work: Work, _line: Row[Any], _customer: Row[Any]) -> None:
    """A lot is checked when a shipment is planned, not again when it leaves."""


@defect("expired-by-time-zone", wraps="lots.check_usable")
def expired_by_time_zone(original: Original, lot: Row[Any], min_shelf_life_days: int) -> None:
    """The last day of use is kept as midnight UTC and read in a zone behind the business day: a lot seems to last a day longer."""
    day_longer = {} if lot.expiry is None else {"expiry": lot.expiry + timedelta(days=1)}
    original(changed(lot, **day_longer), min_shelf_life_days)


@defect("shelf-life-a-day-short", wraps="lots.check_shelf_life")
def shelf_life_a_day_short(original: Original, lot: Row[Any], days: int) -> None:
    """A lot may fall short of the customer's shelf life by a day: the day of shipping is counted too."""
    original(lot, max(0, days - 1))


@defect("quarantined-lot-sold", wraps="lots.check_status")
def quarantined_lot_sold(original: Original, lot: Row[Any]) -> None:
    """Only recalled lots are held back, not those in quarantine."""
    if lot.status == LotStatus.RECALLED:
        original(lot)


@defect("recalled-lot-sold", wraps="lots.check_status")
def recalled_lot_sold(original: Original, lot: Row[Any]) -> None:
    """Only lots in quarantine are held back, not recalled ones."""
    if lot.status == LotStatus.QUARANTINED:
        original(lot)


@defect("uninspected-stock-picked", wraps="stock.free_in_stock")
def uninspected_stock_picked(original: Original, work: Work, stuff: Stuff, bin_code: str | None = None) -> Sequence[Any]:
    """Where no saleable stock is left, picking falls back on quarantine bins, uninspected returns among them."""
    found: Sequence[Any] = original(work, stuff, bin_code)
    held = stock.whereabouts(work, stuff)
    return found or [changed(row, free=row.quantity - row.reserved) for row in held if row.bin in places.QUARANTINE_BINS]


@defect("another-serial-leaves", wraps="outbound.ship_line")
def another_serial_leaves(original: Original, work: Work, shipment: Row[Any], line: Row[Any]) -> None:
    """What leaves is whatever serial number lies on top in the bin; the papers name the planned one."""
    free = stock.free_in_stock(work, Stuff(line.item), line.bin)
    other = next((row for row in free if line.serial is not None and row.serial != line.serial), None)
    if other is None:
        original(work, shipment, line)
        return
    reservations.consume(work, shipment.number, line)
    move = outbound.outgoing_move(shipment, line)
    stock.post_move(work, replace(move, stuff=Stuff(line.item, other.lot or None, other.serial)))
    progress.add_shipped(work, shipment.order_no, line.order_line, line.quantity)


@defect("shipment-leaves-again", wraps="outbound.ship")
def shipment_leaves_again(original: Original, work: Work, number: str) -> None:
    """Shipping what has left already is taken for a retry that did not get through: the goods are booked out again."""
    shipment = documents.lock(work, "shipment", number)
    if shipment.state != ShipmentState.SHIPPED:
        original(work, number)
        return
    for line in outbound.lines_of(work, number):
        stock.post_move(work, outbound.outgoing_move(shipment, line))


@defect("cancelling-frees-what-has-left", wraps="outbound.cancel")
def cancelling_frees_what_has_left(original: Original, work: Work, number: str) -> None:
    """A shipment that has left can be cancelled, and its goods are free in stock again while they are at the customer."""
    shipment = documents.lock(work, "shipment", number)
    if shipment.state != ShipmentState.SHIPPED:
        original(work, number)
        return
    for line in outbound.lines_of(work, number):
        stock.put_into(work, line.bin, Stuff(line.item, line.lot, line.serial), line.quantity)
    documents.change_state(work, "shipment", number, "cancel", shipment.state, ShipmentState.CANCELLED)


@defect("second-proof-overwrites-the-first", wraps="outbound.prove")
def second_proof_overwrites_the_first(original: Original, work: Work, number: str, receiver: str, at: datetime) -> None:
    """A proof of delivery that comes late replaces the one that is there."""
    if documents.lock(work, "shipment", number).state != ShipmentState.DELIVERED:
        original(work, number, receiver, at)
        return
    work.connection.execute(update(shipments).where(shipments.c.number == number).values(delivered_at=at, receiver=receiver))
