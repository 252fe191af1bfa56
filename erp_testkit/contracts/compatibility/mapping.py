"""Comparing two mapping contracts, target field by target field."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from types import MappingProxyType
from typing import Any

from erp_testkit.contracts.compatibility.change import Change, Impact
from erp_testkit.contracts.compatibility.report import Report
from erp_testkit.contracts.compatibility.rules import Rule
from erp_testkit.specs import structure
from erp_testkit.specs.document import Document, mistakes

_B, _R, _H = Impact.BREAKING, Impact.RISKY, Impact.HARMLESS

_ASPECTS: Mapping[str, tuple[Impact, Impact, str]] = {
    # What changed: its impact where the ERP writes the message, where it reads it, and the reason.
    "field-source-changed": (_B, _B, "it was fed from {old} and is from {new}: another value arrives in it"),
    "required-field-removed": (_B, _B, "it was always fed and is no more"),
    "optional-field-removed": (_R, _R, "it was fed at times and is no more"),
    "required-field-added": (_H, _B, "it is new, and always fed from {new}: a message must have it"),
    "optional-field-added": (_H, _H, "it is new, and fed from {new} where there is a value"),
    "field-became-required": (_H, _B, "it is always fed: a message must have it"),
    "field-became-optional": (_B, _H, "it may stay empty"),
    "field-type-changed": (_B, _B, "its type went from {old} to {new}"),
    "field-length-decreased": (_B, _B, "it takes {new} characters and took {old}: longer values are cut or refused"),
    "field-length-increased": (_B, _H, "it takes {new} characters and took {old}"),
    "field-width-changed": (_B, _B, "its column is {new} wide and was {old}: all columns behind it move"),
    "field-position-changed": (_B, _B, "its column was number {old} and is {new}"),
    "field-order-changed": (_R, _R, "its column was number {old} and is {new}: who reads by position gets another value"),
    "field-unit-changed": (_B, _B, "its unit went from {old} to {new}"),
    "field-transform-changed": (_B, _B, "what is done to it went from {old} to {new}"),
    "field-code-removed": (_B, _B, "the codes {old} have no meaning any longer"),
    "field-code-added": (_R, _H, "the codes {new} are new"),
    "field-code-changed": (_B, _B, "codes stand for something else: {old} became {new}"),
    "field-codes-set": (_B, _B, "only the codes {new} are left"),
    "field-codes-unset": (_R, _H, "it is no longer one of the codes {old}"),
    "field-never-removed": (_R, _R, "nothing says any longer that it is never subject to {old}"),
    "field-never-added": (_H, _H, "it is never subject to {new}"),
    "field-chars-changed": (_R, _R, "its values were made of {old} and are of {new}"),
    "field-identifier-changed": (_R, _R, "it was the identifier {old} and is {new}: other things are watched"),
    "format-changed": (_B, _B, "the message was written as {old} and is as {new}"),
    "settings-changed": (_B, _B, "the format's settings went from {old} to {new}"),
    "address-changed": (_B, _B, "the message went to {old} and goes to {new}"),
    "message-changed": (_B, _B, "the message's number stood in {old} and stands in {new}: a message sent twice is not known again"),
    "schema-changed": (_H, _H, "it is held against {new}, no longer {old}; the schema has changes of its own"),
}
_NAMED = {
    "mapping-direction-changed": (_B, "the message went {old} and goes {new}"),
    "mapping-name-changed": (_B, "the interface was called {old} and is called {new}: no message finds its mapping"),
}


def _rules() -> dict[str, Rule]:
    rules = {name: Rule(name, *rest) for name, rest in _NAMED.items()}
    for aspect, (outgoing, incoming, says) in _ASPECTS.items():
        for direction, impact in (("outgoing", outgoing), ("incoming", incoming)):
            rules[f"{direction}-{aspect}"] = Rule(f"{direction}-{aspect}", impact, says)
    return rules


MAPPING: Mapping[str, Rule] = MappingProxyType(_rules())
"""Rules of mapping contracts."""

_WORDS = {"in": "incoming", "out": "outgoing"}
_FLAT = frozenset({"csv", "fixed-width"})
_GUARDED = ("default", "case", "retype", "truncate")
"""What an identifier is never subject to, said or not."""


_OBJECT = {"type": "object"}
_STRUCTURE = {
    "type": "object",
    "properties": {
        "mapping": {
            "type": "object",
            "required": ["name", "direction", "source", "target", "fields"],
            "properties": {
                "direction": {"enum": ["in", "out"]},
                "source": _OBJECT,
                "target": _OBJECT,
                "fields": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["target"],
                        "properties": {
                            "target": {"type": "string"},
                            "transform": _OBJECT,
                            "codes": {"type": ["array", "object"]},
                            "never": {"type": "array", "items": {"type": "string"}},
                        },
                    },
                },
            },
        }
    },
}
"""What a mapping contract must have so that it can be compared."""


def of_document(document: Document) -> Document:
    """Return a mapping contract that was read.

    Raises:
        UsageError: it is not built so that it can be compared; its text names all mistakes, with file and line.
    """
    if problems := [*document.root.problems(), *structure.problems(document, _STRUCTURE)]:
        raise mistakes(document.file, problems)
    return document


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return every change between two mapping contracts."""
    was, now = old["mapping"], new["mapping"]
    comparison = _Comparison(str(was["name"]), _WORDS[was["direction"]])
    comparison.whole(was, now)
    comparison.fields(was, now)
    return comparison.report.changes()


class _Comparison:
    def __init__(self, name: str, direction: str) -> None:
        self.report = Report(MAPPING)
        self._name, self._direction = name, direction

    def _add(self, aspect: str, old: Any = None, new: Any = None, field: str = "") -> None:
        place = f"{self._name} {field}".strip()
        self.report.add(f"{self._direction}-{aspect}", place, old, new, operation=self._name, field=field)

    def whole(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Compare what holds for the whole message."""
        for key in ("name", "direction"):
            if old[key] != new[key]:
                self.report.add(f"mapping-{key}-changed", self._name, old[key], new[key])
        for side in ("source", "target"):
            was, now = old[side], new[side]
            for key in ("format", "settings", "message", "schema"):
                if was.get(key) != now.get(key):
                    self._add(f"{key}-changed", was.get(key), now.get(key))
            if was.get("message_width") != now.get("message_width") and was.get("message") == now.get("message"):
                self._add("field-width-changed", was.get("message_width"), now.get("message_width"), str(was.get("message")))
            first, second = _address(was), _address(now)
            if first != second:
                self._add("address-changed", first, second)

    def fields(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Compare the fields; a target is what a field is known by."""
        was, now = ({field["target"]: field for field in mapping["fields"]} for mapping in (old, new))
        side = "target" if self._direction == "outgoing" else "source"
        written = old[side].get("format") if old[side].get("format") == new[side].get("format") else None
        fixed = {one for one in ("source", "target") if old[one].get("format") == new[one].get("format") == "fixed-width"}
        for target, field in was.items():
            if target in now:
                self._field(field, now[target], target)
                self._room(field, now[target], target, fixed)
            else:
                self._add(f"{_needed(field)}-field-removed", _fed(field), None, target)
        for target, field in now.items():
            if target not in was:
                self._add(f"{_needed(field)}-field-added", None, _fed(field), target)
        if written in _FLAT:
            columns, renewed = ([str(field.get(side)) for field in mapping["fields"]] for mapping in (old, new))
            named = written == "csv" and old[side].get("settings", {}).get("header", True)
            self._columns(columns, renewed, named=named)

    def _field(self, old: Mapping[str, Any], new: Mapping[str, Any], target: str) -> None:
        if _fed(old) != _fed(new):
            self._add("field-source-changed", _fed(old), _fed(new), target)
        if _needed(old) != _needed(new):
            self._add(f"field-became-{_needed(new)}", None, None, target)
        for aspect, was, now in (
            ("type", _type(old), _type(new)),
            ("unit", old.get("unit", "nothing"), new.get("unit", "nothing")),
            ("transform", _transform(old), _transform(new)),
            ("chars", old.get("chars", "text"), new.get("chars", "text")),
            ("identifier", old.get("identifier", "nothing"), new.get("identifier", "nothing")),
        ):
            if was != now:
                self._add(f"field-{aspect}-changed", was, now, target)
        self._codes(_codes(old), _codes(new), target)
        guarded, guards = _never(old), _never(new)
        if guarded - guards:
            self._add("field-never-removed", sorted(guarded - guards), None, target)
        if guards - guarded:
            self._add("field-never-added", None, sorted(guards - guarded), target)

    def _codes(self, old: Mapping[str, str] | None, new: Mapping[str, str] | None, target: str) -> None:
        if old is None or new is None:
            if old is not new:
                self._add("field-codes-set" if old is None else "field-codes-unset", old and sorted(old), new and sorted(new), target)
            return
        gone, come = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
        if gone:
            self._add("field-code-removed", gone, None, target)
        if come:
            self._add("field-code-added", None, come, target)
        other = [code for code in sorted(old.keys() & new.keys()) if old[code] != new[code]]
        if other:
            self._add("field-code-changed", [f"{code}={old[code]}" for code in other], [f"{code}={new[code]}" for code in other], target)

    def _room(self, old: Mapping[str, Any], new: Mapping[str, Any], target: str, fixed: set[str]) -> None:
        was, now = old.get("length"), new.get("length")
        # A source's column is as wide as its target's, unless it is said.
        rooms = {"source": (old.get("width", was), new.get("width", now)), "target": (was, now)}
        changed = [rooms[side] for side in sorted(fixed) if rooms[side][0] != rooms[side][1]]
        if changed:
            self._add("field-width-changed", *changed[0], target)
        if was == now or (was, now) in changed:
            return
        shorter = was is None or (now is not None and now < was)
        self._add(f"field-length-{'decreased' if shorter else 'increased'}", was or "any number of", now or "any number of", target)

    def _columns(self, old: list[str], new: list[str], *, named: bool) -> None:
        """Compare the places of columns: those that moved among the others, and the first of those that others pushed aside."""
        blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
        stayed = {column for block in blocks for column in old[block.a : block.a + block.size]}
        moved = [column for column in old if column in new and column not in stayed]
        pushed = next((column for column in old if column in stayed and old.index(column) != new.index(column)), None)
        if pushed and not moved and not named:
            moved = [pushed]
        for column in moved:
            self._add("field-order-changed" if named else "field-position-changed", old.index(column) + 1, new.index(column) + 1, column)


def _address(side: Mapping[str, Any]) -> str:
    """Return where a message goes to or comes from, as far as it is said."""
    parts = [side.get(key) for key in ("partner", "document", "file", "path")]
    called = side.get("get") or side.get("request") or {}
    return " ".join(str(part) for part in [*parts, called.get("system"), called.get("method"), called.get("path")] if part)


def _fed(field: Mapping[str, Any]) -> str:
    constant = field.get("transform", {}).get("constant")
    return str(field["source"]) if field.get("source") else f"the constant {constant}"


def _needed(field: Mapping[str, Any]) -> str:
    return "required" if field.get("required", True) else "optional"


def _type(field: Mapping[str, Any]) -> str:
    return str(field.get("type", "date" if field.get("identifier") == "expiry" else "text"))


def _transform(field: Mapping[str, Any]) -> Any:
    return {key: value for key, value in field.get("transform", {}).items() if key != "constant"} or "nothing"


def _codes(field: Mapping[str, Any]) -> dict[str, str] | None:
    codes = field.get("codes")
    if codes is None:
        return None
    return {str(code): str(codes[code]) if isinstance(codes, dict) else str(code) for code in codes}


def _never(field: Mapping[str, Any]) -> set[str]:
    return {*field.get("never", ()), *(_GUARDED if field.get("identifier") else ())}
