"""Findings of contracts as SARIF 2.1.0, which code hosts show beside the contract's lines."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from erp_testkit.domain.causes import Cause, Place
from erp_testkit.domain.findings import Family, Kind, Severity
from erp_testkit.gate.verdict.verdict import Reason, State, Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_FAMILIES = (Family.CONTRACT, Family.COMPATIBILITY)
_LEVELS = {
    Severity.BLOCKER: "error",
    Severity.CRITICAL: "error",
    Severity.NORMAL: "warning",
    Severity.MINOR: "note",
    Severity.TRIVIAL: "note",
}


def as_sarif(verdict: Verdict) -> Mapping[str, Any]:
    """Return what is wrong with interfaces, a result for each cause; a waived one is a suppressed result."""
    reasons = [(reason, reason.cause) for reason in verdict.reasons if reason.cause and reason.cause.kind.family in _FAMILIES]
    kinds = {cause.kind.id: cause.kind for _, cause in reasons}
    ids = sorted(kinds)
    driver = {
        "name": "erp-testkit",
        "version": version("erp-testkit"),
        "rules": [_rule(kinds[one]) for one in ids],
    }
    results = [_result(reason, cause, ids.index(cause.kind.id)) for reason, cause in reasons]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _rule(kind: Kind) -> Mapping[str, Any]:
    said = kind.help or kind.title
    return {
        "id": kind.id,
        "shortDescription": {"text": kind.title},
        "fullDescription": {"text": said},
        "help": {"text": f"{said}\n{kind.title_zh}" + (f"\nSee {kind.page}" if kind.page else "")},
        "defaultConfiguration": {"level": _LEVELS[kind.severity]},
        "properties": {"family": kind.family, "severity": kind.severity, "title_zh": kind.title_zh, "page": kind.page},
    }


def _result(reason: Reason, cause: Cause, rule: int) -> Mapping[str, Any]:
    first = cause.first
    result = {
        "ruleId": cause.kind.id,
        "ruleIndex": rule,
        "level": _LEVELS[cause.severity],
        "message": {"text": f"{reason.title}, {cause.counted()}\n{first.finding.message}"},
        "locations": [_location(first)],
        "partialFingerprints": {"erpTestkit/v1": cause.fingerprint},
        "properties": {"severity": cause.severity, "gate": reason.state},
    }
    others = [place for place in sorted(cause.places, key=lambda one: one.order) if place is not first]
    if others:
        result["relatedLocations"] = [_location(place) for place in others]
    if reason.state is State.WAIVED and reason.waiver:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason.waiver.reason}]
    return result


def _location(place: Place) -> Mapping[str, Any]:
    test = place.result
    return {
        "physicalLocation": {"artifactLocation": {"uri": quote(test.file)}, "region": {"startLine": max(test.line, 1)}},
        "logicalLocations": [{"fullyQualifiedName": f"{place.test} {place.finding.place}".rstrip()}],
    }
