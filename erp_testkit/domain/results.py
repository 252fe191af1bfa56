"""How one scenario, or one check of a contract, ended, as plain data: it crosses from worker to run, and from run folder to gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Self

from erp_testkit.domain.findings import Family, Finding
from erp_testkit.domain.said import Said

SCENARIO, CONTRACT = "scenario", "contract"


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


class Need(StrEnum):
    """What a test may need and not have."""

    PORT = "port"
    ABILITY = "ability"
    CONTAINERS = "containers"
    WRITING = "writing"
    ADAPTER = "adapter"
    EXTRA = "extra"
    """Something of the kit's that is not installed."""
    OTHER = "other"
    """What a step of the user's own says when it skips its test."""


_LACKS: Mapping[Need, Said] = {
    Need.PORT: Said("port {name}", "端口 {name}"),
    Need.ABILITY: Said("ability {name}", "能力 {name}"),
    Need.CONTAINERS: Said("needs containers ({name})", "需要容器（{name}）"),
    Need.WRITING: Said("writes, and profile {name} is production", "会写入数据，而配置 {name} 为生产环境"),
    Need.ADAPTER: Said("contract of the {name} ERP", "属于 {name} 系统的接口契约"),
    Need.EXTRA: Said("{name}", "未安装 {name}"),
    Need.OTHER: Said("{name}", "{name}"),
}


@dataclass(frozen=True, slots=True, order=True)
class Lack:
    """One thing for want of which a test is not covered."""

    need: Need
    name: str
    """Of the port or ability, such as ``Recalls``; the option that gives containers; the profile; the adapter the contract is of."""

    @property
    def said(self) -> Said:
        """Say it."""
        return _LACKS[self.need].with_(name=self.name)

    def __str__(self) -> str:
        """Say it in English."""
        return str(self.said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one scenario ended."""

    kind: str = SCENARIO
    """``scenario`` or ``contract``."""
    node: str = ""
    """Id of its test, which no other test of the run has."""
    scenario: str
    """Its id, such as ``SAL-003`` or ``erp POST /orders``."""
    title: str
    feature: str
    file: str
    line: int = 0
    language: str
    severity: str = "normal"
    """How bad it is when it breaks; a contract's findings have their own."""
    risks: Sequence[str] = ()
    """Who is hurt when it breaks, such as ``compliance``."""
    requirements: Sequence[str] = ()
    """Ids of the requirements it is evidence for."""
    ports: Sequence[str] = ()
    """Names of the ports it needs."""
    outcome: Outcome
    message: str = ""
    """Why it is not kept."""
    lacks: Sequence[Lack] = ()
    """For want of what it is not covered."""
    step: str = ""
    """The step it broke at; empty where only rules were broken."""
    exit_code: int = 0
    """What this scenario alone would make of the run: 0, 1 broken, 2 the kit was used wrongly, 3 the ERP could not be reached."""
    findings: Sequence[Finding] = ()
    """What is wrong, its own failure at a step included; empty unless it is broken or known."""
    known: Sequence[int] = ()
    """Which entries of the list of known findings account for it."""
    reasons: Sequence[str] = ()
    """Why those are accepted."""
    checked: int = 1
    """How many single things a contract's check looked at."""
    coverage: Mapping[str, Any] = field(default_factory=dict)
    """What a contract's check did and did not exercise."""
    rules: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Rule id to how many of its subjects are kept, violated, unknown and in flight; where all are 0 it was not exercised."""
    rules_unknown: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Rule id to why some subjects are unknown, such as ``movement without a lot``, and how many."""
    rules_failed: Mapping[str, str] = field(default_factory=dict)
    """Rule id to why it could not run."""
    rules_not_covered: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Rule id to the ledger tables this ERP cannot answer for."""
    seconds: float = 0.0
    """From the start of its set-up to its judgement."""
    erp_seconds: float = 0.0
    """Of these, waiting for answers of the ERP."""
    rules_seconds: float = 0.0
    """Of these, checking rules, beside reading the ledger."""

    @property
    def rules_checked(self) -> int:
        """How many rules ran."""
        return len(self.rules)

    @property
    def rules_violated(self) -> tuple[str, ...]:
        """Ids of the rules that something violates."""
        return tuple(rule for rule, (_, violated, *_) in self.rules.items() if violated)

    def found(self, *families: Family) -> tuple[Finding, ...]:
        """Return the findings of some families."""
        return tuple(finding for finding in self.findings if finding.kind.family in families)

    def as_data(self) -> Mapping[str, Any]:
        """Return it as plain data for the report's user properties."""
        data = {name: getattr(self, name) for name in _FIELDS}
        lacks = [{"need": str(lack.need), "name": lack.name} for lack in self.lacks]
        return {**data, "outcome": str(self.outcome), "lacks": lacks, "findings": [finding.as_data() for finding in self.findings]}

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Self:
        """Read it back; what a newer kit wrote beside is left out.

        Raises:
            KeyError: a fact of a finding is missing.
            TypeError: a field is missing, or no field of a kit.
            ValueError: an outcome, severity, family or need is unknown, or it broke and nothing says by what.
        """
        known = {name: value for name, value in data.items() if name in _NAMES}
        lacks = [Lack(Need(one["need"]), one["name"]) for one in data.get("lacks", ())]
        findings = [Finding.of_data(one) for one in data.get("findings", ())]
        outcome = Outcome(data.get("outcome", ""))
        if outcome in (Outcome.BROKEN, Outcome.KNOWN) and not findings:
            raise ValueError(f"{outcome} without a finding")
        return cls(**{**known, "outcome": outcome, "lacks": lacks, "findings": findings})


_FIELDS = tuple(one.name for one in fields(Result))
_NAMES = frozenset(_FIELDS)

AREAS: Mapping[str, str] = {
    "SAL": "Sales",
    "OUT": "Outbound",
    "STK": "Stock",
    "TRC": "Traceability",
    "RET": "Returns",
    "AUD": "Audit and access",
    "RES": "Resilience",
}
"""Areas of the shipped scenarios by the letters of their ids."""
CONTRACTS = "Contracts"
"""The area of all contracts."""


def area_of(result: Result) -> str:
    """Return the area a scenario belongs to: by its id, or the name of its feature where it is the user's own; contracts are one area."""
    if result.kind == CONTRACT:
        return CONTRACTS
    return AREAS.get(result.scenario.partition("-")[0], result.feature)


def in_order(areas: set[str]) -> list[str]:
    """Return areas as they are shown: the shipped ones in the order of the trade, contracts, then the user's own by name."""
    order = [*AREAS.values(), CONTRACTS]
    return sorted(areas, key=lambda area: (order.index(area) if area in order else len(order), area))
