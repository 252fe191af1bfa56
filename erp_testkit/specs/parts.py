"""What a schema says with all it is made of."""

from __future__ import annotations

from collections.abc import Mapping

from erp_testkit.specs.document import Spot


def of(schema: Spot, *, alternatives: bool = False) -> list[Spot]:
    """Return a schema and those it is made of, references followed; each once, though it may hold itself.

    Args:
        schema: of a document whose schemas are written alike.
        alternatives: whether to take all an ``anyOf`` or ``oneOf`` offers; else only what it leaves beside null, where that is one.
    """
    found: dict[str, Spot] = {}
    waiting = [schema.follow()]
    for one in waiting:
        if one.pointer in found or not isinstance(one.value, dict):
            continue
        found[one.pointer] = one
        waiting += one.get("allOf").items()
        for keyword in ("anyOf", "oneOf"):
            others = choices(one, keyword)
            waiting += others if alternatives or len(others) == 1 else []
    return list(found.values())


def choices(schema: Spot, keyword: str) -> list[Spot]:
    """Return what an ``anyOf`` or ``oneOf`` offers beside null."""
    return [one for one in schema.get(keyword).items() if one.value != {"type": "null"}]


def properties(schema: Spot) -> Mapping[str, Spot]:
    """Return what a schema says of an object's properties, by their names."""
    found: dict[str, Spot] = {}
    for part in of(schema):
        # What a schema says itself goes before what its parts say.
        found = {name: part.get("properties", name).follow() for name in part.value.get("properties", {})} | found
    return found


def property_of(schema: Spot, name: str) -> Spot | None:
    """Return what a schema says of one property of an object; None where it says nothing."""
    of_others = [part for part in of(schema) if "additionalProperties" in part.value]
    return properties(schema).get(name) or next((part.get("additionalProperties").follow() for part in of_others), None)


def entry(schema: Spot, place: int) -> Spot | None:
    """Return what a schema says of a list's entry at a place; None where it says nothing."""
    for part in of(schema):
        if place < len(part.value.get("prefixItems", ())):
            return part.get("prefixItems", place).follow()
        if "items" in part.value:
            return part.get("items").follow()
    return None


def names(schema: Spot, kind: str) -> bool:
    """Say whether a schema names a type, alone or among others."""
    named = [part.value.get("type") for part in of(schema)]
    return any(kind == one or (isinstance(one, list) and kind in one) for one in named)
