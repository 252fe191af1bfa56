"""Planning and shipping."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from erp_testkit.domain.documents import (
    DeliveryNote,
    DeliveryNoteLine,
    OrderState,
    Pick,
    PlaceKind,
    Shipment,
    ShipmentState,
)
from erp_testkit.erp.errors import ErpBroke, Reason, Refused
from erp_testkit.erp.ports import reads
from erp_testkit.erp.tryton.rpc import Record, one
from erp_testkit.erp.tryton.sales import SALE, Sales, state_of
from erp_testkit.erp.tryton.setup import Pair, Product, Setup, pair_of

OUT = "stock.shipment.out"

PLANNED = {"assigned", "picked", "packed", "shipped"}

STATES: Mapping[str, ShipmentState] = {
    **dict.fromkeys(PLANNED, ShipmentState.PLANNED),
    "done": ShipmentState.SHIPPED,
    "cancelled": ShipmentState.CANCELLED,
}
"""Tryton's draft and waiting shipments are left out: it makes them by itself as a list of what is still to do."""

SHIPMENT_FIELDS = [
    "number",
    "state",
    "customer.code",
    "moves.product",
    "moves.internal_quantity",
    "moves.lot.number",
    "moves.from_location",
    "moves.origin",
    "moves.state",
    "moves.write_date",
]

_PLAN_FIELDS = [
    "state",
    "shipment_state",
    "shipments.number",
    "shipments.state",
    "shipments.outgoing_moves.product",
    "shipments.outgoing_moves.unit",
    "shipments.outgoing_moves.quantity",
    "lines.product",
    "lines.unit.factor",
    "lines.unit_price",
]


class Outbound:
    """Port `Outbound`.

    Tryton makes the shipment of an order by itself. To plan is to write the chosen lots into its moves and to let Tryton assign them; what
    is left of the order Tryton puts into a new shipment. To ship is to pack and to mark as done: only then does Tryton book the goods
    out, its state *shipped* books nothing.
    """

    def __init__(self, setup: Setup, sales: Sales) -> None:
        self._setup = setup
        self._rpc = setup.rpc
        self._sales = sales

    @reads
    def propose(self, order: str) -> Sequence[Pick]:
        """Refuse: Tryton proposes no lots. Its own assignment goes by bin, leaves the lot open and looks at no expiry date."""
        self._sale(order)
        raise Refused(Reason.OTHER, "Tryton proposes no lots for a shipment")

    def plan(self, order: str, picks: Sequence[Pick]) -> str:
        """Write the picks into the order's open shipment and assign them; where Tryton cannot, everything is put back."""
        products = self._setup.products({pick.item for pick in picks})
        sale = self._open_sale(order)
        shipment, *others = _waiting(sale, {product.id for product in products.values()})
        lots = {product.id: self._setup.lots(product, _pairs(picks, product)) for product in products.values()}
        before = shipment["outgoing_moves."]
        self._clear(others, {product.id for product in products.values()})
        self._rpc.write(OUT, [shipment["id"]], {"outgoing_moves": self._changes(sale, before, picks, products, lots)})
        self._rpc.press(OUT, "assign_try", shipment["id"])
        if self._read_ids([shipment["id"]], ["state"])[0]["state"] == "assigned":
            number: str = shipment["number"]
            return number
        self._put_back(shipment["id"], before)
        raise self._not_assigned(picks, lots)

    def ship(self, shipment: str) -> None:
        """Pack and mark as done."""
        row = self._shipment(shipment, "state")
        if row["state"] != "packed":
            self._rpc.press(OUT, "pack", row["id"])
        self._rpc.press(OUT, "do", row["id"])

    def cancel_shipment(self, shipment: str) -> None:
        """Cancel; Tryton then waits to be told whether to make the shipment again, which `plan` does."""
        self._rpc.press(OUT, "cancel", self._shipment(shipment, "state")["id"])

    @reads
    def shipment(self, shipment: str) -> Shipment:
        """Read a customer shipment."""
        row = self._shipment(shipment, *SHIPMENT_FIELDS)
        state = STATES.get(row["state"])
        if state is None:
            raise Refused(Reason.UNKNOWN, f"shipment '{shipment}' is not planned yet, only waiting")
        products = self._setup.products_by_id(move["product"] for move in row["moves."])
        return Shipment(
            number=row["number"],
            order=self._order_of(row["moves."]),
            customer=row["customer."]["code"],
            state=state,
            lines=tuple(self._pick_of(move, products[move["product"]]) for move in row["moves."] if move["internal_quantity"]),
            shipped_at=max((move["write_date"] for move in row["moves."]), default=None) if state is ShipmentState.SHIPPED else None,
            delivered_at=None,
        )

    @reads
    def delivery_note(self, shipment: str) -> DeliveryNote:
        """Print Tryton's own delivery note and read it. It names product and quantity, no lot and no serial number."""
        row = self._shipment(shipment, "state", "customer.code")
        if row["state"] != "done":
            raise Refused(Reason.STATE, f"shipment '{shipment}' has not left; Tryton would print a draft")
        printed = {"model": OUT, "id": row["id"], "ids": [row["id"]]}
        _, content, *_ = self._rpc.call(f"report.{OUT}.delivery_note.execute", [row["id"]], printed)
        return DeliveryNote(number=shipment, shipment=shipment, customer=row["customer."]["code"], lines=tuple(printed_lines(content)))

    def _open_sale(self, order: str) -> Record:
        """Return the order with a shipment that waits to be assigned; make Tryton write one where it has none."""
        sale = self._sale(order)
        if not _waiting(sale) or sale["shipment_state"] == "exception":
            if sale["shipment_state"] == "exception":
                self._sales.settle_exception(sale["id"], recreate=True)
            else:
                self._rpc.press(SALE, "process", sale["id"])
            sale = self._sale(order)
        if not _waiting(sale):
            over = state_of(sale) in {OrderState.SHIPPED, OrderState.CANCELLED}
            reason = Reason.STATE if over else Reason.EXCEEDS
            raise Refused(reason, f"order '{order}' has no shipment left to assign")
        return sale

    def _clear(self, shipments: Sequence[Record], products: Collection[int]) -> None:
        """Delete the moves of products from other waiting shipments: what is then left of the order, Tryton works out anew."""
        moves = [move["id"] for shipment in shipments for move in shipment["outgoing_moves."] if move["product"] in products]
        if moves:
            self._rpc.call("model.stock.move.delete", moves)

    def _sale(self, order: str) -> Record:
        return one(self._rpc.read(SALE, [("number", "=", order)], _PLAN_FIELDS), "order", order)

    def _changes(
        self,
        sale: Record,
        moves: Sequence[Record],
        picks: Sequence[Pick],
        products: Mapping[str, Product],
        lots: Mapping[int, Mapping[Pair, Record]],
    ) -> list[list[Any]]:
        """Say how the moves become the picks.

        The first pick of a product takes its move, the others get one of their own. What is not picked stays with quantity 0: Tryton
        deletes it when it packs, and puts the rest of the order into a new shipment.
        """
        free = {move["product"]: move for move in reversed(moves)}
        lines = {line["product"]: line for line in reversed(sale["lines."])}
        kept: set[int] = set()
        changes: list[list[Any]] = []
        for pick in picks:
            product = products[pick.item]
            line = lines.get(product.id)
            lot = lots[product.id].get(Pair(pick.lot, pick.serial))
            chosen = {
                "quantity": float(pick.quantity),
                "unit": product.unit,
                "unit_price": lines[product.id]["unit_price"] / Decimal(lines[product.id]["unit."]["factor"])
                if product.id in lines
                else Decimal(0),
                "lot": lot["id"] if lot else None,
                "from_location": self._setup.bin(pick.bin).id if pick.bin else self._setup.storage,
            }
            move = free.get(product.id)
            if move is not None and move["id"] not in kept:
                kept.add(move["id"])
                changes.append(["write", [move["id"]], chosen])
            else:
                changes.append(["create", [{**self._move(product, line), **chosen}]])
        surplus = [move["id"] for move in moves if move["id"] not in kept]
        return [*changes, ["write", surplus, {"quantity": 0.0}]] if surplus else changes

    def _move(self, product: Product, line: Record | None) -> dict[str, Any]:
        return {
            "product": product.id,
            "company": self._setup.company,
            "to_location": self._setup.party_place(PlaceKind.CUSTOMER),
            "currency": self._setup.currency,
            "origin": f"sale.line,{line['id']}" if line else None,
        }

    def _put_back(self, shipment: int, before: Sequence[Record]) -> None:
        """Free what was assigned and give the moves their old quantities."""
        self._rpc.press(OUT, "wait", shipment)
        now = self._read_ids([shipment], ["outgoing_moves"])[0]["outgoing_moves"]
        old = {move["id"]: {"quantity": float(move["quantity"]), "unit": move["unit"]} for move in before}
        changes: list[list[Any]] = [
            ["write", [id_], {**values, "lot": None, "from_location": self._setup.storage}] for id_, values in old.items() if id_ in now
        ]
        added = [id_ for id_ in now if id_ not in old]
        self._rpc.write(OUT, [shipment], {"outgoing_moves": [*changes, ["delete", added]] if added else changes})

    def _not_assigned(self, picks: Sequence[Pick], lots: Mapping[int, Mapping[Pair, Record]]) -> Refused:
        """Say why Tryton could not assign, which it does silently: the lot lies in quarantine, or is not there."""
        names = ", ".join(f"{pick.quantity} {pick.item} {pick.lot or ''} {pick.serial or ''}".strip() for pick in picks)
        ids = [lot["id"] for found in lots.values() for lot in found.values()]
        quarantine = self._setup.quarantine
        context = {"locations": [quarantine.id], "stock_date_end": datetime.now(UTC).date()}
        held = ids and self._rpc.read("stock.lot", [("id", "in", ids), ("quantity", ">", 0)], ["number"], context=context)
        if held:
            return Refused(Reason.QUARANTINED, f"could not assign {names}: in {quarantine.code}")
        return Refused(Reason.STOCK, f"could not assign {names}: not in stock, or assigned to another shipment")

    def _order_of(self, moves: Iterable[Record]) -> str:
        lines = [int(move["origin"].partition(",")[2]) for move in moves if (move["origin"] or "").startswith("sale.line,")]
        if not lines:
            return ""
        number: str = self._rpc.call("model.sale.line.read", lines[:1], ["sale.number"])[0]["sale."]["number"]
        return number

    def _pick_of(self, move: Record, product: Product) -> Pick:
        pair = pair_of(product.tracking, move["lot."]["number"] if move["lot."] else None)
        place = self._setup.places[move["from_location"]]
        return Pick(item=product.code, quantity=Decimal(move["internal_quantity"]), lot=pair.lot, serial=pair.serial, bin=place.code)

    def _shipment(self, number: str, *fields: str) -> Record:
        return one(self._rpc.read(OUT, [("number", "=", number)], list(fields)), "shipment", number)

    def _read_ids(self, ids: Sequence[int], fields: Sequence[str]) -> list[Any]:
        rows: list[Any] = self._rpc.call(f"model.{OUT}.read", list(ids), list(fields))
        return rows


def _waiting(sale: Record, products: Collection[int] = ()) -> list[Record]:
    """Return the shipments that wait to be assigned, those with one of the products first."""
    open_ = [shipment for shipment in sale["shipments."] if shipment["state"] in {"draft", "waiting"} and shipment["outgoing_moves."]]
    return sorted(open_, key=lambda shipment: not any(move["product"] in products for move in shipment["outgoing_moves."]))


def _pairs(picks: Sequence[Pick], product: Product) -> Iterable[Pair]:
    return (Pair(pick.lot, pick.serial) for pick in picks if pick.item == product.code)


_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_ROW_PARTS = 2


def printed_lines(document: bytes) -> Iterable[DeliveryNoteLine]:
    """Read the lines of a printed delivery note: its table has a column for the product and one for the quantity.

    Raises:
        ErpBroke: it is no such document.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(document)) as archive:
            root = ElementTree.fromstring(archive.read("content.xml"))  # noqa: S314  # from the ERP under test, and expat limits expansion
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError) as error:
        raise ErpBroke(f"Failed to read the delivery note: expected an OpenDocument text, got {error}.") from error
    for row in root.iter(f"{_TABLE}table-row"):
        cells = ["".join(cell.itertext()).strip() for cell in row.iter(f"{_TABLE}table-cell")]
        named = re.match(r"\[(?P<code>.+?)\] ", cells[0]) if len(cells) == _ROW_PARTS else None
        if named:
            quantity = re.match(r"[\d,.]+", cells[1])
            printed = Decimal(quantity[0].replace(",", "")) if quantity else Decimal(0)
            yield DeliveryNoteLine(item=named["code"], quantity=printed, lot=None, serial=None, expiry=None)
