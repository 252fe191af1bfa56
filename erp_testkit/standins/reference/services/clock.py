"""What time it is."""

from __future__ import annotations

import mmap
import struct
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from erp_testkit.standins.reference.services.registry import service

AHEAD = struct.Struct("<d")
"""Seconds the clock goes ahead, as they stand in the file it follows."""

_followed: list[mmap.mmap] = []


def follow(file: Path) -> None:
    """Go ahead of the machine's clock by what stands in a file, from now on and whenever that changes; without one, it is made."""
    if not file.exists():
        file.write_bytes(AHEAD.pack(0.0))
    with file.open("rb") as opened:
        _followed[:] = [mmap.mmap(opened.fileno(), AHEAD.size, access=mmap.ACCESS_READ)]


@service
def now() -> datetime:
    """Return this moment, UTC."""
    ahead = AHEAD.unpack_from(_followed[0])[0] if _followed else 0.0
    return datetime.now(UTC) + timedelta(seconds=ahead)


@service
def today() -> date:
    """Return the business day: the calendar day in UTC."""
    return now().date()
