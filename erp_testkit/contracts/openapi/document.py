"""Reading an OpenAPI file: its operations with every reference followed, and the mistakes that keep it from being used."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from erp_testkit.contracts.kinds import read_text
from erp_testkit.contracts.openapi import compat
from erp_testkit.contracts.openapi.expressions import pointed
from erp_testkit.domain.errors import UsageError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
"""Methods that change nothing (RFC 9110, 9.2.1; QUERY: OpenAPI 3.2, "Path Item Object")."""
_VERSION = re.compile(r"3\.[012](\.\d+)?|2\.0")
_DEPTH = 6
"""Levels of a body whose fields are named."""
_NOTES = frozenset({"title", "description", "summary", "deprecated", "readOnly", "writeOnly", "default", "example", "examples"})
"""Keywords of a schema that forbid nothing."""
_DATA = frozenset({"example", "examples", "default", "enum", "const"})
"""Keywords whose value is data: what looks like a reference there is none."""
_NAMES = frozenset({
    "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "schemas", "parameters", "headers", "responses",
    "requestBodies", "securitySchemes", "links", "callbacks", "pathItems", "paths", "content", "encoding",
})  # fmt: skip
"""Keywords whose value has names somebody chose: a property may be called ``default``."""
_SHAPES = {"properties": dict, "responses": dict, "links": dict, "allOf": list, "anyOf": list, "oneOf": list}
"""Keywords whose value is walked through, to what it is in Python."""


@dataclass(frozen=True)
class Operation:
    """One operation, with references followed at its first levels."""

    label: str
    """``POST /orders``, as the contract writes the path."""
    id: str
    title: str
    line: int
    parameters: Sequence[Mapping[str, Any]]
    bodies: Mapping[str, Any]
    """Media type to schema."""
    responses: Mapping[str, Mapping[str, Any]]
    """Status, such as ``201``, ``4XX`` or ``default``, to its description."""
    document: Document

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
        form = [f"body.{one['name']}" for one in self.parameters if one["in"] == "formData"]
        fields = {f"body{place}" for schema in self.bodies.values() for place in self.document.fields(schema)}
        return (*named, *form, *sorted(fields))

    def from_xml(self, media_type: str, text: str | bytes) -> Any:
        """Return an XML body as the data its schema describes, None where it is none."""
        media_type = media_type.partition(";")[0].strip().lower()
        if "xml" not in media_type or media_type not in self.bodies:
            return None
        try:
            return self.document.from_element(fromstring(text, forbid_dtd=True), self.bodies[media_type])
        except (ParseError, DefusedXmlException, LookupError, ValueError):
            return None

    def header(self, name: str) -> bool:
        """Say whether it takes a header."""
        return any(one["in"] == "header" and one["name"].lower() == name.lower() for one in self.parameters)

    def needs(self, header: str) -> bool:
        """Say whether it does not do without a header."""
        return any(one["in"] == "header" and one["name"].lower() == header.lower() and one.get("required") for one in self.parameters)


class Document:
    """An OpenAPI description.

    Args:
        raw: the parsed file.
        lines: operation to the line it begins on.
    """

    def __init__(self, raw: Mapping[str, Any], lines: Mapping[str, int]) -> None:
        self.raw = raw
        self.operations: Mapping[str, Operation] = {one.label: one for one in self._operations(lines)}

    @property
    def title(self) -> str:
        """What it calls itself."""
        return str(self.raw["info"]["title"])

    @cached_property
    def left_out(self) -> Mapping[str, str]:
        """Operation to the reason why it cannot be checked."""
        reason = "Requests of methods under additionalOperations cannot be made."
        return {f"{method} {path}": reason for path, item in _paths(self.raw) for method in item.get("additionalOperations", ())}

    @cached_property
    def referred(self) -> frozenset[str]:
        """Paths that something in the file refers into, as bundlers write it."""
        parts = (unquote(reference).split("/") for reference in _references(self.raw) if reference.startswith("#/paths/"))
        return frozenset(part[2].replace("~1", "/").replace("~0", "~") for part in parts)

    def followed(self, node: Any) -> Any:
        """Return what a reference stands for; anything else as it is."""
        return _followed(self.raw, node)

    def schema(self, node: Any) -> Any:
        """Return what a reference to a schema stands for, and with it what stands beside the reference: from 3.1 on, that counts."""
        if not (isinstance(node, Mapping) and isinstance(node.get("$ref"), str)):
            return node
        found = self.schema(next(_at(self.raw, node["$ref"])))
        beside = {name: below for name, below in node.items() if name not in _NOTES and not name.startswith(("$", "x-"))}
        if not beside or str(self.raw.get("openapi", "2.0")) < "3.1":
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
                name: below if name in _DATA and not names else self.inlined(below, depth + 1, names=name in _NAMES and not names)
                for name, below in node.items()
            }
        return [self.inlined(below, depth + 1) for below in node] if isinstance(node, list) else node

    def fields(self, schema: Any, depth: int = 0) -> Iterator[str]:
        """Yield the places of the fields of a schema: ``.customer``, ``.lines[*].item``."""
        schema = self.schema(schema)
        if not isinstance(schema, Mapping) or depth == _DEPTH:
            return
        for name, below in schema.get("properties", {}).items():
            yield f".{name}"
            yield from (f".{name}{place}" for place in self.fields(below, depth + 1))
        if "items" in schema:
            yield from (f"[*]{place}" for place in self.fields(schema["items"], depth + 1))
        for key in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(key, ()):
                yield from self.fields(part, depth + 1)

    def from_element(self, element: Element, schema: Any) -> Any:
        """Return an XML element as data: text where its schema has no fields, a list for what it calls an array."""
        schema = self.followed(schema)
        fields = schema.get("properties") if isinstance(schema, Mapping) else None
        if not fields:
            return element.text or ""
        data: dict[str, Any] = dict(element.attrib)
        for child in element:
            below = self.followed(fields.get(child.tag))
            if isinstance(below, Mapping) and below.get("type") == "array":
                data.setdefault(child.tag, []).append(self.from_element(child, below.get("items")))
            else:
                data[child.tag] = self.from_element(child, below)
        return data

    def by_id(self, operation_id: str) -> Operation | None:
        """Return the operation of an ``operationId``."""
        return next((one for one in self.operations.values() if one.id == operation_id), None)

    def _operations(self, lines: Mapping[str, int]) -> Iterator[Operation]:
        for path, item in _paths(self.raw):
            for method in METHODS:
                if method in item:
                    yield self._operation(f"{method.upper()} {path}", item, item[method], lines)

    def _operation(self, label: str, item: Mapping[str, Any], raw: Mapping[str, Any], lines: Mapping[str, int]) -> Operation:
        found = [self.followed(one) for one in (*item.get("parameters", ()), *raw.get("parameters", ()))]
        # What an operation says of a parameter goes before what its path says.
        parameters = {(one["in"], one["name"]): one for one in found}
        body = self.followed(raw.get("requestBody", {}))
        bodies = {media: content.get("schema", {}) for media, content in body.get("content", {}).items()}
        for one in parameters.values():
            if one["in"] == "body":
                bodies["application/json"] = one.get("schema", {})
        return Operation(
            label=label,
            id=str(raw.get("operationId", "")),
            title=str(raw.get("summary") or raw.get("operationId") or label),
            line=lines.get(label, 1),
            parameters=tuple(one for one in parameters.values() if one["in"] != "body"),
            bodies=bodies,
            responses={status: self.followed(one) for status, one in _answers(raw)},
            document=self,
        )


def read_document(file: Path) -> Document:
    """Read an OpenAPI 3.0, 3.1, 3.2 or Swagger 2.0 file.

    Raises:
        UsageError: it cannot be read, or has mistakes; its text names all of them.
    """
    text = read_text(file)
    raw = _parsed(file, text)
    if not isinstance(raw, dict):
        raise _unusable(file, ["expected a mapping with openapi, info and paths, got " + type(raw).__name__])
    version = str(raw.get("openapi", raw.get("swagger")))
    if not _VERSION.fullmatch(version):
        raise _unusable(file, [f"openapi: expected version 3.0, 3.1, 3.2 or swagger 2.0, got {version!r}"])
    problems = [*_missing(raw), *_broken(raw, raw, "#")] or compat.mistakes(raw) or list(_misshapen(raw))
    if problems:
        raise _unusable(file, problems)
    document = Document(raw, _lines(text))
    if not document.operations:
        raise _unusable(file, ["paths: expected at least one operation, got none"])
    return document


def _parsed(file: Path, text: str) -> Any:
    try:
        # Ten times as fast as YAML, and most large files are JSON.
        return json.loads(text) if text.lstrip()[:1] == "{" and file.suffix == ".json" else compat.read_yaml(text)
    except ValueError as error:
        raise _unusable(file, [str(error)]) from error


def _missing(raw: Mapping[str, Any]) -> Iterator[str]:
    info, paths = raw.get("info"), raw.get("paths")
    if not isinstance(info, dict) or not isinstance(info.get("title"), str):
        yield f"info: expected a title, got {info!r}"
    if not isinstance(paths, dict):
        yield f"paths: expected a mapping of paths to their operations, got {type(paths).__name__}"
        return
    for path, item in paths.items():
        if not isinstance(item, dict) and not path.startswith("x-"):
            yield f"{_below('#/paths', path)}: expected a mapping of methods to operations, got {type(item).__name__}"


def _unusable(file: Path, problems: Sequence[str]) -> UsageError:
    listed = "\n".join(f"- {problem}" for problem in problems)
    return UsageError(f"Failed to read contract {file}: expected an OpenAPI file without mistakes, got {len(problems)}:\n{listed}")


def _broken(raw: Any, node: Any, place: str, *, names: bool = False) -> Iterator[str]:
    """Name the references that lead nowhere, out of the file, or in a circle, and what has no parts where parts belong.

    Schemas that hold themselves are none of these.
    """
    if isinstance(node, dict):
        if "$ref" in node and not names and (problem := _wrong_reference(raw, node["$ref"])):
            yield f"{place}: {problem}"
        for name, below in node.items():
            # Extensions mean by a word what they like.
            if name in _SHAPES and not names and "/x-" not in place and not isinstance(below, _SHAPES[name]):
                yield f"{_below(place, name)}: expected a {'list' if _SHAPES[name] is list else 'mapping'}, got {type(below).__name__}"
            if names or name not in _DATA:
                yield from _broken(raw, below, _below(place, name), names=name in _NAMES and not names)
    elif isinstance(node, list):
        for index, below in enumerate(node):
            yield from _broken(raw, below, f"{place}/{index}")


def _misshapen(raw: Mapping[str, Any]) -> Iterator[str]:
    """Name the parts of operations that cannot be what they stand for, as far as schemathesis lets them pass."""
    for path, item in _paths(raw):
        place = _below("#/paths", path)
        methods = {f"{place}/{method}": item[method] for method in METHODS if method in item}
        for holder, held in {place: item, **methods}.items():
            for index, one in enumerate(held.get("parameters", ())):
                parameter = _followed(raw, one)
                if missing := [key for key in ("name", "in") if not isinstance(parameter.get(key), str)]:
                    yield f"{holder}/parameters/{index}: expected a parameter with name and in, got no {' and no '.join(missing)}"
        for holder, held in methods.items():
            answers = {f"responses/{status}": one for status, one in _answers(held)}
            for name, one in {"requestBody": held.get("requestBody", {}), **answers}.items():
                if not isinstance(_followed(raw, one), dict):
                    yield f"{holder}/{name}: expected a mapping, got {type(one).__name__}"


def _answers(operation: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((str(status), one) for status, one in operation.get("responses", {}).items() if not str(status).startswith("x-"))


def _paths(raw: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((path, _followed(raw, item)) for path, item in raw["paths"].items() if not path.startswith("x-"))


def _followed(raw: Any, node: Any) -> Any:
    while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
        node = next(_at(raw, node["$ref"]))
    return node


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for below in node.values():
            yield from _references(below)
    elif isinstance(node, list):
        for below in node:
            yield from _references(below)


def _below(place: str, name: object) -> str:
    return f"{place}/{str(name).replace('~', '~0').replace('/', '~1')}"


def _at(raw: Any, reference: str) -> Iterator[Any]:
    """Yield what a reference within the file points at; it is a URI, so its pointer may be percent-encoded (RFC 6901, 6)."""
    return pointed(raw, unquote(reference[1:]))


def _wrong_reference(raw: Any, reference: Any) -> str | None:
    passed: list[str] = []
    while True:
        if not isinstance(reference, str):
            return f"expected a $ref that is a text, got {reference!r}"
        if not reference.startswith("#"):
            return f"expected a $ref within the file, got '{reference}'. Next: bundle the contract into one file"
        if reference in passed:
            return f"expected a $ref that ends at something, got a circle: {' -> '.join([*passed, reference])}"
        passed.append(reference)
        found = list(_at(raw, reference))
        if not found:
            return f"expected a $ref to something in the file, got '{reference}'"
        if not (isinstance(found[0], dict) and "$ref" in found[0]):
            return None
        reference = found[0]["$ref"]


_PATH_LINE = re.compile(r"""^\s*["']?(/[^"'#]*?)["']?\s*:""")
_METHOD_LINE = re.compile(rf"""^\s*["']?({"|".join(METHODS)})["']?\s*:""")


def _lines(text: str) -> dict[str, int]:
    """Return operation to the line it begins on, as far as the file is laid out in lines."""
    lines: dict[str, int] = {}
    path = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _PATH_LINE.match(line):
            path = found[1]
        elif path and (found := _METHOD_LINE.match(line)):
            lines.setdefault(f"{found[1].upper()} {path}", number)
    return lines
