"""A verdict as plain data: ``verdict.json``, whose schema is ``evidence/schemas/verdict.schema.json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp_testkit.domain.causes import Cause
from erp_testkit.domain.ledger import time_text
from erp_testkit.domain.results import Outcome
from erp_testkit.domain.said import Said, both
from erp_testkit.gate.requirements.matrix import summary
from erp_testkit.gate.verdict.reading import Area, RunFacts
from erp_testkit.gate.verdict.titles import title_of
from erp_testkit.gate.verdict.verdict import Reason, Verdict
from erp_testkit.gate.verdict.waivers import Waiver

FORMAT = "1.0"
_ROWS = 3
"""How many rows of evidence are repeated; the pack has all of them."""


def as_data(verdict: Verdict) -> Mapping[str, Any]:
    """Return everything a verdict says."""
    evidence, policy = verdict.evidence, verdict.policy
    return {
        "format": FORMAT,
        "verdict": verdict.word,
        "exit_code": verdict.exit_code,
        "at": time_text(verdict.at),
        "policy": {"name": policy.name, "extends": policy.extends, "sha256": policy.digest, "approvals": policy.approvals.model_dump()},
        "runs": [_run(run) for run in evidence.runs],
        "areas": [{"area": name, **_area(area, word)} for name, (area, word) in verdict.areas().items()],
        "total": _area(evidence.total, verdict.word),
        "reasons": [_reason(reason) for reason in verdict.reasons],
        "clauses": [
            {
                "key": clause.key,
                "limit": clause.limit,
                "about": clause.about,
                "kept": clause.kept,
                **both(wanted=clause.wanted, got=clause.got),
                "consequence": clause.consequence,
            }
            for clause in verdict.clauses
        ],
        "not_covered": {
            "ports": {port: sorted(ids) for port, ids in sorted(evidence.lacking.items())},
            "other": [{**both(reason=reason), "tests": sorted(ids)} for reason, ids in sorted(evidence.uncovered.items())],
        },
        "ports": dict(sorted(evidence.ports.items())),
        "risks": sorted(evidence.risks),
        "requirements": summary(verdict.matrix),
        "waivers_ending": [waiver.fingerprint for waiver in verdict.ending],
        "history": list(verdict.history),
    }


def _run(run: RunFacts) -> Mapping[str, Any]:
    return {"run": run.name, "sha256": run.digest, "state": run.state, "reason": run.reason, **run.facts, "minutes": round(run.minutes, 3)}


def _area(area: Area, word: str) -> Mapping[str, Any]:
    return {
        "verdict": word,
        **{str(outcome): area.counts[outcome] for outcome in Outcome},
        "scenarios": len(area.scenarios),
        "rules": area.rules,
        "contracts": {"exercised": area.exercised, "promised": area.promised},
    }


def _reason(reason: Reason) -> Mapping[str, Any]:
    return {
        "state": reason.state,
        "key": reason.key,
        "consequence": reason.consequence,
        "fingerprint": reason.fingerprint,
        "areas": list(reason.areas),
        **both(title=reason.title, detail=reason.detail, advice=reason.advice),
        "cause": _cause(reason.cause) if reason.cause else None,
        "waiver": _waiver(reason.waiver) if reason.waiver else None,
    }


def _cause(cause: Cause) -> Mapping[str, Any]:
    kind, tests, first = cause.kind, cause.tests, cause.first
    return {
        "family": kind.family,
        "id": kind.id,
        **both(title=Said(kind.title, kind.title_zh), name=cause.name),
        "page": kind.page,
        "severity": cause.severity,
        "risks": sorted({risk for test in tests for risk in test.risks}),
        "requirements": sorted({requirement for test in tests for requirement in test.requirements}),
        "known": sorted({why for test in tests for why in test.reasons}) if cause.known else None,
        "first": {"message": first.finding.message, "evidence": [dict(row) for row in first.finding.evidence[:_ROWS]]},
        "places": [
            {
                "run": place.run,
                "node": place.result.node,
                "test": place.test,
                **both(title=title_of(place.result)),
                "place": place.finding.place,
                "file": place.result.file,
                "line": place.result.line,
                "severity": place.finding.severity,
            }
            for place in sorted(cause.places, key=lambda one: one.order)
        ],
    }


def _waiver(waiver: Waiver) -> Mapping[str, Any]:
    return {
        "reason": waiver.reason,
        "owner": waiver.owner,
        "approver": waiver.approver,
        "opened": waiver.opened.isoformat(),
        "expires": waiver.expires.isoformat(),
        "link": waiver.link,
    }
