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
_UNSEEN = r"\x00-\x20\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ue000-\uf8ff\ufe00-\ufe0f\ufeff\ufff0-\uffff"
_VISIBLE = f"[^{_UNSEEN}]"
_WORDS = rf"^{_VISIBLE}+( +{_VISIBLE}+)*$"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

SLASH = "\ue000"
"""Stands for a slash within one part of a path, see `api.guard`."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=_WORDS)]
"""Code or number of anything: item, party, document, lot, serial number."""

Reference = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_WORDS)]
"""A customer's own order number."""

Unit = Annotated[str, StringConstraints(min_length=1, max_length=10, pattern=_WORDS)]

PathCode = Annotated[Code, BeforeValidator(lambda text: text.replace(SLASH, "/"))]
"""A code or number in a path."""

Gtin = Annotated[str, Field(max_length=100), WithJsonSchema({"type": "string", "format": "gtin", "pattern": "^[0-9]{14}$"})]
"""Checked by `services.master`."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=_WORDS)]

Description = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=_WORDS)]

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

_NUMBER = r"^[0-9]{1,10}([.][0-9]{1,8})?$"


def _documented(**bounds: float) -> WithJsonSchema:
    number = {"type": "number", **bounds}
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": _NUMBER}]}, mode="validation")


Quantity = Annotated[Decimal, Field(max_digits=18, decimal_places=8), _documented(exclusiveMinimum=0, exclusiveMaximum=1_000_000)]
"""A quantity. Whether there can be so many is the business of `services.units`."""

Found = Annotated[Decimal, Field(max_digits=18, decimal_places=8), _documented(minimum=0, exclusiveMaximum=1_000_000)]
"""A counted quantity, which may be nothing."""

Price = Annotated[Decimal, Field(lt=10_000_000, max_digits=18, decimal_places=8), _documented(minimum=0, exclusiveMaximum=10_000_000)]

Factor = Annotated[Decimal, Field(lt=1_000_000, max_digits=9, decimal_places=3), _documented(minimum=0.001, exclusiveMaximum=1_000_000)]
"""How many stock units a pack holds."""

Rate = Annotated[Decimal, Field(max_digits=9, decimal_places=8), _documented(minimum=0, exclusiveMaximum=1)]

Days = Annotated[int, Field(le=36_500, json_schema_extra={"minimum": 0})]
