"""Moves, what is on hand, and what is reserved of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Executable, Row, bindparam, case, func, insert, select, union_all, update

from erp_testkit.domain.documents import OnHand, Pick, PlaceKind
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import bins, moves, on_hand
from erp_testkit.standins.reference.services import audit, documents, lots, master, units
from erp_testkit.standins.reference.services.clock import now, today
from erp_testkit.standins.reference.services.places import QUARANTINE_BINS, STOCK_BINS, bin_place
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Move, Stuff, Work
from erp_testkit.standins.reference.upsert import insert_or

_HELD = (PlaceKind.STOCK, PlaceKind.QUARANTINE)

# Built once: building a statement costs more than running it.
_KEY = (
    on_hand.c.item == bindparam("of_item"),
    on_hand.c.bin == bindparam("of_bin"),
    on_hand.c.lot == bindparam("of_lot"),
    on_hand.c.serial == bindparam("of_serial"),
)
_AMOUNT = bindparam("amount", type_=on_hand.c.quantity.type)
_FREE = on_hand.c.quantity - on_hand.c.reserved >= _AMOUNT
_TAKE = update(on_hand).where(*_KEY, _FREE).values(quantity=on_hand.c.quantity - _AMOUNT).returning(on_hand.c.item)
_RESERVE = update(on_hand).where(*_KEY, _FREE).values(reserved=on_hand.c.reserved + _AMOUNT).returning(on_hand.c.item)
_UNRESERVE = update(on_hand).where(*_KEY).values(reserved=on_hand.c.reserved - _AMOUNT)
_LOCK = select(on_hand.c.quantity, on_hand.c.reserved).where(*_KEY).with_for_update()
_CURRENT = (
    select(on_hand, bins.c.kind)
    .join(bins, bins.c.code == on_hand.c.bin)
    .where(on_hand.c.item == bindparam("of_item"), on_hand.c.quantity != 0)
    .order_by(bins.c.position, on_hand.c.lot, on_hand.c.serial)
)


@service
def post_move(work: Work, move: Move) -> None:
    """Book a movement: write it down, and bring what is on hand in line with it."""
    write_move(work, move)
    if move.source.kind in _HELD:
        take_from(work, move.source.code, move.stuff, move.quantity)
    if move.target.kind in _HELD:
        put_into(work, move.target.code, move.stuff, move.quantity)


@service
def write_move(work: Work, move: Move) -> None:
    """Write a movement down."""
    at = move.at or now()
    work.connection.execute(
        insert(moves),
        {
            "at": at,
            "effective_on": move.effective_on or at.date(),
            "item": move.stuff.item,
            "lot": move.stuff.lot,
            "serial": move.stuff.serial,
            "quantity": move.quantity,
            "from_place": move.source.code,
            "from_kind": move.source.kind,
            "to_place": move.target.code,
            "to_kind": move.target.kind,
            "document_kind": move.document_kind,
            "document": move.document,
            "party": move.party,
        },
    )


@service
def take_from(work: Work, bin_code: str, stuff: Stuff, quantity: Decimal) -> None:
    """Lower what is on hand in a bin; what is reserved there stays."""
    if work.connection.execute(_TAKE, _key(bin_code, stuff, quantity)).first() is None:
        raise Refused(Reason.STOCK, f"There are no {quantity} free of {stuff} in {bin_code}.")


@service
def put_into(work: Work, bin_code: str, stuff: Stuff, quantity: Decimal) -> None:
    """Raise what is on hand in a bin."""
    work.connection.execute(_put(work.connection.dialect.name), _row(bin_code, stuff, quantity))


@service
def reserve(work: Work, bin_code: str, stuff: Stuff, quantity: Decimal) -> None:
    """Promise stock to a shipment: in one statement, so that two at once cannot both have it."""
    if work.connection.execute(_RESERVE, _key(bin_code, stuff, quantity)).first() is None:
        raise Refused(Reason.STOCK, f"There are no {quantity} free of {stuff} in {bin_code}.")


@service
def unreserve(work: Work, bin_code: str, stuff: Stuff, quantity: Decimal) -> None:
    """Take a promise back."""
    work.connection.execute(_UNRESERVE, _key(bin_code, stuff, quantity))


@service
def free_in_stock(work: Work, stuff: Stuff, bin_code: str | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return where saleable stock of this is free, main bin first."""
    wanted = [on_hand.c.item == stuff.item, on_hand.c.quantity > on_hand.c.reserved, on_hand.c.bin.in_(STOCK_BINS)]
    if stuff.lot is not None:
        wanted.append(on_hand.c.lot == stuff.lot)
    if stuff.serial is not None:
        wanted.append(on_hand.c.serial == stuff.serial)
    if bin_code is not None:
        wanted.append(on_hand.c.bin == bin_code)
    free = (on_hand.c.quantity - on_hand.c.reserved).label("free")
    return work.connection.execute(
        select(on_hand.c.bin, on_hand.c.lot, on_hand.c.serial, free)
        .join(bins, bins.c.code == on_hand.c.bin)
        .where(*wanted)
        .order_by(bins.c.position, on_hand.c.lot, on_hand.c.serial)
    ).all()


@service
def whereabouts(work: Work, stuff: Stuff) -> Sequence[Row[Any]]:
    """Return the bins that hold this, locked until we commit."""
    wanted = [on_hand.c.item == stuff.item, on_hand.c.quantity > 0]
    if stuff.lot is not None:
        wanted.append(on_hand.c.lot == stuff.lot)
    if stuff.serial is not None:
        wanted.append(on_hand.c.serial == stuff.serial)
    found = select(on_hand).where(*wanted).order_by(on_hand.c.bin, on_hand.c.lot, on_hand.c.serial).with_for_update()
    return work.connection.execute(found).all()


@service
def quantity_in(work: Work, bin_code: str, stuff: Stuff) -> tuple[Decimal, Decimal]:
    """Return what is on hand and reserved of this in a bin, locked until we commit."""
    row = work.connection.execute(_LOCK, _key(bin_code, stuff)).one_or_none()
    if row is None:
        # Only a row can be locked; without one, two counts at once would both book the same surplus.
        empty = insert_or(work.connection.dialect.name, on_hand).on_conflict_do_nothing()
        work.connection.execute(empty, _row(bin_code, stuff, Decimal(0)))
        row = work.connection.execute(_LOCK, _key(bin_code, stuff)).one()
    return row.quantity, row.reserved


@service
def transfer(work: Work, pick: Pick, to_bin: str) -> str:
    """Move free stock from one saleable bin to another."""
    item = master.item(work, pick.item)
    units.check_quantity(item, pick.quantity)
    stuff = lots.identify(work, item, pick)
    for code in (pick.bin or STOCK_BINS[0], to_bin):
        check_bin(code)
        if code in QUARANTINE_BINS:
            raise Refused(Reason.QUARANTINED, f"{code} is a quarantine bin: goods come and go there by decision of quality only.")
    number = documents.new_number(work, "TR")
    move = Move(
        stuff=stuff,
        quantity=pick.quantity,
        source=bin_place(pick.bin or STOCK_BINS[0]),
        target=bin_place(to_bin),
        document_kind="transfer",
        document=number,
    )
    post_move(work, move)
    audit.record(work, "transfer", number, "post", None, "posted")
    return number


@service
def check_bin(code: str) -> None:
    """Refuse a bin that does not exist."""
    if code not in STOCK_BINS + QUARANTINE_BINS:
        raise Refused(Reason.UNKNOWN, f"There is no bin {code}.")


@service
def read(work: Work, item: str, on: date | None) -> Sequence[OnHand]:
    """Return stock of an item, now or at the end of a past day."""
    master.item(work, item)
    return current(work, item) if on is None or on >= today() else as_of(work, item, on)


@service
def current(work: Work, item: str) -> list[OnHand]:
    """Return stock of an item as the balance says it."""
    rows = work.connection.execute(_CURRENT, {"of_item": item})
    return [_on_hand(row, row.reserved) for row in rows]


@service
def as_of(work: Work, item: str, on: date) -> list[OnHand]:
    """Return stock of an item at the end of a past day, from the moves posted for it until then; promises of then are not kept."""
    into = select(moves.c.to_place.label("bin"), moves.c.to_kind.label("kind"), moves.c.lot, moves.c.serial, moves.c.quantity)
    out = select(moves.c.from_place, moves.c.from_kind, moves.c.lot, moves.c.serial, -moves.c.quantity)
    until = [moves.c.item == item, moves.c.effective_on <= on]
    both = union_all(into.where(*until, moves.c.to_kind.in_(_HELD)), out.where(*until, moves.c.from_kind.in_(_HELD))).subquery()
    total = func.sum(both.c.quantity).label("quantity")
    rows = work.connection.execute(
        select(both.c.bin, both.c.kind, both.c.lot, both.c.serial, total)
        .group_by(both.c.bin, both.c.kind, both.c.lot, both.c.serial)
        .having(total != 0)
        .order_by(case((both.c.kind == PlaceKind.STOCK, 0), else_=1), both.c.bin, both.c.lot, both.c.serial)
    )
    return [
        OnHand(item=item, bin=row.bin, kind=PlaceKind(row.kind), lot=row.lot, serial=row.serial, quantity=row.quantity, reserved=Decimal(0))
        for row in rows
    ]


def _on_hand(row: Row[Any], reserved: Decimal) -> OnHand:
    return OnHand(
        item=row.item,
        bin=row.bin,
        kind=PlaceKind(row.kind),
        lot=row.lot or None,
        serial=row.serial or None,
        quantity=row.quantity,
        reserved=reserved,
    )


def _key(bin_code: str, stuff: Stuff, amount: Decimal | None = None) -> dict[str, Any]:
    key = {"of_item": stuff.item, "of_bin": bin_code, "of_lot": stuff.lot or "", "of_serial": stuff.serial or ""}
    return key if amount is None else {**key, "amount": amount}


def _row(bin_code: str, stuff: Stuff, quantity: Decimal) -> dict[str, Any]:
    key = {"item": stuff.item, "bin": bin_code, "lot": stuff.lot or "", "serial": stuff.serial or ""}
    return {**key, "quantity": quantity, "reserved": Decimal(0)}


@cache
def _put(dialect: str) -> Executable:
    new = insert_or(dialect, on_hand)
    more: Executable = new.on_conflict_do_update(
        index_elements=["item", "bin", "lot", "serial"], set_={"quantity": on_hand.c.quantity + new.excluded.quantity}
    )
    return more
