"""Planning and shipping."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, bindparam, insert, select

from erp_testkit.domain.documents import OrderState, Pick, Shipment, ShipmentState, Tracking
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import lots as lots_table
from erp_testkit.standins.reference.schema import on_hand, orders, shipment_lines, shipments
from erp_testkit.standins.reference.services import (
    audit,
    documents,
    jobs,
    lots,
    master,
    notes,
    places,
    progress,
    reservations,
    sources,
    stock,
    units,
)
from erp_testkit.standins.reference.services.clock import now
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Move, Stuff, Work

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clock of a partner may be behind ours."""

_ORDER_OF = select(shipments.c.order_no).where(shipments.c.number == bindparam("of"))
_LINES = select(shipment_lines).where(shipment_lines.c.shipment == bindparam("of")).order_by(shipment_lines.c.line)


@dataclass(frozen=True, slots=True)
class Planned:
    """A shipment line about to be written."""

    order_line: int | None
    stuff: Stuff
    bin: str
    quantity: Decimal


@service
def propose(work: Work, number: str) -> Sequence[Pick]:
    """Propose what to pick for the open quantity of an order, first expired first out."""
    order = work.connection.execute(select(orders).where(orders.c.number == number)).one_or_none()
    if order is None:
        raise Refused(Reason.UNKNOWN, f"There is no order {number}.")
    customer = master.customer(work, order.customer)
    wanted: dict[str, Decimal] = {}
    for line, quantity in progress.open_lines(work, number):
        wanted[line.item] = wanted.get(line.item, Decimal(0)) + quantity
    return [pick for item, quantity in wanted.items() for pick in first_expired(work, item, quantity, customer)]


@service
def first_expired(work: Work, item: str, wanted: Decimal, customer: Row[Any]) -> list[Pick]:
    """Return picks of an item for this customer, first expired first out."""
    picks: list[Pick] = []
    for row in fefo_candidates(work, item):
        if wanted <= 0:
            break
        if row.lot and not usable(work, item, row.lot, customer.min_shelf_life_days):
            continue
        quantity = min(wanted, row.free)
        wanted -= quantity
        picks.append(Pick(item=item, quantity=quantity, lot=row.lot or None, serial=row.serial or None, bin=row.bin))
    return picks


@service
def fefo_candidates(work: Work, item: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return free saleable stock of an item, first expired first."""
    free = (on_hand.c.quantity - on_hand.c.reserved).label("free")
    return work.connection.execute(
        select(on_hand.c.bin, on_hand.c.lot, on_hand.c.serial, free)
        .outerjoin(lots_table, (lots_table.c.item == on_hand.c.item) & (lots_table.c.lot == on_hand.c.lot))
        .where(on_hand.c.item == item, on_hand.c.quantity > on_hand.c.reserved, on_hand.c.bin.in_(places.STOCK_BINS))
        .order_by(lots_table.c.expiry.asc().nulls_last(), on_hand.c.lot, on_hand.c.bin, on_hand.c.serial)
    ).all()


@service
def usable(work: Work, item: str, lot: str, min_shelf_life_days: int) -> bool:
    """Say whether a lot may go to a customer today."""
    try:
        lots.check_usable(lots.known_lot(work, item, lot), min_shelf_life_days)
    except Refused:
        return False
    return True


@service
def plan(work: Work, number: str, picks: Sequence[Pick]) -> str:
    """Plan a shipment of chosen lots or serials and reserve them."""
    order = documents.lock(work, "order", number)
    if order.state not in (OrderState.CONFIRMED, OrderState.PARTLY_SHIPPED):
        raise Refused(Reason.STATE, f"Order {number} is {order.state}: expected confirmed or partly shipped.")
    chosen = choose(work, order.customer, picks)
    planned = assign(progress.open_lines(work, number), chosen)
    return write_shipment(work, order.number, None, order.customer, planned)


@service
def choose(work: Work, customer: str, picks: Sequence[Pick]) -> list[tuple[Stuff, str, Decimal]]:
    """Check what was picked for a customer; return it with the bins it is taken from."""
    if not picks:
        raise Refused(Reason.QUANTITY, "A shipment needs at least one pick.")
    days = master.customer(work, customer).min_shelf_life_days
    chosen: list[tuple[Stuff, str, Decimal]] = []
    for pick in picks:
        stuff = check_pick(work, pick, days)
        chosen += [(stuff, bin_code, quantity) for bin_code, quantity in take_from_bins(work, stuff, pick)]
    return chosen


@service
def check_pick(work: Work, pick: Pick, min_shelf_life_days: int) -> Stuff:
    """Refuse a pick that may not be sold; return what exactly is picked."""
    item = master.item(work, pick.item)
    units.check_quantity(item, pick.quantity)
    stuff = lots.identify(work, item, pick)
    if item.tracking == Tracking.SERIAL and pick.quantity != 1:
        raise Refused(Reason.QUANTITY, f"Serial number {pick.serial} of {pick.item}: expected quantity 1, got {pick.quantity}.")
    if stuff.lot is not None:
        lots.check_usable(lots.known_lot(work, stuff.item, stuff.lot), min_shelf_life_days)
    return stuff


@service
def take_from_bins(work: Work, stuff: Stuff, pick: Pick) -> list[tuple[str, Decimal]]:
    """Say from which bins a pick is taken; stock that is promised to others does not count."""
    if pick.bin is not None:
        stock.check_bin(pick.bin)
    taken: list[tuple[str, Decimal]] = []
    missing = pick.quantity
    for row in stock.free_in_stock(work, stuff, pick.bin):
        if missing > 0:
            taken.append((row.bin, min(missing, row.free)))
            missing -= taken[-1][1]
    if missing > 0:
        raise Refused(Reason.STOCK, f"{missing} of {pick.quantity} {stuff} are not free in stock{f' in {pick.bin}' if pick.bin else ''}.")
    return taken


@service
def assign(open_lines: Sequence[tuple[Row[Any], Decimal]], chosen: Sequence[tuple[Stuff, str, Decimal]]) -> list[Planned]:
    """Assign what is picked to the open lines of the order; refuse more than is open."""
    still_open = [[line.line, line.item, quantity] for line, quantity in open_lines]
    planned: list[Planned] = []
    for stuff, bin_code, quantity in chosen:
        left = quantity
        for line in still_open:
            if line[1] == stuff.item and line[2] > 0 and left > 0:
                part = min(left, line[2])
                planned.append(Planned(line[0], stuff, bin_code, part))
                line[2] -= part
                left -= part
        if left > 0:
            raise Refused(Reason.EXCEEDS, f"{quantity} of {stuff}: {left} more than is open on the order.")
    return planned


@service
def write_shipment(work: Work, order: str, return_no: str | None, customer: str, planned: Sequence[Planned]) -> str:
    """Write a planned shipment and reserve what it carries."""
    number = documents.new_number(work, "SH")
    work.connection.execute(
        insert(shipments),
        {
            "number": number,
            "order_no": order,
            "return_no": return_no,
            "customer": customer,
            "state": ShipmentState.PLANNED,
        },
    )
    # In one order for everybody, so that two pickers do not wait for each other in a circle.
    lines = sorted(planned, key=lambda line: (line.stuff.item, line.bin, line.stuff.lot or "", line.stuff.serial or ""))
    for place, line in enumerate(lines, start=1):
        write_line(work, number, place, line)
        reservations.hold(work, number, place, line.stuff, line.bin, line.quantity)
    audit.record(work, "shipment", number, "plan", None, ShipmentState.PLANNED)
    jobs.send_message(work, "wms.shipment", number, sources.kept(sources.shipment(work, number)))
    return number


@service
def write_line(work: Work, number: str, place: int, line: Planned) -> None:
    """Write one line of a shipment."""
    work.connection.execute(
        insert(shipment_lines),
        {
            "shipment": number,
            "line": place,
            "order_line": line.order_line,
            "item": line.stuff.item,
            "lot": line.stuff.lot,
            "serial": line.stuff.serial,
            "bin": line.bin,
            "quantity": line.quantity,
        },
    )


@service
def ship(work: Work, number: str) -> None:
    """Let the planned goods leave; write the moves and the delivery note."""
    ship_as_of(work, number, now())


@service
def ship_as_of(work: Work, number: str, at: datetime) -> None:
    """Let the planned goods leave as of the moment at which somebody saw them leave."""
    shipment, lines = leave(work, number, at)
    notes.write(work, shipment, lines)
    announce(work, shipment)


@service
def check_moment(order: Row[Any], number: str, at: datetime) -> None:
    """Refuse a moment at which a shipment cannot have left: in the future, or before its order came in."""
    if not order.ordered_at - CLOCKS_DIFFER <= at <= now():
        raise Refused(Reason.PERIOD, f"Shipment {number} was ordered at {order.ordered_at}: it cannot have left at {at}.")


@service
def leave(work: Work, number: str, at: datetime) -> tuple[Row[Any], Sequence[Row[Any]]]:
    """Let the planned goods leave and write the moves; return the shipment and its lines."""
    order = documents.lock(work, "order", order_of(work, number))
    shipment = documents.lock(work, "shipment", number)
    if shipment.state != ShipmentState.PLANNED:
        raise Refused(Reason.STATE, f"Shipment {number} is {shipment.state}: expected planned.")
    check_moment(order, number, at)
    customer = master.customer(work, shipment.customer)
    master.check_may_buy(customer)
    lines = lines_of(work, number)
    for line in lines:
        check_line(work, line, customer)
    for line in lines:
        ship_line(work, shipment, line)
    documents.change_state(work, "shipment", number, "ship", shipment.state, ShipmentState.SHIPPED, shipped_at=at)
    if shipment.return_no is None:
        progress.update_progress(work, order)
    return shipment, lines


@service
def announce(work: Work, shipment: Row[Any]) -> None:
    """Print the delivery note and tell the carrier and the UDI registry what has left."""
    number = shipment.number
    jobs.queue(work, "print delivery note", number, {"shipment": number})
    despatched = {"shipment": number, "customer": shipment.customer, "state": ShipmentState.SHIPPED}
    jobs.send_message(work, "carrier.despatch", number, json.dumps(despatched))
    document = sources.kept(sources.shipment(work, number))
    for channel in ("carrier.delivery", "udi.shipment"):
        jobs.send_message(work, channel, number, document)


@service
def check_line(work: Work, line: Row[Any], customer: Row[Any]) -> None:
    """Refuse to let a line leave whose lot may not be sold any more."""
    if line.lot is not None:
        lots.check_usable(lots.known_lot(work, line.item, line.lot), customer.min_shelf_life_days)


@service
def ship_line(work: Work, shipment: Row[Any], line: Row[Any]) -> None:
    """Let one line leave."""
    reservations.consume(work, shipment.number, line)
    stock.post_move(work, outgoing_move(shipment, line))
    if shipment.return_no is None:
        progress.add_shipped(work, shipment.order_no, line.order_line, line.quantity)


@service
def outgoing_move(shipment: Row[Any], line: Row[Any]) -> Move:
    """Return the movement of a line from its bin to the customer."""
    return Move(
        stuff=Stuff(line.item, line.lot, line.serial),
        quantity=line.quantity,
        source=places.bin_place(line.bin),
        target=places.customer(shipment.customer),
        document_kind="shipment",
        document=shipment.number,
        party=shipment.customer,
    )


@service
def cancel(work: Work, number: str) -> None:
    """Cancel a planned shipment and free what it reserved."""
    documents.lock(work, "order", order_of(work, number))
    free(work, documents.lock(work, "shipment", number))


@service
def free(work: Work, shipment: Row[Any]) -> None:
    """Cancel a planned shipment that is locked already."""
    if shipment.state != ShipmentState.PLANNED:
        raise Refused(Reason.STATE, f"Shipment {shipment.number} is {shipment.state}: expected planned.")
    for line in lines_of(work, shipment.number):
        reservations.release(work, shipment.number, line)
    documents.change_state(work, "shipment", shipment.number, "cancel", shipment.state, ShipmentState.CANCELLED)


@service
def prove(work: Work, number: str, receiver: str, at: datetime) -> None:
    """Record who signed and when; the same proof a second time changes nothing."""
    shipment = documents.lock(work, "shipment", number)
    if shipment.state == ShipmentState.DELIVERED:
        check_same_proof(shipment, receiver, at)
        return
    if shipment.state != ShipmentState.SHIPPED:
        raise Refused(Reason.STATE, f"Shipment {number} is {shipment.state}: expected shipped.")
    if not shipment.shipped_at <= at <= now():
        raise Refused(Reason.PERIOD, f"Shipment {number} left at {shipment.shipped_at}: it cannot have been signed for at {at}.")
    documents.change_state(
        work, "shipment", number, "prove delivery", shipment.state, ShipmentState.DELIVERED, delivered_at=at, receiver=receiver
    )


@service
def check_same_proof(shipment: Row[Any], receiver: str, at: datetime) -> None:
    """Refuse a second proof of delivery that differs from the first."""
    if (shipment.receiver, shipment.delivered_at) != (receiver, at):
        raise Refused(Reason.DUPLICATE, f"{shipment.receiver} signed for shipment {shipment.number} at {shipment.delivered_at} already.")


@service
def order_of(work: Work, number: str) -> str:
    """Return the order a shipment fulfils, or is the exchange for."""
    order = work.connection.execute(_ORDER_OF, {"of": number}).scalar_one_or_none()
    if order is None:
        raise Refused(Reason.UNKNOWN, f"There is no shipment {number}.")
    return str(order)


@service
def lines_of(work: Work, number: str) -> Sequence[Row[Any]]:
    """Return the lines of a shipment."""
    return work.connection.execute(_LINES, {"of": number}).all()


@service
def read(work: Work, number: str) -> tuple[Shipment, int]:
    """Read a shipment and its version."""
    row = work.connection.execute(select(shipments).where(shipments.c.number == number)).one_or_none()
    if row is None:
        raise Refused(Reason.UNKNOWN, f"There is no shipment {number}.")
    lines = tuple(
        Pick(item=line.item, quantity=line.quantity, lot=line.lot, serial=line.serial, bin=line.bin) for line in lines_of(work, number)
    )
    return Shipment(
        number=number,
        order=row.order_no,
        customer=row.customer,
        state=ShipmentState(row.state),
        lines=lines,
        shipped_at=row.shipped_at,
        delivered_at=row.delivered_at,
    ), row.version
