"""Reading the ledger back.

Tables left out, because Tryton cannot answer for them: ``lot_events`` (it keeps no history of lots), ``customers`` (no licence, block or
shelf life), ``delivery_note_lines`` (the printed note names no lots), ``audit`` (no entry for a new document, none for movements),
``messages`` (no partner interfaces) and ``jobs`` (its queue is closed to clients).

Customer shipments that merely wait are left out too: Tryton writes them by itself as a list of what is still to do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from erp_testkit.domain.documents import PlaceKind, Tracking
from erp_testkit.domain.ledger import Ledger, Row, date_text, time_text
from erp_testkit.erp.ports import reads
from erp_testkit.erp.tryton import outbound, returns
from erp_testkit.erp.tryton.rpc import Record
from erp_testkit.erp.tryton.sales import ORDER_FIELDS, SALE, order_of
from erp_testkit.erp.tryton.setup import LOT_FIELDS, Pair, Product, Setup, pair_of
from erp_testkit.erp.tryton.stock import IN, INTERNAL, quantities
from erp_testkit.erp.tryton.trace import TRACE, TRACE_FIELDS, documents_of

_MOVE_FIELDS = [
    "product",
    "lot.number",
    "internal_quantity",
    "from_location",
    "to_location",
    "state",
    "shipment",
    "origin",
    "effective_date",
    "write_date",
]

_DOCUMENT_KINDS = {
    IN: "receipt",
    outbound.OUT: "shipment",
    returns.RETURN: "return",
    INTERNAL: "transfer",
    "stock.inventory": "count",
}


class LedgerSource:
    """Port `LedgerSource`."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    @reads
    def read(self, items: Collection[str], since: datetime) -> Ledger:
        """Read all tables Tryton can answer for."""
        reading = _Reading(self._setup, tuple(self._setup.known_products(items).values()))
        now = datetime.now(UTC)
        run = {"started_at": time_text(since), "read_at": time_text(now), "today": date_text(now.date())}
        return Ledger({"run": [run], **{name: list(rows()) for name, rows in reading.tables().items()}})


@dataclass
class _Reading:
    """One reading: every list of records is fetched at most once."""

    setup: Setup
    products: tuple[Product, ...]
    ids: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.ids = [product.id for product in self.products]

    def tables(self) -> Mapping[str, Any]:
        return {
            "items": self.items,
            "lots": self.lot_rows,
            "serials": self.serial_rows,
            "orders": self.order_rows,
            "order_lines": self.order_line_rows,
            "receipts": self.receipt_rows,
            "shipments": self.shipment_rows,
            "shipment_lines": self.shipment_line_rows,
            "returns": self.return_rows,
            "return_lines": self.return_line_rows,
            "credits": self.credit_rows,
            "moves": self.move_rows,
            "on_hand": self.on_hand_rows,
            "reservations": self.reservation_rows,
            "trace": self.trace_rows,
        }

    # what is fetched

    @cached_property
    def lots(self) -> list[Record]:
        return self._search("stock.lot", [("product", "in", self.ids)], LOT_FIELDS)

    @cached_property
    def moves(self) -> list[Record]:
        return self._search("stock.move", [("product", "in", self.ids)], _MOVE_FIELDS)

    @cached_property
    def traces(self) -> list[Record]:
        return self._search(TRACE, [("product", "in", self.ids)], TRACE_FIELDS)

    @cached_property
    def sales(self) -> list[Record]:
        return self._search(SALE, [("lines.product", "in", self.ids)], [*ORDER_FIELDS, "invoices.state", "invoices.number", *_INVOICE])

    @cached_property
    def orders(self) -> list[Record]:
        # return sales name the sale they take back as their origin
        return [sale for sale in self.sales if not sale["origin"] and sale["number"]]

    @cached_property
    def documents(self) -> Mapping[str | None, tuple[str, str | None]]:
        traced = (row["document"] for row in self.traces)
        return documents_of(self.setup.rpc, [*(move["shipment"] for move in self.moves), *traced])

    @cached_property
    def shipments(self) -> list[Record]:
        ids = _ids_of(outbound.OUT, (move["shipment"] for move in self.moves))
        rows = self._search(outbound.OUT, [("id", "in", ids)], outbound.SHIPMENT_FIELDS) if ids else []
        return [row for row in rows if row["state"] in outbound.STATES]

    @cached_property
    def customer_returns(self) -> list[Record]:
        ids = _ids_of(returns.RETURN, (move["shipment"] for move in self.moves))
        return self._search(returns.RETURN, [("id", "in", ids)], [*returns.RETURN_FIELDS, "incoming_moves.sale"]) if ids else []

    @cached_property
    def order_lines_by_id(self) -> Mapping[int, tuple[str, int]]:
        """Order number and line number by the id of the sale line."""
        return {line["id"]: (sale["number"], number) for sale in self.orders for number, line in enumerate(sale["lines."], start=1)}

    @cached_property
    def by_id(self) -> Mapping[int, Product]:
        others = (line["product"] for sale in self.orders for line in sale["lines."])
        return self.setup.products_by_id([*self.ids, *others])

    @cached_property
    def counts(self) -> Mapping[str | None, str]:
        """Number of the inventory behind a movement's origin; only goods without a lot need it, the trace tells it of the others."""
        ids = _ids_of("stock.inventory.line", (move["origin"] for move in self.moves if not move["lot."]))
        rows = self.setup.rpc.call("model.stock.inventory.line.read", ids, ["inventory.number"]) if ids else []
        return {f"stock.inventory.line,{row['id']}": row["inventory."]["number"] for row in rows}

    @cached_property
    def held(self) -> Sequence[tuple[Any, Product, int | None, Pair, Decimal]]:
        return list(quantities(self.setup, self.products, None))

    # tables

    def items(self) -> Iterable[Row]:
        for product in self.products:
            yield {
                "item": product.code,
                "gtin": product.gtin,
                "tracking": product.tracking.value,
                "unit": product.unit_name,
                "unit_step": product.unit_step,
            }

    def lot_rows(self) -> Iterable[Row]:
        seen: set[tuple[str, str]] = set()
        for row in self.lots:
            product = self.by_id[row["product"]]
            lot = pair_of(product.tracking, row["number"]).lot
            # the lot of serial numbers is told by each of them; two records of one lot are two rows
            if lot and not (product.tracking is Tracking.SERIAL and (product.code, lot) in seen):
                seen.add((product.code, lot))
                expiry = date_text(row["shelf_life_expiration_date"])
                yield {"item": product.code, "lot": lot, "expiry": expiry, "status": None}

    def serial_rows(self) -> Iterable[Row]:
        for row in self.lots:
            product = self.by_id[row["product"]]
            if product.tracking is Tracking.SERIAL:
                pair = pair_of(product.tracking, row["number"])
                yield {"item": product.code, "serial": pair.serial, "lot": pair.lot}

    def order_rows(self) -> Iterable[Row]:
        for row in self.orders:
            order = order_of(row, self._codes)
            yield {
                "order_no": order.number,
                "customer": order.customer,
                "reference": order.reference,
                "state": order.state.value,
                "net": order.net,
                "tax": order.tax,
                "total": order.total,
                "ordered_at": time_text(row["create_date"]),
            }

    def order_line_rows(self) -> Iterable[Row]:
        for row in self.orders:
            order = order_of(row, self._codes)
            for line in order.lines:
                yield {
                    "order_no": order.number,
                    "line": line.line,
                    "item": line.item,
                    "quantity": line.quantity,
                    "shipped": line.shipped,
                    "unit_price": line.unit_price,
                    "tax_rate": line.tax_rate,
                    "net": line.net,
                }

    def receipt_rows(self) -> Iterable[Row]:
        lines: dict[str, int] = {}
        for move in self.moves:
            if move["state"] == "done" and _model(move["shipment"]) == IN:
                number, supplier = self.documents[move["shipment"]]
                lines[number] = lines.get(number, 0) + 1
                product, pair = self._what(move)
                yield {
                    "receipt": number,
                    "line": lines[number],
                    "supplier": supplier,
                    "received_at": time_text(move["write_date"]),
                    "item": product.code,
                    "lot": pair.lot,
                    "serial": pair.serial,
                    "quantity": Decimal(move["internal_quantity"]),
                }

    def shipment_rows(self) -> Iterable[Row]:
        for row in self.shipments:
            state = outbound.STATES[row["state"]]
            left = max((move["write_date"] for move in row["moves."]), default=None)
            order = next((order for order, _ in map(self._order_line, row["moves."]) if order), None)
            yield {
                "shipment": row["number"],
                "order_no": order,
                "return_no": None,
                "customer": row["customer."]["code"],
                "state": state.value,
                "shipped_at": time_text(left) if left and row["state"] == "done" else None,
                "delivered_at": None,
            }

    def shipment_line_rows(self) -> Iterable[Row]:
        for row in self.shipments:
            moves = sorted(
                (move for move in row["moves."] if move["product"] in self.ids and move["internal_quantity"]), key=lambda move: move["id"]
            )
            for number, move in enumerate(moves, start=1):
                product, pair = self._what(move)
                yield {
                    "shipment": row["number"],
                    "line": number,
                    "order_line": self._order_line(move)[1],
                    "item": product.code,
                    "lot": pair.lot,
                    "serial": pair.serial,
                    "quantity": Decimal(move["internal_quantity"]),
                }

    def return_rows(self) -> Iterable[Row]:
        for row in self.customer_returns:
            yield {
                "return_no": row["number"],
                "customer": row["customer."]["code"],
                "shipment": row["reference"],
                "state": returns.STATES[row["state"]].value,
            }

    def return_line_rows(self) -> Iterable[Row]:
        for row in self.customer_returns:
            put_away = returns.put_away_of(row)
            for number, move in enumerate(returns.lines_of(row), start=1):
                product, pair = self._what(move)
                yield {
                    "return_no": row["number"],
                    "line": number,
                    "item": product.code,
                    "lot": pair.lot,
                    "serial": pair.serial,
                    "quantity": Decimal(move["internal_quantity"]),
                    "disposition": self._disposition(put_away.get(move["id"])),
                }

    def credit_rows(self) -> Iterable[Row]:
        numbers = {move["sale"]: row["number"] for row in self.customer_returns for move in row["incoming_moves."]}
        for sale in self.sales:
            for invoice in sale["invoices."]:
                if sale["id"] in numbers and invoice["state"] in {"posted", "paid"}:
                    yield {
                        "credit": invoice["number"],
                        "return_no": numbers[sale["id"]],
                        "net": -invoice["untaxed_amount"],
                        "tax": -invoice["tax_amount"],
                        "total": -invoice["total_amount"],
                    }

    def move_rows(self) -> Iterable[Row]:
        traced = {row["id"]: row["document"] for row in self.traces}
        for move in self.moves:
            if move["state"] != "done":
                continue
            product, pair = self._what(move)
            from_place, to_place = self.setup.places[move["from_location"]], self.setup.places[move["to_location"]]
            document = move["shipment"] or traced.get(move["id"])
            number, party = self.documents[document]
            kind = _DOCUMENT_KINDS.get(_model(document), "count")
            if kind == "transfer" and PlaceKind.QUARANTINE in {from_place.kind, to_place.kind}:
                kind = "quarantine"
            yield {
                "move": str(move["id"]),
                "at": time_text(move["write_date"]),
                "effective_on": date_text(move["effective_date"]),
                "item": product.code,
                "lot": pair.lot,
                "serial": pair.serial,
                "quantity": Decimal(move["internal_quantity"]),
                "from_place": from_place.code,
                "from_kind": from_place.kind.value,
                "to_place": to_place.code,
                "to_kind": to_place.kind.value,
                "document_kind": kind,
                "document": number or self.counts.get(move["origin"]),
                "party": party,
            }

    def on_hand_rows(self) -> Iterable[Row]:
        reserved: dict[tuple[str, int, Pair], Decimal] = {}
        for move in self._assigned():
            product, pair = self._what(move)
            key = (product.code, move["from_location"], pair)
            reserved[key] = reserved.get(key, Decimal(0)) + Decimal(move["internal_quantity"])
        for place, product, _, pair, quantity in self.held:
            yield {
                "item": product.code,
                "place": place.code,
                "place_kind": place.kind.value,
                "lot": pair.lot,
                "serial": pair.serial,
                "quantity": quantity,
                "reserved": reserved.get((product.code, place.id, pair), Decimal(0)),
            }

    def reservation_rows(self) -> Iterable[Row]:
        for move in self._assigned():
            product, pair = self._what(move)
            yield {
                "shipment": self.documents[move["shipment"]][0],
                "item": product.code,
                "lot": pair.lot,
                "serial": pair.serial,
                "place": self.setup.places[move["from_location"]].code,
                "quantity": Decimal(move["internal_quantity"]),
            }

    def trace_rows(self) -> Iterable[Row]:
        for row in self.traces:
            product, pair = self._what(row)
            number, party = self.documents[row["document"]]
            from_kind, to_kind = self.setup.places[row["from_location"]].kind, self.setup.places[row["to_location"]].kind
            for direction, applies in (("forward", to_kind is PlaceKind.CUSTOMER), ("backward", from_kind is PlaceKind.SUPPLIER)):
                if applies:
                    yield {
                        "direction": direction,
                        "item": product.code,
                        "lot": pair.lot,
                        "serial": pair.serial,
                        "party": party,
                        "document": number,
                        "quantity": row["quantity"] * Decimal(row["unit."]["factor"]),
                    }

    # helpers

    def _search(self, model: str, domain: Sequence[Any], fields: Sequence[str]) -> list[Record]:
        return self.setup.rpc.read(model, domain, fields, order=[("id", "ASC")]) if self.ids else []

    @property
    def _codes(self) -> dict[int, str]:
        return {id_: product.code for id_, product in self.by_id.items()}

    def _what(self, move: Record) -> tuple[Product, Pair]:
        product = self.by_id[move["product"]]
        return product, pair_of(product.tracking, move["lot."]["number"] if move["lot."] else None)

    def _assigned(self) -> Iterable[Record]:
        return (move for move in self.moves if move["state"] == "assigned" and _model(move["shipment"]) == outbound.OUT)

    def _order_line(self, move: Record) -> tuple[str | None, int | None]:
        model, _, id_ = (move["origin"] or "").partition(",")
        return self.order_lines_by_id.get(int(id_), (None, None)) if model == "sale.line" else (None, None)

    def _disposition(self, put_away: Record | None) -> str | None:
        if put_away is None or put_away["state"] != "done":
            return None
        return "scrap" if self.setup.places[put_away["to_location"]].kind is PlaceKind.SCRAP else "restock"


_INVOICE = [f"invoices.{name}" for name in ("untaxed_amount", "tax_amount", "total_amount")]


def _model(reference: str | None) -> str:
    return (reference or "").partition(",")[0]


def _ids_of(model: str, references: Iterable[str | None]) -> list[int]:
    return sorted({int(reference.partition(",")[2]) for reference in references if reference and _model(reference) == model})
