"""Running one part of the suite of several, so that CI jobs share the work: ``--shard 2/5``.

Every job must come to the same parts by itself, so they depend on nothing but the tests that were collected and the times that were
recorded. All rows of an outline stay together: whether a known finding shows is judged over all of them.
"""

from __future__ import annotations

import heapq
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.results import Result
from erp_testkit.evidence.run_folder import write_json

if TYPE_CHECKING:
    pass

TIMES = "times.json"
"""In the state folder: how long each group of tests took; ``erp-testkit merge`` writes it."""


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

    def __str__(self) -> str:
        """Write it as it is typed."""
        return f"{self.index}/{self.count}"


def group_of_result(result: Result) -> str:
    """Return the group of a test that has ended; the same as before it ran."""
    return f"{result.node.partition('::')[0]}#{result.scenario}"


def parts(groups: Iterable[str], count: int, seconds: Mapping[str, float]) -> Sequence[frozenset[str]]:
    """Split groups into parts that take about the same time.

    The longest first, each to the part that has least so far. A group nobody has timed counts as the mean of the others. No part is empty
    as long as there are groups enough.

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
    least = [(0.0, 0, index) for index in range(count)]
    split: list[set[str]] = [set() for _ in range(count)]
    for group in sorted(weights, key=lambda group: (-weights[group], group)):
        weight, size, index = least[0]
        split[index].add(group)
        heapq.heapreplace(least, (weight + weights[group], size + 1, index))
    return [frozenset(part) for part in split]


def load_times(file: Path) -> Mapping[str, float]:
    """Read recorded times; none where there is no file.

    Raises:
        UsageError: it cannot be read, and other jobs might split by another one.
    """
    if not file.is_file():
        return {}
    try:
        times = {str(group): float(seconds) for group, seconds in json.loads(file.read_bytes()).items()}
        wrong = [seconds for seconds in times.values() if not 0 <= seconds < math.inf]
        if wrong:
            raise ValueError(f"{wrong[0]} seconds")
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise UsageError(f"Failed to read {file}: expected recorded times, got {error}. Next: remove it in all jobs, or none") from error
    return times


def save_times(file: Path, results: Iterable[Result]) -> None:
    """Add how long tests took to what is recorded.

    Raises:
        EnvironmentFailure: it cannot be written.
        UsageError: what is there cannot be read.
    """
    taken: dict[str, float] = {}
    for result in results:
        group = group_of_result(result)
        taken[group] = taken.get(group, 0.0) + result.seconds
    times = {**load_times(file), **{group: round(seconds, 3) for group, seconds in taken.items()}}
    file.parent.mkdir(parents=True, exist_ok=True)
    write_json(file, dict(sorted(times.items())))
