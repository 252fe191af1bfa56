"""Background jobs and the messages they send."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, insert, select, update

from erp_testkit.domain.documents import Job, JobState
from erp_testkit.standins.reference import schema
from erp_testkit.standins.reference.schema import item_documents, messages
from erp_testkit.standins.reference.services import documents
from erp_testkit.standins.reference.services.clock import now
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Work

MAX_ATTEMPTS = 5
_FIRST_WAIT = timedelta(milliseconds=200)
_OPEN = (JobState.QUEUED, JobState.RUNNING)

_JOB = schema.jobs
_CLAIM = (
    select(_JOB)
    .where(_JOB.c.state == JobState.QUEUED, _JOB.c.run_after <= bindparam("at"))
    .order_by(_JOB.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
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
def queue(work: Work, kind: str, document: str, payload: Mapping[str, Any]) -> None:
    """Queue a job; it starts as soon as the work has committed."""
    at = now()
    work.connection.execute(
        insert(_JOB),
        {
            "kind": kind,
            "document": document,
            "state": JobState.QUEUED,
            "attempts": 0,
            "queued_at": at,
            "run_after": at,
            "payload": dict(payload),
        },
    )
    work.jobs_queued = True


@service
def send_message(work: Work, channel: str, document: str, content: Mapping[str, Any]) -> None:
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
            "body": json.dumps(content),
        },
    )
    queue(work, "send message", document, {"message": number})


@service
def claim(connection: Connection) -> Row[Any] | None:
    """Take the oldest job that is due, and mark it running."""
    job = connection.execute(_CLAIM, {"at": now()}).one_or_none()
    if job is not None:
        connection.execute(_CHANGE, {"of": job.id, "state": JobState.RUNNING, "attempts": job.attempts + 1})
    return job


@service
def finish(connection: Connection, job: Row[Any]) -> None:
    """Mark a job done."""
    connection.execute(_CHANGE, {"of": job.id, "state": JobState.DONE, "finished_at": now(), "error": None})


@service
def put_off(connection: Connection, job: Row[Any], error: str) -> None:
    """Try a job again later, each time after twice the wait, or give it up."""
    attempts = job.attempts + 1
    change: dict[str, Any] = {"state": JobState.QUEUED, "run_after": now() + _FIRST_WAIT * 2 ** (attempts - 1), "error": error}
    if attempts >= MAX_ATTEMPTS:
        give_up(connection, job)
        change = {"state": JobState.FAILED, "finished_at": now(), "error": error}
    connection.execute(_CHANGE, {"of": job.id, **change})


@service
def give_up(connection: Connection, job: Row[Any]) -> None:
    """Mark the message of a job that is given up."""
    if "message" in job.payload:
        connection.execute(update(messages).where(messages.c.number == job.payload["message"]).values(state="failed"))


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
