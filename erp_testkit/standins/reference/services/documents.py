"""What all documents share: numbers, versions, states."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Table, bindparam, insert, select, update

from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference import schema
from erp_testkit.standins.reference.services import audit
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Work

_NEW_NUMBER = insert(schema.document_numbers).returning(schema.document_numbers.c.id)

TABLES: dict[str, Table] = {"order": schema.orders, "shipment": schema.shipments, "return": schema.returns}
_LOCK = {kind: select(table).where(table.c.number == bindparam("of")).with_for_update() for kind, table in TABLES.items()}
_CHANGE = {
    kind: update(table).where(table.c.number == bindparam("of")).values(version=table.c.version + 1) for kind, table in TABLES.items()
}


@service
def new_number(work: Work, prefix: str) -> str:
    """Draw the next document number, such as ``SO-42``."""
    drawn = work.connection.execute(_NEW_NUMBER, {"prefix": prefix}).scalar_one()
    return f"{prefix}-{drawn}"


@service
def lock(work: Work, kind: str, number: str) -> Row[Any]:
    """Read an order, shipment or return and keep others from changing it until we commit.

    Whoever locks several takes the order first, then the return, then the shipment, then stock: so nobody waits in a circle.
    """
    row = work.connection.execute(_LOCK[kind], {"of": number}).one_or_none()
    if row is None:
        raise Refused(Reason.UNKNOWN, f"There is no {kind} {number}.")
    check_version(work, number, row.version)
    return row


@service
def check_version(work: Work, number: str, version: int) -> None:
    """Refuse where the caller saw another version of the document than there is now."""
    seen = work.expected_version
    if seen is not None and seen[0] == number and seen[1] != version:
        raise Refused(Reason.CONFLICT, f"{number} was changed meanwhile: it is at version {version}.")


@service
def touch(work: Work, kind: str, number: str) -> None:
    """Give a document a new version, because something in it changed beside its state."""
    work.connection.execute(_CHANGE[kind], {"of": number})


@service
def change_state(work: Work, kind: str, number: str, action: str, before: str, after: str, **values: object) -> None:
    """Bring a document from one state to another and record it."""
    work.connection.execute(_CHANGE[kind], {"of": number, "state": after, **values})
    audit.record(work, kind, number, action, before, after)
