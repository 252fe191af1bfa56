"""Findings of contracts as SARIF 2.1.0, which code hosts show beside the contract's lines."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from erp_testkit.domain.findings import FindingKind, Severity
from erp_testkit.gate.verdict.reading import Found
from erp_testkit.gate.verdict.verdict import Reason, State, Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_KINDS = (FindingKind.CONTRACT, FindingKind.COMPATIBILITY)
_LEVELS = {
    Severity.BLOCKER: "error",
    Severity.CRITICAL: "error",
    Severity.NORMAL: "warning",
    Severity.MINOR: "note",
    Severity.TRIVIAL: "note",
}


def as_sarif(verdict: Verdict) -> Mapping[str, Any]:
    """Return what is wrong with interfaces; a waived finding is a suppressed result."""
    reasons = [(reason, reason.finding) for reason in verdict.reasons if reason.finding and reason.finding.kind in _KINDS]
    rules = {found.id: found.kind for _, found in reasons}
    ids = sorted(rules)
    driver = {
        "name": "erp-testkit",
        "version": version("erp-testkit"),
        "rules": [{"id": one, "properties": {"kind": rules[one]}} for one in ids],
    }
    results = [_result(reason, found, ids.index(found.id)) for reason, found in reasons]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _result(reason: Reason, found: Found, rule: int) -> Mapping[str, Any]:
    first = found.places[0]
    location = {"artifactLocation": {"uri": quote(first.file)}, "region": {"startLine": max(first.line, 1)}}
    result = {
        "ruleId": found.id,
        "ruleIndex": rule,
        "level": _LEVELS[found.severity],
        "message": {"text": f"{reason.title}\n{first.message}"},
        "locations": [{"physicalLocation": location, "logicalLocations": [{"fullyQualifiedName": found.scenario}]}],
        "partialFingerprints": {"erpTestkit/v1": found.fingerprint},
        "properties": {"severity": found.severity, "gate": reason.state},
    }
    if reason.state is State.WAIVED and reason.waiver:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason.waiver.reason}]
    return result
