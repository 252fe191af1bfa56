"""The extract: canonical ledger tables for some items, straight from the ERP's own tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select, String, case, cast, func, literal, null, select

from erp_testkit.domain.ledger import TABLES, time_text
from erp_testkit.standins.reference import schema as s
from erp_testkit.standins.reference.database import among, codes, fetch_together
from erp_testkit.standins.reference.services import trace
from erp_testkit.standins.reference.services.clock import now, today
from erp_testkit.standins.reference.services.registry import service

_ITEMS, _DOCUMENTS, _CUSTOMERS = codes("items"), codes("documents"), codes("customers")


def _text(value: Any) -> Any:
    return cast(value, String)


def _orders_of_items() -> Select[Any]:
    return select(s.order_lines.c.order_no).where(among(s.order_lines.c.item, _ITEMS))


def _returns_of_items() -> Select[Any]:
    return select(s.return_lines.c.return_no).where(among(s.return_lines.c.item, _ITEMS))


def _shipments_of_items() -> Select[Any]:
    return select(s.shipment_lines.c.shipment).where(among(s.shipment_lines.c.item, _ITEMS))


_BY_ITEM: Mapping[str, Select[Any]] = {
    "items": select(s.items.c.code, s.items.c.gtin, s.items.c.tracking, s.items.c.unit, s.items.c.unit_step).where(
        among(s.items.c.code, _ITEMS)
    ),
    "lots": select(s.lots).where(among(s.lots.c.item, _ITEMS)),
    "lot_events": select(
        s.lot_events.c.item,
        s.lot_events.c.lot,
        s.lot_events.c.at,
        s.lot_events.c.event,
        s.lot_events.c.expiry_before,
        s.lot_events.c.expiry_after,
    )
    .where(among(s.lot_events.c.item, _ITEMS))
    .order_by(s.lot_events.c.id),
    "serials": select(s.serials).where(among(s.serials.c.item, _ITEMS)),
    "orders": select(
        s.orders.c.number,
        s.orders.c.customer,
        s.orders.c.reference,
        s.orders.c.state,
        s.orders.c.net,
        s.orders.c.tax,
        s.orders.c.total,
        s.orders.c.ordered_at,
    ).where(s.orders.c.number.in_(_orders_of_items())),
    "order_lines": select(
        s.order_lines.c.order_no,
        s.order_lines.c.line,
        s.order_lines.c.item,
        s.order_lines.c.quantity,
        s.order_lines.c.shipped,
        s.order_lines.c.unit_price,
        s.order_lines.c.tax_rate,
        s.order_lines.c.net,
    ).where(s.order_lines.c.order_no.in_(_orders_of_items())),
    "receipts": select(
        s.receipts.c.number,
        s.receipt_lines.c.line,
        s.receipts.c.supplier,
        s.receipts.c.received_at,
        s.receipt_lines.c.item,
        s.receipt_lines.c.lot,
        s.receipt_lines.c.serial,
        s.receipt_lines.c.quantity,
    )
    .join(s.receipts, s.receipts.c.number == s.receipt_lines.c.receipt)
    .where(among(s.receipt_lines.c.item, _ITEMS)),
    "shipments": select(
        s.shipments.c.number,
        case((s.shipments.c.return_no.is_(None), s.shipments.c.order_no), else_=null()),
        s.shipments.c.return_no,
        s.shipments.c.customer,
        s.shipments.c.state,
        s.shipments.c.shipped_at,
        s.shipments.c.delivered_at,
    ).where(s.shipments.c.number.in_(_shipments_of_items())),
    "shipment_lines": select(
        s.shipment_lines.c.shipment,
        s.shipment_lines.c.line,
        s.shipment_lines.c.order_line,
        s.shipment_lines.c.item,
        s.shipment_lines.c.lot,
        s.shipment_lines.c.serial,
        s.shipment_lines.c.quantity,
    ).where(s.shipment_lines.c.shipment.in_(_shipments_of_items())),
    "delivery_note_lines": select(
        s.delivery_notes.c.number,
        s.delivery_notes.c.shipment,
        s.delivery_note_lines.c.line,
        s.delivery_note_lines.c.item,
        s.delivery_note_lines.c.lot,
        s.delivery_note_lines.c.serial,
        s.delivery_note_lines.c.expiry,
        s.delivery_note_lines.c.quantity,
    )
    .join(s.delivery_notes, s.delivery_notes.c.number == s.delivery_note_lines.c.delivery_note)
    .where(s.delivery_notes.c.shipment.in_(_shipments_of_items())),
    "returns": select(s.returns.c.number, s.returns.c.customer, s.returns.c.shipment, s.returns.c.state).where(
        s.returns.c.number.in_(_returns_of_items())
    ),
    "return_lines": select(s.return_lines).where(s.return_lines.c.return_no.in_(_returns_of_items())),
    "credits": select(s.credits).where(s.credits.c.return_no.in_(_returns_of_items())),
    "moves": select(
        literal("MV-", String) + _text(s.moves.c.id),
        s.moves.c.at,
        s.moves.c.effective_on,
        s.moves.c.item,
        s.moves.c.lot,
        s.moves.c.serial,
        s.moves.c.quantity,
        s.moves.c.from_place,
        s.moves.c.from_kind,
        s.moves.c.to_place,
        s.moves.c.to_kind,
        s.moves.c.document_kind,
        s.moves.c.document,
        s.moves.c.party,
    )
    .where(among(s.moves.c.item, _ITEMS))
    .order_by(s.moves.c.id),
    "on_hand": select(
        s.on_hand.c.item,
        s.on_hand.c.bin,
        s.bins.c.kind,
        func.nullif(s.on_hand.c.lot, ""),
        func.nullif(s.on_hand.c.serial, ""),
        s.on_hand.c.quantity,
        s.on_hand.c.reserved,
    )
    .join(s.bins, s.bins.c.code == s.on_hand.c.bin)
    .where(among(s.on_hand.c.item, _ITEMS), (s.on_hand.c.quantity != 0) | (s.on_hand.c.reserved != 0)),
    "reservations": select(
        s.reservations.c.shipment,
        s.reservations.c.item,
        s.reservations.c.lot,
        s.reservations.c.serial,
        s.reservations.c.bin,
        s.reservations.c.quantity,
    ).where(among(s.reservations.c.item, _ITEMS)),
}
_BY_DOCUMENT: Mapping[str, Select[Any]] = {
    "audit": select(
        _text(s.audit_entries.c.sequence),
        s.audit_entries.c.sequence,
        s.audit_entries.c.at,
        s.audit_entries.c.user,
        s.audit_entries.c.document_kind,
        s.audit_entries.c.document,
        s.audit_entries.c.action,
        s.audit_entries.c.from_state,
        s.audit_entries.c.to_state,
    )
    .where(among(s.audit_entries.c.document, _DOCUMENTS))
    .order_by(s.audit_entries.c.sequence),
    "messages": select(
        s.messages.c.number, s.messages.c.channel, s.messages.c.direction, s.messages.c.document, s.messages.c.state, s.messages.c.at
    )
    .where(among(s.messages.c.document, _DOCUMENTS))
    .order_by(s.messages.c.id),
    "jobs": select(
        literal("JOB-", String) + _text(s.jobs.c.id),
        s.jobs.c.kind,
        s.jobs.c.document,
        s.jobs.c.state,
        s.jobs.c.attempts,
        s.jobs.c.queued_at,
        s.jobs.c.finished_at,
    )
    .where(among(s.jobs.c.document, _DOCUMENTS))
    .order_by(s.jobs.c.id),
}
_CUSTOMER_ROWS = select(s.customers.c.code, s.customers.c.licence_until, s.customers.c.blocked, s.customers.c.min_shelf_life_days).where(
    among(s.customers.c.code, _CUSTOMERS)
)
_DOCUMENTS_OF_ITEMS = select(s.item_documents.c.document).where(among(s.item_documents.c.item, _ITEMS)).distinct()

# Columns of our selects stand in the order of the ledger's own.
_NAMES = {name: [column.name for column in table.columns] for name, table in TABLES.items()}


@service
def read(connection: Connection, items: Sequence[str], since: datetime) -> dict[str, list[dict[str, Any]]]:
    """Return every ledger table for these items, values as JSON can carry them."""
    of_items = fetch_together(connection, {**_BY_ITEM, "documents": _DOCUMENTS_OF_ITEMS}, {"items": list(items)})
    documents = [document for (document,) in of_items.pop("documents")]
    tables = {name: _rows(name, rows) for name, rows in of_items.items()}
    customers = list({row["customer"] for name in ("orders", "shipments", "returns") for row in tables[name]})
    of_documents = fetch_together(
        connection, {**_BY_DOCUMENT, "customers": _CUSTOMER_ROWS}, {"documents": documents, "customers": customers}
    )
    tables.update((name, _rows(name, rows)) for name, rows in of_documents.items())
    tables["trace"] = _rows("trace", traced(connection, items))
    tables["run"] = _rows("run", [(since, now(), today())])
    return tables


@service
def traced(connection: Connection, items: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return what the trace reports answer for every lot and serial of the items."""
    forward: Iterable[tuple[Any, ...]] = (
        ("forward", row.item, row.lot, row.serial, row.party, row.document, row.quantity)
        for row in trace.deliveries(connection, items, None)
    )
    backward = (
        ("backward", row.item, row.lot, row.serial, row.supplier, row.number, row.quantity)
        for row in trace.origins(connection, items, None)
    )
    return [*forward, *backward]


def _rows(name: str, rows: Iterable[Row[Any] | tuple[Any, ...]]) -> list[dict[str, Any]]:
    names = _NAMES[name]
    return [dict(zip(names, map(_plain, row), strict=True)) for row in rows]


_PLAIN: Mapping[type, Callable[[Any], Any]] = {
    datetime: time_text,
    date: date.isoformat,
    Decimal: str,
    bool: int,
}


def _plain(value: Any) -> Any:
    convert = _PLAIN.get(type(value))
    return value if convert is None else convert(value)
