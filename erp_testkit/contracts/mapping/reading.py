"""Reading mapping contract files: validated by the schema, all mistakes at once with their lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from erp_testkit.contracts.mapping import model
from erp_testkit.contracts.mapping.damage import plainly
from erp_testkit.contracts.mapping.model import FIGURES, FLAT, Fact, Field, Mapping, Type
from erp_testkit.contracts.scenes import SCENES
from erp_testkit.domain.documents import Direction
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.specs import text as specs
from erp_testkit.specs.pointer import pointer, steps

SCHEMA = Path(__file__).with_name("schema.json")
"""JSON Schema of mapping contract files, which editors can use."""


def read(file: Path) -> Mapping:
    """Read a mapping contract.

    Raises:
        UsageError: it cannot be read or has mistakes; its text names file, line and all of them.
    """
    document = _Document(file)
    problems = [*document.problems, *document.against_schema()]
    if not problems:
        # Only what has the right shape can be looked at as a mapping.
        mapping = model.of_data(document.data["mapping"], file, document.lines)
        problems = list(_contradictions(mapping))
    if problems:
        listed = "\n".join(f"- line {line}, {what}" for line, what in sorted(problems))
        raise UsageError(
            f"Failed to read mapping contract {file}: expected no mistakes, got {len(problems)}:\n{listed}\n"
            "Next: erp-testkit docs mappings says what each key means"
        )
    return mapping


Problem = tuple[int, str]
"""A line, and what is wrong there."""


class _Document:
    """A contract file as plain data, with the line of everything below ``mapping``."""

    def __init__(self, file: Path) -> None:
        parsed = specs.read(file, "mapping contract")
        self.data = {} if parsed.data is None else parsed.data
        self.lines = {_path(pointer).removeprefix("mapping").lstrip("."): line for pointer, line in parsed.lines.items()}
        self.problems = [(parsed.line(one), f"{_path(one)}: expected each key once, got it twice.") for one in parsed.doubled]

    def against_schema(self) -> Iterator[Problem]:
        for error in _validator().iter_errors(self.data):
            path = _path(pointer(error.instance_path))
            yield self._line(path.removeprefix("mapping").lstrip(".")), f"{path or 'the file'}: {_wrong(error)}"

    def _line(self, path: str) -> int:
        """Return the line of a path, or of what it is in."""
        while path not in self.lines:
            path = re.sub(r"(\[[^\]]*\]|\.?[^.\[\]]*)$", "", path)
        return self.lines[path]


def _path(pointer: str) -> str:
    """Return a pointer as messages write it: ``mapping.fields[3].source``."""
    return "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in steps(pointer)).lstrip(".")


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


_TYPES = {"object": "a table", "array": "a list", "integer": "a whole number", "string": "text", "boolean": "true or false"}


def _wrong(error: jsonschema_rs.ValidationError) -> str:
    """Say what is wrong in the kit's way: expected, got, and what was perhaps meant."""
    kind, said = error.kind.name, error.kind.as_dict()
    got = "a table" if isinstance(error.instance, dict) else "a list" if isinstance(error.instance, list) else error.instance
    match kind:
        case "required":
            return f"expected '{said['property']}', got none."
        case "additionalProperties":
            known = _below(error.schema_path[:-1]).get("properties", {})
            return " ".join(f"expected a key the kit knows, got '{name}'. {closest(name, known)}" for name in said["unexpected"])
        case "enum":
            return f"expected one of its values, got {got!r}. {closest(str(got), map(str, _below(error.schema_path)))}"
        case "type":
            types = " or ".join(_TYPES.get(name, name) for name in said["types"])
            return f"expected {types}, got {got!r}."
        case "pattern":
            hint = _below(error.schema_path[:-1]).get("description", said["pattern"])
            return f"expected the right form ({hint.rstrip('.')}), got {got!r}."
        case _:
            return f"expected what the format allows, got {error.message}."


def _below(path: list[str | int]) -> Any:
    """Return the part of our schema a validation error points to."""
    place: Any = json.loads(SCHEMA.read_text(encoding="utf-8"))
    whole = place
    for part in path:
        place = place[part]
        while isinstance(place, dict) and "$ref" in place:
            place = whole["$defs"][place["$ref"].rpartition("/")[2]]
    return place


def _contradictions(mapping: Mapping) -> Iterator[Problem]:
    """Yield what the schema cannot say: what does not go together."""
    yield from _sides(mapping)
    for place, one in enumerate(mapping.fields):
        where = one.line, f"fields[{place}] ({one.target})"
        for problem in _field_problems(one):
            yield where[0], f"{where[1]}: {problem}"
        for side, path, format_ in (("source", one.source, mapping.source.format), ("target", one.target, mapping.target.format)):
            if format_ in FLAT and path is not None and "[" in path:
                yield (
                    where[0],
                    f"{where[1]}: expected the name of a column as {side}, got '{path}'. Next: leave lines[] out, every record is one",
                )
        if mapping.target.format == "fixed-width" and one.length is None:
            yield where[0], f"{where[1]}: expected a length beside a fixed-width target, got none."
        for problem in _room_problems(mapping, one):
            yield where[0], f"{where[1]}: {problem}"
        if one.source and "[]" in mapping.source_path(one) and "[]" not in mapping.target_path(one) and mapping.source.format not in FLAT:
            yield where[0], f"{where[1]}: expected a target that repeats, as its source does, got '{one.target}'."


def _sides(mapping: Mapping) -> Iterator[Problem]:
    source, target, lines = mapping.source, mapping.target, mapping.lines
    at = {"source": lines["source"], "target": lines["target"]}
    arrivals = [name for name in ("partner", "document", "get", "file") if getattr(target, name) is not None]
    if (source.scene is None) == (source.request is None):
        yield at["source"], "source: expected either 'scene' or 'request', got " + ("none." if source.scene is None else "both.")
    if len(arrivals) != 1:
        yield at["target"], f"target: expected one of 'partner', 'document', 'get' and 'file', got {', '.join(arrivals) or 'none'}."
    if source.scene is not None and source.scene not in SCENES:
        yield lines["source.scene"], f"source.scene: expected a scene, got '{source.scene}'. {closest(source.scene, SCENES)}"
    incoming = mapping.direction is Direction.IN and source.scene is not None
    if (source.request is not None or incoming) and source.format is None:
        yield at["source"], "source: expected the 'format' of what goes in, got none."
    if source.format == "fixed-width" and source.message and source.message_width is None:
        yield lines["source.message"], "source.message: expected 'message_width' beside a fixed-width source, got none."
    if source.request is not None and source.request.body and source.format in FLAT:
        what = f"expected none beside a {source.format} source, whose columns are the sources of the fields"
        yield lines["source.request.body"], f"source.request.body: {what}, got {' and '.join(source.request.body)}."
    if target.document is None and target.format is None:
        yield at["target"], "target: expected the 'format' of what arrives, got none."
    if incoming != (target.document is not None):
        yield at["target"], "target: expected 'document' for an incoming interface of the ERP, and only there."
    if target.partner is not None and not target.path:
        yield at["target"], "target: expected the 'path' below the partner's address, got none."
    if source.request is not None and target.get is not None:
        once = {one.source for one in mapping.fields if one.source and mapping.is_once(one)} | set(source.request.answer)
        for name in re.findall(r"\{([^}]+)\}", target.get.path):
            if name not in once:
                what = f"expected a source that a document has once, got '{{{name}}}'. {closest(name, once)}"
                yield lines["target.get.path"], f"target.get.path: {what}"


def _room_problems(mapping: Mapping, one: Field) -> Iterator[str]:
    """Yield that a column of a fixed-width source has no room for what stands there."""
    if mapping.source.format != "fixed-width" or not one.source:
        return
    if one.width is None:
        yield "expected a width or a length beside a fixed-width source, got none."
        return
    # A partner's message is written as its side writes it; a request as the facts are.
    stands = one if mapping.source.request is None else plainly(one)
    day = datetime.max.replace(tzinfo=UTC)
    examples: dict[Type, list[Fact]] = {Type.DATE: [day.date()], Type.DATETIME: [day], Type.TEXT: [*(one.codes or ())]}
    texts = [stands.written(fact) or "" for fact in examples.get(one.type, [])]
    widest = max(texts, key=mapping.source.settings.size, default="")
    needed = mapping.source.settings.size(widest)
    if needed > one.width:
        yield f"expected a width of at least {needed} beside a fixed-width source, for values such as '{widest}', got {one.width}."


def _field_problems(one: Field) -> Iterator[str]:
    if (one.source is None) == (one.transform.constant is None):
        yield "expected either a source or a constant, got " + ("none." if one.source is None else "both.")
    if one.transform.date and one.type not in (Type.DATE, Type.DATETIME):
        yield f"expected type date or datetime beside a date pattern, got {one.type}."
    if one.transform.decimals is not None and one.type is not Type.DECIMAL:
        yield f"expected type decimal beside decimals, got {one.type}."
    if one.type in FIGURES and one.codes:
        yield f"expected type text beside codes, got {one.type}."
