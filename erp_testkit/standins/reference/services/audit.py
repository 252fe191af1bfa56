"""The audit trail: who did what, when. Append-only, each entry sealed with the hash of the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from erp_testkit.domain.documents import AuditEntry
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import audit_entries, audit_head
from erp_testkit.standins.reference.services.clock import now
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Trail, Work

_HEAD = select(audit_head).with_for_update()
_NEW_HEAD = update(audit_head).values(sequence=bindparam("sequence"), hash=bindparam("hash"), at=bindparam("at"))


@service
def record(
    work: Work, document_kind: str, document: str, action: str, from_state: str | None, to_state: str | None, detail: str | None = None
) -> None:
    """Note a transition; it is written when the work commits."""
    work.trail.append(
        Trail(document_kind=document_kind, document=document, action=action, from_state=from_state, to_state=to_state, detail=detail)
    )


@service
def write(work: Work) -> None:
    """Append what was recorded to the trail.

    The head is locked until commit, and it is the last lock any work takes: so entries are in the order of their commits, in time too.
    """
    if not work.trail:
        return
    head = work.connection.execute(_HEAD).one()
    sequence, previous, at = head.sequence, head.hash, max(now(), head.at)
    rows: list[dict[str, Any]] = []
    for trail in work.trail:
        sequence += 1
        row = entry_row(work, trail, sequence, at)
        row["previous_hash"] = previous
        row["hash"] = previous = sealed(previous, row)
        rows.append(row)
    work.connection.execute(insert(audit_entries), rows)
    work.connection.execute(_NEW_HEAD, {"sequence": sequence, "hash": previous, "at": at})
    work.trail.clear()


@service
def entry_row(work: Work, trail: Trail, sequence: int, at: datetime) -> dict[str, Any]:
    """Return the row of one entry, not yet sealed."""
    return {
        "sequence": sequence,
        "at": at,
        "user": work.user.name,
        "document_kind": trail.document_kind,
        "document": trail.document,
        "action": trail.action,
        "from_state": trail.from_state,
        "to_state": trail.to_state,
        "detail": trail.detail,
    }


@service
def entries(connection: Connection, document: str) -> Sequence[AuditEntry]:
    """Return the entries of a document, oldest first."""
    rows = connection.execute(select(audit_entries).where(audit_entries.c.document == document).order_by(audit_entries.c.sequence))
    return [
        AuditEntry(
            id=str(row.sequence),
            at=row.at,
            user=row.user,
            document=row.document,
            action=row.action,
            from_state=row.from_state,
            to_state=row.to_state,
        )
        for row in rows
    ]


@service
def change(work: Work, entry: int, user: str) -> None:  # noqa: ARG001  # a defect needs both
    """Refuse to change an entry."""
    raise Refused(Reason.APPEND_ONLY, f"Audit entry {entry} is append only: it is never changed.")


@service
def delete(work: Work, entry: int) -> None:  # noqa: ARG001  # a defect needs both
    """Refuse to delete an entry."""
    raise Refused(Reason.APPEND_ONLY, f"Audit entry {entry} is append only: it is never deleted.")


def first_broken(connection: Connection) -> int | None:
    """Return the position of the first entry whose seal does not fit, or None where the whole chain holds."""
    previous, expected = "", 1
    for row in connection.execute(select(audit_entries).order_by(audit_entries.c.sequence)).mappings():
        if row["sequence"] != expected or row["previous_hash"] != previous or row["hash"] != sealed(previous, row):
            return expected
        previous, expected = row["hash"], expected + 1
    head = connection.execute(select(audit_head.c.sequence)).scalar_one()
    return None if head == expected - 1 else expected


def sealed(previous: str, row: Mapping[str, Any] | RowMapping) -> str:
    """Return the hash of an entry and of all before it."""
    parts = [previous, str(row["sequence"]), row["at"].astimezone(UTC).isoformat(), row["user"], row["document_kind"], row["document"]]
    parts += [row["action"], row["from_state"] or "", row["to_state"] or "", row["detail"] or ""]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
