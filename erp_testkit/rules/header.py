"""The comment lines a rule's file opens with."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import timedelta

from erp_testkit.domain.errors import closest
from erp_testkit.domain.findings import Severity
from erp_testkit.rules.mistakes import Mistake

_REQUIRED = ("id", "title", "title_zh", "severity", "why")
_KNOWN = (*_REQUIRED, "why_zh", "reference", "scope", "lag")
_DURATION = re.compile(r"(\d+) (minute|hour|day)s?")


def read(text: str, scopes: Collection[str]) -> dict[str, str]:
    """Read the comment lines before the query; other comments may stand among them.

    Raises:
        Mistake: a line is wrong, or lacking.
    """
    header: dict[str, str] = {}
    for number, line in _comments(text):
        key, colon, value = line.removeprefix("--").partition(":")
        key, value = key.strip(), value.strip()
        if not colon or not key.isidentifier():
            continue
        if key not in _KNOWN:
            raise Mistake(number, f"expected a known header, got '{key}'. {closest(key, _KNOWN)}")
        if key in header:
            raise Mistake(number, f"expected header '{key}' once, got it again.")
        header[key] = value
        if key == "severity" and value not in set(Severity):
            raise Mistake(number, f"expected a severity, got '{value}'. {closest(value, set(Severity))}")
        if key == "scope" and value not in scopes:
            raise Mistake(number, f"expected a scope, got '{value}'. {closest(value, scopes)}")
        if key == "lag" and not _DURATION.fullmatch(value):
            raise Mistake(number, f"expected a lag such as '15 minutes', '2 hours' or '1 day', got '{value}'.")
    lacking = [key for key in _REQUIRED if not header.get(key)]
    if lacking:
        raise Mistake(1, f"expected header lines such as '-- {lacking[0]}: ...' before the query, got none for {', '.join(lacking)}.")
    return header


def duration(text: str) -> timedelta:
    """Read a lag that `read` has let through."""
    found = _DURATION.fullmatch(text)
    assert found is not None
    return timedelta(**{f"{found[2]}s": int(found[1])})


def line(text: str, key: str) -> int:
    """Return the number of the line in which a header stands."""
    return next(number for number, comment in _comments(text) if comment.removeprefix("--").strip().startswith(f"{key}:"))


def query(text: str) -> str:
    """Return what comes after the header."""
    return "\n".join(text.split("\n")[sum(1 for _ in _comments(text)) :]).strip()


def _comments(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith("--"):
            return
        yield number, line
