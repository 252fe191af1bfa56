"""The policy of the gate: what rejects a change, what needs a waiver, what is noted, and how much must have been checked.

`ci/gate.toml` extends one of the built-in policies, which are files of the same form in ``policies/``. `docs/gate.md` explains each key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from erp_testkit.domain.errors import closest
from erp_testkit.domain.findings import Severity
from erp_testkit.erp.ports import PORTS
from erp_testkit.gate import forms

BUILT_IN = ("observe", "standard", "strict")
_POLICIES = Path(__file__).parent / "policies"
_WHAT = "policy"


class Consequence(StrEnum):
    """What something does to the verdict."""

    REJECT = "reject"
    """Nothing lifts it but a change that mends it."""
    WAIVER = "waiver"
    """It can be accepted by a waiver."""
    NOTE = "note"


_ORDER = (Consequence.NOTE, Consequence.WAIVER, Consequence.REJECT)

Severities = Mapping[Severity, Consequence]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much must have been checked."""

    least_scenarios: int = 0
    least_rules: int = 0
    least_contract_coverage: float = 0.0
    most_not_covered: float = 1.0


@dataclass(frozen=True, slots=True)
class Exceptions:
    """What is special to an area, or to a risk."""

    findings: Severities
    known: Severities


@dataclass(frozen=True, slots=True)
class Approvals:
    """Who must sign; the author of the change never counts."""

    people: int
    """How many different people."""
    roles: tuple[str, ...]
    """Roles of which at least one of them each must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the gate decides by."""

    name: str
    """Name of the file, or of the built-in policy."""
    extends: str
    digest: str
    """SHA-256 of everything it says, with what it takes from the policy it extends."""
    environments: tuple[str, ...]
    max_age_hours: float
    most_minutes: float
    findings: Severities
    known: Severities
    limits: Limits
    ports: tuple[str, ...]
    areas: Mapping[str, tuple[Exceptions, Limits]]
    risks: Mapping[str, Exceptions]
    consequences: Mapping[str, Consequence]
    """What falling short of each limit does, by the limit's name."""
    requirements: Mapping[str, Consequence]
    """What each fault of the evidence for requirements does, by its name."""
    announce_days: int
    longest_days: int
    approvals: Approvals

    def consequence(self, severity: Severity, *, known: bool, area: str, risks: Iterable[str]) -> tuple[Consequence, str]:
        """Return what a finding does, and the key that says so: the area's word replaces the general one, a risk's only sharpens it."""
        table = "known" if known else "findings"
        general: Severities = getattr(self, table)
        found, key = general[severity], f"{table}.{severity}"
        if area in self.areas and severity in getattr(self.areas[area][0], table):
            found, key = getattr(self.areas[area][0], table)[severity], f"areas.{area}.{key}"
        for risk in sorted(set(risks) & self.risks.keys()):
            sharper = getattr(self.risks[risk], table).get(severity, found)
            if _ORDER.index(sharper) > _ORDER.index(found):
                found, key = sharper, f"risks.{risk}.{table}.{severity}"
        return found, key


def load_policy(source: str | Path) -> Policy:
    """Read a policy.

    Args:
        source: name of a built-in policy, or a file.

    Raises:
        UsageError: the file cannot be read, or has mistakes; all of them are named.
    """
    if isinstance(source, str):
        own: dict[str, Any] = {"extends": source}
    else:
        own = forms.read_toml(source, _WHAT)
        problems = [f"{forms.dotted(place)}: {text}" for place, text in forms.mistakes(own, "gate")]
        ports = own.get("coverage", {}).get("ports", []) if not problems else []
        problems += [
            f"coverage.ports[{number}]: expected the name of a port, got {port!r}. {closest(port, PORTS)}"
            for number, port in enumerate(ports, 1)
            if port not in PORTS
        ]
        if problems:
            raise forms.refuse(source, _WHAT, problems)
    extends = own.get("extends", "standard")
    data = {**_merged(forms.read_toml(_POLICIES / f"{extends}.toml", _WHAT), own), "extends": extends}
    return _policy(source if isinstance(source, str) else source.name, extends, data)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Replace key by key what `above` says."""
    merged = dict(below)
    for key, value in above.items():
        merged[key] = _merged(below.get(key, {}), value) if isinstance(value, dict) else value
    return merged


def _policy(name: str, extends: str, data: Mapping[str, Any]) -> Policy:
    run, coverage = data["run"], data["coverage"]
    return Policy(
        name=name,
        extends=extends,
        digest=hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest(),
        environments=tuple(run["environments"]),
        max_age_hours=run["max_age_hours"],
        most_minutes=run["most_minutes"],
        findings=_severities(data["findings"]),
        known=_severities(data["known"]),
        limits=_limits(coverage),
        ports=tuple(coverage["ports"]),
        areas={area: (_exceptions(table), _limits(table)) for area, table in data.get("areas", {}).items()},
        risks={risk: _exceptions(table) for risk, table in data.get("risks", {}).items()},
        consequences={limit: Consequence(word) for limit, word in data["consequences"].items()},
        requirements={fault: Consequence(word) for fault, word in data["requirements"].items()},
        announce_days=data["waivers"]["announce_days"],
        longest_days=data["waivers"]["longest_days"],
        approvals=Approvals(data["approvals"]["people"], tuple(data["approvals"]["roles"])),
    )


def _severities(table: Mapping[str, str]) -> Severities:
    return {Severity(severity): Consequence(word) for severity, word in table.items()}


def _exceptions(table: Mapping[str, Any]) -> Exceptions:
    return Exceptions(_severities(table.get("findings", {})), _severities(table.get("known", {})))


def _limits(table: Mapping[str, Any]) -> Limits:
    return Limits(**{limit: table[limit] for limit in Limits.__dataclass_fields__ if limit in table})
