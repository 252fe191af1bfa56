"""Alarms: what the ERP raises for people to see, because an interface does not work."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from erp_testkit.domain.documents import Alarm
from erp_testkit.standins.reference.schema import alarms
from erp_testkit.standins.reference.services.clock import now
from erp_testkit.standins.reference.services.registry import service


@service
def sound(connection: Connection, channel: str, document: str, text: str) -> None:
    """Raise an alarm."""
    connection.execute(insert(alarms), {"at": now(), "channel": channel, "document": document, "text": text})


@service
def of_document(connection: Connection, document: str) -> Sequence[Alarm]:
    """Return the alarms of a document, oldest first."""
    rows = connection.execute(select(alarms).where(alarms.c.document == document).order_by(alarms.c.id))
    return [Alarm(at=row.at, channel=row.channel, document=row.document, text=row.text) for row in rows]
