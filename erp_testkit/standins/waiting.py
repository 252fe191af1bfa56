"""Waiting for what happens elsewhere: by looking again and again, so that nobody waits longer than it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(look: Callable[[], T], seconds: float, pause: float = 0.02) -> T:
    """Look until something shows, and return what the last look found.

    Args:
        look: what it returns counts as nothing while it is falsy. Called at least once, and once more when time is up.
        seconds: how long to look for it.
        pause: seconds between two looks.
    """
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(pause)
    return found
