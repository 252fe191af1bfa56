"""A ledger before and after a scenario as one page to read: what is new, what is gone, what stayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from erp_testkit.domain.ledger import TABLES, Ledger, Row

_STYLE = (
    "body{font:13px system-ui,'Noto Sans CJK SC',sans-serif;margin:12px;color:#222;background:#fff}"
    "table{border-collapse:collapse;margin:0 0 16px}caption{text-align:left;font-weight:600;padding:4px 0}"
    "caption small{font-weight:400;color:#666}th,td{border:1px solid #ddd;padding:2px 8px;text-align:left;white-space:nowrap}"
    "th{background:#f3f4f6}.new{background:#e6f6e6}.gone{background:#fde8e8;text-decoration:line-through}"
    ".sign{border:0;color:#666;width:1em;text-align:center;background:#fff;text-decoration:none}"
)
_NOT_SHOWN = ("run",)


def ledger_page(before: Ledger | None, after: Ledger) -> str:
    """Write the page.

    Args:
        before: the ledger when the story began; None where it was not read, and then nothing is marked as new.
        after: the ledger when it had ended.
    """
    tables = [_table(name, before, after) for name in TABLES if name not in _NOT_SHOWN and name in after.tables]
    # What changed comes first: a report shows the page in a small window.
    body = "".join(text for changed in (True, False) for has_changed, text in tables if has_changed is changed)
    body = body or "<p>No rows. 没有记录。</p>"
    lacking = ", ".join(after.missing(TABLES))
    note = f"<p>This ERP cannot answer for: {escape(lacking)}.</p>" if lacking else ""
    legend = '<p><span class="new">+ new 新增</span> <span class="gone">− gone 消失</span></p>' if before else ""
    return f'<!doctype html><meta charset="utf-8"><title>Ledger</title><style>{_STYLE}</style>{legend}{body}{note}'


def _table(name: str, before: Ledger | None, after: Ledger) -> tuple[bool, str]:
    columns = [column.name for column in TABLES[name].columns]
    now = _texts(after.tables[name], columns)
    then = now if before is None else _texts(before.tables.get(name, ()), columns)
    if not now and not then:
        return False, ""
    old, new = Counter(then) - Counter(now), Counter(now) - Counter(then)
    changed = bool(old or new)
    lines = []
    for row in now:
        is_new = new[row] > 0
        new[row] -= is_new
        lines.append(_line(row, "new", "+") if is_new else _line(row, "", ""))
    lines += [_line(row, "gone", "−") for row in old.elements()]
    heads = "".join(f"<th>{column}</th>" for column in columns)
    caption = f"<caption>{name} <small>{escape(TABLES[name].means)}</small></caption>"
    return changed, f'<table>{caption}<tr><th class="sign"></th>{heads}</tr>{"".join(lines)}</table>'


def _line(row: Iterable[str], mark: str, sign: str) -> str:
    return f'<tr class="{mark}"><td class="sign">{sign}</td>{"".join(f"<td>{cell}</td>" for cell in row)}</tr>'


def _texts(rows: Sequence[Row], columns: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple("" if row[column] is None else escape(str(row[column])) for column in columns) for row in rows]
