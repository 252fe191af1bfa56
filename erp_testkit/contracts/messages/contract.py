"""Message contracts: AsyncAPI 3 documents as the index, JSON Schema for each message, and settings for what AsyncAPI cannot say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from erp_testkit.contracts.check import Check, Contract
from erp_testkit.contracts.messages import document
from erp_testkit.contracts.messages.checks import AllDownCheck, BacklogCheck, CallbackCheck, ExampleCheck, OutgoingCheck, Trouble
from erp_testkit.contracts.messages.document import Document
from erp_testkit.contracts.messages.misbehaviours import MISBEHAVIOURS, Misbehaviour, before_its_turn, old_version, takes_unknown_fields
from erp_testkit.contracts.messages.outgoing import Promise
from erp_testkit.contracts.messages.settings import Settings, load_settings


def load(file: Path) -> Contract:
    """Read a message contract with its settings.

    Raises:
        UsageError: one of them has mistakes; its text names all of them.
    """
    read = document.read(file)
    settings = load_settings(file, read.channels)
    return Contract(
        name=file.stem,
        kind="messages",
        title=read.title,
        file=file,
        checks=tuple(_checks(read, settings)),
        adapter=settings.adapter,
    )


def _checks(read: Document, settings: Settings) -> Iterator[Check]:
    for channel in read.channels.values():
        if any(form.examples for form in channel.forms):
            yield ExampleCheck(id=f"{channel.name} examples", title=f"Examples of {channel.name} fit", line=channel.line, channel=channel)
    for name in settings.callbacks:
        for what, misbehaviour in _stories(read, settings, name):
            channel = read.channels[name]
            yield CallbackCheck(
                id=f"{name} {what}",
                title=f"{name}: {misbehaviour.title}",
                line=channel.line,
                channel=channel,
                settings=settings,
                name=what,
                story=misbehaviour.play,
            )
    for name in settings.outgoing:
        for trouble in _troubles(settings, name):
            channel = read.channels[name]
            yield OutgoingCheck(
                id=f"{name} {trouble.name}",
                title=f"{name}: {trouble.title}",
                line=channel.line,
                channel=channel,
                settings=settings,
                trouble=trouble,
            )
    if settings.outgoing:
        first = read.channels[next(iter(settings.outgoing))]
        yield AllDownCheck(line=first.line, document=read, settings=settings)
        yield BacklogCheck(line=1, stuck_seconds=settings.stuck_seconds)


def _stories(read: Document, settings: Settings, name: str) -> Iterator[tuple[str, Misbehaviour]]:
    """Return what a partner can do wrong with a callback."""
    callback = settings.callbacks[name]
    for what, misbehaviour in MISBEHAVIOURS.items():
        if what != "unknown fields" or takes_unknown_fields(read.channels[name].forms[0]):
            yield what, misbehaviour
    if callback.follows:
        former = read.channels[callback.follows]
        title = f"A message before {former.name} is not early and not lost"
        yield "before its turn", Misbehaviour(title, partial(before_its_turn, former=former))
    for version in callback.old_versions:
        title = f"A message of version {version.name} is {version.is_} and changes nothing else"
        yield f"old version {version.name}", Misbehaviour(title, partial(old_version, version=version))


def _troubles(settings: Settings, name: str) -> Iterator[Trouble]:
    """Return what a partner can do to a message of the ERP."""
    retry, outgoing = settings.retry_of(name), settings.outgoing[name]
    yield Trouble(name="sent", title="A message is sent once, signed and as its schema says", promise=Promise(attempts=1))
    yield Trouble(
        name="slow",
        title="Messages to a slow partner are sent once each, in order where promised",
        promise=Promise(attempts=1),
        misbehaviour="slow",
        options={"seconds": outgoing.slow_seconds},
        documents=3 if outgoing.in_order else 1,
    )
    yield Trouble(
        name="garbage", title="An answer that is no JSON counts by its status", promise=Promise(attempts=1), misbehaviour="garbage"
    )
    for position, status in enumerate(retry.retried if retry.attempts > 1 else ()):
        times = min(1 if position else 2, retry.attempts - 1)
        yield Trouble(
            name=f"fails first {status}",
            title=f"A message is tried again after status {status}, and has its effect once",
            promise=Promise(attempts=times + 1),
            misbehaviour="fail-first",
            options={"times": times, "status": status},
        )
    cuts = (("ack lost", "cut", "before its answer"), ("cut off", "cut-early", "before it is read"))
    for what, misbehaviour, when in cuts if retry.attempts > 1 else ():
        yield Trouble(
            name=what,
            title=f"A message is tried again when the connection is cut {when}, and has its effect once",
            promise=Promise(attempts=2),
            misbehaviour=misbehaviour,
            options={"times": 1},
        )
    for status in retry.abandoned:
        yield Trouble(
            name=f"refused {status}",
            title=f"A message is given up after status {status}, and somebody is told",
            promise=Promise(attempts=1, arrives=False),
            misbehaviour="refuse",
            options={"status": status},
        )
    for status in retry.treated_as_delivered:
        yield Trouble(
            name=f"refused {status}",
            title=f"Status {status} says that the partner has the message",
            promise=Promise(attempts=1, effect=False),
            misbehaviour="refuse",
            options={"status": status},
        )
