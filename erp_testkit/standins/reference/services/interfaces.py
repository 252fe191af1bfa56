"""The interfaces to partner systems: their mapping tables, and where their messages are sent."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select

from erp_testkit.domain.documents import MappedField
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import interface_fields, subscriptions
from erp_testkit.standins.reference.services import audit
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Work

OUTGOING = ("customer.order", "wms.shipment", "carrier.despatch", "carrier.delivery", "udi.shipment")
"""Channels we send on."""

_FIELDS = select(interface_fields).where(interface_fields.c.channel == bindparam("of")).order_by(interface_fields.c.position)


@service
def connect(work: Work, channel: str, url: str, secret: str) -> None:
    """Have the messages of a channel sent to one address, instead of to any other."""
    check_outgoing(channel)
    work.connection.execute(delete(subscriptions).where(subscriptions.c.channel == channel))
    work.connection.execute(insert(subscriptions), {"url": url, "secret": secret, "channel": channel})
    audit.record(work, "interface", channel, "connect", None, "connected")


@service
def disconnect(work: Work, channel: str) -> None:
    """Send the messages of a channel nowhere."""
    check_outgoing(channel)
    work.connection.execute(delete(subscriptions).where(subscriptions.c.channel == channel))
    audit.record(work, "interface", channel, "disconnect", None, "disconnected")


@service
def check_outgoing(channel: str) -> None:
    """Refuse a channel we send nothing on."""
    if channel not in OUTGOING:
        raise Refused(Reason.UNKNOWN, f"There is no outgoing interface {channel}.")


@service
def fields(connection: Connection, channel: str) -> Sequence[MappedField]:
    """Return the mapping table of an interface, none where it has none."""
    rows = connection.execute(_FIELDS, {"of": channel})
    return [MappedField(position=row.position, source=row.source, target=row.target, width=row.width) for row in rows]


@service
def mapping_table(connection: Connection, channel: str) -> Sequence[MappedField]:
    """Return the mapping table of an interface for people to read."""
    found = fields(connection, channel)
    if not found:
        raise Refused(Reason.UNKNOWN, f"There is no interface {channel} with a mapping table.")
    return found
