"""A ledger before and after a scenario as one page to read: what is new, what is gone, what stayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from erp_testkit.domain.ledger import TABLES, Ledger, Row
from erp_testkit.evidence.markup import Markup, element, page

_STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
_NOT_SHOWN = ("run",)


def ledger_page(before: Ledger | None, after: Ledger) -> str:
    """Write the page.

    Args:
        before: the ledger when the story began; None where it was not read, and then nothing is marked as new.
        after: the ledger when it had ended.
    """
    tables = [_table(name, before, after) for name in TABLES if name not in _NOT_SHOWN and name in after.tables]
    # What changed comes first: a report shows the page in a small window.
    shown = [made for changed in (True, False) for has_changed, made in tables if made is not None and has_changed is changed]
    lacking = ", ".join(after.missing(TABLES))
    legend = element("p", element("span", "+ new 新增", class_="new"), " ", element("span", "− gone 消失", class_="gone"))
    return page(
        "Ledger",
        "en",
        _STYLE,
        legend if before else None,
        shown or element("p", "No rows. 没有记录。"),
        element("p", f"This ERP cannot answer for: {lacking}.") if lacking else None,
    )


def _table(name: str, before: Ledger | None, after: Ledger) -> tuple[bool, Markup | None]:
    columns = [column.name for column in TABLES[name].columns]
    now = _texts(after.tables[name], columns)
    then = now if before is None else _texts(before.tables.get(name, ()), columns)
    if not now and not then:
        return False, None
    old, new = Counter(then) - Counter(now), Counter(now) - Counter(then)
    changed = bool(old or new)
    lines = []
    for row in now:
        is_new = new[row] > 0
        new[row] -= is_new
        lines.append(_line(row, "new", "+") if is_new else _line(row, None, ""))
    lines += [_line(row, "gone", "−") for row in old.elements()]
    heads = element("tr", element("th", class_="sign"), *(element("th", column) for column in columns))
    return changed, element("table", element("caption", name, " ", element("small", TABLES[name].means)), heads, *lines)


def _line(row: Iterable[str], mark: str | None, sign: str) -> Markup:
    return element("tr", element("td", sign, class_="sign"), *(element("td", cell) for cell in row), class_=mark)


def _texts(rows: Sequence[Row], columns: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple("" if row[column] is None else str(row[column]) for column in columns) for row in rows]
