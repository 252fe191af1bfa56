"""Requests, checked against the contract."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

import jsonschema_rs
from starlette.datastructures import Headers, QueryParams

from erp_testkit.standins.contract.bodies import UNREAD, Unreadable, decoded
from erp_testkit.standins.contract.document import Document, Node, Operation, Parameter

_MOST_TOLD = 5
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
        """Remember both."""
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that keeps the contract."""

    operation: Operation
    segments: tuple[str, ...]
    """The path, split at its slashes."""
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
    for parameter in operation.parameters:
        if parameter.place == "header" and parameter.name.lower() in _NOT_PARAMETERS:
            continue
        texts = raw.given(parameter.place, parameter.name)
        if not texts:
            if parameter.required:
                problems.append(f"{parameter.place} parameter {parameter.name} is missing")
            continue
        value, wrong = _value(document, parameter, texts)
        values[parameter.place, parameter.name] = value
        problems += [f"{parameter.place} parameter {parameter.name}{problem}" for problem in wrong]
    content = _content(document, operation, raw, problems)
    if problems:
        raise Rejected(422, "; ".join(problems))
    return Call(
        operation=operation,
        segments=raw.segments,
        path={**raw.values, **{name: value for (place, name), value in values.items() if place == "path"}},
        query={name: value for (place, name), value in values.items() if place == "query"},
        headers=raw.headers,
        body=raw.body,
        content=content,
    )


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
    kind = parameter.schema.value.get("type") if isinstance(parameter.schema.value, dict) else None
    if kind == "object":
        return texts[0], []  # has half a dozen spellings, none of which our contracts use
    if kind == "array":
        parts = texts if parameter.exploded else [part for text in texts for part in text.split(",")]
        items = document.child(parameter.schema, "items") if "items" in parameter.schema.value else None
        value: Any = [_typed(part, document.validator(items, request=True).is_valid if items else lambda _: True) for part in parts]
    elif len(texts) > 1:
        return texts[0], [f": given {len(texts)} times"]
    else:
        value = _typed(texts[0], validator.is_valid, kind)
    return value, problems_of(validator, value)


def _typed(text: str, fits: Callable[[Any], bool], kind: Any = None) -> Any:
    """Return what a text says under a schema: itself, a number, a truth value; where nothing fits, what comes next to the kind it wants."""
    candidates: list[Any] = [text]
    if _WHOLE.fullmatch(text):
        candidates.append(int(text))
    elif _DECIMAL.fullmatch(text):
        candidates.append(float(text))
    if text in {"true", "false"}:
        candidates.append(text == "true")
    return next((one for one in candidates if fits(one)), text if kind == "string" else candidates[-1])


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


def _described(operation: Operation, given: str) -> tuple[str, Node | None]:
    """Return the media type of a body, and its schema in the contract."""
    media = given.partition(";")[0].strip().lower()
    for name in (media, f"{media.partition('/')[0]}/*", "*/*"):
        if name in operation.bodies:
            return media, operation.bodies[name]
    return media, None


def _told(error: jsonschema_rs.ValidationError) -> str:
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.instance_path)
    return f"{place}: {error.message}"
