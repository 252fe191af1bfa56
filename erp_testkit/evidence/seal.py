"""The seal of a run: an index of all its files, made when the run has ended. Whoever signs or approves, signs the digest of this index."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from erp_testkit.domain.ledger import time_text
from erp_testkit.evidence.chain import Followed, digest, follow

PACK, SHA256, SIGNATURE = "pack.json", "pack.sha256", "pack.dsse.json"
"""The index; its digest in the form of ``sha256sum``; its signature, where there is one."""
FORMAT = "1.0"
"""Of a run's folder. A later minor number only adds what an older kit may overlook."""
GATE, APPROVALS = "gate", "approvals"
"""Folders that are filled after the seal: what the gate says of the run, and who approved that."""
SUMS = "SHA256SUMS"
"""In a folder that is filled after the seal: the digests of its files, in the form of ``sha256sum``."""
CHAINED = (".jsonl",)
_BUFFER = 1 << 20
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Sealed:
    """One file of a run."""

    path: str
    """Within the run's folder, with ``/``."""
    bytes: int
    sha256: str
    chain: Followed | None = None
    """Of a file of chained lines, what following them showed."""


def files_of(run: Path) -> Iterator[Path]:
    """Yield all files below a run's folder, in the order of their names; links and other things that are no files, too."""
    for folder, folders, names in os.walk(run):
        folders.sort()
        # A link to a folder is not followed: it counts as a file that should not be there.
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        yield from (Path(folder) / name for name in sorted([*names, *links]))


def measure(run: Path, files: Sequence[Path], name: str) -> Sequence[Sealed]:
    """Read files and return their digests, in the same order.

    Args:
        run: the run's folder.
        files: some of its files.
        name: the run's name, which its chains begin with.

    Raises:
        OSError: one cannot be read.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(lambda file: _measure(run, file, name), files))


def _measure(run: Path, file: Path, name: str) -> Sealed:
    path = file.relative_to(run).as_posix()
    hashed = sha256()
    with file.open("rb", buffering=_BUFFER) as source:
        if file.suffix in CHAINED:
            followed = follow(_through(source, hashed.update), f"{name}/{path}")
            return Sealed(path, source.tell(), hashed.hexdigest(), followed)
        while block := source.read(_BUFFER):
            hashed.update(block)
        return Sealed(path, source.tell(), hashed.hexdigest())


def _through(lines: Iterator[bytes], update: Callable[[bytes], object]) -> Iterator[bytes]:
    """Pass lines on, and everything in large blocks to `update`."""
    waiting: list[bytes] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= _BUFFER:
            update(b"".join(waiting))
            waiting, size = [], 0
        yield line
    update(b"".join(waiting))


def seal(run: Path, facts: Mapping[str, Any]) -> str:
    """Write the index of a run that has ended, and return its digest.

    Args:
        run: the run's folder; nothing may be written to its files any more. Folders without files are removed.
        facts: name, id and state of the run.

    Raises:
        OSError: a file cannot be read or written.
    """
    for folder in sorted((path for path in run.rglob("*") if path.is_dir() and not path.is_symlink()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    found = measure(run, [file for file in files_of(run) if file.is_file()], str(facts["run"]))
    index = {
        "format": FORMAT,
        **facts,
        "sealed": time_text(datetime.now(UTC)),
        "files": [{"path": file.path, "bytes": file.bytes, "sha256": file.sha256} for file in found],
        "chains": [{"path": file.path, "lines": file.chain.lines, "head": file.chain.head} for file in found if file.chain],
    }
    text = as_bytes(index)
    (run / PACK).write_bytes(text)
    (run / SHA256).write_text(checksum(text), encoding="utf-8")
    return digest(text)


def add_up(folder: Path) -> None:
    """Write the digests of a folder's files into it, so that a changed one shows; who adds a file later, adds up again.

    Raises:
        OSError: it cannot be read or written.
    """
    (folder / SUMS).write_text(sums(folder), encoding="utf-8")


def sums(folder: Path) -> str:
    """Return what ``sha256sum`` prints of a folder's files.

    Raises:
        OSError: one cannot be read.
    """
    files = [file for file in files_of(folder) if file.relative_to(folder).as_posix() != SUMS]
    return "".join(f"{file.sha256}  {file.path}\n" for file in measure(folder, files, ""))


def as_bytes(data: Any) -> bytes:
    """Write plain data as the kit writes it where every byte counts."""
    return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"


def checksum(index: bytes) -> str:
    """Return what ``sha256sum pack.json`` prints of an index."""
    return f"{digest(index)}  {PACK}\n"
