"""Items, customers and suppliers."""

from __future__ import annotations

from decimal import Decimal

from erp_testkit.domain.documents import Customer, Item, Supplier, Tracking
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.erp.tryton.rpc import one
from erp_testkit.erp.tryton.setup import Setup, data_id

_EVERYWHERE = ["supplier", "customer", "lost_found", "storage", "production"]


class MasterData:
    """Port `MasterData`. Tryton keeps no licence, no block and no shelf life for a customer."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._rpc = setup.rpc

    def add_item(self, item: Item) -> None:
        """Add a product; a serial-tracked one has lots of one piece."""
        if self._setup.known_products([item.code]):
            raise Refused(Reason.DUPLICATE, f"item '{item.code}' exists")
        unit = self._unit(item.unit, Decimal(1))
        packs = [self._unit(name, factor) for name, factor in item.packs.items()]
        category = one(
            self._rpc.read("product.category", [("accounting", "=", True), ("customer_taxes.rate", "=", item.tax_rate)], ["name"]),
            "accounting category with a tax rate of",
            f"{item.tax_rate}",
        )
        tracked = item.tracking is not Tracking.NONE
        self._rpc.create(
            "product.template",
            {
                "name": item.name,
                "code": item.code,
                "type": "goods",
                "salable": True,
                "default_uom": unit,
                "sale_uom": packs[0] if packs else unit,
                "list_price": item.price,
                "account_category": category["id"],
                "lot_required": _EVERYWHERE if tracked else [],
                "lot_uom": unit if item.tracking is Tracking.SERIAL else None,
                "shelf_life_state": "optional" if tracked else "none",
                "products": [["create", [{"identifiers": [["create", [{"type": "ean", "code": item.gtin}]]]}]]],
            },
        )

    def add_customer(self, customer: Customer) -> None:
        """Add a party."""
        self._party(customer.code, customer.name)

    def add_supplier(self, supplier: Supplier) -> None:
        """Add a party."""
        self._party(supplier.code, supplier.name)

    def _party(self, code: str, name: str) -> None:
        self._rpc.create("party.party", {"code": code, "name": name, "addresses": [["create", [{"city": "Shanghai"}]]]})

    def _unit(self, name: str, factor: Decimal) -> int:
        """Find a unit of so many pieces, or add it."""
        tryton_name = "Unit" if name == "piece" else name
        found = self._rpc.read(
            "product.uom", [("category.name", "=", "Units"), ("name", "=", tryton_name), ("factor", "=", float(factor))], ["id"]
        )
        if found:
            unit: int = found[0]["id"]
            return unit
        category = data_id(self._rpc, "product", "uom_cat_unit")
        return self._rpc.create(
            "product.uom",
            {
                "name": tryton_name,
                "symbol": tryton_name,
                "category": category,
                "factor": float(factor),
                "rate": float(round(1 / factor, 12)),
                # parts of a pack can be ordered and shipped
                "rounding": 0.01,
                "digits": 2,
            },
        )[0]
