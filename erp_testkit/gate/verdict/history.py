"""Which tests are flaky: kept in one run and broken in another, though nothing was changed between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.results import Outcome
from erp_testkit.evidence.pack import Pack

LONGEST = 10
"""How many earlier runs are looked at."""

_SAME = ("commit", "adapter", "erp", "profile", "configuration", "suite")


@dataclass(frozen=True, slots=True)
class Flaky:
    """A test that was both kept and broken."""

    node: str
    kept: tuple[str, ...]
    """Runs in which it was kept."""
    broken: tuple[str, ...]


def earlier(runs: Path, pack: Pack) -> Sequence[Pack]:
    """Return the runs before `pack` of the same commit, suite, ERP and profile, the latest `LONGEST` of them, oldest first.

    Args:
        runs: the folder that holds a folder for each run.
        pack: the run that is judged. Without a commit, or with changes beside it, nothing says that another run is of the same change.
    """
    key = [pack.manifest.get(name) for name in _SAME]
    if not key[0] or pack.manifest.get("dirty") or not runs.is_dir():
        return ()
    found: list[Pack] = []
    for path in sorted((path for path in runs.iterdir() if path.name < pack.name), reverse=True):
        with suppress(UsageError):  # what is no run, or a damaged one, tells nothing
            other = Pack.open(path)
            if [other.manifest.get(name) for name in _SAME] == key and not other.manifest.get("dirty"):
                found.append(other)
        if len(found) == LONGEST:
            break
    return found[::-1]


def flaky(name: str, outcomes: Mapping[str, Outcome], before: Sequence[Pack]) -> Sequence[Flaky]:
    """Return the tests of a run that were kept in one of these runs and broken in another.

    Args:
        name: name of the run that is judged.
        outcomes: how its tests ended, by node.
        before: the runs to compare it with.
    """
    seen: dict[str, dict[Outcome, list[str]]] = {node: {} for node in outcomes}
    for run, ended in [*((pack.name, _outcomes(pack)) for pack in before), (name, outcomes)]:
        for node, outcome in ended.items():
            if node in seen and outcome in (Outcome.KEPT, Outcome.BROKEN):
                seen[node].setdefault(outcome, []).append(run)
    return [Flaky(node, tuple(ends[Outcome.KEPT]), tuple(ends[Outcome.BROKEN])) for node, ends in sorted(seen.items()) if len(ends) > 1]


def _outcomes(pack: Pack) -> Mapping[str, Outcome]:
    with suppress(UsageError):
        return pack.outcomes()
    return {}
