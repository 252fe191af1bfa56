"""The kinds of values this ERP takes, with the bounds it puts on them; all are documented by its API description.

What is written down must come out again unchanged at every interface: no character that a fixed-width record, an XML document or a database
cannot hold, no blank at either end, nothing longer than the narrowest field it will be sent in.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints, WithJsonSchema

# Neither blanks of any kind, nor what cannot be seen: control and format characters, private use, the end of the basic plane.
_UNSEEN = r"\x00-\x1f\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ue000-\uf8ff\ufe00-\ufe0f\ufeff\ufff0-\uffff"
_SEEN, _SEEN_OR_BLANK = rf"[^\x20{_UNSEEN}]", f"[^{_UNSEEN}]"
_SEEN_BUT_NO_DOT = rf"[^.\x20{_UNSEEN}]"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

SLASH = "\ue000"
"""Stands for a slash within one part of a path, see `api.guard`."""


def _words(longest: int, first: str = _SEEN) -> StringConstraints:
    """Take what can be seen, and blanks between."""
    return StringConstraints(max_length=longest, pattern=f"^{first}({_SEEN_OR_BLANK}{{0,{longest - 2}}}{_SEEN})?$")


# A dot alone is a step in a path: clients take it out before they send.
Code = Annotated[str, _words(20, _SEEN_BUT_NO_DOT)]
"""Code or number of anything: item, party, document, lot, serial number; none begins with a dot."""

Unit = Annotated[str, _words(10)]

Reference = Annotated[str, _words(40)]
"""A customer's own order number."""

PathCode = Annotated[Code, BeforeValidator(lambda text: text.replace(SLASH, "/"))]
"""A code or number in a path."""

Gtin = Annotated[str, Field(max_length=100), WithJsonSchema({"type": "string", "format": "gtin", "pattern": "^[0-9]{14}$"})]
"""Checked by `services.master`."""

Name = Annotated[str, _words(60)]

Description = Annotated[str, _words(120)]

Remark = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")]
"""Free text."""

Label = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
"""A label as it was scanned."""

Secret = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")]

Key = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
"""A message number or idempotency key."""


def _iso(value: Any) -> Any:
    """Refuse a day written in any other way than ``2026-11-30``."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        return value
    raise ValueError("expected a day such as 2026-11-30")


def _text(value: Any) -> Any:
    """Refuse a time that is no text, such as seconds since 1970."""
    if isinstance(value, str) and value[:4].isdigit() and value[4:5] == "-":
        return value
    raise ValueError("expected a time such as 2026-11-30T08:00:00Z")


def _utc(value: datetime) -> datetime:
    """Carry a moment into UTC; the first and the last hours of the calendar cannot be."""
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("expected a time within the calendar") from error


Day = Annotated[date, BeforeValidator(_iso)]
"""A calendar day."""

Moment = Annotated[AwareDatetime, AfterValidator(_utc), BeforeValidator(_text)]
"""A point in time, with its time zone."""


def _number(taken: str, documented: str) -> tuple[BeforeValidator, WithJsonSchema]:
    """Take a decimal number as text, so that nothing rounds it.

    More is taken than documented: what makes no sense to the business is refused by it, in its own words.
    """
    pattern = re.compile(taken, re.ASCII)

    def check(value: Any) -> Any:
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        raise ValueError('expected a number as text, such as "3" or "0.5"')

    return BeforeValidator(check), WithJsonSchema({"type": "string", "pattern": f"^{documented}$"}, mode="validation")


_QUANTITY, _PRICE, _RATE = r"-?[0-9]{1,15}([.][0-9]{1,8})?", r"-?[0-9]{1,7}([.][0-9]{1,8})?", r"-?[0-9]{1,2}([.][0-9]{1,8})?"
_FACTOR = r"-?[0-9]{1,6}([.][0-9]{1,3})?"
_MORE_THAN_NOTHING = r"([1-9][0-9]{0,5}([.][0-9]{1,3})?|0[.]([1-9][0-9]{0,2}|0[1-9][0-9]?|00[1-9]))"

Quantity = Annotated[Decimal, *_number(_QUANTITY, _MORE_THAN_NOTHING)]
"""A quantity."""

Found = Annotated[Decimal, *_number(_QUANTITY, r"[0-9]{1,6}([.][0-9]{1,3})?")]
"""A counted quantity, which may be nothing."""

Price = Annotated[Decimal, *_number(_PRICE, r"[0-9]{1,7}([.][0-9]{1,8})?")]

Factor = Annotated[Decimal, *_number(_FACTOR, _MORE_THAN_NOTHING)]
"""How many stock units a pack holds."""

Rate = Annotated[Decimal, *_number(_RATE, r"0([.][0-9]{1,8})?")]


def _whole(value: Any) -> Any:
    """Refuse texts, and true and false, which would be taken for numbers."""
    if isinstance(value, bool | str):
        raise ValueError("expected a whole number")
    return value


Days = Annotated[int, Field(le=36_500, json_schema_extra={"minimum": 0}), BeforeValidator(_whole)]
