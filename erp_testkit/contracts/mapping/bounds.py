"""Values made of the bounds that a source's schema sets."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from erp_testkit.contracts.mapping.drawing import examples
from erp_testkit.contracts.mapping.model import FIGURES, Fact, Field
from erp_testkit.contracts.mapping.slots import Room, Slot

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MOST_DIGITS = 6
"""Digits of figures before their point."""


@cache
def bounded_values(slot: Slot) -> Sequence[Fact]:
    """Return values made of the bounds of the source's schema; none where they cannot be made."""
    from hypothesis import strategies as st  # heavy, and only a canary needs it

    one, said = slot.field, {key: rule for schema in slot.bounds for key, rule in schema.items()}
    made: SearchStrategy[Any]
    if one.codes:
        made = st.sampled_from(list(one.codes))
    elif "enum" in said or "const" in said:
        made = st.sampled_from(
            [Decimal(str(value)) if one.type in FIGURES else str(value) for value in said.get("enum", [said.get("const")])]
        )
    elif one.type in FIGURES:
        step, most = Decimal(str(said.get("multipleOf", 1))), 10 ** most_digits(one, slot.room) - 1
        lowest, highest = _limit(said, "inimum", 1, max), _limit(said, "aximum", most, min)
        if lowest > highest:
            return ()
        made = st.integers(int(lowest / step), int(highest / step)).map(lambda times: times * step)
    elif "pattern" in said:
        made = st.from_regex(said["pattern"], fullmatch=True)
    else:
        least = said.get("minLength", 1)
        made = st.text(LETTERS, min_size=least, max_size=max(least, slot.room.most))
    try:
        return examples(made, lambda value: allowed(slot, value))
    except re.error:
        # A pattern of another language.
        return ()


def _limit(said: Map[str, Any], name: str, own: int, closer: Callable[[Decimal, Decimal], Decimal]) -> Decimal:
    """Return the tighter of our own limit and the schema's."""
    limits = [said[key] for key in (f"m{name}", f"exclusiveM{name}") if key in said]
    found = Decimal(own)
    for limit in limits:
        found = closer(found, Decimal(str(limit)))
    return found


def most_digits(one: Field, room: Room) -> int:
    """Return the most digits before the point."""
    decimals = one.transform.decimals + 1 if one.transform.decimals else 0
    return max(min(room.most - decimals, _MOST_DIGITS), 1)


def allowed(slot: Slot, value: Fact) -> bool:
    """Say whether the source's schema takes a value, and a text stands in its place as it is: a column loses spaces at its ends."""
    if not slot.allows(value):
        return False
    return not isinstance(value, str) or (slot.room.fits(value) and value == value.strip() and slot.room.held(value) == value)
