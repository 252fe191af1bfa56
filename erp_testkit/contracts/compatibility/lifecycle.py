"""Announcing that something goes: ``deprecated`` and the day it goes, ``x-sunset`` (as in oasdiff)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

SUNSET = "x-sunset"


def day(value: Any) -> date | None:
    """Return the day of an ``x-sunset`` (RFC 3339 date or time), None where it is none."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def removed(holder: Mapping[str, Any], prefix: str, parse_rule: str, today: date) -> tuple[str, Any]:
    """Return the rule for something that is gone, and the day it was to go."""
    if not holder.get("deprecated"):
        return f"{prefix}-without-deprecation", None
    sunset = holder.get(SUNSET)
    if sunset is None:
        return f"{prefix}-with-deprecation", None
    goes = day(sunset)
    if goes is None:
        return parse_rule, str(sunset)
    return f"{prefix}-{'before-sunset' if today < goes else 'with-deprecation'}", str(sunset)


def announced(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str, *, with_sunset: bool) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Return rules for what is newly announced to go, or no longer, with the figures.

    Args:
        old: the holder in the old version.
        new: the holder in the new version.
        prefix: what the ids begin with, such as ``request-property``.
        with_sunset: whether there are rules of their own for an announcement with a day.
    """
    was, now = bool(old.get("deprecated")), bool(new.get("deprecated"))
    if was and not now:
        yield f"{prefix}-reactivated", (None, None)
    elif now and not was:
        sunset = new.get(SUNSET)
        if sunset is None or not with_sunset:
            yield f"{prefix}-deprecated", (None, None if sunset is None else str(sunset))
        elif day(sunset) is None:
            yield f"{prefix}-deprecated-sunset-invalid", (None, str(sunset))
        else:
            yield f"{prefix}-deprecated-with-sunset", (None, str(sunset))


def moved(old: Mapping[str, Any], new: Mapping[str, Any], deleted: str, earlier: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Return rules for a day that was said and is not, or is earlier, of something that still goes."""
    was, now = old.get(SUNSET), new.get(SUNSET)
    if not (old.get("deprecated") and new.get("deprecated")) or was is None or was == now:
        return
    first, second = day(was), day(now)
    if now is None:
        yield deleted, (str(was), None)
    elif first is not None and second is not None and second < first:
        yield earlier, (str(was), str(now))
