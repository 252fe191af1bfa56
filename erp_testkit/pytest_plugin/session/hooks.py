"""The session: what is started when, what crosses to the workers, how the run ends, and which exit code it leaves."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from erp_testkit.domain.errors import KitError
from erp_testkit.pytest_plugin.judging.described_test import described
from erp_testkit.pytest_plugin.judging.outcome import report_status
from erp_testkit.pytest_plugin.session import options
from erp_testkit.pytest_plugin.session.allure import Allure
from erp_testkit.pytest_plugin.session.logs import Logs
from erp_testkit.pytest_plugin.session.plan import WORKER_INPUT
from erp_testkit.pytest_plugin.session.run import RUN, Run, open_run
from erp_testkit.pytest_plugin.session.scenario_hooks import Running
from erp_testkit.pytest_plugin.session.selection import Selection
from erp_testkit.pytest_plugin.session.sharding import Sharding
from erp_testkit.pytest_plugin.session.tally import USAGE, Tally

TALLY: pytest.StashKey[Tally] = pytest.StashKey()


CANNOT_BEGIN: pytest.StashKey[int] = pytest.StashKey()
"""Where a session that could not begin keeps its exit code."""


def configure(config: pytest.Config) -> Run:
    """Open the run; a mistake in the configuration ends the session at once."""
    try:
        run = open_run(config)
        listed = config.getoption("erp_tests")
        selection = None if listed is None else Selection(listed)
        sharding = None if run.plan.shard is None else Sharding(run, run.plan.shard)
    except KitError as error:
        raise _cannot_begin(config, error) from error
    config.stash[RUN] = run
    # Where a contract's checks draw values, hypothesis would make a folder of its own in the user's project.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(run.plan.state / "hypothesis"))
    options.choose_suite(config, run.config)
    if sharding is not None:
        config.pluginmanager.register(sharding, "erp_testkit_sharding")
    if selection is not None:
        config.pluginmanager.register(selection, "erp_testkit_selection")
    config.pluginmanager.register(Running(run), "erp_testkit_running")
    config.pluginmanager.register(Logs(run), "erp_testkit_logs")
    config.pluginmanager.register(Session(config, run), "erp_testkit_session")
    config.pluginmanager.register(Allure(run), "erp_testkit_allure_session")
    if not run.is_worker:
        config.stash[TALLY] = Tally(run, None if config.option.collectonly else selection, sharding)
        config.pluginmanager.register(config.stash[TALLY], "erp_testkit_tally")
    return run


def end_with_exit_code(config: pytest.Config) -> Generator[None, Any, Any]:
    """Wrap `pytest_cmdline_main`: where the kit is active, the exit code is the kit's."""
    try:
        code = yield
    except pytest.UsageError as error:
        for line in error.args:
            sys.stderr.write(f"ERROR: {line}\n")
        return config.stash.get(CANNOT_BEGIN, USAGE)
    return config.stash[TALLY].exit_code(int(code or 0)) if TALLY in config.stash else code


def _cannot_begin(config: pytest.Config, error: KitError) -> pytest.UsageError:
    """Let the session end with an error's text and exit code; pytest shows a usage error without a traceback."""
    config.stash[CANNOT_BEGIN] = error.exit_code
    return pytest.UsageError(str(error))


class Session:
    """Session hooks of every process of the run."""

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self._config = config
        self._run = run
        self._distributes = False
        self._given: Mapping[str, Any] = {}

    def pytest_report_header(self) -> str:
        """Say against what the run goes, and how to repeat its data."""
        profile = self._run.plan.profile
        where = profile.url or "embedded"
        return f"erp-testkit: profile {profile.name} ({profile.adapter}, {where}, {profile.environment}), seed {self._run.plan.drawn.seed}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker what was decided; the first one waits until what they share is prepared."""
        if not self._distributes and _may_collect(self._config):
            with self._beginning():
                self._given = self._run.session.prepare(shared=self._config.getoption("erp_shared"))
        self._distributes = True
        node.workerinput[WORKER_INPUT] = {**self._run.plan.decided(), "given": dict(self._given)}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Start the ERP in a process without workers, once it is known that a scenario needs it."""
        if self._distributes or self._run.is_worker or session.config.option.collectonly or session.testsfailed:
            return
        if any(described(item) for item in session.items):
            with self._beginning():
                self._run.erp()

    @contextmanager
    def _beginning(self) -> Iterator[None]:
        """Say that the ERP is being started and how long it took; what prevents it ends the session with its exit code."""
        run, clock = self._run, time.perf_counter()
        self._say(f"erp-testkit: {'connecting to' if run.plan.profile.url else 'starting'} {run.plan.profile.adapter} …")
        # Pipelines cancel with SIGTERM: it ends the run as Ctrl-C does, with everything stopped that was started.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            folder = self._config.invocation_params.dir
            run.begin([folder / argument.partition("::")[0] for argument in self._config.args])
            yield
        except KitError as error:
            self._config.stash[TALLY].cut_short = str(error)
            raise _cannot_begin(self._config, error) from error
        self._say(f"erp-testkit: ready in {time.perf_counter() - clock:.1f} s")

    def _say(self, line: str) -> None:
        terminal = self._config.pluginmanager.getplugin("terminalreporter")
        if terminal is not None and self._config.option.verbose >= 0:
            terminal.write_line(line)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Stop what this process started."""
        self._run.end()

    def pytest_unconfigure(self) -> None:
        """Stop it also when the session never finished."""
        self._run.end()

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Name what pytest has no word for."""
        return report_status(report) if isinstance(report, pytest.TestReport) else None


_SUFFIXES = frozenset({".feature", ".yaml", ".yml", ".json"})
"""Of files that scenarios and contracts are collected from."""


def _may_collect(config: pytest.Config) -> bool:
    """Say whether the workers can find a scenario or a contract below what was asked for; only they will know for sure."""
    if config.option.collectonly:
        return False
    for argument in config.args:
        path = config.invocation_params.dir / argument.partition("::")[0]
        # What is no path (--pyargs) may be anything.
        if path.suffix in _SUFFIXES or not path.exists():
            return True
        if path.is_dir() and any(found.suffix in _SUFFIXES for found in path.rglob("*.*")):
            return True
    return False
