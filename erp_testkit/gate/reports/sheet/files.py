"""The files of an approval sheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.evidence.seal import GATE, add_up
from erp_testkit.gate.reports.files import FOLDER, SHEET
from erp_testkit.gate.reports.sheet.content import Sheet
from erp_testkit.gate.reports.sheet.html import as_html
from erp_testkit.gate.reports.sheet.page import page_of
from erp_testkit.gate.reports.sheet.pdf import as_pdf


def write(sheet: Sheet, languages: Sequence[str], formats: Sequence[str]) -> Sequence[Path]:
    """Write sheets beside the verdict and add up that folder again; all of them or none.

    Raises:
        EnvironmentFailure: one cannot be drawn up or written.
        UsageError: a file of the folder was changed, which adding up would hide.
    """
    folder = sheet.run.path / FOLDER
    changed = [problem for problem in sheet.run.problems if problem.startswith(f"{GATE}/")]
    if changed:
        raise UsageError(f"Failed to write the sheet into {folder}: expected its files as the gate left them, got {'; '.join(changed)}")
    drawn = {folder / SHEET.format(language=one, format=form): as_bytes(sheet, one, form) for one in languages for form in formats}
    for file, content in drawn.items():
        write_one(file, content)
    add_up(folder)
    return list(drawn)


def write_one(file: Path, content: bytes) -> None:
    """Write a sheet to a file.

    Raises:
        EnvironmentFailure: it cannot be written.
    """
    try:
        file.write_bytes(content)
    except OSError as error:
        raise EnvironmentFailure(
            f"Failed to write {file}: expected room and rights there, got {error.strerror}. Next: make room, or name another --output"
        ) from error


def as_bytes(sheet: Sheet, language: str, form: str) -> bytes:
    """Return the sheet in one language and format."""
    page = page_of(sheet, language)
    return as_pdf(page) if form == "pdf" else as_html(page).encode()
