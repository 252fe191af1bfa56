"""Codes of its own for each of several scenes in one check."""

from __future__ import annotations

from erp_testkit.contracts.check import Live, System
from erp_testkit.domain.exchange import Exchange
from erp_testkit.erp.ports import Erp
from erp_testkit.standins.partners import Partner


class OwnCodes:
    """A `Live` whose codes are its own, so that a scene can be played again in the same check.

    Args:
        live: the check's own.
        name: distinct among those of the check.
    """

    def __init__(self, live: Live, name: str) -> None:
        self._live, self._name = live, name
        self.seed, self.today = live.seed, live.today

    @property
    def erp(self) -> Erp:
        """The ERP under test."""
        return self._live.erp

    def code(self, kind: str, alias: str) -> str:
        """Return a unique code."""
        return self._live.code(kind, f"{self._name} {alias}")

    def system(self, name: str) -> System:
        """Return how to reach the ERP or a partner."""
        return self._live.system(name)

    def partner(self, name: str) -> Partner:
        """Return the stand-in of a partner."""
        return self._live.partner(name)

    def on_exchange(self, exchange: Exchange) -> None:
        """Keep an exchange."""
        self._live.on_exchange(exchange)
