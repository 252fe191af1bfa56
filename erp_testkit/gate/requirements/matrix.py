"""The matrix: each requirement, the scenarios, rules and checks of contracts that are evidence for it, and how they ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from erp_testkit.domain.findings import fingerprint
from erp_testkit.domain.names import counted, name_of
from erp_testkit.domain.results import Outcome
from erp_testkit.domain.said import Said, both, listed
from erp_testkit.gate.requirements.requirements import Requirement, Requirements, Risk
from erp_testkit.gate.requirements.sources import Kind, Source, Sources, worst

_SHOWN = 8
"""How many names are written before the rest is only counted."""


class Status(StrEnum):
    """How a requirement stands."""

    KEPT = "kept"
    BROKEN = "broken"
    KNOWN = "known"
    """Broken by nothing but known findings."""
    ERROR = "error"
    """Part of its evidence could not be judged."""
    NOT_COVERED = "not covered"
    """It has tests, and none of them could run on this ERP."""
    NOT_TESTED = "not tested"
    """Nothing in these runs is evidence for it."""
    NOT_APPLICABLE = "not applicable"
    """The project says so, with a reason."""


class Fault(StrEnum):
    """What can be wrong with the evidence for a requirement; the names are keys of the policy."""

    HIGH_RISK = "high_risk_without_evidence"
    UNCOVERED = "uncovered"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One thing that is wrong."""

    fault: Fault
    about: str
    """Id of the requirement, or the reference that leads nowhere."""
    wanted: Said
    got: Said
    advice: Said
    names: Sequence[str] = ()
    """Ids of the scenarios, rules and checks it shows in."""

    @property
    def fingerprint(self) -> str:
        """The same in every run; a waiver can name it."""
        return fingerprint("policy", self.fault, self.about)


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement with its evidence."""

    requirement: Requirement
    evidence: Sequence[Source]
    """Scenarios, rules and checks of contracts, in this order and by id."""

    @property
    def status(self) -> Status:
        """How the requirement stands: as the worst of its evidence."""
        if self.requirement.not_applicable:
            return Status.NOT_APPLICABLE
        return Status(worst([source.outcome for source in self.evidence])) if self.evidence else Status.NOT_TESTED

    @property
    def has_kept(self) -> bool:
        """Whether at least one test that is evidence for it was kept."""
        return any(source.counts[Outcome.KEPT] for source in self.evidence)

    @property
    def is_judged(self) -> bool:
        """Whether at least one test that is evidence for it was judged."""
        return any(source.outcome is not Outcome.NOT_COVERED for source in self.evidence)


@dataclass(frozen=True)
class Matrix:
    """All requirements with their evidence, and what is wrong with it."""

    rows: Sequence[Row]
    gaps: Sequence[Gap]

    @cached_property
    def counts(self) -> Counter[Status]:
        """How many requirements stand how."""
        return Counter(row.status for row in self.rows)


def build(requirements: Requirements, sources: Sources) -> Matrix:
    """Trace requirements to what some runs left.

    Args:
        requirements: what is asked.
        sources: what the runs say, as `reading.read` has added it up.
    """
    rows = [Row(requirement, tuple(_evidence(requirement, sources))) for requirement in requirements.listed.values()]
    gaps = [*(gap for row in rows for gap in _gaps(row)), *(_unknown(requirements, sources) if rows else ())]
    return Matrix(rows, sorted(gaps, key=lambda gap: (list(Fault).index(gap.fault), gap.about)))


def summary(matrix: Matrix) -> Mapping[str, Any]:
    """Return the matrix in short, as plain data: how many requirements stand how, in all and by risk; each with its status; the gaps."""
    by_risk = {risk: Counter(row.status for row in matrix.rows if row.requirement.risk is risk) for risk in Risk}
    return {
        "counts": _counted(matrix.counts),
        "risks": {str(risk): _counted(counts) for risk, counts in by_risk.items() if counts},
        "requirements": [
            {
                "id": row.requirement.id,
                "en": row.requirement.en,
                "zh": row.requirement.zh,
                "risk": str(row.requirement.risk),
                "source": row.requirement.source,
                "status": str(row.status),
                "evidence": len(row.evidence),
            }
            for row in matrix.rows
        ],
        "gaps": [
            {"fault": str(gap.fault), "about": gap.about, **both(wanted=gap.wanted, got=gap.got), "fingerprint": gap.fingerprint}
            for gap in matrix.gaps
        ],
    }


def _counted(counts: Counter[Status]) -> dict[str, int]:
    return {str(status): counts[status] for status in Status if counts[status]}


def _evidence(requirement: Requirement, sources: Sources) -> Iterator[Source]:
    tests = sorted(sources.tests.values(), key=lambda source: source.id)
    yield from (one for one in tests if one.kind is Kind.SCENARIO and requirement.id in one.requirements)
    yield from (rule for id_, rule in sorted(sources.rules.items()) if rule.counts and _matches(id_, requirement.rules))
    yield from (
        one
        for one in tests
        if one.kind is Kind.CONTRACT and (requirement.id in one.requirements or _matches(one.id, requirement.contracts))
    )


def _matches(id_: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(id_, pattern) for pattern in patterns)


def _gaps(row: Row) -> Iterator[Gap]:
    id_, risk, status = row.requirement.id, row.requirement.risk, row.status
    if status is Status.NOT_APPLICABLE:
        return
    if not (row.has_kept if risk is Risk.HIGH else row.is_judged):
        yield Gap(
            fault=Fault.HIGH_RISK if risk is Risk.HIGH else Fault.UNCOVERED,
            about=id_,
            wanted=wanted(row),
            got=stands(row),
            advice=Said(
                "run what is evidence for it, tag a scenario @req:{id}, or say in a file of requirements why it does not apply",
                "运行作为其证据的测试，为场景加标签 @req:{id}，或在需求文件中说明其不适用的理由",
            ).with_(id=id_),
        )
    broken = [source.id for source in row.evidence if source.outcome is Outcome.BROKEN]
    if broken:
        yield Gap(
            fault=Fault.BROKEN,
            about=id_,
            wanted=Said("nothing broken that is evidence for requirement {id}", "需求 {id} 的证据中不得有不符合").with_(id=id_),
            got=Said("broken: {ids}", "不符合：{ids}").with_(ids=listed(broken, _SHOWN)),
            names=broken,
            advice=Said(
                "mend what broke; a waiver for the finding leaves the requirement broken", "修复不符合项；仅豁免问题，需求仍为不符合"
            ),
        )


def wanted(row: Row) -> Said:
    """Say what evidence a requirement needs."""
    said = Said("evidence for requirement {id} ({risk} risk)", "需求 {id} 须有证据（{risk}风险）")
    return said.with_(id=row.requirement.id, risk=name_of(row.requirement.risk))


def stands(row: Row) -> Said:
    """Say in short what evidence a requirement has."""
    if not row.evidence:
        return Said("nothing in these runs", "本次运行中没有")
    return counted(Counter(source.outcome for source in row.evidence), Outcome)


def _unknown(requirements: Requirements, sources: Sources) -> Iterator[Gap]:
    named: dict[str, list[str]] = {}
    for source in sources.tests.values():
        for id_ in source.requirements - requirements.listed.keys():
            named.setdefault(id_, []).append(source.id)
    for id_, tests in sorted(named.items()):
        yield Gap(
            fault=Fault.UNKNOWN,
            about=f"@req:{id_}",
            wanted=Said("a requirement for @req:{id}", "@req:{id} 须有对应的需求").with_(id=id_),
            got=Said("none; named by {tests}", "没有；引用处：{tests}").with_(tests=listed(sorted(tests), _SHOWN)),
            names=sorted(tests),
            advice=_meant(id_, requirements.listed),
        )
    checks = [id_ for kind, id_ in sources.tests if kind is Kind.CONTRACT]
    ran = {_contract(check) for check in checks}
    for requirement in requirements.listed.values():
        for pattern in requirement.rules if sources.rules else ():
            if not any(fnmatchcase(rule, pattern) for rule in sources.rules):
                yield _led_nowhere(requirement, Said("rule", "规则"), pattern, _meant(pattern, sources.rules))
        for pattern in requirement.contracts:
            contracts = {name for name in ran | requirements.contracts if fnmatchcase(name, _contract(pattern))}
            # A contract that was not run does not say what its checks are called.
            if contracts <= ran and not any(fnmatchcase(check, pattern) for check in checks):
                choices = checks if contracts else ran | requirements.contracts
                yield _led_nowhere(
                    requirement, Said("contract", "接口契约"), pattern, _meant(pattern if contracts else _contract(pattern), choices)
                )


def _contract(check: str) -> str:
    return check.partition(" ")[0]


def _led_nowhere(requirement: Requirement, kind: Said, pattern: str, advice: Said) -> Gap:
    return Gap(
        fault=Fault.UNKNOWN,
        about=f"{requirement.id} {kind} {pattern}",
        wanted=Said("a {kind} that '{pattern}' of requirement {id} names", "需求 {id} 所引{kind}“{pattern}”须存在").with_(
            kind=kind, pattern=pattern, id=requirement.id
        ),
        got=Said("none in these runs", "本次运行中没有"),
        advice=advice,
    )


def _meant(name: str, choices: Iterable[str]) -> Said:
    match = get_close_matches(name, sorted(choices), n=1)
    if not match:
        return Said("mend the name, or take it out", "更正名称，或将其删除")
    return Said("did you mean '{match}'?", "是否为“{match}”？").with_(match=match[0])
