"""Factories for master data: devices with valid GTINs, hospitals and suppliers with names as varied as real ones.

```python
from erp_testkit.data.factories import CustomerFactory, ItemFactory

hospital = CustomerFactory.build(code="CU-1")
pacemaker = ItemFactory.build(code="IT-1", tracking="serial")
```

Everything left out is drawn from the code, so the same code gives the same record on every machine. Importing this module costs half a
second; import it where a record is made.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from factory.base import Factory
from factory.declarations import LazyAttribute, LazyFunction, Sequence
from faker import Faker

from erp_testkit.data.codes import gtin
from erp_testkit.domain.documents import Customer, Item, Supplier, Tracking

_FAKER = Faker(["zh_CN", "en_US", "de_DE", "fr_FR"])
_DEVICES = (
    "Cardiac pacemaker",
    "Coronary stent",
    "Infusion pump",
    "Hip prosthesis",
    "人工晶状体",
    "骨科接骨板",
    "Herzschrittmacher",
    "Cathéter à ballonnet",
)


def number_of(code: str) -> int:
    """Return a large number that depends on nothing but the code."""
    return int.from_bytes(hashlib.sha256(code.encode()).digest()[:8], "big")


def _faker(code: str) -> Faker:
    _FAKER.seed_instance(number_of(code))
    return _FAKER


def hospital_name(code: str) -> str:
    """Return the name of a hospital, in one of several languages."""
    faker = _faker(code)
    return f"{faker.city()} Hospital {faker.last_name()}"


def company_name(code: str) -> str:
    """Return the name of a supplier, in one of several languages."""
    return str(_faker(code).company())


def device_name(code: str) -> str:
    """Return the name of a device."""
    return f"{_DEVICES[number_of(code) % len(_DEVICES)]} {code[-4:]}"


class ItemFactory(Factory[Item]):
    """Makes devices."""

    class Meta:
        """What is made."""

        model = Item

    code = Sequence(lambda n: f"IT-{n:06}")
    name = LazyAttribute(lambda item: device_name(item.code))
    gtin = LazyAttribute(lambda item: gtin(number_of(item.code)))
    tracking = Tracking.LOT
    price = Decimal("100.00")
    tax_rate = Decimal("0.13")


class CustomerFactory(Factory[Customer]):
    """Makes hospitals whose licence is good for another year."""

    class Meta:
        """What is made."""

        model = Customer

    code = Sequence(lambda n: f"CU-{n:06}")
    name = LazyAttribute(lambda customer: hospital_name(customer.code))
    licence_until = LazyFunction(lambda: datetime.now(UTC).date() + timedelta(days=365))


class SupplierFactory(Factory[Supplier]):
    """Makes manufacturers and importers."""

    class Meta:
        """What is made."""

        model = Supplier

    code = Sequence(lambda n: f"SU-{n:06}")
    name = LazyAttribute(lambda supplier: company_name(supplier.code))
