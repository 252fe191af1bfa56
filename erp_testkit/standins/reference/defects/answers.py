"""Defects of what the ERP answers: to the same request again, to an outdated one, in what form, and what it gives away."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, select

from erp_testkit.domain.documents import Alarm, Job
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.schema import idempotency_keys
from erp_testkit.standins.reference.services.unit_of_work import Request
from erp_testkit.standins.reference.services.work import Work


@defect("idempotency-key-ignored", wraps="idempotency.recall")
def idempotency_key_ignored(_original: Original, _work: Work, _key: str, _fingerprint: str) -> str | None:
    """A request that comes again under its idempotency key is done again."""
    return None


@defect("replay-answers-otherwise", wraps="idempotency.remember")
def replay_answers_otherwise(original: Original, work: Work, key: str, _answer: str) -> None:
    """What is kept of an answer is that it was given, not what it said: the same request again learns no document number."""
    original(work, key, "{}")


@defect("key-good-for-any-request", wraps="idempotency.recall")
def key_good_for_any_request(original: Original, work: Work, key: str, fingerprint: str) -> str | None:
    """Another request under a key that is taken gets the answer of the first: it seems done, and is not."""
    try:
        former: str | None = original(work, key, fingerprint)
    except Refused:
        taken = (idempotency_keys.c.user == work.user.name, idempotency_keys.c.key == key)
        return str(work.connection.execute(select(idempotency_keys.c.answer).where(*taken)).scalar_one())
    return former


@defect("outdated-change-taken", wraps="documents.check_version")
def outdated_change_taken(_original: Original, _work: Work, _number: str, _version: int) -> None:
    """Who changes a document as it was is not told that somebody else has changed it meanwhile."""


@defect("page-skips-a-row", wraps="messages.page")
def page_skips_a_row(
    original: Original, connection: Connection, document: str | None, channel: str | None, limit: int, after: int
) -> Sequence[dict[str, Any]]:
    """Every page of messages but the first begins one row too late."""
    rows: Sequence[dict[str, Any]] = original(connection, document, channel, limit + bool(after), after)
    return rows[1:] if after else rows


@defect("answer-field-renamed", wraps="messages.page")
def answer_field_renamed(
    original: Original, connection: Connection, document: str | None, channel: str | None, limit: int, after: int
) -> Sequence[dict[str, Any]]:
    """A release calls the time of a message `time` instead of `at`."""
    rows: Sequence[dict[str, Any]] = original(connection, document, channel, limit, after)
    return [{"time" if name == "at" else name: value for name, value in row.items()} for row in rows]


@defect("number-answered-as-text", wraps="jobs.of_document")
def number_answered_as_text(original: Original, connection: Connection, document: str) -> Sequence[Job]:
    """A release answers the attempts of a job as text instead of a number."""
    return [replace(job, attempts=str(job.attempts)) for job in original(connection, document)]


@defect("empty-list-is-an-error", wraps="alarms.of_document")
def empty_list_is_an_error(original: Original, connection: Connection, document: str) -> Sequence[Alarm]:
    """Where a list has no entries, the answer is a status the contract does not know."""
    found: Sequence[Alarm] = original(connection, document)
    if not found:
        raise Refused(Reason.UNKNOWN, f"There are no alarms of {document}.")
    return found


@defect("stack-trace-in-answer", wraps="unit_of_work.perform")
def stack_trace_in_answer(
    original: Original, engine: Engine, request: Request, action: Callable[[Work], Any], wake: Callable[[], None]
) -> str:
    """A refusal brings along where in the program it was made, as it was set up for the developers."""
    try:
        return str(original(engine, request, action, wake))
    except Refused as refused:
        raise Refused(refused.reason, f"{refused.message}\n{traceback.format_exc()}") from refused
