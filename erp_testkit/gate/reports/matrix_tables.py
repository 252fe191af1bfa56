"""The matrix as a table for spreadsheets: CSV (RFC 4180) and XLSX.

A row for each requirement and each piece of its evidence. Whatever the content, it is written as text: a title that begins like a formula
(``=``, ``+``, ``-``, ``@``) stays a title.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from erp_testkit import extras
from erp_testkit.domain.results import Outcome
from erp_testkit.gate.reports.matrix_words import detail, fault, word
from erp_testkit.gate.requirements.matrix import Matrix
from erp_testkit.gate.verdict.reading import RunFacts

_COLUMNS = (
    ("requirement", 20),
    ("text", 60),
    ("risk", 9),
    ("source", 30),
    ("status", 14),
    ("kind", 10),
    ("evidence", 36),
    ("name", 60),
    ("result", 12),
    *((str(outcome), 11) for outcome in Outcome),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 32_767
"""How many characters a cell of a spreadsheet holds."""

Cell = str | int


def as_csv(matrix: Matrix, language: str) -> bytes:
    """Return the matrix as CSV in UTF-8; an apostrophe keeps spreadsheets from taking text for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([word(key, language) for key, _ in _COLUMNS])
    for row in _rows(matrix, language):
        writer.writerow([f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in row])
    return text.getvalue().encode()


def as_xlsx(matrix: Matrix, runs: Sequence[RunFacts], language: str) -> bytes:
    """Return the matrix, what is wrong, and the runs as three sheets of a workbook.

    Args:
        matrix: the matrix.
        runs: what it was made of, at least one; the latest end of them is the workbook's date, so that the same runs give the same bytes.
        language: of the words.
    """
    extras.require("report", "write the matrix as a workbook")
    import xlsxwriter  # only where a workbook is wanted

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"constant_memory": True})
    made = max(run.ended for run in runs).replace(tzinfo=None)
    book.set_properties({"title": word("title", language), "created": made})
    head = book.add_format({"bold": True, "bg_color": "#E5E9F0", "border": 1, "valign": "top"})
    cell = book.add_format({"valign": "top", "text_wrap": True})
    gaps = [(fault(gap, language), gap.about, detail(gap, language), gap.fingerprint) for gap in matrix.gaps]
    facts = [
        (run.name, str(run.facts["erp"] or run.facts["adapter"]), str(run.facts["environment"]), f"{run.ended:%Y-%m-%d %H:%M}", run.digest)
        for run in runs
    ]
    sheets: Sequence[tuple[str, Sequence[tuple[str, int]], Sequence[Sequence[Cell]]]] = (
        ("requirements", _COLUMNS, list(_rows(matrix, language))),
        ("gaps", (("fault", 28), ("about", 34), ("detail", 90), ("fingerprint", 16)), gaps),
        ("runs", (("run", 26), ("erp", 24), ("environment", 14), ("ended", 20), ("seal", 68)), facts),
    )
    for name, columns, rows in sheets:
        sheet = book.add_worksheet(word(name, language))
        for number, (key, width) in enumerate(columns):
            sheet.set_column(number, number, width)
            sheet.write_string(0, number, word(key, language), head)
        for line, row in enumerate(rows, 1):
            for number, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(line, number, value, cell)
                else:
                    sheet.write_string(line, number, value[:_LONGEST], cell)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    book.close()
    return target.getvalue()


def _rows(matrix: Matrix, language: str) -> Iterator[Sequence[Cell]]:
    for row in matrix.rows:
        about = row.requirement
        told = (about.id, about.text(language), word(about.risk, language), about.source, word(row.status, language))
        for source in row.evidence:
            counts = [source.counts[outcome] for outcome in Outcome]
            yield (*told, word(source.kind, language), source.id, source.title(language), word(source.outcome, language), *counts)
        if not row.evidence:
            yield (*told, "", "", about.not_applicable, "", *(0 for _ in Outcome))
