"""Telling a changed answer of an ERP from one that only carries other codes, numbers and times.

Two runs of one scenario never say the same letter for letter: codes are made anew for each run, the ERP counts its document numbers on, the
clock goes on. So every answer is rewritten before it is compared: what the kit sent itself becomes *sent 3* (the third text), a
number the ERP gave becomes *SO 1* (the first with these letters), a point in time *time*, a day *today+365*. What is left must be equal.
The order of a list is not compared: it is mostly that of codes, which are made anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path
from typing import Any

from erp_testkit import shipped
from erp_testkit.specs.settings import Table, Text, read

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_DAY = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)")
_WHEN = re.compile(f"{_TIME.pattern}|{_DAY.pattern}")
_CODE = re.compile(r"\b([A-Z]{1,6})-([A-Z]{12}|\d+)\b")
_LONG = re.compile(r"\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{16,}|\d{8,})\b")
_DIGITS = re.compile(r"(?<![\w<.-])\d+(?![\w>.-]\w)")
_LONGEST_WORD = 10
"""Texts from this length on are also known within a longer text, such as a label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """One request and its answer, rewritten."""

    operation: str
    """Method and target, such as ``POST /orders/<SO 1>/confirm``."""
    status: int | None
    answer: Mapping[str, str]
    """Path to rewritten value."""
    shown: Mapping[str, str]
    """Path to the value as it was."""


class NoiseRule(Table):
    """A field whose value means nothing."""

    operation: Text
    """Pattern of operations, such as ``POST /token``; ``*`` stands for anything."""
    field: Text
    """Pattern of paths, such as ``*.id``."""
    reason: Text

    def covers(self, operation: str, path: str) -> bool:
        """Say whether a field of an operation's answer is meant."""
        return fnmatchcase(operation, self.operation) and fnmatchcase(path, self.field)


@dataclass(slots=True)
class Rewriter:
    """Rewrites what was said in one scenario, from its first exchange on.

    Attributes:
        today: the day of the run.
    """

    today: date
    _texts: int = 0
    _sent: dict[str, str] = field(default_factory=dict)
    _given: dict[str, str] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def exchange(self, exchange: Mapping[str, Any]) -> Exchanged:
        """Rewrite one exchange; they must come in the order in which they were made."""
        for _, value in _leaves("$", _data(exchange["request"])):
            if isinstance(value, str) and value and not _WHEN.fullmatch(value):
                # By their place: two texts that are the same by chance must not shift all later ones.
                self._texts += 1
                self._sent.setdefault(value, f"<sent {self._texts}>")
        operation = f"{exchange['method']} {self._target(exchange['target'])}"
        answer = self._rewritten(_data(exchange["answer"]))
        return Exchanged(
            operation=operation,
            status=exchange["status"],
            answer={path: value.text for path, value in _leaves("$", answer)},
            shown={path: value.shown for path, value in _leaves("$", answer)},
        )

    def _target(self, target: str) -> str:
        path = self.text(target.partition("?")[0])
        return re.sub(r"(?<=/)\d+(?=/|$)", lambda found: self._number(found[0], "number"), path)

    def _rewritten(self, data: Any) -> Any:
        if isinstance(data, dict) and data:
            return {name: self._rewritten(value) for name, value in data.items()}
        if isinstance(data, list) and data:
            return sorted((self._rewritten(value) for value in data), key=lambda value: json.dumps(value, default=str))
        text = self._sent.get(data) or self.text(data) if isinstance(data, str) else json.dumps(data)
        return _Value(text, str(data))

    def text(self, text: str) -> str:
        """Rewrite codes, numbers and times within a text."""
        text = _TIME.sub("<time>", text)
        for sent, name in self._sent.items():
            if len(sent) >= _LONGEST_WORD and sent in text:
                text = text.replace(sent, name)
        text = _DAY.sub(lambda found: self._day(found[0]), text)
        text = _CODE.sub(lambda found: self._number(found[0], found[1]), text)
        text = _LONG.sub(lambda found: self._number(found[0], "number"), text)
        return _DIGITS.sub(lambda found: self._given.get(found[0], found[0]), text)

    def _day(self, text: str) -> str:
        try:
            offset = date.fromisoformat(text) - self.today
        except ValueError:
            return text
        return f"<today{offset // timedelta(days=1):+}>"

    def _number(self, text: str, kind: str) -> str:
        if text not in self._given:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._given[text] = f"<{kind} {self._counts[kind]}>"
        return self._given[text]


def rewritten(exchanges: Sequence[Mapping[str, Any]]) -> list[Exchanged]:
    """Rewrite the exchanges of one scenario, in the order in which they were made."""
    ordered = sorted(exchanges, key=lambda exchange: str(exchange["at"]))
    if not ordered:
        return []
    rewriter = Rewriter(datetime.fromisoformat(ordered[0]["at"]).date())
    return [rewriter.exchange(exchange) for exchange in ordered]


def kind_of(told: Exchanged) -> str:
    """Return an operation without what tells its calls apart: ``POST /orders/<SO>/confirm``."""
    parts = (f"{part.partition(' ')[0]}>" if part.startswith("<") and part.endswith(">") else part for part in told.operation.split("/"))
    return "/".join(parts)


def operations_of(exchanges: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Return which operations one scenario called."""
    return frozenset(kind_of(told) for told in rewritten(exchanges))


def overlap(exchanges: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether a scenario spoke to the ERP from several sides at once, so that the order of its exchanges is chance."""
    spans = sorted(
        (start, start + timedelta(seconds=exchange["seconds"]))
        for exchange in exchanges
        for start in [datetime.fromisoformat(exchange["at"])]
    )
    return any(after[0] < before[1] for before, after in pairwise(spans))


@dataclass(frozen=True, slots=True)
class _Value:
    """A leaf of an answer, rewritten and as it was."""

    text: str
    shown: str

    def __str__(self) -> str:
        return self.text


def _data(body: str) -> Any:
    """Return what a body says: of JSON its data, of anything else the whole text."""
    try:
        return json.loads(body)
    except ValueError:
        return body


def _leaves(path: str, data: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict) and data:
        for name, value in data.items():
            yield from _leaves(f"{path}.{name}", value)
    elif isinstance(data, list) and data:
        for index, value in enumerate(data):
            yield from _leaves(f"{path}[{index}]", value)
    else:
        yield path, data


class Noise(Table):
    """Fields of an ERP's answers whose values mean nothing when two runs are compared."""

    noise: tuple[NoiseRule, ...] = ()
    """Each is a field, or a pattern of fields."""


def shipped_noise(adapter: str) -> tuple[NoiseRule, ...]:
    """Return the rules that ship with the kit for an adapter; none where it has none."""
    file = shipped.FIXTURES / "noise" / f"{adapter}.toml"
    return load_noise(file) if file.is_file() else ()


def load_noise(file: Path) -> tuple[NoiseRule, ...]:
    """Read a file of fields whose values mean nothing.

    ```toml
    [[noise]]
    operation = "POST /token"
    field = "$.token"
    reason = "Drawn anew for each session."
    ```

    Raises:
        UsageError: it cannot be read or has mistakes; its text names all of them.
    """
    return read(Noise, file, "noise rules").noise
