"""What every contract is made of: checks, each judged on its own and shown as one test.

A contract file is read into a `Contract`. Its checks know nothing of pytest: they get a `Live` world to work in and return a `Judged`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from erp_testkit.config import Credentials
from erp_testkit.domain.documents import Role
from erp_testkit.domain.exchange import Exchange
from erp_testkit.domain.findings import Finding
from erp_testkit.erp.ports import Erp
from erp_testkit.standins.partners import Partner


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system that answers, as a check may call it."""

    name: str
    """``erp``, or the name of a partner such as ``wms``."""
    url: str
    users: Mapping[Role, Credentials] = field(default_factory=dict)
    """Of an ERP."""
    token: str = field(default="", repr=False)
    """Of a partner; empty where it wants none."""


class Live(Protocol):
    """What a check may use. Everything is started by its first use and stopped by the run."""

    seed: int
    """Of the run: the same seed gives the same data."""
    today: date
    """The day on which the run's stories play, UTC."""

    @property
    def erp(self) -> Erp:
        """The ERP under test, through its ports."""

    def code(self, kind: str, alias: str) -> str:
        """Return a unique code of a kind, such as ``item`` or ``lot``; another check gets another for the same alias."""

    def system(self, name: str) -> System:
        """Return how to reach the ERP (``erp``) or a partner system over HTTP.

        Raises:
            EnvironmentFailure: it cannot be started or reached.
            UsageError: there is no such system.
        """

    def partner(self, name: str) -> Partner:
        """Return the stand-in of a partner, which can misbehave and tells what it received.

        Raises:
            EnvironmentFailure: it cannot be started.
            UsageError: there is none of that name.
        """

    def on_exchange(self, exchange: Exchange) -> None:
        """Keep an exchange for the evidence, where the check speaks HTTP itself; what goes through ports is kept anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a check found."""

    findings: Sequence[Finding] = ()
    """The keys of their causes are distinct within the contract; its name is put before them."""
    items: frozenset[str] = frozenset()
    """Codes of the items it touched in the ERP: the rules are checked over their ledger afterwards."""
    counted: int = 1
    """How many single things were looked at (requests, fields, deliveries)."""
    coverage: Mapping[str, Any] = field(default_factory=dict)
    """What was and what was not exercised, as plain data."""


class Check(Protocol):
    """One promise of a contract."""

    @property
    def id(self) -> str:
        """Distinct within its contract and the same in every run: ``POST /orders``, ``canary``, ``wms.confirmation sent twice``."""

    @property
    def title(self) -> str:
        """What it promises."""

    @property
    def line(self) -> int:
        """Where the contract's file says so."""

    @property
    def ports(self) -> frozenset[str]:
        """Names of the ports it needs; without them it is not covered."""

    @property
    def writes(self) -> bool:
        """Whether it changes anything anywhere: in production such checks do not run."""

    def run(self, live: Live) -> Judged:
        """Look whether the promise is kept.

        Raises:
            KitError: it cannot be judged.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A contract file, read."""

    name: str
    """Stem of the file, such as ``erp`` or ``carrier-delivery``."""
    kind: str
    """``openapi``, ``mapping`` or ``messages``."""
    title: str
    file: Path
    checks: Sequence[Check]
    adapter: str = ""
    """Adapter whose ERP it describes; with another one it is not covered. Empty for any."""
