"""Hooks that keep one shard's tests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from erp_testkit.domain.errors import KitError
from erp_testkit.pytest_plugin.judging.described_test import described
from erp_testkit.pytest_plugin.judging.outcome import result_of
from erp_testkit.pytest_plugin.session.run import Run
from erp_testkit.pytest_plugin.session.shard import TIMES, Shard, load_times, parts

_COLLECTED = "erp_testkit_collected"


def group_of(item: pytest.Item) -> str:
    """Return what a test is kept together with: the rows of an outline; of a test that is not the kit's, nothing else."""
    test = described(item)
    return item.nodeid if test is None else f"{item.nodeid.partition('::')[0]}#{test.id}"


class Sharding:
    """Keeps one shard's tests.

    Args:
        run: the run.
        shard: which part.
    """

    def __init__(self, run: Run, shard: Shard) -> None:
        """Read the recorded times.

        Raises:
            UsageError: they cannot be read.
        """
        self._run, self._shard = run, shard
        self._seconds = load_times(run.plan.state / TIMES)
        self._collected: Mapping[str, Any] = {}
        self._groups: int | None = None
        self._failed_beside: list[str] = []
        self.others: Mapping[str, str] = {}
        """The tests of the other parts, with the ids of their scenarios."""

    def pytest_report_header(self) -> str:
        """Say that this is not the whole."""
        return f"erp-testkit: shard {self._shard}; the verdict on all of them: erp-testkit merge"

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Deselect the tests of the other parts."""
        groups = {item: group_of(item) for item in items}
        suite = hashlib.sha256("\n".join(sorted(item.nodeid for item in items)).encode()).hexdigest()
        self._collected = {"suite": suite, "tests": sum(described(item) is not None for item in items)}
        self._groups = len(set(groups.values()))
        mine = parts(groups.values(), self._shard.count, self._seconds)[self._shard.index - 1]
        others = [item for item in items if groups[item] not in mine]
        self.others = {item.nodeid: test.id for item in others if (test := described(item)) is not None}
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if groups[item] in mine]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember failed tests that are not the kit's: its evidence says nothing of them."""
        if report.failed and result_of(report) is None:
            self._failed_beside.append(report.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Learn from a worker what was collected."""
        told = getattr(node, "workeroutput", {}).get(_COLLECTED)
        if told:
            self._collected, self._groups, self.others = told["collected"], told["groups"], told["others"]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Say in the manifest which part of what this run was."""
        if self._run.is_worker:
            told = {"collected": dict(self._collected), "groups": self._groups, "others": dict(self.others)}
            session.config.workeroutput[_COLLECTED] = told  # type: ignore[attr-defined]  # xdist's
        elif self._run.evidence.begun:
            failed = {"failed_beside": sorted(set(self._failed_beside))} if self._failed_beside else {}
            try:
                self._run.evidence.folder.note(shard={"index": self._shard.index, "count": self._shard.count, **self._collected, **failed})
            except KitError as error:
                session.shouldfail = str(error)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where there is nothing for this part to do."""
        if self._groups is not None and self._groups < self._shard.index:
            terminalreporter.write_line(
                f"erp-testkit: Failed to run shard {self._shard}: expected a group of tests for each shard, got {self._groups}. "
                "Next: run fewer shards",
                red=True,
            )
