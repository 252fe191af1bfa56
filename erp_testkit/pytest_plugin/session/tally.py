"""Counting in the process that controls the run: what became of each scenario, what that makes of the run, and its exit code."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from erp_testkit import shipped
from erp_testkit.domain.errors import KitError
from erp_testkit.domain.results import Outcome, Result
from erp_testkit.pytest_plugin.judging.outcome import PROPERTY, result_of
from erp_testkit.pytest_plugin.session import summary
from erp_testkit.pytest_plugin.session.run import Run
from erp_testkit.pytest_plugin.session.selection import Selection
from erp_testkit.pytest_plugin.session.sharding import Sharding

KEPT, BROKEN, USAGE, ENVIRONMENT = range(4)
"""The kit's exit codes."""

VERDICTS = {
    KEPT: "Kept.",
    BROKEN: "Broken.",
    USAGE: "Not judged: the kit was used wrongly (exit code 2).",
    ENVIRONMENT: "Not judged: the environment failed (exit code 3).",
}
"""What is said of each."""
_CHECKED = {Outcome.KEPT, Outcome.BROKEN, Outcome.KNOWN}


class Tally:
    """Hooks that count, in the process that controls the run."""

    def __init__(self, run: Run, selection: Selection | None, sharding: Sharding | None) -> None:
        self._run = run
        self._selection = selection
        self._sharding = sharding
        self._clock = time.perf_counter()
        self._results: dict[str, Result] = {}
        self._trouble: list[str] = []
        """What went wrong with the environment or the kit, beside the scenarios' own errors."""
        self._collect_failed = False
        self.cut_short: str | None = None
        """Why the run ended before its time, if it did."""

    @property
    def results(self) -> tuple[Result, ...]:
        """How each scenario ended so far."""
        return tuple(self._results.values())

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember that something could not be collected."""
        self._collect_failed |= report.failed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a scenario."""
        result = result_of(report)
        if result is not None:
            self._results[report.nodeid] = result
        elif report.when not in ("setup", "call", "teardown"):
            # xdist writes such a report for the test a worker died with.
            self._trouble.append(str(report.longrepr))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that the run was cut short, and by whom."""
        if excinfo.type is KeyboardInterrupt:
            self._trouble.append("interrupted")
        self.cut_short = str(excinfo.value) or "interrupted"

    def pytest_internalerror(self, excrepr: object) -> None:
        """Remember that the kit or pytest itself failed."""
        self._trouble.append(f"internal error: {str(excrepr).strip().splitlines()[-1]}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Close the run's folder."""
        if not self._run.evidence.begun:
            return
        self.cut_short = self.cut_short or str(session.shouldfail or session.shouldstop or "") or None
        partial = self._trouble[0] if self._trouble else self.cut_short
        try:
            self._run.evidence.folder.end(
                summary.as_data(self.results, self._known_but_kept()),
                self.results,
                dropped=PROPERTY,
                partial=partial,
            )
        except KitError as error:
            self._trouble.append(str(error))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
        """Print the summary, where there was anything to judge."""
        for line in (*self._trouble, *filter(None, [self._unselected()])):
            terminalreporter.write_line(f"erp-testkit: {line}", red=True)
        if not self._results:
            return
        terminalreporter.ensure_newline()
        terminalreporter.section("erp-testkit")
        lines = summary.lines(
            self.results,
            seed=self._run.plan.drawn.seed,
            folder=_near(self._run.plan.path, config.invocation_params.dir),
            seconds=time.perf_counter() - self._clock,
            known_but_kept=self._known_but_kept(),
            unmatched=self._unmatched(config),
            verdict=self._verdict(int(exitstatus)),
        )
        for line in lines:
            terminalreporter.write_line(line)

    def exit_code(self, code: int) -> int:
        """Turn pytest's exit code and what was counted into the kit's exit code."""
        of_results = exit_code_of(self.results, self._known_but_kept())
        if self._trouble or of_results == ENVIRONMENT or code == pytest.ExitCode.INTERNAL_ERROR:
            return ENVIRONMENT
        nothing_ran = code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED)
        if self._collect_failed or self._unselected() or nothing_ran:
            return USAGE
        return of_results or code

    def _unselected(self) -> str | None:
        """Say which tests were asked for by a list and did not run."""
        return None if self._selection is None or self.cut_short else self._selection.missing({*self._results, *self._elsewhere()})

    def _elsewhere(self) -> Mapping[str, str]:
        """Return the tests that other shards run, with their scenarios."""
        return {} if self._sharding is None else self._sharding.others

    def _verdict(self, code: int) -> str:
        exit_code = self.exit_code(code)
        if exit_code == BROKEN and nothing_checked(self.results):
            return "Broken: nothing was checked."
        return VERDICTS.get(exit_code, f"Exit code {exit_code}.")

    def _known_but_kept(self) -> tuple[str, ...]:
        """Name the known findings that did not show: a scenario of a file counts as a whole, since an outline may break in one row only."""
        if self.cut_short:
            return ()
        groups: dict[tuple[str, str], list[Result]] = {}
        for result in self.results:
            groups.setdefault((result.file, result.scenario), []).append(result)
        return tuple(
            f"{known.scenario} ({file}), by {known.by}: {known.reason}"
            for (file, scenario), results in groups.items()
            for index, known in enumerate(self._run.known)
            if known.scenario == scenario
            and not known.race
            and all(result.outcome in (Outcome.KEPT, Outcome.KNOWN) for result in results)
            and not any(index in result.known for result in results)
        )

    def _unmatched(self, config: pytest.Config) -> tuple[str, ...]:
        """Name the known findings of scenarios that do not exist, if the whole suite ran."""
        narrowed = config.option.keyword or config.option.markexpr or self.cut_short
        folders = {(config.invocation_params.dir / argument).resolve() for argument in config.args}
        if narrowed or not _includes(folders, shipped.FEATURES.resolve()):
            return ()
        ran = {*(result.scenario for result in self.results), *self._elsewhere().values()}
        return tuple(sorted({known.scenario for known in self._run.known} - ran))


def exit_code_of(results: Sequence[Result], known_but_kept: Sequence[str]) -> int:
    """Return what the ends of all tests make of a run, in the kit's exit codes."""
    codes = {result.exit_code for result in results}
    for code in (ENVIRONMENT, USAGE):
        if code in codes:
            return code
    return BROKEN if BROKEN in codes or nothing_checked(results) or known_but_kept else KEPT


def nothing_checked(results: Sequence[Result]) -> bool:
    """Say whether tests ended and yet nothing was checked: such a run is never green."""
    return bool(results) and not any(result.outcome in _CHECKED for result in results)


def _includes(folders: Iterable[Path], wanted: Path) -> bool:
    return any(wanted.is_relative_to(folder) for folder in folders)


def _near(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
