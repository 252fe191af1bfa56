"""A finding: one thing that is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is, in Allure's five words."""

    BLOCKER = "blocker"
    CRITICAL = "critical"
    NORMAL = "normal"
    MINOR = "minor"
    TRIVIAL = "trivial"


class FindingKind(StrEnum):
    """What was not kept."""

    SCENARIO = "scenario"
    RULE = "rule"
    CONTRACT = "contract"
    """An interface does not keep what its contract promises."""
    COMPATIBILITY = "compatibility"
    """A contract changed in a way that breaks who relies on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, with the evidence that shows it."""

    kind: FindingKind
    id: str
    """Id of what was not kept, such as ``stock-equals-moves``, ``idempotency-replay`` or ``response-property-removed``."""
    title: str
    severity: Severity
    scenario: str
    """Id of the scenario, or of the contract's check, in which it showed, such as ``SAL-003`` or ``erp POST /orders``."""
    evidence: tuple[Mapping[str, object], ...] = field(default_factory=tuple)
    """Rows or facts that show it, with names a reader of the ledger knows."""

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that stay the same across runs, data and machines: no codes, times or record ids go in."""
        return hashlib.sha256(f"{self.kind}:{self.id}:{self.scenario}".encode()).hexdigest()[:12]
