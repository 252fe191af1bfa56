"""The policy of the gate: what rejects a change, what needs a waiver, what is noted, and how much must have been checked.

`ci/gate.toml` extends one of the built-in policies: ``standard`` is what the keys are by default, the others are files of the same form in
``policies/``. `docs/gate.md` explains each key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, PrivateAttr

from erp_testkit.config import Environment
from erp_testkit.domain.findings import Severity
from erp_testkit.domain.results import CONTRACTS
from erp_testkit.erp.ports import PORTS
from erp_testkit.gate.requirements.matrix import Fault
from erp_testkit.specs.settings import Table, Text, one_of, read

BuiltIn = Literal["observe", "standard", "strict"]
BUILT_IN: tuple[str, ...] = get_args(BuiltIn)
_POLICIES = Path(__file__).parent / "policies"


class Consequence(StrEnum):
    """What something does to the verdict."""

    REJECT = "reject"
    """Nothing lifts it but a change that mends it."""
    WAIVER = "waiver"
    """It can be accepted by a waiver."""
    NOTE = "note"


class Limit(StrEnum):
    """What the policy asks of the evidence, or of the runs it comes from."""

    ENVIRONMENTS = "environments"
    MAX_AGE_HOURS = "max_age_hours"
    MAX_MINUTES = "max_minutes"
    MIN_SCENARIOS = "min_scenarios"
    MIN_RULES = "min_rules"
    MIN_CONTRACT_COVERAGE = "min_contract_coverage"
    MAX_NOT_COVERED = "max_not_covered"
    PORTS = "ports"
    FLAKY = "flaky"
    """No scenario that was kept and broken in runs of one commit, ERP and profile."""
    KNOWN_BUT_KEPT = "known_but_kept"
    """No entry of the list of known findings that no longer shows."""


REJECT, WAIVER, NOTE = _ORDER = (Consequence.REJECT, Consequence.WAIVER, Consequence.NOTE)
Severities = Mapping[Severity, Consequence]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class RunLimits(Table):
    """What a run must be to count."""

    environments: tuple[Environment, ...] = (Environment.TEST, Environment.UAT)
    """Environments the run may be of."""
    max_age_hours: Annotated[float, Field(gt=0)] = 72
    """How long ago the run may have ended."""
    max_minutes: Annotated[float, Field(gt=0)] = 120
    """The time budget of one run."""


class Limits(Table):
    """How much must have been checked."""

    min_scenarios: Count = 0
    """How many different scenarios, by their ids, must have been judged."""
    min_rules: Count = 0
    """How many different rules must have been checked."""
    min_contract_coverage: Share = 0.0
    """The share of what contracts promise that must have been exercised."""
    max_not_covered: Share = 1.0
    """The largest share of tests that may be not covered."""


class Coverage(Limits):
    """How much must have been checked, over all areas."""

    ports: tuple[Annotated[str, one_of("the name of a port", PORTS), Field(json_schema_extra={"enum": [*PORTS]})], ...] = ()
    """Ports that scenarios must have gone through, none of them lacking it."""


class Risk(Table):
    """For scenarios tagged with a risk, such as compliance: what a finding does at least; it can only be stricter than elsewhere."""

    findings: Mapping[Severity, Consequence] = {}
    known: Mapping[Severity, Consequence] = {}


class AreaLimits(Limits):
    """For an area, such as Traceability or Contracts: what replaces the general findings and known, and how much must have been checked."""

    findings: Mapping[Severity, Consequence] = {}
    known: Mapping[Severity, Consequence] = {}


class WaiverLimits(Table):
    """How long waivers hold."""

    expiry_warning_days: Count = 14
    """From how many days before its end a waiver is announced as ending."""
    max_days: Annotated[int, Field(ge=1)] = 180
    """How many days a waiver may be open for."""


class Approvals(Table):
    """Who must sign. The author of the change never counts."""

    people: Count = 2
    """How many different people."""
    roles: tuple[Text, ...] = ()
    """Roles of which at least one of them each must be."""


def _severities(blocker: Consequence, critical: Consequence, normal: Consequence, minor: Consequence, trivial: Consequence) -> Severities:
    return dict(zip(Severity, (blocker, critical, normal, minor, trivial), strict=True))


# Of the shipped scenarios: enough that a run of a part of them is not taken for the whole.
_AREAS = {"Sales": 20, "Outbound": 30, "Stock": 30, "Traceability": 15, "Returns": 20, "Audit and access": 12, CONTRACTS: 1}


class Policy(Table):
    """What of a run's evidence rejects a change, what needs a waiver, and what is only noted. The defaults are the policy ``standard``."""

    extends: BuiltIn = "standard"
    """The built-in policy this one starts from. What is said here replaces it key by key."""
    run: RunLimits = RunLimits()
    findings: Severities = _severities(REJECT, REJECT, WAIVER, WAIVER, NOTE)
    """What a finding of each severity does."""
    known: Severities = _severities(WAIVER, WAIVER, WAIVER, NOTE, NOTE)
    """What a finding does that the list of known findings explains: nobody has approved that list, so it makes a finding waivable, not
    harmless."""
    coverage: Coverage = Coverage(min_scenarios=1, min_rules=30, min_contract_coverage=0.7, max_not_covered=0.05)
    areas: Mapping[str, AreaLimits] = {name: AreaLimits(min_scenarios=scenarios) for name, scenarios in _AREAS.items()}
    """Exceptions by area."""
    risks: Mapping[str, Risk] = {}
    """Exceptions by risk."""
    consequences: Mapping[Limit, Consequence] = {
        Limit.ENVIRONMENTS: REJECT,
        Limit.MAX_AGE_HOURS: REJECT,
        Limit.MAX_MINUTES: NOTE,
        Limit.MIN_SCENARIOS: REJECT,
        Limit.MIN_RULES: REJECT,
        Limit.MIN_CONTRACT_COVERAGE: WAIVER,
        Limit.MAX_NOT_COVERED: WAIVER,
        Limit.PORTS: WAIVER,
        Limit.FLAKY: NOTE,
        Limit.KNOWN_BUT_KEPT: WAIVER,
    }
    """What falling short of each limit does."""
    requirements: Mapping[Fault, Consequence] = {
        Fault.HIGH_RISK: WAIVER,
        Fault.UNCOVERED: WAIVER,
        Fault.UNKNOWN: WAIVER,
        Fault.BROKEN: NOTE,  # the findings that broke it decide already
    }
    """What it does when the evidence for requirements has a gap."""
    waivers: WaiverLimits = WaiverLimits()
    approvals: Approvals = Approvals()
    _name: str = PrivateAttr(default="standard")

    @property
    def name(self) -> str:
        """Name of the file, or of the built-in policy."""
        return self._name

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything it says, with what it takes from the policy it extends."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def consequence(self, severity: Severity, *, known: bool, area: str, risks: Iterable[str]) -> tuple[Consequence, str]:
        """Return what a finding does, and the key that says so: the area's word replaces the general one, a risk's only sharpens it."""
        table = "known" if known else "findings"
        general: Severities = getattr(self, table)
        found, key = general[severity], f"{table}.{severity}"
        if area in self.areas and severity in getattr(self.areas[area], table):
            found, key = getattr(self.areas[area], table)[severity], f"areas.{area}.{key}"
        for risk in sorted(set(risks) & self.risks.keys()):
            sharper = getattr(self.risks[risk], table).get(severity, found)
            if _ORDER.index(sharper) < _ORDER.index(found):
                found, key = sharper, f"risks.{risk}.{table}.{severity}"
        return found, key


def strictest(found: Iterable[tuple[Consequence, str]]) -> tuple[Consequence, str]:
    """Return the strictest of some consequences, with its key; the first of equals."""
    return min(found, key=lambda one: _ORDER.index(one[0]))


def load_policy(source: str | Path) -> Policy:
    """Read a policy.

    Args:
        source: name of a built-in policy, or a file.

    Raises:
        UsageError: the file cannot be read, or has mistakes; all of them are named.
    """
    own = Policy.model_validate({"extends": source}) if isinstance(source, str) else read(Policy, source, "policy")
    said: dict[str, Any] = Policy().model_dump(mode="json")
    if own.extends != "standard":
        said = _merged(said, _said(read(Policy, _POLICIES / f"{own.extends}.toml", "policy")))
    policy = Policy.model_validate_json(json.dumps(_merged(said, {**_said(own), "extends": own.extends})))
    policy._name = source if isinstance(source, str) else source.name
    return policy


def _said(policy: Policy) -> dict[str, Any]:
    """Return what a file says, without defaults."""
    return policy.model_dump(mode="json", exclude_unset=True)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Replace key by key what `above` says."""
    merged = dict(below)
    for key, value in above.items():
        merged[key] = _merged(below.get(key, {}), value) if isinstance(value, dict) else value
    return merged
