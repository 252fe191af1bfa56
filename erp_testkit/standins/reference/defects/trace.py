"""Defects of trace reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from erp_testkit.domain.documents import PlaceKind, SerialEvent
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.defects.rows import changed
from erp_testkit.standins.reference.schema import moves


@defect("recall-list-names-one-customer", wraps="trace.deliveries")
def recall_list_names_one_customer(original: Original, connection: Connection, items: Sequence[str], lot: str | None) -> Sequence[Row[Any]]:
    """The recall list is grouped by lot: it names the first customer of each."""
    return _first_of_each(original(connection, items, lot), "item", "lot")


@defect("trace-shows-one-serial", wraps="trace.deliveries")
def trace_shows_one_serial(original: Original, connection: Connection, items: Sequence[str], lot: str | None) -> Sequence[Row[Any]]:
    """The trace shows one serial number of each shipment, however many it carried."""
    return _first_of_each(original(connection, items, lot), "item", "lot", "document")


@defect("trace-forgets-what-came-back", wraps="trace.deliveries")
def trace_forgets_what_came_back(original: Original, connection: Connection, items: Sequence[str], lot: str | None) -> Sequence[Row[Any]]:
    """A delivery of which something came back is not in the forward trace any more."""
    came_back = select(moves.c.lot, moves.c.serial).where(moves.c.item.in_(items), moves.c.from_kind == PlaceKind.CUSTOMER)
    gone = {tuple(row) for row in connection.execute(came_back)}
    return [row for row in original(connection, items, lot) if (row.lot, row.serial) not in gone]


@defect("trace-takes-the-wrong-date", wraps="trace.deliveries")
def trace_takes_the_wrong_date(original: Original, connection: Connection, items: Sequence[str], lot: str | None) -> Sequence[Any]:
    """The forward trace dates each delivery with the receipt of its goods."""
    received = select(moves.c.effective_on).where(moves.c.item.in_(items), moves.c.from_kind == PlaceKind.SUPPLIER).order_by(moves.c.id)
    day = connection.execute(received).scalars().first()
    midnight = {} if day is None else {"at": datetime(day.year, day.month, day.day, tzinfo=UTC)}
    return [changed(row, **midnight) for row in original(connection, items, lot)]


@defect("origin-is-latest-supplier", wraps="trace.origins")
def origin_is_latest_supplier(original: Original, connection: Connection, items: Sequence[str], serial: str | None) -> Sequence[Any]:
    """The backward trace names the supplier of the item's latest receipt."""
    rows = original(connection, items, serial)
    latest = {row.item: row for row in original(connection, items, None)}
    return [changed(row, supplier=latest[row.item].supplier) for row in rows]


@defect("history-without-returns", wraps="trace.history")
def history_without_returns(original: Original, connection: Connection, item: str, serial: str) -> list[SerialEvent]:
    """The history of a serial number leaves out what came back from customers."""
    return [event for event in original(connection, item, serial) if event.from_kind is not PlaceKind.CUSTOMER]


def _first_of_each(rows: Sequence[Row[Any]], *columns: str) -> Sequence[Row[Any]]:
    first: dict[tuple[Any, ...], Row[Any]] = {}
    for row in rows:
        first.setdefault(tuple(row._mapping[column] for column in columns), row)
    return list(first.values())
