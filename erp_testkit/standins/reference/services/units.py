"""Units, quantities and money."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Row

from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.services.registry import service

ABSURD = Decimal(1_000_000)
"""Nobody orders, receives or ships that many."""

_MEASURED = frozenset({"kg", "g", "l", "ml", "m"})


@service
def step_of(unit: str) -> Decimal:
    """Return the smallest quantity of a stock unit: whole pieces, thousandths of what is measured."""
    return Decimal("0.001") if unit in _MEASURED else Decimal(1)


@service
def factor(item: Row[Any], unit: str) -> Decimal:
    """Return how many stock units one `unit` holds."""
    if unit == item.unit:
        return Decimal(1)
    if unit not in item.packs:
        raise Refused(Reason.QUANTITY, f"Item {item.code} has no unit '{unit}'.")
    return Decimal(item.packs[unit])


@service
def to_stock(item: Row[Any], quantity: Decimal, unit: str) -> Decimal:
    """Convert a quantity to stock units."""
    return written(quantity * factor(item, unit), 0)


@service
def check_quantity(item: Row[Any], quantity: Decimal) -> None:
    """Refuse a quantity in stock units that is not positive, absurd, or no multiple of the unit's step."""
    if not 0 < quantity < ABSURD:
        raise Refused(Reason.QUANTITY, f"{quantity} {item.unit} of {item.code}: expected more than 0 and less than {ABSURD}.")
    check_step(item, quantity)


@service
def check_step(item: Row[Any], quantity: Decimal) -> None:
    """Refuse a quantity that cannot exist, such as half a piece."""
    if quantity % item.unit_step:
        raise Refused(Reason.QUANTITY, f"{quantity} {item.unit} of {item.code}: expected a multiple of {item.unit_step}.")


@service
def round_money(amount: Decimal) -> Decimal:
    """Round to cents, half up."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def written(number: Decimal, places: int) -> Decimal:
    """Write a number with so many decimals, and with more only where they say something."""
    short = round(number, places)
    return short if short == number else number.normalize()


@service
def tax_of(nets: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """Return the tax on pairs of tax rate and net amount: rounded once for each rate."""
    by_rate: dict[Decimal, Decimal] = {}
    for rate, net in nets:
        by_rate[rate] = by_rate.get(rate, Decimal(0)) + net
    return sum((round_money(net * rate) for rate, net in by_rate.items()), Decimal("0.00"))
