"""The oracle: after a scenario, read the ledger back for its items and check every rule. An ERP that says "done" is not believed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from erp_testkit.domain.described_test import DescribedTest
from erp_testkit.domain.findings import Finding
from erp_testkit.domain.ledger import Ledger, Row
from erp_testkit.erp.ports import Erp, LedgerSource
from erp_testkit.evidence.redaction import Redactor
from erp_testkit.pytest_plugin.judging.table import as_table
from erp_testkit.steps.world import World

if TYPE_CHECKING:
    from erp_testkit.rules.rule import Checked

SETTLE_SECONDS = 10.0
"""How long background jobs may take to end before the rules look."""

SHOWN_ROWS = 10
"""How many violating rows the report shows of each rule."""


WORLD: pytest.StashKey[World] = pytest.StashKey()
"""Where a scenario keeps its world."""


@dataclass(slots=True)
class Judgement:
    """What the rules said after one scenario."""

    before: Ledger | None = None
    after: Ledger | None = None
    counts: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)
    """Rule id to how many of its subjects are kept, violated, unknown and in flight."""
    unknown: dict[str, dict[str, int]] = field(default_factory=dict)
    """Rule id to why some subjects are unknown, and how many."""
    failed: dict[str, str] = field(default_factory=dict)
    """Rule id to why it could not run."""
    findings: list[Finding] = field(default_factory=list)
    """One for each rule that does not hold."""
    not_covered: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seconds: float = 0.0
    """Checking, beside reading the ledger."""
    checked: int = 1
    """How many single things a contract's check looked at."""
    coverage: Mapping[str, Any] = field(default_factory=dict)
    """What a contract's check did and did not exercise."""


@dataclass(frozen=True, slots=True)
class About:
    """What part of the ledger a test can have touched."""

    items: tuple[str, ...]
    since: datetime
    """When the test began, UTC."""

    @classmethod
    def of_world(cls, world: World) -> About:
        """Take a scenario's items from its world."""
        return cls(world.codes("item"), world.started_at)


ABOUT: pytest.StashKey[About] = pytest.StashKey()
"""Where a contract's check leaves which items it touched."""

JUDGEMENT: pytest.StashKey[Judgement] = pytest.StashKey()
"""Where a test keeps what was judged of it."""


class Oracle:
    """Checks rules; the engine is built with the first scenario and kept.

    Args:
        folders: the user's own rules, beside the shipped ones.
        cache: where what was learned about a rule is kept.
        redactor: takes out of violating rows what must not be kept.
    """

    def __init__(self, folders: Sequence[Path], cache: Path, redactor: Redactor) -> None:
        self._cache = cache
        self._redactor = redactor
        self._folders = folders
        self._engine: Any = None

    def load(self) -> None:
        """Load the rules and build the engine.

        Raises:
            UsageError: a rule's file has mistakes.
        """
        if self._engine is None:
            from erp_testkit.rules.rule import load_rules  # sqlglot is heavy
            from erp_testkit.rules.sqlite import SqliteEngine

            self._engine = SqliteEngine(load_rules(self._folders, self._cache))

    def judge(self, erp: Erp, about: About, test: DescribedTest, judgement: Judgement) -> None:
        """Read the ledger for the items a test was about and check every rule, into `judgement`."""
        self.load()
        ledger = read_ledger(erp, about, settle=True)
        if ledger is None:
            return
        judgement.after = ledger
        started = time.perf_counter()
        checks: Sequence[Checked] = self._engine.check(ledger)
        judgement.seconds = time.perf_counter() - started
        for check in checks:
            if check.missing:
                judgement.not_covered[check.rule.id] = check.missing
                continue
            if check.error:
                judgement.failed[check.rule.id] = check.error
                continue
            judgement.counts[check.rule.id] = check.counts
            if check.unknown:
                judgement.unknown[check.rule.id] = dict(check.unknown)
            if check.violations:
                check = replace(check, violations=tuple(self._redactor.rows(check.violations)))  # noqa: PLW2901
                evidence = [_as_text(row) for row in check.violations[:SHOWN_ROWS]]
                judgement.findings.append(check.rule.kind.found(_text(check, test.language), evidence=evidence))


def read_ledger(erp: Erp, about: About, *, settle: bool = False) -> Ledger | None:
    """Read the ledger for some items; None when the ERP has no such port or there are no items yet."""
    items, since = about.items, about.since
    source: LedgerSource | None = getattr(erp, "ledger", None)
    if source is None or not items:
        return None
    if settle and hasattr(erp, "jobs"):
        erp.jobs.settle(items, SETTLE_SECONDS)
    return source.read(items, since)


def _as_text(row: Row) -> Mapping[str, str | None]:
    return {name: None if value is None else str(value) for name, value in row.items()}


def _text(check: Checked, language: str) -> str:
    broken, why = ("违反规则", "原因") if language.startswith("zh") else ("Rule broken", "Why")
    rows = check.violations
    lines = [f"{broken}: {check.rule.id} · {check.rule.title_in(language)}", f"{why}: {check.rule.why_in(language)}", ""]
    lines += as_table(list(rows[0]), [["" if value is None else str(value) for value in row.values()] for row in rows[:SHOWN_ROWS]])
    if len(rows) > SHOWN_ROWS:
        lines.append(f"… {len(rows) - SHOWN_ROWS} more")
    return "\n".join(lines)
