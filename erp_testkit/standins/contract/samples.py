"""Values made up to fit a schema, the same for the same seed."""

from __future__ import annotations

import math
import random
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from erp_testkit.specs import parts
from erp_testkit.specs.document import Spot
from erp_testkit.specs.pointer import shown
from erp_testkit.standins.contract.document import Document
from erp_testkit.standins.contract.gs1 import is_gtin

_DEEPEST = 6
_TRIES = 24
_PATTERN_TEXTS = 50
_NOTHING = object()


class Unfillable(Exception):
    """A schema for which nothing that fits was found."""


class Sampler:
    """Makes values up.

    Args:
        document: the contract its schemas are of.
        seed: the same seed gives the same values.
    """

    def __init__(self, document: Document, seed: int) -> None:
        self._document = document
        self._seed = seed

    def shaped(self, schema: Spot, known: Any, key: str) -> Any:
        """Return a value that fits a schema and says what is known, as far as it fits.

        Args:
            schema: what it must fit.
            known: an object whose properties are taken over where the schema has them; anything else is taken if it fits.
            key: what it is for; another key gives other values.

        Raises:
            Unfillable: none was found.
        """
        fits = self._document.validator(schema, request=False).is_valid
        for attempt in range(_TRIES):
            value = self._make(schema, known, random.Random(f"{self._seed} {key} {attempt}"), 0)  # noqa: S311  # made up, not secret
            if value is not _NOTHING and fits(value):
                return value
        raise Unfillable(shown(schema.pointer))

    def _make(self, schema: Spot, known: Any, rng: random.Random, depth: int) -> Any:
        """Return a value, `_NOTHING` where the schema leads too deep or allows none."""
        if known is not None and not isinstance(known, dict) and self._fits(schema, known):
            return known
        for value in self._candidates(schema, known, rng, depth):
            if value is not _NOTHING and self._fits(schema, value):
                return value
        return _NOTHING

    def _fits(self, schema: Spot, value: Any) -> bool:
        return bool(self._document.validator(schema, request=False).is_valid(value))

    def _candidates(self, schema: Spot, known: Any, rng: random.Random, depth: int) -> Iterator[Any]:
        keywords = schema.value
        if not isinstance(keywords, dict):
            yield (known or {}) if keywords else _NOTHING
            return
        if "const" in keywords:
            yield keywords["const"]
        for choices in (keywords.get("enum", ()), keywords.get("examples", ())):
            yield from rng.sample(choices, len(choices))
        if depth > _DEEPEST:
            yield None
            yield []
        for combined in ("oneOf", "anyOf"):
            for place in range(len(keywords.get(combined, ()))):
                branch = schema.get(combined, place).follow()
                yield self._with_own(schema, self._make(branch, known, rng, depth + 1), known, rng, depth)
        if "allOf" in keywords:
            yield self._all_of(schema, known, rng, depth)
            keywords = {word: one for part in reversed(parts.of(schema)) for word, one in part.value.items()}
        for kind in _kinds(keywords):
            if kind == "object":
                yield self._object(schema, known, rng, depth)
            elif kind == "array":
                yield self._array(schema, keywords, rng, depth)
            else:
                yield from _scalars(kind, keywords, rng)

    def _with_own(self, schema: Spot, value: Any, known: Any, rng: random.Random, depth: int) -> Any:
        """Return a branch's value with what stands beside the branches."""
        if isinstance(value, dict) and "properties" in schema.value:
            return self._object(schema, known, rng, depth) | value
        return value

    def _all_of(self, schema: Spot, known: Any, rng: random.Random, depth: int) -> Any:
        parts = [self._make(schema.get("allOf", place).follow(), known, rng, depth) for place in range(len(schema.value["allOf"]))]
        if parts and all(isinstance(part, dict) for part in parts):
            own = self._object(schema, known, rng, depth)
            return {key: one for part in (*parts, own) for key, one in part.items()}
        return next((part for part in parts if part is not _NOTHING), _NOTHING)

    def _object(self, schema: Spot, known: Any, rng: random.Random, depth: int) -> dict[str, Any]:
        keywords = schema.value
        given = known if isinstance(known, dict) else {}
        made: dict[str, Any] = {}
        required = keywords.get("required", ())
        for name in keywords.get("properties", {}):
            described = schema.get("properties", name).follow()
            if self._secret(described):
                continue
            # Depth ends what a schema repeats within itself.
            if name in given or name in required or depth < 2:
                value = self._property(described, given.get(name, _NOTHING), rng, depth + 1)
                if value is not _NOTHING:
                    made[name] = value
        open_to = keywords.get("additionalProperties", True)
        of_parts = parts.properties(schema)
        for name in [name for name in required if name not in made]:
            if name in of_parts and self._secret(of_parts[name]):
                continue
            if name in of_parts:
                value = self._property(of_parts[name], given.get(name, _NOTHING), rng, depth + 1)
            elif isinstance(open_to, dict):
                value = self._make(schema.get("additionalProperties").follow(), None, rng, depth + 1)
            else:
                value = f"{name} 1"
            if value is not _NOTHING:
                made[name] = value
        if isinstance(open_to, dict) and len(made) < keywords.get("minProperties", 0):
            made["other"] = self._make(schema.get("additionalProperties").follow(), None, rng, depth + 1)
        return made

    def _secret(self, schema: Spot) -> bool:
        return any(part.value.get("writeOnly") for part in parts.of(schema))

    def _property(self, schema: Spot, given: Any, rng: random.Random, depth: int) -> Any:
        if given is not _NOTHING and self._fits(schema, given):
            return given
        return self._make(schema, given if isinstance(given, dict) else None, rng, depth)

    def _array(self, schema: Spot, keywords: Mapping[str, Any], rng: random.Random, depth: int) -> list[Any]:
        least = keywords.get("minItems", 0 if depth >= 2 else 1)
        made: list[Any] = []
        for place in range(min(least, keywords.get("maxItems", least))):
            entry = parts.entry(schema, place)
            for _ in range(_TRIES if keywords.get("uniqueItems") else 1):
                one = self._make(entry, None, rng, depth + 1) if entry else place
                if one not in made:
                    break
            if one is not _NOTHING:
                made.append(one)
        return made


def _kinds(keywords: Mapping[str, Any]) -> list[str]:
    kind = keywords.get("type")
    if isinstance(kind, str):
        return [kind]
    if isinstance(kind, list):
        return sorted(kind, key=lambda one: one == "null")
    if "properties" in keywords or "additionalProperties" in keywords:
        return ["object"]
    if "items" in keywords or "prefixItems" in keywords:
        return ["array"]
    return ["string"] if keywords.keys() & {"pattern", "format", "minLength", "maxLength"} else ["object", "string", "integer", "null"]


def _scalars(kind: str, keywords: Mapping[str, Any], rng: random.Random) -> Iterator[Any]:
    if kind == "string":
        yield from _texts(keywords, rng)
    elif kind in {"integer", "number"}:
        yield _number(keywords, rng, whole=kind == "integer")
    elif kind == "boolean":
        yield rng.random() < 0.5
    else:
        yield None


def _number(keywords: Mapping[str, Any], rng: random.Random, *, whole: bool) -> int | float:
    least = keywords.get(
        "minimum", keywords.get("exclusiveMinimum", min(1, keywords.get("maximum", keywords.get("exclusiveMaximum", 2) - 1)))
    )
    most = keywords.get("maximum", keywords.get("exclusiveMaximum", least + 1000))
    if whole:
        least, most = math.ceil(least), math.floor(most)
    step = keywords.get("multipleOf", 1)
    value = least + rng.randint(0, max(0, int(most - least)))
    if whole or "multipleOf" in keywords:
        value = round(value / step) * step
    if value in {keywords.get("exclusiveMinimum"), keywords.get("exclusiveMaximum")}:
        value = value + step if value == keywords.get("exclusiveMinimum") and value + step <= most else (least + most) / 2
    return int(value) if whole else value


def _texts(keywords: Mapping[str, Any], rng: random.Random) -> Iterator[str]:
    if made := _FORMATS.get(keywords.get("format", "")):
        yield made(rng)
    if "pattern" in keywords:
        matching = _matching(keywords["pattern"])
        yield from rng.sample(matching, len(matching))
    least, most = keywords.get("minLength", 1), keywords.get("maxLength", 40)
    text = f"{_WORDS[rng.randrange(len(_WORDS))]} {rng.randrange(1000)}"
    yield text[:most].ljust(least, "x")


@cache
def _matching(pattern: str) -> Sequence[str]:
    """Return texts that match a regular expression, those that can be read where there are any."""
    from hypothesis import HealthCheck, Phase, given, seed, settings  # costs 0.3 s, and few contracts have patterns
    from hypothesis.strategies import from_regex

    found: list[str] = []

    @seed(0)
    @settings(max_examples=_PATTERN_TEXTS, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(from_regex(re.compile(pattern)))
    def collect(text: str) -> None:
        found.append(text)

    try:
        collect()
    except (re.error, OverflowError):
        return ()
    return sorted({text for text in found if text.isprintable()} or set(found))


def _gtin(rng: random.Random) -> str:
    body = f"0{rng.randrange(10**12):012}"
    return next(body + digit for digit in "0123456789" if is_gtin(body + digit))


_WORDS = ("device", "catheter", "hip stem", "pacemaker", "suture", "implant")
_FORMATS = MappingProxyType(
    {
        "date": lambda rng: f"20{rng.randrange(26, 40)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
        "date-time": lambda rng: f"2026-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}T08:{rng.randrange(60):02}:00Z",
        "time": lambda rng: f"08:{rng.randrange(60):02}:00Z",
        "duration": lambda rng: f"P{rng.randrange(1, 30)}D",
        "uuid": lambda rng: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "email": lambda rng: f"person{rng.randrange(1000)}@example.org",
        "uri": lambda rng: f"https://example.org/{rng.randrange(1000)}",
        "uri-reference": lambda rng: f"/{rng.randrange(1000)}",
        "hostname": lambda rng: f"host{rng.randrange(1000)}.example.org",
        "ipv4": lambda rng: f"192.0.2.{rng.randrange(1, 255)}",
        "ipv6": lambda rng: f"2001:db8::{rng.randrange(1, 9999):x}",
        "byte": lambda _: "AA==",
        "gtin": _gtin,
    }
)
