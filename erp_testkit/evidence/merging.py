"""Joining the runs of several CI jobs, each with one shard of the suite, into one run with one verdict and one report.

The parts stay as they are; the joined run is a run of its own, sealed like any other, and names each part with the digest of its seal.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from erp_testkit.domain.errors import UsageError
from erp_testkit.evidence import junit, ledgers
from erp_testkit.evidence.chain import digest, link, start
from erp_testkit.evidence.pack import Pack
from erp_testkit.evidence.run_folder import ALLURE, COMPLETE, FINDINGS, LOGS, RunFolder
from erp_testkit.evidence.seal import PACK

_SAME = ("kit", "adapter", "adapter_version", "erp", "profile", "environment", "commit", "seed")
"""Facts all parts share, or they are not parts of one run."""
_OWN = ("finished", "follows", "id", "reason", "run", "shard", "started", "state")
"""Facts the joined run has its own of."""
_CHAINS = ("events", "exchanges")


def parts_of(folders: Sequence[Path]) -> Sequence[Pack]:
    """Read the parts, in the order of their numbers.

    Raises:
        UsageError: one is no shard, two are the same shard, or they do not belong together.
    """
    packs = [Pack.open(folder) for folder in folders]
    for pack in packs:
        if not isinstance(pack.manifest.get("shard"), dict) or "suite" not in pack.manifest["shard"]:
            raise UsageError(f"Failed to merge {pack.path}: expected a run of one shard, got none. Next: erp-testkit run --shard 1/2")
    packs.sort(key=lambda pack: int(pack.manifest["shard"]["index"]))
    first = packs[0]
    for pack in packs[1:]:
        for key, one, other in _differing(first, pack):
            raise UsageError(
                f"Failed to merge {pack.path}: expected the same {key} as {first.path} ({one}), got {other}. "
                "Next: run all shards of one commit, with the same options and the same --erp-seed"
            )
    doubled = [str(index) for index, times in Counter(pack.manifest["shard"]["index"] for pack in packs).items() if times > 1]
    if doubled:
        raise UsageError(
            f"Failed to merge {len(packs)} runs: expected each shard of {first.manifest['shard']['count']} once, "
            f"got shard {', '.join(doubled)} more than once. Next: leave the runs out that were repeated"
        )
    return packs


def missing(packs: Sequence[Pack]) -> Sequence[int]:
    """Return the numbers of the shards that are not there."""
    there = {pack.manifest["shard"]["index"] for pack in packs}
    return [index for index in range(1, int(packs[0].manifest["shard"]["count"]) + 1) if index not in there]


def gaps(packs: Sequence[Pack]) -> str | None:
    """Say why the parts are not the whole, or nothing where they are."""
    absent = missing(packs)
    partial = [f"shard {pack.manifest['shard']['index']} is {pack.state}" for pack in packs if pack.state != COMPLETE]
    tests = sum(1 for pack in packs for _ in pack.results())
    reasons = [*(f"shard {index} is missing" for index in absent), *partial]
    count, expected = packs[0].manifest["shard"]["count"], packs[0].manifest["shard"]["tests"]
    if not reasons and tests < expected:
        reasons.append(f"{expected - tests} of {expected} tests have no result")
    return f"incomplete: {', '.join(reasons)} (of {count})" if reasons else None


def merge(packs: Sequence[Pack], target: Path, state: Path, summary: Mapping[str, Any]) -> None:
    """Write the joined run and seal it.

    Args:
        packs: the parts, as `parts_of` returns them.
        target: the folder of the joined run.
        state: the project's state folder.
        summary: what is printed of the joined run.

    Raises:
        EnvironmentFailure: it cannot be written.
        UsageError: there is a run in the folder.
    """
    first = packs[0].manifest
    folder = RunFolder(target, state=state)
    kept = {key: value for key, value in first.items() if key not in _OWN}
    parts = [{"run": pack.name, "shard": pack.manifest["shard"], "digest": _digest(pack)} for pack in packs]
    folder.begin({**kept, "parts": parts})
    for pack in packs:
        label = f"s{pack.manifest['shard']['index']}"
        for name in _CHAINS:
            for source in sorted(pack.path.glob(f"{name}-*.jsonl")):
                _relink(source, target / f"{name}-{label}-{source.stem.removeprefix(f'{name}-')}.jsonl")
        for source in _files(pack.path / ALLURE):
            _copy(source, target / ALLURE / source.name)
        for source in _files(pack.path / LOGS):
            _copy(source, target / LOGS / f"{label}-{source.name}")
    junit.join([pack.path / junit.JUNIT for pack in packs], target / junit.JUNIT)
    ledgers.join([pack.path for pack in packs], target)
    findings = [finding for pack in packs for finding in _findings(pack)]
    folder.end(summary, findings, partial=gaps(packs))


def _differing(first: Pack, other: Pack) -> Iterator[tuple[str, object, object]]:
    for key in _SAME:
        if first.manifest.get(key) != other.manifest.get(key):
            yield key, first.manifest.get(key), other.manifest.get(key)
    for key in ("count", "suite"):
        one, two = first.manifest["shard"][key], other.manifest["shard"][key]
        if one != two:
            yield {"count": "number of shards", "suite": "suite"}[key], one, two


def _digest(pack: Pack) -> str | None:
    file = pack.path / PACK
    return digest(file.read_bytes()) if file.is_file() else None


def _findings(pack: Pack) -> Sequence[Mapping[str, Any]]:
    file = pack.path / FINDINGS
    found: Sequence[Mapping[str, Any]] = json.loads(file.read_bytes()) if file.is_file() else []
    return found


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.glob("*") if path.is_file()) if folder.is_dir() else ()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(source, target)


def _relink(source: Path, target: Path) -> None:
    """Copy lines as they are, but for what each says of the line before: here they stand in another chain."""
    head = start(f"{target.parent.name}/{target.name}")
    with source.open("rb") as lines, target.open("wb") as file:
        for line in lines:
            if not line.endswith(b"\n"):
                break  # the half line of a killed run
            row = json.loads(line)
            row.pop("prev", None)
            linked, head = link(head, [json.dumps(row, ensure_ascii=False)])
            file.write(linked)
