"""Messages of partner systems: what they send in, who listens to what we send out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import messages, subscriptions
from erp_testkit.standins.reference.services import audit, interfaces
from erp_testkit.standins.reference.services.clock import now
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Work
from erp_testkit.standins.reference.upsert import insert_or

_SENT_BY_US = (messages.c.number == bindparam("of"), messages.c.direction == "out")
_OUT_STATE = update(messages).where(*_SENT_BY_US).values(state=bindparam("state"))


@service
def subscribe(work: Work, url: str, secret: str, channel: str) -> int:
    """Have messages of a channel sent to a web address."""
    interfaces.check_outgoing(channel)
    audit.record(work, "interface", channel, "connect", None, "connected")
    added = insert(subscriptions).values(url=url, secret=secret, channel=channel).returning(subscriptions.c.id)
    return int(work.connection.execute(added).scalar_one())


@service
def unsubscribe(work: Work, url: str) -> None:
    """Send nothing to a web address any more."""
    dropped = delete(subscriptions).where(subscriptions.c.url == url).returning(subscriptions.c.channel)
    channels = work.connection.execute(dropped).scalars().all()
    if not channels:
        raise Refused(Reason.UNKNOWN, f"Nothing is sent to {url}.")
    for channel in channels:
        audit.record(work, "interface", channel, "disconnect", None, "disconnected")


@service
def receive(work: Work, channel: str, number: str, document: str, body: Mapping[str, Any], action: Callable[[], None]) -> None:
    """Do what a partner's message asks for, once: the same message again changes nothing, another under its number is refused."""
    text = json.dumps(body, sort_keys=True)
    if not first_time(work, channel, number, document, text):
        check_same(work, channel, number, text)
        return
    action()


@service
def first_time(work: Work, channel: str, number: str, document: str, body: str) -> bool:
    """Write a partner's message down; say no where it is known."""
    statement = (
        insert_or(work.connection.dialect.name, messages)
        .values(number=number, channel=channel, direction="in", document=document, state="received", at=now(), body=body)
        .on_conflict_do_nothing()
        .returning(messages.c.id)
    )
    return work.connection.execute(statement).first() is not None


@service
def check_same(work: Work, channel: str, number: str, body: str) -> None:
    """Refuse another message under a number that is taken."""
    known = work.connection.execute(
        select(messages.c.body).where(messages.c.channel == channel, messages.c.direction == "in", messages.c.number == number)
    ).scalar_one()
    if known != body:
        raise Refused(Reason.DUPLICATE, f"Message {number} on {channel} was received with other content.")


@service
def mark_sent(connection: Connection, number: str) -> None:
    """Write down that a message was sent."""
    connection.execute(_OUT_STATE, {"of": number, "state": "sent"})


@service
def page(connection: Connection, document: str | None, channel: str | None, limit: int, after: int) -> Sequence[dict[str, Any]]:
    """Return messages after a place in the list, oldest first: all, or those of a document, of a channel."""
    columns = [messages.c[name] for name in ("id", "number", "channel", "direction", "document", "state", "at")]
    found = select(*columns).where(messages.c.id > after).order_by(messages.c.id).limit(limit)
    if document is not None:
        found = found.where(messages.c.document == document)
    if channel is not None:
        found = found.where(messages.c.channel == channel)
    return [dict(row) for row in connection.execute(found).mappings()]
