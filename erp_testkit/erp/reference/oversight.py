"""Audit trail, jobs, the ledger."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from erp_testkit.domain.documents import AuditEntry, Job
from erp_testkit.domain.ledger import TABLES, Kind, Ledger, Row, time_text
from erp_testkit.erp.errors import ErpBroke
from erp_testkit.erp.reference.session import Session

_DECIMALS = {
    name: [column.name for column in table.columns if column.kind in (Kind.QUANTITY, Kind.MONEY)] for name, table in TABLES.items()
}


class AuditTrail:
    """Port `AuditTrail`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def entries(self, document: str) -> Sequence[AuditEntry]:
        """Return the audit entries of a document."""
        return self._session.read(tuple[AuditEntry, ...], "audit", document=document)

    def change_entry(self, entry: str, user: str) -> None:
        """Try to put another user's name on an entry."""
        self._session.write("audit", entry, content={"user": user}, method="PUT")

    def delete_entry(self, entry: str) -> None:
        """Try to delete an entry."""
        self._session.write("audit", entry, method="DELETE")


class Jobs:
    """Port `Jobs`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def jobs(self, document: str) -> Sequence[Job]:
        """Return the jobs of a document."""
        return self._session.read(tuple[Job, ...], "jobs", document=document)

    def settle(self, items: Collection[str], seconds: float) -> None:
        """Wait until no job for documents of `items` is queued or running; the ERP itself waits, so nobody polls."""
        if items:
            self._session.read_plain("jobs", "settled", query={"item": list(items), "seconds": seconds})

    def backlog(self) -> Sequence[Job]:
        """Return every job that is not done."""
        return self._session.read(tuple[Job, ...], "jobs", "backlog")


class LedgerSource:
    """Port `LedgerSource`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, items: Collection[str], since: datetime) -> Ledger:
        """Read every ledger table for these items."""
        answer = self._session.read_plain("ledger", query={"item": list(items), "since": time_text(since)})
        try:
            return Ledger({name: [_with_decimals(name, row) for row in rows] for name, rows in answer.items()})
        except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise ErpBroke(f"Failed to read the ledger: expected the kit's tables, got {error!r}.") from error


def _with_decimals(table: str, row: dict[str, Any]) -> Row:
    for name in _DECIMALS[table]:
        row[name] = None if row[name] is None else Decimal(row[name])
    return row
