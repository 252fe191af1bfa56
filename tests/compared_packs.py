"""Evidence packs for tests, written by the same classes a run writes them with."""

import json
from datetime import UTC, datetime, timedelta

from erp_testkit.domain.exchange import Exchange
from erp_testkit.domain.findings import STEP_FAILED
from erp_testkit.domain.results import Outcome, Result
from erp_testkit.evidence.pack import Pack
from erp_testkit.evidence.redaction import Redactor
from erp_testkit.evidence.run_folder import RunFolder, RunWriter

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def result(scenario="SAL-001", outcome=Outcome.KEPT, **facts):
    findings = [STEP_FAILED.found("expected confirmed, got draft", place="step")] if outcome in (Outcome.BROKEN, Outcome.KNOWN) else []
    facts = {"title": scenario, "feature": "Sales", "file": "sales.feature", "language": "en", "findings": findings, **facts}
    return Result(node=f"sales.feature::{scenario}", scenario=scenario, outcome=outcome, **facts)


def exchange(method, target, request=None, answer=None, *, at=0.0, seconds=0.01, status=200):
    """Return an exchange that began `at` seconds after the start of the run."""
    return Exchange(
        at=START + timedelta(seconds=at),
        seconds=seconds,
        role="manager",
        method=method,
        target=target,
        request="" if request is None else json.dumps(request),
        status=status,
        answer="" if answer is None else json.dumps(answer),
    )


def pack(path, *results, exchanges=(), partial=None, **facts):
    """Write a pack of results, and of the exchanges of the first of them."""
    folder = RunFolder(path)
    folder.begin({"seed": 7, "adapter": "reference", "profile": "reference", **facts})
    writer = RunWriter(path, "main", Redactor())
    for one in results:
        writer.event(one.kind, one.as_data())
    if exchanges:
        writer.exchanges(results[0].node, exchanges)
    writer.close()
    folder.end({}, partial=partial)
    return Pack.open(path)
