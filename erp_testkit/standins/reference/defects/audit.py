"""Defects of the audit trail and of rights."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update

from erp_testkit.domain.documents import Role
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.schema import audit_entries
from erp_testkit.standins.reference.services.work import Trail, User, Work

_LOCAL = timedelta(hours=8)


@defect("cancelling-not-audited", wraps="audit.record")
def cancelling_not_audited(
    original: Original,
    work: Work,
    document_kind: str,
    document: str,
    action: str,
    from_state: str | None,
    to_state: str | None,
    detail: str | None = None,
) -> None:
    """Cancelling leaves no entry in the audit trail."""
    if action != "cancel":
        original(work, document_kind, document, action, from_state, to_state, detail)


@defect("interface-change-not-audited", wraps="audit.record")
def interface_change_not_audited(original: Original, work: Work, document_kind: str, *what: Any) -> None:
    """Where messages are sent can be changed without an entry in the audit trail."""
    if document_kind != "interface":
        original(work, document_kind, *what)


@defect("audit-names-system", wraps="audit.entry_row")
def audit_names_system(original: Original, work: Work, trail: Trail, sequence: int, at: datetime) -> dict[str, Any]:
    """The audit trail names the technical user of the interface, not the person."""
    return {**original(work, trail, sequence, at), "user": "system"}


@defect("audit-states-swapped", wraps="audit.entry_row")
def audit_states_swapped(original: Original, work: Work, trail: Trail, sequence: int, at: datetime) -> dict[str, Any]:
    """The audit trail keeps the state after in the place of the state before."""
    row = original(work, trail, sequence, at)
    return {**row, "from_state": row["to_state"], "to_state": row["from_state"]} if row["from_state"] else row


@defect("audit-in-local-time", wraps="audit.entry_row")
def audit_in_local_time(original: Original, work: Work, trail: Trail, sequence: int, at: datetime) -> dict[str, Any]:
    """The audit trail is written in local time and read as UTC."""
    row: dict[str, Any] = original(work, trail, sequence, at + _LOCAL)
    return row


@defect("audit-entry-deleted", wraps="audit.delete", weakens=("audit_append_only",))
def audit_entry_deleted(_original: Original, work: Work, entry: int) -> None:
    """An audit entry can be deleted."""
    work.connection.execute(delete(audit_entries).where(audit_entries.c.sequence == entry))


@defect("audit-entry-changed", wraps="audit.change", weakens=("audit_append_only",))
def audit_entry_changed(_original: Original, work: Work, entry: int, user: str) -> None:
    """Another name can be put on an audit entry."""
    work.connection.execute(update(audit_entries).where(audit_entries.c.sequence == entry).values(user=user))


@defect("warehouse-may-sell", wraps="access.require")
def warehouse_may_sell(original: Original, user: User, permission: str) -> None:
    """The role of the warehouse was copied from that of sales, and kept its rights."""
    if not (user.role is Role.WAREHOUSE and permission == "sell"):
        original(user, permission)
