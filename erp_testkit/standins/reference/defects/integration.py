"""Defects of interfaces, messages and jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from erp_testkit.domain.documents import JobState
from erp_testkit.erp.errors import Refused
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.schema import jobs, messages, shipments
from erp_testkit.standins.reference.services.unit_of_work import Request
from erp_testkit.standins.reference.services.work import Work


@defect("request-repeated-after-timeout", wraps="unit_of_work.perform")
def request_repeated_after_timeout(
    original: Original, engine: Engine, request: Request, action: Callable[[Work], Any], wake: Callable[[], None]
) -> str:
    """The gateway sends a request again that it thinks lost, and the idempotency key is not looked at."""
    first: str = original(engine, request, action, wake)
    try:
        return str(original(engine, replace(request, key=None), action, wake))
    except Refused:
        return first


@defect("acknowledgement-lost", wraps="unit_of_work.acknowledge")
def acknowledgement_lost(original: Original, request: Request, answer: str) -> str:
    """A shipment is planned and committed, and then the answer is lost."""
    if '"SH-' in answer:
        raise ConnectionError("the answer was lost")
    return str(original(request, answer))


@defect("job-never-finishes", wraps="jobs.finish")
def job_never_finishes(original: Original, connection: Connection, job: Row[Any]) -> None:
    """The job that prints the papers of an exchange waits for a printer that is not there."""
    of_return = connection.execute(select(shipments.c.return_no).where(shipments.c.number == job.document)).scalar_one_or_none()
    if of_return is None:
        original(connection, job)


@defect("job-fails-silently", wraps="jobs.finish")
def job_fails_silently(original: Original, connection: Connection, job: Row[Any]) -> None:
    """A job that could not print is given up, and nobody is told."""
    if job.kind == "print delivery note":
        connection.execute(update(jobs).where(jobs.c.id == job.id).values(state=JobState.FAILED))
    else:
        original(connection, job)


@defect("message-sent-again", wraps="messages.mark_sent", weakens=("message_unique",))
def message_sent_again(original: Original, connection: Connection, number: str) -> None:
    """A message that was sent is picked up once more by the nightly run."""
    original(connection, number)
    sent = connection.execute(select(messages).where(messages.c.number == number)).first()
    assert sent is not None
    connection.execute(insert(messages).values({name: value for name, value in sent._mapping.items() if name != "id"}))


@defect("message-never-sent", wraps="messages.mark_sent")
def message_never_sent(_original: Original, _connection: Connection, _number: str) -> None:
    """The job is done and the message still waits."""
