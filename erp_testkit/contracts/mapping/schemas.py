"""What an OpenAPI or JSON Schema file says of a field: found by its path, references followed, alternatives merged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from erp_testkit.contracts.mapping import model
from erp_testkit.contracts.mapping.formats import Value
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.specs import bundle, parts
from erp_testkit.specs.dialect import alike
from erp_testkit.specs.document import Document, Spot

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
"""As JSON writes it: what has zeros in front is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """What a schema says of one field."""

    types: frozenset[str]
    """JSON types; empty where any is allowed."""
    nullable: bool
    required: bool
    """Whether it must be there in a document that has what it stands in."""
    max_length: int | None
    format: str
    codes: frozenset[str] | None
    unit: str
    """From ``x-unit``."""
    always: tuple[Mapping[str, Any], ...]
    """The schemas every value must satisfy."""

    @property
    def bounds(self) -> list[dict[str, Any]]:
        """What it says of which values there are, as schemas every value must satisfy; the most characters stand apart."""
        return [own for schema in self.always if (own := _bounds(schema))]

    def typed(self, value: Value) -> Value:
        """Return a text as the number, true or false that is the only type allowed; other values as they are."""
        if isinstance(value, str) and self.types and self.types <= {"integer", "number"} and _NUMBER.fullmatch(value):
            return Decimal(value)
        if self.types == {"boolean"} and value in ("true", "false"):
            return value == "true"
        return value


class Schema:
    """A schema in a file.

    Args:
        place: file and pointer, such as ``../openapi/wms.yaml#/components/schemas/Shipment``, seen from `folder`.
        folder: where the contract stands that names it.

    Raises:
        UsageError: the file cannot be read, or there is nothing at that place.
    """

    def __init__(self, place: str, folder: Path) -> None:
        self.place = place
        file, _, fragment = place.partition("#")
        try:
            self._node = _Node(_document((folder / file).resolve()).spot(f"#{fragment}"))
        except KeyError as error:
            raise UsageError(f"Failed to find {fragment} in {folder / file}: {error.args[0]}") from None

    def leaf(self, path: str) -> Leaf:
        """Return what the schema says of a field.

        Raises:
            KeyError: there is none at that path; the text says where it ends and what there is instead.
        """
        nodes, required, walked = [self._node], True, ""
        for part in path.split("."):
            name = part.removesuffix("[]")
            found = [one for node in nodes for one in node.properties(name)]
            if not found and not any(node.open for node in nodes):
                known = sorted({key for node in nodes for key in node.names()})
                raise KeyError(f"expected '{name}' {f'in {walked}' if walked else 'in it'}, got none. {closest(name, known)}")
            required = required and any(name in node.required() for node in nodes)
            walked = f"{walked}.{name}".lstrip(".")
            if part.endswith("[]"):
                found = [one for node in found for one in node.items()]
                if not found:
                    raise KeyError(f"expected a list at {walked}, got none.")
            nodes = found
        return _leaf(nodes, required)

    def required(self) -> list[str]:
        """Return the path of every field a document must have."""
        return sorted(_required(self._node, "", frozenset()))


def of_source(mapping: model.Mapping) -> dict[str, Leaf]:
    """Return what the source's schema says of each source path, as far as it knows them.

    Raises:
        UsageError: the schema cannot be read.
    """
    if mapping.source.schema_ is None:
        return {}
    schema = Schema(mapping.source.schema_, mapping.file.parent)
    found: dict[str, Leaf] = {}
    for one in mapping.fields:
        # Of a path it does not know, the check `fields` tells.
        with suppress(KeyError):
            if one.source:
                found[mapping.source_path(one)] = schema.leaf(one.source)
    return found


def _required(node: _Node, path: str, above: frozenset[frozenset[str]]) -> set[str]:
    """Return the paths of the fields a schema requires; one that holds itself requires nothing more there than it did above."""
    own = frozenset(part.pointer for part in node.all() if part.value.get("properties"))
    places: set[str] = set()
    for name in node.required() if own not in above else ():
        place = f"{path}.{name}".lstrip(".")
        surely = node.properties(name, surely=True)
        inner = [_within(child, place, above | {own}) for child in surely or node.properties(name)]
        # A field that only alternatives describe has the fields all of them require.
        places |= set().union(*inner) if surely else set.intersection(*inner) if inner else set()
    return places


def _within(node: _Node, place: str, above: frozenset[frozenset[str]]) -> set[str]:
    rows = [(row, f"{place}[]") for row in node.items()] or [(node, place)]
    return {path for part, at in rows for path in ([at] if part.open else _required(part, at, above))}


@dataclass(frozen=True, slots=True)
class _Node:
    """A schema where it stands."""

    spot: Spot

    def all(self) -> list[Spot]:
        """Return it and all it may be made of."""
        return parts.of(self.spot, alternatives=True)

    def names(self) -> Iterator[str]:
        for part in self.all():
            yield from part.value.get("properties") or ()

    @property
    def open(self) -> bool:
        """Say whether nothing is known of its fields."""
        return not any(True for _ in self.names())

    def properties(self, name: str, *, surely: bool = False) -> list[_Node]:
        within = parts.of(self.spot) if surely else self.all()
        return [_Node(part.get("properties", name)) for part in within if name in (part.value.get("properties") or ())]

    def required(self, above: frozenset[str] = frozenset()) -> set[str]:
        """Return the names of the fields it requires; of alternatives, those all of them do, null apart."""
        names: set[str] = set()
        for part in parts.of(self.spot) if self.spot.pointer not in above else ():
            names.update(part.value.get("required") or ())
            for keyword in ("anyOf", "oneOf"):
                if branches := parts.choices(part, keyword):
                    names |= set.intersection(*(_Node(one).required(above | {self.spot.pointer}) for one in branches))
        return names

    def items(self) -> list[_Node]:
        return [_Node(part.get("items")) for part in self.all() if "items" in part.value]


@cache
def _document(file: Path) -> Document:
    return alike(bundle.read(file))


_BOUNDS = frozenset({"minLength", "pattern", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})


def _bounds(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: rule for key, rule in schema.items() if key in _BOUNDS and (key, rule) != ("minLength", 1)}


def _leaf(nodes: list[_Node], required: bool) -> Leaf:
    schemas = tuple(part.value for node in nodes for part in node.all())
    always = tuple(part.value for node in nodes for part in parts.of(node.spot))
    types = {name for schema in schemas for name in _types(schema)}
    lengths = [schema["maxLength"] for schema in always if isinstance(schema.get("maxLength"), int)]
    codes = [frozenset(str(code) for code in schema["enum"] if code is not None) for schema in schemas if "enum" in schema]
    return Leaf(
        types=frozenset(types - {"null"}),
        nullable="null" in types or any(one == _NULL for schema in schemas for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ()))),
        required=required,
        max_length=min(lengths, default=None),
        format=next((str(schema["format"]) for schema in schemas if "format" in schema), ""),
        codes=frozenset().union(*codes) if codes else None,
        unit=next((str(schema["x-unit"]) for schema in schemas if "x-unit" in schema), ""),
        always=always,
    )


_NULL = {"type": "null"}


def _types(schema: Mapping[str, Any]) -> list[str]:
    said = schema.get("type", ())
    return [said] if isinstance(said, str) else list(said)
