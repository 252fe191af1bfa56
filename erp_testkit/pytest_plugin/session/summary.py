"""What is printed when a run has ended: per area what was kept, broken, known and not covered; the rules; the time."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from operator import add
from typing import Any

from erp_testkit.contracts.openapi.coverage import lines as coverage_lines
from erp_testkit.contracts.openapi.coverage import merge
from erp_testkit.domain.causes import causes
from erp_testkit.domain.results import Outcome, Result, area_of, in_order
from erp_testkit.pytest_plugin.judging.table import as_table

WIDTH = 100
SHOWN = 20
"""How many causes are listed before the rest is only counted."""


def lines(
    results: Sequence[Result],
    *,
    seed: int,
    folder: str,
    seconds: float,
    known_but_kept: Sequence[str],
    unmatched: Sequence[str],
    verdict: str,
) -> list[str]:
    """Return the lines of the summary."""
    return [
        *_areas(results),
        "",
        *_rules(results),
        *_listed("Rules not covered", _rules_not_covered(results)),
        *_causes(results),
        *_listed("Contracts", coverage_lines(merge(result.coverage for result in results))),
        *_grouped("Not covered", results, Outcome.NOT_COVERED),
        *_grouped("Errors", results, Outcome.ERROR),
        *_listed("Known but kept; take them off the list of known findings", known_but_kept),
        *_listed("Known findings of scenarios that do not exist", unmatched),
        _time(results, seconds),
        f"Seed {seed}; evidence in {folder}",
        verdict,
    ]


def as_data(results: Sequence[Result], known_but_kept: Sequence[str]) -> dict[str, Any]:
    """Return the summary as plain data for the run folder."""
    return {
        "areas": {area: {str(outcome): counts[outcome] for outcome in Outcome} for area, counts in _counts(results).items()},
        "rules": {rule: list(counts) for rule, counts in _counted(results).items()},
        "contracts": merge(result.coverage for result in results),
        "known_but_kept": list(known_but_kept),
        "erp_seconds": round(sum(result.erp_seconds for result in results), 3),
        "scenario_seconds": round(sum(result.seconds for result in results), 3),
    }


def _counts(results: Sequence[Result]) -> dict[str, Counter[Outcome]]:
    areas = in_order({area_of(result) for result in results})
    return {area: Counter(result.outcome for result in results if area_of(result) == area) for area in areas}


def _areas(results: Sequence[Result]) -> list[str]:
    counts = _counts(results)
    shown = [outcome for outcome in Outcome if outcome is not Outcome.ERROR or any(count[outcome] for count in counts.values())]
    rows = [[area, *(str(count[outcome]) for outcome in shown)] for area, count in counts.items()]
    total = Counter(result.outcome for result in results)
    rows.append(["Total", *(str(total[outcome]) for outcome in shown)])
    return as_table(["Area", *map(str, shown)], rows, right=range(1, len(shown) + 1))


def _counted(results: Sequence[Result]) -> dict[str, tuple[int, ...]]:
    """Return each rule's subjects in all scenarios: kept, violated, unknown, in flight."""
    counts: dict[str, tuple[int, ...]] = {}
    for result in results:
        for rule, some in result.rules.items():
            counts[rule] = tuple(map(add, counts.get(rule, (0, 0, 0, 0)), some))
    return dict(sorted(counts.items()))


def _rules(results: Sequence[Result]) -> Iterator[str]:
    """Yield how many subjects were judged, which rules are violated, why subjects are unknown, and which rules met no subject."""
    counts = _counted(results)
    kept, violated, unknown, in_flight = (sum(column) for column in zip(*counts.values(), strict=True)) if counts else (0, 0, 0, 0)
    text = f"Rules: {len(counts)}, judged {kept + violated} of {kept + violated + unknown + in_flight} subjects, {violated} violated"
    yield text + (f", {unknown} unknown" if unknown else "") + (f", {in_flight} in flight" if in_flight else "")
    by_count = sorted(((rule, some[1]) for rule, some in counts.items() if some[1]), key=lambda one: (-one[1], one[0]))
    yield from _listed("Violated", [f"{rule}: {count}" for rule, count in by_count])
    yield from _listed("Unknown", _unknown(results))
    idle = ", ".join(rule for rule, some in counts.items() if not any(some))
    yield from _listed("Not exercised", [idle] if idle else [])
    failed = sorted({f"{rule}: {why}" for result in results for rule, why in result.rules_failed.items()})
    yield from _listed("Rules that could not run", failed)


def _causes(results: Sequence[Result]) -> Iterator[str]:
    """Yield what broke, the worst first; what the list of known findings explains is no news."""
    broken = [("", result) for result in results if result.outcome is Outcome.BROKEN]
    found = causes(broken)
    if found:
        tests = f"{len(broken)} {'test' if len(broken) == 1 else 'tests'}"
        head = f"Broken by {len(found)} {'cause' if len(found) == 1 else 'causes'} in {tests}"
        yield from _listed(head, [f"{cause.severity} · {cause.name}: {cause.title}, {cause.counted()}" for cause in found[:SHOWN]])
        if len(found) > SHOWN:
            yield f"  and {len(found) - SHOWN} more: erp-testkit gate"


def _unknown(results: Sequence[Result]) -> list[str]:
    by_reason: dict[str, Counter[str]] = {}
    for result in results:
        for rule, reasons in result.rules_unknown.items():
            for why, count in reasons.items():
                by_reason.setdefault(why, Counter())[rule] += count
    return [f"{counts.total()} {why}: {', '.join(sorted(counts))}" for why, counts in sorted(by_reason.items())]


def _rules_not_covered(results: Sequence[Result]) -> list[str]:
    by_tables: dict[tuple[str, ...], set[str]] = {}
    for result in results:
        for rule, tables in result.rules_not_covered.items():
            by_tables.setdefault(tuple(tables), set()).add(rule)
    return [f"no {', '.join(tables)}: {', '.join(sorted(rules))}" for tables, rules in sorted(by_tables.items())]


def _grouped(heading: str, results: Sequence[Result], outcome: Outcome) -> Iterator[str]:
    reasons: dict[str, set[str]] = {}
    for result in results:
        if result.outcome is outcome:
            # A scenario that lacks several things stands under each of them.
            for reason in map(str, result.lacks) if result.lacks else [result.message]:
                reasons.setdefault(reason, set()).add(result.scenario)
    yield from _listed(heading, [f"{reason}: {', '.join(sorted(ids))}" for reason, ids in sorted(reasons.items())])


def _listed(heading: str, entries: Sequence[str]) -> Iterator[str]:
    if entries:
        yield f"{heading}:"
        for entry in entries:
            yield from textwrap.wrap(entry, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def _time(results: Sequence[Result], seconds: float) -> str:
    scenarios = sum(result.seconds for result in results)
    erp = sum(result.erp_seconds for result in results)
    share = f", {erp / scenarios:.0%} of it waiting for the ERP" if scenarios else ""
    return f"Time: {seconds:.1f} s; scenarios {scenarios:.1f} s{share}"
