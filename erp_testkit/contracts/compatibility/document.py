"""Reading a contract with everything it refers to, so that comparing needs no file any more."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from erp_testkit.contracts.kinds import read_text
from erp_testkit.domain.errors import UsageError, closest

BUNDLED = "x-bundled"
"""Where other files a contract refers to are put, by their path."""

_DATA = frozenset({"example", "examples", "default", "enum", "const"})
"""Keywords whose value is data: what looks like a reference in it is none."""


class _Loader(yaml.CSafeLoader):
    """YAML as OpenAPI wants it, without the surprises of YAML 1.1: dates stay text, and only true and false are booleans."""


_SURPRISES = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if tag not in _SURPRISES]
    for first, rows in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def read(file: Path) -> dict[str, Any]:
    """Return a contract's content; files it refers to are taken in, and every reference leads somewhere.

    Raises:
        UsageError: a file cannot be read or parsed, or a reference leads nowhere; its text names all that do not.
    """
    content = parse(file)
    problems: list[str] = []
    bundle = _Bundle(file, problems)
    bundle.take(content, file)
    if bundle.files:
        content[BUNDLED] = bundle.files
    if not problems:
        for place, holder in _holders(content):
            try:
                lookup(content, holder["$ref"])
            except KeyError as error:
                problems.append(f"{place}: expected '$ref' to lead somewhere, got '{holder['$ref']}': {error.args[0]}")
    if problems:
        listed = "\n".join(f"- {problem}" for problem in dict.fromkeys(problems))
        raise UsageError(f"Failed to read contract {file}: expected references that lead somewhere, got others:\n{listed}")
    return content


def parse(file: Path) -> dict[str, Any]:
    """Return the content of one JSON or YAML file, all keys as text.

    Raises:
        UsageError: it cannot be read, or is no JSON or YAML object.
    """
    text = read_text(file)
    try:
        content = json.loads(text) if file.suffix == ".json" else yaml.load(text, _Loader)  # noqa: S506  # a safe loader
    except json.JSONDecodeError as error:
        raise UsageError(
            f"Failed to read contract {file}:{error.lineno}: expected JSON, got {error.msg} at column {error.colno}."
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise UsageError(f"Failed to read contract {file}{line}: expected YAML, got {getattr(error, 'problem', error)}.") from error
    if not isinstance(content, dict):
        raise UsageError(f"Failed to read contract {file}: expected an object with keys, got {type(content).__name__}.")
    try:
        _name_keys(content)
    except RecursionError as error:
        raise UsageError(f"Failed to read contract {file}: expected content that ends, got some that holds itself.") from error
    return content


def lookup(content: Mapping[str, Any], reference: str) -> Any:
    """Return what a reference such as ``#/components/schemas/Order`` leads to.

    Raises:
        KeyError: it leads nowhere; its text says where it ends.
    """
    if not reference.startswith("#"):
        raise KeyError("only files and '#/…' can be followed")
    found: Any = content
    for step in reference[1:].split("/")[1:]:
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        elif isinstance(found, dict) and name in found:
            found = found[name]
        else:
            raise KeyError(f"there is no '{name}'. {closest(name, found if isinstance(found, dict) else ())}"[:300])
    return found


def without_extensions(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without the fields that begin with ``x-``: anybody may add what they like."""
    return {key: value for key, value in content.items() if not key.startswith("x-")}


def _name_keys(value: Any) -> None:
    """Make text of keys that YAML reads as numbers, such as status codes."""
    if isinstance(value, dict):
        for key in [key for key in value if not isinstance(key, str)]:
            value[str(key)] = value.pop(key)
        for inner in value.values():
            _name_keys(inner)
    elif isinstance(value, list):
        for inner in value:
            _name_keys(inner)


def _holders(value: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every object that holds a reference, with its place."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield place or "#", value
        for key, inner in value.items():
            if key not in _DATA and isinstance(inner, (dict, list)):
                yield from _holders(inner, f"{place}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _holders(inner, f"{place}/{index}")


class _Bundle:
    """Takes the files a contract refers to into it.

    Args:
        file: the contract.
        problems: filled with what cannot be taken in.
    """

    def __init__(self, file: Path, problems: list[str]) -> None:
        """Hold nothing yet."""
        self._contract = file.resolve()
        self._problems = problems
        self.files: dict[str, Any] = {}

    def take(self, content: Any, file: Path, name: str = "") -> None:
        """Make references of a file to others lead into the bundle; `name` is the file's own place in it, empty for the contract."""
        for place, holder in list(_holders(content)):
            target, _, pointer = holder["$ref"].partition("#")
            if "://" in target:
                self._problems.append(f"{place}: expected '$ref' to name a file or '#/…', got '{holder['$ref']}'")
                holder["$ref"] = "#"
            elif target:
                holder["$ref"] = self._inside(self._bring((file.parent / unquote(target)).resolve()), pointer)
            elif name:
                holder["$ref"] = self._inside(name, pointer)

    def _bring(self, file: Path) -> str:
        if file == self._contract:
            return ""
        name = Path(os.path.relpath(file, self._contract.parent)).as_posix()
        if name not in self.files:
            self.files[name] = {}
            try:
                self.files[name] = parse(file)
            except UsageError as error:
                self._problems.append(str(error))
            self.take(self.files[name], file, name)
        return name

    @staticmethod
    def _inside(name: str, pointer: str) -> str:
        escaped = name.replace("~", "~0").replace("/", "~1").replace("%", "%25")
        return f"#/{BUNDLED}/{escaped}{pointer}" if name else f"#{pointer}"
