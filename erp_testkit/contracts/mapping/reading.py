"""Reading mapping contract files, and what does not go together in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Map
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from erp_testkit.contracts.mapping.damage import plainly
from erp_testkit.contracts.mapping.model import FIGURES, FILE, FLAT, Fact, Field, Mapping, Type
from erp_testkit.domain.documents import Direction
from erp_testkit.specs import settings
from erp_testkit.specs.settings import Mistake, Table, sentence


class MappingFile(Table):
    """A mapping contract: where each field of one interface comes from, and what must never happen to it."""

    mapping: Mapping

    def _contradictions(self, _: Map[str, Any], /) -> Iterator[Mistake]:
        yield from ((("mapping", *place), said) for place, said in (*_sides(self.mapping), *_fields(self.mapping)))


def read(file: Path) -> Mapping:
    """Read a mapping contract.

    Raises:
        UsageError: it cannot be read or has mistakes; its text names file, line and all of them.
    """
    return settings.read(MappingFile, file, "mapping contract", context={FILE: file}).mapping


def _fields(mapping: Mapping) -> Iterator[Mistake]:
    for place, one in enumerate(mapping.fields):
        yield from (
            (("fields", place), problem) for problem in (*_field_problems(one), *_of_sides(mapping, one), *_room_problems(mapping, one))
        )


def _of_sides(mapping: Mapping, one: Field) -> Iterator[str]:
    for side, path, format_ in (("source", one.source, mapping.source.format), ("target", one.target, mapping.target.format)):
        if format_ in FLAT and path is not None and "[" in path:
            yield f"expected the name of a column as {side}, got '{path}'. Next: leave lines[] out, every record is one"
    if mapping.target.format == "fixed-width" and one.length is None:
        yield "expected a length beside a fixed-width target, got none."
    if one.source and "[]" in mapping.source_path(one) and "[]" not in mapping.target_path(one) and mapping.source.format not in FLAT:
        yield f"expected a target that repeats, as its source does, got '{one.target}'."


def _sides(mapping: Mapping) -> Iterator[Mistake]:
    source, target = mapping.source, mapping.target
    arrivals = [name for name in ("partner", "document", "get", "file") if getattr(target, name) is not None]
    if (source.scene is None) == (source.request is None):
        yield ("source",), f"expected either 'scene' or 'request', got {'none' if source.scene is None else 'both'}."
    if len(arrivals) != 1:
        yield ("target",), f"expected one of 'partner', 'document', 'get' and 'file', got {', '.join(arrivals) or 'none'}."
    incoming = mapping.direction is Direction.IN and source.scene is not None
    if (source.request is not None or incoming) and source.format is None:
        yield ("source",), "expected the 'format' of what goes in, got none."
    if source.format == "fixed-width" and source.message and source.message_width is None:
        yield ("source", "message"), "expected 'message_width' beside a fixed-width source, got none."
    if source.request is not None and source.request.body and source.format in FLAT:
        what = f"expected none beside a {source.format} source, whose columns are the sources of the fields"
        yield ("source", "request", "body"), f"{what}, got {' and '.join(source.request.body)}."
    if target.document is None and target.format is None:
        yield ("target",), "expected the 'format' of what arrives, got none."
    if incoming != (target.document is not None):
        yield ("target",), "'document' is required for an incoming interface of the ERP, and only there."
    if target.partner is not None and not target.path:
        yield ("target",), "expected the 'path' below the partner's address, got none."
    if source.request is not None and target.get is not None:
        once = {one.source for one in mapping.fields if one.source and mapping.is_once(one)} | set(source.request.answer)
        for name in re.findall(r"\{([^}]+)\}", target.get.path):
            if name not in once:
                yield ("target", "get", "path"), sentence("a source that a document has once", name, once)


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
