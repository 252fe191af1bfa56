"""What was found in a pair of schemas, and the pairs of shared schemas below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from erp_testkit.contracts.compatibility.change import Side


@dataclass(frozen=True, slots=True)
class Found:
    """A change inside a schema."""

    path: str
    """Field, below the schema; empty for the schema itself."""
    what: str
    """Aspect such as ``max-length-decreased``, or, where `whole`, the id of a rule."""
    old: Any = None
    new: Any = None
    whole: bool = False


@dataclass(slots=True, eq=False)
class Node:
    """A pair of schemas: what changed in it, and the pairs of shared schemas below it."""

    name: str
    """Name of the shared schema; empty where it is written in place."""
    side: Side
    found: list[Found] = field(default_factory=list)
    below: dict[Node, bool] = field(default_factory=dict)
    """Pairs below, each with whether it stands at this very place and not at a field."""

    def reachable(self) -> Iterator[tuple[Node, bool]]:
        """Return this pair and all below it, each once for every way to stand: at the top, or at a field."""
        seen = {(self, True)}
        waiting = [(self, True)]
        while waiting:
            node, top = waiting.pop()
            yield node, top
            for inner, here in node.below.items():
                state = (inner, top and here)
                if state not in seen:
                    seen.add(state)
                    waiting.append(state)
