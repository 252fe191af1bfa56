"""What an OpenAPI or JSON Schema file says of a field: found by its path, references followed, alternatives merged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from erp_testkit.contracts.files import read_text
from erp_testkit.domain.errors import UsageError, closest

_DEEPEST = 40
"""References that follow each other longer than this go round in a circle."""


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


class Schema:
    """A schema in a file.

    Args:
        place: file and pointer, such as ``../openapi/wms.yaml#/components/schemas/Shipment``, seen from `folder`.
        folder: where the contract stands that names it.

    Raises:
        UsageError: the file cannot be read, or there is nothing at that place.
    """

    def __init__(self, place: str, folder: Path) -> None:
        """Find it."""
        self.place = place
        file, _, pointer = place.partition("#")
        self._node = _Node((folder / file).resolve(), pointer).resolved()

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
            required = required and any(node.requires(name) for node in nodes)
            walked = f"{walked}.{name}".lstrip(".")
            if part.endswith("[]"):
                found = [one for node in found for one in node.items()]
                if not found:
                    raise KeyError(f"expected a list at {walked}, got none.")
            nodes = found
        return _leaf(nodes, required)

    def required(self) -> Iterator[str]:
        """Yield the path of every field a document must have."""
        yield from _required(self._node, "")


def _required(node: _Node, path: str) -> Iterator[str]:
    for name in sorted({name for part in node.parts() for name in part.value.get("required", ())}):
        for child in node.properties(name):
            place = f"{path}.{name}".lstrip(".")
            rows = list(child.items())
            inner = [(row, f"{place}[]") for row in rows] or [(child, place)]
            for one, where in inner:
                if any(True for _ in one.names()):
                    yield from _required(one, where)
                else:
                    yield where


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of a schema file."""

    file: Path
    pointer: str

    @property
    def value(self) -> Mapping[str, Any]:
        found = _document(self.file)
        for part in self.pointer.strip("/").split("/") if self.pointer.strip("/") else ():
            name = part.replace("~1", "/").replace("~0", "~")
            try:
                found = found[int(name)] if isinstance(found, list) else found[name]
            except (KeyError, IndexError, ValueError, TypeError):
                choices = found if isinstance(found, dict) else ()
                raise UsageError(
                    f"Failed to find {self.pointer} in {self.file}: expected '{name}' there, got none. {closest(name, map(str, choices))}"
                ) from None
        if not isinstance(found, dict):
            # ``true`` and ``false`` are schemas too.
            return {}
        return found

    def resolved(self) -> _Node:
        """Follow references.

        Raises:
            UsageError: they lead nowhere, or in a circle.
        """
        node = self
        for _ in range(_DEEPEST):
            reference = node.value.get("$ref")
            if not isinstance(reference, str):
                return node
            file, _, pointer = reference.partition("#")
            node = _Node((node.file.parent / file).resolve() if file else node.file, pointer)
        raise UsageError(f"Failed to follow {self.pointer} in {self.file}: expected references that end, got a circle.")

    def below(self, *names: str) -> _Node:
        escaped = (name.replace("~", "~0").replace("/", "~1") for name in names)
        return _Node(self.file, "/".join((self.pointer.rstrip("/"), *escaped))).resolved()

    def parts(self, *keywords: str) -> Iterator[_Node]:
        """Yield this schema and what it is composed of, by all keywords unless some are named."""
        node = self.resolved()
        yield node
        for keyword in keywords or ("allOf", "anyOf", "oneOf"):
            for place in range(len(node.value.get(keyword, ()))):
                yield from node.below(keyword, str(place)).parts(*keywords)

    def names(self) -> Iterator[str]:
        for part in self.parts():
            yield from part.value.get("properties", {})

    @property
    def open(self) -> bool:
        """Say whether nothing is known of its fields."""
        return not any(True for _ in self.names())

    def properties(self, name: str) -> list[_Node]:
        return [part.below("properties", name) for part in self.parts() if name in part.value.get("properties", {})]

    def requires(self, name: str) -> bool:
        return any(name in part.value.get("required", ()) for part in self.parts())

    def items(self) -> list[_Node]:
        return [part.below("items") for part in self.parts() if "items" in part.value]


@cache
def _document(file: Path) -> Any:
    text = read_text(file)
    try:
        return json.loads(text) if file.suffix == ".json" else yaml.load(text, Loader=yaml.CSafeLoader)  # the safe one, in C
    except (ValueError, yaml.YAMLError) as error:
        raise UsageError(f"Failed to read schema file {file}: expected {file.suffix[1:].upper()}, got {error}.") from error


def _leaf(nodes: list[_Node], required: bool) -> Leaf:
    schemas = tuple(part.value for node in nodes for part in node.parts())
    always = tuple(part.value for node in nodes for part in node.parts("allOf"))
    types = {name for schema in schemas for name in _types(schema)}
    lengths = [schema["maxLength"] for schema in always if isinstance(schema.get("maxLength"), int)]
    codes = [frozenset(str(code) for code in schema["enum"] if code is not None) for schema in schemas if "enum" in schema]
    return Leaf(
        types=frozenset(types - {"null"}),
        nullable="null" in types or any(schema.get("nullable") for schema in schemas),
        required=required,
        max_length=min(lengths, default=None),
        format=next((str(schema["format"]) for schema in schemas if "format" in schema), ""),
        codes=frozenset().union(*codes) if codes else None,
        unit=next((str(schema["x-unit"]) for schema in schemas if "x-unit" in schema), ""),
        always=always,
    )


def _types(schema: Mapping[str, Any]) -> list[str]:
    said = schema.get("type", ())
    return [said] if isinstance(said, str) else list(said)
