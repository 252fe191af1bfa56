"""How Tryton writes dates, decimals and bytes in JSON."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any


def encode(value: Any) -> str:
    """Write values as Tryton's JSON; points in time become naive UTC."""
    return json.dumps(value, default=_encode)


def decode(text: str) -> Any:
    """Read Tryton's JSON; points in time become aware UTC.

    Raises:
        ValueError: `text` is no JSON.
    """
    return json.loads(text, object_hook=_decode, parse_float=lambda number: Decimal(number.removesuffix(".0")))


def _encode(value: object) -> object:
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, datetime):
        at = value.astimezone(UTC)
        names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        return {"__class__": "datetime", **{name: getattr(at, name) for name in names}}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    if isinstance(value, timedelta):
        return {"__class__": "timedelta", "seconds": value.total_seconds()}
    raise TypeError(f"Failed to write {value!r} as Tryton value: expected text, number, date or point in time, got {type(value).__name__}.")


def _decode(values: dict[str, Any]) -> Any:  # noqa: PLR0911  # one for each type
    kind = values.pop("__class__", None)
    match kind:
        case None:
            return values
        case "Decimal":
            return Decimal(values["decimal"])
        case "datetime":
            return datetime(**values, tzinfo=UTC)
        case "date":
            return date(**values)
        case "time":
            return time(**values)
        case "timedelta":
            return timedelta(seconds=float(values["seconds"]))
        case "bytes":
            return base64.b64decode(values["base64"])
        case _:
            raise ValueError(f"Failed to read Tryton value: expected one of its types, got '{kind}'.")
