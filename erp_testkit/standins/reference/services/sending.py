"""Sending messages to partner systems: what goes over the wire, and what their answer means."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPDefaultErrorHandler, HTTPErrorProcessor, HTTPHandler, HTTPSHandler, OpenerDirector, Request

from sqlalchemy import Connection, Engine, Row, bindparam, select

from erp_testkit.domain.documents import MappedField
from erp_testkit.standins.reference.database import reading
from erp_testkit.standins.reference.schema import messages, subscriptions
from erp_testkit.standins.reference.services import interfaces, sources
from erp_testkit.standins.reference.services.mapping import WRITERS
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Hopeless

TIMEOUT_SECONDS = 3.0
"""How long a partner may take to answer."""
_HTTP_1_1 = 11

_MESSAGE = select(messages).where(messages.c.number == bindparam("of"), messages.c.direction == "out")
_LISTENERS = select(subscriptions).where(subscriptions.c.channel == bindparam("of")).order_by(subscriptions.c.id)


@service
def deliver(engine: Engine, number: str) -> None:
    """Send a message to everyone who listens to its channel; without a listener it waits in the partner's mailbox, sent.

    No transaction is open meanwhile: a partner may call back before it answers.

    Raises:
        Hopeless: the message cannot be written, or the partner refuses it.
        OSError: the partner could not be reached, or did not answer as one that took the message.
    """
    with reading(engine) as connection:
        message = connection.execute(_MESSAGE, {"of": number}).one()
        listening = listeners(connection, message.channel)
        fields = interfaces.fields(connection, message.channel) if listening else ()
    for listener in listening:
        body = payload(message, fields).encode()
        send(listener.url, body, headers(message, body, listener.secret))


@service
def listeners(connection: Connection, channel: str) -> Sequence[Row[Any]]:
    """Return who listens to a channel."""
    return connection.execute(_LISTENERS, {"of": channel}).all()


@service
def payload(message: Row[Any], fields: Sequence[MappedField]) -> str:
    """Return what is sent."""
    if message.channel in WRITERS:
        _, write = WRITERS[message.channel]
        return write(sources.read(message.body), fields)
    return json.dumps({"message": message.number, "channel": message.channel, "content": json.loads(message.body)})


@service
def headers(message: Row[Any], body: bytes, secret: str) -> dict[str, str]:
    """Return what a message is sent with: its number, by which the partner knows it again, and its signature."""
    return {
        "Content-Type": WRITERS[message.channel][0] if message.channel in WRITERS else "application/json",
        "X-Message-Id": message.number,
        "X-Channel": message.channel,
        "X-Signature-SHA256": signature(body, secret),
    }


@service
def signature(body: bytes, secret: str) -> str:
    """Return the HMAC-SHA256 of a body, in hexadecimal."""
    return hmac.new(secret.encode(), body, "sha256").hexdigest()


@service
def send(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Send a body and take the answer as an acknowledgement, whatever it says beside its status."""
    request = Request(url, data=body, headers=dict(headers))  # noqa: S310  # subscriptions take http and https only
    try:
        with _opener().open(request, timeout=TIMEOUT_SECONDS) as answer:
            # To its end: an answer that is cut off is none, also where its head is.
            if answer.version == _HTTP_1_1 and answer.length is None and not answer.chunked and "Connection" not in answer.headers:
                raise ConnectionError("The partner's answer says neither how long it is nor that the connection ends it.")
            answer.read()
    except HTTPError as refusal:
        with refusal:
            check_refusal(refusal)


@service
def check_refusal(refusal: HTTPError) -> None:
    """Say what a status means: had it already is as good as taken, a server error may pass, all else will not.

    Raises:
        HTTPError: it may pass.
        Hopeless: it will not.
    """
    if refusal.code == 409:
        return
    if refusal.code >= 500:
        raise refusal
    raise Hopeless(f"The partner refused it with status {refusal.code}.")


def _opener() -> OpenerDirector:
    """Return a client that follows no redirection and asks no proxy of the machine."""
    opener = OpenerDirector()
    for handler in (HTTPHandler(), HTTPSHandler(), HTTPDefaultErrorHandler(), HTTPErrorProcessor()):
        opener.add_handler(handler)
    return opener
