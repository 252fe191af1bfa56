"""Turning an engine's answer into ledger rows that are the same whatever engine gave them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from erp_testkit.domain.ledger import Row, Value


def in_order(names: Sequence[str], rows: Iterable[Sequence[object]]) -> tuple[Row, ...]:
    """Name the values, write figures without trailing zeros, and sort."""
    read = [tuple(_value(value) for value in row) for row in rows]
    read.sort(key=lambda row: [(value is not None, str(value)) for value in row])
    return tuple(dict(zip(names, row, strict=True)) for row in read)


def _value(value: object) -> Value:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int):  # booleans too: flags are 0 or 1
        return int(value)
    # Six places are what the ledger keeps; the text of a float is exact enough for them.
    figure = Decimal(str(value)).quantize(Decimal("0.000001")).normalize()
    return int(figure) if figure == figure.to_integral_value() else figure
