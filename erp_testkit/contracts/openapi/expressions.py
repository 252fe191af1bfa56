"""Texts in a contract's settings that stand for a value: placeholders, JSON pointers, and OpenAPI's runtime expressions.

- A *placeholder* stands in a text in braces: ``{code:item}``, ``{order#/number}``. What it can be is said by whoever fills it.
  ``{code:item<20}`` is filled up with blanks to 20 characters, for records of fixed width.
- A *runtime expression* (OpenAPI 3.1, "Runtime Expressions") points into a request and its answer: ``$request.path.number``,
  ``$request.body#/lines/*/item``, ``$response.body#/number``. Beyond the standard, ``*`` in its pointer stands for every element and
  ``-`` for the last of a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_WIDTH = re.compile(r"(.+)<(\d+)")
_EXPRESSION = re.compile(
    r"\$(?:request\.(?:path|query|header)\.[\w.-]+|response\.header\.[\w.-]+|(?:request|response)\.body(?:#(?:/.*)?)?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request and its answer, as expressions see them. Names of headers are in lower case."""

    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    """Parsed."""
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    answer: Any = None
    """Parsed; None where it is no JSON."""


def is_expression(text: str) -> bool:
    """Say whether a text is a runtime expression."""
    return _EXPRESSION.fullmatch(text) is not None


def values_at(expression: str, call: Call) -> list[Any]:
    """Return the values an expression points at, none where there are none."""
    source, _, pointer = expression.partition("#")
    if source.endswith(".body"):
        return list(pointed(call.body if source.startswith("$request") else call.answer, pointer))
    place, _, name = source.partition(".")[2].partition(".")
    if place == "header":
        found: Mapping[str, Any] = call.headers if source.startswith("$request") else call.answer_headers
        name = name.lower()
    else:
        found = call.path if place == "path" else call.query
    return [found[name]] if name in found else []


def pointed(data: Any, pointer: str) -> Iterator[Any]:
    """Yield what a JSON pointer (RFC 6901) points at; ``*`` is every element of a list or object, ``-`` the last of a list."""
    if not pointer:
        yield data
        return
    head, slash, rest = pointer[1:].partition("/")
    rest = slash + rest
    name = head.replace("~1", "/").replace("~0", "~")
    if isinstance(data, Mapping):
        below = list(data.values()) if name == "*" else [data[name]] if name in data else []
    elif isinstance(data, list):
        below = data if name == "*" else data[-1:] if name == "-" else data[int(name) : int(name) + 1] if name.isdecimal() else []
    else:
        below = []
    for value in below:
        yield from pointed(value, rest)


def placeholders(template: Any) -> Iterator[str]:
    """Yield what stands in braces anywhere in plain data."""
    if isinstance(template, str):
        yield from _PLACEHOLDER.findall(template)
    elif isinstance(template, Mapping):
        for value in template.values():
            yield from placeholders(value)
    elif isinstance(template, list | tuple):
        for value in template:
            yield from placeholders(value)


def width(placeholder: str) -> tuple[str, int | None]:
    """Split a placeholder into what it stands for and the width it is filled up to, None where it says none."""
    wide = _WIDTH.fullmatch(placeholder)
    return (wide[1], int(wide[2])) if wide else (placeholder, None)


def filled(template: Any, value: Callable[[str], Any]) -> Any:
    """Return plain data with its placeholders replaced; a text that is nothing but one takes the value as it is, also a number."""
    if isinstance(template, str):
        whole = _PLACEHOLDER.fullmatch(template)
        return value(whole[1]) if whole else _PLACEHOLDER.sub(lambda found: str(value(found[1])), template)
    if isinstance(template, Mapping):
        return {name: filled(part, value) for name, part in template.items()}
    if isinstance(template, list | tuple):
        return [filled(part, value) for part in template]
    return template
