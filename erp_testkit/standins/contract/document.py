"""An OpenAPI document, so that it can be served: operations, and validators of what goes in and out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema_rs

from erp_testkit.domain.errors import UsageError
from erp_testkit.specs import document as specs
from erp_testkit.specs import openapi
from erp_testkit.specs.dialect import alike
from erp_testkit.specs.document import Spot, mistakes
from erp_testkit.specs.pointer import fragment
from erp_testkit.standins.contract.gs1 import FORMATS

_VARIABLE = re.compile(r"\{([^{}]+)\}")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of an operation."""

    name: str
    place: str
    """``path``, ``query``, ``header`` or ``cookie``."""
    required: bool
    schema: Spot | None
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
    bodies: Mapping[str, Spot]
    """Schema of the request's body by media type."""
    body_required: bool
    responses: Mapping[str, Spot]
    """Response by status: ``200``, ``4XX``, ``default``."""
    security: Sequence[Mapping[str, Any]]
    """Alternatives, each naming the schemes it wants together."""

    def response(self, status: int) -> Spot | None:
        """Return what the contract says of a status."""
        names = (str(status), f"{status // 100}XX", f"{status // 100}xx", "default")
        return next((self.responses[name] for name in names if name in self.responses), None)

    @property
    def success(self) -> int:
        """The first status of success it names; 200 where it names none."""
        named = (int(name.replace("X", "0").replace("x", "0")) for name in self.responses if name[0] in "23")
        return next(named, 200)


def read(file: Path) -> Document:
    """Read a contract with all files it refers to.

    Raises:
        UsageError: it cannot be read, is of a version nobody here knows, has nothing to serve, or has mistakes; its text names all of them.
    """
    document = Document(openapi.read(file))
    if not document.operations:
        raise UsageError(f"Failed to read contract {file}: expected operations under 'paths', got none.")
    document.check()
    return document


class Document:
    """An OpenAPI document that is served.

    Args:
        document: as it was read; 2.0 in the terms of 3.0.
    """

    def __init__(self, document: specs.Document) -> None:
        self._document = alike(document)
        self._validators: dict[tuple[str, bool], jsonschema_rs.Validator] = {}

    @property
    def title(self) -> str:
        """What it calls the interface."""
        return str(self._document.whole.get("info", "title").value or self._document.file)

    @cached_property
    def operations(self) -> Sequence[Operation]:
        """Everything that can be asked for.

        Raises:
            UsageError: some of them are not what OpenAPI calls operations; its text names all of them.
        """
        found, problems = [], []
        for operation in openapi.operations_of(self._document.whole.get("paths")):
            try:
                found.append(self._operation(operation))
            except KeyError as error:
                problems.append(f"{operation.spot.place}: expected an operation, got one that lacks {error}")
            except (TypeError, AttributeError, ValueError, IndexError):
                problems.append(f"{operation.spot.place}: expected an operation, got something else")
        if problems:
            raise mistakes(self._document.file, problems)
        return found

    @property
    def schemes(self) -> Mapping[str, Mapping[str, Any]]:
        """Security schemes by name."""
        return {name: spot.value for name, spot in self._document.whole.get("components", "securitySchemes").entries()}

    def check(self) -> None:
        """Look at everything in it that requests and answers are made by.

        Raises:
            UsageError: it has mistakes; its text names all of them.
        """
        if problems := [problem for operation in self.operations for problem in self._problems(operation)]:
            raise mistakes(self._document.file, problems)

    def validator(self, schema: Spot, *, request: bool) -> jsonschema_rs.Validator:
        """Return the validator of a schema, for what is sent to us or for what we answer.

        Raises:
            ValidationError, ReferencingError: the schema is none; `check` finds that before.
        """
        key = (schema.pointer, request)
        if key not in self._validators:
            base, registry = ("urn:request", self._requests) if request else ("urn:response", self._responses)
            reference = {"$schema": _DIALECT, "$ref": f"{base}{fragment(schema.pointer)}"}
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
            followed = self._document.follow(schema)
            parts = followed.get("allOf", ()) if isinstance(followed, dict) else ()
            said = (schema, followed, *map(self._document.follow, parts))
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

        return copied(self._document.content)

    def _operation(self, operation: openapi.Operation) -> Operation:
        content, body = operation.content, operation.body
        return Operation(
            id=content.get("operationId", operation.label),
            method=operation.method.upper(),
            path=operation.path,
            segments=tuple(operation.path.strip("/").split("/")),
            parameters=tuple(map(_parameter, operation.parameters)),
            # What no schema is given for may be anything.
            bodies={
                media: Spot(self._document, "", True) if schema.value is None else schema.follow()
                for media, schema in openapi.media_types(body).items()
            },
            body_required=bool(body.value and body.value.get("required")),
            responses=operation.responses,
            security=content.get("security", self._document.content.get("security", [])),
        )

    def _problems(self, operation: Operation) -> Iterator[str]:
        """Say what in an operation cannot be used: its schemas, its security."""
        responses = [schema_of(response)[1] for response in operation.responses.values()]
        given = [*operation.bodies.values(), *(parameter.schema for parameter in operation.parameters)]
        for schema, request in ((one, wanted) for wanted, all_ in ((True, given), (False, responses)) for one in all_ if one):
            try:
                self.validator(schema, request=request)
            except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
                yield f"{schema.place}: expected a JSON Schema, got one that is none: {str(error).partition(chr(10))[0]}"
        for name in {name for wanted in operation.security for name in wanted} - self.schemes.keys():
            yield f"{operation.method} {operation.path}: expected a security scheme of the file, got '{name}'"


def _parameter(spot: Spot) -> Parameter:
    place = spot.value["in"]
    style = spot.value.get("style", "form" if place in {"query", "cookie"} else "simple")
    return Parameter(
        name=spot.value["name"],
        place=place,
        required=bool(spot.value.get("required")),
        schema=spot.get("schema").follow() if "schema" in spot.value else None,
        style=style,
        exploded=spot.value.get("explode", style == "form"),
    )


def variables(segment: str) -> Sequence[str]:
    """Return the names of the parameters in a segment of a path's template, such as ``{name}.{ext}``."""
    return _VARIABLE.split(segment)[1::2]


def fixed(segment: str) -> Sequence[str]:
    """Return what stands around the parameters in a segment of a path's template."""
    return _VARIABLE.split(segment)[::2]


def plain(media: str) -> str:
    """Return a media type without its parameters, in lower case."""
    return media.partition(";")[0].strip().lower()


def schema_of(response: Spot) -> tuple[str, Spot | None]:
    """Return a response's media type, JSON before others, and its schema; an empty type where it has no content."""
    content = response.value.get("content") or {}
    media = next((name for name in content if "json" in name), next(iter(content), ""))
    if not media or "schema" not in content[media]:
        return media, None
    return media, response.get("content", media, "schema").follow()
