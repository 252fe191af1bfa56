"""Matching a line with a wording of `parse` without its regular expression, where there is only one way to cut the line.

Compiling hundreds of expressions is most of what a short run waits for. Most wordings are texts with places between them: where each
text stands once in a line, the places are what is left, and each is looked at alone. In every other case `parse` has the word, so the
answer is always its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from string import Formatter
from typing import Any

_NUMBER = re.compile(r"0|[1-9][0-9]*")


class Unsure(Exception):  # not an error: the expression has to be asked
    """There is more than one way to read the line, or the wording is none of the simple ones."""


class Pattern:
    """A wording made of texts and named places of simple types.

    Args:
        wording: as `parse` takes it.
        types: converters by the name of a type, as `parse` takes them.
        case_sensitive: whether texts and types distinguish upper and lower case.

    Raises:
        Unsure: the wording is none of these.
    """

    def __init__(self, wording: str, types: Mapping[str, Callable[[str], Any]], *, case_sensitive: bool) -> None:
        self._flags = re.DOTALL if case_sensitive else re.DOTALL | re.IGNORECASE
        self._texts = [""]
        self._places: list[tuple[str, re.Pattern[str] | None, Callable[[str], Any]]] = []
        try:
            for text, name, kind, conversion in Formatter().parse(wording):
                self._texts[-1] += text
                if name is not None:
                    self._place(name, kind or "", conversion, types)
        except ValueError as error:
            raise Unsure from error
        if not case_sensitive:
            self._texts = [_lowered(text) for text in self._texts]
        if not all(self._texts[1:-1]):
            raise Unsure
        self._case_sensitive = case_sensitive

    def _place(self, name: str, kind: str, conversion: str | None, types: Mapping[str, Callable[[str], Any]]) -> None:
        taken = any(name == other for other, _, _ in self._places)
        if taken or conversion or not (name.isidentifier() and name.isascii() and name[0].isalpha()):
            raise Unsure
        if kind in types and kind.isidentifier():
            self._places.append((name, _compiled(getattr(types[kind], "pattern", ".+?"), self._flags), types[kind]))
        elif kind == "d":
            self._places.append((name, _NUMBER, int))
        elif not kind:
            self._places.append((name, None, str))
        else:
            raise Unsure
        self._texts.append("")

    def arguments(self, line: str) -> dict[str, Any] | None:
        """Return what `parse` takes from a line; None where it does not match.

        Raises:
            Unsure: only its expression can say.
        """
        text = line if self._case_sensitive else _lowered(line)
        first, *between, last = self._texts if len(self._texts) > 1 else (*self._texts, "")
        if not self._places:
            return {} if text == first else None
        end = len(text) - len(last)
        if not text.startswith(first) or not text.endswith(last) or end < len(first):
            return None
        found: dict[str, Any] = {}
        start = len(first)
        for (name, pattern, convert), after in zip(self._places, (*between, None), strict=True):
            if after is None:
                stop = end
            else:
                stop = text.find(after, start, end)
                if stop < 0:
                    if start == len(first):
                        return None
                    raise Unsure
                if text.find(after, stop + 1, end) >= 0 or text.find(after, len(first), stop + len(after) - 1) >= 0:
                    raise Unsure
            value = line[start:stop]
            if not value or (pattern is not None and not pattern.fullmatch(value)):
                raise Unsure
            try:
                found[name] = convert(value)
            except ValueError:
                return None
            start = stop + len(after or "")
        return found


def _lowered(text: str) -> str:
    """Return a text in lower case, where nobody can differ on what that is: of letters beyond ASCII, only those that have one case."""
    if not text.isascii() and any(letter.lower() != letter or letter.upper() != letter for letter in text if not letter.isascii()):
        raise Unsure
    return text.lower()


@cache
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    return re.compile(pattern, flags)
