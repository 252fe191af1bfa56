"""A document over several files as one piece of data, in which every reference leads somewhere; `erp_testkit.specs.bundle` reads it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from erp_testkit.domain.errors import UsageError
from erp_testkit.specs import pointer as pointers
from erp_testkit.specs.text import Parsed, warn

BUNDLED = "x-bundled"
"""Key under which the other files of a document stand, by their paths seen from its folder."""

DATA = frozenset({"example", "examples", "default", "enum", "const"})
"""Keywords whose value is data: what looks like a reference in it is none."""
NAMES = frozenset({
    "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "schemas", "parameters", "headers", "responses",
    "requestBodies", "securitySchemes", "links", "callbacks", "pathItems", "paths", "content", "encoding", "messages", "channels",
    "operations", "webhooks", "additionalOperations", "servers", "variables", "mediaTypes", "messageTraits", "operationTraits",
})  # fmt: skip
"""Keywords whose value has names somebody chose: a property may be called ``default``."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a document, and what stands there; None where nothing does."""

    document: Document
    pointer: str
    value: Any

    @property
    def line(self) -> int:
        """The line it stands on in its file; where nothing stands, that of what it was looked for in."""
        return self.document.line(self.pointer)

    @property
    def place(self) -> str:
        """Where it is, as people read it: ``erp.yaml:12 paths › /orders``."""
        return self.document.place(self.pointer)

    @property
    def key(self) -> str:
        """The last step to it."""
        return pointers.steps(self.pointer)[-1] if self.pointer else ""

    def get(self, *keys: str | int) -> Spot:
        """Return the spot of an entry."""
        value = self.value
        for key in keys:
            if isinstance(value, Mapping):
                value = value.get(key)
            else:
                value = value[int(key)] if isinstance(value, list) and int(key) < len(value) else None
        return Spot(self.document, self.pointer + pointers.pointer(keys), value)

    def trail(self) -> list[Spot]:
        """Return the spot and, where it holds a reference, all spots that leads over; what it means is the last."""
        found = [self]
        while isinstance(value := found[-1].value, Mapping) and isinstance(reference := value.get("$ref"), str):
            found.append(self.document.spot(reference))
        return found

    def follow(self) -> Spot:
        """Return what its reference leads to at last; the spot itself where it has none."""
        return self.trail()[-1]

    def entries(self) -> Iterator[tuple[str, Spot]]:
        """Yield the entries of a table, each with what its reference leads to."""
        if isinstance(self.value, Mapping):
            yield from ((name, self.get(name).follow()) for name in self.value)

    def items(self) -> list[Spot]:
        """Return the entries of a list, each with what its reference leads to."""
        return [self.get(place).follow() for place in range(len(self.value))] if isinstance(self.value, list) else []


@dataclass
class Document:
    """A document over one file or several.

    Args:
        root: its first file.
        content: all of it as one piece, each reference a ``#/…`` into it.
        others: the other files by their keys under `BUNDLED`.
    """

    root: Parsed
    content: dict[str, Any]
    others: dict[str, Parsed] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    """Pointer of what holds a reference, and the reference."""
    copies: dict[str, str] = field(default_factory=dict)
    """Keys under `BUNDLED` of copies, and the pointers of what they are copies of (see `erp_testkit.specs.dynamic`)."""
    _found: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def file(self) -> Path:
        """Its first file."""
        return self.root.file

    def at(self, reference: str) -> Any:
        """Return what a reference ``#/…`` leads to.

        Raises:
            KeyError: nothing is there; its text says which step leads nowhere.
        """
        if reference not in self._found:
            self._found[reference] = pointers.find(self.content, pointers.of_fragment(reference[1:]))
        return self._found[reference]

    @property
    def whole(self) -> Spot:
        """The spot of all of it."""
        return Spot(self, "", self.content)

    def spot(self, reference: str) -> Spot:
        """Return the spot a reference ``#/…`` leads to.

        Raises:
            KeyError: nothing is there; its text says which step leads nowhere.
        """
        return Spot(self, pointers.of_fragment(reference[1:]), self.at(reference))

    def follow(self, value: Any) -> Any:
        """Return what a value's reference leads to at last; anything else as it is."""
        while isinstance(value, Mapping) and isinstance(reference := value.get("$ref"), str):
            value = self.at(reference)
        return value

    def line(self, pointer: str) -> int:
        """Return the line of a place in its file."""
        parsed, inner = self._origin(pointer)
        return parsed.line(inner)

    def place(self, pointer: str) -> str:
        """Return a place as people read it: ``erp.yaml:12 paths › /orders``."""
        parsed, inner = self._origin(pointer)
        return f"{self._name(parsed)}:{parsed.line(inner)} {pointers.shown(inner)}"

    def lost(self, spots: Iterable[Spot]) -> list[str]:
        """Say which keys stand twice at or above places, so that what the first one holds is lost; each with its line."""
        doubled = {id(parsed): set(parsed.doubled) for parsed in (self.root, *self.others.values())}
        found: dict[str, None] = {}
        for spot in spots if any(doubled.values()) else ():
            parsed, inner = self._origin(spot.pointer)
            while inner:
                if inner in doubled[id(parsed)]:
                    found[f"{self._name(parsed)}:{parsed.line(inner)} {pointers.shown(inner)}"] = None
                inner = inner.rpartition("/")[0]
        return [f"{place}: expected each key once, got it twice; what stands under the first would be lost." for place in found]

    def warn(self) -> None:
        """Warn of every key that stands twice."""
        for parsed in (self.root, *self.others.values()):
            warn(parsed)

    def _origin(self, pointer: str) -> tuple[Parsed, str]:
        """Return the file a place came from, and its pointer there."""
        steps = pointers.steps(pointer)
        if len(steps) > 1 and steps[0] == BUNDLED and steps[1] in self.others:
            return self.others[steps[1]], pointers.pointer(steps[2:])
        if len(steps) > 1 and steps[0] == BUNDLED and steps[1] in self.copies:
            return self._origin(self.copies[steps[1]] + pointers.pointer(steps[2:]))
        return self.root, pointer

    def _name(self, parsed: Parsed) -> str:
        return Path(os.path.relpath(parsed.file, self.file.parent)).as_posix()


def mistakes(file: Path, problems: Iterable[str], what: str = "contract") -> UsageError:
    """Return the error of a file with mistakes: all of them, each once."""
    found = list(dict.fromkeys(problems))
    listed = "\n".join(f"- {problem}" for problem in found)
    return UsageError(f"Failed to read {what} {file}: expected no mistakes, got {len(found)}:\n{listed}")


def without_extensions(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without the fields that begin with ``x-``: anybody may add what they like."""
    return {key: value for key, value in content.items() if not key.startswith("x-")}
