"""What became of a value: whether it arrived as it should, and if not, what was done to it."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from difflib import SequenceMatcher
from urllib.parse import quote

from erp_testkit.contracts.mapping.formats import Value
from erp_testkit.contracts.mapping.model import DATES, DAY, FIGURES, Fact, Field, Transform, Type, date_from, plain

Damage = tuple[str, str]
"""Id of the breach, and in words what happened."""

_PATTERNS = (
    "YYYYMMDD",
    "YYMMDD",
    "DD.MM.YYYY",
    "DD/MM/YYYY",
    "MM/DD/YYYY",
    "YYYY-DD-MM",
    "YYYYDDMM",
    "DD-MM-YYYY",
    "MM-DD-YYYY",
    "DDMMYYYY",
    "MMDDYYYY",
)
_ENCODINGS = ("utf-8", "gb18030", "cp1252", "latin-1", "ascii")
_LIKE = 0.6
# Decimal itself also takes digits of other scripts, underscores, and spaces around.
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([Ee][+-]?[0-9]{1,4})?")
_ALMOST = Decimal("1e-9")


def shown(got: Value) -> str | None:
    """Return a value that arrived as text; None for one that did not."""
    if got is None or got == "":
        return None
    if isinstance(got, Decimal):
        return plain(got)
    return str(got).lower() if isinstance(got, bool) else str(got)


def arrived(field: Field, fact: Fact, got: Value) -> bool:
    """Say whether a source's value stands at its target as the contract says."""
    expected, text = field.written(fact), shown(got)
    if expected is None or text is None:
        return expected is text
    if field.type in FIGURES:
        exact, figure = field.transform.decimals is not None and isinstance(got, str), number(text)
        return text == expected if exact or figure is None else figure == number(expected)
    if isinstance(got, int | Decimal):
        return False
    if isinstance(fact, datetime) and field.transform.date is None:
        found = _moment(text)
        return found is not None and found.tzinfo is not None and abs(found - fact) < timedelta(seconds=1)
    return text == expected


def plainly(field: Field) -> Field:
    """Return a field as it stands at a side without format: no pattern, no codes, no padding."""
    return field.model_copy(update={"transform": Transform(constant=field.transform.constant), "codes": None})


def number(text: str) -> Decimal | None:
    """Read a figure; None where the text is none."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def damage_of(field: Field, fact: Fact, got: Value) -> Damage | None:
    """Say what was done to a value on its way; None where what arrived has nothing to do with it."""
    expected, text = field.written(fact), shown(got)
    if expected is None or text is None:
        return None
    checks = (_as_figure, _as_date, _case, _cut, _encoded)
    return next((found for check in checks if (found := check(field, fact, expected, text))), None)


def resembles(expected: str, text: str) -> bool:
    """Say whether a text is more like another one than by chance."""
    return SequenceMatcher(None, expected, text).ratio() >= _LIKE


def _as_figure(field: Field, _fact: Fact, expected: str, text: str) -> Damage | None:
    wanted, found = number(expected), number(text)
    if wanted is None or found is None or field.type in DATES:
        return None
    if wanted == found:
        if "e" in text.lower() and "e" not in expected.lower():
            return "field-retyped", "written in scientific notation"
        if expected.startswith("0") and not text.startswith("0"):
            return "field-retyped", "the leading zeros are lost"
        return "field-retyped", "taken for a number"
    if field.type is Type.TEXT and wanted and abs(found - wanted) < abs(wanted) * _ALMOST:
        return "field-retyped", "taken for a number, and rounded"
    return None


def _as_date(field: Field, fact: Fact, expected: str, text: str) -> Damage | None:
    if isinstance(fact, datetime):
        return _as_moment(fact, text)
    if not isinstance(fact, date):
        return None
    what = next((f"the date is written as {pattern}" for pattern in _PATTERNS if _is_day(text, pattern, fact)), None)
    found = date_from(text, field.transform.date or DAY)
    if found is not None:
        days = (found.date() - fact).days
        if (found.year, found.month, found.day) == (fact.year, fact.day, fact.month):
            what = "day and month are exchanged"
        elif abs(days) == 1:
            what = f"one day too {'late' if days > 0 else 'early'}, as when a time zone is applied to a date"
    elif text.startswith(expected):
        what = "the date became a point in time"
    return None if what is None else ("field-retyped", what)


def _is_day(text: str, pattern: str, day: date) -> bool:
    found = date_from(text, pattern)
    return found is not None and found.date() == day


def _as_moment(fact: datetime, text: str) -> Damage | None:
    found = _moment(text)
    if found is None:
        return None
    if len(text) <= len(DAY):
        # Without a time there is nothing a zone could be missing from.
        return ("field-retyped", "the time of day is lost") if abs(found.date() - fact.date()) <= timedelta(days=1) else None
    if found.tzinfo is None:
        return "field-retyped", "the time zone is lost"
    minutes = round((found - fact).total_seconds() / 60)
    if abs(minutes) <= 14 * 60 and minutes % 15 == 0:
        return "field-retyped", f"moved by {minutes / 60:+g} hours, as by a wrong time zone"
    if found.date() == fact.astimezone(UTC).date() and (found.hour, found.minute, found.second) == (0, 0, 0):
        return "field-retyped", "the time of day is lost"
    return None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _case(_field: Field, _fact: Fact, expected: str, text: str) -> Damage | None:
    return ("field-case-changed", "upper and lower case differ") if text.casefold() == expected.casefold() else None


def _cut(_field: Field, _fact: Fact, expected: str, text: str) -> Damage | None:
    # A character of several bytes may be cut in its middle.
    rest = text.rstrip("\ufffd")
    if len(rest) < len(expected) and rest:
        if expected.startswith(rest):
            return "field-truncated", f"the last {len(expected) - len(rest)} of {len(expected)} characters are cut off"
        if expected.endswith(rest):
            return "field-truncated", f"the first {len(expected) - len(rest)} of {len(expected)} characters are cut off"
    return None


def _encoded(_field: Field, _fact: Fact, expected: str, text: str) -> Damage | None:
    poor = next((name for name in ("latin-1", "cp1252", "gb2312") if expected.encode(name, "replace").decode(name) == text), None)
    if poor is not None:
        return "field-garbled", f"characters that {poor} does not have are replaced"
    for written in _ENCODINGS:
        for read in _ENCODINGS:
            if written != read and expected.encode(written, "replace").decode(read, "replace") == text:
                return "field-garbled", f"written as {written} and read as {read}"
    if text in (html.escape(expected), html.unescape(expected), json.dumps(expected)[1:-1], quote(expected)):
        return "field-garbled", "escaped once too often or too seldom"
    if unicodedata.normalize("NFKC", text) == unicodedata.normalize("NFKC", expected):
        return "field-garbled", "the characters are other ones that look alike"
    bare = re.sub(r"\W", "", expected)
    if bare and re.sub(r"\W", "", text) == bare:
        return "field-garbled", "separators or spaces differ"
    return None
