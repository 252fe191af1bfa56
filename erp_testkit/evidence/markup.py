"""HTML made of elements: whatever is not made here is text, and is escaped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html import escape


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, *children: object, **attributes: str | None) -> Markup:
    """Return an element.

    Args:
        name: such as ``td``.
        children: elements, and everything else as text; lists of these; None is left out.
        attributes: ``class_`` for ``class``, ``data_risk`` for ``data-risk``; None is left out.
    """
    return Markup(f"<{name}{_attributes(attributes)}>{_inside(children)}</{name}>")


def void(name: str, **attributes: str | None) -> Markup:
    """Return an element that has no end, such as ``input``."""
    return Markup(f"<{name}{_attributes(attributes)}>")


def table(heads: Iterable[object], rows: Iterable[Iterable[object]], **attributes: str | None) -> Markup:
    """Return a table; a cell that is made by `element` as ``td`` stays as it is."""
    head = element("thead", element("tr", *(element("th", one, scope="col") for one in heads)))
    body = element("tbody", *(element("tr", *(one if _is_cell(one) else element("td", one) for one in row)) for row in rows))
    return element("table", head, body, **attributes)


def page(title: str, language: str, style: str, *body: object, script: str = "") -> str:
    """Return a whole page that opens offline: nothing is fetched, and nothing runs but `script`, whatever the evidence says."""
    runs = f"; script-src 'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" if script else ""
    policy = f"default-src 'none'; style-src 'unsafe-inline'{runs}"
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>{_inside(body)}"
        f"{f'<script>{script}</script>' if script else ''}</body>\n</html>\n"
    )


def _attributes(attributes: Mapping[str, str | None]) -> str:
    return "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items() if value is not None)


def _is_cell(one: object) -> bool:
    return isinstance(one, Markup) and one.startswith(("<td", "<th"))


def _inside(children: Iterable[object]) -> str:
    text = ""
    for child in children:
        if isinstance(child, Markup):
            text += child
        elif isinstance(child, list | tuple):
            text += _inside(child)
        elif child is not None:
            text += escape(str(child))
    return text
