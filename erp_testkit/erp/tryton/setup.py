"""What the adapter must know of a deployment: locations, units, items and lots.

Tryton keeps no serial numbers of its own: a serial number is a lot of one piece (`unit_quantity` 1 of module *stock_lot_unit*). Where
an item is tracked by serial, the lot it was made in is written before the serial number, ``LOT#SERIAL``; ``#`` is no character of GS1
lot and serial numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from erp_testkit.domain.documents import PlaceKind, Tracking
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.erp.tryton.rpc import Record, Rpc, one

_BETWEEN = "#"

QUARANTINE = "QUA"
"""Code of the location for lots that are taken out of sale."""


def data_id(rpc: Rpc, module: str, name: str) -> int:
    """Return the record id behind a name a module gives; ids differ from database to database."""
    record: int = rpc.call("model.ir.model.data.get_id", module, name)
    return record


@dataclass(frozen=True, slots=True)
class Place:
    """A location: a bin, or where goods come from and go to."""

    id: int
    code: str
    kind: PlaceKind


@dataclass(frozen=True, slots=True)
class Product:
    """An item."""

    id: int
    code: str
    name: str
    gtin: str
    tracking: Tracking
    unit: int
    unit_name: str
    unit_step: Decimal
    sale_unit: int
    sale_unit_name: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A lot and a serial number as the kit has them."""

    lot: str | None
    serial: str | None


def lot_number(lot: str | None, serial: str | None) -> str:
    """Write lot and serial number as the number of a Tryton lot."""
    return _BETWEEN.join(part for part in (lot, serial) if part)


def pair_of(product_tracking: Tracking, number: str | None) -> Pair:
    """Read the number of a Tryton lot."""
    if number is None:
        return Pair(None, None)
    if product_tracking is not Tracking.SERIAL:
        return Pair(number, None)
    lot, _, serial = number.rpartition(_BETWEEN)
    return Pair(lot or None, serial)


def like(text: str) -> str:
    """Escape what an SQL pattern would read as a wildcard."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


class Setup:
    """A deployment as one user sees it.

    Args:
        rpc: the user's session.
    """

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc
        self._products: dict[str, Product] = {}
        self._by_id: dict[int, Product] = {}
        self._parties: dict[str, Record] = {}

    @property
    def company(self) -> int:
        """The company's id."""
        company: int = self.rpc.context["company"]
        return company

    @cached_property
    def currency(self) -> int:
        """The company currency's id."""
        currency: int = self.rpc.read("company.company", [("id", "=", self.company)], ["currency"])[0]["currency"]
        return currency

    @cached_property
    def units(self) -> Mapping[str, int]:
        """Units of the category of pieces by name; Tryton's own *Unit* is called piece."""
        rows = self.rpc.read("product.uom", [("category.name", "=", "Units")], ["name"], order=[("id", "DESC")])
        named = {row["name"]: row["id"] for row in rows}  # the oldest of a name wins
        return {**named, "piece": named["Unit"]}

    @cached_property
    def _locations(self) -> Mapping[int, Record]:
        fields = ["code", "name", "type", "parent", "input_location", "storage_location", "waste_locations"]
        return {row["id"]: row for row in self.rpc.read("stock.location", [], fields, order=[("code", "ASC"), ("id", "ASC")])}

    @cached_property
    def warehouse(self) -> Record:
        """The first warehouse."""
        return one([row for row in self._locations.values() if row["type"] == "warehouse"], "warehouse", "")

    @property
    def storage(self) -> int:
        """The storage area that holds the bins."""
        storage: int = self.warehouse["storage_location"]
        return storage

    @cached_property
    def places(self) -> Mapping[int, Place]:
        """Every location by id."""
        return {row["id"]: Place(row["id"], row["code"] or row["name"], self._kind(row)) for row in self._locations.values()}

    @cached_property
    def bins(self) -> tuple[Place, ...]:
        """The bins of saleable stock, the main bin first."""
        holds = {row["parent"] for row in self._locations.values()}
        stored = (place for place in self.places.values() if place.kind is PlaceKind.STOCK)
        return tuple(place for place in stored if self._locations[place.id]["type"] == "storage" and place.id not in holds)

    @property
    def returned(self) -> Place:
        """Where returned goods wait for their inspection: the input location, which lies outside the storage area."""
        return self.places[self.warehouse["input_location"]]

    @cached_property
    def quarantine(self) -> Place:
        """Where lots lie that were taken out of sale, outside the storage area as well."""
        found = [place for place in self.places.values() if place.code == QUARANTINE]
        if not found:
            raise Refused(Reason.UNKNOWN, f"location '{QUARANTINE}' not found")
        return found[0]

    @cached_property
    def scrap(self) -> Place:
        """The waste location."""
        return self._of_kind(PlaceKind.SCRAP)

    def party_place(self, kind: PlaceKind) -> int:
        """Return the location that stands for all suppliers or all customers."""
        return self._of_kind(kind).id

    def bin(self, code: str) -> Place:
        """Find a bin, or the quarantine, by its code."""
        found = [place for place in (*self.bins, self.quarantine, self.returned) if place.code == code]
        if not found:
            raise Refused(Reason.UNKNOWN, f"bin '{code}' not found")
        return found[0]

    def unit(self, product: Product, name: str) -> int:
        """Find the unit of a name, the item's own first."""
        own = {product.unit_name: product.unit, "piece": product.unit, product.sale_unit_name: product.sale_unit}
        unit = own.get(name) or self.units.get(name)
        if unit is None:
            raise Refused(Reason.UNKNOWN, f"unit '{name}' not found")
        return unit

    def product(self, code: str) -> Product:
        """Find an item by its code."""
        return self.products([code])[code]

    def products(self, codes: Collection[str]) -> Mapping[str, Product]:
        """Find items by their codes, in one call for those not met before.

        Raises:
            Refused: one is unknown.
        """
        found = self.known_products(codes)
        for code in codes:
            if code not in found:
                raise Refused(Reason.UNKNOWN, f"item '{code}' not found")
        return found

    def known_products(self, codes: Collection[str]) -> Mapping[str, Product]:
        """Find those items that Tryton knows."""
        self._read_products("code", [code for code in codes if code not in self._products])
        return {code: self._products[code] for code in codes if code in self._products}

    def products_by_id(self, ids: Iterable[int]) -> Mapping[int, Product]:
        """Find items by record id."""
        self._read_products("id", [id_ for id_ in set(ids) if id_ not in self._by_id])
        return self._by_id

    def party(self, code: str, kind: str) -> Record:
        """Find a customer or supplier: id, code and first address."""
        if code not in self._parties:
            self._parties[code] = one(self.rpc.read("party.party", [("code", "=", code)], ["code", "addresses"]), kind, code)
        return self._parties[code]

    def lots(self, product: Product, pairs: Iterable[Pair]) -> Mapping[Pair, Record]:
        """Find lots and serial numbers of an item; one that belongs to another item only is found too, for Tryton to refuse.

        Raises:
            Refused: one is unknown.
        """
        wanted = {pair for pair in pairs if pair != Pair(None, None)}
        if not wanted:
            return {}
        rows = self.rpc.read("stock.lot", ["OR", *map(_clause, wanted)], LOT_FIELDS, order=[("id", "ASC")])
        found: dict[Pair, Record] = {}
        for pair in wanted:
            matching = [row for row in rows if _matches(pair, row["number"])]
            if not matching and any(pair_of(product.tracking, row["number"]).serial == pair.serial for row in rows):
                raise Refused(Reason.TRACKING, f"serial number '{pair.serial}' is of another lot than '{pair.lot}'")
            # the newest of its own item wins over those of others: what a person would choose from the list
            matching.sort(key=lambda row: (row["product"] == product.id, row["id"]))
            found[pair] = one(matching[-1:], "serial number" if pair.serial else "lot", lot_number(pair.lot, pair.serial))
        return found

    def lots_of(self, product: Product, lot: str) -> Sequence[Record]:
        """Find what Tryton keeps of a lot: itself, or its serial numbers.

        Raises:
            Refused: there is nothing of it.
        """
        number = ("number", "=", lot) if product.tracking is not Tracking.SERIAL else ("number", "like", f"{like(lot)}{_BETWEEN}%")
        rows = self.rpc.read("stock.lot", [("product", "=", product.id), number], LOT_FIELDS, order=[("id", "ASC")])
        one(rows, "lot", lot)
        return rows

    def _of_kind(self, kind: PlaceKind) -> Place:
        return next(place for place in self.places.values() if place.kind is kind)

    def _kind(self, row: Record) -> PlaceKind:
        if row["type"] in {"supplier", "customer"}:
            return PlaceKind(row["type"])
        if row["type"] == "lost_found":
            return PlaceKind.SCRAP if row["id"] in self.warehouse["waste_locations"] else PlaceKind.LOSS
        above: int | None = row["id"]
        while above is not None and above != self.storage:
            above = self._locations[above]["parent"]
        return PlaceKind.STOCK if above is not None else PlaceKind.QUARANTINE

    def _read_products(self, by: str, values: Sequence[Any]) -> None:
        if not values:
            return
        for row in self.rpc.read("product.product", [(by, "in", values)], _PRODUCT_FIELDS):
            product = _product(row)
            self._products[product.code] = self._by_id[product.id] = product


LOT_FIELDS = ["number", "product", "shelf_life_expiration_date", "create_date"]

_PRODUCT_FIELDS = [
    "code",
    "name",
    "identifiers.code",
    "lot_required",
    "lot_uom",
    "default_uom.name",
    "default_uom.rounding",
    "sale_uom.name",
]


def _product(row: Record) -> Product:
    tracking = Tracking.NONE
    if row["lot_required"]:
        tracking = Tracking.SERIAL if row["lot_uom"] else Tracking.LOT
    unit, sale_unit = row["default_uom."], row["sale_uom."] or row["default_uom."]
    return Product(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        gtin=row["identifiers."][0]["code"] if row["identifiers."] else "",
        tracking=tracking,
        unit=unit["id"],
        unit_name="piece" if unit["name"] == "Unit" else unit["name"],
        unit_step=Decimal(unit["rounding"]).normalize(),
        sale_unit=sale_unit["id"],
        sale_unit_name=sale_unit["name"],
    )


def _clause(pair: Pair) -> Sequence[Any]:
    if pair.serial:
        return ["OR", ("number", "=", pair.serial), ("number", "like", f"%{_BETWEEN}{like(pair.serial)}")]
    return ("number", "=", pair.lot)


def _matches(pair: Pair, number: str) -> bool:
    wanted = lot_number(pair.lot, pair.serial)
    return number == wanted or bool(pair.serial and not pair.lot and number.endswith(f"{_BETWEEN}{wanted}"))
