"""The approval sheet as one HTML file: it opens offline, runs no script, and prints on A4."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape as escaped
from pathlib import Path

from erp_testkit.gate.reports.sheet.page import Block, Cell, Facts, Page, Section, Table, visible

_STYLE = Path(__file__).with_name("sheet.css")


def as_html(page: Page) -> str:
    """Return the sheet as HTML; all texts of the page are escaped."""
    rows = "".join(f'<div class="row">{"".join(_column(column) for column in row)}</div>\n' for row in page.rows)
    return (
        f'<!doctype html>\n<html lang="{page.language}">\n<head>\n<meta charset="utf-8">\n'
        # Nothing on this page runs, and nothing is fetched, whatever the evidence says.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{_escape(page.title)} – {_escape(page.subtitle)}</title>\n"
        f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n"
        f"<header><div><h1>{_escape(page.title)}</h1><p>{_escape(page.subtitle)}</p></div>"
        f'<strong class="verdict {page.verdict.tone}">{_escape(page.verdict.text)}</strong></header>\n'
        f"{_facts(page.facts)}\n{rows}</body>\n</html>\n"
    )


def _column(sections: Iterable[Section]) -> str:
    return f"<div>{''.join(_section(section) for section in sections)}</div>"


def _section(section: Section) -> str:
    return f"<section><h2>{_escape(section.heading)}</h2>{''.join(_block(block) for block in section.blocks)}</section>"


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _table(block)
    return _facts(block) if isinstance(block, Facts) else f"<p{_class(block)}>{_text(block)}</p>"


def _table(table: Table) -> str:
    kinds = ["wide" if place in table.wide else "right" if place in table.right else "" for place in range(len(table.heads))]
    shares = {place: f' style="width:{share / sum(table.wide.values()):.0%}"' for place, share in table.wide.items()}
    heads = "".join(
        f'<th scope="col"{_named(kind)}{shares.get(place, "")}>{_escape(head)}</th>'
        for place, (kind, head) in enumerate(zip(kinds, table.heads, strict=True))
    )
    rows = [
        "".join(f"<td{_named(kind, cell.tone)}>{_text(cell)}</td>" for kind, cell in zip(kinds, row, strict=True)) for row in table.rows
    ]
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    total = ' class="total"' if table.last_is_total else ""
    return f"<table{total}><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _facts(facts: Facts) -> str:
    pairs = "".join(f"<div><dt>{_escape(name)}</dt><dd{_class(cell)}>{_text(cell)}</dd></div>" for name, cell in facts.pairs)
    return f'<dl class="columns-{facts.columns}">{pairs}</dl>'


def _text(cell: Cell) -> str:
    return f"<code>{_escape(cell.text)}</code>" if cell.code else _escape(cell.text)


def _class(cell: Cell) -> str:
    return _named(cell.tone)


def _named(*names: str) -> str:
    joined = " ".join(name for name in names if name)
    return f' class="{joined}"' if joined else ""


def _escape(text: str) -> str:
    return escaped(visible(text))
