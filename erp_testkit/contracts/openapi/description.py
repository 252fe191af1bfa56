"""An OpenAPI document as requests are made from it and answers are judged by: its operations, and where their values go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from erp_testkit.contracts.openapi import compat
from erp_testkit.specs import openapi, pointer
from erp_testkit.specs.document import DATA, NAMES, Document, mistakes
from erp_testkit.specs.openapi import SAFE
from erp_testkit.specs.schema import Views

_DEPTH = 6
"""Levels of a body whose fields are named."""
_NOTES = frozenset({"title", "description", "summary", "deprecated", "readOnly", "writeOnly", "default", "example", "examples"})
"""Keywords of a schema that forbid nothing."""


@dataclass(frozen=True)
class Operation:
    """One operation, with references followed at its first levels."""

    label: str
    """``POST /orders``, as the contract writes the path."""
    id: str
    title: str
    parameters: Sequence[Mapping[str, Any]]
    bodies: Mapping[str, Any]
    """Media type to schema."""
    responses: Mapping[str, Mapping[str, Any]]
    """Status, such as ``201``, ``4XX`` or ``default``, to its description."""
    pointer: str
    """Where the document says so."""
    description: Description

    @property
    def line(self) -> int:
        """Where it begins in its file."""
        return self.description.document.line(self.pointer)

    @property
    def method(self) -> str:
        """In upper case."""
        return self.label.partition(" ")[0]

    @property
    def path(self) -> str:
        """With its parameters in braces."""
        return self.label.partition(" ")[2]

    @property
    def writes(self) -> bool:
        """Say whether it may change something."""
        return self.method not in SAFE

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Where values go: ``path.number``, ``query.limit``, ``header.If-Match``, ``body.lines[*].item``."""
        named = [f"{one['in']}.{one['name']}" for one in self.parameters if one["in"] in ("path", "query", "header", "cookie")]
        fields = {f"body{place}" for schema in self.bodies.values() for place in self.description.fields(schema)}
        return (*named, *sorted(fields))

    def from_xml(self, media_type: str, text: str | bytes) -> Any:
        """Return an XML body as the data its schema describes, None where it is none."""
        media_type = media_type.partition(";")[0].strip().lower()
        if "xml" not in media_type or media_type not in self.bodies:
            return None
        try:
            return self.description.from_element(fromstring(text, forbid_dtd=True), self.bodies[media_type])
        except (ParseError, DefusedXmlException, LookupError, ValueError):
            return None

    def header(self, name: str) -> bool:
        """Say whether it takes a header."""
        return any(one["in"] == "header" and one["name"].lower() == name.lower() for one in self.parameters)

    def needs(self, header: str) -> bool:
        """Say whether it does not do without a header."""
        return any(one["in"] == "header" and one["name"].lower() == header.lower() and one.get("required") for one in self.parameters)


class Description:
    """An OpenAPI document and its operations.

    Args:
        document: as `erp_testkit.specs.openapi.read` returns it.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.views = Views(document)
        self.operations: Mapping[str, Operation] = {
            one.label: self._operation(one) for one in openapi.operations_of(document.whole.get("paths"))
        }

    @property
    def raw(self) -> Mapping[str, Any]:
        """All of it as plain data."""
        return self.document.content

    @property
    def title(self) -> str:
        """What it calls itself."""
        return str(self.document.whole.get("info", "title").value or self.document.file.stem)

    @cached_property
    def left_out(self) -> Mapping[str, str]:
        """Operation to the reason why it cannot be checked."""
        reason = "Requests of methods under additionalOperations cannot be made."
        paths = self.document.whole.get("paths").entries()
        return {f"{method} {path}": reason for path, item in paths for method in item.get("additionalOperations").value or ()}

    @cached_property
    def referred(self) -> frozenset[str]:
        """Paths that something in the document refers into, as bundlers write it."""
        parts = (pointer.steps(pointer.of_fragment(one[1:])) for one in self.document.references.values() if one.startswith("#/paths/"))
        return frozenset(part[1] for part in parts)

    def followed(self, node: Any) -> Any:
        """Return what a reference stands for; anything else as it is."""
        return self.document.follow(node)

    def schema(self, node: Any) -> Any:
        """Return what a reference to a schema stands for, and with it what stands beside the reference: from 3.1 on, that counts."""
        if not (isinstance(node, Mapping) and isinstance(node.get("$ref"), str)):
            return node
        found = self.schema(self.document.at(node["$ref"]))
        beside = {name: below for name, below in node.items() if name not in _NOTES and not name.startswith(("$", "x-"))}
        if not beside or str(self.raw["openapi"]) < "3.1":
            return found
        # schemathesis looks for the type at the top to know how a value is written.
        kind = {"type": found["type"]} if isinstance(found, Mapping) and "type" in found else {}
        return {**kind, **beside, "allOf": [found, *beside.get("allOf", ())]}

    def inlined(self, node: Any, depth: int = 0, *, names: bool = False) -> Any:
        """Return a schema with what its references stand for in their places; one that holds itself keeps them at its last level.

        Args:
            node: the schema, or a part of it.
            depth: levels it was found below.
            names: whether its keys are names somebody chose.
        """
        if depth == _DEPTH:
            return node
        node = self.schema(node)
        if isinstance(node, Mapping):
            return {
                name: below if name in DATA and not names else self.inlined(below, depth + 1, names=name in NAMES and not names)
                for name, below in node.items()
            }
        return [self.inlined(below, depth + 1) for below in node] if isinstance(node, list) else node

    def fields(self, schema: Any, depth: int = 0) -> Iterator[str]:
        """Yield the places of the fields of a schema: ``.customer``, ``.lines[*].item``."""
        if depth == _DEPTH:
            return
        words = self.views.of(schema).words
        for name, below in words.get("properties", {}).items():
            yield f".{name}"
            yield from (f".{name}{place}" for place in self.fields(below, depth + 1))
        if "items" in words:
            yield from (f"[*]{place}" for place in self.fields(words["items"], depth + 1))
        for part in (*words.get("branches", ()), *words.get("rest", ())):
            yield from self.fields(part, depth + 1)

    def from_element(self, element: Element, schema: Any) -> Any:
        """Return an XML element as data: text where its schema has no fields, a list for what it calls an array."""
        fields = self.views.of(schema).words.get("properties")
        if not fields:
            return element.text or ""
        data: dict[str, Any] = dict(element.attrib)
        for child in element:
            below = self.views.of(fields.get(child.tag)).words
            if "array" in below.get("type", ()):
                data.setdefault(child.tag, []).append(self.from_element(child, below.get("items")))
            else:
                data[child.tag] = self.from_element(child, fields.get(child.tag))
        return data

    def by_id(self, operation_id: str) -> Operation | None:
        """Return the operation of an ``operationId``."""
        return next((one for one in self.operations.values() if one.id == operation_id), None)

    def _operation(self, said: openapi.Operation) -> Operation:
        raw = said.content
        return Operation(
            label=said.label,
            id=str(raw.get("operationId", "")),
            title=str(raw.get("summary") or raw.get("operationId") or said.label),
            parameters=tuple(one.value for one in said.parameters),
            bodies={media: spot.value or {} for media, spot in openapi.media_types(said.body).items()},
            responses={status: spot.value for status, spot in said.responses.items()},
            pointer=said.spot.pointer,
            description=self,
        )


def read(file: Path) -> Description:
    """Read an OpenAPI contract: 2.0 in the terms of 3.0, 3.0, 3.1 or 3.2, in one file or several.

    Raises:
        UsageError: it cannot be read, has mistakes, or requests cannot be made of it; its text names all of them.
    """
    document = openapi.read(file)
    if problems := compat.mistakes(document.content):
        raise mistakes(file, problems)
    description = Description(document)
    if not description.operations:
        raise mistakes(file, ["paths: expected at least one operation, got none"])
    return description
