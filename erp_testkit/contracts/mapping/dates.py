"""Days and moments on which dates go wrong."""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

_YEARS = range(1, 9)
"""How many years from now expiry dates are drawn."""


def today() -> date:
    """Return the day it is, in UTC."""
    return datetime.now(UTC).date()


def days() -> dict[str, Sequence[date]]:
    """Return the days on which dates go wrong, some years ahead; the simplest first."""
    years = [today().year + more for more in _YEARS]
    leap = [date(year, 2, 29) for year in years if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)]
    return {
        "29 February": leap,
        "31 December": [date(year, 12, 31) for year in years],
        "1 January": [date(year + 1, 1, 1) for year in years],
        "last day of a month": [date(year, month, 1) - timedelta(days=1) for year in years for month in (3, 5, 8, 12)],
        "day and month could be exchanged": [date(year, month, day) for year in years for month, day in ((3, 4), (5, 11), (12, 1))],
        "clocks go forward (EU)": [_last_sunday(year, 3) for year in years],
        "clocks go back (EU)": [_last_sunday(year, 10) for year in years],
        "clocks go forward (US)": [_nth_sunday(year, 3, 2) for year in years],
        "clocks go back (US)": [_nth_sunday(year, 11, 1) for year in years],
    }


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _nth_sunday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (nth - 1))


def moments() -> Map[str, Sequence[datetime]]:
    """Return moments around a change of clocks, and at the end of a year and of a leap day; UTC, the last one that was."""
    year = today().year - 1
    leap = year - year % 4
    changes = {
        "clocks go forward (EU)": _last_sunday(year, 3),
        "clocks go back (EU)": _last_sunday(year, 10),
        "clocks go forward (US)": _nth_sunday(year, 3, 2),
        "clocks go back (US)": _nth_sunday(year, 11, 1),
    }
    found = {name: [datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC) for hour in (0, 1, 6, 7)] for name, day in changes.items()}
    return found | {
        "end of a year": [datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)],
        "end of a leap day": [datetime(leap, 2, 29, 23, 59, 59, tzinfo=UTC)],
    }
