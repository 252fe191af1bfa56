"""What planned shipments hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert

from erp_testkit.standins.reference.schema import reservations
from erp_testkit.standins.reference.services import stock
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Stuff, Work

_DROP = delete(reservations).where(reservations.c.shipment == bindparam("of_shipment"), reservations.c.line == bindparam("of_line"))


@service
def hold(work: Work, shipment: str, line: int, stuff: Stuff, bin_code: str, quantity: Decimal) -> None:
    """Reserve what a shipment line carries."""
    stock.reserve(work, bin_code, stuff, quantity)
    work.connection.execute(
        insert(reservations),
        {
            "shipment": shipment,
            "line": line,
            "item": stuff.item,
            "lot": stuff.lot,
            "serial": stuff.serial,
            "bin": bin_code,
            "quantity": quantity,
        },
    )


@service
def release(work: Work, shipment: str, line: Row[Any]) -> None:
    """Free what a shipment line holds, because it will not ship."""
    drop(work, shipment, line)


@service
def consume(work: Work, shipment: str, line: Row[Any]) -> None:
    """Free what a shipment line holds, because it leaves now."""
    drop(work, shipment, line)


@service
def drop(work: Work, shipment: str, line: Row[Any]) -> None:
    """Take a reservation out of the list and out of the stock balance."""
    work.connection.execute(_DROP, {"of_shipment": shipment, "of_line": line.line})
    stock.unreserve(work, line.bin, Stuff(line.item, line.lot, line.serial), line.quantity)
