"""The one way to read a settings file: each is a frozen pydantic model.

`read` reports all mistakes at once, in the kit's words, each with its line, what was expected there, and the closest match. What is
expected comes from the JSON Schema made of the model, which editors use, too: the ``title`` of a field, otherwise its type and bounds.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.specs.files import read_text
from erp_testkit.specs.pointer import pointer, steps

Place = tuple[str | int, ...]
"""Keys and positions that lead to a value."""
Mistake = tuple[Place, str]
"""Where it is, and what is wrong there."""
Model = TypeVar("Model", bound=BaseModel)
FOLDER = "folder"
"""Key of a validation's context: the folder of the file, which paths in it start from."""

_TYPES = {
    "object": "a table",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_YAML = frozenset({".yaml", ".yml", ".json"})
"""Endings of files that are not TOML."""
_LONG = 60
"""How many characters of a list are repeated in a message."""
_BOUNDS = {"exclusiveMinimum": "above", "minimum": "of at least", "exclusiveMaximum": "below", "maximum": "at most"}


class Table(BaseModel):
    """A table of a settings file, all of whose keys are known; the docstrings of its fields are what editors show."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def _contradictions(self, _context: Mapping[str, Any], /) -> Iterable[Mistake]:
        """Say what does not fit together in this table, or to the context of the reader; places begin in this table."""
        return ()

    @model_validator(mode="after")
    def _fits_together(self, info: ValidationInfo) -> Self:
        if found := tuple(self._contradictions(info.context or {})):
            raise Wrong(found)
        return self


class Wrong(ValueError):
    """Raised by validators: mistakes with their places below the value that is validated."""

    def __init__(self, found: Iterable[Mistake]) -> None:
        self.found = tuple(found)


def wrong(expected: str, got: object, choices: Iterable[str] | None = None) -> Wrong:
    """Return what a validator of a single value raises; `choices` are named, the closest match first."""
    return Wrong([((), sentence(expected, got, choices))])


def sentence(expected: str, got: object, choices: Iterable[str] | None = None) -> str:
    """Say that a value is not as it should be; of `choices` the closest match first."""
    shown = {None: "nothing", True: "true", False: "false"}.get(got) if got is None or isinstance(got, bool) else repr(got)
    if isinstance(got, Mapping) or (isinstance(got, list) and len(str(shown)) > _LONG):
        shown = "a table" if isinstance(got, Mapping) else "a list"
    return f"expected {expected}, got {shown}.{'' if choices is None else ' ' + closest(str(got), choices)}"


def one_of(expected: str, choices: Collection[str] | None = None, *, key: str = "") -> AfterValidator:
    """Return what checks that a text is one of some.

    Args:
        expected: what it is to be, for messages.
        choices: the valid ones.
        key: or else, where the context of the reader has them; where it has none, any text will do.
    """

    def check(value: str, info: ValidationInfo) -> str:
        valid = choices if choices is not None else (info.context or {}).get(key)
        if valid is not None and value not in valid:
            raise wrong(expected, value, valid)
        return value

    return AfterValidator(check)


def _set(variable: str) -> str:
    if variable not in os.environ:
        raise Wrong([((), f"expected an environment variable that is set, got '{variable}'. Next: export {variable}=…")])
    return variable


def _existing(path: Path, info: ValidationInfo) -> Path:
    found = _below(path, info)
    if not found.exists():
        raise wrong("a file or folder that exists", str(path))
    return found


def _below(path: Path, info: ValidationInfo) -> Path:
    return Path((info.context or {}).get(FOLDER, ""), path)


Text = Annotated[str, Field(pattern=r"\S", title="text")]
Texts = tuple[Text, ...]
Day = Annotated[date, Field(title="a day such as 2026-11-30")]
Url = Annotated[str, Field(pattern=r"^https?://[^/\s]+", title="an address such as https://erp.example:8000")]
FilePath = Annotated[Path, AfterValidator(_below)]
"""A path from the folder of the file on; nothing need be there."""
Variable = Annotated[str, AfterValidator(_set)]
"""An environment variable that must be set wherever the file is read."""
ExistingPath = Annotated[Path, AfterValidator(_existing)]


def read(model: type[Model], file: Path, what: str, *, below: Sequence[str] = (), context: Mapping[str, object] | None = None) -> Model:
    """Read a settings file.

    Args:
        model: what it is to be.
        file: a TOML file; YAML or JSON by the ending of its name.
        what: what it holds, for messages: ``policy``.
        below: the table of the file that is read, all of it unless given.
        context: what validators of the model need to know.

    Raises:
        UsageError: it cannot be read or has mistakes; its text names all of them.
    """
    data, doubled = _data(file, what)
    for key in below:
        data = data.get(key, {})
    try:
        # Strictly and as JSON: '7' is no number, and a list is a tuple.
        read = model.model_validate_json(json.dumps(data, default=_iso), context={FOLDER: file.parent, **(context or {})})
    except ValidationError as error:
        found = dict.fromkeys(((*below, *place), said) for place, said in _mistakes(error, model))
        raise refused(file, what, [*doubled, *found]) from error
    if doubled:
        raise refused(file, what, doubled)
    return read


def _data(file: Path, what: str) -> tuple[Any, Sequence[Mistake]]:
    """Return what a file says, and its keys that stand twice, which TOML itself refuses."""
    if file.suffix in _YAML:
        from erp_testkit.specs import text  # most settings are TOML

        parsed = text.read(file, what)
        twice = "expected each key once, got it twice."
        return parsed.data, [(tuple(int(step) if step.isdecimal() else step for step in steps(one)), twice) for one in parsed.doubled]
    try:
        return tomllib.loads(read_text(file, what)), ()
    except (ValueError, RecursionError) as error:  # tomllib lets figures of too many digits and nesting too deep through as they are
        raise UsageError(f"Failed to read {what} {file}: expected TOML, got {error}.") from error


def _iso(moment: date | time) -> str:
    return moment.isoformat()


def refused(file: Path, what: str, found: Iterable[Mistake]) -> UsageError:
    """Return the error that says all that is wrong with a file, in the order of its lines."""
    line_of = _lines(file, what)
    problems = sorted(((line_of(place), place, said) for place, said in found), key=lambda one: one[0])
    listed = "\n".join(f"- {f'line {line}, ' if line else ''}{_dotted(place)}: {said}" for line, place, said in problems)
    return UsageError(f"Failed to read {what} {file}: expected no mistakes, got {len(problems)}:\n{listed}")


def _lines(file: Path, what: str) -> Callable[[Place], int]:
    """Return what says the line of a place, or of what it is in; 0 for a TOML file as a whole."""
    if file.suffix in _YAML:
        from erp_testkit.specs import text

        parsed = text.read(file, what)
        return lambda place: parsed.line(pointer(place))
    lines = _toml_lines(read_text(file, what))
    return lambda place: next(line for end in range(len(place), -1, -1) if (line := lines.get(place[:end])) is not None)


def _dotted(place: Place) -> str:
    """Write a place as TOML has it, entries of a list counted from 1: ``waiver[2].owner``."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".") or "the file"


def _toml_lines(toml: str) -> dict[Place, int]:
    """Return the line of each table and key of a TOML text; of one written over several lines, the first."""
    lines: dict[Place, int] = {(): 0}
    sizes: dict[Place, int] = {}
    table: Place = ()
    statement, start = "", 1
    for number, line in enumerate(toml.split("\n"), 1):
        statement += f"{line}\n"
        try:
            data = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue  # it goes on in the next line
        if statement.lstrip().startswith("["):
            table = ()
            while data:
                ((key, data),) = data.items()
                table = (*table, key)
                if isinstance(data, list):
                    sizes[table] = sizes.get(table, 0) + 1
                    lines.setdefault(table, start)
                    data = data[0]
                if table in sizes:
                    table = (*table, sizes[table] - 1)
                lines.setdefault(table, start)
        else:
            lines |= dict.fromkeys(_places(table, data), start)
        statement, start = "", number + 1
    return lines


def _places(place: Place, data: object) -> Iterator[Place]:
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        yield (*place, key)
        yield from _places((*place, key), value)


def _mistakes(error: ValidationError, model: type[BaseModel]) -> Iterator[Mistake]:
    """Yield what pydantic found in the kit's words."""
    from erp_testkit.specs.settings_schema import schema  # a start without mistakes does not pay for it

    whole = schema(model)
    for one in error.errors(include_url=False):
        if (one["type"] == "too_short" and one["input"]) or one["type"] == "default_factory_not_called":
            continue  # what it is made of is wrong, and reported
        place, cause = tuple(part for part in one["loc"] if part != "[key]"), one.get("ctx", {}).get("error")
        known, node = _follow(whole, place)
        if one["type"] == "json_invalid":
            yield (), "expected tables and lists nested less deep."
        elif isinstance(cause, Wrong):
            yield from ((place + below, said) for below, said in cause.found)
        elif len(known) < len(place) and "properties" in node:
            key = place[len(known)]
            yield (*known, key), f"unknown key. {closest(str(key), node['properties'])}"
        else:
            # Of a value that may be of several types, pydantic names each below the place.
            got = None if one["type"] == "missing" else one["input"]
            yield known, sentence(_expected(node), got, node.get("enum"))


def _follow(whole: Mapping[str, Any], place: Place) -> tuple[Place, Mapping[str, Any]]:
    """Follow a place into a schema, as far as it leads there."""
    from erp_testkit.specs.settings_schema import resolved

    node: Mapping[str, Any] = whole
    for depth, part in enumerate(place):
        below = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part, node.get("additionalProperties"))
        if not isinstance(below, dict):
            return place[:depth], node
        node = resolved(below, whole.get("$defs", {}))
    return place, node


def _expected(node: Mapping[str, Any]) -> str:
    """Say what a schema asks for."""
    if "title" in node:
        return str(node["title"])
    if "anyOf" in node:
        return " or ".join(map(_expected, node["anyOf"]))
    if "enum" in node:
        return "one of the valid values"
    if node["type"] == "array" and "$ref" in node.get("items", ()):
        return "a list of tables"
    bounds = " and ".join(f"{word} {node[key]}" for key, word in _BOUNDS.items() if key in node)
    return f"{_TYPES[node['type']]}{' ' if bounds else ''}{bounds}"
