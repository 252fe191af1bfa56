"""What the results of runs say of each scenario, each rule and each check of a contract: what requirements are traced to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from erp_testkit.domain.results import Outcome, Result

_JUDGED = (Outcome.KEPT, Outcome.BROKEN, Outcome.KNOWN)
_WORST = (Outcome.BROKEN, Outcome.ERROR, Outcome.KNOWN, Outcome.KEPT, Outcome.NOT_COVERED)
"""The order in which the outcomes of several tests make that of all together."""


class Kind(StrEnum):
    """What evidence can come from."""

    SCENARIO = "scenario"
    RULE = "rule"
    CONTRACT = "contract"


@dataclass(slots=True)
class Source:
    """One scenario, rule or check of a contract, with how its tests ended in all runs."""

    kind: Kind
    id: str
    counts: Counter[Outcome] = field(default_factory=Counter)
    """Tests by how they ended: several languages, rows of an outline, runs."""
    titles: dict[str, str] = field(default_factory=dict)
    """By language; none of a rule, whose id says it."""
    requirements: set[str] = field(default_factory=set)
    """Ids it names itself."""

    @property
    def outcome(self) -> Outcome:
        """How it ended, all tests together: the worst of them, and *not covered* only where none was judged."""
        return worst(self.counts)

    def title(self, language: str) -> str:
        """Return what it is called, in the language where it ran in it."""
        return self.titles.get(language) or self.titles.get("en") or next(iter(self.titles.values()), "")


def worst(outcomes: Collection[Outcome]) -> Outcome:
    """Return the outcome of several together; of none at all: not covered."""
    return next((outcome for outcome in _WORST if outcome in outcomes), Outcome.NOT_COVERED)


@dataclass(slots=True)
class Sources:
    """Everything in some runs that can be evidence."""

    tests: dict[tuple[Kind, str], Source] = field(default_factory=dict)
    """Scenarios and checks of contracts."""
    rules: dict[str, Source] = field(default_factory=dict)

    def add(self, result: Result) -> None:
        """Take in how one test ended."""
        key = (Kind(result.kind), result.scenario)
        source = self.tests.get(key)
        if source is None:
            source = self.tests[key] = Source(*key)
        source.counts[result.outcome] += 1
        source.titles.setdefault(result.language, result.title)
        source.requirements.update(result.requirements)
        if result.outcome not in _JUDGED:
            return
        for rule in result.rules_not_covered:
            self._rule(rule).counts[Outcome.NOT_COVERED] += 1
        broken = Outcome.KNOWN if result.outcome is Outcome.KNOWN else Outcome.BROKEN
        for rule, (kept, violated, *_) in result.rules.items():
            if violated or kept:  # a rule that judged nothing is evidence of nothing
                self._rule(rule).counts[broken if violated else Outcome.KEPT] += 1

    def name(self, rules: Iterable[str]) -> None:
        """Take in which rules there are, exercised or not."""
        for rule in rules:
            self._rule(rule)

    def _rule(self, rule: str) -> Source:
        return self.rules.setdefault(rule, Source(Kind.RULE, rule))
