"""Lots and serial numbers: quality's decisions, records, trace reports, labels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from erp_testkit.domain.documents import Delivered, LotRecord, Origin, ScannedLabel, SerialEvent
from erp_testkit.erp.reference.session import Session


class Quarantine:
    """Port `Quarantine`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def quarantine(self, item: str, lot: str, reason: str) -> None:
        """Take a whole lot out of sale."""
        self._session.write("lots", item, lot, "quarantine", content={"reason": reason})

    def release(self, item: str, lot: str, reason: str) -> None:
        """Let a quarantined lot back into sale."""
        self._session.write("lots", item, lot, "release", content={"reason": reason})


class Recalls:
    """Port `Recalls`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def recall(self, item: str, lot: str, reason: str) -> None:
        """Recall a lot."""
        self._session.write("lots", item, lot, "recall", content={"reason": reason})


class Traceability:
    """Port `Traceability`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def forward(self, item: str, lot: str) -> Sequence[Delivered]:
        """Return every delivery of a lot to a customer."""
        return self._session.read(tuple[Delivered, ...], "lots", item, lot, "deliveries")

    def backward(self, item: str, serial: str) -> Origin:
        """Return where a serial number came from."""
        return self._session.read(Origin, "serials", item, serial, "origin")

    def history(self, item: str, serial: str) -> Sequence[SerialEvent]:
        """Return every movement of a serial number, oldest first."""
        return self._session.read(tuple[SerialEvent, ...], "serials", item, serial, "history")


class LotRecords:
    """Port `LotRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lot(self, item: str, lot: str) -> LotRecord:
        """Read a lot."""
        return self._session.read(LotRecord, "lots", item, lot)

    def correct_expiry(self, item: str, lot: str, expiry: date, reason: str) -> None:
        """Correct the last day of use."""
        self._session.write("lots", item, lot, "expiry", content={"expiry": expiry, "reason": reason}, method="PUT")

    def bind(self, item: str, serial: str, lot: str) -> None:
        """Try to bind a serial number to another lot."""
        self._session.write("serials", item, serial, "lot", content={"lot": lot}, method="PUT")


class Labels:
    """Port `Labels`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def scan(self, label: str) -> ScannedLabel:
        """Say what a scanned label means."""
        return self._session.read(ScannedLabel, "labels", "scanned", label=label)

    def label(self, item: str, lot: str | None, serial: str | None) -> str:
        """Return the label the ERP would print."""
        return self._session.read(str, "labels", item=item, lot=lot, serial=serial)
