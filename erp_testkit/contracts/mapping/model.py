"""A mapping contract as data: which source feeds which target, and how a value is written there."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from erp_testkit.domain.documents import Direction

Fact = str | int | Decimal | date | datetime | None
"""A value of a document: text, figure, calendar day, or an aware point in time."""

_INDEX = re.compile(r"\[\d*\]")


def general(path: str) -> str:
    """Return the path a contract names for a place in a document: ``lines[0].lot`` becomes ``lines[].lot``."""
    return _INDEX.sub("[]", path)


def at(path: str, line: int) -> str:
    """Return the place of a path in one line: ``lines[].lot`` becomes ``lines[0].lot``; a path that does not repeat stays."""
    return path.replace("[]", f"[{line}]")


def line_of(path: str) -> int | None:
    """Return in which line a place is, counted from 0; None for one outside the lines."""
    found = re.search(r"\[(\d+)\]", path)
    return int(found[1]) if found else None


class Type(StrEnum):
    """What a target field holds."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    DATETIME = "datetime"


FLAT = frozenset({"csv", "fixed-width"})
"""Formats in which every record is a line, and a path is the name of a column."""
FIGURES = frozenset({Type.INTEGER, Type.DECIMAL})
DATES = frozenset({Type.DATE, Type.DATETIME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """What is done to a value on its way."""

    case: Literal["upper", "lower"] | None = None
    date: str | None = None
    """Pattern of YYYY, YY, MM, DD, hh, mm, ss and Z; None is ISO 8601."""
    decimals: int | None = None
    """Digits after the point; None writes as many as there are."""
    pad_side: Literal["left", "right"] = "right"
    pad_with: str = " "
    constant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Field:
    """One target field, and where it comes from."""

    target: str
    source: str | None
    """None where a constant feeds it."""
    type: Type
    length: int | None
    """Most characters the target takes; in a fixed-width record exactly as many."""
    width: int | None
    """Room in the record of a fixed-width source."""
    required: bool
    unit: str
    codes: Map[str, str] | None
    """Each source value there is, and what it becomes."""
    transform: Transform
    chars: str
    """What the source's values are made of."""
    unique: bool
    example: str | None
    never: frozenset[str]
    identifier: str | None
    also: bool
    """Whether this source is meant to feed another target as well."""
    line: int
    """Where the contract's file says so."""

    def written(self, fact: Fact) -> str | None:
        """Return how a source's value must stand at the target; None for a target that stays empty."""
        if self.transform.constant is not None:
            return self.transform.constant
        if fact is None or fact == "":
            return None
        if isinstance(fact, str):
            text = fact if self.codes is None else self.codes.get(fact, fact)
            return {"upper": text.upper(), "lower": text.lower()}.get(self.transform.case or "", text)
        if isinstance(fact, date):
            return date_text(fact, self.transform.date or (MOMENT if isinstance(fact, datetime) else DAY))
        return plain(Decimal(fact)) if self.transform.decimals is None else f"{Decimal(fact):.{self.transform.decimals}f}"


DAY, MOMENT = "YYYY-MM-DD", "YYYY-MM-DDThh:mm:ssZ"
"""How dates and points in time are written where nothing else is said (ISO 8601)."""

_TOKENS: Map[str, str] = MappingProxyType({"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d", "hh": "%H", "mm": "%M", "ss": "%S", "Z": "Z"})


def date_text(moment: date, pattern: str) -> str:
    """Write a date or point in time by a pattern; points in time are written in UTC."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(UTC)
    return re.sub("|".join(_TOKENS), lambda token: moment.strftime(_TOKENS[token[0]]), pattern)


def date_from(text: str, pattern: str) -> datetime | None:
    """Read a date or point in time by a pattern; None where the text does not follow it."""
    directive = re.sub("|".join(_TOKENS), lambda token: _TOKENS[token[0]], pattern)
    try:
        found = datetime.strptime(text, directive).replace(tzinfo=UTC)
    except ValueError:
        return None
    # strptime also takes days and months of one digit.
    return found if date_text(found, pattern) == text else None


def plain(number: Decimal) -> str:
    """Write a number without exponent and without zeros nobody needs."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a format is written."""

    separator: str = ","
    header: bool = True
    ends: str = "\r\n"
    encoding: str = "utf-8"
    counts: Literal["characters", "bytes"] = "characters"
    root: str = "document"

    def size(self, text: str) -> int:
        """Return how much room a text takes, in what the format counts."""
        return len(text) if self.counts == "characters" else len(text.encode(self.encoding, errors="replace"))

    def holds(self, text: str) -> bool:
        """Say whether the encoding has every character of a text."""
        return text.encode(self.encoding, errors="ignore").decode(self.encoding) == text


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The call by which a document goes into a system that has no ports."""

    system: str
    method: str
    path: str
    body: Map[str, str | int | bool]
    answer: Map[str, str]
    headers: Map[str, str]
    """As written: ``{token}`` stands for the system's token, ``{new}`` for a text that is new for each request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Get:
    """The call by which a document is read from a system that has no ports."""

    system: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where documents come from: a scene, a request, or, for an incoming interface, a scene and the partner's message."""

    scene: str | None
    request: Request | None
    message: str
    """Where a partner's message holds its number; empty where it has none."""
    message_width: int | None
    """Room for it in a fixed-width record."""
    format: str | None
    settings: Settings
    schema: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where documents arrive; exactly one of the four is set."""

    partner: str | None
    path: str
    """Where the partner takes them."""
    document: str | None
    get: Get | None
    file: str | None
    """Pattern of file names, from the contract's folder."""
    within: float
    """Seconds."""
    format: str | None
    settings: Settings
    schema: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A mapping contract."""

    name: str
    title: str
    direction: Direction
    table: str | None
    """``erp``, or a CSV file; None where there is no mapping table to look at."""
    source: Source
    target: Target
    fields: tuple[Field, ...]
    file: Path
    lines: Map[str, int] = field(default_factory=dict)
    """Where the file says what: key to line."""

    def source_path(self, one: Field) -> str:
        """Return the path of a field's source, ``[].lot_no`` for a column; empty where a constant feeds it."""
        return f"[].{one.source}" if one.source and self.source.format in FLAT else one.source or ""

    def is_once(self, one: Field) -> bool:
        """Say whether a document has one value of a field: records of a file repeat those that do not repeat at the target."""
        return "[]" not in self.source_path(one) or "[]" not in self.target_path(one)

    def target_path(self, one: Field) -> str:
        """Return the path of a field's target, ``[].lot`` for a column."""
        return f"[].{one.target}" if self.target.format in FLAT else one.target


def of_data(data: Map[str, Any], file: Path, lines: Map[str, int]) -> Mapping:
    """Make a mapping of a contract file's content that fits the schema.

    Args:
        data: what stands below ``mapping``.
        file: where it stands.
        lines: the line of each key, such as ``fields[3]`` or ``source.scene``.
    """
    source, target = data["source"], data["target"]
    request, get = source.get("request"), target.get("get")
    return Mapping(
        name=data["name"],
        title=data["title"],
        direction=Direction(data["direction"]),
        table=data.get("table"),
        source=Source(
            scene=source.get("scene"),
            request=request
            and Request(
                system=request["system"],
                method=request.get("method", "POST"),
                path=request["path"],
                body=request.get("body", {}),
                answer=request.get("answer", {}),
                headers=request.get("headers", {}),
            ),
            message=source.get("message", ""),
            message_width=source.get("message_width"),
            format=source.get("format"),
            settings=_settings(source),
            schema=source.get("schema"),
        ),
        target=Target(
            partner=target.get("partner"),
            path=target.get("path", ""),
            document=target.get("document"),
            get=get and Get(system=get["system"], path=get["path"]),
            file=target.get("file"),
            within=float(target.get("within", 10)),
            format=target.get("format"),
            settings=_settings(target),
            schema=target.get("schema"),
        ),
        fields=tuple(_field(one, lines[f"fields[{place}]"]) for place, one in enumerate(data["fields"])),
        file=file,
        lines=lines,
    )


def _settings(side: Map[str, Any]) -> Settings:
    said = dict(side.get("settings", {}))
    if "ends" in said:
        said["ends"] = {"LF": "\n", "CRLF": "\r\n"}[said["ends"]]
    return Settings(**said)


_CHARS = {"lot": "gs1", "serial": "gs1", "gtin": "digits"}


def _field(said: Map[str, Any], line: int) -> Field:
    transform, codes, identifier = dict(said.get("transform", {})), said.get("codes"), said.get("identifier")
    pad = transform.pop("pad", None)
    if pad:
        transform |= {"pad_side": pad["side"], "pad_with": pad["with"]}
    return Field(
        target=said["target"],
        source=said.get("source"),
        type=Type(said.get("type", "date" if identifier == "expiry" else "text")),
        length=said.get("length"),
        width=said.get("width", said.get("length")),
        required=said.get("required", True),
        unit=said.get("unit", ""),
        codes={code: code for code in codes} if isinstance(codes, list) else codes,
        transform=Transform(**transform),
        chars=said.get("chars", _CHARS.get(identifier or "", "text")),
        unique=said.get("unique", False),
        example=None if said.get("example") is None else str(said["example"]),
        never=frozenset(said.get("never", ())) | (frozenset({"truncate", "retype", "default", "case"}) if identifier else frozenset()),
        identifier=identifier,
        also=said.get("also", False),
        line=line,
    )
