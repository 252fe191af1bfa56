"""Data tables under a step, with English or Chinese headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from erp_testkit.domain.errors import UsageError, closest

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "item": ("item", "商品"),
    "quantity": ("quantity", "数量"),
    "unit": ("unit", "单位"),
    "price": ("price", "单价"),
    "lot": ("lot", "批号"),
    "serial": ("serial number", "序列号"),
    "expiry": ("expires", "有效期至"),
    "customer": ("customer", "客户"),
    "shipment": ("shipment", "发货单"),
    "role": ("by", "操作人"),
    "from": ("from", "从"),
    "to": ("to", "到"),
    "party": ("party", "往来单位"),
}
"""What a column is called in either language."""

_MEANING = {heading: key for key, headings in HEADINGS.items() for heading in headings}

Datatable = Sequence[Sequence[str]]


def rows(datatable: Datatable) -> list[dict[str, str]]:
    """Return the rows below the heading, each by what its columns mean; empty cells are left out.

    Raises:
        UsageError: a heading is unknown.
    """
    headings = [heading.strip() for heading in datatable[0]]
    for heading in headings:
        if heading not in _MEANING:
            raise UsageError(f"Failed to read data table: expected a known heading, got '{heading}'. {closest(heading, _MEANING)}")
    keys = [_MEANING[heading] for heading in headings]
    return [{key: cell.strip() for key, cell in zip(keys, row, strict=True) if cell.strip()} for row in datatable[1:]]
