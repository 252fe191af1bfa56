"""How a `Result` travels in pytest's reports, and what pytest shows of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from weakref import WeakKeyDictionary

import pytest

from erp_testkit.domain.results import Lack, Need, Outcome, Result
from erp_testkit.erp.ports import PORTS
from erp_testkit.pytest_plugin.compat import Skipped

PROPERTY = "erp_testkit"
"""Name of the report's user property that carries a `Result`."""


_READ: WeakKeyDictionary[pytest.TestReport, Result] = WeakKeyDictionary()
"""Every hook of a report asks what it carries."""


class NotCovered(Skipped):
    """The test cannot run here.

    Attributes:
        lacks: for want of what.
    """

    def __init__(self, *lacks: Lack) -> None:
        super().__init__(f"not covered: {', '.join(map(str, lacks))}")
        self.lacks = lacks


def lacking(ports: Iterable[str]) -> NotCovered:
    """Return why a scenario that needs some ports cannot run on an ERP without them."""
    return NotCovered(*(Lack(Need.PORT, PORTS[port].__name__) for port in sorted(ports)))


def result_of(report: pytest.TestReport) -> Result | None:
    """Return what a report carries of a scenario's end, if it does."""
    found = _READ.get(report)
    if found is None:
        for name, data in report.user_properties:
            if name == PROPERTY and isinstance(data, dict):
                found = _READ[report] = Result.of_data(data)
    return found


STATUS: Mapping[Outcome, tuple[str, str, str]] = {
    Outcome.KNOWN: ("known", "k", "KNOWN"),
    Outcome.NOT_COVERED: ("not covered", "n", "NOT COVERED"),
    Outcome.ERROR: ("error", "E", "ERROR"),
}
"""Category, letter and word for pytest's progress; the other outcomes are pytest's own passed and failed."""


def report_status(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Answer `pytest_report_teststatus` for scenarios."""
    result = result_of(report)
    return STATUS.get(result.outcome) if result else None
