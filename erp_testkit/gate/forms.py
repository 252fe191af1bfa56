"""Reading a TOML file that has a JSON Schema: all its mistakes are told at once, each with its place and what was expected.

The schemas in ``schemas/`` are what editors check the files with, too.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from erp_testkit.domain.errors import UsageError, closest

SCHEMAS = Path(__file__).parent / "schemas"

_TYPES = {
    "object": "a table",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a shipped schema, such as ``gate``."""
    data: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return data


def read_toml(file: Path, what: str) -> dict[str, Any]:
    """Read a TOML file; dates come as text, as JSON would have them.

    Args:
        file: the file.
        what: what it is, for messages: ``policy``.

    Raises:
        UsageError: it is not there, or no TOML.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"Failed to read {what} {file}: expected a file, got {error.strerror}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"Failed to read {what} {file}: expected TOML, got {error}.") from error
    plain = _plain(data)
    assert isinstance(plain, dict)
    return plain


def mistakes(data: Mapping[str, Any], name: str) -> list[tuple[tuple[str | int, ...], str]]:
    """Return what is wrong with data by a shipped schema: the place of each mistake, and what was expected there."""
    import jsonschema_rs  # not for --help

    whole = schema(name)
    errors = jsonschema_rs.validator_for(whole, validate_formats=True).iter_errors(data)
    found = (mistake for error in errors for mistake in _texts(error, whole))
    return sorted(found, key=lambda mistake: [str(part).rjust(6) if isinstance(part, int) else part for part in mistake[0]])


def refuse(file: Path, what: str, problems: Sequence[str]) -> UsageError:
    """Say all that is wrong with a file."""
    listed = "\n".join(f"- {problem}" for problem in problems)
    return UsageError(f"Failed to read {what} {file}: expected no mistakes, got {len(problems)}:\n{listed}")


def dotted(place: Sequence[str | int]) -> str:
    """Write a place as TOML users know it, counting tables of a list from 1: ``waiver[2].owner``."""
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _texts(error: Any, whole: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    place, kind, node = tuple(error.instance_path), error.kind, _parent(whole, error.schema_path)
    if kind.name == "additionalProperties":
        for key in sorted(kind.unexpected):
            yield (*place, key), f"expected a key the kit knows, got '{key}'. {closest(key, node['properties'])}"
    elif kind.name == "required":
        yield (*place, kind.property), f"expected {_expected(node['properties'][kind.property], whole)}, got nothing."
    elif kind.name == "enum":
        yield place, f"expected one of the valid values, got {error.instance!r}. {closest(str(error.instance), map(str, kind.options))}"
    else:
        yield place, f"expected {_expected(node, whole)}, got {error.instance!r}."


def _expected(node: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    """Say what a schema asks for: by its title where it has one, otherwise by its type and bounds."""
    while "$ref" in node:
        node = _referred(whole, node)
    if "title" in node:
        return str(node["title"])
    if "enum" in node:
        return " or ".join(node["enum"])
    bounds = [f"{word} {node[key]}" for key, word in (("minimum", "at least"), ("maximum", "at most")) if key in node]
    return f"{_TYPES[node['type']]}{' of ' if bounds else ''}{' and '.join(bounds)}"


def _parent(whole: Mapping[str, Any], path: Sequence[str | int]) -> Mapping[str, Any]:
    """Return the schema that holds the keyword a path ends with."""
    node: Any = whole
    for part in path[:-1]:
        node = _referred(whole, node) if part == "$ref" else node[part]
    assert isinstance(node, dict)
    return node


def _referred(whole: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    return _parent(whole, [*str(node["$ref"]).removeprefix("#/").split("/"), ""])


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value.isoformat() if isinstance(value, date | datetime) else value
