"""Gathering the changes of a contract: each once, with everything that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp_testkit.contracts.compatibility.change import Change, Side
from erp_testkit.contracts.compatibility.node import Found, Node
from erp_testkit.contracts.compatibility.rules import OPENAPI, Rule, schema_rule

_SHOWN, _LONG = 4, 80
"""How many values of a list, and how many characters of a text are shown before they are cut."""

_DIRECTIONS = {Side.REQUEST: "in requests", Side.RESPONSE: "in answers"}


class Report:
    """Gathers changes while two contracts are compared.

    Args:
        rules: by which they are judged.
    """

    def __init__(self, rules: Mapping[str, Rule] = OPENAPI) -> None:
        self._rules = rules
        self._changes: list[Change] = []
        self._uses: list[tuple[Node, str, str, str]] = []

    def add(self, rule: str, place: str, old: Any = None, new: Any = None, *, operation: str = "", field: str = "") -> None:
        """Add a change at one place; without an operation, the place is one."""
        self._changes.append(self._change(rule, place, old, new, operations=(operation or place,), field=field))

    def use(self, node: Node, scope: str, operation: str, part: str) -> None:
        """Add how two schemas differ that are used at a part of an operation, such as ``body`` or ``answer 200``."""
        self._uses.append((node, scope, operation, part))

    def changes(self) -> list[Change]:
        """Return every change: what is written in place first, then what shared schemas bring to all that use them."""
        shared: dict[tuple[Node, str], set[str]] = {}
        for node, scope, operation, part in self._uses:
            for inner, top in node.reachable():
                if inner.name:
                    shared.setdefault((inner, scope if top else "property"), set()).add(operation)
                else:
                    self._changes += [self._of_schema(found, inner, scope, f"{operation} {part}", {operation}) for found in inner.found]
        merged: dict[tuple[Node, int, str], tuple[str, set[str]]] = {}
        for (node, scope), operations in shared.items():
            for index, found in enumerate(node.found):
                key = (node, index, "" if found.path or found.whole else scope)
                merged.setdefault(key, (scope, set()))[1].update(operations)
        for (node, index, _), (scope, operations) in merged.items():
            self._changes.append(self._of_schema(node.found[index], node, scope, "", operations))
        return self._changes

    def _of_schema(self, found: Found, node: Node, scope: str, place: str, operations: set[str]) -> Change:
        rule = found.what if found.whole else schema_rule(node.side, "property" if found.path else scope, found.what)
        where = f"{place}: {found.path}" if place and found.path else place
        if node.name:
            where = f"{node.name}{'.' if found.path and found.path[0] not in '[<' else ''}{found.path} {_DIRECTIONS[node.side]}"
        return self._change(rule, where, found.old, found.new, operations=tuple(sorted(operations)), field=found.path, schema=node.name)

    def _change(self, rule: str, place: str, old: Any, new: Any, **more: Any) -> Change:
        judged = self._rules[rule]
        reason = judged.says.format(old=shown(old), new=shown(new))
        return Change(rule=rule, impact=judged.impact, place=place, reason=reason, old=old, new=new, **more)


def shown(value: Any) -> str:
    """Return a figure as a person reads it; long ones are cut."""
    if isinstance(value, list):
        more = len(value) - _SHOWN
        return ", ".join(map(str, value[:_SHOWN])) + (f" and {more} more" if more > 1 else "".join(f", {one}" for one in value[_SHOWN:]))
    text = str(value)
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"
