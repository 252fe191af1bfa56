"""What time it is."""

from __future__ import annotations

from datetime import UTC, date, datetime

from erp_testkit.standins.reference.services.registry import service


@service
def now() -> datetime:
    """Return this moment, UTC."""
    return datetime.now(UTC)


@service
def today() -> date:
    """Return the business day: the calendar day in UTC."""
    return now().date()
