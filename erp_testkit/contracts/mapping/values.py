"""The values a canary carries: plain ones that can be told apart, and such as interfaces are known to break on, drawn by hypothesis."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from erp_testkit.contracts.mapping import schemas
from erp_testkit.contracts.mapping.damage import plainly
from erp_testkit.contracts.mapping.model import DATES, FIGURES, Fact, Field, Mapping, Settings, Type, at
from erp_testkit.contracts.mapping.schemas import Leaf
from erp_testkit.contracts.scenes import VALUES
from erp_testkit.data.codes import check_digit
from erp_testkit.domain.documents import Direction

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

LINES = 2
"""A canary has two lines, so that values of one can be found in the other."""

_MOST_LINES = 2 * LINES
"""The lines, and one more of the item of each."""

CHINESE = "京协和医院髋关节假体器械龘"
ACCENTS = "äéñßøÅç"
CONTROLS = "\x1d\n\t"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SEPARATORS = ",;\"'&<>%()*+:=?_!"
"""What formats put between values, as far as GS1 lets it stand in a lot or serial number (character set 82)."""

_PRIMES = (17, 23, 29, 31, 37, 41, 43, 47, 53, 59)
_ANY_LENGTH = 40
"""How long values of fields without a length are made."""
_MOST_DIGITS = 6
"""Digits of figures before their point."""
_YEARS = range(1, 9)
"""How many years from now expiry dates are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What there is room for in a place."""

    sides: tuple[tuple[int, Settings], ...]
    """How much each side takes, and how it counts."""
    encoded: Settings | None
    """Of a source that is written in its encoding; None where any character can be written."""
    controls: bool
    """Whether control characters can be."""

    @property
    def most(self) -> int:
        """Return the most characters."""
        return min(most for most, _ in self.sides)

    def fits(self, text: str) -> bool:
        """Say whether a text is short enough for both sides."""
        return all(settings.size(text) <= most for most, settings in self.sides)

    def cut(self, text: str) -> str:
        """Return as much of a text as fits, without spaces at its end: a column would lose them."""
        return next(text[:length] for length in range(len(text), -1, -1) if self.fits(text[:length])).rstrip(" ")

    def held(self, chars: str) -> str:
        """Return those of some characters that can stand there."""
        return "".join(
            char
            for char in chars
            if self.fits(char) and (self.controls or char.isprintable()) and (self.encoded is None or self.encoded.holds(char))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place of the source whose value the kit may choose."""

    place: str
    """As the way takes it: ``lines[0].lot``."""
    field: Field
    room: Room
    position: int
    """Distinct among the places of a document."""
    line: int | None
    """None outside the lines."""
    leaf: Leaf | None = dataclass_field(default=None, compare=False)
    """What the source's schema says of it, where documents are made by it."""

    @property
    def bounds(self) -> list[dict[str, Any]]:
        """What the source's schema says of which values there are."""
        return [] if self.leaf is None or self.field.type in DATES else self.leaf.bounds

    def allows(self, fact: Fact) -> bool:
        """Say whether the source's schema takes a value."""
        if self.leaf is None or not self.bounds:
            return True
        value = self.leaf.typed(plainly(self.field).written(fact))
        shown = value if not isinstance(value, Decimal) else int(value) if value == value.to_integral_value() else float(value)
        judge = _judge(json.dumps({"allOf": self.bounds}))
        return judge is None or judge.is_valid(shown)


@cache
def _judge(schema: str) -> jsonschema_rs.Draft202012Validator | None:
    """Return what judges values; None for a schema that cannot be followed, which bounds nothing."""
    try:
        return jsonschema_rs.Draft202012Validator(json.loads(schema))
    except jsonschema_rs.ValidationError:
        return None


def slots(mapping: Mapping) -> tuple[Slot, ...]:
    """Return every place a document's values are chosen for."""
    found: dict[str, Slot] = {}
    scene = mapping.source.request is None
    leaves = {} if scene else schemas.of_source(mapping)
    for position, one in enumerate(mapping.fields):
        path = one.target if mapping.direction is Direction.IN and scene else mapping.source_path(one)
        if not path or not _open(mapping, path, one):
            continue
        repeats = "[]" in path and (scene or not mapping.is_once(one))
        for line in range(LINES if repeats else 1):
            place = at(path, line)
            # In a scene, a line with a serial number is of one piece, and the other line has none.
            if scene and place in ("lines[0].quantity", "lines[1].serial"):
                continue
            slot = Slot(
                place=place,
                field=one,
                room=_room(mapping, one, leaves.get(path)),
                position=position * _MOST_LINES + line,
                line=line if repeats else None,
                leaf=leaves.get(path),
            )
            found.setdefault(place, slot)
    return tuple(found.values())


def _room(mapping: Mapping, one: Field, leaf: Leaf | None) -> Room:
    source, target = mapping.source, mapping.target
    columns = source.format == "fixed-width"
    sides = []
    if one.length is not None:
        # Only in a fixed-width record is a length counted as its settings say.
        sides.append((one.length, target.settings if target.format == "fixed-width" else Settings()))
    if columns and one.width is not None:
        sides.append((one.width, source.settings))
    if leaf is not None and leaf.max_length is not None:
        sides.append((leaf.max_length, Settings()))
    return Room(
        sides=tuple(sides) or ((_ANY_LENGTH, Settings()),),
        encoded=source.settings if columns else None,
        controls=source.format not in ("xml", "fixed-width"),
    )


def _open(mapping: Mapping, path: str, one: Field) -> bool:
    if mapping.source.request is not None:
        return path not in mapping.source.request.answer
    return path in VALUES and (path != "lines[].unit" or one.codes is not None)


def plain(slot: Slot, code: Callable[[str, str], str], document: str) -> Fact:
    """Return a value without anything special in it that no other place of the document has.

    Args:
        slot: what it is for.
        code: makes unique codes of a kind, for an alias.
        document: makes the values of one document differ from those of another.
    """
    value = _unbound(slot, code, document)
    if slot.allows(value) or not (pool := _pool(slot)):
        return value
    # Documents that follow each other begin elsewhere, so that not every one has the same values.
    return pool[(slot.position + int(document)) % len(pool)]


def _unbound(slot: Slot, code: Callable[[str, str], str], document: str) -> Fact:
    one, kind = slot.field, slot.place.rpartition(".")[2]
    if one.type is Type.DATE:
        return _today() + timedelta(days=400 + 37 * slot.position)
    if one.type is Type.DATETIME:
        return datetime.combine(_today(), datetime.min.time(), UTC) + timedelta(hours=7 * slot.position, minutes=13)
    if one.type in FIGURES:
        return Decimal(_PRIMES[slot.position % len(_PRIMES)])
    if one.codes:
        return next(iter(one.codes))
    token = code("gtin" if one.identifier == "gtin" or one.chars == "digits" else kind, f"{document} {slot.place}")
    return token[-slot.room.most :]


def with_twins(
    mapping: Mapping, slots: Sequence[Slot], values: Map[str, Fact], code: Callable[[str, str], str], document: str
) -> dict[str, Fact]:
    """Return a document's values with one more line of each item: of another serial number of its lot, or of another lot.

    Lines without lot and serial number stay alone: two of them may well become one. So do items that may be sent only once.
    """
    found = dict(values)
    for line in range(LINES):
        of_line = [slot for slot in slots if slot.line == line]
        kinds = {_kind(slot) for slot in of_line}
        own = {slot for slot in of_line if _of_its_own(slot, same_lot=line == 0 and "serial" in kinds)}
        scene = mapping.source.request is None
        if not kinds & {"lot", "serial"} or (not scene and any(slot.field.unique for slot in set(of_line) - own)):
            continue
        twin = line + LINES
        if scene:
            item = at("lines[].item", line)
            found[at("lines[].item", twin)] = found.setdefault(item, code("item", f"{document} {item}"))
        for slot in of_line:
            place = slot.place.replace(f"[{line}]", f"[{twin}]")
            another = replace(slot, place=place, position=slot.position + LINES, line=twin)
            found[place] = plain(another, code, document) if slot in own else values[slot.place]
    return found


def _kind(slot: Slot) -> str:
    return slot.field.identifier or slot.place.rpartition(".")[2]


def _of_its_own(slot: Slot, *, same_lot: bool) -> bool:
    """Say whether a value is of a line, not of the line's item."""
    if _kind(slot) == "serial" or slot.field.type in FIGURES:
        return True
    return not same_lot and (_kind(slot) == "lot" or slot.field.type in DATES)


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
    from hypothesis import strategies as st  # noqa: PLC0415  # heavy, and only a canary needs it

    found = _unbound_kinds(slot)
    kept: dict[str, Kind] = {}
    for name, kind in found.items():
        if drawn := _examples(kind.drawn, slot):
            simpler = drawn if kind.simpler is kind.drawn else _examples(kind.simpler, slot) or drawn
            kept[name] = Kind(st.sampled_from(drawn), st.sampled_from(simpler))
    if pool := _pool(slot):
        kept["within the schema's bounds"] = Kind(st.sampled_from(pool), st.sampled_from(pool))
    # Bounds nobody can keep bound nothing.
    return kept or found


@cache
def _pool(slot: Slot) -> Sequence[Fact]:
    """Return values made of the bounds of the source's schema; none where they cannot be made."""
    from hypothesis import strategies as st  # noqa: PLC0415  # heavy, and only a canary needs it

    one, said = slot.field, {key: rule for schema in slot.bounds for key, rule in schema.items()}
    made: SearchStrategy[Any]
    if one.codes:
        made = st.sampled_from(list(one.codes))
    elif "enum" in said or "const" in said:
        made = st.sampled_from(
            [Decimal(str(value)) if one.type in FIGURES else str(value) for value in said.get("enum", [said.get("const")])]
        )
    elif one.type in FIGURES:
        step, most = Decimal(str(said.get("multipleOf", 1))), 10 ** _digits(one, slot.room) - 1
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
        return _examples(made, slot)
    except re.error:
        # A pattern of another language.
        return ()


def _limit(said: Map[str, Any], name: str, own: int, closer: Callable[[Decimal, Decimal], Decimal]) -> Decimal:
    """Return the closest of our own limit and those a schema says."""
    limits = [said[key] for key in (f"m{name}", f"exclusiveM{name}") if key in said]
    found = Decimal(own)
    for limit in limits:
        found = closer(found, Decimal(str(limit)))
    return found


_EXAMPLES = 40


def _examples(strategy: SearchStrategy[Any], slot: Slot) -> Sequence[Fact]:
    """Return those of some values that the source's schema takes, each once, the simplest first."""
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415  # heavy, and only a canary needs it
    from hypothesis import seed as seeded  # noqa: PLC0415

    found: set[Fact] = set()

    @seeded(0)
    @settings(max_examples=_EXAMPLES, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def keep(value: Fact) -> None:
        if slot.allows(value) and _stands(slot, value):
            found.add(value)

    keep()
    return sorted(found, key=lambda value: (len(str(value)), str(value)))


def _stands(slot: Slot, value: Fact) -> bool:
    """Say whether a text stands in its place as it is: spaces at its ends would be lost in a column."""
    return not isinstance(value, str) or (slot.room.fits(value) and value == value.strip() and slot.room.held(value) == value)


def _unbound_kinds(slot: Slot) -> Map[str, Kind]:
    from hypothesis import strategies as st  # noqa: PLC0415  # heavy, and only a canary needs it

    one = slot.field
    if one.type is Type.DATE:
        return _alike({name: st.sampled_from(days) for name, days in _days().items()})
    if one.type is Type.DATETIME:
        return _alike({name: st.sampled_from(moments) for name, moments in _moments().items()})
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
    from hypothesis import strategies as st  # noqa: PLC0415  # heavy, and only a canary needs it

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
    from hypothesis import strategies as st  # noqa: PLC0415  # heavy, and only a canary needs it

    digits = _digits(one, room)
    return {
        "many digits": st.integers(10 ** (digits - 1), 10**digits - 1).map(Decimal),
        "round figures": st.integers(1, max(digits - 1, 1)).map(lambda zeros: Decimal(10**zeros)),
        "small figures": st.integers(1, 9).map(Decimal),
    }


def _digits(one: Field, room: Room) -> int:
    """Return the most digits before the point."""
    decimals = one.transform.decimals + 1 if one.transform.decimals else 0
    return max(min(room.most - decimals, _MOST_DIGITS), 1)


def _today() -> date:
    return datetime.now(UTC).date()


def _days() -> dict[str, Sequence[date]]:
    """Return the days on which dates go wrong, some years ahead; the simplest first."""
    years = [_today().year + more for more in _YEARS]
    leap = [date(year, 2, 29) for year in years if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)]
    return {
        "29 February": leap,
        "31 December": [date(year, 12, 31) for year in years],
        "1 January": [date(year + 1, 1, 1) for year in years],
        "last day of a month": [date(year, month, 1) - timedelta(days=1) for year in years for month in (3, 5, 8, 12)],
        "day and month could be exchanged": [date(year, month, day) for year in years for month, day in ((3, 4), (5, 11), (12, 1))],
        "clocks go forward (EU)": [_last_sunday(year, 3) for year in years],
        "clocks go back (EU)": [_last_sunday(year, 10) for year in years],
        "clocks go forward (US)": [_nth_sunday(year, 3, 2) for year in years],
        "clocks go back (US)": [_nth_sunday(year, 11, 1) for year in years],
    }


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _nth_sunday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (nth - 1))


def _moments() -> Map[str, Sequence[datetime]]:
    """Return moments around a change of clocks, and at the end of a year and of a leap day; UTC, the last one that was."""
    year = _today().year - 1
    leap = year - year % 4
    changes = {
        "clocks go forward (EU)": _last_sunday(year, 3),
        "clocks go back (EU)": _last_sunday(year, 10),
        "clocks go forward (US)": _nth_sunday(year, 3, 2),
        "clocks go back (US)": _nth_sunday(year, 11, 1),
    }
    found = {name: [datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC) for hour in (0, 1, 6, 7)] for name, day in changes.items()}
    return found | {
        "end of a year": [datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)],
        "end of a leap day": [datetime(leap, 2, 29, 23, 59, 59, tzinfo=UTC)],
    }


def draw(strategies: Map[str, SearchStrategy[Fact]], seed: int) -> dict[str, Fact]:
    """Draw one value of each strategy; the same seed draws the same values."""
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415  # heavy, and only a canary needs it
    from hypothesis import seed as seeded  # noqa: PLC0415
    from hypothesis import strategies as st  # noqa: PLC0415

    drawn: list[dict[str, Fact]] = []

    @seeded(seed)
    @settings(max_examples=_DRAWS, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.fixed_dictionaries(dict(strategies)))
    def keep(values: dict[str, Fact]) -> None:
        drawn.append(values)

    keep()
    return drawn[-1]


_DRAWS = 2
"""hypothesis begins with the simplest values of all; the second draw is a usual one."""


def smallest(strategy: SearchStrategy[Fact], breaks: Callable[[Fact], bool], seed: int) -> Fact | None:
    """Return the simplest value of a strategy that breaks; None where none of those tried does."""
    import random  # noqa: PLC0415

    from hypothesis import HealthCheck, Phase, find, settings  # noqa: PLC0415  # heavy, and only a canary needs it
    from hypothesis.errors import NoSuchExample, Unsatisfiable  # noqa: PLC0415

    chosen = settings(
        max_examples=20, database=None, deadline=None, phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck)
    )
    try:
        return find(strategy, breaks, settings=chosen, random=random.Random(seed))  # noqa: S311  # not a secret
    except (NoSuchExample, Unsatisfiable):
        return None
