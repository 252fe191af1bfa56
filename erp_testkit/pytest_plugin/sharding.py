"""Running one part of the suite of several, so that CI jobs share the work: ``--shard 2/5``.

Every job must come to the same parts by itself, so they depend on nothing but the tests that were collected and the times that were
recorded. All rows of an outline stay together: whether a known finding shows is judged over all of them.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from erp_testkit.domain.errors import KitError, UsageError
from erp_testkit.domain.results import Result
from erp_testkit.pytest_plugin.run import Run
from erp_testkit.pytest_plugin.subject import subject_of

TIMES = "times.json"
"""In the state folder: how long each group of tests took; ``erp-testkit merge`` writes it."""
_COLLECTED = "erp_testkit_collected"


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of several."""

    index: int
    """From 1."""
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``2/5``.

        Raises:
            UsageError: it is not that.
        """
        found = re.fullmatch(r"(\d+)/(\d+)", text)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise UsageError(f"Failed to read --shard {text}: expected part and number of parts, such as 2/5, got {text}.")
        return cls(int(found[1]), int(found[2]))


def group_of(item: pytest.Item) -> str:
    """Return what a test is kept together with: the rows of an outline; of a test that is not the kit's, nothing else."""
    subject = subject_of(item)
    return item.nodeid if subject is None else f"{item.nodeid.partition('::')[0]}#{subject.id}"


def group_of_result(result: Result) -> str:
    """Return the group of a test that has ended; the same as before it ran."""
    return f"{result.node.partition('::')[0]}#{result.scenario}"


def parts(groups: Iterable[str], count: int, seconds: Mapping[str, float]) -> Sequence[frozenset[str]]:
    """Split groups into parts that take about the same time.

    The longest first, each to the part that has least so far. A group nobody has timed counts as the mean of the others.

    Args:
        groups: names, one for each test: a name that comes twice has two tests.
        count: how many parts.
        seconds: how long each group took.
    """
    sizes: dict[str, int] = {}
    for group in groups:
        sizes[group] = sizes.get(group, 0) + 1
    known = [seconds[group] / size for group, size in sizes.items() if group in seconds]
    usual = sum(known) / len(known) if known else 1.0
    weights = {group: seconds.get(group, usual * size) for group, size in sizes.items()}
    least = [(0.0, index) for index in range(count)]
    split: list[set[str]] = [set() for _ in range(count)]
    for group in sorted(weights, key=lambda group: (-weights[group], group)):
        weight, index = heapq.heappop(least)
        split[index].add(group)
        heapq.heappush(least, (weight + weights[group], index))
    return [frozenset(part) for part in split]


def load_times(file: Path) -> Mapping[str, float]:
    """Read recorded times; none where there is no file.

    Raises:
        UsageError: it cannot be read, and other jobs might split by another one.
    """
    if not file.is_file():
        return {}
    try:
        return {str(group): float(seconds) for group, seconds in json.loads(file.read_bytes()).items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise UsageError(f"Failed to read {file}: expected recorded times, got {error}. Next: remove it in all jobs, or none") from error


class Sharding:
    """Keeps one shard's tests.

    Args:
        run: the run.
        shard: which part.
    """

    def __init__(self, run: Run, shard: Shard) -> None:
        """Read the recorded times.

        Raises:
            UsageError: they cannot be read.
        """
        self._run, self._shard = run, shard
        self._seconds = load_times(run.state / TIMES)
        self._collected: Mapping[str, Any] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Deselect the tests of the other parts."""
        groups = {item: group_of(item) for item in items}
        suite = hashlib.sha256("\n".join(sorted(item.nodeid for item in items)).encode()).hexdigest()
        self._collected = {"suite": suite, "tests": len(items)}
        mine = parts(groups.values(), self._shard.count, self._seconds)[self._shard.index - 1]
        config.hook.pytest_deselected(items=[item for item in items if groups[item] not in mine])
        items[:] = [item for item in items if groups[item] in mine]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Learn from a worker what was collected."""
        self._collected = getattr(node, "workeroutput", {}).get(_COLLECTED) or self._collected

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Say in the manifest which part of what this run was."""
        if self._run.is_worker:
            session.config.workeroutput[_COLLECTED] = dict(self._collected)  # type: ignore[attr-defined]  # xdist's
        elif self._run.begun:
            try:
                self._run.folder.note(shard={"index": self._shard.index, "count": self._shard.count, **self._collected})
            except KitError as error:
                session.shouldfail = str(error)
