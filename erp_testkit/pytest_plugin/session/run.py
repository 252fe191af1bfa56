"""One run, as one of its processes sees it: the plan, the ERP under test, the rules, and the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from erp_testkit.config import Config
from erp_testkit.erp.ports import Erp
from erp_testkit.evidence.deployments import deployed, record_of
from erp_testkit.evidence.provenance import made_of
from erp_testkit.evidence.redaction import Redactor
from erp_testkit.pytest_plugin.judging.known import Known, load_known
from erp_testkit.pytest_plugin.judging.oracle import Oracle
from erp_testkit.pytest_plugin.session.erp_session import ErpSession
from erp_testkit.pytest_plugin.session.evidence import Evidence
from erp_testkit.pytest_plugin.session.plan import WORKER_INPUT, Plan, make_plan
from erp_testkit.pytest_plugin.session.under_test import UnderTest

MAIN = "main"
"""Name of the process that controls the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one process knows of the run."""

    config: Config
    plan: Plan
    known: tuple[Known, ...]
    worker: str
    """Name of this process: ``main``, or of the worker."""
    session: ErpSession
    oracle: Oracle
    evidence: Evidence

    @property
    def is_worker(self) -> bool:
        """Whether another process controls the run."""
        return self.worker != MAIN

    def erp(self) -> Erp:
        """Return the connected ERP; the first call starts it.

        Raises:
            EnvironmentFailure: it cannot be started or reached.
            UsageError: there is no such adapter, or a rule has mistakes.
        """
        return self.session.erp()

    def begin(self, asked: Sequence[Path]) -> None:
        """Open the run's folder, in the process that controls the run.

        Args:
            asked: files and folders that scenarios and contracts are collected from.

        Raises:
            EnvironmentFailure: it cannot be written.
            UsageError: there is a run in it, or the record of deployments was changed.
        """
        facts = {**self.plan.facts(), **made_of(self.config, asked), "deployed": deployed(record_of(self.config))}
        self.evidence.folder.begin(facts)
        self.evidence.begun = True
        if self.plan.state.is_dir():
            (self.plan.state / ".gitignore").write_text("*\n", encoding="utf-8")

    def end(self) -> None:
        """Stop what this process started, and close what it wrote."""
        self.session.end()
        self.evidence.end()


def open_run(config: pytest.Config) -> Run:
    """Read what was configured and decided; nothing is started or written.

    Raises:
        UsageError: the configuration has mistakes, or shards would not draw the same data.
    """
    settings, plan = make_plan(config)
    profile = plan.profile
    worker = getattr(config, "workerinput", {}).get("workerid", MAIN)
    given: Mapping[str, Any] = getattr(config, "workerinput", {}).get(WORKER_INPUT, {}).get("given", {})
    redactor = Redactor([*(user.password for user in profile.users.values()), *settings.tokens()], settings.redaction.fields)
    evidence = Evidence.of(plan, worker, redactor)
    oracle = Oracle(settings.rules, plan.state / "cache", redactor)
    under_test = UnderTest(profile, plan.state, dict(settings.images) if plan.in_containers else None)
    return Run(
        config=settings,
        plan=plan,
        known=load_known(profile.known),
        worker=worker,
        session=ErpSession(under_test, evidence, worker, given, oracle.load),
        oracle=oracle,
        evidence=evidence,
    )


RUN: pytest.StashKey[Run] = pytest.StashKey()
"""Where a session keeps its run; absent where the kit is not active."""
