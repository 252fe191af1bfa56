"""A verdict as a person reads it in half a minute: areas, what decides, waivers, what is not covered, the next step."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from erp_testkit.domain.results import Outcome
from erp_testkit.gate.reports.files import SUMMARY
from erp_testkit.gate.reports.summary import next_step
from erp_testkit.gate.requirements.matrix import Status
from erp_testkit.gate.verdict.reading import RunFacts
from erp_testkit.gate.verdict.verdict import Reason, State, Verdict
from erp_testkit.pytest_plugin.judging.table import as_table

_WIDTH = 120
_SHOWN = 8
"""How many reasons of a kind, or names, are shown before the rest is only counted."""


def lines(verdict: Verdict, folder: Path) -> list[str]:
    """Return the lines of the verdict.

    Args:
        verdict: the verdict.
        folder: where its files are, as the user may type it.
    """
    return [
        *_runs(verdict),
        "",
        *_areas(verdict),
        *_reasons("Rejects", verdict.of(State.REJECTS), folder),
        *_reasons("Needs a waiver", verdict.of(State.NEEDS_WAIVER), folder),
        *_reasons("Waived", verdict.of(State.WAIVED), folder),
        *_noted(verdict),
        *_ending(verdict),
        "",
        *_coverage(verdict),
        f"Files in {folder}",
        "",
        f"Verdict: {verdict.word}",
        f"Next: {next_step(verdict)}",
    ]


def _runs(verdict: Verdict) -> Iterator[str]:
    for run in verdict.evidence.runs:
        facts = run.facts
        commit = f", commit {str(facts['commit'])[:12]}" if facts["commit"] else ""
        profile = f"{facts['profile']} ({facts['environment']})"
        yield f"Run {run.name}: {facts['erp'] or facts['adapter']}, {profile}{commit}, {_age(run, verdict.at)}"
    policy = verdict.policy
    yield f"Policy {policy.name}{'' if policy.extends == policy.name else f', extends {policy.extends}'}"


def _age(run: RunFacts, at: datetime) -> str:
    minutes = int((at - run.ended).total_seconds() // 60)
    return f"{minutes} minutes ago" if minutes < 120 else f"{minutes // 60} hours ago"


def _areas(verdict: Verdict) -> list[str]:
    areas, total = verdict.areas(), verdict.evidence.total
    shown = [outcome for outcome in Outcome if outcome is not Outcome.ERROR or total.counts[outcome]]
    rows = [[name, *(str(area.counts[outcome]) for outcome in shown), word] for name, (area, word) in areas.items()]
    rows.append(["Total", *(str(total.counts[outcome]) for outcome in shown), verdict.word])
    return as_table(["Area", *shown, "verdict"], rows, right=range(1, len(shown) + 1))


def _reasons(head: str, reasons: Sequence[Reason], folder: Path) -> Iterator[str]:
    if not reasons:
        return
    yield ""
    yield f"{head} ({len(reasons)}):"
    for reason in reasons[:_SHOWN]:
        severity = f"{reason.cause.severity} · " if reason.cause else ""
        text = reason.title if reason.cause else reason.detail
        yield from _wrapped(f"{reason.fingerprint or 'law':<12}  {severity}{text}", indent=2)
        if reason.waiver:
            waiver = reason.waiver
            yield from _wrapped(f"until {waiver.expires}, owner {waiver.owner}, approved by {waiver.approver}: {waiver.reason}", indent=16)
        else:
            yield from _wrapped(f"{reason.cause.counted()}; {reason.advice}" if reason.cause else reason.advice, indent=16)
    if len(reasons) > _SHOWN:
        yield f"  and {len(reasons) - _SHOWN} more in {folder / SUMMARY}"


def _noted(verdict: Verdict) -> Iterator[str]:
    # Gaps of requirements have a line of their own below.
    noted = [reason for reason in verdict.of(State.NOTED) if not reason.key.startswith("requirements.")]
    if noted:
        yield ""
        yield f"Noted ({len(noted)}): {_named([reason.cause.name if reason.cause else reason.detail for reason in noted])}"


def _ending(verdict: Verdict) -> Iterator[str]:
    if verdict.ending:
        yield ""
        yield "Waivers that end soon:"
        yield from (f"  {waiver.fingerprint} on {waiver.expires}, owner {waiver.owner}" for waiver in verdict.ending)


def _coverage(verdict: Verdict) -> Iterator[str]:
    evidence = verdict.evidence
    total = evidence.total
    tests, uncovered = total.counts.total(), total.counts[Outcome.NOT_COVERED]
    contracts = f", {total.exercised} of {total.promised} promises of contracts" if total.promised else ""
    yield f"Checked: {len(total.scenarios)} scenarios and checks of contracts, {total.rules} rules{contracts}"
    if verdict.matrix.rows:
        statuses = verdict.matrix.counts
        yield f"Requirements: {', '.join(f'{statuses[status]} {status}' for status in Status if statuses[status])} (erp-testkit matrix)"
    if uncovered:
        reasons = [*(f"port {port}" for port in sorted(evidence.lacking)), *sorted(evidence.uncovered)]
        yield from _wrapped(f"Not covered: {uncovered} of {tests} tests ({uncovered / tests:.1%}): {_named(reasons)}", indent=0)


def _named(names: Sequence[str]) -> str:
    rest = len(names) - _SHOWN
    return f"{', '.join(names[:_SHOWN])}{f' and {rest} more' if rest > 0 else ''}"


def _wrapped(text: str, *, indent: int) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * 16, break_on_hyphens=False, break_long_words=False
    )
