"""The approval sheet as one HTML file: it opens offline, runs no script, and prints on A4."""

from __future__ import annotations

from pathlib import Path

from erp_testkit.evidence.markup import Markup, element, page
from erp_testkit.gate.reports.sheet.page import Block, Cell, Facts, Page, Section, Table, visible

_STYLE = Path(__file__).with_name("sheet.css").read_text(encoding="utf-8")


def as_html(sheet: Page) -> str:
    """Return the sheet as HTML."""
    return page(
        f"{visible(sheet.title)} – {visible(sheet.subtitle)}",
        sheet.language,
        _STYLE,
        element(
            "header",
            element("div", element("h1", visible(sheet.title)), element("p", visible(sheet.subtitle))),
            element("strong", visible(sheet.verdict.text), class_=f"verdict {sheet.verdict.tone}"),
        ),
        _facts(sheet.facts),
        [element("div", *(element("div", *map(_section, column)) for column in row), class_="row") for row in sheet.rows],
    )


def _section(section: Section) -> Markup:
    return element("section", element("h2", visible(section.heading)), *map(_block, section.blocks))


def _block(block: Block) -> Markup:
    if isinstance(block, Table):
        return _table(block)
    return _facts(block) if isinstance(block, Facts) else element("p", _text(block), class_=_names(block.tone))


def _table(table: Table) -> Markup:
    kinds = ["wide" if place in table.wide else "right" if place in table.right else "" for place in range(len(table.heads))]
    shares = {place: f"width:{share / sum(table.wide.values()):.0%}" for place, share in table.wide.items()}
    heads = (
        element("th", visible(head), scope="col", class_=_names(kind), style=shares.get(place))
        for place, (kind, head) in enumerate(zip(kinds, table.heads, strict=True))
    )
    rows = (
        element("tr", *(element("td", _text(cell), class_=_names(kind, cell.tone)) for kind, cell in zip(kinds, row, strict=True)))
        for row in table.rows
    )
    return element(
        "table", element("thead", element("tr", *heads)), element("tbody", *rows), class_="total" if table.last_is_total else None
    )


def _facts(facts: Facts) -> Markup:
    pairs = (
        element("div", element("dt", visible(name)), element("dd", _text(cell), class_=_names(cell.tone))) for name, cell in facts.pairs
    )
    return element("dl", *pairs, class_=f"columns-{facts.columns}")


def _text(cell: Cell) -> str:
    return element("code", visible(cell.text)) if cell.code else visible(cell.text)


def _names(*names: str) -> str | None:
    return " ".join(name for name in names if name) or None
