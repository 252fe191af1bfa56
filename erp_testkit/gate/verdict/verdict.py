"""The verdict: what the policy and the waivers make of the evidence, with every reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from erp_testkit.domain.causes import Cause
from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.findings import Family
from erp_testkit.domain.results import area_of, in_order
from erp_testkit.domain.said import Said
from erp_testkit.evidence.pack import Pack
from erp_testkit.gate.requirements import matrix
from erp_testkit.gate.requirements.matrix import Matrix
from erp_testkit.gate.requirements.requirements import NOTHING, Requirements
from erp_testkit.gate.verdict import clauses, history, reading
from erp_testkit.gate.verdict.clauses import Clause
from erp_testkit.gate.verdict.history import Flaky
from erp_testkit.gate.verdict.policy import Consequence, Policy, strictest
from erp_testkit.gate.verdict.reading import Area, Evidence
from erp_testkit.gate.verdict.titles import title_of
from erp_testkit.gate.verdict.waivers import Waivable, Waiver, Waivers


class Word(StrEnum):
    """What the gate says."""

    APPROVED = "approved for signing"
    WAIVER = "needs waiver"
    REJECTED = "rejected"


VERDICT = "verdict.json"
"""In the folder of a verdict."""
NOT_CHECKED = "not checked"
"""What is said of an area no test of which was judged, where nothing else is to be said of it."""


class State(StrEnum):
    """What a reason does to the verdict, waivers considered."""

    REJECTS = "rejects"
    NEEDS_WAIVER = "needs waiver"
    WAIVED = "waived"
    NOTED = "noted"


_WORDS = {State.REJECTS: Word.REJECTED, State.NEEDS_WAIVER: Word.WAIVER}
_STATES = {Consequence.REJECT: State.REJECTS, Consequence.WAIVER: State.NEEDS_WAIVER, Consequence.NOTE: State.NOTED}
_KEYWORD = re.compile(r"[\w.-]+")
"""What pytest's ``-k`` takes for a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that is not as it should be: a cause, or a clause of the policy that is not kept."""

    key: str
    """The key of the policy that decides, or ``law``."""
    consequence: Consequence
    fingerprint: str
    """What a waiver names it by; empty where no waiver can lift it."""
    areas: Sequence[str]
    """Areas it is about; none where it is about the whole."""
    title: Said
    detail: Said
    """Figures, and where to look."""
    advice: Said
    cause: Cause | None = None
    clause: Clause | None = None
    waiver: Waiver | None = None

    @property
    def state(self) -> State:
        """What it does to the verdict."""
        return State.WAIVED if self.waiver else _STATES[self.consequence]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the gate says of some runs."""

    at: datetime
    """The moment it was given, UTC; the age of runs and waivers is judged by it."""
    policy: Policy
    evidence: Evidence
    matrix: Matrix
    """Requirements with their evidence."""
    clauses: Sequence[Clause]
    """Everything that was asked of the evidence, kept or not."""
    reasons: Sequence[Reason]
    """What is not as it should be, the worst first."""
    flaky: Sequence[Flaky]
    history: Sequence[str]
    """Names of the earlier runs that were looked at for flaky tests."""
    ending: Sequence[Waiver]
    """Waivers that end soon."""

    @property
    def word(self) -> Word:
        """The verdict."""
        return worst(self.reasons)

    @property
    def exit_code(self) -> int:
        """0 approved for signing, 1 needs waiver or rejected, 2 the kit was used wrongly in a run, 3 a run could not judge.

        As for a run, what could not be judged goes before what broke; only a run that was cut short after something broke is a 1.
        """
        codes = {error.exit_code for error in self.evidence.errors}
        if 3 in codes or any(run.state == "running" or (run.state != "complete" and not run.broken) for run in self.evidence.runs):
            return 3
        if codes:
            return 2
        return 0 if self.word is Word.APPROVED else 1

    @cached_property
    def counts(self) -> Counter[State]:
        """How many reasons do what."""
        return Counter(reason.state for reason in self.reasons)

    def of(self, state: State) -> list[Reason]:
        """Return the reasons that do one thing."""
        return [reason for reason in self.reasons if reason.state is state]

    def areas(self) -> Mapping[str, tuple[Area, str]]:
        """Return the figures of each area, and what its reasons alone would make of the verdict, or `NOT_CHECKED`."""
        return {name: (self.evidence.areas[name], self._word_of(name)) for name in in_order(set(self.evidence.areas))}

    def _word_of(self, area: str) -> str:
        word = worst(reason for reason in self.reasons if area in reason.areas)
        return NOT_CHECKED if word is Word.APPROVED and not self.evidence.areas[area].scenarios else word


def worst(reasons: Iterable[Reason]) -> Word:
    """Return the verdict that some reasons make."""
    words = {_WORDS.get(reason.state, Word.APPROVED) for reason in reasons}
    return next((word for word in (Word.REJECTED, Word.WAIVER) if word in words), Word.APPROVED)


def judge(
    packs: Sequence[Pack],
    policy: Policy,
    *,
    waivers: Path | None,
    at: datetime,
    runs: Path,
    requirements: Requirements = NOTHING,
) -> Verdict:
    """Judge runs by their evidence alone; the same packs, policy, waivers and moment give the same verdict.

    Args:
        packs: the runs, together.
        policy: what is asked of them.
        waivers: file of accepted findings, if there is one.
        at: the moment of the verdict, UTC.
        runs: folder of earlier runs, which show what is flaky.
        requirements: what the runs are to be evidence for.

    Raises:
        UsageError: a pack cannot be read or ended after `at`, or the waivers have mistakes.
    """
    given = Waivers(waivers, policy, at.date())
    evidence = reading.read(packs)
    for run in evidence.runs:
        if run.ended > at:
            raise UsageError(
                f"Failed to judge run {run.name}: expected one that ended before the verdict of {at:%Y-%m-%dT%H:%M:%SZ}, "
                f"got {run.ended:%Y-%m-%dT%H:%M:%SZ}. Next: set the clock of this machine right, or name the moment with --at."
            )
    before = [history.earlier(runs, pack) for pack in packs]
    flaky = [
        test
        for pack, outcomes, earlier in zip(packs, evidence.outcomes, before, strict=True)
        for test in history.flaky(pack.name, outcomes, earlier)
    ]
    traced = matrix.build(requirements, evidence.sources)
    judged = clauses.judge(evidence, policy, at, flaky, traced)
    reasons = [
        *(_of_clause(clause) for clause in judged if not clause.kept),
        *(_of_cause(cause, policy) for cause in evidence.causes),
    ]
    whole = not any(reason.key == "law" for reason in reasons)
    waived = given.match({reason.fingerprint: _waivable(reason) for reason in reasons if reason.fingerprint}, whole=whole)
    return Verdict(
        at=at,
        policy=policy,
        evidence=evidence,
        matrix=traced,
        clauses=judged,
        reasons=sorted((_with(reason, waived) for reason in reasons), key=_order),
        flaky=flaky,
        history=sorted({pack.name for earlier in before for pack in earlier}),
        ending=sorted(
            (waiver for waiver in waived.values() if given.ending(waiver)), key=lambda waiver: (waiver.expires, waiver.fingerprint)
        ),
    )


def moment(text: str | None) -> datetime:
    """Read the moment of a verdict; without one it is now.

    Raises:
        UsageError: it is no moment.
    """
    if text is None:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"Failed to read --at '{text}' as a moment: expected one such as 2026-11-23T09:30:00Z, got {error}.") from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _of_clause(clause: Clause) -> Reason:
    is_law = clause.key == "law"
    return Reason(
        key=clause.key,
        consequence=clause.consequence,
        fingerprint="" if is_law else clause.fingerprint,
        areas=[clause.area] if clause.area else [],
        title=clause.wanted,
        detail=Said("expected {wanted}, got {got}", "{wanted}；实际：{got}").with_(wanted=clause.wanted, got=clause.got),
        advice=clause.advice,
        clause=clause,
    )


def _of_cause(cause: Cause, policy: Policy) -> Reason:
    known = cause.known
    consequence, key = strictest(
        policy.consequence(place.finding.severity, known=known, area=area_of(place.result), risks=place.result.risks)
        for place in cause.places
    )
    tests, first = cause.tests, cause.first
    accepted = Said("known: {why} ", "已知问题（{why}），").with_(why="; ".join(sorted({why for test in tests for why in test.reasons})))
    where = f"{first.result.file}:{first.result.line}"
    # What the test said stays in the language it ran in.
    chinese = min((place for place in cause.places if place.result.language == "zh-CN"), key=lambda place: place.order, default=first)
    said = (
        Said("{accepted}{count} test, {where}: {message}", "{accepted}{count} 项测试，{where}：{message}")
        if len(tests) == 1
        else Said("{accepted}{count} tests, {where}: {message}", "{accepted}{count} 项测试，首见 {where}：{message}")
    )
    again = Said("see it again: erp-testkit run -k {test}", "重现：erp-testkit run -k {test}").with_(test=first.test)
    look = Said("see {where}", "见 {where}").with_(where=where)
    title = title_of(first.result) if cause.kind.family is Family.SCENARIO else cause.title
    return Reason(
        key=key,
        consequence=consequence,
        fingerprint=cause.fingerprint,
        areas=in_order({area_of(test) for test in tests}),
        title=Said("{name}: {title}", "{name}：{title}").with_(name=cause.name, title=title),
        detail=said.with_(
            accepted=accepted if known else "",
            count=len(tests),
            where=where,
            message=Said(*(clauses.shortened(one.finding.message) for one in (first, chinese))),
        ),
        advice=again if _KEYWORD.fullmatch(first.test) else look,
        cause=cause,
    )


def _waivable(reason: Reason) -> Waivable:
    return Waivable(reason.title, reason.key if reason.consequence is Consequence.REJECT else "")


def _with(reason: Reason, waived: Mapping[str, Waiver]) -> Reason:
    return replace(reason, waiver=waived.get(reason.fingerprint))


def _order(reason: Reason) -> tuple[int, int, int, bool, str, str]:
    cause = reason.cause
    severity, tests = (cause.severity.rank, -len(cause.tests)) if cause else (-1, 0)
    area = reason.areas[0] if reason.areas else ""
    return (list(State).index(reason.state), severity, tests, area == "", area, reason.title + reason.fingerprint)
