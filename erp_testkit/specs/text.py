"""Bytes to data: YAML 1.2 and JSON, with what is written twice, and the line of everything where a message needs it.

YAML is read from libyaml's events: seven times as fast as PyYAML's own constructor, and as fast again as ruamel.yaml, which is pure Python.
Values mean what the core schema of YAML 1.2 says, which is what JSON says: ``NO``, ``on``, ``=``, ``12:30`` and ``2028-02-29`` are texts,
``0012`` is twelve, ``1e3`` a thousand. Keys are texts as they are written: status ``200``, country ``NO``. Of YAML 1.1 only the merge
key ``<<`` is kept, because people use it.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from erp_testkit.domain.errors import UsageError
from erp_testkit.specs.files import read_text
from erp_testkit.specs.pointer import escaped, shown


class DoubledKey(UserWarning):
    """A key that stands twice in one place of somebody else's file: the last one counts."""


@dataclass(frozen=True)
class Parsed:
    """A file that was read."""

    file: Path
    data: Any
    doubled: tuple[str, ...]
    """JSON pointers of keys that stand more than once in one place; the last one counts."""

    @cached_property
    def lines(self) -> dict[str, int]:
        """JSON pointer to the line its key, or its entry of a list, stands on. The file is read a second time for it."""
        text = read_text(self.file, "file")
        lines = {"": 1}
        if self.file.suffix == ".json":
            lines |= _json_lines(text)
        else:
            _Yaml(text, lines)
        return lines

    def line(self, pointer: str) -> int:
        """Return the line of a place; where nothing stands, that of what it was looked for in."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 1)

    def problems(self) -> list[str]:
        """Say what stands twice, each with its line."""
        return [f"{self.file}:{self.line(one)} {shown(one)}: expected each key once, got it twice." for one in self.doubled]


def read(file: Path, what: str = "contract") -> Parsed:
    """Read a YAML or JSON file.

    Args:
        file: read as JSON where its name ends in ``.json``, else as YAML, which takes most JSON too, at a tenth of the speed.
        what: what messages call the file.

    Raises:
        UsageError: it cannot be read, or is neither; its text names file and line.
    """
    return parse(file, read_text(file, what), what)


def warn(parsed: Parsed) -> None:
    """Warn of every key that stands twice."""
    for problem in parsed.problems():
        warnings.warn(f"{problem} The last one counts.", DoubledKey, stacklevel=2)


def parse(file: Path, text: str, what: str = "contract") -> Parsed:
    """Return the data of a text that stands in a file; what else, see `read`."""
    try:
        if file.suffix == ".json":
            return Parsed(file, *_json(text))
        found = _Yaml(text)
        return Parsed(file, found.data, tuple(found.doubled))
    except json.JSONDecodeError as error:
        raise UsageError(f"Failed to read {what} {file}:{error.lineno}: expected JSON, got {error.msg} at column {error.colno}.") from error
    except RecursionError as error:
        raise UsageError(f"Failed to read {what} {file}: expected JSON, got one nested too deep to read.") from error
    except _HalfPairError as error:
        raise UsageError(f"Failed to read {what} {file}: expected Unicode, got half a surrogate pair ({error}).") from error
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UsageError(f"Failed to read {what} {file}{line}: expected YAML, got {error.problem or error.context}.") from error
    except yaml.reader.ReaderError as error:
        raise UsageError(f"Failed to read {what} {file}: expected YAML, got character {error.position + 1}: {error.reason}.") from error
    except ValueError as error:  # an integer longer than Python reads
        raise UsageError(f"Failed to read {what} {file}: expected figures that can be read, got {error}.") from error


class _HalfPairError(ValueError):
    """A text has half a surrogate pair in it: it can be written nowhere."""


def _json(text: str) -> tuple[Any, tuple[str, ...]]:
    doubled = False

    def table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal doubled
        found = dict(pairs)
        doubled = doubled or len(found) != len(pairs)
        return found

    data = json.loads(text, object_pairs_hook=table)
    if "\\ud" in text or "\\uD" in text:
        try:
            json.dumps(data, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise _HalfPairError(f"\\u{ord(error.object[error.start]):04x}") from error
    return data, tuple(_json_doubled(text)) if doubled else ()


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,\n]|[^\s{}\[\]:,"]+')


def _json_places(text: str) -> Iterator[tuple[str, int]]:
    """Yield the pointer of every entry of a JSON text, and its line."""
    line, above, here = 1, [""], ""
    counts: list[int | None] = []
    """Of what stands around: the place of the next entry of a list; None for an object."""
    key = True
    for found in _TOKEN.finditer(text):
        sign = found[0]
        if sign == "\n":
            line += 1
        elif sign in "}]":
            counts.pop()
            here = above.pop()
        elif sign == ",":
            key = True
        elif sign != ":":
            if counts and counts[-1] is None and key:
                here = f"{above[-1]}/{escaped(json.loads(sign))}"
                key = False
                yield here, line
                continue
            if counts and (place := counts[-1]) is not None:
                here = f"{above[-1]}/{place}"
                counts[-1] = place + 1
                yield here, line
            if sign in "{[":
                above.append(here)
                counts.append(0 if sign == "[" else None)
                key = True


def _json_lines(text: str) -> dict[str, int]:
    return dict(_json_places(text))


def _json_doubled(text: str) -> list[str]:
    seen: set[str] = set()
    found: list[str] = []
    for pointer, _ in _json_places(text):
        # What stands below both is not doubled: all of the first one is lost.
        if pointer in seen and not any(pointer.startswith(f"{one}/") for one in found):
            found.append(pointer)
        seen.add(pointer)
    return found


_SCALARS = (
    (re.compile(r"~|null|Null|NULL|"), lambda _: None),
    (re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text[0] in "tT"),
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+"), lambda text: int(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text[2:], 16)),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"), lambda text: float(text.replace(".", ""))),
)
"""Plain scalars that are no texts (YAML 1.2, 10.3.2), and their values."""
_BEGINS = frozenset("~nNtTfF-+.0123456789")
_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float")}
_TEXTS = {f"tag:yaml.org,2002:{name}" for name in ("str", "timestamp", "binary", "value")} | {"!"}
_TABLES = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "!", None}


def plain(text: str) -> Any:
    """Return the value of a plain scalar, as the core schema of YAML 1.2 has it."""
    if text and text[0] not in _BEGINS:
        return text
    return next((value(text) for form, value in _SCALARS if form.fullmatch(text)), text)


class _Yaml:
    """Builds data from the events of a YAML text.

    Args:
        text: what is read.
        lines: filled with the line of each pointer, where they are wanted.

    Raises:
        yaml.YAMLError: it is none, or none that JSON could say.
    """

    def __init__(self, text: str, lines: dict[str, int] | None = None) -> None:
        self.data: Any = None
        self.doubled: list[str] = []
        self._lines = lines
        self._anchors: dict[str, Any] = {}
        self._above: list[tuple[Any, Any, str]] = []
        """What the present collection stands in, the key it has there, and its anchor."""
        self._here: Any = None
        self._key: Any = None
        self._merged: dict[int, list[Any]] = {}
        documents = 0
        for event in yaml.parse(text, yaml.CSafeLoader):
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open(event, {} if isinstance(event, yaml.MappingStartEvent) else [])
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _wrong(event, "a second document")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if self._key is None and type(self._here) is dict:
            self._name(event)
            return
        tag = event.tag
        if tag is None:
            value = plain(event.value) if event.implicit[0] else event.value
        elif tag in _TEXTS:
            value = event.value
        elif tag in _TAGS:
            value = plain(event.value)
        else:
            raise _wrong(event, f"a tag nobody here knows: {tag}")
        if event.anchor:
            self._anchors[event.anchor] = value
        self._put(value, event)

    def _name(self, event: yaml.ScalarEvent) -> None:
        """Take a scalar as the key of the table we are in."""
        self._key = key = event.value
        if event.anchor:
            self._anchors[event.anchor] = key
        if key == "<<" and event.implicit[0]:
            self._key = _Merge
            self._merged.setdefault(id(self._here), [])
            return
        if key in self._here:
            self.doubled.append(self._pointer(key))
        self._note(key, event)

    def _open(self, event: Any, collection: Any) -> None:
        if event.tag not in _TABLES:
            raise _wrong(event, f"a tag nobody here knows: {event.tag}")
        if self._key is None and type(self._here) is dict:
            raise _wrong(event, "a key that is no text")
        if type(self._here) is list:
            self._note(len(self._here), event)
        self._above.append((self._here, self._key, event.anchor or ""))
        self._here, self._key = collection, None
        if event.anchor:
            self._anchors[event.anchor] = _Open

    def _close(self) -> None:
        closed = self._here
        self._here, self._key, anchor = self._above.pop()
        if type(closed) is dict and (merged := self._merged.pop(id(closed), None)):
            own = dict(closed)
            closed.clear()
            for table in reversed(merged):
                closed.update(table)
            closed.update(own)
        if anchor:
            self._anchors[anchor] = closed
        self._put(closed, None)

    def _alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor not in self._anchors:
            raise _wrong(event, f"an alias of nothing: *{event.anchor}")
        value = self._anchors[event.anchor]
        if value is _Open:
            raise _wrong(event, f"content that holds itself: *{event.anchor}")
        if self._key is None and type(self._here) is dict:
            raise _wrong(event, "an alias as a key")
        self._put(value, event)

    def _put(self, value: Any, event: Any) -> None:
        """Put a value where we are."""
        if self._key is _Merge:
            tables = value if isinstance(value, list) else [value]
            if not all(isinstance(table, dict) for table in tables):
                raise _wrong(event, "something to merge (<<) that is no table")
            self._merged[id(self._here)] += tables
        elif self._key is not None:
            self._here[self._key] = value
        elif type(self._here) is list:
            if event is not None:
                self._note(len(self._here), event)
            self._here.append(value)
        else:
            self.data = value
        self._key = None

    def _note(self, last: object, event: yaml.Event) -> None:
        if self._lines is not None:
            self._lines[self._pointer(last)] = event.start_mark.line + 1  # type: ignore[union-attr]  # libyaml's events have one

    def _pointer(self, last: object) -> str:
        places = [len(holder) if key is None else key for holder, key, _ in self._above[1:]]
        return "".join(f"/{escaped(place)}" for place in [*places, last])


class _Merge:
    """Stands for the key ``<<``, where it merges."""


class _Open:
    """Stands for what has an anchor and has not ended yet."""


def _wrong(event: yaml.Event | None, what: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=what, problem_mark=event.start_mark if event else None)  # type: ignore[arg-type]  # libyaml's own mark
