"""Values as text, as they travel: ISO 8601, figures without exponent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal


def plain_text(value: object) -> str:
    """Write a value: points in time in UTC, numbers without exponent and needless zeros, nothing where there is none."""
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value.normalize():f}"
        case _:
            return str(value)
