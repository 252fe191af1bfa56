"""Bodies with placeholders: ``{shipment.number}``, ``{lines[].lot}``, ``{message}``, ``{now}``.

A JSON body is written as data, any other as text. What mentions ``{lines[].…}`` is repeated for every line of the document: an element of
a list in JSON, a line of a text.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from erp_testkit.contracts.messages.document import is_json
from erp_testkit.contracts.scenes import VALUES
from erp_testkit.domain.text import plain_text

MESSAGE, NOW = "message", "now"
"""Placeholders beside a document's facts: the number of the message, unique, and the time it is written, UTC."""

_PLANNED = VALUES | {"shipment.number", "shipment.order", "lines[].line"}
FACTS: Mapping[str, frozenset[str]] = {
    "planned shipment": _PLANNED,
    "shipped shipment": _PLANNED | {"shipment.shipped_at", "delivery_note.number"},
}
"""Facts that are known after each scene."""

_PLACEHOLDER = re.compile(r"\{([a-z_]+(?:\[\])?(?:\.[a-z_]+)*)\}")
_OF_LINES = "{lines[]."


@dataclass(frozen=True, slots=True)
class Template:
    """A body with placeholders."""

    content: Any
    content_type: str

    def names(self) -> frozenset[str]:
        """Return the names of all placeholders."""
        return frozenset(_PLACEHOLDER.findall(_text(self.content)))

    def render(self, values: Mapping[str, Any]) -> str:
        """Return the body; None becomes ``null`` in JSON and nothing elsewhere.

        Raises:
            KeyError: a placeholder has no value.
        """
        lines = _lines(values)
        first = {**values, **lines[0]} if lines else values
        if is_json(self.content_type):
            return json.dumps(_filled(self.content, first, lines), ensure_ascii=False)
        escaped = _ESCAPES.get(self.content_type.partition(";")[0].strip(), str)
        repeated = (
            _replaced(part, {**values, **line}, escaped)
            for part in re.split(r"(?<=\n)", str(self.content))
            for line in (lines if _OF_LINES in part else [first])
        )
        return "".join(repeated)


def _text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _lines(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the facts of each document line, under ``lines[].…``."""
    found: dict[int, dict[str, Any]] = {}
    for path, value in values.items():
        if path.startswith("lines["):
            place, _, rest = path.removeprefix("lines[").partition("]")
            found.setdefault(int(place), {})[f"lines[]{rest}"] = value
    return [found[place] for place in sorted(found)]


def _filled(content: Any, values: Mapping[str, Any], lines: list[dict[str, Any]]) -> Any:
    if isinstance(content, dict):
        return {key: _filled(value, values, lines) for key, value in content.items()}
    if isinstance(content, list):
        return [
            _filled(entry, {**values, **line}, lines) for entry in content for line in (lines if _OF_LINES in _text(entry) else [values])
        ]
    if not isinstance(content, str):
        return content
    whole = _PLACEHOLDER.fullmatch(content)
    if whole:
        value = values[whole[1]]
        return value if value is None or isinstance(value, int) else plain_text(value)
    return _replaced(content, values, str)


def _replaced(text: str, values: Mapping[str, Any], escaped: Callable[[str], str]) -> str:
    return _PLACEHOLDER.sub(lambda found: escaped(plain_text(values[found[1]])), text)


def _csv_cell(text: str) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow([text])
    return written.getvalue() if text else ""


_ESCAPES: Mapping[str, Callable[[str], str]] = {"text/csv": _csv_cell, "application/xml": escape, "text/xml": escape}
