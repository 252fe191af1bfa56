"""What is wrong: kinds of findings in one registry, findings, and the causes they are folded into."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self


class Severity(StrEnum):
    """How bad a finding is, in Allure's five words; the worst first."""

    BLOCKER = "blocker"
    CRITICAL = "critical"
    NORMAL = "normal"
    MINOR = "minor"
    TRIVIAL = "trivial"

    @property
    def rank(self) -> int:
        """Its place in the order of severities, 0 for the worst."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Family(StrEnum):
    """Who looks for findings of a kind."""

    SCENARIO = "scenario"
    RULE = "rule"
    CONTRACT = "contract"
    """An interface does not keep what its contract promises."""
    COMPATIBILITY = "compatibility"
    """A contract changed in a way that breaks who relies on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way in which something can be wrong."""

    id: str
    """Stable and unique in its family, such as ``stock-equals-moves`` or ``idempotency-replay``."""
    family: Family
    title: str
    title_zh: str
    severity: Severity
    """Of a finding that does not say otherwise."""
    page: str = ""
    """Where the docs explain it, such as ``docs/mappings.md#what-the-canary-sends``; empty for what is the user's own."""
    help: str = ""
    """What it means, in a sentence; empty where the title says it."""

    def title_in(self, language: str) -> str:
        """Return the title in English or, for any language that begins with ``zh``, in Chinese."""
        return self.title_zh if language.startswith("zh") else self.title

    def found(
        self,
        message: str,
        *,
        place: str = "",
        key: str = "",
        severity: Severity | None = None,
        evidence: Sequence[Mapping[str, object]] = (),
    ) -> Finding:
        """Return a finding of this kind; see `Finding` for what the arguments are."""
        return Finding(kind=self, message=message, place=place, key=key, severity=severity or self.severity, evidence=tuple(evidence))


KINDS: dict[tuple[Family, str], Kind] = {}
"""The registry: every kind that something of the kit can find, by family and id."""


def register(*kinds: Kind) -> Mapping[str, Kind]:
    """Put kinds into the registry, and return them by id.

    Raises:
        ValueError: another kind of the family has this id.
    """
    for kind in kinds:
        if KINDS.setdefault((kind.family, kind.id), kind) != kind:
            raise ValueError(f"{kind.family} {kind.id} is registered already, as {KINDS[kind.family, kind.id].title!r}")
    return MappingProxyType({kind.id: kind for kind in kinds})


STEP_FAILED, CHECK_FAILED = register(
    Kind(
        id="step-failed",
        family=Family.SCENARIO,
        title="A step does not go as written",
        title_zh="步骤未按预期完成",
        severity=Severity.NORMAL,
        page="docs/gate.md#waivers",
        help="The ERP did something else than a step of the scenario says, or refused what the scenario takes for granted.",
    ),
    Kind(
        id="check-failed",
        family=Family.CONTRACT,
        title="A check of a contract could not be carried out",
        title_zh="契约检查未能完成",
        severity=Severity.NORMAL,
        page="docs/gate.md#waivers",
        help="The ERP broke, or refused what the check takes for granted, before anything could be checked.",
    ),
).values()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, with what shows it. In which test it showed, the `Result` says that carries it."""

    kind: Kind
    message: str
    """What a person reads: *Failed to …: expected …, got ….*, where, and how to see it again."""
    severity: Severity
    place: str = ""
    """What part of the test it is about: a step's function, a field, a parameter. No codes, times or values of one run."""
    key: str = ""
    """What findings of one cause share beside their kind: nothing for a rule, the contract, the step's function. As `place`."""
    evidence: tuple[Mapping[str, object], ...] = ()
    """Rows or facts that show it, with names a reader of the ledger knows."""

    @property
    def id(self) -> str:
        """Id of its kind."""
        return self.kind.id

    @property
    def by(self) -> str:
        """What it breaks a test by, as a list of known findings says it: ``step``, ``rule:<id>`` or ``contract:<id>``."""
        match self.kind.family:
            case Family.SCENARIO:
                return "step"
            case Family.RULE:
                return f"rule:{self.id}"
        return f"contract:{self.id}"

    @property
    def cause(self) -> str:
        """Fingerprint of its cause: it stays the same across runs, data, languages and machines."""
        return fingerprint(self.kind.family, self.kind.id, self.key)

    def at(self, key: str) -> Self:
        """Return it with a key that begins with another, such as the contract's name."""
        return replace(self, key=f"{key} {self.key}".rstrip())

    def as_data(self) -> Mapping[str, Any]:
        """Return it as plain data, its cause's fingerprint included: texts and figures only, for it crosses from worker to run."""
        return {
            "kind": {name: str(getattr(self.kind, name)) for name in _OF_KIND},
            "message": self.message,
            "severity": str(self.severity),
            "place": self.place,
            "key": self.key,
            "evidence": json.loads(json.dumps(self.evidence, default=str)) if self.evidence else [],
            "fingerprint": self.cause,
        }

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Self:
        """Read it back.

        Raises:
            KeyError: something is missing.
            TypeError: it is no finding.
            ValueError: its severity or family is unknown.
        """
        kind = {name: str(data["kind"].get(name, "")) for name in _OF_KIND}
        family, usual = Family(kind.pop("family")), Severity(kind.pop("severity"))
        return cls(
            kind=Kind(**kind, family=family, severity=usual),
            message=str(data["message"]),
            severity=Severity(data["severity"]),
            place=str(data["place"]),
            key=str(data["key"]),
            evidence=tuple(data["evidence"]),
        )


_OF_KIND = tuple(one.name for one in fields(Kind))


def fingerprint(*parts: object) -> str:
    """Return twelve hex digits that name what `parts` say; codes, times and record ids are no parts."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class Violated(AssertionError):
    """A law of the trade, or a promise of a contract, does not hold.

    Attributes:
        findings: what is wrong.
    """

    def __init__(self, *findings: Finding) -> None:
        super().__init__("\n\n".join(finding.message for finding in findings))
        self.findings = findings
