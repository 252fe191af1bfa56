"""Customer returns: announcing, receiving, inspecting, exchanging, crediting."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from erp_testkit.domain.documents import Credit, Disposition, NewReturn, Pick, ReturnLine, ReturnOrder, ReturnState, ShipmentState, Tracking
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import credits as credit_notes
from erp_testkit.standins.reference.schema import order_lines, return_lines, returns, shipment_lines, shipments
from erp_testkit.standins.reference.services import audit, documents, lots, master, outbound, places, stock, units
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Move, Place, Stuff, Work

_BACK = (ReturnState.RECEIVED, ReturnState.CLOSED)


@service
def open_return(work: Work, request: NewReturn) -> str:
    """Announce a return of goods a shipment brought to this customer."""
    master.customer(work, request.customer)
    if not request.lines:
        raise Refused(Reason.QUANTITY, "A return needs at least one line.")
    outbound.order_of(work, request.shipment)
    # Locked, so that two returns at once cannot both claim the same goods.
    shipment = documents.lock(work, "shipment", request.shipment)
    check_theirs(shipment, request.customer)
    if shipment.state not in (ShipmentState.SHIPPED, ShipmentState.DELIVERED):
        raise Refused(Reason.STATE, f"Shipment {request.shipment} is {shipment.state}: expected shipped or delivered.")
    number = documents.new_number(work, "RMA")
    work.connection.execute(
        insert(returns),
        {
            "number": number,
            "customer": request.customer,
            "shipment": request.shipment,
            "state": ReturnState.OPEN,
            "reason": request.reason,
        },
    )
    for place, line in enumerate(request.lines, start=1):
        stuff = check_line(work, request.shipment, line)
        insert_line(work, number, place, stuff, line.quantity)
    audit.record(work, "return", number, "open", None, ReturnState.OPEN)
    return number


@service
def check_theirs(shipment: Row[Any], customer: str) -> None:
    """Refuse a return from a customer the shipment did not go to."""
    if shipment.customer != customer:
        raise Refused(Reason.UNKNOWN, f"Shipment {shipment.number} did not go to {customer}.")


@service
def insert_line(work: Work, number: str, place: int, stuff: Stuff, quantity: Decimal) -> None:
    """Write one line of a return."""
    work.connection.execute(
        insert(return_lines),
        {
            "return_no": number,
            "line": place,
            "item": stuff.item,
            "lot": stuff.lot,
            "serial": stuff.serial,
            "quantity": quantity,
        },
    )


@service
def check_line(work: Work, shipment: str, line: ReturnLine) -> Stuff:
    """Refuse goods the shipment did not bring, or that are on their way back already."""
    item = master.item(work, line.item)
    units.check_quantity(item, line.quantity)
    stuff = lots.identify(work, item, line)
    if item.tracking == Tracking.SERIAL and line.quantity != 1:
        raise Refused(Reason.QUANTITY, f"Serial number {line.serial} of {line.item}: expected quantity 1, got {line.quantity}.")
    shipped = shipped_quantity(work, shipment, stuff)
    if shipped == 0:
        raise Refused(Reason.UNKNOWN, f"Shipment {shipment} did not bring {stuff}.")
    returned = returned_quantity(work, shipment, stuff)
    if stuff.serial is not None and returned > 0:
        raise Refused(Reason.DUPLICATE, f"{stuff} of shipment {shipment} is returned already.")
    if returned + line.quantity > shipped:
        raise Refused(Reason.EXCEEDS, f"{line.quantity} of {stuff}: shipment {shipment} brought {shipped}, {returned} are returned.")
    return stuff


@service
def shipped_quantity(work: Work, shipment: str, stuff: Stuff) -> Decimal:
    """Return how many of this a shipment brought."""
    table = shipment_lines.c
    return _sum(work, table.quantity, table.shipment == shipment, *_same(table, stuff))


@service
def returned_quantity(work: Work, shipment: str, stuff: Stuff) -> Decimal:
    """Return how many of this are announced or back, of those a shipment brought."""
    of_shipment = select(returns.c.number).where(returns.c.shipment == shipment, returns.c.state != ReturnState.CANCELLED)
    table = return_lines.c
    return _sum(work, table.quantity, table.return_no.in_(of_shipment), *_same(table, stuff))


@service
def receive_return(work: Work, number: str) -> None:
    """Take the goods back, into quarantine."""
    found = documents.lock(work, "return", number)
    if found.state != ReturnState.OPEN:
        raise Refused(Reason.STATE, f"Return {number} is {found.state}: expected open.")
    for line in lines_of(work, number):
        post(work, found, line, places.customer(found.customer), arrival_place())
    documents.change_state(work, "return", number, "receive", found.state, ReturnState.RECEIVED)


@service
def arrival_place() -> Place:
    """Say where returned goods wait for their inspection."""
    return places.RETURNS


@service
def inspect(work: Work, number: str, place: int, disposition: Disposition) -> None:
    """Decide one line: back to stock, or scrap; the last one closes the return."""
    found = documents.lock(work, "return", number)
    if found.state != ReturnState.RECEIVED:
        raise Refused(Reason.STATE, f"Return {number} is {found.state}: expected received.")
    line = next((line for line in lines_of(work, number) if line.line == place), None)
    if line is None:
        raise Refused(Reason.UNKNOWN, f"Return {number} has no line {place}.")
    if line.disposition is not None:
        raise Refused(Reason.STATE, f"Line {place} of return {number} was inspected: {line.disposition}.")
    dispose(work, found, line, disposition)
    mark(work, line, disposition)
    audit.record(work, "return", number, f"inspect: {disposition}", found.state, found.state, f"line {place}")
    if all(other.disposition is not None for other in lines_of(work, number)):
        documents.change_state(work, "return", number, "close", found.state, ReturnState.CLOSED)


@service
def dispose(work: Work, found: Row[Any], line: Row[Any], disposition: Disposition) -> None:
    """Bring inspected goods where they were decided to go."""
    if disposition is Disposition.SCRAP:
        post(work, found, line, places.RETURNS, places.SCRAP)
        return
    if line.lot is not None:
        # What may not be sold must not come back into sale by way of a return.
        lots.check_status(lots.known_lot(work, line.item, line.lot))
    post(work, found, line, places.RETURNS, places.MAIN)


@service
def mark(work: Work, line: Row[Any], disposition: Disposition) -> None:
    """Write down what was decided on a line."""
    table = return_lines.c
    work.connection.execute(
        update(return_lines).where(table.return_no == line.return_no, table.line == line.line).values(disposition=disposition)
    )


@service
def post(work: Work, found: Row[Any], line: Row[Any], source: Place, target: Place) -> None:
    """Book one movement of a return."""
    stock.post_move(
        work,
        Move(
            stuff=Stuff(line.item, line.lot, line.serial),
            quantity=line.quantity,
            source=source,
            target=target,
            document_kind="return",
            document=found.number,
            party=found.customer,
        ),
    )


@service
def exchange(work: Work, number: str, picks: Sequence[Pick]) -> str:
    """Plan the replacement for a received return."""
    order = outbound.order_of(work, shipment_of(work, number))
    documents.lock(work, "order", order)
    found = documents.lock(work, "return", number)
    refuse_not_back(found)
    former = select(shipments.c.number).where(shipments.c.return_no == number, shipments.c.state != ShipmentState.CANCELLED)
    if work.connection.execute(former).first() is not None:
        raise Refused(Reason.DUPLICATE, f"Return {number} is exchanged already.")
    chosen = outbound.choose(work, found.customer, picks)
    check_replaced(lines_of(work, number), chosen)
    planned = [outbound.Planned(None, stuff, bin_code, quantity) for stuff, bin_code, quantity in chosen]
    return outbound.write_shipment(work, order, number, found.customer, planned)


@service
def check_replaced(lines: Sequence[Row[Any]], chosen: Sequence[tuple[Stuff, str, Decimal]]) -> None:
    """Refuse to replace more of an item than came back."""
    for item in {stuff.item for stuff, _, _ in chosen}:
        back = sum((line.quantity for line in lines if line.item == item), Decimal(0))
        replaced = sum((quantity for stuff, _, quantity in chosen if stuff.item == item), Decimal(0))
        if replaced > back:
            raise Refused(Reason.EXCEEDS, f"{replaced} of {item}: only {back} came back.")


@service
def credit(work: Work, number: str) -> Credit:
    """Write the credit note of a received return, once, at the prices of its order."""
    order = outbound.order_of(work, shipment_of(work, number))
    found = documents.lock(work, "return", number)
    refuse_not_back(found)
    check_not_credited(work, number)
    nets = [credited(work, order, found.shipment, line) for line in lines_of(work, number)]
    net = sum((amount for _, amount in nets), Decimal("0.00"))
    tax = units.tax_of(nets)
    note = Credit(number=documents.new_number(work, "CN"), return_order=number, net=net, tax=tax, total=net + tax)
    work.connection.execute(
        insert(credit_notes),
        {
            "number": note.number,
            "return_no": number,
            "net": net,
            "tax": tax,
            "total": note.total,
        },
    )
    audit.record(work, "return", number, "credit", found.state, found.state, note.number)
    return note


@service
def check_not_credited(work: Work, number: str) -> None:
    """Refuse to credit a return twice."""
    if work.connection.execute(select(credit_notes.c.number).where(credit_notes.c.return_no == number)).first() is not None:
        raise Refused(Reason.DUPLICATE, f"Return {number} is credited already.")


@service
def credited(work: Work, order: str, shipment: str, line: Row[Any]) -> tuple[Decimal, Decimal]:
    """Return tax rate and net amount of a returned line, at the price of the order line it was shipped for."""
    shipped = select(shipment_lines.c.order_line).where(
        shipment_lines.c.shipment == shipment, *_same(shipment_lines.c, Stuff(line.item, line.lot, line.serial))
    )
    place = work.connection.execute(shipped.limit(1)).scalar_one()
    sold = select(order_lines.c.unit_price, order_lines.c.tax_rate).where(order_lines.c.order_no == order)
    # An exchange ships for no order line: what it replaced was sold at the price of the item's first line.
    of_line = order_lines.c.line == place if place is not None else order_lines.c.item == line.item
    price = work.connection.execute(sold.where(of_line).order_by(order_lines.c.line).limit(1)).one()
    return price.tax_rate, units.round_money(line.quantity * price.unit_price)


@service
def refuse_not_back(found: Row[Any]) -> None:
    """Refuse where the goods are not back yet."""
    if found.state not in _BACK:
        raise Refused(Reason.STATE, f"Return {found.number} is {found.state}: expected received or closed.")


@service
def shipment_of(work: Work, number: str) -> str:
    """Return the shipment the goods of a return came from."""
    shipment = work.connection.execute(select(returns.c.shipment).where(returns.c.number == number)).scalar_one_or_none()
    if shipment is None:
        raise Refused(Reason.UNKNOWN, f"There is no return {number}.")
    return str(shipment)


@service
def lines_of(work: Work, number: str) -> Sequence[Row[Any]]:
    """Return the lines of a return."""
    found = select(return_lines).where(return_lines.c.return_no == number).order_by(return_lines.c.line)
    return work.connection.execute(found).all()


@service
def read(work: Work, number: str) -> tuple[ReturnOrder, int]:
    """Read a return and its version."""
    row = work.connection.execute(select(returns).where(returns.c.number == number)).one_or_none()
    if row is None:
        raise Refused(Reason.UNKNOWN, f"There is no return {number}.")
    lines = tuple(ReturnLine(item=line.item, quantity=line.quantity, lot=line.lot, serial=line.serial) for line in lines_of(work, number))
    return ReturnOrder(number=number, customer=row.customer, shipment=row.shipment, state=ReturnState(row.state), lines=lines), row.version


def _sum(work: Work, column: Any, *wanted: Any) -> Decimal:
    return Decimal(work.connection.execute(select(func.coalesce(func.sum(column), 0)).where(*wanted)).scalar_one())


def _same(table: Any, stuff: Stuff) -> tuple[Any, ...]:
    return (
        table.item == stuff.item,
        table.lot == stuff.lot if stuff.lot is not None else table.lot.is_(None),
        table.serial == stuff.serial if stuff.serial is not None else table.serial.is_(None),
    )
