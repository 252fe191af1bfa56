"""The ledger: canonical tables read back from an ERP, on which every rule is written.

A `Ledger` holds rows for the items of one scenario (or of a whole extract). An adapter fills the tables its ERP can answer for and
leaves out the rest; a rule that needs a table left out is *not covered*, never silently kept.

Values: quantities and money are `Decimal` (quantities in stock units), points in time are text ``2026-11-23T02:09:52.000000Z``
(UTC, fixed width, so that text order is time order), dates are text ``2026-11-23``, flags are 0 or 1, an unknown value is None.
That is the form in which an adapter hands rows over; the engines that run rules hold timestamps, dates and exact decimals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

Value: TypeAlias = str | int | Decimal | None
Row: TypeAlias = Mapping[str, Value]


class Kind(StrEnum):
    """Kind of a ledger column; engines map it to their own types."""

    TEXT = "text"
    QUANTITY = "quantity"
    MONEY = "money"
    TIME = "time"
    DATE = "date"
    INTEGER = "integer"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a ledger table."""

    name: str
    kind: Kind
    means: str
    optional: bool = False
    """Whether a row may leave it unknown (NULL). A rule must then say what that means."""


@dataclass(frozen=True, slots=True)
class Table:
    """One ledger table."""

    name: str
    means: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class View(Table):
    """Ledger tables looked at together; rules read it as they read a table."""

    sql: str
    """One SELECT that every engine understands as it is."""
    needs: tuple[str, ...]
    """Tables without which it cannot be answered for."""
    uses: tuple[str, ...]
    """Tables that make it say more; without them they count as empty."""


def _table(name: str, means: str, *columns: tuple[str, Kind, str] | tuple[str, Kind, str, bool]) -> Table:
    return Table(name, means, tuple(Column(*column) for column in columns))


_T, _Q, _M, _AT, _D, _I, _F = Kind.TEXT, Kind.QUANTITY, Kind.MONEY, Kind.TIME, Kind.DATE, Kind.INTEGER, Kind.FLAG
_OPTIONAL = True

_ITEM = ("item", _T, "item code")
_LOT = ("lot", _T, "lot number; none for items not tracked by lot, and where the serial number says it", _OPTIONAL)
_SERIAL = ("serial", _T, "serial number; none for items not tracked by serial", _OPTIONAL)
_LINE = ("line", _I, "line number within the document")

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            _table(
                "run",
                "one row: when the scenario (or the extract) began and when it was read back",
                ("started_at", _AT, "when the scenario began; before it, old data"),
                ("read_at", _AT, "when the ledger was read back"),
                ("today", _D, "the business day, UTC"),
            ),
            _table(
                "items",
                "the catalogue",
                _ITEM,
                ("gtin", _T, "GTIN-14", _OPTIONAL),
                ("tracking", _T, "none, lot or serial"),
                ("unit", _T, "stock unit", _OPTIONAL),
                ("unit_step", _Q, "smallest quantity of the stock unit that can exist, such as 1 for pieces"),
            ),
            _table(
                "lots",
                "every lot of the items",
                _ITEM,
                ("lot", _T, "lot number"),
                ("expiry", _D, "last day of use", _OPTIONAL),
                ("status", _T, "released, quarantined or recalled", _OPTIONAL),
            ),
            _table(
                "lot_events",
                "what happened to lot records, beyond movements",
                _ITEM,
                ("lot", _T, "lot number"),
                ("at", _AT, "when"),
                ("event", _T, "quarantined, released, recalled or expiry corrected"),
                ("expiry_before", _D, "for a correction: the old last day of use", _OPTIONAL),
                ("expiry_after", _D, "for a correction: the new last day of use", _OPTIONAL),
            ),
            _table(
                "serials",
                "every serial number of the items",
                _ITEM,
                ("serial", _T, "serial number"),
                ("lot", _T, "lot it was made in", _OPTIONAL),
            ),
            _table(
                "customers",
                "customers named in the documents",
                ("customer", _T, "customer code"),
                ("licence_until", _D, "last day of the licence", _OPTIONAL),
                ("blocked", _F, "1 when no business may be done", _OPTIONAL),
                ("min_shelf_life_days", _I, "days a lot must still be usable when it ships", _OPTIONAL),
            ),
            _table(
                "orders",
                "sales orders with at least one line of the items",
                ("order_no", _T, "order number"),
                ("customer", _T, "customer code"),
                ("reference", _T, "the customer's own order number", _OPTIONAL),
                ("state", _T, "quotation, confirmed, partly shipped, shipped or cancelled"),
                ("net", _M, "total without tax", _OPTIONAL),
                ("tax", _M, "total tax", _OPTIONAL),
                ("total", _M, "net plus tax", _OPTIONAL),
                ("ordered_at", _AT, "when it was entered"),
            ),
            _table(
                "order_lines",
                "lines of those orders",
                ("order_no", _T, "order number"),
                _LINE,
                _ITEM,
                ("quantity", _Q, "ordered, in stock units"),
                ("shipped", _Q, "what the order itself says has been shipped"),
                ("unit_price", _M, "price of one stock unit without tax", _OPTIONAL),
                ("tax_rate", _M, "fraction of net, such as 0.13", _OPTIONAL),
                ("net", _M, "amount without tax", _OPTIONAL),
            ),
            _table(
                "receipts",
                "goods receipts, one row a line",
                ("receipt", _T, "receipt number"),
                _LINE,
                ("supplier", _T, "supplier code", _OPTIONAL),
                ("received_at", _AT, "when it was booked"),
                _ITEM,
                _LOT,
                _SERIAL,
                ("quantity", _Q, "received, in stock units"),
            ),
            _table(
                "shipments",
                "outbound shipments of the items",
                ("shipment", _T, "shipment number"),
                ("order_no", _T, "order it fulfils; none for an exchange", _OPTIONAL),
                ("return_no", _T, "return it is the exchange for; none otherwise", _OPTIONAL),
                ("customer", _T, "customer code", _OPTIONAL),
                ("state", _T, "planned, shipped, delivered or cancelled"),
                ("shipped_at", _AT, "when the goods left", _OPTIONAL),
                ("delivered_at", _AT, "when the customer signed", _OPTIONAL),
            ),
            _table(
                "shipment_lines",
                "what the shipment says it carries",
                ("shipment", _T, "shipment number"),
                _LINE,
                ("order_line", _I, "line of the order it fulfils", _OPTIONAL),
                _ITEM,
                _LOT,
                _SERIAL,
                ("quantity", _Q, "in stock units"),
            ),
            _table(
                "delivery_note_lines",
                "what the delivery note says was sent; written when the goods leave",
                ("delivery_note", _T, "delivery note number"),
                ("shipment", _T, "shipment number"),
                _LINE,
                _ITEM,
                _LOT,
                _SERIAL,
                ("expiry", _D, "last day of use as printed", _OPTIONAL),
                ("quantity", _Q, "in stock units"),
            ),
            _table(
                "returns",
                "customer returns of the items",
                ("return_no", _T, "return number (RMA)"),
                ("customer", _T, "customer code", _OPTIONAL),
                ("shipment", _T, "shipment the goods came from", _OPTIONAL),
                ("state", _T, "open, received, closed or cancelled"),
            ),
            _table(
                "return_lines",
                "lines of those returns",
                ("return_no", _T, "return number (RMA)"),
                _LINE,
                _ITEM,
                _LOT,
                _SERIAL,
                ("quantity", _Q, "in stock units"),
                ("disposition", _T, "restock or scrap; none before inspection", _OPTIONAL),
            ),
            _table(
                "credits",
                "credit notes for returns",
                ("credit", _T, "credit note number"),
                ("return_no", _T, "return number (RMA)", _OPTIONAL),
                ("net", _M, "without tax"),
                ("tax", _M, "tax"),
                ("total", _M, "net plus tax"),
            ),
            _table(
                "moves",
                "every stock movement of the items: the only source of truth for stock",
                ("move", _T, "movement number, unique"),
                ("at", _AT, "when it was booked"),
                ("effective_on", _D, "posting date", _OPTIONAL),
                _ITEM,
                _LOT,
                _SERIAL,
                ("quantity", _Q, "always positive, in stock units"),
                ("from_place", _T, "bin or party it left"),
                ("from_kind", _T, "supplier, stock, quarantine, customer, loss or scrap"),
                ("to_place", _T, "bin or party it came to"),
                ("to_kind", _T, "as from_kind"),
                ("document_kind", _T, "receipt, shipment, return, transfer, count or quarantine"),
                ("document", _T, "number of the document that caused it", _OPTIONAL),
                ("party", _T, "supplier or customer code", _OPTIONAL),
            ),
            _table(
                "on_hand",
                "stock as the ERP states it, bins with quantity other than zero",
                _ITEM,
                ("place", _T, "bin"),
                ("place_kind", _T, "stock or quarantine"),
                _LOT,
                _SERIAL,
                ("quantity", _Q, "in stock units"),
                ("reserved", _Q, "promised to planned shipments"),
            ),
            _table(
                "reservations",
                "what planned shipments hold",
                ("shipment", _T, "shipment number"),
                _ITEM,
                _LOT,
                _SERIAL,
                ("place", _T, "bin"),
                ("quantity", _Q, "in stock units"),
            ),
            _table(
                "audit",
                "audit trail of the documents above",
                ("entry", _T, "entry number, unique"),
                ("sequence", _I, "position in the trail; grows by time"),
                ("at", _AT, "when"),
                ("user", _T, "who", _OPTIONAL),
                ("document_kind", _T, "order, shipment, return, receipt, count, transfer or lot"),
                ("document", _T, "document number"),
                ("action", _T, "what was done"),
                ("from_state", _T, "state before; none for a new document", _OPTIONAL),
                ("to_state", _T, "state after", _OPTIONAL),
            ),
            _table(
                "messages",
                "messages to and from partner systems about the documents",
                ("message", _T, "message number, unique for its sender"),
                ("channel", _T, "such as wms.shipment"),
                ("direction", _T, "in or out"),
                ("document", _T, "document number", _OPTIONAL),
                ("state", _T, "waiting, sent, received, refused or failed"),
                ("at", _AT, "when it was written"),
            ),
            _table(
                "jobs",
                "background jobs for the documents",
                ("job", _T, "job number"),
                ("kind", _T, "what it does"),
                ("document", _T, "document number", _OPTIONAL),
                ("state", _T, "queued, running, done or failed"),
                ("attempts", _I, "how often it was tried"),
                ("queued_at", _AT, "when it was queued"),
                ("finished_at", _AT, "when it ended", _OPTIONAL),
            ),
            _table(
                "trace",
                "what the ERP's own trace reports answer for every lot and serial of the items",
                ("direction", _T, "forward (to customers) or backward (to suppliers)"),
                _ITEM,
                _LOT,
                _SERIAL,
                ("party", _T, "customer or supplier code", _OPTIONAL),
                ("document", _T, "shipment or receipt number"),
                ("quantity", _Q, "in stock units; what moved, returns not subtracted"),
            ),
        )
    }
)
"""Every ledger table by name. The documentation page ``docs/ledger.md`` is generated from this."""

_OF_MOVES = ", ".join("COALESCE(m.lot, s.lot) AS lot" if one.name == "lot" else f'm."{one.name}"' for one in TABLES["moves"].columns)
VIEWS: Mapping[str, View] = MappingProxyType(
    {
        "lot_moves": View(
            name="lot_moves",
            means="the movements of tracked goods, each with the lot of its serial number where the movement names only that",
            columns=TABLES["moves"].columns,
            needs=("moves",),
            uses=("items", "serials"),
            sql=f"""
                SELECT {_OF_MOVES}
                FROM moves m
                LEFT JOIN (
                  SELECT item, serial, MIN(lot) AS lot FROM serials GROUP BY item, serial HAVING MIN(lot) = MAX(lot)
                ) s ON s.item = m.item AND s.serial = m.serial
                WHERE m.lot IS NOT NULL OR m.serial IS NOT NULL
                  OR m.item NOT IN (SELECT item FROM items WHERE tracking = 'none')
            """,  # noqa: S608  # our own names
        )
    }
)
"""What rules may read beside the tables: whatever asks for the lot of a movement reads it here."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Rows of the tables an ERP could answer for.

    Args:
        tables: table name to rows. A table that is absent is one this ERP cannot answer for; an empty one is known to be empty.
    """

    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse unknown tables and columns, so that a typing mistake in an adapter shows at once."""
        for name, rows in self.tables.items():
            if name not in TABLES:
                raise ValueError(f"Failed to read ledger: expected one of its tables, got '{name}'.")
            known = {column.name for column in TABLES[name].columns}
            for row in rows:
                if row.keys() != known:
                    wrong = ", ".join(sorted(row.keys() ^ known))
                    raise ValueError(f"Failed to read ledger table '{name}': expected its own columns, got a difference in {wrong}.")

    def missing(self, needed: Iterable[str]) -> tuple[str, ...]:
        """Return those of `needed` tables that this ERP cannot answer for."""
        return tuple(sorted(name for name in needed if name not in self.tables))


def time_text(at: datetime) -> str:
    """Write an aware point in time the way the ledger keeps it.

    Raises:
        ValueError: `at` has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"Failed to write {at.isoformat()} as ledger time: expected a time zone, got none.")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def date_text(day: date | None) -> str | None:
    """Write a calendar day the way the ledger keeps it."""
    return None if day is None else day.isoformat()
