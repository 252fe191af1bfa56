"""The figures of the evidence against the limits of the policy: one clause for each, kept or not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from erp_testkit.domain.errors import closest
from erp_testkit.domain.results import AREAS, CONTRACTS, Outcome, in_order
from erp_testkit.gate.requirements.matrix import Fault, Matrix, Status, stands, wanted
from erp_testkit.gate.requirements.requirements import Risk
from erp_testkit.gate.verdict.history import Flaky
from erp_testkit.gate.verdict.policy import Consequence, Limits, Policy
from erp_testkit.gate.verdict.reading import JUDGED, Area, Evidence

_SHIPPED = {*AREAS.values(), CONTRACTS}
_SHOWN = 8
"""How many names are written before the rest is only counted."""
_LONGEST = 300
"""How many characters of a message are repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One thing the policy, or the law of the kit, asks of the evidence."""

    key: str
    """Where the policy says so, such as ``areas.Sales.least_rules``; ``law`` where no policy can change it."""
    limit: str
    """Name of the limit, such as ``least_rules``."""
    about: str = ""
    """Area, port, profile or test it is about; nothing that differs from run to run."""
    area: str = ""
    kept: bool
    wanted: str
    got: str
    consequence: Consequence
    """What it does when it is not kept."""
    advice: str
    """What to do then."""

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits, the same in every run; a waiver can name them."""
        return hashlib.sha256(f"policy:{self.limit}:{self.about}".encode()).hexdigest()[:12]


def judge(evidence: Evidence, policy: Policy, at: datetime, flaky: Sequence[Flaky], matrix: Matrix) -> list[Clause]:
    """Hold the evidence against the law of the kit and every limit of the policy.

    Args:
        evidence: what the runs say.
        policy: what is asked of it.
        at: the moment of the verdict.
        flaky: tests of no reliable outcome.
        matrix: requirements with their evidence.
    """
    return [
        *_laws(evidence),
        *_runs(evidence, policy, at),
        *_ports(evidence, policy),
        *_limits("coverage", policy.limits, evidence.total, policy, area=""),
        *_areas(evidence, policy),
        *_unreliable(evidence, policy, flaky),
        *_requirements(matrix, policy),
    ]


def _laws(evidence: Evidence) -> Iterator[Clause]:
    for run in evidence.runs:
        reason = f": {run.reason}" if run.reason else ", and so it was killed" if run.state == "running" else ""
        yield _law(
            "complete", "a run that came to its end", f"run {run.name}, {run.state}{reason}", run.state == "complete", "run it again"
        )
        if run.state != "running":
            got = f"run {run.name} with another {run.unsealed}" if run.digest else f"run {run.name} with {run.unsealed}"
            yield _law(
                "sealed",
                "the files of the run as they were sealed",
                got if run.unsealed else "as sealed",
                not run.unsealed,
                "erp-testkit verify",
            )
    wanted, advice = "every test judged, or not covered", "mend the environment or the configuration, then run it again"
    for area in in_order({error.area for error in evidence.errors}):
        errors = [error for error in evidence.errors if error.area == area]
        got = f"{len(errors)} without judgement: {_named([error.node for error in errors])}; {shortened(errors[0].message)}"
        yield _law("judged", wanted, got, False, advice, area)
    if not evidence.errors:
        yield _law("judged", wanted, "all judged", True, advice)
    checked = sum(evidence.total.counts[outcome] for outcome in JUDGED)
    yield _law("checked", "at least one test checked", str(checked), bool(checked), "see why nothing is covered: erp-testkit doctor")


def shortened(message: str) -> str:
    """Return a message on one line, and no longer than a verdict can bear; the evidence has all of it."""
    line = " ".join(message.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"


def _law(limit: str, wanted: str, got: str, kept: bool, advice: str, area: str = "") -> Clause:
    return Clause(key="law", limit=limit, area=area, wanted=wanted, got=got, kept=kept, consequence=Consequence.REJECT, advice=advice)


def _runs(evidence: Evidence, policy: Policy, at: datetime) -> Iterator[Clause]:
    for run in evidence.runs:
        profile = str(run.facts["profile"] or "")
        yield _clause(
            policy,
            "run.environments",
            profile,
            kept=run.facts["environment"] in policy.environments,
            wanted=f"environment {' or '.join(policy.environments)}",
            got=f"{run.facts['environment']} ({run.name})",
            advice="run it there: erp-testkit run --profile …",
        )
        hours = (at - run.ended).total_seconds() / 3600
        yield _clause(
            policy,
            "run.max_age_hours",
            profile,
            kept=hours <= policy.max_age_hours,
            wanted=f"a run of the last {policy.max_age_hours:g} hours",
            got=f"{hours:.1f} hours ({run.name})",
            advice="run it again",
        )
        yield _clause(
            policy,
            "run.most_minutes",
            profile,
            kept=run.minutes <= policy.most_minutes,
            wanted=f"at most {policy.most_minutes:g} minutes",
            got=f"{run.minutes:.1f} minutes ({run.name})",
            advice="run it in more processes: erp-testkit run -n auto",
        )


def _ports(evidence: Evidence, policy: Policy) -> Iterator[Clause]:
    for port in policy.ports:
        used, lacking = evidence.ports[port], evidence.lacking.get(port, set())
        got = f"{len(lacking)} not covered for want of it: {_named(sorted(lacking))}" if lacking else f"{used} tests went through it"
        yield _clause(
            policy,
            "coverage.ports",
            port,
            kept=bool(used) and not lacking,
            wanted=f"port {port} covered",
            got=got,
            advice=f"give the adapter the port {port} (docs/adapters.md)",
        )


def _areas(evidence: Evidence, policy: Policy) -> Iterator[Clause]:
    for name, (_, limits) in policy.areas.items():
        if name not in evidence.areas and name not in _SHIPPED:
            yield _clause(
                policy,
                f"areas.{name}.least_scenarios",
                name,
                kept=False,
                wanted=f"tests of area '{name}'",
                got=f"none. {closest(name, evidence.areas)}",
                advice="run them too, or mend the name in the policy",
                area=name,
            )
        else:
            yield from _limits(f"areas.{name}", limits, evidence.areas.get(name, Area()), policy, area=name)


def _limits(place: str, limits: Limits, figures: Area, policy: Policy, *, area: str) -> Iterator[Clause]:
    where = f" of {area}" if area else ""
    if limits.least_scenarios:
        judged = len(figures.scenarios)
        yield _clause(
            policy,
            f"{place}.least_scenarios",
            area,
            kept=judged >= limits.least_scenarios,
            wanted=f"at least {limits.least_scenarios} scenarios{where} judged",
            got=str(judged),
            advice="run all of them",
            area=area,
        )
    if limits.least_rules:
        yield _clause(
            policy,
            f"{place}.least_rules",
            area,
            kept=figures.rules >= limits.least_rules,
            wanted=f"at least {limits.least_rules} rules checked{where}",
            got=str(figures.rules),
            advice="see which ledger tables the adapter lacks: erp-testkit doctor",
            area=area,
        )
    if limits.least_contract_coverage:
        share = figures.exercised / figures.promised if figures.promised else 0.0
        yield _clause(
            policy,
            f"{place}.least_contract_coverage",
            area,
            kept=share >= limits.least_contract_coverage,
            wanted=f"at least {limits.least_contract_coverage:.0%} of what contracts{where} promise exercised",
            got=f"{share:.1%} ({figures.exercised} of {figures.promised})",
            advice="see in the report what was not exercised",
            area=area or CONTRACTS,
        )
    tests = figures.counts.total()
    if limits.most_not_covered < 1 and tests:
        uncovered = figures.counts[Outcome.NOT_COVERED]
        yield _clause(
            policy,
            f"{place}.most_not_covered",
            area,
            kept=uncovered / tests <= limits.most_not_covered,
            wanted=f"at most {limits.most_not_covered:.1%} of the tests{where} not covered",
            got=f"{uncovered / tests:.1%} ({uncovered} of {tests})",
            advice="give the adapter the ports it lacks (docs/adapters.md)",
            area=area,
        )


def _unreliable(evidence: Evidence, policy: Policy, flaky: Sequence[Flaky]) -> Iterator[Clause]:
    for test in flaky:
        yield _clause(
            policy,
            "flaky",
            test.node,
            kept=False,
            wanted=f"{test.node} with one outcome in all runs of this commit",
            got=f"kept in {_named(test.kept)}, broken in {_named(test.broken)}",
            advice="find out why; a run that happened to be kept proves nothing",
        )
    for entry in sorted({entry for run in evidence.runs for entry in run.known_but_kept}):
        yield _clause(
            policy,
            "known_but_kept",
            entry,
            kept=False,
            wanted="known findings that still show",
            got=f"kept: {entry}",
            advice="take it off the list of known findings",
        )


def _requirements(matrix: Matrix, policy: Policy) -> Iterator[Clause]:
    gaps = {(gap.fault, gap.about): gap for gap in matrix.gaps}
    for row in matrix.rows:
        fault = Fault.HIGH_RISK if row.requirement.risk is Risk.HIGH else Fault.UNCOVERED
        if row.status is not Status.NOT_APPLICABLE and (fault, row.requirement.id) not in gaps:
            yield _of_requirement(policy, fault, row.requirement.id, kept=True, wanted=wanted(row), got=stands(row), advice="")
    for gap in matrix.gaps:
        yield _of_requirement(policy, gap.fault, gap.about, kept=False, wanted=gap.wanted, got=gap.got, advice=gap.advice)


def _of_requirement(policy: Policy, fault: Fault, about: str, *, kept: bool, wanted: str, got: str, advice: str) -> Clause:
    return Clause(
        key=f"requirements.{fault}",
        limit=fault,
        about=about,
        kept=kept,
        wanted=wanted,
        got=got,
        consequence=policy.requirements[fault],
        advice=advice,
    )


def _clause(policy: Policy, key: str, about: str, *, kept: bool, wanted: str, got: str, advice: str, area: str = "") -> Clause:
    limit = key.rpartition(".")[2]
    return Clause(
        key=key,
        limit=limit,
        about=about,
        area=area,
        kept=kept,
        wanted=wanted,
        got=got,
        consequence=policy.consequences[limit],
        advice=advice,
    )


def _named(names: Sequence[str]) -> str:
    rest = len(names) - _SHOWN
    return f"{', '.join(names[:_SHOWN])}{f' and {rest} more' if rest > 0 else ''}"
