"""HTML made of elements: whatever is not made here is text, and is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, *children: object, **attributes: str) -> Markup:
    """Return an element.

    Args:
        name: such as ``td``.
        children: elements, and everything else as text; lists of these; None is left out.
        attributes: ``class_`` for ``class``, ``data_risk`` for ``data-risk``.
    """
    told = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{told}>{_inside(children)}</{name}>")


def table(heads: Iterable[object], rows: Iterable[Iterable[object]], **attributes: str) -> Markup:
    """Return a table; a cell that is made by `element` as ``td`` stays as it is."""
    head = element("thead", element("tr", *(element("th", one, scope="col") for one in heads)))
    body = element("tbody", *(element("tr", *(one if _is_cell(one) else element("td", one) for one in row)) for row in rows))
    return element("table", head, body, **attributes)


def page(title: str, language: str, style: str, *body: object) -> str:
    """Return a whole page that needs nothing from outside."""
    return (
        f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head>\n<body>{_inside(body)}</body></html>\n"
    )


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
