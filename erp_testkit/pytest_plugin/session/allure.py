"""Telling the Allure bridge what the kit knows: the run, the ERP, and what the rules said."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from erp_testkit.domain.errors import KitError
from erp_testkit.evidence.allure_bridge import AllureBridge, install
from erp_testkit.evidence.allure_results import write_categories, write_environment
from erp_testkit.pytest_plugin.session.run import Run
from erp_testkit.pytest_plugin.session.scenario_hooks import CURRENT

_ERP = "erp_testkit_erp"


class Allure:
    """Hooks around the bridge, in every process of the run.

    Args:
        run: the run.
    """

    def __init__(self, run: Run) -> None:
        """There is no bridge before allure-pytest is configured."""
        self._run = run
        self._bridge: AllureBridge | None = None
        self._erp: str | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Put the bridge in place, where Allure results are asked for."""
        self._bridge = install(session.config, self._run.evidence.recorder)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Show what the rules said, once the scenario is judged."""
        try:
            return (yield)
        finally:
            current = item.stash.get(CURRENT, None)
            judgement = current.judgement if current is not None else None
            if self._bridge is not None and judgement is not None and judgement.after is not None:
                self._bridge.judged(
                    before=judgement.before,
                    after=judgement.after,
                    findings=len(judgement.findings),
                    checked=len(judgement.counts),
                    not_covered=len(judgement.not_covered),
                )

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Learn from a worker which ERP it spoke to."""
        self._erp = getattr(node, "workeroutput", {}).get(_ERP) or self._erp

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Say in the manifest and the results what was tested where, and how failures are grouped."""
        self._erp = self._run.session.name or self._erp
        if self._run.is_worker:
            session.config.workeroutput[_ERP] = self._erp  # type: ignore[attr-defined]  # xdist's
            return
        if not self._run.evidence.begun:
            return
        try:
            self._run.evidence.folder.note(erp=self._erp)
            if self._bridge is not None:
                results = Path(session.config.option.allure_report_dir)
                write_categories(results)
                write_environment(results, self._run.evidence.folder.facts)
        except KitError as error:
            session.shouldfail = str(error)
