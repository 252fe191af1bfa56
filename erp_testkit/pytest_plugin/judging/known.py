"""Findings known for an ERP: which scenarios break there, by what, and why that is accepted for now.

```toml
[[known]]
scenario = "STK-002"
by = "step"                       # or "rule:serial-in-one-place", "contract:idempotency-replay"
text = "expected refusal (duplicate)"   # part of the message
reason = "Tryton takes one serial number twice."
```

A scenario is *known* when each cause it breaks by is listed. The list is checked both ways: an entry that no longer shows is reported.
An entry with ``race = true`` is of two actions at the same moment, which do not always meet: it may show or not.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from erp_testkit.domain.errors import UsageError, closest

_KEYS = ("scenario", "by", "text", "reason")


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing a scenario broke by."""

    by: str
    """``step``, ``rule:<id>`` or ``contract:<id>``."""
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One accepted cause of one scenario."""

    scenario: str
    by: str
    text: str
    reason: str
    race: bool = False
    """It shows only when two actions really meet, so nothing is reported when it does not."""

    def covers(self, scenario: str, cause: Cause) -> bool:
        """Say whether this is the entry for a cause."""
        return self.scenario == scenario and self.by == cause.by and self.text in cause.message


def load_known(file: Path | None) -> tuple[Known, ...]:
    """Read a list of known findings; without a file nothing is known.

    Raises:
        UsageError: the file cannot be read or has mistakes; its text names all of them.
    """
    if file is None:
        return ()
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"Failed to read known findings {file}: expected TOML, got {error}.") from error
    problems = [f"{key}: expected a key the kit knows, got '{key}'. {closest(key, ('known',))}" for key in data if key != "known"]
    entries = data.get("known", [])
    if not isinstance(entries, list):
        problems.append(f"known: expected tables headed [[known]], got {entries!r}.")
        entries = []
    known = tuple(_entry(index, entry, problems) for index, entry in enumerate(entries, 1))
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise UsageError(f"Failed to read known findings {file}: expected no mistakes, got {len(problems)}:\n{listed}")
    return known


def _entry(index: int, entry: object, problems: list[str]) -> Known:
    place = f"known[{index}]"
    table = entry if isinstance(entry, dict) else {}
    if not isinstance(entry, dict):
        problems.append(f"{place}: expected a table, got {entry!r}.")
    for key in table:
        if key not in (*_KEYS, "race"):
            problems.append(f"{place}.{key}: expected a key the kit knows, got '{key}'. {closest(key, (*_KEYS, 'race'))}")
    for key in _KEYS:
        if not isinstance(table.get(key), str) or not table[key].strip():
            problems.append(f"{place}.{key}: expected text, got {table.get(key)!r}.")
    race = table.get("race", False)
    if not isinstance(race, bool):
        problems.append(f"{place}.race: expected true or false, got {race!r}.")
    by = str(table.get("by", "step"))
    if by != "step" and not re.fullmatch(r"(rule|contract):.+", by):
        problems.append(f"{place}.by: expected 'step', 'rule:<id>' or 'contract:<id>', got {by!r}.")
    return Known(**{key: str(table.get(key, "")) for key in _KEYS}, race=bool(race))


def covering(known: Sequence[Known], scenario: str, causes: Iterable[Cause]) -> tuple[int, ...] | None:
    """Return which entries account for a scenario's causes, or None when at least one cause is not listed."""
    found: list[int] = []
    for cause in causes:
        entry = next((index for index, entry in enumerate(known) if entry.covers(scenario, cause)), None)
        if entry is None:
            return None
        found.append(entry)
    return tuple(found)
