"""A report to read, made of Allure results: HTML files that open anywhere, can be attached to a mail, and call nobody.

``index.html`` has every scenario, with its history over earlier runs; ``dashboard.html`` has the figures and trends. The history of a
project's runs is kept in ``.erp-testkit/report-history.jsonl``; the gate does not look at it.

The Allure CLI makes the pages; it needs node 20 or newer and npm, and is installed into ``.erp-testkit/report`` at the version that
``package-lock.json`` beside this module pins.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from erp_testkit.domain.errors import EnvironmentFailure

_PINS = Path(__file__).parent
_HISTORY = "report-history.jsonl"
_PAGES = {"awesome": "index.html", "dashboard": "dashboard.html"}
# The CLI writes these into every report, whatever it is told.
_ANALYTICS = re.compile(
    r"<script[^>]*googletagmanager[^>]*>\s*</script>|<script>(?:(?!</script>).)*?gtag\((?:(?!</script>).)*?</script>", re.DOTALL
)

Entry = dict[str, Any]


def install(state: Path) -> Path:
    """Install the Allure CLI into a state folder, unless it is there at the pinned version, and return where it is.

    Raises:
        EnvironmentFailure: there is no node or npm, or it cannot be installed.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise EnvironmentFailure("Failed to build a report: expected node 20 or newer and npm, got none. Next: apt-get install nodejs npm")
    home, lock = state / "report", _PINS / "package-lock.json"
    cli, installed = home / "node_modules" / "allure" / "cli.js", home / lock.name
    if not cli.exists() or not installed.exists() or installed.read_bytes() != lock.read_bytes():
        home.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", lock.name):
            shutil.copy(_PINS / name, home)
        _run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=home)
    return cli


def build(cli: Path, results: Path, output: Path | None = None) -> Path:
    """Build the report and return its first page.

    Args:
        cli: the Allure CLI.
        results: folder of Allure results.
        output: where the report goes; a folder outside the run, whose seal counts every file.

    Raises:
        EnvironmentFailure: there are no results, or they cannot be made a report of.
    """
    if not list(results.glob("*-result.json")):
        raise EnvironmentFailure(f"Failed to build a report of {results}: expected Allure results, got none. Next: erp-testkit run")
    run, state = results.parent, results.parent.parent.parent
    is_run = (run / "manifest.json").exists()
    output = output or (state / "reports" / run.name if is_run else run / "allure-report")
    shutil.rmtree(output, ignore_errors=True)
    known = _history(state / _HISTORY)
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / _HISTORY
        # Allure appends one line a call. A report that is built again must not count its run twice, nor runs that came later.
        before.write_text("".join(map(_line, (entry for entry in known if entry["name"] < run.name))), encoding="utf-8")
        environ = {"REPORT_RESULTS": str(results), "REPORT_OUTPUT": str(output), "REPORT_HISTORY": str(before), "ALLURE_NO_ANALYTICS": "1"}
        _run(["node", str(cli), "generate", "--config", str(_PINS / "allurerc.mjs"), str(results)], cwd=cli.parent, environ=environ)
        for plugin, page in _PAGES.items():
            shutil.move(output / plugin / "index.html", output / page)
            shutil.rmtree(output / plugin)
            _strip(output / page)
        if is_run:
            _keep(state / _HISTORY, known, {**_history(before)[-1], "name": run.name})
    return output / "index.html"


def _strip(page: Path) -> None:
    """Take the analytics out of a page."""
    text = _ANALYTICS.sub("", page.read_text(encoding="utf-8"))
    if "googletagmanager" in text:
        raise EnvironmentFailure(
            f"Failed to take the analytics out of {page}: expected none, got a new kind. Next: report it; do not publish the page."
        )
    page.write_text(text, encoding="utf-8")


def _history(file: Path) -> list[Entry]:
    """Return what is known of earlier runs, an entry each."""
    try:
        return [json.loads(entry) for entry in file.read_bytes().splitlines()] if file.exists() else []
    except ValueError as error:
        raise EnvironmentFailure(f"Failed to read {file}: expected lines of JSON, got {error}. Next: remove it.") from error


def _keep(file: Path, known: list[Entry], latest: Entry) -> None:
    """Add a run to the history, in the place of what was known of it."""
    entries = [*(entry for entry in known if entry["name"] != latest["name"]), latest]
    beside = file.with_suffix(".new")
    beside.write_text("".join(map(_line, sorted(entries, key=lambda entry: entry["name"]))), encoding="utf-8")
    beside.replace(file)


def _line(entry: Entry) -> str:
    """Write an entry of the history."""
    return json.dumps(entry, ensure_ascii=False) + "\n"


def _run(command: list[str], *, cwd: Path, environ: Mapping[str, str] | None = None) -> None:
    """Run a tool; show what it said only if it failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env={**os.environ, **(environ or {})})
    if done.returncode:
        raise EnvironmentFailure(
            f"Failed to run {' '.join(command[:3])}: expected success, got exit code {done.returncode}.\n{done.stdout}{done.stderr}"
        )
