"""An OpenAPI 3.0 or 3.1 file, read so that it can be served: operations, and validators of what goes in and out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

import jsonschema_rs

from erp_testkit.domain.errors import UsageError
from erp_testkit.standins.contract.dialect import normalised, spread
from erp_testkit.standins.contract.gs1 import FORMATS

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_VARIABLE = re.compile(r"\{([^{}]+)\}")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"

Pointer = tuple[str, ...]
"""Where something stands in the file: the keys that lead to it."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of the file, references followed."""

    at: Pointer
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of an operation."""

    name: str
    place: str
    """``path``, ``query``, ``header`` or ``cookie``."""
    required: bool
    schema: Node | None
    """None where it is described by a media type: then any text is taken."""
    style: str
    """How it is spelled: ``form``, ``simple``, ``deepObject`` …"""
    exploded: bool
    """Whether several values come as several parameters of its name, where its style knows the difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path."""

    id: str
    """Its ``operationId``, or method and path."""
    method: str
    """In upper case."""
    path: str
    segments: tuple[str, ...]
    """The path's template, split at its slashes."""
    parameters: tuple[Parameter, ...]
    bodies: Mapping[str, Node]
    """Schema of the request's body by media type."""
    body_required: bool
    responses: Mapping[str, Node]
    """Response by status: ``200``, ``4XX``, ``default``."""
    security: Sequence[Mapping[str, Any]]
    """Alternatives, each naming the schemes it wants together."""

    def response(self, status: int) -> Node | None:
        """Return what the contract says of a status."""
        names = (str(status), f"{status // 100}XX", f"{status // 100}xx", "default")
        return next((self.responses[name] for name in names if name in self.responses), None)

    @property
    def success(self) -> int:
        """The first status of success it names; 200 where it names none."""
        named = (int(name.replace("X", "0").replace("x", "0")) for name in self.responses if name[0] in "23")
        return next(named, 200)


class Document:
    """An OpenAPI document.

    Args:
        data: OpenAPI 3.0 or 3.1, as read from its file.
        name: what messages call it, the file's path.
    """

    def __init__(self, data: Any, name: str) -> None:
        """Look whether its references lead somewhere.

        Raises:
            UsageError: some do not; its text names all of them.
        """
        self._name = name
        self._data = normalised(data)
        self._check_references()
        # In 3.0 what stands beside a reference is to be ignored.
        if str(self._data.get("openapi")).startswith("3.1"):
            self._data = spread(self._data)
        self._validators: dict[tuple[Pointer, bool], jsonschema_rs.Validator] = {}

    @property
    def title(self) -> str:
        """What it calls the interface."""
        return str(self._data.get("info", {}).get("title", self._name))

    @cached_property
    def operations(self) -> Sequence[Operation]:
        """Everything that can be asked for.

        Raises:
            UsageError: some of them are not what OpenAPI calls operations; its text names all of them.
        """
        found, problems = [], []
        for path, item in self._data["paths"].items():
            for method in METHODS:
                try:
                    if method in self.follow(Node(("paths", path), item)).value:
                        found.append(self._operation(path, method))
                except KeyError as error:
                    problems.append(f"paths > {path} > {method}: expected an operation, got one that lacks {error}")
                except (TypeError, AttributeError, ValueError, IndexError):
                    problems.append(f"paths > {path} > {method}: expected an operation, got something else")
        self._tell(problems)
        return found

    @property
    def schemes(self) -> Mapping[str, Mapping[str, Any]]:
        """Security schemes by name."""
        named = self._data.get("components", {}).get("securitySchemes", {})
        return {name: self.at("components", "securitySchemes", name).value for name in named}

    def at(self, *keys: str) -> Node:
        """Return the part under these keys."""
        value = self._data
        for key in keys:
            value = value[int(key)] if isinstance(value, list) else value[key]
        return self.follow(Node(keys, value))

    def child(self, node: Node, *keys: str) -> Node:
        """Return a part of a part."""
        return self.at(*node.at, *keys)

    def follow(self, node: Node) -> Node:
        """Return what a reference leads to; anything else is returned as it is."""
        while isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str):
            node = self._target(node.value["$ref"])
        return node

    def parts(self, schema: Node) -> Sequence[Node]:
        """Return a schema and those it is made of: all of its ``allOf``, and what its ``anyOf`` or ``oneOf`` allows beside null."""
        found: dict[Pointer, Node] = {}
        waiting = [schema]
        for one in waiting:
            if one.at in found or not isinstance(one.value, dict):
                continue
            found[one.at] = one
            waiting += self._branches(one, "allOf")
            for word in ("anyOf", "oneOf"):
                other = [branch for branch in self._branches(one, word) if branch.value != {"type": "null"}]
                waiting += other if len(other) == 1 else []
        return list(found.values())

    def properties(self, schema: Node) -> Mapping[str, Node]:
        """Return what a schema says of an object's properties, by their names."""
        found: dict[str, Node] = {}
        for part in self.parts(schema):
            # What a schema says itself goes before what its parts say.
            found = {name: self.child(part, "properties", name) for name in part.value.get("properties", {})} | found
        return found

    def property(self, schema: Node, name: str) -> Node | None:
        """Return what a schema says of one property of an object; None where it says nothing."""
        of_others = [part for part in self.parts(schema) if "additionalProperties" in part.value]
        return self.properties(schema).get(name) or next((self.child(part, "additionalProperties") for part in of_others), None)

    def entry(self, schema: Node, place: int) -> Node | None:
        """Return what a schema says of a list's entry at a place; None where it says nothing."""
        for part in self.parts(schema):
            if place < len(part.value.get("prefixItems", ())):
                return self.child(part, "prefixItems", str(place))
            if "items" in part.value:
                return self.child(part, "items")
        return None

    def names(self, schema: Node, kind: str) -> bool:
        """Say whether a schema names a type, alone or among others."""
        named = [part.value.get("type") for part in self.parts(schema)]
        return any(kind == one or (isinstance(one, list) and kind in one) for one in named)

    def schema_of(self, response: Node) -> tuple[str, Node | None]:
        """Return a response's media type, JSON before others, and its schema; an empty type where it has no content."""
        content = response.value.get("content") or {}
        media = next((name for name in content if "json" in name), next(iter(content), ""))
        if not media or "schema" not in content[media]:
            return media, None
        return media, self.child(response, "content", media, "schema")

    def check(self) -> None:
        """Look at everything in it that requests and answers are made by.

        Raises:
            UsageError: it has mistakes; its text names all of them.
        """
        self._tell(list(dict.fromkeys(problem for operation in self.operations for problem in self._problems(operation))))

    def validator(self, schema: Node, *, request: bool) -> jsonschema_rs.Validator:
        """Return the validator of a schema, for what is sent to us or for what we answer.

        Raises:
            ValidationError, ReferencingError: the schema is none; `check` finds that before.
        """
        key = (schema.at, request)
        if key not in self._validators:
            base, registry = ("urn:request", self._requests) if request else ("urn:response", self._responses)
            reference = {"$schema": _DIALECT, "$ref": f"{base}#{_fragment(schema.at)}"}
            self._validators[key] = jsonschema_rs.validator_for(reference, registry=registry, formats=dict(FORMATS), validate_formats=True)
        return self._validators[key]

    @cached_property
    def _requests(self) -> jsonschema_rs.Registry:
        return jsonschema_rs.Registry([("urn:request", self._without("readOnly"))], draft=jsonschema_rs.Draft202012)

    @cached_property
    def _responses(self) -> jsonschema_rs.Registry:
        return jsonschema_rs.Registry([("urn:response", self._without("writeOnly"))], draft=jsonschema_rs.Draft202012)

    def _without(self, mark: str) -> Any:
        """Return the document with nothing required that is marked ``readOnly`` or ``writeOnly``."""

        def marked(schema: Any) -> bool:
            followed = self.follow(Node((), schema)).value
            parts = followed.get("allOf", ()) if isinstance(followed, dict) else ()
            said = (schema, followed, *(self.follow(Node((), part)).value for part in parts))
            return any(isinstance(one, dict) and one.get(mark) for one in said)

        def copied(value: Any) -> Any:
            if isinstance(value, list):
                return [copied(one) for one in value]
            if not isinstance(value, dict):
                return value
            copy = {key: copied(one) for key, one in value.items()}
            properties, required = value.get("properties"), value.get("required")
            if isinstance(properties, dict) and isinstance(required, list):
                copy["required"] = [name for name in required if not marked(properties.get(name))]
            return copy

        return copied(self._data)

    def _branches(self, schema: Node, word: str) -> list[Node]:
        return [self.child(schema, word, str(place)) for place in range(len(schema.value.get(word, ())))]

    def _operation(self, path: str, method: str) -> Operation:
        item = self.at("paths", path)
        node = self.child(item, method)
        parameters = (*self._parameters(item), *self._parameters(node))
        body = self.child(node, "requestBody") if "requestBody" in node.value else None
        return Operation(
            id=node.value.get("operationId", f"{method.upper()} {path}"),
            method=method.upper(),
            path=path,
            segments=tuple(path.strip("/").split("/")),
            # An operation's own parameters replace those of its path.
            parameters=tuple({(one.place, one.name): one for one in parameters}.values()),
            bodies=self._bodies(body) if body else {},
            body_required=bool(body and body.value.get("required")),
            responses={status: self.child(node, "responses", status) for status in node.value.get("responses", {})},
            security=node.value.get("security", self._data.get("security", [])),
        )

    def _problems(self, operation: Operation) -> Iterator[str]:
        """Say what in an operation cannot be used: its schemas, its security."""
        responses = [self.schema_of(response)[1] for response in operation.responses.values()]
        given = [*operation.bodies.values(), *(parameter.schema for parameter in operation.parameters)]
        for schema, request in ((one, wanted) for wanted, all_ in ((True, given), (False, responses)) for one in all_ if one):
            try:
                self.validator(schema, request=request)
            except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
                yield f"{_shown(schema.at)}: expected a JSON Schema, got one that is none: {str(error).partition(chr(10))[0]}"
        for name in {name for wanted in operation.security for name in wanted} - self.schemes.keys():
            yield f"{operation.method} {operation.path}: expected a security scheme of the file, got '{name}'"

    def _parameters(self, node: Node) -> list[Parameter]:
        return [self._parameter(self.child(node, "parameters", str(place))) for place in range(len(node.value.get("parameters", ())))]

    def _parameter(self, node: Node) -> Parameter:
        place = node.value["in"]
        style = node.value.get("style", "form" if place in {"query", "cookie"} else "simple")
        return Parameter(
            name=node.value["name"],
            place=place,
            required=bool(node.value.get("required")),
            schema=self.child(node, "schema") if "schema" in node.value else None,
            style=style,
            exploded=node.value.get("explode", style == "form"),
        )

    def _bodies(self, body: Node) -> Mapping[str, Node]:
        content = body.value.get("content", {})
        described = {media: self.child(body, "content", media) for media in content}
        return {media: self.child(one, "schema") if "schema" in one.value else Node((), True) for media, one in described.items()}

    def _target(self, reference: str) -> Node:
        keys = tuple(unquote(key).replace("~1", "/").replace("~0", "~") for key in reference.removeprefix("#/").split("/"))
        value = self._data
        for key in keys:
            value = value[int(key)] if isinstance(value, list) else value[key]
        return Node(keys, value)

    def _check_references(self) -> None:
        problems = []
        for at, reference in _references(self._data, ()):
            if not reference.startswith("#/"):
                problems.append(f"{_shown(at)}: expected a reference within the file, such as '#/components/schemas/…', got '{reference}'")
                continue
            try:
                if not self._ends(reference):
                    problems.append(
                        f"{_shown(at)}: expected a reference that ends somewhere, got '{reference}', which leads back to itself"
                    )
            except (KeyError, IndexError, ValueError, TypeError):
                problems.append(f"{_shown(at)}: expected a reference to something in the file, got '{reference}'")
        self._tell(problems)

    def _ends(self, reference: str) -> bool:
        """Say whether a reference that leads to a reference ends at last. A schema that contains itself is none of those."""
        seen: set[str] = set()
        while reference not in seen:
            seen.add(reference)
            value = self._target(reference).value
            if not (isinstance(value, dict) and isinstance(value.get("$ref"), str)):
                return True
            reference = value["$ref"]
        return False

    def _tell(self, problems: Sequence[str]) -> None:
        if problems:
            listed = "\n".join(f"- {problem}" for problem in problems)
            raise UsageError(f"Failed to read contract {self._name}: expected no mistakes, got {len(problems)}:\n{listed}")


def variables(segment: str) -> Sequence[str]:
    """Return the names of the parameters in a segment of a path's template, such as ``{name}.{ext}``."""
    return _VARIABLE.split(segment)[1::2]


def fixed(segment: str) -> Sequence[str]:
    """Return what stands around the parameters in a segment of a path's template."""
    return _VARIABLE.split(segment)[::2]


def plain(media: str) -> str:
    """Return a media type without its parameters, in lower case."""
    return media.partition(";")[0].strip().lower()


def _references(value: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield at, value["$ref"]
        for key, one in value.items():
            if key not in {"example", "examples", "default"}:
                yield from _references(one, (*at, str(key)))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _references(one, (*at, str(place)))


def _fragment(at: Pointer) -> str:
    return "".join("/" + quote(key.replace("~", "~0").replace("/", "~1")) for key in at)


def _shown(at: Pointer) -> str:
    return " > ".join(at)
