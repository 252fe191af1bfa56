"""Hearing every exchange with the ERP, and keeping those of the running scenario."""

from __future__ import annotations

import threading

from erp_testkit.domain.exchange import Exchange
from erp_testkit.evidence.redaction import Redactor


class Recorder:
    """Keeps what was said while a scenario runs.

    Its `on_exchange` goes into `Connection.on_exchange`; steps may call the ERP from several threads.

    Args:
        redactor: takes out what must not be kept.
    """

    def __init__(self, redactor: Redactor | None = None) -> None:
        """Start with no scenario running: what is said now is let go."""
        self.redactor = redactor or Redactor()
        self._lock = threading.Lock()
        self._kept: list[Exchange] | None = None

    def on_exchange(self, exchange: Exchange) -> None:
        """Keep an exchange, without its secrets, if a scenario is running."""
        if self._kept is None:
            return
        clean = self.redactor.exchange(exchange)
        with self._lock:
            if self._kept is not None:
                self._kept.append(clean)

    def begin(self) -> None:
        """Start keeping, for the next scenario."""
        with self._lock:
            self._kept = []

    def so_far(self) -> tuple[Exchange, ...]:
        """Return what was kept since `begin`, in the order in which the answers came."""
        with self._lock:
            return tuple(self._kept or ())

    def end(self) -> tuple[Exchange, ...]:
        """Stop keeping and return what was kept since `begin`."""
        with self._lock:
            kept, self._kept = self._kept, None
        return tuple(kept or ())
