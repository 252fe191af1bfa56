"""Joining the runs of several CI jobs, each with one shard of the suite, into one run with one verdict and one report.

The parts stay as they are; the joined run is a run of its own, sealed like any other, and names each part with the digest of its seal.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.domain.results import Result
from erp_testkit.evidence import junit, ledgers
from erp_testkit.evidence.allure_results import ENVIRONMENT, write_environment
from erp_testkit.evidence.chain import link, start, unlink
from erp_testkit.evidence.pack import Pack
from erp_testkit.evidence.run_folder import ALLURE, COMPLETE, LOGS, RUNNING, RunFolder, unwritable
from erp_testkit.evidence.verify import Examined, examine

if TYPE_CHECKING:
    from securesystemslib.signer import Key

_SAME = ("kit", "adapter", "adapter_version", "erp", "profile", "environment", "commit", "dirty", "configuration", "suite", "seed")
"""Facts all parts share, or they are not parts of one run."""
_OWN = ("drawn", "finished", "follows", "id", "reason", "run", "shard", "started", "state")
"""Facts the joined run has its own of."""
_CHAINS = ("events", "exchanges", "ledgers")


@dataclass(frozen=True, slots=True)
class Part:
    """One shard's run that came to an end, its own or before its time."""

    pack: Pack
    examined: Examined
    results: tuple[Result, ...]

    @property
    def number(self) -> int:
        """Which shard, from 1."""
        return int(self.pack.manifest["shard"]["index"])


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts that are there."""

    there: Sequence[Part]
    """At least one, in the order of their numbers."""
    count: int
    """How many there should be."""
    tests: int
    """How many tests they should have together."""
    killed: frozenset[int]
    """Numbers of the shards whose run was killed; nothing of them is joined."""

    @property
    def results(self) -> list[Result]:
        """How each test of all parts ended."""
        return [result for part in self.there for result in part.results]

    @property
    def known_but_kept(self) -> list[str]:
        """Known findings that did not show."""
        return sorted({known for part in self.there for known in part.pack.summary.get("known_but_kept", ())})

    @property
    def failed_beside(self) -> list[str]:
        """Tests that failed and are not the kit's."""
        return [test for part in self.there for test in part.pack.manifest["shard"].get("failed_beside", ())]

    @property
    def gaps(self) -> str | None:
        """Why the parts are not the whole; None where they are."""
        there = {part.number for part in self.there}
        absent = [index for index in range(1, self.count + 1) if index not in there]
        reasons = [f"shard {index} {'was killed' if index in self.killed else 'is missing'}" for index in absent]
        reasons += [f"shard {part.number} is {part.pack.state}" for part in self.there if part.pack.state != COMPLETE]
        lost = self.tests - sum(len(part.results) for part in self.there)
        if not reasons and lost:
            reasons.append(f"{lost} of {self.tests} tests have no result")
        return f"incomplete: {', '.join(reasons)} (of {self.count})" if reasons else None


def parts_of(folders: Iterable[Path], signers: Mapping[str, Key] | None = None) -> Parts:
    """Read the parts of a run.

    Args:
        folders: of the runs.
        signers: whose signature of a run counts, by name; None where nobody knows.

    Raises:
        EnvironmentFailure: no run came to an end.
        UsageError: one is no shard or not as it was sealed, two are the same shard, or they do not belong together.
    """
    packs = sorted((_shard(folder) for folder in folders), key=lambda pack: int(pack.manifest["shard"]["index"]))
    first = packs[0]
    for pack in packs[1:]:
        for what, one, other in _differing(first, pack):
            raise UsageError(
                f"Failed to merge {pack.path}: expected the same {what} as {first.path} ({one}), got {other}. "
                "Next: run all shards of one commit, with the same options and the same --erp-seed"
            )
    count = int(first.manifest["shard"]["count"])
    doubled = [str(index) for index, times in Counter(pack.manifest["shard"]["index"] for pack in packs).items() if times > 1]
    if doubled:
        raise UsageError(
            f"Failed to merge {len(packs)} runs: expected each shard of {count} once, "
            f"got shard {', '.join(doubled)} more than once. Next: leave the runs out that were repeated"
        )
    there = [_part(pack, signers) for pack in packs if pack.state != RUNNING]
    if not there:
        raise EnvironmentFailure(f"Failed to merge {len(packs)} runs: expected one that came to an end, got none. Next: run them again")
    _split_alike(there)
    tests = max(part.pack.manifest["shard"].get("tests", 0) for part in there)
    return Parts(there, count, tests, frozenset(int(pack.manifest["shard"]["index"]) for pack in packs if pack.state == RUNNING))


def merge(parts: Parts, target: Path, state: Path, summary: Mapping[str, Any]) -> None:
    """Write the joined run and seal it.

    Args:
        parts: what it is joined from.
        target: the folder of the joined run.
        state: the project's state folder.
        summary: what is printed of the joined run.

    Raises:
        EnvironmentFailure: it cannot be written.
        UsageError: there is a run in the folder.
    """
    folder = RunFolder(target, state=state)
    folder.begin({**_facts(parts), "id": RunFolder.fresh(state).name})
    packs = [part.pack for part in parts.there]
    try:
        for part in parts.there:
            _copy(part, target)
        if (target / ALLURE).is_dir():
            write_environment(target / ALLURE, folder.facts)
        junit.join([pack.path / junit.JUNIT for pack in packs], target / junit.JUNIT)
        ledgers.join([pack.path for pack in packs], target)
    except OSError as error:
        raise unwritable(target, error) from error
    folder.end(summary, parts.results, partial=parts.gaps)


def _shard(folder: Path) -> Pack:
    pack = Pack.open(folder)
    if not isinstance(pack.manifest.get("shard"), dict):
        raise UsageError(f"Failed to merge {folder}: expected the run of a shard, got a whole one. Next: erp-testkit run --shard 1/2")
    return pack


def _part(pack: Pack, signers: Mapping[str, Key] | None) -> Part:
    examined = examine(pack.path, signers)
    if examined.problems:
        problem, path = examined.problems[0], pack.path
        raise UsageError(f"Failed to merge {path}: expected it as it was sealed, got: {problem}. Next: erp-testkit verify {path}")
    return Part(pack, examined, tuple(pack.results()))


def _split_alike(parts: Sequence[Part]) -> None:
    """Refuse parts that have a test twice: then another one is nowhere."""
    seen: dict[str, Part] = {}
    for part in parts:
        for result in part.results:
            other = seen.setdefault(result.node, part)
            if other is not part:
                raise UsageError(
                    f"Failed to merge {part.pack.path}: expected each test in one shard, got {result.node} also in {other.pack.path}. "
                    "Next: run all shards with the same .erp-testkit/times.json, or without it"
                )


def _differing(first: Pack, other: Pack) -> Iterator[tuple[str, object, object]]:
    for key in _SAME:
        one, two = first.manifest.get(key), other.manifest.get(key)
        # A shard that never reached the ERP does not know its name.
        if one != two and not (key == "erp" and None in (one, two)):
            yield key, _told(one), _told(two)
    shard, others = first.manifest["shard"], other.manifest["shard"]
    for key, what in (("count", "number of shards"), ("suite", "tests")):
        if key in shard and key in others and shard[key] != others[key]:
            yield what, _told(shard[key]), _told(others[key])


def _told(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= len("0123456789ab") else f"{text[:12]}…"


def _facts(parts: Parts) -> dict[str, Any]:
    """Return what the manifest of the joined run says beside its own: it is as old as its oldest part, and all their authors wrote it."""
    manifests = [part.pack.manifest for part in parts.there]
    return {
        **{key: value for key, value in manifests[0].items() if key not in _OWN},
        "erp": next((manifest["erp"] for manifest in manifests if manifest.get("erp")), None),
        "authors": sorted({author for manifest in manifests for author in manifest.get("authors", ())}),
        "containers": sorted({image for manifest in manifests for image in manifest.get("containers", ())}),
        "started": min(manifest["started"] for manifest in manifests),
        "finished": max(manifest["finished"] for manifest in manifests),
        "parts": [
            {
                "run": part.pack.name,
                "digest": part.examined.digest,
                **{key: part.pack.manifest[key] for key in ("id", "shard", "who", "where")},
            }
            for part in parts.there
        ],
    }


def _copy(part: Part, target: Path) -> None:
    source, label = part.pack.path, f"s{part.number}"
    for name in _CHAINS:
        for file in sorted(source.glob(f"{name}-*.jsonl")):
            _relink(file, target / f"{name}-{label}-{file.stem.removeprefix(f'{name}-')}.jsonl")
    for folder, prefix in ((ALLURE, ""), (LOGS, f"{label}-")):
        for file in sorted((source / folder).glob("*")):
            if file.name != ENVIRONMENT:
                (target / folder).mkdir(exist_ok=True)
                shutil.copyfile(file, target / folder / f"{prefix}{file.name}")


def _relink(source: Path, target: Path) -> None:
    """Copy lines as they are, but for what each says of the line before: here they stand in another chain."""
    head = start(f"{target.parent.name}/{target.name}")
    with source.open("rb") as lines, target.open("wb") as file:
        for line in lines:
            linked, head = link(head, [unlink(line)])
            file.write(linked)
