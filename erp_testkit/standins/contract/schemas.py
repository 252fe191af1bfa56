"""What a schema says with all it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from erp_testkit.specs.document import Spot


def parts(schema: Spot) -> Sequence[Spot]:
    """Return a schema and those it is made of: all of its ``allOf``, and what its ``anyOf`` or ``oneOf`` allows beside null."""
    found: dict[str, Spot] = {}
    waiting = [schema]
    for one in waiting:
        if one.pointer in found or not isinstance(one.value, dict):
            continue
        found[one.pointer] = one
        waiting += one.get("allOf").items()
        for word in ("anyOf", "oneOf"):
            other = [branch for branch in one.get(word).items() if branch.value != {"type": "null"}]
            waiting += other if len(other) == 1 else []
    return list(found.values())


def properties(schema: Spot) -> Mapping[str, Spot]:
    """Return what a schema says of an object's properties, by their names."""
    found: dict[str, Spot] = {}
    for part in parts(schema):
        # What a schema says itself goes before what its parts say.
        found = {name: part.get("properties", name).follow() for name in part.value.get("properties", {})} | found
    return found


def property_of(schema: Spot, name: str) -> Spot | None:
    """Return what a schema says of one property of an object; None where it says nothing."""
    of_others = [part for part in parts(schema) if "additionalProperties" in part.value]
    return properties(schema).get(name) or next((part.get("additionalProperties").follow() for part in of_others), None)


def entry(schema: Spot, place: int) -> Spot | None:
    """Return what a schema says of a list's entry at a place; None where it says nothing."""
    for part in parts(schema):
        if place < len(part.value.get("prefixItems", ())):
            return part.get("prefixItems", place).follow()
        if "items" in part.value:
            return part.get("items").follow()
    return None


def names(schema: Spot, kind: str) -> bool:
    """Say whether a schema names a type, alone or among others."""
    named = [part.value.get("type") for part in parts(schema)]
    return any(kind == one or (isinstance(one, list) and kind in one) for one in named)


def of_response(response: Spot) -> tuple[str, Spot | None]:
    """Return a response's media type, JSON before others, and its schema; an empty type where it has no content."""
    content = response.value.get("content") or {}
    media = next((name for name in content if "json" in name), next(iter(content), ""))
    if not media or "schema" not in content[media]:
        return media, None
    return media, response.get("content", media, "schema").follow()
