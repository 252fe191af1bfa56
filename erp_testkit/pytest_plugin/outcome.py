"""How one scenario, or one check of a contract, ended, as plain data that crosses from a worker to the process that controls the run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

import pytest

from erp_testkit.pytest_plugin.compat import Skipped
from erp_testkit.pytest_plugin.subject import SCENARIO

PROPERTY = "erp_testkit"
"""Name of the report's user property that carries a `Result`."""


class Outcome(StrEnum):
    """How a scenario ended."""

    KEPT = "kept"
    BROKEN = "broken"
    KNOWN = "known"
    """Broken by nothing but known findings."""
    NOT_COVERED = "not covered"
    """Not run: this ERP lacks what it needs."""
    ERROR = "error"
    """Not judged: the ERP could not be reached, or the kit was used wrongly."""


class NotCovered(Skipped):
    """The scenario cannot run here; its text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one scenario ended."""

    kind: str = SCENARIO
    """``scenario`` or ``contract``."""
    scenario: str
    """Its id, such as ``SAL-003`` or ``erp POST /orders``."""
    title: str
    feature: str
    file: str
    language: str
    outcome: Outcome
    message: str = ""
    """Why it is not kept."""
    step: str = ""
    """The step it broke at; empty where only rules were broken."""
    step_function: str = ""
    """That step's function, the same in every language and with every value, such as ``sales.order_state``."""
    exit_code: int = 0
    """What this scenario alone would make of the run: 0, 1 broken, 2 the kit was used wrongly, 3 the ERP could not be reached."""
    findings: Sequence[Mapping[str, Any]] = ()
    known: Sequence[int] = ()
    """Which entries of the list of known findings account for it."""
    contract_breaches: Sequence[str] = ()
    """Ids of what a contract's check found broken."""
    checked: int = 1
    """How many single things a contract's check looked at."""
    coverage: Mapping[str, Any] = field(default_factory=dict)
    """What a contract's check did and did not exercise."""
    rules_checked: int = 0
    rules_violated: Sequence[str] = ()
    rules_not_covered: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Rule id to the ledger tables this ERP cannot answer for."""
    seconds: float = 0.0
    """From the start of its set-up to its judgement."""
    erp_seconds: float = 0.0
    """Of these, waiting for answers of the ERP."""
    rules_seconds: float = 0.0
    """Of these, checking rules, beside reading the ledger."""

    def as_data(self) -> Mapping[str, Any]:
        """Return it as plain data for the report's user properties."""
        data = {name: getattr(self, name) for name in _FIELDS}
        # Findings carry decimals and enumerations, which do not cross from a worker.
        findings = json.loads(json.dumps(self.findings, default=str)) if self.findings else []
        return {**data, "outcome": str(self.outcome), "findings": findings}


_FIELDS = tuple(one.name for one in fields(Result))


def result_of(report: pytest.TestReport) -> Result | None:
    """Return what a report carries of a scenario's end, if it does."""
    for name, data in report.user_properties:
        if name == PROPERTY and isinstance(data, dict):
            return Result(**{**data, "outcome": Outcome(data["outcome"])})
    return None


STATUS: Mapping[Outcome, tuple[str, str, str]] = {
    Outcome.KNOWN: ("known", "k", "KNOWN"),
    Outcome.NOT_COVERED: ("not covered", "n", "NOT COVERED"),
    Outcome.ERROR: ("error", "E", "ERROR"),
}
"""Category, letter and word for pytest's progress; the other outcomes are pytest's own passed and failed."""


def report_status(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Answer `pytest_report_teststatus` for scenarios."""
    result = result_of(report)
    return STATUS.get(result.outcome) if result else None
