"""Difficult values: such as interfaces are known to break on, from each field's own constraints."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from erp_testkit.contracts.mapping.bounds import LETTERS, allowed, bounded_values, most_digits
from erp_testkit.contracts.mapping.dates import days, moments
from erp_testkit.contracts.mapping.drawing import examples
from erp_testkit.contracts.mapping.model import FIGURES, Fact, Field, Type
from erp_testkit.contracts.mapping.plain_values import plain
from erp_testkit.contracts.mapping.slots import Room, Slot
from erp_testkit.data.codes import check_digit

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

CHINESE = "京协和医院髋关节假体器械龘"
ACCENTS = "äéñßøÅç"
CONTROLS = "\x1d\n\t"
SEPARATORS = ",;\"'&<>%()*+:=?_!"
"""What formats put between values, as far as GS1 lets it stand in a lot or serial number (character set 82)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of difficult values."""

    drawn: SearchStrategy[Fact]
    simpler: SearchStrategy[Fact]
    """Where the simplest value that breaks is looked for, once a drawn one broke."""


def kinds(slot: Slot) -> Map[str, Kind]:
    """Return what kinds of difficult values a place takes, by name, from its field's own constraints."""
    return _within_bounds(slot) if slot.bounds else _unbound_kinds(slot)


@cache
def _within_bounds(slot: Slot) -> Map[str, Kind]:
    """Keep of every kind what the source's schema takes, and add what its bounds are made of."""
    from hypothesis import strategies as st  # heavy, and only a canary needs it

    found = _unbound_kinds(slot)
    kept: dict[str, Kind] = {}
    for name, kind in found.items():
        if drawn := examples(kind.drawn, lambda value: allowed(slot, value)):
            simpler = drawn if kind.simpler is kind.drawn else examples(kind.simpler, lambda value: allowed(slot, value)) or drawn
            kept[name] = Kind(st.sampled_from(drawn), st.sampled_from(simpler))
    if pool := bounded_values(slot):
        kept["within the schema's bounds"] = Kind(st.sampled_from(pool), st.sampled_from(pool))
    # Bounds nobody can keep bound nothing.
    return kept or found


def _unbound_kinds(slot: Slot) -> Map[str, Kind]:
    from hypothesis import strategies as st  # heavy, and only a canary needs it

    one = slot.field
    if one.type is Type.DATE:
        return _alike({name: st.sampled_from(some) for name, some in days().items()})
    if one.type is Type.DATETIME:
        return _alike({name: st.sampled_from(some) for name, some in moments().items()})
    if one.type in FIGURES:
        return _alike(_figures(one, slot.room))
    if one.codes:
        return _alike({f"code {name}": st.just(name) for name in one.codes})
    if one.identifier == "gtin":
        return _alike({"leading zeros": st.integers(1, 6).map(lambda zeros: "0" * zeros)})
    return {name: Kind(*strategies) for name, strategies in _texts(one.chars, slot.room).items()}


def whole(slot: Slot, drawn: Fact, code: Callable[[str, str], str], document: str) -> Fact:
    """Return what is sent for a drawn value: itself, or one that is made unique where the ERP takes each only once."""
    sent = _made_unique(slot, drawn, code, document)
    return sent if slot.allows(sent) else plain(slot, code, document)


def _made_unique(slot: Slot, drawn: Fact, code: Callable[[str, str], str], document: str) -> Fact:
    one = slot.field
    if not isinstance(drawn, str) or one.codes or not (one.unique or one.identifier == "gtin"):
        return drawn
    digits, token = code("gtin", f"{document} {slot.place}"), str(plain(slot, code, document))
    if one.identifier == "gtin":
        number = drawn + digits[len(drawn) : 13]
        return number + check_digit(number)
    figure = _FIGURE.fullmatch(drawn)
    # What looks like a number goes on looking like one.
    text = f"{figure[1]}{digits[5:13]}{figure[2] or ''}" if figure else drawn + token
    if slot.room.fits(text):
        return text
    return next(drawn[:length] + token for length in range(len(drawn), -1, -1) if not length or slot.room.fits(drawn[:length] + token))


_FIGURE = re.compile(r"(\d+)(E\d+)?")


def _alike(strategies: Map[str, SearchStrategy[Any]]) -> Map[str, Kind]:
    return {name: Kind(strategy, strategy) for name, strategy in strategies.items()}


@cache
def _texts(chars: str, room: Room) -> dict[str, tuple[SearchStrategy[str], SearchStrategy[str]]]:
    return {name: (drawn.map(room.cut), simpler.map(room.cut)) for name, (drawn, simpler) in _uncut(chars, room).items()}


def _uncut(chars: str, room: Room) -> dict[str, tuple[SearchStrategy[str], SearchStrategy[str]]]:
    from hypothesis import strategies as st  # heavy, and only a canary needs it

    most = room.most

    def like(pattern: str) -> tuple[SearchStrategy[str], SearchStrategy[str]]:
        strategy = st.from_regex(pattern, fullmatch=True)
        return strategy, strategy

    def among(some: str) -> tuple[SearchStrategy[str], SearchStrategy[str]]:
        # All of them at once, so that no one is forgotten; one alone to find out which it is.
        return st.permutations(some).map(lambda mixed: f"A{''.join(mixed)[: most - 2]}B"), st.sampled_from(some).map("A{}B".format)

    def filled(some: str) -> tuple[SearchStrategy[str], SearchStrategy[str]]:
        return st.text(some, min_size=most, max_size=most), st.sampled_from(some).map(lambda char: char * most)

    def few(some: str) -> tuple[SearchStrategy[str], SearchStrategy[str]]:
        return st.text(some, min_size=1, max_size=min(most, 12)), st.sampled_from(some)

    # No digits where there may be letters: a number that is cut is a number still, and its message would mislead.
    found = {"full width": filled("123456789" if chars == "digits" else LETTERS), "leading zeros": like("0{1,4}[1-9][0-9]{0,5}")}
    if chars == "digits":
        return found
    found |= {
        "like a number in scientific notation": like("[1-9][0-9]{0,2}E[0-9]{1,2}"),
        "mixed case": like("[a-z]{1,3}[A-Z]{1,3}[a-z]{0,3}"),
        "like a date": like("(0[1-9]|1[0-2])-(0[1-9]|1[0-2])-203[0-9]"),
        "hyphens, dots and slashes": among("-._/"),
    }
    if chars == "code":
        return found
    found |= {"separators": among(SEPARATORS), "like a GS1 element string": like("(10|21)[A-Z]{1,3}(17[0-9]{6}|21[0-9]{1,4})")}
    if chars == "gs1":
        return found
    found |= {"spaces": like("[A-Z]{1,3} {1,2}[A-Z]{1,3}"), "bars and backslashes": among("|\\~^`#@")}
    if chinese := room.held(CHINESE):
        found |= {"Chinese": few(chinese), "Chinese in full width": filled(chinese)}
    if accents := room.held(ACCENTS):
        found["accents"] = few(accents)
    if chars == "any" and (controls := room.held(CONTROLS)):
        found["control characters"] = among(controls)
    return found


def _figures(one: Field, room: Room) -> Map[str, SearchStrategy[Any]]:
    from hypothesis import strategies as st  # heavy, and only a canary needs it

    digits = most_digits(one, room)
    return {
        "many digits": st.integers(10 ** (digits - 1), 10**digits - 1).map(Decimal),
        "round figures": st.integers(1, max(digits - 1, 1)).map(lambda zeros: Decimal(10**zeros)),
        "small figures": st.integers(1, 9).map(Decimal),
    }
