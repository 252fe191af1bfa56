"""Tables of the reference ERP, with the constraints that guard them.

PostgreSQL is meant; on SQLite the same tables serve for a quick look, without row locks.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData()


class _ScaledDecimal(TypeDecorator[Decimal]):
    """SQLite has no decimals: kept as whole hundred-millionths, so that sums stay exact."""

    impl = BigInteger
    cache_ok = True
    _SCALE = Decimal(10) ** 8

    def __init__(self, places: int) -> None:
        """Give numbers back with so many decimals, and with more only where they say something."""
        super().__init__()
        self.places = places

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy's signature
        return None if value is None else int(Decimal(value) * self._SCALE)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002  # SQLAlchemy's signature
        if value is None:
            return None
        number = Decimal(value) / self._SCALE
        short = round(number, self.places)
        return short if short == number else number


class _UtcMoment(TypeDecorator[datetime]):
    """SQLite forgets time zones: kept in UTC and given back aware."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        return None if value is None else value.replace(tzinfo=UTC)


_NUMBER = Numeric().with_variant(_ScaledDecimal(0), "sqlite")
_MONEY = Numeric().with_variant(_ScaledDecimal(2), "sqlite")
_MOMENT = DateTime(timezone=True).with_variant(_UtcMoment(), "sqlite")
_ID = BigInteger().with_variant(Integer(), "sqlite")


def _text(name: str, *rest: Any, null: bool = False, **options: Any) -> Column[str]:
    return Column(name, Text, *rest, nullable=null, **options)


def _number(name: str, null: bool = False) -> Column[Decimal]:
    return Column(name, _NUMBER, nullable=null)


def _money(name: str) -> Column[Decimal]:
    return Column(name, _MONEY, nullable=False)


def _moment(name: str, null: bool = False) -> Column[datetime]:
    return Column(name, _MOMENT, nullable=null)


def _id(name: str = "id") -> Column[int]:
    return Column(name, _ID, Identity(), primary_key=True)


def _line() -> Column[int]:
    return Column("line", Integer, primary_key=True)


def _version() -> Column[int]:
    return Column("version", Integer, nullable=False, server_default="1")


settings = Table("settings", metadata, _text("name", primary_key=True), _text("value"))
users = Table("users", metadata, _text("name", primary_key=True), _text("role"), _text("salt"), _text("password_hash"))
document_numbers = Table("document_numbers", metadata, _id(), _text("prefix"))

items = Table(
    "items",
    metadata,
    _text("code", primary_key=True),
    _text("name"),
    _text("gtin", unique=True),
    _text("tracking"),
    _text("unit"),
    _number("unit_step"),
    Column("packs", JSON, nullable=False),
    _money("price"),
    _number("tax_rate"),
)
customers = Table(
    "customers",
    metadata,
    _text("code", primary_key=True),
    _text("name"),
    Column("licence_until", Date),
    Column("blocked", Boolean, nullable=False),
    Column("min_shelf_life_days", Integer, nullable=False),
)
suppliers = Table("suppliers", metadata, _text("code", primary_key=True), _text("name"))
bins = Table("bins", metadata, _text("code", primary_key=True), _text("kind"), Column("position", Integer, nullable=False))

lots = Table(
    "lots",
    metadata,
    _text("item", ForeignKey("items.code"), primary_key=True),
    _text("lot", primary_key=True),
    Column("expiry", Date),
    _text("status"),
)
lot_events = Table(
    "lot_events",
    metadata,
    _id(),
    _text("item", index=True),
    _text("lot"),
    _moment("at"),
    _text("event"),
    _text("reason"),
    Column("expiry_before", Date),
    Column("expiry_after", Date),
    ForeignKeyConstraint(["item", "lot"], ["lots.item", "lots.lot"]),
)
serials = Table(
    "serials",
    metadata,
    _text("item", ForeignKey("items.code")),
    _text("serial"),
    _text("lot", null=True),
    Index("serial_unique", "item", "serial", unique=True),
)

orders = Table(
    "orders",
    metadata,
    _text("number", primary_key=True),
    _text("customer", ForeignKey("customers.code")),
    _text("reference"),
    _text("state"),
    _money("net"),
    _money("tax"),
    _money("total"),
    _moment("ordered_at"),
    _version(),
    Index("order_reference_unique", "customer", "reference", unique=True),
)
order_lines = Table(
    "order_lines",
    metadata,
    _text("order_no", ForeignKey("orders.number"), primary_key=True),
    _line(),
    _text("item", ForeignKey("items.code"), index=True),
    _number("quantity"),
    _money("unit_price"),
    _number("tax_rate"),
    _money("net"),
    _number("shipped"),
    CheckConstraint("shipped >= 0 and shipped <= quantity", name="shipped_within_ordered"),
)

returns = Table(
    "returns",
    metadata,
    _text("number", primary_key=True),
    _text("customer", ForeignKey("customers.code")),
    _text("shipment", index=True),
    _text("state"),
    _text("reason"),
    _version(),
)
return_lines = Table(
    "return_lines",
    metadata,
    _text("return_no", ForeignKey("returns.number"), primary_key=True),
    _line(),
    _text("item", ForeignKey("items.code"), index=True),
    _text("lot", null=True),
    _text("serial", null=True),
    _number("quantity"),
    _text("disposition", null=True),
)
credits = Table(  # noqa: A001  # the trade's word
    "credits",
    metadata,
    _text("number", primary_key=True),
    _text("return_no", ForeignKey("returns.number")),
    _money("net"),
    _money("tax"),
    _money("total"),
    Index("credit_once", "return_no", unique=True),
)

shipments = Table(
    "shipments",
    metadata,
    _text("number", primary_key=True),
    # the order the goods were first sold by, also for an exchange
    _text("order_no", ForeignKey("orders.number"), index=True),
    _text("return_no", ForeignKey("returns.number"), null=True, index=True),
    _text("customer", ForeignKey("customers.code")),
    _text("state"),
    _moment("shipped_at", null=True),
    _moment("delivered_at", null=True),
    _text("receiver", null=True),
    _version(),
)
shipment_lines = Table(
    "shipment_lines",
    metadata,
    _text("shipment", ForeignKey("shipments.number"), primary_key=True),
    _line(),
    Column("order_line", Integer),
    _text("item", ForeignKey("items.code"), index=True),
    _text("lot", null=True),
    _text("serial", null=True),
    _text("bin", ForeignKey("bins.code")),
    _number("quantity"),
)
reservations = Table(
    "reservations",
    metadata,
    _text("shipment", ForeignKey("shipments.number"), primary_key=True),
    _line(),
    _text("item", index=True),
    _text("lot", null=True),
    _text("serial", null=True),
    _text("bin"),
    _number("quantity"),
)
delivery_notes = Table(
    "delivery_notes",
    metadata,
    _text("number", primary_key=True),
    _text("shipment", ForeignKey("shipments.number"), unique=True),
    _text("printed", null=True),
)
delivery_note_lines = Table(
    "delivery_note_lines",
    metadata,
    _text("delivery_note", ForeignKey("delivery_notes.number"), primary_key=True),
    _line(),
    _text("item"),
    _text("lot", null=True),
    _text("serial", null=True),
    Column("expiry", Date),
    _number("quantity"),
)

receipts = Table(
    "receipts",
    metadata,
    _text("number", primary_key=True),
    _text("supplier", ForeignKey("suppliers.code")),
    _moment("received_at"),
    Column("received_on", Date, nullable=False),
)
receipt_lines = Table(
    "receipt_lines",
    metadata,
    _text("receipt", ForeignKey("receipts.number"), primary_key=True),
    _line(),
    _text("item", ForeignKey("items.code"), index=True),
    _text("lot", null=True),
    _text("serial", null=True),
    _number("quantity"),
)
counts = Table("counts", metadata, _text("number", primary_key=True), Column("counted_on", Date, nullable=False))
count_lines = Table(
    "count_lines",
    metadata,
    _text("count", ForeignKey("counts.number"), primary_key=True),
    _line(),
    _text("item", ForeignKey("items.code"), index=True),
    _text("bin"),
    _text("lot", null=True),
    _text("serial", null=True),
    _number("found"),
    _number("expected"),
)

moves = Table(
    "moves",
    metadata,
    _id(),
    _moment("at"),
    Column("effective_on", Date, nullable=False),
    _text("item", ForeignKey("items.code")),
    _text("lot", null=True),
    _text("serial", null=True),
    _number("quantity"),
    _text("from_place"),
    _text("from_kind"),
    _text("to_place"),
    _text("to_kind"),
    _text("document_kind"),
    _text("document", index=True),
    _text("party", null=True),
    CheckConstraint("quantity > 0", name="move_positive"),
    Index("moves_by_item", "item", "lot", "serial"),
)
# Lot and serial are '' where there is none: a key cannot hold null.
on_hand = Table(
    "on_hand",
    metadata,
    _text("item", ForeignKey("items.code"), primary_key=True),
    _text("bin", ForeignKey("bins.code"), primary_key=True),
    _text("lot", primary_key=True),
    _text("serial", primary_key=True),
    _number("quantity"),
    _number("reserved"),
    CheckConstraint("quantity >= 0", name="on_hand_not_negative"),
    CheckConstraint("reserved >= 0", name="reserved_not_negative"),
    CheckConstraint("reserved <= quantity", name="reserved_within_on_hand"),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("sequence", _ID, primary_key=True, autoincrement=False),
    _moment("at"),
    _text("user"),
    _text("document_kind"),
    _text("document", index=True),
    _text("action"),
    _text("from_state", null=True),
    _text("to_state", null=True),
    _text("detail", null=True),
    _text("previous_hash"),
    _text("hash"),
)
audit_head = Table(
    "audit_head", metadata, Column("id", Integer, primary_key=True), Column("sequence", _ID, nullable=False), _text("hash"), _moment("at")
)

jobs = Table(
    "jobs",
    metadata,
    _id(),
    _text("kind"),
    _text("document", index=True),
    _text("state"),
    Column("attempts", Integer, nullable=False),
    _moment("queued_at"),
    _moment("run_after"),
    _moment("finished_at", null=True),
    _text("error", null=True),
    # Jobs of one document and channel run in the order they were queued.
    _text("channel", null=True),
    Column("payload", JSON, nullable=False),
    Index("jobs_open", "state", "run_after"),
)
messages = Table(
    "messages",
    metadata,
    _id(),
    _text("number"),
    _text("channel"),
    _text("direction"),
    _text("document", index=True),
    _text("state"),
    _moment("at"),
    _text("body"),
    _text("answer", null=True),
    Index("message_unique", "channel", "direction", "number", unique=True),
)
subscriptions = Table("subscriptions", metadata, _id(), _text("url"), _text("secret"), _text("channel"))
interface_fields = Table(
    "interface_fields",
    metadata,
    _text("channel", primary_key=True),
    Column("position", Integer, primary_key=True),
    _text("source"),
    _text("target"),
    Column("width", Integer),
)
alarms = Table("alarms", metadata, _id(), _moment("at"), _text("channel"), _text("document", index=True), _text("text"))
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    _text("user", primary_key=True),
    _text("key", primary_key=True),
    _text("fingerprint"),
    _text("answer", null=True),
)

_VIEW = """
create view item_documents as
select item, order_no as document from order_lines
union all select item, shipment from shipment_lines
union all select item, return_no from return_lines
union all select item, receipt from receipt_lines
union all select item, "count" from count_lines
union all select item, document from moves where document_kind = 'transfer'
union all select item, lot from lots
"""
item_documents = Table("item_documents", MetaData(), _text("item"), _text("document"))
"""View: which documents name which item."""

_APPEND_ONLY = {
    "postgresql": (
        "create function refuse_change() returns trigger language plpgsql as "
        "$$ begin raise exception 'audit entries are append only'; end $$",
        "create trigger audit_append_only before update or delete or truncate on audit_entries "
        "for each statement execute function refuse_change()",
    ),
    "sqlite": tuple(
        f"create trigger audit_append_only_{change} before {change} on audit_entries "
        "begin select raise(abort, 'audit entries are append only'); end"
        for change in ("update", "delete")
    ),
}

GUARDS = MappingProxyType(
    {
        "order_reference_unique": "drop index order_reference_unique",
        "serial_unique": "drop index serial_unique",
        "credit_once": "drop index credit_once",
        "message_unique": "drop index message_unique",
        "shipped_within_ordered": "alter table order_lines drop constraint shipped_within_ordered",
        "move_positive": "alter table moves drop constraint move_positive",
        "on_hand_not_negative": "alter table on_hand drop constraint on_hand_not_negative",
        "reserved_not_negative": "alter table on_hand drop constraint reserved_not_negative",
        "reserved_within_on_hand": "alter table on_hand drop constraint reserved_within_on_hand",
        "audit_append_only": "drop trigger audit_append_only on audit_entries",
    }
)
"""What the database itself refuses, and the statement (PostgreSQL) by which a defect takes it away."""


def create_schema(connection: Connection) -> None:
    """Create all tables, the view and the triggers in an empty database."""
    metadata.create_all(connection)
    connection.execute(text(_VIEW))
    for statement in _APPEND_ONLY[connection.dialect.name]:
        connection.execute(text(statement))
