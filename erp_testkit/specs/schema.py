"""What a schema says, in one spelling: OpenAPI 2.0 to 3.2, ``$ref`` and ``allOf``, null written in five ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import lcm
from typing import Any

from erp_testkit.specs import pointer
from erp_testkit.specs.document import Document

Words = dict[str, Any]
"""Keywords of a schema, spelled alike.

``type`` and ``required`` are frozensets, ``null`` tells whether null is allowed, ``additionalProperties`` is a schema, False or missing,
``branches`` are those of oneOf or anyOf (``kind`` says which), ``rest`` is what cannot be said in one schema.
"""

UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
"""Keywords of upper bounds."""
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
"""Keywords of lower bounds."""
FAMILIES = ("patternProperties", "dependentSchemas")
"""Keywords that hold schemas by name and narrow what is allowed by each."""
PRESENCE = ("if", "then", "else", "not", "contains", "propertyNames", "contentSchema", "unevaluatedItems", "unevaluatedProperties")
"""Keywords that hold one schema and narrow what is allowed by being there."""
ENCODINGS = ("contentEncoding", "contentMediaType")
"""Keywords that say what a text is the writing of."""
OWN = ("readOnly", "writeOnly", "default", "deprecated", "x-sunset")
"""Keywords that say something of the place a schema is used at, beside a reference."""

_SIMPLE = (
    "format",
    "pattern",
    "const",
    "multipleOf",
    "uniqueItems",
    "items",
    "prefixItems",
    "properties",
    "dependentRequired",
    "discriminator",
)
_KEPT = (*_SIMPLE, *OWN, *UPPER, *LOWER, *PRESENCE, *FAMILIES, *ENCODINGS, "x-extensible-enum")
_ZERO_SAYS_NOTHING = ("minLength", "minItems", "minProperties")
_SAYS_SOMETHING = frozenset(
    {*_KEPT, "type", "enum", "required", "additionalProperties", "allOf", "oneOf", "anyOf", "exclusiveMinimum"}
) - set(OWN)
NULL = frozenset({"null"})
"""Type of what can be nothing but null; beside other types, null is a word of its own."""

_NULL = ({"type": "null"}, {"enum": [None]}, {"const": None}, {"type": ["null"]})


@dataclass(slots=True)
class View:
    """What a schema says."""

    name: str
    """Name of the shared schema it refers to; empty where it is written in place."""
    words: Words
    own: Words = field(default_factory=dict)
    """What the place adds to a shared schema; part of `words` as well."""
    target: str = ""
    """The reference it is, as text."""


class Views:
    """Reads the schemas of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        # In 3.0, what stands beside a $ref does not count; only null and the like are taken, as everybody means them.
        self._siblings_count = not str(document.content.get("openapi", "3.1")).startswith("3.0")
        self._known: dict[int, tuple[Any, View]] = {}
        self._made: dict[str, dict[str, Any]] = {}

    def of(self, raw: Any) -> View:
        """Return what a schema says."""
        known = self._known.get(id(raw))
        if known is None:
            # The schema is kept with its view: another one must not get its id.
            known = self._known[id(raw)] = (raw, self._view(raw, frozenset()))
        return known[1]

    def both(self, first: Any, second: Any) -> Any:
        """Return the schema that wants what two schemas want; the same two give the same object."""
        if first == second:
            return first
        # Each part once: schemas that hold themselves would else grow for ever.
        parts: list[Any] = []
        for part in [*_parts(first), *_parts(second)]:
            if part not in parts:
                parts.append(part)
        text = json.dumps(sorted(json.dumps(part, sort_keys=True, default=str) for part in parts))
        return self._made.setdefault(text, {"allOf": parts})

    def to(self, target: str) -> Any:
        """Return the schema that is a reference; the same target gives the same object."""
        return self._made.setdefault(target, {"$ref": target})

    def _view(self, raw: Any, above: frozenset[str]) -> View:
        if isinstance(raw, bool) or not isinstance(raw, dict):
            return View("", {} if raw is not False else {"not": {}})
        parts = raw.get("allOf") or []
        reference = raw.get("$ref") or (parts[0].get("$ref") if len(parts) == 1 and isinstance(parts[0], dict) else None)
        beside = {key: value for key, value in raw.items() if key not in ("$ref", "allOf") and (key in _SAYS_SOMETHING or key in OWN)}
        alone = not (beside.keys() & _SAYS_SOMETHING) and len(parts) <= 1
        if isinstance(reference, str) and (alone or (not self._siblings_count and "$ref" in raw)):
            if reference in above:
                return View("", {})
            own = {key: raw[key] for key in OWN if key in raw} | ({"null": True} if raw.get("nullable") else {})
            inner = self._view(self.document.at(reference), above | {reference})
            return View(inner.name or _name(reference), inner.words | own, inner.own | own, inner.target or reference)
        words = self._plain(raw)
        merged = [*([{"$ref": raw["$ref"]}] if "$ref" in raw else []), *parts]
        for part in merged:
            words = self._merged(words, self._view(part, above).words)
        if raw.get("nullable"):
            words["null"] = True
        return self._collapsed(View("", words), above)

    def _collapsed(self, view: View, above: frozenset[str]) -> View:
        """Return the only branch of a oneOf or anyOf in place of it, where nothing else is said."""
        branches = view.words.get("branches")
        if branches is None or len(branches) > 1 or view.words.keys() - {"branches", "kind", "null", *OWN}:
            return view
        own = {key: value for key, value in view.words.items() if key in OWN or key == "null"}
        inner = self._view(branches[0], above)
        return View(inner.name, inner.words | own, inner.own | own, inner.target)

    def _plain(self, raw: Mapping[str, Any]) -> Words:
        if {key: value for key, value in raw.items() if key in _SAYS_SOMETHING} in _NULL:
            return {key: raw[key] for key in OWN if key in raw} | {"type": NULL, "null": True}
        words = {key: raw[key] for key in _KEPT if key in raw}
        kinds = raw.get("type")
        types = set(kinds if isinstance(kinds, list) else [kinds]) if kinds else set()
        null = bool(raw.get("nullable")) or "null" in types
        if types:
            words["type"] = frozenset(types - NULL) or NULL
        if "enum" in raw:
            # A nullable enum of 3.0 is meant with null, said or not.
            null = bool(raw.get("nullable")) or (None in raw["enum"] and (null or not types))
            words["enum"] = [value for value in raw["enum"] if value is not None]
        if raw.get("required"):
            words["required"] = frozenset(raw["required"])
        if raw.get("additionalProperties", True) is not True:
            words["additionalProperties"] = raw["additionalProperties"]
        _tidy_bounds(words)
        for kind in ("oneOf", "anyOf"):
            if raw.get(kind):
                branches = [branch for branch in raw[kind] if self._bare(branch) not in _NULL]
                null = null or len(branches) < len(raw[kind])
                if branches:
                    self._add_branches(words, kind, branches)
                else:
                    words["type"] = NULL
        if null:
            words["null"] = True
        return words

    def _bare(self, branch: Any) -> Any:
        found = self.document.follow(branch)
        return {key: value for key, value in found.items() if key in _SAYS_SOMETHING} if isinstance(found, dict) else found

    @staticmethod
    def _add_branches(words: Words, kind: str, branches: list[Any]) -> None:
        if "branches" in words:
            words.setdefault("rest", []).append({kind: branches})
        else:
            words |= {"branches": branches, "kind": kind}

    def _merged(self, first: Words, second: Words) -> Words:
        """Return what two schemas say together (``allOf``)."""
        words = dict(first)
        for key, value in second.items():
            if key not in words or words[key] == value:
                words[key] = value
            elif key in ("branches", "kind"):
                if key == "branches":
                    words.setdefault("rest", []).append({second["kind"]: value})
            elif (merge := _MERGES.get(key)) is not None:
                words[key] = merge(words[key], value)
            elif key in ("properties", *FAMILIES):
                shared = {name: self.both(words[key][name], value[name]) for name in value if name in words[key]}
                words[key] = {**words[key], **value, **shared}
            elif key in ("items", "additionalProperties"):
                words[key] = False if False in (words[key], value) else self.both(words[key], value)
            elif key not in (*OWN, "discriminator"):
                words.setdefault("rest", []).append({key: value})
        # Null is allowed where all allow it; what says nothing of its type does not forbid it.
        if (first.get("type") and not first.get("null")) or (second.get("type") and not second.get("null")):
            words.pop("null", None)
        return words


def _tidy_bounds(words: Words) -> None:
    """Spell exclusive bounds as numbers, and take away what bounds nothing."""
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(words.get(exclusive), bool) and words.pop(exclusive) and bound in words:  # 3.0
            words[exclusive] = words.pop(bound)
    for bound in _ZERO_SAYS_NOTHING:
        if words.get(bound) == 0:
            del words[bound]
    if words.get("uniqueItems") is False:
        del words["uniqueItems"]


def _parts(schema: Any) -> list[Any]:
    """Return the parts of a schema that is nothing but an ``allOf``, else the schema alone."""
    return list(schema["allOf"]) if isinstance(schema, dict) and schema.keys() == {"allOf"} else [schema]


def _types(first: frozenset[str], second: frozenset[str]) -> frozenset[str]:
    wide = {"integer"} if "number" in first | second and "integer" in first | second else set()
    return (first & second) | frozenset(wide) or NULL


_MERGES: dict[str, Any] = {
    "type": _types,
    "enum": lambda first, second: [value for value in first if value in second],
    "required": frozenset.union,
    "rest": list.__add__,
    "uniqueItems": bool.__or__,
    "readOnly": bool.__or__,
    "writeOnly": bool.__or__,
    "multipleOf": lambda first, second: lcm(first, second) if isinstance(first, int) and isinstance(second, int) else max(first, second),
    **dict.fromkeys(UPPER, min),
    **dict.fromkeys(LOWER, max),
}


def _name(reference: str) -> str:
    """Return the name people know a shared schema by: the last step of the reference, without the file's ending."""
    step = [reference, *pointer.steps(pointer.of_fragment(reference))][-1]
    return step.rpartition("/")[2].removesuffix(".json").removesuffix(".yaml").removesuffix(".schema")
