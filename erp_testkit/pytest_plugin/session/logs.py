"""What stand-ins wrote while a test ran, shown with the test where it failed."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from erp_testkit.pytest_plugin.session.run import Run

SECTION = "log of "
"""What the names of these sections begin with."""
_LAST_LINES = 40
_SIZES: pytest.StashKey[dict[Path, int]] = pytest.StashKey()


class Logs:
    """Hooks around each test, in the process that runs it.

    Args:
        run: the run.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Remember how far the logs went before."""
        item.stash[_SIZES] = {log: log.stat().st_size for log in self._logs().values() if log.is_file()}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add what came since to the report of a test that failed."""
        report = yield
        sizes = item.stash.get(_SIZES, None)
        if report.failed and sizes is not None:
            for name, log in self._logs().items():
                if text := _since(log, sizes.get(log, 0)):
                    report.sections.append((f"{SECTION}{name}", self._run.evidence.recorder.redactor.text(text)))
        return report

    def _logs(self) -> dict[str, Path]:
        shared = self._run.session.prepared.get("log")
        return {**self._run.evidence.logs, **({"db": Path(shared)} if shared else {})}


def _since(log: Path, size: int) -> str:
    if not log.is_file():
        return ""
    with log.open("rb") as file:
        file.seek(size)
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-_LAST_LINES:])
