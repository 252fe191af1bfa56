"""Port `AuditTrail`."""

from __future__ import annotations

from datetime import timedelta

from erp_testkit.domain.documents import Role
from erp_testkit.erp.ports import Access, AuditTrail
from erp_testkit.pytest_plugin.conformance.stage import Stage


def test_a_confirmation_is_in_the_trail(audit_trail: AuditTrail, access: Access, stage: Stage) -> None:
    number = stage.order(stage.customer(), stage.item(), 1)
    entries = audit_trail.entries(number)
    confirmed = [(entry.from_state, entry.to_state, entry.user) for entry in entries if entry.to_state == "confirmed"]
    assert confirmed == [("quotation", "confirmed", access.user(Role.MANAGER))]
    assert {entry.document for entry in entries} == {number}
    assert {entry.at.utcoffset() for entry in entries} == {timedelta(0)}
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)


def test_looking_at_the_trail_leaves_no_trace(audit_trail: AuditTrail, stage: Stage) -> None:
    number = stage.order(stage.customer(), stage.item(), 1)
    assert list(audit_trail.entries(number)) == list(audit_trail.entries(number))
