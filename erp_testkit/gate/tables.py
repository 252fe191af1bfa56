"""Reading TOML files that are lists of tables of one kind, such as ``[[noise]]``: all mistakes are told at once."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from erp_testkit.domain.errors import UsageError, closest

T = TypeVar("T")


def read_tables(file: Path, what: str, heading: str, read: Callable[[str, Mapping[str, Any], list[str]], T]) -> tuple[T, ...]:
    """Read a file that is a list of tables.

    Args:
        file: the file.
        what: what it holds, for messages.
        heading: name of the tables.
        read: makes something of a table; called with its place, the table, and the list of mistakes to add to.

    Raises:
        UsageError: it cannot be read or has mistakes; its text names all of them.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"Failed to read {what} {file}: expected TOML, got {error}.") from error
    problems = unknown_keys("", data, (heading,))
    entries = data.get(heading, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.append(f"{heading}: expected tables headed [[{heading}]], got {entries!r}.")
        entries = []
    found = tuple(read(f"{heading}[{index}]", entry, problems) for index, entry in enumerate(entries, 1))
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise UsageError(f"Failed to read {what} {file}: expected no mistakes, got {len(problems)}:\n{listed}")
    return found


def unknown_keys(place: str, table: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """Return what is wrong with the keys of a table."""
    dotted = f"{place}." if place else ""
    return [f"{dotted}{key}: expected a key the kit knows, got '{key}'. {closest(key, known)}" for key in table if key not in known]
