"""Background jobs and the messages they send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, exists, func, insert, select, update

from erp_testkit.domain.documents import Job, JobState
from erp_testkit.standins.reference import schema
from erp_testkit.standins.reference.schema import item_documents, messages
from erp_testkit.standins.reference.services import alarms, documents
from erp_testkit.standins.reference.services.clock import now
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Work

MAX_ATTEMPTS = 5
_FIRST_WAIT = timedelta(milliseconds=200)
_OPEN = (JobState.QUEUED, JobState.RUNNING)

_JOB = schema.jobs
_EARLIER = _JOB.alias("earlier")
_NEXT_OF_ITS_CHANNEL = ~exists().where(
    _EARLIER.c.document == _JOB.c.document,
    _EARLIER.c.channel == _JOB.c.channel,
    _EARLIER.c.id < _JOB.c.id,
    _EARLIER.c.state.in_(_OPEN),
)
_OLDEST_DUE = (
    select(_JOB.c.id)
    .where(_JOB.c.state == JobState.QUEUED, _JOB.c.run_after <= bindparam("at"), _NEXT_OF_ITS_CHANNEL)
    .order_by(_JOB.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(_JOB)
    .where(_JOB.c.id == _OLDEST_DUE.scalar_subquery())
    .values(state=JobState.RUNNING, attempts=_JOB.c.attempts + 1)
    .returning(_JOB)
)
_NEXT_DUE = select(func.min(_JOB.c.run_after)).where(_JOB.c.state == JobState.QUEUED, _NEXT_OF_ITS_CHANNEL)
_CHANGE = update(_JOB).where(_JOB.c.id == bindparam("of"))
_ANY_OPEN = (
    select(_JOB.c.id)
    .where(
        _JOB.c.state.in_(_OPEN),
        _JOB.c.document.in_(select(item_documents.c.document).where(item_documents.c.item.in_(bindparam("items", expanding=True)))),
    )
    .limit(1)
)


@service
def queue(work: Work, kind: str, document: str, payload: Mapping[str, Any], channel: str | None = None) -> None:
    """Queue a job; it starts as soon as the work has committed, and those of one document and channel one after the other."""
    at = now()
    work.connection.execute(
        insert(_JOB),
        {
            "kind": kind,
            "document": document,
            "channel": channel,
            "state": JobState.QUEUED,
            "attempts": 0,
            "queued_at": at,
            "run_after": at,
            "payload": dict(payload),
        },
    )
    work.jobs_queued = True


@service
def send_message(work: Work, channel: str, document: str, content: str) -> None:
    """Write a message to a partner system; a job sends it."""
    number = documents.new_number(work, "MSG")
    work.connection.execute(
        insert(messages),
        {
            "number": number,
            "channel": channel,
            "direction": "out",
            "document": document,
            "state": "waiting",
            "at": now(),
            "body": content,
        },
    )
    queue(work, "send message", document, {"message": number}, channel)


@service
def claim(connection: Connection) -> Row[Any] | None:
    """Take the oldest job that is due, and mark it running; its attempts count this one."""
    return connection.execute(_CLAIM, {"at": now()}).one_or_none()


@service
def finish(connection: Connection, job: Row[Any]) -> None:
    """Mark a job done."""
    connection.execute(_CHANGE, {"of": job.id, "state": JobState.DONE, "finished_at": now(), "error": None})


@service
def next_due(connection: Connection) -> datetime | None:
    """Return when the next job is due, or None where none waits."""
    due: datetime | None = connection.execute(_NEXT_DUE).scalar_one()
    return due


@service
def put_off(connection: Connection, job: Row[Any], error: str) -> None:
    """Try a job again later, each time after twice the wait, or give it up."""
    if job.attempts >= MAX_ATTEMPTS:
        give_up(connection, job, error)
        return
    wait = _FIRST_WAIT * 2 ** (job.attempts - 1)
    connection.execute(_CHANGE, {"of": job.id, "state": JobState.QUEUED, "run_after": now() + wait, "error": error})


@service
def give_up(connection: Connection, job: Row[Any], error: str) -> None:
    """Mark a job failed, and its message with it; that is for people to see."""
    connection.execute(_CHANGE, {"of": job.id, "state": JobState.FAILED, "finished_at": now(), "error": error})
    if "message" in job.payload:
        number = job.payload["message"]
        connection.execute(update(messages).where(messages.c.number == number, messages.c.direction == "out").values(state="failed"))
        alarms.sound(connection, job.channel, job.document, f"Message {number} was given up at attempt {job.attempts}: {error}")


@service
def recover(connection: Connection) -> None:
    """Queue again what was running when the ERP was killed."""
    connection.execute(update(_JOB).where(_JOB.c.state == JobState.RUNNING).values(state=JobState.QUEUED))


@service
def of_document(connection: Connection, document: str) -> Sequence[Job]:
    """Return the jobs of a document, oldest first."""
    return _read(connection, _JOB.c.document == document)


@service
def backlog(connection: Connection) -> Sequence[Job]:
    """Return every job that is not done, oldest first."""
    return _read(connection, _JOB.c.state != JobState.DONE)


def _read(connection: Connection, which: ColumnElement[bool]) -> Sequence[Job]:
    rows = connection.execute(select(_JOB).where(which).order_by(_JOB.c.id))
    return [
        Job(
            id=str(row.id),
            kind=row.kind,
            document=row.document,
            state=JobState(row.state),
            attempts=row.attempts,
            queued_at=row.queued_at,
            error=row.error,
        )
        for row in rows
    ]


@service
def any_open(connection: Connection, items: Sequence[str]) -> bool:
    """Say whether a job for a document of these items is queued or running."""
    return connection.execute(_ANY_OPEN, {"items": list(items)}).first() is not None
