"""What a qualification found: which scenario, rule, step or contract caught which defect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHOWN = 4
"""How many names of scenarios, rules or steps are written before the rest is only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catch:
    """One scenario, or one check of a contract, that broke, and by what."""

    scenario: str
    rules: tuple[str, ...]
    step: str
    """Function of the step it broke at; empty where only rules were broken."""
    breaches: tuple[str, ...] = ()
    """Ids of what a contract's check found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The suite against one ERP: with one defect, or clean."""

    defect: str
    """Empty for the clean ERP."""
    means: str
    """What is wrong with it."""
    judged: int
    """How many scenarios and checks of contracts were judged."""
    catches: tuple[Catch, ...]
    seconds: float
    trouble: str = ""
    """Why the suite could not judge."""

    @property
    def caught(self) -> bool:
        """Whether any scenario broke."""
        return bool(self.catches)

    @property
    def rules(self) -> Counter[str]:
        """Rules that were broken, and in how many scenarios."""
        return Counter(rule for catch in self.catches for rule in catch.rules)

    @property
    def steps(self) -> Counter[str]:
        """Step functions that failed, and in how many scenarios."""
        return Counter(catch.step for catch in self.catches if catch.step)

    @property
    def breaches(self) -> Counter[str]:
        """Kinds of breaches of contracts, and in how many checks."""
        return Counter(breach for catch in self.catches for breach in set(catch.breaches))

    @property
    def by_one_check_only(self) -> bool:
        """Whether a single rule, step or kind of breach stands between this defect and production."""
        return len(self.rules) + len(self.steps) + len(self.breaches) == 1

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "defect": self.defect,
            "means": self.means,
            "caught": self.caught,
            "scenarios": [catch.scenario for catch in self.catches],
            "rules": dict(self.rules.most_common()),
            "steps": dict(self.steps.most_common()),
            "breaches": dict(self.breaches.most_common()),
            "by_one_check_only": self.by_one_check_only,
            "judged": self.judged,
            "seconds": round(self.seconds, 1),
            "trouble": self.trouble,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A whole qualification."""

    clean: Trial
    defects: tuple[Trial, ...]
    seconds: float
    quick: bool = False
    """Whether trials ended at their first catch: then nothing can be said of how much catches a defect."""

    @property
    def rate(self) -> float:
        """Share of the defects that were caught."""
        return sum(trial.caught for trial in self.defects) / len(self.defects)

    @property
    def missed(self) -> tuple[str, ...]:
        """Defects nothing caught, though the suite judged."""
        return tuple(trial.defect for trial in self.defects if not trial.caught and not trial.trouble)

    @property
    def false_alarms(self) -> tuple[str, ...]:
        """Scenarios that broke although nothing was wrong."""
        return tuple(catch.scenario for catch in self.clean.catches)

    @property
    def troubles(self) -> tuple[str, ...]:
        """Why a part of the suite could not judge."""
        return tuple(f"{trial.defect or 'clean ERP'}: {trial.trouble}" for trial in (self.clean, *self.defects) if trial.trouble)

    @property
    def exit_code(self) -> int:
        """0 when everything was caught without a false alarm, 1 when not, 3 when a part could not run."""
        if self.troubles:
            return 3
        return 1 if self.missed or self.false_alarms else 0

    def as_data(self) -> Mapping[str, Any]:
        """Return it as plain data."""
        return {
            "judged": self.clean.judged,
            "defects": [trial.as_data() for trial in self.defects],
            "rate": self.rate,
            "missed": list(self.missed),
            "false_alarms": list(self.false_alarms),
            "troubles": list(self.troubles),
            "seconds": round(self.seconds, 1),
        }

    def summary(self) -> list[str]:
        """Return the lines that sum it up."""
        caught = sum(trial.caught for trial in self.defects)
        alone = [trial.defect for trial in self.defects if trial.by_one_check_only and not self.quick]
        return [
            f"Detection rate: {self.rate:.1%} ({caught} of {len(self.defects)} defects, by {self.clean.judged} tests)",
            f"False alarms on the clean ERP: {len(self.false_alarms)}",
            *_listed("Missed", self.missed),
            *_listed("False alarms", self.false_alarms),
            *_listed("Caught by one rule, step or kind of breach only", alone),
            *_listed("Could not run", self.troubles),
            f"Time: {self.seconds:.0f} s",
        ]

    def as_markdown(self) -> str:
        """Return it as a page."""
        lines = ["| defect | what is wrong | tests | rules | steps | breaches of contracts |", "|---|---|---|---|---|---|"]
        lines += [
            f"| `{trial.defect}` | {trial.means} | {_bounded(catch.scenario for catch in trial.catches)} "
            f"| {_bounded(trial.rules)} | {_bounded(trial.steps)} | {_bounded(trial.breaches)} |"
            for trial in self.defects
        ]
        return "\n".join([*(f"{line}  " for line in self.summary()), "", *lines, ""])


def line_of(trial: Trial) -> str:
    """Return how one trial ended, as it is shown while others still run."""
    name = trial.defect or "clean ERP"
    if trial.trouble:
        return f"{name}: {trial.trouble}"
    if not trial.caught:
        return f"{name}: {'missed' if trial.defect else 'kept'} ({trial.judged} tests, {trial.seconds:.0f} s)"
    what = ", ".join((*trial.rules, *trial.steps, *trial.breaches)[:SHOWN])
    return f"{name}: {'caught' if trial.defect else 'false alarm'} in {len(trial.catches)} tests ({trial.seconds:.0f} s) by {what}"


def _bounded(names: Iterable[str]) -> str:
    unique = list(dict.fromkeys(names))
    rest = len(unique) - SHOWN
    return f"{len(unique)}: {', '.join(unique[:SHOWN])}{f' +{rest}' if rest > 0 else ''}" if unique else "–"


def _listed(title: str, names: Sequence[str]) -> list[str]:
    return [f"{title}: {', '.join(names)}"] if names else []
