"""``$dynamicRef`` where several things may be meant (JSON Schema 2020-12, 8.2.3.2), written as plain references.

What it means is said by the outermost resource (a file, or a schema with an ``$id``) it was reached through that has such a
``$dynamicAnchor``. So a resource is copied for each way to reach it that gives it another meaning: of a list of anything that two schemas
refer to there are two, one of orders and one of shipments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from erp_testkit.specs import pointer as pointers
from erp_testkit.specs.document import BUNDLED, Document

_KEPT_APART = frozenset({"$defs", "definitions", "components", BUNDLED})
"""Keywords that hold schemas to be referred to: nothing below them is reached by where it stands."""

Anchors = Mapping[str, str]
"""``$dynamicAnchor`` to the pointer of what it means."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A ``$dynamicRef`` that may mean several things."""

    pointer: str
    name: str
    """Of the ``$dynamicAnchor``."""
    target: str
    """What it means where nothing around it says otherwise."""


def settle(document: Document, choices: Sequence[Choice], resources: Mapping[str, Anchors]) -> None:
    """Write every choice as a reference.

    Args:
        document: with its other references written already.
        choices: its ``$dynamicRef``; they are not in it any more.
        resources: pointers of its resources, each with the anchors it has itself.
    """
    settling = _Settling(document, choices, resources)
    for pointer, choice in settling.turned.items():
        settling.turn(pointers.find(document.content, pointer), choice, settling.around(pointer))


class _Settling:
    """Turns what refers to where it leads in its scope, and makes the copies that takes."""

    def __init__(self, document: Document, choices: Sequence[Choice], resources: Mapping[str, Anchors]) -> None:
        self._document, self._resources = document, resources
        self._pristine = deepcopy(document.content)
        self.turned = {**dict.fromkeys(document.references), **{choice.pointer: choice for choice in choices}}
        """Pointer of what refers, and what it chooses."""
        self._names = {choice.name for choice in choices}
        self._copies: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}

    def turn(self, holder: dict[str, Any], choice: Choice | None, scope: Anchors) -> None:
        target = scope.get(choice.name, choice.target) if choice else pointers.of_fragment(holder["$ref"][1:])
        resource = self._resource(target)
        inside = self._entered(resource, {**self._resources[resource], **scope}) + target[len(resource) :]
        if choice and "$ref" in holder:
            holder["allOf"] = [*holder.get("allOf", ()), {"$ref": pointers.fragment(inside)}]
        else:
            holder["$ref"] = pointers.fragment(inside)

    def _entered(self, resource: str, scope: Anchors) -> str:
        """Return where a resource stands as it is when it is reached in a scope."""
        meant = {name: target for name, target in scope.items() if name in self._names}
        own = self.around(resource)
        within = [pointer for pointer in self.turned if pointer == resource or pointer.startswith(f"{resource}/")]
        if not within or all(own.get(name) == target for name, target in meant.items()):
            return resource
        key = (resource, tuple(sorted(meant.items())))
        if key not in self._copies:
            name = f"{pointers.steps(resource)[-1] if resource else self._document.file.name} ({len(self._copies) + 1})"
            place = self._copies[key] = pointers.pointer((BUNDLED, name))
            copy = deepcopy(pointers.find(self._pristine, resource))
            copy.pop(BUNDLED, None)
            self._document.content.setdefault(BUNDLED, {})[name] = copy
            self._document.copies[name] = resource
            for pointer in within:
                if not pointer.startswith(f"/{BUNDLED}/") or resource:
                    holder = pointers.find(copy, pointer[len(resource) :])
                    self.turn(holder, self.turned[pointer], {**self.around(pointer, resource), **meant})
            return place
        return self._copies[key]

    def _resource(self, pointer: str) -> str:
        """Return the innermost resource around a place."""
        while pointer not in self._resources:
            pointer = pointer.rpartition("/")[0]
        return pointer

    def around(self, pointer: str, above: str = "") -> dict[str, str]:
        """Return the anchors of the resources a place is reached through by where it stands, up to that at a pointer."""
        found: dict[str, str] = {}
        resource = self._resource(pointer)
        while True:
            found |= self._resources[resource]
            if resource == above or not resource:
                return found
            outer = self._resource(resource.rpartition("/")[0])
            if not _KEPT_APART.isdisjoint(pointers.steps(resource[len(outer) :])):
                return found
            resource = outer
