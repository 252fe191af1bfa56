"""JSON, XML, CSV and fixed-width text as places with values, and back.

A document is a table from place to value: ``consignee.code``, ``lines[0].lotNo``. In flat formats (CSV, fixed width) every record is a
line, and the place of its column ``lot`` is ``[0].lot``. What a layout knows nothing of is read too, under a place of its own: the canary
looks for stray values there.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeAlias
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring  # only to write; reading is defusedxml's

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from erp_testkit.contracts.mapping.model import Settings, at, line_of, plain

Value: TypeAlias = str | int | Decimal | bool | None
Places: TypeAlias = Mapping[str, Value]


class Unreadable(ValueError):
    """A text is not of the format it should be of, or a value cannot be written in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One place of a layout."""

    path: str
    """``lines[].lot``, or ``[].lot`` in a flat format."""
    width: int = 0
    """In a fixed-width record."""
    side: Literal["left", "right"] = "right"
    """Where it is filled."""
    fill: str = " "

    @property
    def name(self) -> str:
        """Return the name of a flat format's column."""
        return self.path.removeprefix("[].")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A format with its settings and what it holds, in order."""

    format: str
    columns: Sequence[Column]
    settings: Settings = field(default_factory=Settings)

    def read(self, text: str) -> Places:
        """Return what stands where.

        Raises:
            Unreadable: the text is not of this format.
        """
        return _READERS[self.format](text, self)

    def write(self, places: Places) -> str:
        """Write a document.

        Raises:
            Unreadable: a value cannot be written in this format.
        """
        return _WRITERS[self.format](places, self)

    def records(self, text: str) -> list[str]:
        """Return the lines of a fixed-width text, without their ends."""
        lines = text.split(self.settings.newline)
        return lines[:-1] if lines[-1] == "" else lines

    def raw(self, column: Column, value: str) -> str:
        """Return a value filled up to its width in a fixed-width record."""
        missing = column.fill * (column.width - self.settings.size(value))
        return value + missing if column.side == "right" else missing + value

    def slices(self, record: str) -> Iterator[tuple[Column | None, str]]:
        """Yield the columns of a fixed-width record with their raw text, and what comes after the last one."""
        whole = record if self.settings.counts == "characters" else record.encode(self.settings.encoding, errors="replace")
        start = 0
        for column in self.columns:
            yield column, self._decoded(whole[start : start + column.width])
            start += column.width
        yield None, self._decoded(whole[start:])

    def _decoded(self, part: str | bytes) -> str:
        return part if isinstance(part, str) else part.decode(self.settings.encoding, errors="replace")


def _lines(places: Places) -> range:
    return range(max((line + 1 for line in map(line_of, places) if line is not None), default=0))


def _read_json(text: str, layout: Layout) -> Places:  # noqa: ARG001  # every reader is called alike
    try:
        return dict(_leaves(json.loads(text, parse_float=Decimal), ""))
    except ValueError as error:
        raise Unreadable(f"expected JSON, got {error}") from error
    except RecursionError as error:
        raise Unreadable("expected JSON, got one nested too deep to read") from error


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Value]]:
    match node:
        case dict():
            for name, value in node.items():
                yield from _leaves(value, f"{path}.{name}" if path else name)
        case list():
            for place, value in enumerate(node):
                yield from _leaves(value, f"{path}[{place}]")
        case _:
            yield path, node


def _write_json(places: Places, layout: Layout) -> str:  # noqa: ARG001  # every writer is called alike
    return _json(_tree(places))


def _json(node: Any) -> str:
    match node:
        case dict():
            return f"{{{', '.join(f'{_json(name)}: {_json(value)}' for name, value in node.items())}}}"
        case list():
            return f"[{', '.join(map(_json, node))}]"
        case Decimal():
            # The library writes numbers as floats, and rounds them.
            return plain(node)
        case _:
            return json.dumps(node, ensure_ascii=False)


def _tree(places: Places) -> dict[str, Any]:
    """Return places as a tree of tables; a part that repeats is a list."""
    tree: dict[str, Any] = {}
    for place, value in places.items():
        *heads, leaf = place.split(".")
        node = tree
        for head in heads:
            name, repeats, index = head.partition("[")
            if repeats:
                rows = node.setdefault(name, [])
                rows += [{} for _ in range(int(index[:-1]) + 1 - len(rows))]
                node = rows[int(index[:-1])]
            else:
                node = node.setdefault(name, {})
        node[leaf] = value
    return tree


# The text is decoded already, whatever its first line says.
_ENCODING = re.compile(r"""^(\ufeff?\s*<\?xml\s[^>]*?)\s+encoding\s*=\s*["'][^"']*["']""")


def _read_xml(text: str, layout: Layout) -> Places:
    repeating = {column.path.partition("[]")[0] for column in layout.columns if "[]" in column.path}
    try:
        root = defusedxml.ElementTree.fromstring(_ENCODING.sub(r"\1", text, count=1).encode())
        return dict(_elements(root, "", repeating))
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Unreadable(f"expected XML, got {error}") from error
    except RecursionError as error:
        raise Unreadable("expected XML, got one nested too deep to read") from error


def _elements(parent: Element, path: str, repeating: set[str]) -> Iterator[tuple[str, Value]]:
    for name, value in parent.attrib.items():
        yield f"{path}.@{name}".lstrip("."), value or None
    if len(parent) == 0:
        yield path, parent.text or None
        return
    seen: dict[str, int] = {}
    for child in parent:
        name = f"{path}.{child.tag.rpartition('}')[2]}".lstrip(".")
        nth = seen[name] = seen.get(name, -1) + 1
        # An element that should stand once and stands again is a place of its own.
        yield from _elements(child, f"{name}[{nth}]" if nth or name in repeating else name, repeating)


def _write_xml(places: Places, layout: Layout) -> str:
    root = Element(layout.settings.root)
    for name, value in _tree(places).items():
        _element(root, name, value)
    text = tostring(root, encoding="unicode")
    try:
        # The library writes control characters as they are, and nobody may read that.
        defusedxml.ElementTree.fromstring(text.encode())
    except ParseError as error:
        raise Unreadable(f"expected values that XML can hold, got {error}") from error
    return text


def _element(parent: Element, name: str, value: Any) -> None:
    if name.startswith("@"):
        parent.set(name[1:], _text(value))
        return
    for one in value if isinstance(value, list) else [value]:
        child = SubElement(parent, name)
        if isinstance(one, dict):
            for inner, content in one.items():
                _element(child, inner, content)
        else:
            child.text = _text(one)


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def _read_csv(text: str, layout: Layout) -> Places:
    settings = layout.settings
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=settings.separator, strict=True))
    except csv.Error as error:
        raise Unreadable(f"expected CSV, got {error}") from error
    names = [column.name for column in layout.columns]
    if settings.header:
        if not rows:
            raise Unreadable("expected a header row, got nothing")
        names = _apart(rows.pop(0))
    return {
        # A row longer than its header has values that belong nowhere.
        f"[{line}].{names[place] if place < len(names) else f'+{place - len(names) + 1}'}": value or None
        for line, row in enumerate(rows)
        for place, value in enumerate(row)
    }


def _apart(names: Sequence[str]) -> list[str]:
    """Return the names of columns; one that stands again is a column of its own."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name}+{seen[name]}")
    return found


def _write_csv(places: Places, layout: Layout) -> str:
    settings, columns = layout.settings, layout.columns
    rows = [[column.name for column in columns]] if settings.header else []
    rows += [[_text(places.get(at(column.path, line))) for column in columns] for line in _lines(places)]
    return "".join(settings.separator.join(_quoted(value, settings) for value in row) + settings.newline for row in rows)


def _quoted(value: str, settings: Settings) -> str:
    # The library's writer leaves a carriage return bare where lines end with a line feed, and its reader then takes it for an end.
    if any(char in value for char in (settings.separator, '"', "\r", "\n")):
        return '"' + value.replace('"', '""') + '"'
    return value


def _read_fixed_width(text: str, layout: Layout) -> Places:
    found: dict[str, Value] = {}
    for line, record in enumerate(layout.records(text)):
        for column, raw in layout.slices(record):
            if column is not None:
                found[at(column.path, line)] = _unfilled(column, raw)
            elif raw:
                found[f"[{line}].+1"] = raw
    return found


def _unfilled(column: Column, raw: str) -> str | None:
    text = raw.rstrip(column.fill) if column.side == "right" else raw.lstrip(column.fill)
    if not text and column.fill == "0" and raw:
        return "0"
    return text or None


def _write_fixed_width(places: Places, layout: Layout) -> str:
    records = ("".join(_filled(column, line, places, layout) for column in layout.columns) for line in _lines(places))
    return "".join(record + layout.settings.newline for record in records)


def _filled(column: Column, line: int, places: Places, layout: Layout) -> str:
    text = _text(places.get(at(column.path, line)))
    settings = layout.settings
    if not settings.holds(text):
        raise Unreadable(f"expected characters that {settings.encoding} has for {column.name}, got {text!r}")
    if settings.size(text) > column.width or "\n" in text or "\r" in text:
        raise Unreadable(f"expected at most {column.width} {settings.counts} on one line for {column.name}, got {text!r}")
    return layout.raw(column, text)


_READERS = {"json": _read_json, "xml": _read_xml, "csv": _read_csv, "fixed-width": _read_fixed_width}
_WRITERS = {"json": _write_json, "xml": _write_xml, "csv": _write_csv, "fixed-width": _write_fixed_width}
