"""Tables and paragraphs of plain text that stay straight with Chinese text in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

GAP = "  "


def width(text: str) -> int:
    """Return how many terminal columns a text takes: Chinese characters and punctuation take two."""
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def as_table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()) -> list[str]:
    """Return the lines of a table: its heads, then its rows.

    Args:
        heads: what stands above each column.
        rows: cells as text.
        right: indexes of the columns set flush right.
    """
    lines = [list(heads), *map(list, rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(heads))]
    flush = set(right)
    return [GAP.join(_cell(text, widths[column], column in flush) for column, text in enumerate(line)).rstrip() for line in lines]


def _cell(text: str, columns: int, right: bool) -> str:
    padding = " " * (columns - width(text))
    return padding + text if right else text + padding


def wrapped(text: str, columns: int, *, first: str = "", rest: str = "") -> list[str]:
    """Return the lines of a paragraph: broken at spaces, and between Chinese characters but not before their punctuation.

    Args:
        text: on one line.
        columns: how wide a line may be; a longer word stays whole.
        first: what the first line begins with.
        rest: what the others begin with.
    """
    lines, line = [], first
    for piece in _PIECE.findall(text):
        if line.strip() and width(line + piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = rest
        line += piece
    return [*lines, line.rstrip()]


_PIECE = re.compile(r"[\u3400-\u9fff（“][，。；：、）”？]*|[^\s\u3400-\u9fff（“]+[，。；：、）”？]*\s*|\s+")
