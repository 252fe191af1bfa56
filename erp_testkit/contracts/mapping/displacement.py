"""Fields that hold what belongs to other fields: seen together they are a shift, a swap, or single overwritten fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Move:
    """Fields whose values belong to others, for one reason."""

    kind: Literal["field-shift", "field-swap", "field-overwrite"]
    places: Sequence[int]
    """Positions of the fields, in their order."""
    by: int = 0
    """How many fields further on the values of a shift belong."""


def grouped(holds: Mapping[int, int]) -> Iterator[Move]:
    """Yield what happened.

    Args:
        holds: for each field with a wrong value, its position and the position of the field the value belongs to.
    """
    left = dict(sorted(holds.items()))
    for place, other in list(left.items()):
        if place < other and left.get(other) == place:
            yield Move("field-swap", (place, other))
            del left[place], left[other]
    for run in _runs(left):
        if len(run) > 1:
            yield Move("field-shift", run, left[run[0]] - run[0])
        else:
            yield Move("field-overwrite", run)


def _runs(holds: Mapping[int, int]) -> Iterator[list[int]]:
    """Yield neighbours whose values come from equally far away, in positions that rise."""
    run: list[int] = []
    for place, other in holds.items():
        if run and (place != run[-1] + 1 or other - place != holds[run[-1]] - run[-1]):
            yield run
            run = []
        run.append(place)
    if run:
        yield run
