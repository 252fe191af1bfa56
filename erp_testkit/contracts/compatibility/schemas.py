"""Comparing two schemas: what changed, keyword by keyword, and in which shared schema.

Every pair of shared schemas is compared once for each side, wherever it is used; so a change of a shared schema is one change, however
many operations show it, and schemas that refer to themselves come to an end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from erp_testkit.contracts.compatibility import lifecycle, values
from erp_testkit.contracts.compatibility.change import Side
from erp_testkit.contracts.compatibility.node import Found, Node
from erp_testkit.contracts.compatibility.rules import FAMILIES, PRESENCE
from erp_testkit.specs.schema import OWN, View, Views, Words

_ANY: dict[str, Any] = {}
"""The schema that allows everything."""
_VALUES = frozenset({"const", "enum", "default"})
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Schemas:
    """Compares schemas of two versions of a contract.

    Args:
        old: reads those of the old version.
        new: reads those of the new version.
    """

    def __init__(self, old: Views, new: Views) -> None:
        self.old, self.new = old, new
        self._shared: dict[tuple[str, str, Side, bool], Node] = {}
        self._same: dict[tuple[int, int, Side], bool] = {}
        self._waiting: list[tuple[Node, str, str, bool]] = []

    def compare(self, old: Any, new: Any, side: Side, *, text: bool = False) -> Node:
        """Return how one schema differs from the other.

        Args:
            old: schema of the old version.
            new: schema of the new version.
            side: which way its messages go.
            text: values travel as text (parameters, headers, forms), so that a text takes in every number.
        """
        node = Node("", side)
        _Walk(self, node, text).visit(old, new, "")
        # One after the other and not within each other: long chains of references would not fit the stack.
        while self._waiting:
            below, was, now, as_text = self._waiting.pop()
            _Walk(self, below, as_text).visit_inside(self.old.to(was), self.new.to(now))
        return node

    def same(self, old: Any, new: Any, side: Side) -> bool:
        """Whether two schemas say the same."""
        pair = (id(old), id(new), side)
        if pair not in self._same:
            self._same[pair] = True  # until the contrary is found: schemas may hold themselves
            trial = Schemas(self.old, self.new)
            trial._same = self._same
            self._same[pair] = not any(node.found for node, _ in trial.compare(old, new, side).reachable())
        return self._same[pair]

    def shared(self, old: View, new: View, side: Side, text: bool) -> Node:
        """Return how a shared schema differs from another; it is compared once, when its turn comes."""
        key = (old.target, new.target, side, text)
        node = self._shared.get(key)
        if node is None:
            node = self._shared[key] = Node(old.name, side)
            self._waiting.append((node, old.target, new.target, text))
        return node


class _Walk:
    """Walks through one pair of schemas down to the shared ones."""

    def __init__(self, schemas: Schemas, node: Node, text: bool) -> None:
        self._schemas, self._node, self._text = schemas, node, text
        self._side = node.side
        self._open: set[tuple[int, int]] = set()

    def _add(self, path: str, what: str, old: Any = None, new: Any = None, *, whole: bool = False) -> None:
        self._node.found.append(Found(path, what, old, new, whole))

    def _say(self, path: str, differences: Iterable[values.Difference]) -> None:
        self._node.found += [Found(path, *difference) for difference in differences]

    def visit(self, old: Any, new: Any, path: str) -> None:
        """Compare two schemas at a place."""
        pair = (id(old), id(new))
        if pair in self._open:
            return
        was, now = self._schemas.old.of(old), self._schemas.new.of(new)
        if was.target and now.target:
            # Whether null is allowed, each schema says of itself, unless another one took its place.
            self._say(path, values.nulls(was.own, now.own) if was.target == now.target else values.nulls(was.words, now.words))
            self._say(path, values.defaults(was.own, now.own))
            self._share(was, now, path)
            return
        self._open.add(pair)
        self._say(path, values.nulls(was.words, now.words))
        self._content(was.words, now.words, path, (old, new))
        self._open.discard(pair)

    def _share(self, old: View, new: View, path: str) -> None:
        below = self._schemas.shared(old, new, self._side, self._text)
        self._node.below[below] = self._node.below.get(below, False) or not path

    def visit_inside(self, old: Any, new: Any) -> None:
        """Compare what two shared schemas say."""
        was, now = self._schemas.old.of(old), self._schemas.new.of(new)
        if was.target == now.target:
            self._say("", values.nulls(was.words, now.words))
        self._content(was.words, now.words, "", (old, new))

    def _content(self, old: Words, new: Words, path: str, raw: tuple[Any, Any]) -> None:
        if ("branches" in old or "branches" in new) and self._branches(old, new, path, raw):
            return
        # Most schemas are as they were: of these, only what they refer to is looked at. True equals 1: values are looked at anyway.
        if (old != new or not _VALUES.isdisjoint(old)) and not self._value(old, new, path):
            return
        self._fields(old, new, path)
        self._lists(old, new, path)
        self._conditions(old, new, path)
        self._rest(old.get("rest", []), new.get("rest", []), path)

    def _value(self, old: Words, new: Words, path: str) -> bool:
        """Compare what two schemas say of a single value; tell whether comparing the rest has a meaning."""
        self._say(path, values.types(old, new, self._side, text=self._text))
        if not values.comparable(old, new):
            return False
        self._say(path, values.values(old, new))
        self._say(path, values.bounds(old, new))
        self._say(path, values.steps(old, new, self._side))
        self._say(path, values.forms(old, new))
        self._say(path, values.defaults(old, new))
        self._say(path, values.discriminators(old.get("discriminator", _NOTHING), new.get("discriminator", _NOTHING)))
        return True

    def _fields(self, old: Words, new: Words, path: str) -> None:
        properties, renewed = old.get("properties", _ANY), new.get("properties", _ANY)
        wanted, wants = old.get("required", frozenset()), new.get("required", frozenset())
        closed = new.get("additionalProperties") is False
        for name in sorted({*properties, *renewed, *wanted, *wants}):
            inner = f"{path}.{name}" if path else name
            was = properties.get(name, _ANY if name in wanted else None)
            now = renewed.get(name, _ANY if name in wants or (was is not None and name in wants) else None)
            self._field(was, now, (name in wanted, name in wants), inner, closed)
        was, now = old.get("additionalProperties", _ANY), new.get("additionalProperties", _ANY)
        if (was is False) != (now is False):
            self._add(path, "additional-properties-forbidden" if now is False else "additional-properties-allowed")
        elif was is not False and now is not False:
            self.visit(was, now, f"{path}.*" if path else "*")
        for keyword, name in FAMILIES.items():
            self._family(old.get(keyword, _ANY), new.get(keyword, _ANY), name, path)
        needs, renewed = old.get("dependentRequired", _NOTHING), new.get("dependentRequired", _NOTHING)
        for name in sorted({*needs, *renewed}):
            self._say(path, values.dependencies(name, needs.get(name, []), renewed.get(name, [])))

    def _field(self, old: Any, new: Any, required: tuple[bool, bool], path: str, closed: bool) -> None:
        """Compare a field of an object; None where there is none."""
        hidden = "readOnly" if self._side is Side.REQUEST else "writeOnly"
        was = None if old is None else self._schemas.old.of(old).words
        now = None if new is None else self._schemas.new.of(new).words
        if was is None or now is None:
            only = was if was is not None else now
            if only is not None and not only.get(hidden):
                self._come_or_gone(only, required, path, closed, come=was is None)
            return
        self._mutability(was, now, required[0] or required[1], path)
        if was.get(hidden) or now.get(hidden):
            return  # it does not travel this way, before or after
        if required[0] != required[1]:
            self._add(path, self._required_rule(now, required[1]), whole=True)
        for rule, day in lifecycle.announced(was, now, f"{self._side}-property", with_sunset=True):
            self._add(path, rule, *day, whole=True)
        self.visit(old, new, path)

    def _come_or_gone(self, words: Words, required: tuple[bool, bool], path: str, closed: bool, *, come: bool) -> None:
        if self._side is Side.RESPONSE:
            rule = f"response-{'required' if required[come] else 'optional'}-property-{'added' if come else 'removed'}"
        elif not come:
            rule = "request-property-no-longer-allowed" if closed else "request-property-removed"
        elif not required[1]:
            rule = "new-optional-request-property"
        else:
            rule = "new-required-request-property" + ("-with-default" if "default" in words else "")
        self._add(path, rule, whole=True)

    def _required_rule(self, words: Words, required: bool) -> str:
        if not required:
            return f"{self._side}-property-became-optional"
        default = "-with-default" if self._side is Side.REQUEST and "default" in words else ""
        return f"{self._side}-property-became-required{default}"

    def _mutability(self, old: Words, new: Words, required: bool, path: str) -> None:
        for keyword, name in (("readOnly", "read-only"), ("writeOnly", "write-only")):
            was, now = bool(old.get(keyword)), bool(new.get(keyword))
            if was != now:
                kind = "required" if required else "optional"
                self._add(path, f"{self._side}-{kind}-property-became-{'' if now else 'not-'}{name}", whole=True)

    def _family(self, old: Mapping[str, Any], new: Mapping[str, Any], name: str, path: str) -> None:
        for key in sorted({*old, *new}):
            if key in old and key in new:
                self.visit(old[key], new[key], f"{path}<{key}>")
            elif key in new:
                self._add(path, f"{name}-added", None, key)
            else:
                self._add(path, f"{name}-removed", key)

    def _lists(self, old: Words, new: Words, path: str) -> None:
        was, now = old.get("prefixItems", []), new.get("prefixItems", [])
        for place in range(max(len(was), len(now))):
            if place < len(was) and place < len(now):
                self.visit(was[place], now[place], f"{path}[{place}]")
            elif place < len(now):
                self._add(path, "prefix-items-added", None, place)
            else:
                self._add(path, "prefix-items-removed", place)
        if "items" in old or "items" in new:
            self.visit(old.get("items", _ANY), new.get("items", _ANY), f"{path}[]")

    def _conditions(self, old: Words, new: Words, path: str) -> None:
        for keyword, name in PRESENCE.items():
            nothing = True if keyword.startswith("unevaluated") else None
            was, now = old.get(keyword, nothing), new.get(keyword, nothing)
            if was == now and was is nothing:
                continue
            if was is nothing or now is nothing:
                self._add(path, f"{name}-added" if was is nothing else f"{name}-removed")
            elif keyword in ("if", "not"):
                if not self._schemas.same(was, now, self._side):
                    self._add(path, f"{name}-changed")
            else:
                self.visit(was, now, f"{path}<{keyword}>")

    def _branches(self, old: Words, new: Words, path: str, raw: tuple[Any, Any]) -> bool:
        """Compare the branches of oneOf or anyOf; tell whether nothing else is left to compare."""
        kind = "one-of" if (new.get("kind") or old.get("kind")) == "oneOf" else "any-of"
        was, now = old.get("branches", []), new.get("branches", [])
        alone = not was or not now
        if alone:
            # One schema that became one of several was a choice of one; else the choice is a condition beside the rest.
            if not _only_branches(old if was else new):
                said = [_label(branch, self._schemas.old) for branch in was], [_label(branch, self._schemas.new) for branch in now]
                self._add(path, f"{kind}-unset" if was else f"{kind}-set", said[0] or None, said[1] or None)
                return False
            was, now = was or [raw[0]], now or [raw[1]]
            self._say(path, values.discriminators(old.get("discriminator", _NOTHING), new.get("discriminator", _NOTHING)))
        pairs, gone, come = self._matched(was, now)
        for first, second in pairs:
            if alone:
                self._choice(first, second, old if "branches" in old else new, path)
            else:
                self.visit(first, second, f"{path}<{_label(first, self._schemas.old)}>")
        for branch in gone:
            self._add(path, f"{kind}-removed", _label(branch, self._schemas.old))
        for branch in come:
            self._add(path, f"{kind}-added", None, _label(branch, self._schemas.new))
        return alone

    def _choice(self, old: Any, new: Any, around: Words, path: str) -> None:
        """Compare a schema with the branch it became or came from; what is said around the branches holds for it too."""
        was, now = self._schemas.old.of(old), self._schemas.new.of(new)
        if was.target and now.target:
            self._share(was, now, path)
            return
        pair = (id(old), id(new))
        if pair not in self._open:
            self._open.add(pair)
            said = {key: value for key, value in around.items() if key in OWN}
            self._content(said | was.words, said | now.words, path, (old, new))
            self._open.discard(pair)

    def _matched(self, old: list[Any], new: list[Any]) -> tuple[list[tuple[Any, Any]], list[Any], list[Any]]:
        """Pair branches that mean the same: by name, by content, by type, then what alone is left."""
        was, now = self._schemas.old, self._schemas.new

        def same_name(first: Any, second: Any) -> bool:
            return was.of(first).name != "" and was.of(first).name == now.of(second).name

        def same_content(first: Any, second: Any) -> bool:
            return self._schemas.same(first, second, self._side)

        def same_type(first: Any, second: Any) -> bool:
            return _label(first, was) == _label(second, now)

        pairs: list[tuple[Any, Any]] = []
        gone, left = list(old), list(new)
        for alike in (same_name, same_content, same_type):
            for first in list(gone):
                second = next((other for other in left if alike(first, other)), None)
                if second is not None:
                    pairs.append((first, second))
                    gone = [other for other in gone if other is not first]
                    left = [other for other in left if other is not second]
        if len(gone) == len(left) == 1 and not (was.of(gone[0]).name and now.of(left[0]).name):
            pairs.append((gone.pop(), left.pop()))
        return pairs, gone, left

    def _rest(self, old: list[Any], new: list[Any], path: str) -> None:
        """Compare what several parts of allOf say that no single schema can."""
        gone = [part for part in old if not any(self._schemas.same(part, other, self._side) for other in new)]
        come = [part for part in new if not any(self._schemas.same(other, part, self._side) for other in old)]
        for part in gone:
            self._add(path, "all-of-removed", part)
        for part in come:
            self._add(path, "all-of-added", None, part)


def _only_branches(words: Words) -> bool:
    return not (words.keys() - {"branches", "kind", "null", "discriminator", *OWN})


def _label(branch: Any, views: Views) -> str:
    """Return what a branch is called, or what it is."""
    view = views.of(branch)
    title = branch.get("title") if isinstance(branch, dict) else None
    if view.name or title:
        return str(view.name or title)
    if view.words.get("maxLength") == 0:
        return "an empty text"
    return " or ".join(map(repr, view.words["enum"])) if "enum" in view.words else values.type_text(view.words)
