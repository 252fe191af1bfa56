"""The approval sheet as PDF/A: set by typst from the page as data, the same bytes for the same page."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import asdict
from pathlib import Path

from erp_testkit import extras
from erp_testkit.gate.reports.sheet.page import Block, Facts, Page, Table, numbered, visible

_HAN = "\u3000-\u303f\u3041-\u3096\u3099-\u30ff\u3400-\u4db5\u4e00-\u9fef\uff01-\uff5e\uffe5"
_LATIN = (
    "\\x20-\x7e\xa0-\u024f\u0386-\u03ce\u0400-\u0477\u1e00-\u1eff\u2010-\u2027\u2030-\u2037\u2039-\u203f\u20ac\u2190-\u21ff\u2260-\u2265"
    "\u25a0-\u25ff\u2713-\u2718"
)
_UNKNOWN = re.compile(f"[^{_LATIN}{_HAN}]")
"""What the fonts are not sure to have; PDF/A lets no letter be left out."""
_TEMPLATE = Path(__file__).with_name("sheet.typ")


def as_pdf(page: Page) -> bytes:
    """Return the sheet as PDF/A.

    Latin letters are set in the fonts that typst brings, Chinese ones in Noto Sans CJK, a package: no font of the machine is used, so the
    bytes do not depend on it. A letter none of them has is written by its number.
    """
    extras.require("report", "draw up the sheet as PDF")
    import manimgx_fonts_cjk  # not for --help, as typst
    import typst  # 10 MB, not for --help

    return typst.compile(
        _TEMPLATE,
        # What comes from outside reaches typst as data only, never as source.
        sys_inputs={"page": json.dumps(_drawable(_data(page)), ensure_ascii=False)},
        font_paths=[Path(manimgx_fonts_cjk.__file__).parent],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="a-2a",  # keeps for decades, and its texts can be read aloud
        timestamp=int(page.at.timestamp()),
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
