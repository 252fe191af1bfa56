"""A mapping contract as data: which source feeds which target, and how a value is written there."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import pydantic
from pydantic import AfterValidator, BeforeValidator, PrivateAttr, ValidationInfo

from erp_testkit.contracts.scenes import SCENES
from erp_testkit.domain.documents import Direction
from erp_testkit.specs import text
from erp_testkit.specs.pointer import pointer
from erp_testkit.specs.settings import Table, Text, Wrong, one_of, sentence, wrong

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


Char = Annotated[str, pydantic.Field(min_length=1, max_length=1, title="one character")]
Count = Annotated[int, pydantic.Field(ge=1)]
DocumentPath = Annotated[
    str,
    pydantic.Field(
        pattern=r"^[^\s.\[\]]+(\.[^\s.\[\]]+)*(\[\]\.[^\s.\[\]]+(\.[^\s.\[\]]+)*)?$",
        title="names joined by dots, of which one may repeat, such as lines[].lot",
    ),
]
UrlPath = Annotated[str, pydantic.Field(pattern="^/", title="a path that begins with /")]
SchemaPlace = Annotated[
    str, pydantic.Field(pattern="^[^#]+(#/.*)?$", title="a file, or a file and a place in it: wms.yaml#/components/schemas/Order")
]
Harm = Literal["truncate", "retype", "default", "case"]
HARMS: frozenset[Harm] = frozenset({"truncate", "retype", "default", "case"})
Format = Literal["json", "xml", "csv", "fixed-width"]


class Pad(Table):
    """How a value is filled up to its length."""

    side: Literal["left", "right"] = "right"
    with_: Char = pydantic.Field(default=" ", alias="with")


class Transform(Table):
    """What is done to a value on its way."""

    case: Literal["upper", "lower"] | None = None
    date: Annotated[str, pydantic.Field(pattern="YY", title="a pattern of YYYY, YY, MM, DD, hh, mm, ss and Z, such as YYYYMMDD")] | None = (
        None
    )
    """Without it, ISO 8601."""
    decimals: Annotated[int, pydantic.Field(ge=0, le=9)] | None = None
    """Digits after the point; without it, as many as there are."""
    pad: Pad = Pad()
    constant: str | None = None


def _coded(codes: object) -> object:
    return {str(code): code for code in codes} if isinstance(codes, list) else codes


def _example(example: object, info: ValidationInfo) -> object:
    if isinstance(example, int) and info.data.get("type") not in FIGURES:
        raise wrong("text, for the field is no figure", example)
    return str(example) if isinstance(example, int) else example


Chars = Literal["digits", "code", "gs1", "text", "any"]
_CHARS: Map[str | None, Chars] = {"lot": "gs1", "serial": "gs1", "gtin": "digits"}


class Field(Table):
    """One target field, and where it comes from."""

    target: DocumentPath
    source: DocumentPath | None = None
    """None where a constant feeds it."""
    identifier: Literal["lot", "serial", "gtin", "expiry"] | None = None
    """An identifier must never change in any way."""
    type: Type = pydantic.Field(default_factory=lambda data: Type.DATE if data.get("identifier") == "expiry" else Type.TEXT)
    """What the target holds."""
    length: Count | None = None
    """Maximum length at the target; in a fixed-width record the exact one."""
    width: Count | None = pydantic.Field(default_factory=lambda data: data.get("length"))
    """Room in the record of a fixed-width source; as much as length where it is not said."""
    required: bool = True
    """Whether the target must have a value."""
    unit: str = ""
    """Unit of measure of a figure; the same on both sides."""
    codes: Annotated[Map[str, str], BeforeValidator(_coded, json_schema_input_type=tuple[str, ...] | Map[str, str])] | None = None
    """Every value there is, or each source value with the target value it becomes."""
    transform: Transform = Transform()
    chars: Chars = pydantic.Field(default_factory=lambda data: _CHARS.get(data.get("identifier"), "text"))
    """What the source's values are made of."""
    unique: bool = False
    """Whether the source takes a value only once, ever."""
    example: Annotated[str, BeforeValidator(_example, json_schema_input_type=str | int)] | None = None
    """What arrives at the target; a figure of a text field stands in quotes, so that 0012 keeps its zeros."""
    never: frozenset[Harm] = pydantic.Field(default=frozenset(), validate_default=True)
    """What must not happen to it."""
    also: bool = False
    """Whether this source is meant to feed another target as well."""
    _position: int = PrivateAttr(default=0)
    """Among the fields of its mapping, which a copy of it keeps."""

    # The same column may stand in two places.
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    @pydantic.field_validator("never")
    @classmethod
    def _identifiers_never_change(cls, never: frozenset[Harm], info: ValidationInfo) -> frozenset[Harm]:
        return HARMS if info.data.get("identifier") else never

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


class Settings(Table):
    """How a format is written."""

    separator: Char = ","
    header: bool = True
    ends: Literal["LF", "CRLF"] = "CRLF"
    """What ends a record."""
    encoding: Literal["utf-8", "gb18030", "latin-1", "ascii"] = "utf-8"
    counts: Literal["characters", "bytes"] = "characters"
    """What lengths are counted in."""
    root: Text = "document"
    """Name of an XML document's root."""

    @property
    def newline(self) -> str:
        """What ends a record."""
        return {"LF": "\n", "CRLF": "\r\n"}[self.ends]

    def size(self, text: str) -> int:
        """Return how much room a text takes, in what the format counts."""
        return len(text) if self.counts == "characters" else len(text.encode(self.encoding, errors="replace"))

    def holds(self, text: str) -> bool:
        """Say whether the encoding has every character of a text."""
        return text.encode(self.encoding, errors="ignore").decode(self.encoding) == text


_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_TEXT = re.compile(r"(?:[\x20-\x7A\x7C\x7E]|\{(?:token|new)\})*")


def _headers(headers: Map[str, str]) -> Map[str, str]:
    """Refuse what cannot be sent."""
    names = [((name,), sentence("the name of a header, such as X-Api-Key", name)) for name in headers if not _HEADER.fullmatch(name)]
    what = "printable ASCII, in braces only {token} or {new}"
    texts = [((name,), sentence(what, text)) for name, text in headers.items() if not _HEADER_TEXT.fullmatch(text)]
    if names or texts:
        raise Wrong([*names, *texts])
    return headers


class Request(Table):
    """The call by which a document goes into a system that has no ports."""

    system: Text
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    path: UrlPath
    body: Map[str, str | int | bool] = {}
    """What the body holds beside the fields' sources: path and value."""
    answer: Map[str, DocumentPath] = {}
    """Source paths whose values the system gives: where they stand in its JSON answer."""
    headers: Annotated[Map[str, str], AfterValidator(_headers)] = {}
    """Headers the request has beside its content type: ``{token}`` stands for the system's token, ``{new}`` for a text that is new for each
    request."""


class Get(Table):
    """The call by which a document is read from a system that has no ports."""

    system: Text
    path: UrlPath
    """May hold source paths in braces, such as ``/shipments/{shipment.number}``."""


class _Side(Table):
    format: Format | None = None
    settings: Settings = Settings()
    schema_: SchemaPlace | None = pydantic.Field(default=None, alias="schema")
    """OpenAPI or JSON Schema file and place in it, such as ``../openapi/wms.yaml#/components/schemas/Shipment``."""


class Source(_Side):
    """Where documents come from: a scene, a request, or, for an incoming interface, a scene and the partner's message."""

    scene: Annotated[str, one_of("a scene", SCENES), pydantic.Field(json_schema_extra={"enum": [*SCENES]})] | None = None
    """What is played through the ports to have a document."""
    request: Request | None = None
    message: DocumentPath = ""
    """Where an incoming message holds its own number."""
    message_width: Count | None = None
    """Room for that number in a fixed-width record."""


class Target(_Side):
    """Where documents arrive: at a partner, as a document in the ERP, at a system, or in a drop folder."""

    partner: Text | None = None
    """Partner that receives the message; its stand-in plays it."""
    path: UrlPath = ""
    """Where the partner takes it, below its address."""
    document: Literal["delivery note"] | None = None
    """What an incoming message becomes, read through the ports."""
    get: Get | None = None
    file: Text | None = None
    """File name pattern of a drop folder, from this file's folder, such as ``out/*.txt``."""
    within_seconds: Annotated[float, pydantic.Field(gt=0, le=600)] = 10.0
    """How soon it must be there."""


FILE = "file"
"""Key of a reader's context: the file that is read."""


class Mapping(Table):
    """Where each field of one interface comes from, and what must never happen to it."""

    name: Annotated[str, pydantic.Field(pattern=r"^[\w.-]+$", title="letters, digits and . - _")]
    """Name of the interface, which is its channel in the ERP."""
    title: Text
    direction: Direction
    """Seen from the ERP."""
    table: Text | None = None
    """Mapping table that must say the same: ``erp`` for the ERP's own, or a CSV file beside this one with the columns position, source,
    target, width."""
    source: Source
    target: Target
    fields: Annotated[tuple[Field, ...], pydantic.Field(min_length=1, title="at least one field")]
    _file: Path = PrivateAttr(default=Path())

    def model_post_init(self, context: Any, /) -> None:
        """Remember the file, and where each field stands in it."""
        self._file = (context or {}).get(FILE, Path())
        for position, one in enumerate(self.fields):
            one._position = position

    @property
    def file(self) -> Path:
        """Where it stands."""
        return self._file

    def line(self, *place: str | int) -> int:
        """Return the line of a place below ``mapping``, such as ``"fields", 3``."""
        return self._parsed.line(pointer(("mapping", *place)))

    @cached_property
    def _parsed(self) -> text.Parsed:
        return text.read(self._file)

    def line_of(self, one: Field) -> int:
        """Return the line of a field, or of what was made of one."""
        return self.line("fields", one._position)

    def source_path(self, one: Field) -> str:
        """Return the path of a field's source, ``[].lot_no`` for a column; empty where a constant feeds it."""
        return f"[].{one.source}" if one.source and self.source.format in FLAT else one.source or ""

    def is_once(self, one: Field) -> bool:
        """Say whether a document has one value of a field: records of a file repeat those that do not repeat at the target."""
        return "[]" not in self.source_path(one) or "[]" not in self.target_path(one)

    def target_path(self, one: Field) -> str:
        """Return the path of a field's target, ``[].lot`` for a column."""
        return f"[].{one.target}" if self.target.format in FLAT else one.target
