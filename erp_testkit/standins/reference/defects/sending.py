"""Defects of sending messages: how often, when, under what number, with what signature, and who is told when it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from uuid import uuid4

from sqlalchemy import Connection, Row, update

from erp_testkit.domain.documents import JobState, MappedField
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.schema import jobs
from erp_testkit.standins.reference.services import jobs as queue
from erp_testkit.standins.reference.services.clock import now
from erp_testkit.standins.reference.services.work import Hopeless, Work

_SLOWER_LINE = timedelta(seconds=4)


@defect("message-never-tried-again", wraps="jobs.put_off")
def message_never_tried_again(_original: Original, connection: Connection, job: Row[Any], error: str) -> None:
    """A message that did not get through is given up at once."""
    queue.give_up(connection, job, error)


@defect("retries-without-pause", wraps="jobs.put_off")
def retries_without_pause(original: Original, connection: Connection, job: Row[Any], error: str) -> None:
    """A message that did not get through is tried again at once, and all its attempts fall into the same moment."""
    original(connection, job, error)
    connection.execute(update(jobs).where(jobs.c.id == job.id, jobs.c.state == JobState.QUEUED).values(run_after=now()))


@defect("retries-given-up-early", wraps="jobs.put_off")
def retries_given_up_early(original: Original, connection: Connection, job: Row[Any], error: str) -> None:
    """A message is given up after three attempts: the limit of another interface was copied."""
    after = queue.give_up if job.attempts >= 3 else original
    after(connection, job, error)


@defect("refusal-tried-again", wraps="sending.check_refusal")
def refusal_tried_again(original: Original, refusal: HTTPError) -> None:
    """What a partner refuses for good is sent again and again, as if it might pass."""
    try:
        original(refusal)
    except Hopeless:
        raise refusal from None


@defect("had-it-taken-for-refusal", wraps="sending.check_refusal")
def had_it_taken_for_refusal(_original: Original, refusal: HTTPError) -> None:
    """A partner's word that it has the message already is taken for a refusal, and the message shows as failed."""
    if refusal.code >= 500:
        raise refusal
    raise Hopeless(f"The partner refused it with status {refusal.code}.")


@defect("server-error-taken-for-refusal", wraps="sending.check_refusal")
def server_error_taken_for_refusal(original: Original, refusal: HTTPError) -> None:
    """Of the errors that pass only 503 is known: at a status of 500 a message is given up."""
    if refusal.code == 500:
        raise Hopeless("The partner is broken.")
    original(refusal)


@defect("cut-answer-taken-for-success", wraps="sending.send")
def cut_answer_taken_for_success(original: Original, url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """A message whose answer never came counts as sent."""
    try:
        original(url, body, headers)
    except HTTPError:
        raise
    except (OSError, HTTPException):
        return


@defect("new-number-for-each-attempt", wraps="sending.headers")
def new_number_for_each_attempt(original: Original, message: Row[Any], body: bytes, secret: str) -> dict[str, str]:
    """Every attempt goes out under a number of its own, so that the partner cannot know a message again."""
    sent: dict[str, str] = original(message, body, secret)
    return {**sent, "X-Message-Id": str(uuid4())}


@defect("message-stamped-at-each-attempt", wraps="sending.payload")
def message_stamped_at_each_attempt(original: Original, message: Row[Any], fields: Sequence[MappedField]) -> str:
    """Each attempt writes the moment of sending into the message, so that no two are the same."""
    text = str(original(message, fields))
    return text.replace("</submission>", f"<!-- {now().isoformat()} --></submission>")


@defect("signature-over-trimmed-body", wraps="sending.signature")
def signature_over_trimmed_body(original: Original, body: bytes, secret: str) -> str:
    """The signature is made before the last line break is written: it fits no file that ends with one."""
    return str(original(body.rstrip(), secret))


@defect("signature-missing", wraps="sending.headers")
def signature_missing(original: Original, message: Row[Any], body: bytes, secret: str) -> dict[str, str]:
    """The messages to the UDI registry go out without a signature: nobody has given the interface a key."""
    sent: dict[str, str] = original(message, body, secret)
    return {name: value for name, value in sent.items() if name != "X-Signature-SHA256" or message.channel != "udi.shipment"}


_of_channel: dict[str, int] = {}
"""How many messages went out, by channel."""


@defect("messages-overtake-each-other", wraps="jobs.queue")
def messages_overtake_each_other(
    original: Original, work: Work, kind: str, document: str, payload: Mapping[str, Any], channel: str | None = None
) -> None:
    """Messages go out over two lines in turn, and those of the slower line are overtaken."""
    original(work, kind, document, payload, channel)
    if channel is not None:
        _of_channel[channel] = _of_channel.get(channel, 0) + 1
        if _of_channel[channel] % 2:
            ours = (jobs.c.document == document, jobs.c.channel == channel, jobs.c.state == JobState.QUEUED)
            work.connection.execute(update(jobs).where(*ours).values(run_after=now() + _SLOWER_LINE))


@defect("given-up-without-alarm", wraps="alarms.sound")
def given_up_without_alarm(_original: Original, _connection: Connection, _channel: str, _document: str, _text: str) -> None:
    """A message is given up, and nobody is told."""


@defect("given-up-job-stays-running", wraps="jobs.give_up")
def given_up_job_stays_running(_original: Original, _connection: Connection, _job: Row[Any], _error: str) -> None:
    """A job that is given up is left as it is: it seems to run for ever."""
