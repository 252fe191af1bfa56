"""Stock counts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, insert, select

from erp_testkit.domain.documents import CountLine, PlaceKind, Tracking
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import count_lines, counts, moves
from erp_testkit.standins.reference.services import audit, documents, lots, master, places, stock, units
from erp_testkit.standins.reference.services.clock import today
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Move, Stuff, Work


@service
def count(work: Work, lines: Sequence[CountLine]) -> str:
    """Book what was found; only what is named is compared."""
    if not lines:
        raise Refused(Reason.QUANTITY, "A stock count needs at least one line.")
    number = documents.new_number(work, "CT")
    work.connection.execute(
        insert(counts),
        {
            "number": number,
            "counted_on": today(),
        },
    )
    seen: set[tuple[str, Stuff]] = set()
    # In one order for everybody, so that two counts at once do not wait for each other in a circle.
    for place, line in enumerate(sorted(lines, key=lambda line: (line.item, line.bin, line.lot or "", line.serial or "")), start=1):
        stuff = check_line(work, line)
        if (line.bin, stuff) in seen:
            raise Refused(Reason.DUPLICATE, f"{stuff} in {line.bin} is counted twice.")
        seen.add((line.bin, stuff))
        count_line(work, number, place, line, stuff)
    audit.record(work, "count", number, "post", None, "posted")
    return number


@service
def check_line(work: Work, line: CountLine) -> Stuff:
    """Refuse what cannot have been found; return what was counted."""
    item = master.item(work, line.item)
    stock.check_bin(line.bin)
    check_found(item, line.quantity)
    return lots.identify(work, item, line)


@service
def check_found(item: Row[Any], quantity: Decimal) -> None:
    """Refuse a found quantity that is negative, absurd, or no multiple of the unit's step; nothing may be found."""
    if not 0 <= quantity < units.ABSURD:
        raise Refused(Reason.QUANTITY, f"{quantity} {item.unit} of {item.code}: expected at least 0 and less than {units.ABSURD}.")
    units.check_step(item, quantity)
    if item.tracking == Tracking.SERIAL and quantity > 1:
        raise Refused(Reason.QUANTITY, f"{quantity} of one serial number of {item.code}: expected 0 or 1.")


@service
def count_line(work: Work, number: str, place: int, line: CountLine, stuff: Stuff) -> None:
    """Compare one line with what is on hand, and move the difference from or to loss."""
    expected, reserved = stock.quantity_in(work, line.bin, stuff)
    if line.quantity < reserved:
        raise Refused(Reason.STOCK, f"{reserved} of {stuff} in {line.bin} are promised: a count of {line.quantity} needs them freed first.")
    if stuff.serial is not None and line.quantity > expected:
        check_lost(work, stuff)
    work.connection.execute(
        insert(count_lines),
        {
            "count": number,
            "line": place,
            "item": stuff.item,
            "bin": line.bin,
            "lot": stuff.lot,
            "serial": stuff.serial,
            "found": line.quantity,
            "expected": expected,
        },
    )
    book_difference(work, number, line.bin, stuff, line.quantity - expected)


@service
def check_lost(work: Work, stuff: Stuff) -> None:
    """Refuse to find a serial number that is elsewhere: only one that a count missed can be found again."""
    lots.lock_serial(work, stuff.item, str(stuff.serial))
    last = work.connection.execute(
        select(moves.c.to_kind, moves.c.to_place)
        .where(moves.c.item == stuff.item, moves.c.serial == stuff.serial)
        .order_by(moves.c.id.desc())
        .limit(1)
    ).one_or_none()
    if last is not None and last.to_kind != PlaceKind.LOSS:
        raise Refused(Reason.STOCK, f"{stuff} is at {last.to_place}.")


@service
def book_difference(work: Work, number: str, bin_code: str, stuff: Stuff, difference: Decimal) -> None:
    """Move a surplus from loss, or a shortage to loss."""
    if difference == 0:
        return
    here = places.bin_place(bin_code)
    source, target = (places.LOSS, here) if difference > 0 else (here, places.LOSS)
    stock.post_move(work, Move(stuff=stuff, quantity=abs(difference), source=source, target=target, document_kind="count", document=number))
