"""The approval sheet as PDF/A: set by typst from the page as data, the same bytes for the same page."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.gate.sheet.page import Block, Facts, Page, Table

CHINESE = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei")
"""Fonts that have Chinese characters; the first that is installed is taken."""
_HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
_TEMPLATE = Path(__file__).with_name("sheet.typ")


def as_pdf(page: Page) -> bytes:
    """Return the sheet as PDF/A.

    Latin letters are set in the font that typst brings, so the bytes do not depend on the machine; Chinese ones in an installed font.

    Raises:
        EnvironmentFailure: there are Chinese characters on the page and no font for them.
    """
    import typst  # noqa: PLC0415  # 10 MB, not for --help

    text = json.dumps(_data(page), ensure_ascii=False)
    chinese = _chinese(page) if _HAN.search(text) else None
    return typst.compile(
        _TEMPLATE,
        # What comes from outside reaches typst as data only, never as source.
        sys_inputs={"page": text, "font": chinese or ""},
        ignore_system_fonts=chinese is None,
        format="pdf",
        pdf_standards="a-2a",  # keeps for decades, and its texts can be read aloud
        timestamp=int(page.at.timestamp()),
    )


def _chinese(page: Page) -> str:
    import typst  # noqa: PLC0415  # as above

    families = set(typst.Fonts().families())
    found = next((font for font in CHINESE if font in families), None)
    if found is None:
        raise EnvironmentFailure(
            f"Failed to set the approval sheet ({page.language}) as PDF: expected a font with Chinese characters, one of "
            f"{', '.join(CHINESE)}, got none. Next: apt-get install fonts-noto-cjk, or take the HTML: --format html"
        )
    return found


def _data(page: Page) -> dict[str, object]:
    rows = [
        [[{"heading": section.heading, "blocks": [_block(block) for block in section.blocks]} for section in column] for column in row]
        for row in page.rows
    ]
    return {
        "language": page.language,
        "title": page.title,
        "subtitle": page.subtitle,
        "verdict": asdict(page.verdict),
        "facts": _block(page.facts),
        "rows": rows,
    }


def _block(block: Block) -> dict[str, object]:
    kind = "table" if isinstance(block, Table) else "facts" if isinstance(block, Facts) else "text"
    data = {"kind": kind, **asdict(block)}
    if isinstance(block, Table):
        data |= {"right": list(block.right), "shares": [block.wide.get(place, 0) for place in range(len(block.heads))]}
    return data
