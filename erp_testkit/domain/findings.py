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


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, with the evidence that shows it."""

    kind: FindingKind
    id: str
    """Id of the scenario or rule, such as ``SAL-003`` or ``stock-equals-moves``."""
    title: str
    severity: Severity
    scenario: str
    """Id of the scenario in which it showed."""
    evidence: tuple[Mapping[str, object], ...] = field(default_factory=tuple)
    """Rows or facts that show it, with names a reader of the ledger knows."""

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that stay the same across runs, data and machines: no codes, times or record ids go in."""
        return hashlib.sha256(f"{self.kind}:{self.id}:{self.scenario}".encode()).hexdigest()[:12]
