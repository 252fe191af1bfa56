"""Receipts, transfers, counts, quarantine, and what is on hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from erp_testkit.domain.documents import CountLine, NewReceipt, OnHand, Pick, PlaceKind, ReceiptLine, Tracking
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.erp.ports import reads
from erp_testkit.erp.tryton.rpc import Record
from erp_testkit.erp.tryton.setup import Pair, Place, Product, Setup, lot_number, pair_of

IN = "stock.shipment.in"
INTERNAL = "stock.shipment.internal"
COUNT = "stock.inventory"


class Stock:
    """Port `Stock`."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._rpc = setup.rpc

    def receive(self, receipt: NewReceipt) -> str:
        """Receive a supplier shipment straight into the main bin."""
        supplier = self._setup.party(receipt.supplier, "supplier")
        products = self._setup.products({line.item for line in receipt.lines})
        lots = self._lots(receipt.lines, products)
        main = self._setup.bins[0]
        moves = [
            {
                "product": products[line.item].id,
                "unit": self._setup.unit(products[line.item], line.unit),
                "quantity": float(line.quantity),
                "lot": lot,
                "company": self._setup.company,
                "from_location": self._setup.party_place(PlaceKind.SUPPLIER),
                "to_location": main.id,
                "unit_price": Decimal(0),
                "currency": self._setup.currency,
            }
            for line, lot in zip(receipt.lines, lots, strict=True)
        ]
        values = {
            "supplier": supplier["id"],
            "company": self._setup.company,
            "warehouse": self._setup.warehouse["id"],
            "warehouse_input": self._setup.storage,
            "warehouse_storage": self._setup.storage,
            "effective_date": receipt.received_on,
            "incoming_moves": [["create", moves]],
        }
        shipment = self._rpc.create(IN, values)
        self._rpc.press(IN, "receive", *shipment)
        return self._number(IN, shipment)

    def transfer(self, pick: Pick, to_bin: str) -> str:
        """Move goods by an internal shipment."""
        product = self._setup.product(pick.item)
        from_place = self._setup.bin(pick.bin) if pick.bin else self._setup.bins[0]
        lot = self._setup.lots(product, [Pair(pick.lot, pick.serial)]).get(Pair(pick.lot, pick.serial))
        return self.move(product, from_place.id, self._setup.bin(to_bin).id, [(lot["id"] if lot else None, pick.quantity)])

    def move(
        self, product: Product, from_location: int, to_location: int, parts: Iterable[tuple[int | None, Decimal]], reference: str = ""
    ) -> str:
        """Move lots by an internal shipment and return its number.

        Raises:
            Refused: Tryton could not assign all of them; nothing is moved.
        """
        moves = [
            {
                "product": product.id,
                "unit": product.unit,
                "quantity": float(quantity),
                "lot": lot,
                "company": self._setup.company,
                "from_location": from_location,
                "to_location": to_location,
            }
            for lot, quantity in parts
        ]
        header = {"from_location": from_location, "to_location": to_location, "company": self._setup.company, "reference": reference}
        shipment = self._rpc.create(INTERNAL, {**header, "moves": [["create", moves]]})
        self._rpc.press(INTERNAL, "wait", *shipment)
        self._rpc.press(INTERNAL, "assign_try", *shipment)
        row = self._rpc.call(f"model.{INTERNAL}.read", shipment, ["number", "state"])[0]
        if row["state"] != "assigned":
            self._rpc.press(INTERNAL, "cancel", *shipment)
            raise Refused(Reason.STOCK, f"could not assign {product.code}: not in stock, or assigned to another shipment")
        self._rpc.press(INTERNAL, "do", *shipment)
        number: str = row["number"]
        return number

    @reads
    def bins(self) -> Sequence[str]:
        """Return the codes of the bins, in order."""
        return [place.code for place in self._setup.bins]

    @reads
    def on_hand(self, item: str, on: date | None = None) -> Sequence[OnHand]:
        """Read the quantities Tryton states for each bin, and what shipments have assigned of them."""
        product = self._setup.product(item)
        reserved = {} if on else reserved_in(self._setup, [product.id])
        return [
            OnHand(
                item=item,
                bin=place.code,
                kind=place.kind,
                lot=pair.lot,
                serial=pair.serial,
                quantity=quantity,
                reserved=reserved.get((product.id, lot, place.id), Decimal(0)),
            )
            for place, _, lot, pair, quantity in quantities(self._setup, [product], on)
        ]

    def _lots(self, lines: Sequence[ReceiptLine], products: Mapping[str, Product]) -> list[int | None]:
        """Find or make the lot of every line.

        Like Tryton's own wizard, this takes an existing lot where number and expiry date are the same, and makes another one otherwise.
        """
        wanted = [(products[line.item].id, lot_number(line.lot, line.serial), line.expiry) for line in lines]
        numbers = sorted({number for _, number, _ in wanted if number})
        if not numbers:
            return [None] * len(lines)
        domain = [("product", "in", sorted({product for product, *_ in wanted})), ("number", "in", numbers)]
        rows = self._rpc.read("stock.lot", domain, ["product", "number", "shelf_life_expiration_date"], order=[("id", "DESC")])
        known = {(row["product"], row["number"], row["shelf_life_expiration_date"]): row["id"] for row in rows}
        new = [key for key in dict.fromkeys(wanted) if key[1] and key not in known]
        serial = {product.id for product in products.values() if product.tracking is Tracking.SERIAL}
        units = {product.id: product.unit for product in products.values()}
        if new:
            values = [
                {
                    "product": product,
                    "number": number,
                    "shelf_life_expiration_date": expiry,
                    **({"unit": units[product], "unit_quantity": 1.0} if product in serial else {}),
                }
                for product, number, expiry in new
            ]
            known.update(zip(new, self._rpc.create("stock.lot", *values), strict=True))
        return [known.get(key) for key in wanted]

    def _number(self, model: str, ids: Sequence[int]) -> str:
        number: str = self._rpc.call(f"model.{model}.read", list(ids), ["number"])[0]["number"]
        return number


class Counting:
    """Port `Counting`: one inventory of Tryton for each bin counted."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._rpc = setup.rpc

    def count(self, lines: Sequence[CountLine]) -> str:
        """Enter and confirm the inventories; several numbers are joined by a comma."""
        products = self._setup.products({line.item for line in lines})
        by_bin: dict[str, list[dict[str, Any]]] = {}
        for product in products.values():
            own = [line for line in lines if line.item == product.code]
            lots = self._setup.lots(product, (Pair(line.lot, line.serial) for line in own))
            for line in own:
                lot = lots.get(Pair(line.lot, line.serial))
                values = {"product": product.id, "lot": lot["id"] if lot else None, "quantity": float(line.quantity)}
                by_bin.setdefault(line.bin, []).append(values)
        inventories = self._rpc.create(
            COUNT,
            *(
                {"location": self._setup.bin(bin_).id, "company": self._setup.company, "lines": [["create", values]]}
                for bin_, values in by_bin.items()
            ),
        )
        self._rpc.press(COUNT, "confirm", *inventories)
        rows = self._rpc.call(f"model.{COUNT}.read", inventories, ["number"])
        return ", ".join(row["number"] for row in rows)


class Quarantine:
    """Port `Quarantine`: the goods of a lot are moved to the quarantine location and back; Tryton has no status of a lot."""

    def __init__(self, setup: Setup, stock: Stock) -> None:
        self._setup = setup
        self._stock = stock

    def quarantine(self, item: str, lot: str, reason: str) -> None:
        """Move all that is in the bins to quarantine."""
        product = self._setup.product(item)
        for place, parts in self._held(product, lot, self._setup.bins).items():
            self._stock.move(product, place, self._setup.quarantine.id, parts, reason)

    def release(self, item: str, lot: str, reason: str) -> None:
        """Move all that is in quarantine to the main bin."""
        product = self._setup.product(item)
        for place, parts in self._held(product, lot, [self._setup.quarantine]).items():
            self._stock.move(product, place, self._setup.bins[0].id, parts, reason)

    def _held(self, product: Product, lot: str, places: Sequence[Place]) -> Mapping[int, list[tuple[int | None, Decimal]]]:
        ids = {row["id"] for row in self._setup.lots_of(product, lot)}
        held: dict[int, list[tuple[int | None, Decimal]]] = {}
        for place, _, lot_id, _, quantity in quantities(self._setup, [product], None):
            if place in places and lot_id in ids:
                held.setdefault(place.id, []).append((lot_id, quantity))
        if not held:
            raise Refused(Reason.STATE, f"nothing of lot '{lot}' lies in {', '.join(place.code for place in places)}")
        return held


def quantities(setup: Setup, products: Sequence[Product], on: date | None) -> Iterable[tuple[Place, Product, int | None, Pair, Decimal]]:
    """Read what Tryton states for each bin: place, product, lot id, lot and serial number, quantity other than zero."""
    tracked = {product.id: product for product in products if product.tracking is not Tracking.NONE}
    untracked = {product.id: product for product in products if product.tracking is Tracking.NONE}
    for place in (*setup.bins, setup.quarantine, setup.returned):
        # without an end date Tryton would forecast, without a location it would say 0
        context = {"locations": [place.id], "stock_date_end": on or datetime.now(UTC).date()}
        if tracked:
            domain = [("product", "in", list(tracked)), ("quantity", "!=", 0)]
            for row in setup.rpc.read("stock.lot", domain, ["product", "number", "quantity"], order=[("id", "ASC")], context=context):
                product = tracked[row["product"]]
                yield place, product, row["id"], pair_of(product.tracking, row["number"]), Decimal(row["quantity"])
        if untracked:
            for row in setup.rpc.read(
                "product.product", [("id", "in", list(untracked)), ("quantity", "!=", 0)], ["quantity"], context=context
            ):
                yield place, untracked[row["id"]], None, Pair(None, None), Decimal(row["quantity"])


def reserved_in(setup: Setup, products: Sequence[int]) -> Mapping[tuple[int, int | None, int], Decimal]:
    """Read what planned customer shipments have assigned, by product, lot and place."""
    domain = [("product", "in", list(products)), ("state", "=", "assigned"), ("to_location.type", "=", "customer")]
    sums: dict[tuple[int, int | None, int], Decimal] = {}
    rows: Iterable[Record] = setup.rpc.read("stock.move", domain, ["product", "lot", "from_location", "internal_quantity"])
    for row in rows:
        key = (row["product"], row["lot"], row["from_location"])
        sums[key] = sums.get(key, Decimal(0)) + Decimal(row["internal_quantity"])
    return sums
