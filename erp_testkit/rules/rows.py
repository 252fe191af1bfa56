"""Ledger rows on their way into an engine, and what it answers on its way out: the same rows whatever engine gave them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from erp_testkit.domain.ledger import Kind, Row, Value, time_text

_MICRO = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = _EPOCH.toordinal()
_ONE = timedelta(microseconds=1)
_LARGEST = 10**9 * _MICRO
_TIME_LENGTH = len("2026-11-23T02:09:52.000000Z")


class TooLarge(ArithmeticError):
    """A figure that whole numbers of 64 bits might not count with."""


def millionths(figure: Decimal | int) -> int:
    """Return a figure as SQLite holds it.

    Raises:
        TooLarge: it is a thousand million or more.
    """
    scaled = figure * _MICRO
    whole = int(scaled)
    if whole != scaled:
        whole = int(Decimal(scaled).to_integral_value(ROUND_HALF_UP))
    if not -_LARGEST < whole < _LARGEST:
        raise TooLarge(f"{figure}")
    return whole


@lru_cache(maxsize=4096)
def microseconds(text: str) -> int:
    """Return a time in the ledger's form as SQLite holds it.

    Raises:
        ValueError: it has another form.
    """
    if len(text) != _TIME_LENGTH or not text.endswith("Z"):
        raise ValueError(f"expected a time such as 2026-11-23T02:09:52.000000Z, got '{text}'")
    return (datetime.fromisoformat(text) - _EPOCH) // _ONE


@lru_cache(maxsize=4096)
def days(text: str) -> int:
    """Return a date in the ledger's form as SQLite holds it.

    Raises:
        ValueError: it has another form.
    """
    return date.fromisoformat(text).toordinal() - _FIRST_DAY


def product(one: int | None, other: int | None) -> int | None:
    """Multiply two figures in millionths, rounded half away from zero.

    Raises:
        TooLarge: the result does not fit.
    """
    if one is None or other is None:
        return None
    exact = one * other
    rounded = (abs(exact) + _MICRO // 2) // _MICRO
    if rounded >= 1 << 63:
        raise TooLarge
    return rounded if exact >= 0 else -rounded


INTO_SQLITE: Mapping[Kind, Callable[[Any], int]] = {
    Kind.QUANTITY: millionths,
    Kind.MONEY: millionths,
    Kind.TIME: microseconds,
    Kind.DATE: days,
}
"""Of the other kinds, the value as it is."""


def plain(figure: Decimal) -> Value:
    """Write a figure without trailing zeros, a whole one as a whole number."""
    return int(figure) if figure == figure.to_integral_value() else figure.normalize()


OUT_OF_SQLITE: Mapping[str, Callable[[int], Value]] = {
    "figure": lambda value: plain(Decimal(value).scaleb(-6)),
    "time": lambda value: time_text(_EPOCH + timedelta(microseconds=value)),
    "date": lambda value: date.fromordinal(_FIRST_DAY + value).isoformat(),
}
"""By the type of a column a rule yields."""


def out_of_duckdb(value: object) -> Value:
    """Turn a typed value into the ledger's form of it."""
    if isinstance(value, datetime):
        return time_text(value.replace(tzinfo=UTC))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return plain(value)
    assert value is None or isinstance(value, (str, int))
    return int(value) if isinstance(value, bool) else value


def in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Sort rows by their values, unknown ones first."""

    def key(row: Row) -> list[tuple[bool, str]]:
        return [(value is not None, str(value)) for value in row.values()]

    return tuple(sorted(rows, key=key))
