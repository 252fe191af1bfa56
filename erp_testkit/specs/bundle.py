"""Reading a document with all files it refers to, as one piece of data.

Files a document refers to come under its key ``x-bundled``, and every ``$ref`` (to a pointer, an ``$anchor``, an ``$id``, another file) is
written as ``#/…`` into that one piece, as is every ``$dynamicRef``. So whatever works on plain data works on documents of several files:
comparing, checking, serving. Which file and line a place came from is not lost.

The package ``referencing`` resolves references as well, but to contents: which place they came from, and so the bundle, it does not say.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from urllib.request import url2pathname

from erp_testkit.domain.errors import UsageError
from erp_testkit.specs import pointer as pointers
from erp_testkit.specs.document import BUNDLED, DATA, NAMES, Document, mistakes
from erp_testkit.specs.dynamic import Choice, settle
from erp_testkit.specs.text import Parsed
from erp_testkit.specs.text import read as read_file

_MARKS = frozenset({"$ref", "$id", "$anchor", "$dynamicAnchor", "$dynamicRef", "discriminator"})
_DEEPEST = 400
"""Levels a document may have."""


def read(file: Path, what: str = "contract") -> Document:
    """Read a document with all files it refers to.

    Args:
        file: its first file.
        what: what messages call it.

    Raises:
        UsageError: a file cannot be read, or references lead nowhere or in a circle; its text names all of them, with file and line.
    """
    parsed = read_file(file, what)
    if not isinstance(parsed.data, dict):
        got = "nothing" if parsed.data is None else f"a {type(parsed.data).__name__}"
        raise UsageError(f"Failed to read {what} {file}: expected an object with keys, got {got}.")
    document, problems = Document(parsed, parsed.data), list[str]()
    _Bundle(document, problems).take()
    if problems:
        raise mistakes(file, problems, what)
    return document


@dataclass(slots=True)
class _Mark:
    """An object with a word that refers, or can be referred to."""

    pointer: str
    holder: dict[str, Any]
    base: str
    """Address that its references are relative to: that of its file, or what an ``$id`` around it says."""
    file: str


class _Bundle:
    """Takes the files of a document into one, and rewrites its references.

    Args:
        document: filled with all of them.
        problems: filled with what leads nowhere.
    """

    def __init__(self, document: Document, problems: list[str]) -> None:
        self._document = document
        self._problems = problems
        self._folder = document.file.resolve().parent
        self._resources: dict[str, str] = {}
        """Address of a file, or of a schema that says one (``$id``), to its pointer."""
        self._anchors: dict[tuple[str, str], str] = {}
        """Pointer of a file, or of a schema that has an address, and ``$anchor`` in it, to its pointer."""
        self._dynamic: dict[str, dict[str, str]] = {}
        """The same pointers to the ``$dynamicAnchor`` there, and the pointer of each."""
        self._choices: list[Choice] = []
        self._marks: list[_Mark] = []
        self._unread: set[str] = set()
        """Addresses of files that cannot be read."""

    def take(self) -> None:
        """Do all of it."""
        document = self._document
        self._look(document.root, "")
        for mark in self._marks:  # grows while files bring in files
            for reference in _references(mark.holder):
                self._bring(mark, reference)
        if document.others:
            document.content[BUNDLED] = {name: parsed.data for name, parsed in document.others.items()}
        for mark in self._marks:
            self._rewrite(mark)
        for mark in self._marks:
            for word in ("$id", "$anchor", "$dynamicAnchor"):
                # In one piece, the same name may come from two files.
                mark.holder.pop(word, None)
        document.references.update((mark.pointer, mark.holder["$ref"]) for mark in self._marks if "$ref" in mark.holder)
        if self._choices and not self._problems:
            settle(document, self._choices, self._dynamic)
        if not self._problems:
            self._find_circles()

    def _look(self, parsed: Parsed, above: str) -> None:
        """Note what a file has that refers, or can be referred to."""
        file = parsed.file.resolve().as_uri()
        self._resources[file] = above
        self._dynamic[above] = {}
        seen: set[int] = set()
        # A way is a chain of keys, made a pointer only where one is needed: most objects have no mark.
        waiting: list[tuple[Any, _Way, str, bool, int]] = [(parsed.data, None, file, False, 0)]
        while waiting:
            value, way, base, names, depth = waiting.pop()
            # An object may stand at several places (aliases of YAML): it is one all the same.
            if id(value) in seen:
                continue
            seen.add(id(value))
            if depth > _DEEPEST:
                self._problems.append(f"{self._document.place(above + _pointer(way))}: expected at most {_DEEPEST} levels, got more")
                return
            depth += 1
            if type(value) is list:
                for place in range(len(value) - 1, -1, -1):
                    if type(one := value[place]) in _HOLDERS:
                        waiting.append((one, (way, place), base, False, depth))
            elif type(value) is dict:
                if not names and not _MARKS.isdisjoint(value):
                    base = self._note(_Mark(above + _pointer(way), value, base, file))
                for key in reversed(value):
                    if type(one := value[key]) in _HOLDERS and (names or key not in DATA):
                        waiting.append((one, (way, key), base, not names and key in NAMES, depth))

    def _note(self, mark: _Mark) -> str:
        """Note an object that refers, or can be referred to; return what references below it are relative to."""
        said = mark.holder.get("$id")
        if isinstance(said, str) and not said.startswith("#"):
            mark.base = urldefrag(urljoin(mark.base, said))[0]
            self._resources.setdefault(mark.base, mark.pointer)
            self._dynamic.setdefault(self._resources[mark.base], {})
        # Before 2019-09, an anchor was an ``$id`` as well.
        old = said[1:] if isinstance(said, str) and said.startswith("#") else None
        for name in (old, mark.holder.get("$anchor"), mark.holder.get("$dynamicAnchor")):
            if isinstance(name, str):
                self._anchors.setdefault((self._resources[mark.base], name), mark.pointer)
        if isinstance(name := mark.holder.get("$dynamicAnchor"), str):
            self._dynamic[self._resources[mark.base]].setdefault(name, mark.pointer)
        self._marks.append(mark)
        return mark.base

    def _address(self, mark: _Mark, reference: str) -> tuple[str, str]:
        """Return the address a reference means, and its fragment; of what is nowhere else, that of the file it would be."""
        address, part = urldefrag(urljoin(mark.base, reference))
        if address not in self._resources and urlsplit(mark.base).scheme != "file" and not urlsplit(reference).scheme:
            address = urldefrag(urljoin(mark.file, reference))[0]
        if urlsplit(address).scheme == "file":
            address = Path(url2pathname(urlsplit(address).path)).resolve().as_uri()
        return address, part

    def _bring(self, mark: _Mark, reference: str) -> None:
        """Read the file a reference leads to, once."""
        address = mark.base if reference.startswith("#") else self._address(mark, reference)[0]
        if address in self._resources or address in self._unread or urlsplit(address).scheme != "file":
            return
        path = Path(url2pathname(urlsplit(address).path))
        name = Path(os.path.relpath(path, self._folder)).as_posix()
        try:
            parsed = read_file(path)
        except UsageError as error:
            self._problems.append(str(error))
            self._unread.add(address)
            return
        self._document.others[name] = parsed
        self._look(parsed, pointers.pointer((BUNDLED, name)))

    def _rewrite(self, mark: _Mark) -> None:
        """Make the references of an object lead into the bundle."""
        holder = mark.holder
        if "$ref" in holder:
            holder["$ref"] = self._inside(mark, holder["$ref"])
        if "$dynamicRef" in holder:
            self._choose(mark)
        if mapped := _mapped(holder):
            inside = {name: self._inside(mark, reference) for name, reference in mapped.items()}
            holder["discriminator"] = {**holder["discriminator"], "mapping": holder["discriminator"]["mapping"] | inside}

    def _choose(self, mark: _Mark) -> None:
        """Write a ``$dynamicRef`` as a reference, where only one thing can be meant whoever asks; else note it."""
        reference = mark.holder.pop("$dynamicRef")
        target, name = self._inside(mark, reference), str(reference).partition("#")[2]
        meant = {anchors[name] for anchors in self._dynamic.values() if name in anchors}
        if len(meant) > 1 and (pointer := pointers.of_fragment(target[1:])) in meant:
            self._choices.append(Choice(mark.pointer, name, pointer))
        elif "$ref" in mark.holder:
            mark.holder["allOf"] = [*mark.holder.get("allOf", ()), {"$ref": target}]
        else:
            mark.holder["$ref"] = target

    def _inside(self, mark: _Mark, reference: Any) -> Any:
        """Return a reference as one into the bundle."""
        if not isinstance(reference, str):
            self._wrong(mark, reference, "it is no text")
            return "#"
        address, part = (mark.base, reference[1:]) if reference.startswith("#") else self._address(mark, reference)
        base = self._resources.get(address)
        if address in self._unread:
            return reference
        if base is None:
            self._wrong(mark, reference, "only files and '#/…' can be followed")
            return reference
        if part and not part.startswith("/"):
            anchor = self._anchors.get((base, unquote(part)))
            if anchor is None:
                self._wrong(mark, reference, f"there is no $anchor '{part}'")
                return reference
            part, base = "", anchor
        inside = f"{pointers.fragment(base)}{part}"
        try:
            self._document.at(inside)
        except KeyError as error:
            self._wrong(mark, reference, str(error.args[0]))
        return inside

    def _wrong(self, mark: _Mark, reference: Any, why: str) -> None:
        place = self._document.place(mark.pointer)
        self._problems.append(f"{place}: expected '$ref' to lead somewhere, got {reference!r}: {why}")

    def _find_circles(self) -> None:
        """Name the references that lead to nothing but references, round and round."""
        ends: set[str] = set()
        for mark in self._marks:
            passed: list[str] = []
            value: Any = mark.holder
            while isinstance(value, dict) and (reference := value.get("$ref")) is not None and reference not in ends:
                if reference in passed:
                    self._wrong(mark, mark.holder["$ref"], f"it leads in a circle: {' -> '.join([*passed, reference])}")
                    break
                passed.append(reference)
                value = self._document.at(reference)
            ends.update(passed)


_Way = tuple["_Way", str | int] | None
_HOLDERS = (dict, list)


def _pointer(way: _Way) -> str:
    steps = []
    while way is not None:
        way, step = way
        steps.append(step)
    return pointers.pointer(reversed(steps))


def _references(holder: Mapping[str, Any]) -> list[str]:
    said = (holder.get("$ref"), holder.get("$dynamicRef"), *_mapped(holder).values())
    return [reference for reference in said if isinstance(reference, str)]


def _mapped(holder: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of a discriminator that are references, not names of schemas."""
    discriminator = holder.get("discriminator")
    mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
    found = mapping if isinstance(mapping, dict) else {}
    return {value: target for value, target in found.items() if isinstance(target, str) and ("#" in target or "/" in target)}
