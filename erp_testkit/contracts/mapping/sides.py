"""Both sides of a mapping as texts: how a document is written at the source, and read at the target."""

from __future__ import annotations

from collections.abc import Mapping as Map
from typing import TypeAlias

from erp_testkit.contracts.mapping import schemas
from erp_testkit.contracts.mapping.damage import plainly
from erp_testkit.contracts.mapping.formats import Column, Layout, Places, Unreadable
from erp_testkit.contracts.mapping.model import FLAT, Fact, Field, Mapping, general, line_of
from erp_testkit.domain.errors import UsageError

Values: TypeAlias = Map[str, Fact]
"""What a document is made of, by source place."""

_CONTENT_TYPES = {"json": "application/json", "xml": "application/xml", "csv": "text/csv", "fixed-width": "text/plain"}


class NotArrived(Exception):
    """A document went in, and nothing that can be read came out; the text says what was found instead."""


def target_fields(mapping: Mapping) -> tuple[Field, ...]:
    """Return the fields as the target's side writes them: patterns and codes are those of the side that has a format."""
    return tuple(map(plainly, mapping.fields)) if mapping.target.document is not None else mapping.fields


def layout(mapping: Mapping, side: str) -> Layout | None:
    """Return how one side (``source`` or ``target``) is written; None where it is read or fed through ports."""
    where = mapping.source if side == "source" else mapping.target
    if where.format is None:
        return None
    path = mapping.source_path if side == "source" else mapping.target_path
    columns = [
        Column(
            path=path(one),
            width=(one.width if side == "source" else one.length) or 0,
            side=one.transform.pad.side,
            fill=one.transform.pad.with_,
        )
        for one in mapping.fields
        if path(one)
    ]
    if side == "source" and mapping.source.message:
        columns.insert(0, Column(path=message_path(mapping), width=mapping.source.message_width or 0))
    return Layout(format=where.format, columns=columns, settings=where.settings)


def message_path(mapping: Mapping) -> str:
    """Return where the source's document holds the number of the message."""
    return f"[].{mapping.source.message}" if mapping.source.format in FLAT else mapping.source.message


def line_count(values: Values) -> int:
    """Return how many lines a document has; one without any counts as one."""
    return max((line + 1 for line in map(line_of, values) if line is not None), default=1)


def written(mapping: Mapping, places: Places) -> tuple[str, str]:
    """Return the source's document and its content type.

    Raises:
        UsageError: the contract leaves no room for a value, or its format cannot hold it.
    """
    source = layout(mapping, "source")
    assert source is not None
    try:
        return source.write(_typed(mapping, places)), _CONTENT_TYPES[source.format]
    except Unreadable as error:
        raise UsageError(
            f"Failed to write the source of {mapping.name}: {error}. "
            f"Next: say in {mapping.file.name} what the source holds (width, chars, settings)"
        ) from error


def _typed(mapping: Mapping, places: Places) -> Places:
    """Return a document whose figures and choices have the JSON types the source's schema says."""
    leaves = schemas.of_source(mapping) if mapping.source.format == "json" else {}
    return {place: value if (leaf := leaves.get(general(place))) is None else leaf.typed(value) for place, value in places.items()}


def read(mapping: Mapping, text: str) -> Places:
    """Return what stands where in the target's document.

    Raises:
        NotArrived: it cannot be read.
    """
    target = layout(mapping, "target")
    assert target is not None
    try:
        return target.read(text)
    except Unreadable as error:
        raise NotArrived(f"{error}, in {text[:120]!r}") from error
