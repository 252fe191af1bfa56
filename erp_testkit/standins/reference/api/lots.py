"""Lots, serial numbers, labels: their records, quality's decisions, and trace reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import Body, Response

from erp_testkit.domain.documents import Delivered, LotRecord, Origin, ScannedLabel, SerialEvent
from erp_testkit.standins.reference.api.calling import Nothing, Reading, Writer, area, refusals, writer
from erp_testkit.standins.reference.services import labels, lots, quality, trace
from erp_testkit.standins.reference.services.work import Work
from erp_testkit.standins.reference.values import Code, Day, Label, PathCode, Remark

router = area("Lots and serial numbers")
Deciding = Annotated[Writer, writer("quality")]
Why = Annotated[Remark, Body(embed=True)]


@router.get("/lots/{item}/{lot}", response_model=LotRecord)
def read(item: PathCode, lot: PathCode, caller: Reading) -> Response:
    """Read a lot."""
    return caller.read(lambda work: lots.read(work, item, lot))


@router.post("/lots/{item}/{lot}/quarantine", response_model=Nothing)
def quarantine(item: PathCode, lot: PathCode, reason: Why, caller: Deciding) -> Response:
    """Take a whole lot out of sale."""
    return _decide(caller, quality.quarantine, item, lot, reason)


@router.post("/lots/{item}/{lot}/release", response_model=Nothing)
def release(item: PathCode, lot: PathCode, reason: Why, caller: Deciding) -> Response:
    """Let a quarantined lot back into sale."""
    return _decide(caller, quality.release, item, lot, reason)


@router.post("/lots/{item}/{lot}/recall", response_model=Nothing)
def recall(item: PathCode, lot: PathCode, reason: Why, caller: Deciding) -> Response:
    """Recall a lot."""
    return _decide(caller, quality.recall, item, lot, reason)


@router.put("/lots/{item}/{lot}/expiry", response_model=Nothing)
def correct_expiry(
    item: PathCode, lot: PathCode, expiry: Annotated[Day, Body()], reason: Annotated[Remark, Body()], caller: Deciding
) -> Response:
    """Correct a lot's last day of use."""
    return caller.done(lambda work: lots.correct_expiry(work, item, lot, expiry, reason))


@router.put("/serials/{item}/{serial}/lot", response_model=Nothing)
def bind(item: PathCode, serial: PathCode, lot: Annotated[Code, Body(embed=True)], caller: Deciding) -> Response:
    """Try to bind a serial number to another lot."""
    return caller.done(lambda work: lots.bind(work, item, serial, lot))


@router.get("/lots/{item}/{lot}/deliveries", response_model=Sequence[Delivered])
def forward(item: PathCode, lot: PathCode, caller: Reading) -> Response:
    """Return every delivery of a lot to a customer."""
    return caller.look(lambda connection: trace.forward(connection, item, lot))


@router.get("/serials/{item}/{serial}/origin", response_model=Origin)
def backward(item: PathCode, serial: PathCode, caller: Reading) -> Response:
    """Return where a serial number came from."""
    return caller.look(lambda connection: trace.backward(connection, item, serial))


@router.get("/serials/{item}/{serial}/history", response_model=Sequence[SerialEvent])
def history(item: PathCode, serial: PathCode, caller: Reading) -> Response:
    """Return every movement of a serial number, oldest first."""
    return caller.look(lambda connection: trace.history(connection, item, serial))


@router.get("/labels/scanned", response_model=ScannedLabel, responses=refusals(404, 409))
def scan(label: Label, caller: Reading) -> Response:
    """Say what a scanned label means, or refuse it."""
    return caller.read(lambda work: labels.scan(work, label))


@router.get("/labels", response_model=str, responses=refusals(404, 409))
def label(item: Code, caller: Reading, lot: Code | None = None, serial: Code | None = None) -> Response:
    """Return the label of a lot or serial number."""
    return caller.read(lambda work: labels.label(work, item, lot, serial))


def _decide(caller: Writer, decision: Callable[[Work, str, str, str], None], item: str, lot: str, reason: str) -> Response:
    return caller.done(lambda work: decision(work, item, lot, reason))
