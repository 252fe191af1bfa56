"""Items, customers and suppliers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Table, bindparam, insert, select, update

from erp_testkit.domain.documents import Customer, Item, Supplier, Tracking
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import customers, items, suppliers
from erp_testkit.standins.reference.services import audit, units
from erp_testkit.standins.reference.services.clock import today
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Work

_GTIN_DIGITS = 14
_BY_CODE = {table: select(table).where(table.c.code == bindparam("of")) for table in (items, customers, suppliers)}


@service
def add_item(work: Work, item: Item) -> None:
    """Add an item to the catalogue."""
    check_gtin(item.gtin)
    _refuse_known(work, items, item.code)
    if work.connection.execute(select(items.c.code).where(items.c.gtin == item.gtin)).first():
        raise Refused(Reason.DUPLICATE, f"GTIN {item.gtin} belongs to another item.")
    if any(factor <= 0 for factor in item.packs.values()):
        raise Refused(Reason.QUANTITY, f"Item {item.code}: expected packs to hold more than 0 {item.unit}.")
    if item.price < 0 or not 0 <= item.tax_rate < 1:
        raise Refused(Reason.OTHER, f"Item {item.code}: expected a price of at least 0 and a tax rate from 0 to below 1.")
    work.connection.execute(
        insert(items),
        {
            "code": item.code,
            "name": item.name,
            "gtin": item.gtin,
            "tracking": item.tracking,
            "unit": item.unit,
            "unit_step": units.step_of(item.unit),
            "packs": {unit: str(factor) for unit, factor in item.packs.items()},
            "price": units.written(item.price, 2),
            "tax_rate": item.tax_rate,
        },
    )
    audit.record(work, "item", item.code, "add", None, "active")


@service
def check_gtin(gtin: str) -> None:
    """Refuse a GTIN-14 whose check digit is wrong."""
    if len(gtin) != _GTIN_DIGITS or not gtin.isascii() or not gtin.isdigit():
        raise Refused(Reason.LABEL, f"GTIN {gtin}: expected 14 digits.")
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(gtin[:-1]))
    if (10 - total % 10) % 10 != int(gtin[-1]):
        raise Refused(Reason.LABEL, f"GTIN {gtin}: expected check digit {(10 - total % 10) % 10}.")


@service
def add_customer(work: Work, customer: Customer) -> None:
    """Add a customer."""
    _refuse_known(work, customers, customer.code)
    if customer.min_shelf_life_days < 0:
        raise Refused(Reason.QUANTITY, f"Customer {customer.code}: expected a shelf life of at least 0 days.")
    work.connection.execute(
        insert(customers),
        {
            "code": customer.code,
            "name": customer.name,
            "licence_until": customer.licence_until,
            "blocked": customer.blocked,
            "min_shelf_life_days": customer.min_shelf_life_days,
        },
    )
    audit.record(work, "customer", customer.code, "add", None, "blocked" if customer.blocked else "active")


@service
def add_supplier(work: Work, supplier: Supplier) -> None:
    """Add a supplier."""
    _refuse_known(work, suppliers, supplier.code)
    work.connection.execute(
        insert(suppliers),
        {
            "code": supplier.code,
            "name": supplier.name,
        },
    )
    audit.record(work, "supplier", supplier.code, "add", None, "active")


@service
def read_item(work: Work, code: str) -> Item:
    """Read an item as it was added."""
    row = item(work, code)
    packs = {unit: Decimal(factor) for unit, factor in row.packs.items()}
    tracking = Tracking(row.tracking)
    return Item(
        code=code, name=row.name, gtin=row.gtin, tracking=tracking, unit=row.unit, packs=packs, price=row.price, tax_rate=row.tax_rate
    )


@service
def read_customer(work: Work, code: str) -> Customer:
    """Read a customer."""
    row = customer(work, code)
    return Customer(
        code=code, name=row.name, licence_until=row.licence_until, blocked=row.blocked, min_shelf_life_days=row.min_shelf_life_days
    )


@service
def read_supplier(work: Work, code: str) -> Supplier:
    """Read a supplier."""
    return Supplier(code=code, name=supplier(work, code).name)


@service
def set_licence(work: Work, code: str, until: date) -> None:
    """Set the last day of a customer's licence."""
    found = customer(work, code)
    _change_customer(work, code, "set licence", f"{found.licence_until} -> {until}", licence_until=until)


@service
def block(work: Work, code: str, blocked: bool) -> None:
    """Block a customer, or lift the block."""
    customer(work, code)
    _change_customer(work, code, "block" if blocked else "unblock", None, blocked=blocked)


@service
def require_shelf_life(work: Work, code: str, days: int) -> None:
    """Set how long a lot must still be usable when it ships to this customer."""
    found = customer(work, code)
    if days < 0:
        raise Refused(Reason.QUANTITY, f"Customer {code}: expected a shelf life of at least 0 days.")
    _change_customer(work, code, "require shelf life", f"{found.min_shelf_life_days} -> {days}", min_shelf_life_days=days)


@service
def item(work: Work, code: str) -> Row[Any]:
    """Read an item, or refuse where there is none."""
    return _known(work, items, code, "item")


@service
def customer(work: Work, code: str) -> Row[Any]:
    """Read a customer, or refuse where there is none."""
    return _known(work, customers, code, "customer")


@service
def supplier(work: Work, code: str) -> Row[Any]:
    """Read a supplier, or refuse where there is none."""
    return _known(work, suppliers, code, "supplier")


@service
def check_may_buy(found: Row[Any]) -> None:
    """Refuse business with a customer who is blocked or whose licence has run out."""
    check_not_blocked(found)
    check_licence(found)


@service
def check_not_blocked(found: Row[Any]) -> None:
    """Refuse a blocked customer."""
    if found.blocked:
        raise Refused(Reason.BLOCKED, f"Customer {found.code} is blocked.")


@service
def check_licence(found: Row[Any]) -> None:
    """Refuse a customer whose licence was valid until a day before today."""
    if found.licence_until is not None and found.licence_until < today():
        raise Refused(Reason.LICENCE, f"The licence of customer {found.code} ended on {found.licence_until}.")


def _known(work: Work, table: Table, code: str, kind: str) -> Row[Any]:
    row = work.connection.execute(_BY_CODE[table], {"of": code}).one_or_none()
    if row is None:
        raise Refused(Reason.UNKNOWN, f"There is no {kind} {code}.")
    return row


def _refuse_known(work: Work, table: Table, code: str) -> None:
    if work.connection.execute(_BY_CODE[table], {"of": code}).first():
        raise Refused(Reason.DUPLICATE, f"{code} is taken.")


def _change_customer(work: Work, code: str, action: str, detail: str | None, **values: object) -> None:
    work.connection.execute(update(customers).where(customers.c.code == code).values(**values))
    audit.record(work, "customer", code, action, "active", "active", detail)
