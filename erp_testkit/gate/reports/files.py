"""The files a verdict leaves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.domain.said import LANGUAGES
from erp_testkit.evidence.seal import GATE, add_up
from erp_testkit.gate.reports.junit import as_junit
from erp_testkit.gate.reports.sarif import as_sarif
from erp_testkit.gate.reports.summary import as_markdown
from erp_testkit.gate.reports.verdict_json import as_data
from erp_testkit.gate.verdict.verdict import VERDICT, Verdict

FOLDER = GATE
"""Below a run's folder, where its verdict is kept; what lies there is outside the run's seal."""
JUNIT, SARIF = "junit.xml", "contracts.sarif"
SHEET = "sheet-{language}.{format}"
"""The approval sheet, which ``erp-testkit sheet`` draws up of a verdict."""


def summary_in(language: str) -> str:
    """Return the name of the verdict as Markdown in a language."""
    return "summary.md" if language == "en" else f"summary.{language}.md"


def write(verdict: Verdict, folder: Path) -> None:
    """Write a verdict as JSON, JUnit, SARIF and, in both languages, Markdown.

    Raises:
        EnvironmentFailure: it cannot be written.
    """
    texts = {
        VERDICT: _json(as_data(verdict)),
        JUNIT: as_junit(verdict),
        **{summary_in(language): as_markdown(verdict, language).encode() for language in LANGUAGES},
        SARIF: _json(as_sarif(verdict)),
    }
    name = VERDICT
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_bytes(text)
        for sheet in folder.glob(SHEET.format(language="*", format="*")):
            sheet.unlink()  # it is of the verdict before
        add_up(folder)
    except OSError as error:
        raise EnvironmentFailure(
            f"Failed to write {name} of the verdict: expected room and rights in {folder}, got {error.strerror}. "
            "Next: make room there, or name another folder with --output"
        ) from error


def add_file(file: Path, content: bytes, *, within: Path) -> None:
    """Write a file made of evidence; one in the folder of a verdict is added up there.

    Args:
        file: where to.
        content: what.
        within: the folder of the run's verdict.

    Raises:
        EnvironmentFailure: it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        if file.resolve().is_relative_to(within.resolve()):
            add_up(within)
    except OSError as error:
        raise EnvironmentFailure(
            f"Failed to write {file}: expected room and rights, got {error.strerror}. Next: name another file with --output"
        ) from error


def _json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"
