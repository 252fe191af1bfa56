"""Requests, checked against the contract."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from types import MappingProxyType
from typing import Any

import jsonschema_rs
from starlette.datastructures import Headers, QueryParams

from erp_testkit.specs import parts
from erp_testkit.specs.document import Spot
from erp_testkit.standins.contract.bodies import UNREAD, Unreadable, decoded
from erp_testkit.standins.contract.document import Document, Operation, Parameter, plain, variables

_MOST_TOLD = 5
_SIGNS = MappingProxyType({("pipeDelimited", False): "|", ("spaceDelimited", False): " ", ("label", True): "."})
"""What stands between a list's entries, by style and whether it is exploded, where it is no comma."""
_WHOLE, _DECIMAL = re.compile(r"-?[0-9]{1,300}"), re.compile(r"-?[0-9]{1,300}[.][0-9]{1,300}")
# Names that OpenAPI gives no meaning as parameters: they are described elsewhere in a contract.
_NOT_PARAMETERS = frozenset({"accept", "content-type", "authorization"})


class Rejected(Exception):
    """A request that the contract does not allow.

    Args:
        status: HTTP status of the answer.
        detail: what is wrong, for a person.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that keeps the contract."""

    operation: Operation
    segments: tuple[str, ...]
    """The path, split at its slashes, without what stands around a parameter."""
    path: dict[str, Any]
    """Values in the path."""
    query: Mapping[str, Any]
    """Only what the contract names."""
    headers: Headers
    body: bytes
    content: Any
    """The body as data; None where there is none or its kind is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A request as it came."""

    method: str
    segments: tuple[str, ...]
    """The path, split at its slashes."""
    values: Mapping[str, str]
    """Values of the path's parameters."""
    query: QueryParams
    headers: Headers
    body: bytes

    def given(self, place: str, name: str) -> Sequence[str]:
        """Return the texts a parameter was given, or none."""
        if place == "path":
            return [self.values[name]] if name in self.values else []
        if place == "query":
            return self.query.getlist(name)
        if place == "header":
            return self.headers.getlist(name)
        try:
            cookies = SimpleCookie(self.headers.get("cookie", ""))
        except CookieError:
            return []
        return [cookies[name].value] if name in cookies else []


def checked(document: Document, operation: Operation, raw: Raw) -> Call:
    """Return a request's values.

    Raises:
        Rejected: it does not keep the contract; its text names what is wrong.
    """
    problems: list[str] = []
    values: dict[tuple[str, str], Any] = {}
    keys = dict(raw.values)
    for parameter in operation.parameters:
        if parameter.place == "header" and parameter.name.lower() in _NOT_PARAMETERS:
            continue
        fields = _fields(document, operation, parameter, raw.query)
        texts = _unstyled(parameter, raw.given(parameter.place, parameter.name))
        # An object without properties leaves nothing in a query where their names are not given with its own.
        if not (texts if fields is None else fields) and not (fields == {} and parameter.required and parameter.style == "form"):
            if parameter.required:
                problems.append(f"{parameter.place} parameter {parameter.name} is missing")
            continue
        if parameter.place == "path" and len(texts) == 1:
            keys[parameter.name] = texts[0]
        value, wrong = _value(document, parameter, texts) if fields is None else _object(document, parameter, fields)
        values[parameter.place, parameter.name] = value
        problems += [f"{parameter.place} parameter {parameter.name}{problem}" for problem in wrong]
    content = _content(document, operation, raw, problems)
    if problems:
        raise Rejected(422, "; ".join(problems))
    return Call(
        operation=operation,
        segments=tuple(_key(template, segment, keys) for template, segment in zip(operation.segments, raw.segments, strict=True)),
        path={**raw.values, **{name: value for (place, name), value in values.items() if place == "path"}},
        query={name: value for (place, name), value in values.items() if place == "query"},
        headers=raw.headers,
        body=raw.body,
        content=content,
    )


def _key(template: str, segment: str, values: Mapping[str, str]) -> str:
    """Return what tells a resource apart in a segment of its path: ``7`` of ``7.json``."""
    names = variables(template)
    return values[names[0]] if len(names) == 1 else segment


def problems_of(validator: jsonschema_rs.Validator, value: Any) -> list[str]:
    """Say what is wrong with a value, at most five things."""
    try:
        errors = validator.iter_errors(value)
        return [_told(error) for error, _ in zip(errors, range(_MOST_TOLD), strict=False)]
    except UnicodeEncodeError:
        return [": has half a surrogate pair, which is no character"]


def _value(document: Document, parameter: Parameter, texts: Sequence[str]) -> tuple[Any, list[str]]:
    """Return a parameter's value and what is wrong with it."""
    if parameter.schema is None:
        return texts[0], []
    validator = document.validator(parameter.schema, request=True)
    if parts.names(parameter.schema, "object"):
        return texts[0], []  # not followed in paths, headers and cookies, nor separated by commas
    several = parts.names(parameter.schema, "array")
    if len(texts) > 1 and not several:
        return texts[0], [f": given {len(texts)} times"]
    value = _typed(texts[0], validator.is_valid, is_text=parts.names(parameter.schema, "string")) if len(texts) == 1 else None
    # Where a list is one of several types, a single text may be meant.
    if several and (len(texts) > 1 or not validator.is_valid(value)):
        value = _list(document, parameter.schema, _parts(parameter, texts))
    return value, problems_of(validator, value)


def _fields(document: Document, operation: Operation, parameter: Parameter, query: QueryParams) -> Mapping[str, Sequence[str]] | None:
    """Return the texts of an object's properties in a query; None where it is no such object, or spelled so that it is not followed."""
    if parameter.place != "query" or parameter.schema is None or not parts.names(parameter.schema, "object"):
        return None
    if parameter.style == "deepObject":
        start = f"{parameter.name}["
        return {key[len(start) : -1]: query.getlist(key) for key in query if key.startswith(start) and key.endswith("]")}
    if parameter.style == "form" and parameter.exploded:
        own = parts.properties(parameter.schema)
        others = {one.name for one in operation.parameters if one.place == "query"}
        others |= {scheme["name"] for scheme in document.schemes.values() if scheme.get("in") == "query"}
        return {key: query.getlist(key) for key in query if (key in own if own else key not in others)}
    return None


def _object(document: Document, parameter: Parameter, fields: Mapping[str, Sequence[str]]) -> tuple[Any, list[str]]:
    """Return an object's value and what is wrong with it."""
    assert parameter.schema is not None
    value: dict[str, Any] = {}
    for name, texts in fields.items():
        schema = parts.property_of(parameter.schema, name)
        if schema is None:
            value[name] = texts[0]
        elif len(texts) > 1 or parts.names(schema, "array"):
            value[name] = _list(document, schema, texts)
        else:
            value[name] = _typed(texts[0], document.validator(schema, request=True).is_valid, is_text=parts.names(schema, "string"))
    return value, problems_of(document.validator(parameter.schema, request=True), value)


def _list(document: Document, schema: Spot, texts: Sequence[str]) -> list[Any]:
    entries = [parts.entry(schema, place) for place in range(len(texts))]
    return [
        _typed(text, document.validator(entry, request=True).is_valid) if entry else text
        for text, entry in zip(texts, entries, strict=True)
    ]


def _unstyled(parameter: Parameter, texts: Sequence[str]) -> Sequence[str]:
    """Return what a path says of a parameter without the signs of its style; nothing where they are not there."""
    start = {"matrix": f";{parameter.name}=", "label": "."}.get(parameter.style, "")
    if not texts or not texts[0].startswith(start):
        return []
    if parameter.style == "matrix" and parameter.exploded:
        return texts[0].removeprefix(start).split(start)
    return [texts[0].removeprefix(start), *texts[1:]]


def _parts(parameter: Parameter, texts: Sequence[str]) -> Sequence[str]:
    """Return the texts of a list's entries."""
    if parameter.exploded and parameter.style not in {"simple", "label"}:
        return texts
    sign = _SIGNS.get((parameter.style, parameter.exploded), ",")
    parts = [part for text in texts for part in text.split(sign)]
    # A header may have spaces after its commas.
    return [part.strip() for part in parts] if parameter.place == "header" else parts


def _typed(text: str, fits: Callable[[Any], bool], *, is_text: bool = False) -> Any:
    """Return what a text says under a schema: itself, a number, a truth value; where nothing fits, what comes next to the kind it wants."""
    candidates: list[Any] = [text]
    if _WHOLE.fullmatch(text):
        candidates.append(int(text))
    elif _DECIMAL.fullmatch(text):
        candidates.append(float(text))
    if text in {"true", "false"}:
        candidates.append(text == "true")
    return next((one for one in candidates if fits(one)), text if is_text else candidates[-1])


def _content(document: Document, operation: Operation, raw: Raw, problems: list[str]) -> Any:
    """Return the body as data; what is wrong with it is added to `problems`."""
    if not operation.bodies:
        return None
    if not raw.body and "content-type" not in raw.headers:
        if operation.body_required:
            problems.append("body is missing")
        return None
    given = raw.headers.get("content-type", "")
    media, schema = _described(operation, given)
    if schema is None:
        raise Rejected(415, f"Expected a body of type {' or '.join(operation.bodies)}, got {given or 'none named'}.")
    try:
        content = decoded(raw.body, media, given, schema, document)
    except Unreadable as error:
        problems.append(f"body: {error}")
        return None
    if content is UNREAD:
        return None
    problems += [f"body{problem}" for problem in problems_of(document.validator(schema, request=True), content)]
    return content


def _described(operation: Operation, given: str) -> tuple[str, Spot | None]:
    """Return the media type of a body, and its schema in the contract."""
    media = plain(given)
    described = {plain(name): schema for name, schema in operation.bodies.items()} | {
        name.lower(): schema for name, schema in operation.bodies.items()
    }
    names = (given.lower(), media, f"{media.partition('/')[0]}/*", "*/*")
    return media, next((described[name] for name in names if name in described), None)


def _told(error: jsonschema_rs.ValidationError) -> str:
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.instance_path)
    return f"{place}: {error.message}"
