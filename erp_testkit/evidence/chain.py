"""Lines of JSON, chained: each carries the SHA-256 of the line before it, so that none is changed, taken out or put in unseen.

The hash is over the bytes of the line without its end. The first line carries the hash of a text that says what chain it is.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

_HEAD = b'{"prev": "'
_LENGTH = 64
_END = len(_HEAD) + _LENGTH


def digest(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hex."""
    return hashlib.sha256(data).hexdigest()


def start(chain: str) -> str:
    """Return what the first line of a chain carries.

    Args:
        chain: what chain it is, such as ``<run>/events-main.jsonl``, so that one cannot stand in the place of another.
    """
    return digest(chain.encode())


def link(previous: str, rows: Iterable[str]) -> tuple[bytes, str]:
    """Chain rows to a line.

    Args:
        previous: hash of the line before.
        rows: JSON objects that have at least one key.

    Returns:
        The lines, each with its end, and the hash of the last one.
    """
    lines = []
    for row in rows:
        line = f'{{"prev": "{previous}", {row[1:]}'.encode()
        previous = digest(line)
        lines.append(line + b"\n")
    return b"".join(lines), previous


def unlink(line: bytes) -> str:
    """Return the row a chained line was made from."""
    return "{" + line[_END + len('", ') :].decode().rstrip("\n")


def last_hash(file: BinaryIO, chain: str) -> str:
    """Return the hash of a file's last line, or what its first line is to carry."""
    last = b""
    for line in file:
        last = line
    return digest(last.rstrip(b"\n")) if last else start(chain)


@dataclass(frozen=True, slots=True)
class Followed:
    """A chain, followed from its beginning as far as it holds."""

    lines: int
    """How many lines there are."""
    head: str
    """Hash of the last line."""
    broken_at: int | None = None
    """The first line, counted from 1, that does not carry the hash of the line before."""
    half: bool = False
    """Whether the last line has no end, as a killed run may leave it."""


def follow(lines: Iterable[bytes], chain: str) -> Followed:
    """Follow a chain: does each line carry the hash of the line before?

    Args:
        lines: with their ends.
        chain: what chain it is.
    """
    head = start(chain)
    number, broken_at, half = 0, None, False
    for line in lines:
        number += 1
        if not (line.startswith(head.encode(), len(_HEAD)) and line.startswith(_HEAD)) and broken_at is None:
            broken_at = number
        if line.endswith(b"\n"):
            head = digest(line[:-1])
        else:
            half, head = True, digest(line)
    return Followed(number, head, broken_at, half)


class Journal:
    """A chained file that several processes append to, such as the one that names all runs of a project.

    Args:
        path: the file; it is made with its first entry.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, entry: Mapping[str, Any]) -> tuple[str, Sequence[Mapping[str, Any]]]:
        """Append an entry.

        Returns:
            The hash the entry carries, and the entries before it.

        Raises:
            OSError: it cannot be written.
            ValueError: a line before it is no JSON.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            lines = file.read().splitlines()
            previous = digest(lines[-1]) if lines else start(self.path.name)
            file.write(link(previous, [json.dumps(entry, ensure_ascii=False)])[0])
        return previous, [json.loads(line) for line in lines]

    def entries(self) -> Sequence[Mapping[str, Any]]:
        """Return all entries; none where there is no file.

        Raises:
            ValueError: a line is no JSON object.
        """
        return [_object(line) for line in self._lines()]

    def followed(self) -> Followed:
        """Follow the chain."""
        return follow(self._lines(), self.path.name)

    def _lines(self) -> Iterator[bytes]:
        if self.path.is_file():
            with self.path.open("rb") as file:
                yield from file


def _object(line: bytes) -> Mapping[str, Any]:
    entry = json.loads(line)
    if not isinstance(entry, dict):
        raise ValueError(f"expected an object, got {entry!r}")
    return entry
