"""The figures of the evidence against the limits of the policy: one clause for each, kept or not."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from erp_testkit.domain.errors import closest
from erp_testkit.domain.findings import fingerprint
from erp_testkit.domain.results import AREAS, CONTRACTS, in_order
from erp_testkit.gate.requirements.matrix import Fault, Matrix, Status, stands, wanted
from erp_testkit.gate.requirements.requirements import Risk
from erp_testkit.gate.verdict.history import Flaky
from erp_testkit.gate.verdict.policy import AreaLimits, Consequence, Limit, Limits, Policy, RunLimits
from erp_testkit.gate.verdict.reading import JUDGED, Area, Evidence, RunFacts

_SHIPPED = {*AREAS.values(), CONTRACTS}
_SHOWN = 8
"""How many names are written before the rest is only counted."""
_LONGEST = 300
"""How many characters of a message are repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One thing the policy, or the law of the kit, asks of the evidence."""

    key: str
    """Where the policy says so, such as ``areas.Sales.min_rules``; ``law`` where no policy can change it."""
    limit: str
    """Name of the limit, such as ``min_rules``."""
    about: str = ""
    """Area, port, profile or test it is about; nothing that differs from run to run."""
    area: str = ""
    kept: bool
    wanted: str
    got: str
    advice: str
    """What to do when it is not kept."""
    consequence: Consequence = Consequence.REJECT
    """What it does then."""

    @property
    def fingerprint(self) -> str:
        """The same in every run; a waiver can name it."""
        return fingerprint("policy", self.limit, self.about)


def judge(evidence: Evidence, policy: Policy, at: datetime, flaky: Sequence[Flaky], matrix: Matrix) -> list[Clause]:
    """Hold the evidence against the law of the kit and every limit of the policy.

    Args:
        evidence: what the runs say.
        policy: what is asked of it.
        at: the moment of the verdict.
        flaky: tests of no reliable outcome.
        matrix: requirements with their evidence.
    """
    asked = [
        *_runs(evidence.runs, policy.run, at),
        *_ports(evidence, policy.coverage.ports),
        *_limits("coverage", policy.coverage, evidence.total),
        *_areas(evidence, policy.areas),
        *_unreliable(evidence, flaky),
        *_requirements(matrix),
    ]
    consequences: Mapping[str, Consequence] = {
        str(limit): word for limit, word in (*policy.consequences.items(), *policy.requirements.items())
    }
    return [*_laws(evidence), *(replace(clause, consequence=consequences[clause.limit]) for clause in asked)]


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
    return Clause(key="law", limit=limit, area=area, wanted=wanted, got=got, kept=kept, advice=advice)


def _runs(runs: Sequence[RunFacts], asked: RunLimits, at: datetime) -> Iterator[Clause]:
    for run in runs:
        hours = (at - run.ended).total_seconds() / 3600
        for limit, kept, said, got, advice in (
            (
                Limit.ENVIRONMENTS,
                run.facts["environment"] in asked.environments,
                f"environment {' or '.join(asked.environments)}",
                run.facts["environment"],
                "run it there: erp-testkit run --profile …",
            ),
            (
                Limit.MAX_AGE_HOURS,
                hours <= asked.max_age_hours,
                f"a run of the last {asked.max_age_hours:g} hours",
                f"{hours:.1f} hours",
                "run it again",
            ),
            (
                Limit.MAX_MINUTES,
                run.minutes <= asked.max_minutes,
                f"at most {asked.max_minutes:g} minutes",
                f"{run.minutes:.1f} minutes",
                "run it in more processes: erp-testkit run -n auto",
            ),
        ):
            about = str(run.facts["profile"] or "")
            yield Clause(key=f"run.{limit}", limit=limit, about=about, kept=kept, wanted=said, got=f"{got} ({run.name})", advice=advice)


def _ports(evidence: Evidence, ports: Sequence[str]) -> Iterator[Clause]:
    for port in ports:
        used, lacking = evidence.ports[port], evidence.lacking.get(port, set())
        got = f"{len(lacking)} not covered for want of it: {_named(sorted(lacking))}" if lacking else f"{used} tests went through it"
        yield Clause(
            key=f"coverage.{Limit.PORTS}",
            limit=Limit.PORTS,
            about=port,
            kept=bool(used) and not lacking,
            wanted=f"port {port} covered",
            got=got,
            advice=f"give the adapter the port {port} (erp-testkit docs adapters)",
        )


def _areas(evidence: Evidence, areas: Mapping[str, AreaLimits]) -> Iterator[Clause]:
    for name, limits in areas.items():
        if name in evidence.areas or name in _SHIPPED:
            yield from _limits(f"areas.{name}", limits, evidence.areas.get(name, Area()), name)
        else:
            yield Clause(
                key=f"areas.{name}.{Limit.MIN_SCENARIOS}",
                limit=Limit.MIN_SCENARIOS,
                about=name,
                area=name,
                kept=False,
                wanted=f"tests of area '{name}'",
                got=f"none. {closest(name, evidence.areas)}",
                advice="run them too, or mend the name in the policy",
            )


class _Figure(NamedTuple):
    """A figure of what was checked, and how it is said that it is held against a limit."""

    limit: Limit
    of: Callable[[Area], float]
    keeps: Callable[[float, float], bool]
    wanted: str
    got: str
    advice: str
    area: str = ""
    """Where it belongs when it is asked of all areas."""


_FIGURES = (
    _Figure(
        Limit.MIN_SCENARIOS,
        lambda area: len(area.scenarios),
        operator.ge,
        "at least {limit} scenarios{where} judged",
        "{figure}",
        "run all of them",
    ),
    _Figure(
        Limit.MIN_RULES,
        lambda area: area.rules,
        operator.ge,
        "at least {limit} rules checked{where}",
        "{figure}",
        "see which ledger tables the adapter lacks: erp-testkit doctor",
    ),
    _Figure(
        Limit.MIN_CONTRACT_COVERAGE,
        lambda area: area.exercised / area.promised if area.promised else 0.0,
        operator.ge,
        "at least {limit:.0%} of what contracts{where} promise exercised",
        "{figure:.1%} ({area.exercised} of {area.promised})",
        "see in the report what was not exercised",
        CONTRACTS,
    ),
    _Figure(
        Limit.MAX_NOT_COVERED,
        lambda area: area.uncovered / area.tests if area.tests else 0.0,
        operator.le,
        "at most {limit:.1%} of the tests{where} not covered",
        "{figure:.1%} ({area.uncovered} of {area.tests})",
        "give the adapter the ports it lacks (erp-testkit docs adapters)",
    ),
)


def _limits(place: str, limits: Limits, area: Area, name: str = "") -> Iterator[Clause]:
    where = f" of {name}" if name else ""
    for one in _FIGURES:
        limit, figure = getattr(limits, one.limit), one.of(area)
        # The defaults ask nothing.
        if limit != Limits.model_fields[one.limit].default:
            yield Clause(
                key=f"{place}.{one.limit}",
                limit=one.limit,
                about=name,
                area=name or one.area,
                kept=one.keeps(figure, limit),
                wanted=one.wanted.format(limit=limit, where=where),
                got=one.got.format(figure=figure, area=area),
                advice=one.advice,
            )


def _unreliable(evidence: Evidence, flaky: Sequence[Flaky]) -> Iterator[Clause]:
    for test in flaky:
        yield Clause(
            key=Limit.FLAKY,
            limit=Limit.FLAKY,
            about=test.node,
            kept=False,
            wanted=f"{test.node} with one outcome in all runs of this commit",
            got=f"kept in {_named(test.kept)}, broken in {_named(test.broken)}",
            advice="find out why; a run that happened to be kept proves nothing",
        )
    for entry in sorted({entry for run in evidence.runs for entry in run.known_but_kept}):
        yield Clause(
            key=Limit.KNOWN_BUT_KEPT,
            limit=Limit.KNOWN_BUT_KEPT,
            about=entry,
            kept=False,
            wanted="known findings that still show",
            got=f"kept: {entry}",
            advice="take it off the list of known findings",
        )


def _requirements(matrix: Matrix) -> Iterator[Clause]:
    gaps = {(gap.fault, gap.about): gap for gap in matrix.gaps}
    for row in matrix.rows:
        fault, id_ = Fault.HIGH_RISK if row.requirement.risk is Risk.HIGH else Fault.UNCOVERED, row.requirement.id
        if row.status is not Status.NOT_APPLICABLE and (fault, id_) not in gaps:
            yield Clause(key=f"requirements.{fault}", limit=fault, about=id_, kept=True, wanted=wanted(row), got=stands(row), advice="")
    for gap in matrix.gaps:
        key = f"requirements.{gap.fault}"
        yield Clause(key=key, limit=gap.fault, about=gap.about, kept=False, wanted=gap.wanted, got=gap.got, advice=gap.advice)


def _named(names: Sequence[str]) -> str:
    rest = len(names) - _SHOWN
    return f"{', '.join(names[:_SHOWN])}{f' and {rest} more' if rest > 0 else ''}"
