"""The modules that hold the shipped steps. The plugin registers them where the kit is active."""

from __future__ import annotations

MODULES = (
    "erp_testkit.steps.catalogue",
    "erp_testkit.steps.refusals",
    "erp_testkit.steps.sales",
    "erp_testkit.steps.outbound",
    "erp_testkit.steps.inbound",
    "erp_testkit.steps.stock",
    "erp_testkit.steps.traceability",
    "erp_testkit.steps.labels",
    "erp_testkit.steps.returns",
    "erp_testkit.steps.audit",
    "erp_testkit.steps.access",
    "erp_testkit.steps.resilience",
)
