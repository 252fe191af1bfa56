"""Master data and documents of a device distributor, as every adapter takes and returns them.

Quantities are `Decimal` in the unit named beside them; money is `Decimal` in the ERP's company currency; points in time are aware
UTC `datetime`s; expiry dates are calendar `date`s (a lot may be used up to and including that day).
Codes (`item`, `customer`, `order`, ...) are the ERP's business keys, never its record ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Tracking(StrEnum):
    """How pieces of an item are told apart."""

    NONE = "none"
    LOT = "lot"
    SERIAL = "serial"


class Role(StrEnum):
    """Who acts. Every adapter maps these to users of its ERP."""

    MANAGER = "manager"
    """May do everything the business does; may not touch the audit trail."""
    SALES = "sales"
    """Quotes, orders, opens returns; may not move stock."""
    WAREHOUSE = "warehouse"
    """Receives, ships, counts, transfers; may not sell or release a quarantine."""
    QUALITY = "quality"
    """Quarantines, releases, recalls, inspects returns, corrects lot records."""
    AUDITOR = "auditor"
    """Reads everything, writes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A device in the catalogue."""

    code: str
    name: str
    gtin: str
    """GTIN-14, the UDI-DI of the device."""
    tracking: Tracking
    unit: str = "piece"
    """The stock unit; on-hand and moves are counted in it."""
    packs: Mapping[str, Decimal] = field(default_factory=dict)
    """Other units it is bought or sold in: unit name to number of stock units, such as ``{"box": Decimal(10)}``."""
    price: Decimal = Decimal("100.00")
    """List price of one stock unit without tax."""
    tax_rate: Decimal = Decimal("0.13")
    """Fraction of the net amount, such as ``0.13``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A hospital or clinic."""

    code: str
    name: str
    licence_until: date | None = None
    """Last day on which its licence is valid; None where no licence is kept."""
    blocked: bool = False
    min_shelf_life_days: int = 0
    """Days a lot must still be usable, counted from the day it ships."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """A manufacturer or importer goods are received from."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrderLine:
    """One line of an order as the customer sends it."""

    item: str
    quantity: Decimal
    unit: str = "piece"
    unit_price: Decimal | None = None
    """Price of one `unit`; None takes the item's list price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order as the customer sends it."""

    customer: str
    reference: str
    """The customer's own order number: the business key that makes a second sending recognisable."""
    lines: tuple[NewOrderLine, ...]


class OrderState(StrEnum):
    """States of a sales order."""

    QUOTATION = "quotation"
    CONFIRMED = "confirmed"
    PARTLY_SHIPPED = "partly shipped"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line of an order as the ERP keeps it. Quantities are in stock units."""

    line: int
    item: str
    quantity: Decimal
    unit_price: Decimal
    tax_rate: Decimal
    net: Decimal
    shipped: Decimal
    """What has left so far, exchanges not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesOrder:
    """A sales order as the ERP keeps it."""

    number: str
    customer: str
    reference: str
    state: OrderState
    lines: tuple[OrderLine, ...]
    net: Decimal
    tax: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A quantity of an item taken from one place, of one lot or serial number. Serial picks have quantity 1."""

    item: str
    quantity: Decimal
    lot: str | None = None
    serial: str | None = None
    bin: str | None = None
    """None leaves the choice of the bin to the ERP."""


class ShipmentState(StrEnum):
    """States of an outbound shipment."""

    PLANNED = "planned"
    """Lots and serials are chosen and reserved; nothing has left."""
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """An outbound shipment as the ERP keeps it."""

    number: str
    order: str
    customer: str
    state: ShipmentState
    lines: tuple[Pick, ...]
    shipped_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryNoteLine:
    """One printed line of a delivery note. Quantity is in stock units."""

    item: str
    quantity: Decimal
    lot: str | None
    serial: str | None
    expiry: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryNote:
    """The paper (or message) that travels with the goods."""

    number: str
    shipment: str
    customer: str
    lines: tuple[DeliveryNoteLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """One line of a goods receipt; one serial number a line for serial-tracked items."""

    item: str
    quantity: Decimal
    unit: str = "piece"
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReceipt:
    """A goods receipt as the warehouse books it."""

    supplier: str
    lines: tuple[ReceiptLine, ...]
    received_on: date | None = None
    """The posting date; None is today. A date before today is a back-dated posting."""


class PlaceKind(StrEnum):
    """What kind of place stock moves from and to."""

    SUPPLIER = "supplier"
    STOCK = "stock"
    QUARANTINE = "quarantine"
    CUSTOMER = "customer"
    LOSS = "loss"
    """Where counted surplus comes from and shortage goes to."""
    SCRAP = "scrap"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnHand:
    """Stock of one item, lot or serial in one bin, in stock units."""

    item: str
    bin: str
    kind: PlaceKind
    """`STOCK` or `QUARANTINE`; only `STOCK` can be promised to customers."""
    lot: str | None
    serial: str | None
    quantity: Decimal
    reserved: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLine:
    """What a stock count found of one lot or serial in one bin, in stock units."""

    item: str
    bin: str
    quantity: Decimal
    lot: str | None = None
    serial: str | None = None


class LotStatus(StrEnum):
    """What quality says of a lot."""

    RELEASED = "released"
    QUARANTINED = "quarantined"
    RECALLED = "recalled"


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRecord:
    """A lot as the ERP keeps it."""

    item: str
    lot: str
    expiry: date | None
    status: LotStatus
    serials: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One answer line of a forward trace: who got what of a lot. Quantity is what left, returns not subtracted."""

    customer: str
    shipment: str
    lot: str | None
    serial: str | None
    quantity: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The answer of a backward trace: where a serial or lot came from."""

    supplier: str
    receipt: str
    lot: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialEvent:
    """One movement in the history of a serial number, oldest first in every list."""

    at: datetime
    from_kind: PlaceKind
    to_kind: PlaceKind
    document: str
    party: str | None
    """Supplier or customer code where the movement has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLine:
    """One line of a customer return. Quantity is in stock units; serial lines have quantity 1."""

    item: str
    quantity: Decimal
    lot: str | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReturn:
    """A return as the customer announces it."""

    customer: str
    shipment: str
    lines: tuple[ReturnLine, ...]
    reason: str


class ReturnState(StrEnum):
    """States of a customer return (RMA)."""

    OPEN = "open"
    RECEIVED = "received"
    """The goods are back, in quarantine."""
    CLOSED = "closed"
    """Every line was inspected."""
    CANCELLED = "cancelled"


class Disposition(StrEnum):
    """What inspection decided for returned goods."""

    RESTOCK = "restock"
    SCRAP = "scrap"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOrder:
    """A customer return as the ERP keeps it."""

    number: str
    customer: str
    shipment: str
    state: ReturnState
    lines: tuple[ReturnLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A credit note for a return."""

    number: str
    return_order: str
    net: Decimal
    tax: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One entry of the audit trail, oldest first in every list."""

    id: str
    at: datetime
    user: str
    document: str
    action: str
    from_state: str | None
    to_state: str | None


class JobState(StrEnum):
    """States of a background job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A background job of the ERP."""

    id: str
    kind: str
    document: str
    state: JobState
    attempts: int
    queued_at: datetime
    error: str | None


class Direction(StrEnum):
    """Which way a message goes, seen from the ERP."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message to or from a partner system, as the ERP keeps it."""

    number: str
    """Unique for its sender."""
    channel: str
    """Name of the interface, such as ``wms.shipment``."""
    direction: Direction
    document: str
    state: str
    """waiting, sent, received, refused or failed."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedField:
    """One row of an ERP's own mapping table."""

    position: int
    """From 1."""
    source: str
    """Path in the document the values come from, such as ``lines[].lot``."""
    target: str
    """Path in the message, or name of the column."""
    width: int | None = None
    """Most characters the target takes; in a fixed-width record exactly as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What an ERP raised for people to see, because an interface does not work."""

    at: datetime
    channel: str
    document: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedLabel:
    """What an ERP understood of a scanned UDI label."""

    item: str
    gtin: str
    lot: str | None
    serial: str | None
    expiry: date | None
