"""The stage of each test, and the table at the end: per port kept, broken or not covered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

from erp_testkit.domain.errors import KitError
from erp_testkit.erp.ports import PORTS
from erp_testkit.pytest_plugin.conformance.stage import Stage
from erp_testkit.pytest_plugin.judging.table import as_table
from erp_testkit.pytest_plugin.session.run import RUN

BROKEN = 1

_COUNTS: pytest.StashKey[dict[str, Counter[str]]] = pytest.StashKey()


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Stage:
    """Master data and stock for this test."""
    run = request.config.stash[RUN]
    return Stage(run.plan.codes_of(request.node.nodeid), request.getfixturevalue)


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count."""
    config.stash[_COUNTS] = {}


def port_of(nodeid: str) -> str:
    """Return the port a test is about: its module is named after it."""
    return Path(nodeid.partition("::")[0]).stem.removeprefix("test_")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count what became of a test; an ERP that cannot be reached ends the session, since no adapter can be judged by it."""
    report = yield
    if call.excinfo and isinstance(call.excinfo.value, KitError) and call.excinfo.value.exit_code != BROKEN:
        pytest.exit(str(call.excinfo.value), returncode=call.excinfo.value.exit_code)
    if report.when == "call" or not report.passed:
        outcome = {"passed": "kept", "failed": "broken", "skipped": "not covered"}[report.outcome]
        item.config.stash[_COUNTS].setdefault(port_of(item.nodeid), Counter())[outcome] += 1
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Never let a session be green in which nothing was checked."""
    counts = session.config.stash[_COUNTS]
    if exitstatus == 0 and not any(count["kept"] for count in counts.values()):
        session.exitstatus = BROKEN


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    counts = terminalreporter.config.stash[_COUNTS]
    if not counts:
        return
    terminalreporter.section("adapter check")
    outcomes = ("kept", "broken", "not covered")
    rows = [[PORTS[port].__name__, *(str(counts[port][outcome]) for outcome in outcomes)] for port in PORTS if port in counts]
    total = sum(counts.values(), Counter[str]())
    rows.append(["Total", *(str(total[outcome]) for outcome in outcomes)])
    for line in as_table(["Port", *outcomes], rows, right=range(1, 4)):
        terminalreporter.write_line(line)
    if not total["kept"] and not total["broken"]:
        terminalreporter.write_line("Broken: nothing was checked.")
