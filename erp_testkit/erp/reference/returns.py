"""Returns, exchanges, credits."""

from __future__ import annotations

from collections.abc import Sequence

from erp_testkit.domain.documents import Credit, Disposition, NewReturn, Pick, ReturnOrder
from erp_testkit.erp.reference.session import Session


class Returns:
    """Port `Returns`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def open_return(self, request: NewReturn) -> str:
        """Announce a return and return its number."""
        return self._session.number("returns", content=request)

    def receive_return(self, return_order: str) -> None:
        """Take the goods back."""
        self._session.write("returns", return_order, "receive")

    def inspect(self, return_order: str, line: int, disposition: Disposition) -> None:
        """Decide one line."""
        self._session.write("returns", return_order, "lines", str(line), "inspection", content={"disposition": disposition})

    def return_order(self, return_order: str) -> ReturnOrder:
        """Read a return."""
        return self._session.read(ReturnOrder, "returns", return_order)


class Exchanges:
    """Port `Exchanges`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def exchange(self, return_order: str, picks: Sequence[Pick]) -> str:
        """Plan the replacement and return the shipment number."""
        return self._session.number("returns", return_order, "exchange", content=list(picks))


class Credits:
    """Port `Credits`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def credit(self, return_order: str) -> Credit:
        """Write the credit note of a received return."""
        return self._session.parsed(Credit, self._session.write("returns", return_order, "credit"))
