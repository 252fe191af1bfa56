"""Receipts, transfers, counts, what is on hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from erp_testkit.domain.documents import CountLine, NewReceipt, OnHand, Pick
from erp_testkit.erp.reference.session import Session


class Stock:
    """Port `Stock`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def receive(self, receipt: NewReceipt) -> str:
        """Book a goods receipt and return its number."""
        return self._session.number("receipts", content=receipt)

    def transfer(self, pick: Pick, to_bin: str) -> str:
        """Move stock between bins and return the document number."""
        return self._session.number("transfers", content={"pick": pick, "to_bin": to_bin})

    def bins(self) -> Sequence[str]:
        """Return the bins for saleable stock, the main bin first."""
        return self._session.read(tuple[str, ...], "bins")

    def on_hand(self, item: str, on: date | None = None) -> Sequence[OnHand]:
        """Return stock of an item, now or at the end of a past day."""
        return self._session.read(tuple[OnHand, ...], "on-hand", item=item, on=on.isoformat() if on else None)


class Counting:
    """Port `Counting`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self, lines: Sequence[CountLine]) -> str:
        """Book what was found and return the count's number."""
        return self._session.number("counts", content=list(lines))
