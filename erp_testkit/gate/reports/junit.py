"""A verdict as JUnit: each clause of the policy and each cause is one case, so that a pipeline shows what decided."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from erp_testkit.domain.causes import Cause
from erp_testkit.gate.verdict.verdict import Reason, State, Verdict

_CONTROL = {code: None for code in range(32) if chr(code) not in "\t\n\r"}
"""What XML has no way to write."""


def as_junit(verdict: Verdict) -> bytes:
    """Return the verdict as a JUnit file; what rejects or needs a waiver is a failure, what is waived or noted is skipped."""
    root = Element("testsuites", name="erp-testkit gate")
    clauses = SubElement(root, "testsuite", name=f"policy {verdict.policy.name}")
    for clause in verdict.clauses:
        if clause.kept:
            _case(clauses, clause.key, clause.wanted)
    for reason in verdict.reasons:
        if reason.clause:
            _broken(_case(clauses, reason.key, reason.title), reason)
    suites = {area: Element("testsuite", name=area) for area in verdict.areas()}
    for reason in verdict.reasons:
        if reason.cause:
            _broken(_case(suites[reason.areas[0]], reason.cause.name, reason.cause.title), reason)
    root.extend(suite for suite in suites.values() if len(suite))
    for suite in root:
        suite.set("tests", str(len(suite)))
        for outcome, name in (("failure", "failures"), ("skipped", "skipped")):
            suite.set(name, str(len(suite.findall(f"testcase/{outcome}"))))
        suite.set("errors", "0")
    indent(root, " ")
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _case(suite: Element, group: str, name: str) -> Element:
    return SubElement(suite, "testcase", classname=_plain(group), name=_plain(name), time="0")


def _broken(case: Element, reason: Reason) -> None:
    fails = reason.state in (State.REJECTS, State.NEEDS_WAIVER)
    outcome = SubElement(
        case, "failure" if fails else "skipped", message=_plain(f"{reason.state} ({reason.key}) {reason.fingerprint}".rstrip())
    )
    waived = f"\nWaived until {reason.waiver.expires} by {reason.waiver.approver}: {reason.waiver.reason}" if reason.waiver else ""
    outcome.text = _plain(f"{reason.detail}{waived}{_where(reason.cause)}\nNext: {reason.advice}")


def _where(cause: Cause | None) -> str:
    """List every test a cause showed in, a line for each."""
    return "".join(f"\n- {test.file}:{test.line} {test.scenario}: {test.title}" for test in cause.tests) if cause else ""


def _plain(text: str) -> str:
    return text.translate(_CONTROL)
