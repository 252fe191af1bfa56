"""Comparing what two schemas say of a single value: its type, which values there are, how long, how large, in what form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from erp_testkit.contracts.compatibility.change import Side
from erp_testkit.contracts.compatibility.rules import ENCODINGS, LOWER, UPPER
from erp_testkit.specs.schema import NULL, Words

Difference = tuple[str, Any, Any]
"""Aspect such as ``max-length-decreased``, and both figures."""

_NUMBERS = frozenset({"integer", "number"})
_WIDER_FORMATS = frozenset({("int32", "int64"), ("float", "double")})
_ANYTHING = frozenset({".*", "^.*$", ""})
_LIMITS = ((UPPER, "maximum", "exclusiveMaximum", 1), (LOWER, "minimum", "exclusiveMinimum", -1))


def type_text(words: Words) -> str:
    """Return a type with its format as a person reads it."""
    types = " or ".join(sorted(words.get("type", ()))) or "anything"
    return f"{types}/{words['format']}" if "format" in words else types


def comparable(old: Words, new: Words) -> bool:
    """Whether two schemas can hold the same kind of value, so that comparing the rest has a meaning."""
    was, now = old.get("type"), new.get("type")
    return not was or not now or bool(was & now) or was | now <= _NUMBERS


def nulls(old: Words, new: Words) -> Iterator[Difference]:
    """Compare whether null is allowed; where it is all there is, the types tell."""
    if NULL not in (old.get("type"), new.get("type")) and old.get("null", False) != new.get("null", False):
        yield "became-nullable" if new.get("null") else "became-not-nullable", None, None


def types(old: Words, new: Words, side: Side, *, text: bool) -> Iterator[Difference]:
    """Compare types and formats; where values travel as `text`, a text takes in every number."""
    if old.get("type") and new.get("type") and NULL in (old["type"], new["type"]):
        old, new = ({**words, "type": words["type"] | NULL} if words.get("null") else words for words in (old, new))
    was, now = old.get("type"), new.get("type")
    first, second = old.get("format"), new.get("format")
    if was == now and first == second:
        return
    figures = type_text(old), type_text(new)
    if was == now:
        wider = second is None or (first, second) in _WIDER_FORMATS
        narrower = first is None or (second, first) in _WIDER_FORMATS
    else:
        wider = was is not None and (now is None or all(_holds(now, kind, text) for kind in was))
        narrower = now is not None and (was is None or all(_holds(was, kind, text) for kind in now))
        if was and now and max(len(was), len(now)) > 1 and (narrower or wider):
            yield "list-of-types-widened" if wider else "list-of-types-narrowed", *figures
            return
    if wider:
        yield "type-generalized", *figures
    elif narrower and side is Side.RESPONSE:
        yield "type-specialized", *figures
    else:
        yield "type-changed", *figures  # oasdiff has no other name for it in requests


def _holds(types: frozenset[str], kind: str, text: bool) -> bool:
    return kind in types or (kind == "integer" and "number" in types) or (text and "string" in types and kind in {*_NUMBERS, "boolean"})


def values(old: Words, new: Words) -> Iterator[Difference]:
    """Compare which values there are; ``const`` is an enum of one where the other version has an enum."""
    if "const" in old and "const" in new:
        if old["const"] != new["const"]:
            yield "const-changed", old["const"], new["const"]
    elif "enum" not in old and "enum" not in new and ("const" in old or "const" in new):
        yield "const-added" if "const" in new else "const-removed", old.get("const"), new.get("const")
    else:
        yield from _enums(_allowed(old), _allowed(new))
    kept = new.get("x-extensible-enum")
    gone = [value for value in old.get("x-extensible-enum", ()) if kept is not None and value not in kept]
    if gone:
        yield "x-extensible-enum-value-removed", gone, None


def _allowed(words: Words) -> list[Any] | None:
    return [words["const"]] if "const" in words else words.get("enum")


def _enums(old: list[Any] | None, new: list[Any] | None) -> Iterator[Difference]:
    if old is None or new is None:
        if old != new:
            yield "became-enum" if old is None else "became-not-enum", old, new
        return
    gone, come = [value for value in old if value not in new], [value for value in new if value not in old]
    if gone:
        yield "enum-value-removed", gone, None
    if come:
        yield "enum-value-added", None, come


def bounds(old: Words, new: Words) -> Iterator[Difference]:
    """Compare upper and lower bounds, of numbers, lengths and counts."""
    for names, inclusive, exclusive, sign in _LIMITS:
        both = {inclusive, exclusive}
        kinds = both & old.keys(), both & new.keys()
        swapped = bool(kinds[0] and kinds[1] and not kinds[0] & kinds[1])
        if swapped:
            yield from _swapped(old, new, kinds[0].pop(), kinds[1].pop(), exclusive, sign)
        for keyword, name in names.items():
            was, now = old.get(keyword), new.get(keyword)
            if was == now or (swapped and keyword in both):
                continue
            if was is None or now is None:
                yield f"{name}-set" if was is None else f"{name}-unset", was, now
            else:
                yield f"{name}-increased" if now > was else f"{name}-decreased", was, now


def _swapped(old: Words, new: Words, was: str, now: str, exclusive: str, sign: int) -> Iterator[Difference]:
    """Compare a bound that became exclusive, or is so no longer."""
    names = UPPER if sign > 0 else LOWER
    first, second = (sign * old[was], was != exclusive), (sign * new[now], now != exclusive)
    if second < first:
        yield f"{names[now]}-set", old[was], new[now]
    else:
        yield f"{names[was]}-unset", old[was], new[now]


def steps(old: Words, new: Words, side: Side) -> Iterator[Difference]:
    """Compare what numbers must be a multiple of, and whether values may stand twice in a list."""
    was, now = old.get("multipleOf"), new.get("multipleOf")
    if was is not None and now is not None and was != now:
        if side is Side.REQUEST and _divides(now, was):
            yield "multiple-of-generalized", was, now
        elif side is Side.RESPONSE and _divides(was, now):
            yield "multiple-of-specialized", was, now
        else:
            yield "multiple-of-changed", was, now
    elif was != now:
        yield "multiple-of-set" if was is None else "multiple-of-unset", was, now
    if old.get("uniqueItems", False) != new.get("uniqueItems", False):
        yield "unique-items-set" if new.get("uniqueItems") else "unique-items-unset", None, None


def _divides(small: float, large: float) -> bool:
    times = large / small
    return abs(times - round(times)) < 1e-9  # 0.3 / 0.1 is not quite 3


def forms(old: Words, new: Words) -> Iterator[Difference]:
    """Compare patterns and how contents are encoded."""
    was, now = old.get("pattern"), new.get("pattern")
    if was != now:
        if was is None or now is None:
            yield "pattern-added" if was is None else "pattern-removed", was, now
        else:
            yield "pattern-generalized" if now in _ANYTHING else "pattern-changed", was, now
    for keyword, name in ENCODINGS.items():
        if old.get(keyword) != new.get(keyword):
            yield f"{name}-changed", old.get(keyword), new.get(keyword)


def defaults(old: Words, new: Words) -> Iterator[Difference]:
    """Compare what counts where nothing is said."""
    was, now = old.get("default"), new.get("default")
    if "default" in old and "default" in new:
        if was != now:
            yield "default-value-changed", was, now
    elif "default" in old or "default" in new:
        yield "default-value-added" if "default" in new else "default-value-removed", was, now


def discriminators(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare what tells which form a value has."""
    first, second = old.get("propertyName"), new.get("propertyName")
    if first is None or second is None:
        if first != second:
            yield "discriminator-added" if first is None else "discriminator-removed", first, second
        return
    if first != second:
        yield "discriminator-property-name-changed", first, second
    names, renewed = old.get("mapping", {}), new.get("mapping", {})
    for key in sorted({*names, *renewed}):
        if key not in renewed:
            yield "discriminator-mapping-deleted", key, None
        elif key not in names:
            yield "discriminator-mapping-added", None, key
        elif names[key] != renewed[key]:
            yield "discriminator-mapping-changed", names[key], renewed[key]


def dependencies(name: str, old: list[str], new: list[str]) -> Iterator[Difference]:
    """Compare which fields must come along with the field of a name."""
    was, now = set(old), set(new)
    if was != now:
        what = "added" if was < now else "removed" if now < was else "changed"
        gone, come = (f"{name} with {', '.join(sorted(names))}" if names else None for names in (was - now, now - was))
        yield f"dependent-required-{what}", gone, come
