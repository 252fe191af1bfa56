"""The approval sheet as PDF/A: set by typst from the page as data, the same bytes for the same page."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import asdict
from pathlib import Path

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.gate.sheet.page import Block, Facts, Page, Table, numbered, visible

CHINESE = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei")
"""Fonts that have Chinese characters; the first that is installed is taken."""
_HAN = "\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff5e\uffe5"
_LATIN = (
    "\\x20-\x7e\xa0-\u024f\u0386-\u03ce\u0400-\u0477\u1e00-\u1eff\u2010-\u2027\u2030-\u2037\u2039-\u203f\u20ac\u2190-\u21ff\u2260-\u2265"
    "\u25a0-\u25ff\u2713-\u2718"
)
_NEEDS_FONT = re.compile(f"[{_HAN}]")
_UNKNOWN = re.compile(f"[^{_LATIN}{_HAN}]")
"""What none of these fonts is sure to have; PDF/A lets no letter be left out."""
_TEMPLATE = Path(__file__).with_name("sheet.typ")


def as_pdf(page: Page) -> bytes:
    """Return the sheet as PDF/A.

    Latin letters are set in the fonts that typst brings, so the bytes do not depend on the machine; Chinese ones in an installed font.
    A letter of no such font is written by its number.

    Raises:
        EnvironmentFailure: there are Chinese characters on the page and no font for them.
    """
    import typst  # noqa: PLC0415  # 10 MB, not for --help

    text = json.dumps(_drawable(_data(page)), ensure_ascii=False)
    chinese = _chinese(page) if _NEEDS_FONT.search(text) else None
    try:
        return typst.compile(
            _TEMPLATE,
            # What comes from outside reaches typst as data only, never as source.
            sys_inputs={"page": text, "font": chinese or ""},
            ignore_system_fonts=chinese is None,
            format="pdf",
            pdf_standards="a-2a",  # keeps for decades, and its texts can be read aloud
            timestamp=int(page.at.timestamp()),
        )
    except typst.TypstError as error:
        raise _failure(page, f"{chinese} to have all its letters", error.message, "install another font of these") from error


def _chinese(page: Page) -> str:
    import typst  # noqa: PLC0415  # as above

    families = set(typst.Fonts().families())
    found = next((font for font in CHINESE if font in families), None)
    if found is None:
        raise _failure(page, "a font with Chinese characters", "none", "apt-get install fonts-noto-cjk")
    return found


def _failure(page: Page, expected: str, got: str, advice: str) -> EnvironmentFailure:
    return EnvironmentFailure(
        f"Failed to set the approval sheet ({page.language}) as PDF: expected {expected}, got {got}. "
        f"Next: {advice} ({', '.join(CHINESE)}), or take the HTML: --format html"
    )


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


def _drawable(data: object) -> object:
    if isinstance(data, str):
        return _UNKNOWN.sub(lambda found: numbered(found[0]), visible(unicodedata.normalize("NFC", data)))
    if isinstance(data, dict):
        return {key: _drawable(value) for key, value in data.items()}
    return [_drawable(value) for value in data] if isinstance(data, list | tuple) else data
