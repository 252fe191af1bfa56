"""The kit's documents with the bounds this ERP puts on what it takes; services work on them as on the kit's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from erp_testkit.domain import documents
from erp_testkit.standins.reference.values import (
    Code,
    Day,
    Days,
    Description,
    Factor,
    Found,
    Gtin,
    Name,
    Price,
    Quantity,
    Rate,
    Reference,
    Remark,
    Unit,
)

_MOST_LINES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(documents.Item):
    """A device in the catalogue."""

    code: Code
    name: Description
    gtin: Gtin
    unit: Unit = "piece"
    packs: Annotated[Mapping[Unit, Factor], Field(max_length=20)] = field(default_factory=dict)
    price: Price = Decimal("100.00")
    tax_rate: Rate = Decimal("0.13")


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer(documents.Customer):
    """A hospital or clinic."""

    code: Code
    name: Name
    licence_until: Day | None = None
    min_shelf_life_days: Days = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier(documents.Supplier):
    """A manufacturer or importer goods are received from."""

    code: Code
    name: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrderLine(documents.NewOrderLine):
    """One line of an order as the customer sends it."""

    item: Code
    quantity: Quantity
    unit: Unit = "piece"
    unit_price: Price | None = None


OrderLines = Annotated[tuple[NewOrderLine, ...], Field(min_length=1, max_length=_MOST_LINES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder(documents.NewOrder):
    """An order as the customer sends it."""

    customer: Code
    reference: Reference
    lines: OrderLines


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick(documents.Pick):
    """A quantity of an item taken from one place, of one lot or serial number."""

    item: Code
    quantity: Quantity
    lot: Code | None = None
    serial: Code | None = None
    bin: Code | None = None


Picks = Annotated[tuple[Pick, ...], Field(min_length=1, max_length=_MOST_LINES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment(documents.Shipment):
    """An outbound shipment."""

    lines: tuple[Pick, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine(documents.ReceiptLine):
    """One line of a goods receipt."""

    item: Code
    quantity: Quantity
    unit: Unit = "piece"
    lot: Code | None = None
    serial: Code | None = None
    expiry: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReceipt(documents.NewReceipt):
    """A goods receipt as the warehouse books it."""

    supplier: Code
    lines: Annotated[tuple[ReceiptLine, ...], Field(min_length=1, max_length=_MOST_LINES)]
    received_on: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLine(documents.CountLine):
    """What a stock count found of one lot or serial in one bin."""

    item: Code
    bin: Code
    quantity: Found
    lot: Code | None = None
    serial: Code | None = None


CountLines = Annotated[tuple[CountLine, ...], Field(min_length=1, max_length=_MOST_LINES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLine(documents.ReturnLine):
    """One line of a customer return."""

    item: Code
    quantity: Quantity
    lot: Code | None = None
    serial: Code | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReturn(documents.NewReturn):
    """A return as the customer announces it."""

    customer: Code
    shipment: Code
    lines: Annotated[tuple[ReturnLine, ...], Field(min_length=1, max_length=_MOST_LINES)]
    reason: Remark


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOrder(documents.ReturnOrder):
    """A customer return as the ERP keeps it."""

    lines: tuple[ReturnLine, ...]
