"""Changes of contracts as kinds of findings."""

from __future__ import annotations

from erp_testkit.contracts.compatibility.change import Impact
from erp_testkit.contracts.compatibility.mapping import MAPPING
from erp_testkit.contracts.compatibility.messages import MESSAGES
from erp_testkit.domain.findings import Family, Kind, Severity, register

_SEVERITIES = {Impact.BREAKING: Severity.CRITICAL, Impact.RISKY: Severity.MINOR, Impact.HARMLESS: Severity.TRIVIAL}
_CHINESE = {Impact.BREAKING: "破坏性的契约变更", Impact.RISKY: "有风险的契约变更", Impact.HARMLESS: "兼容的契约变更"}

COMPATIBILITY = register(
    *(
        Kind(
            id=rule.id,
            family=Family.COMPATIBILITY,
            title=f"A contract has changed ({rule.impact}): {rule.says.format(old='…', new='…')}",
            title_zh=f"{_CHINESE[rule.impact]}：{rule.id}",
            severity=_SEVERITIES[rule.impact],
            page="docs/compare-rules.md",
        )
        for rule in {**MESSAGES, **MAPPING}.values()
    )
)
"""Kinds by id, which is that of the rule."""
