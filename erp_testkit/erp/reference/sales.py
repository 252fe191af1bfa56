"""Quotations and orders."""

from __future__ import annotations

from collections.abc import Sequence

from erp_testkit.domain.documents import NewOrder, NewOrderLine, SalesOrder
from erp_testkit.erp.reference.session import Session


class Sales:
    """Port `Sales`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def quote(self, order: NewOrder) -> str:
        """Enter a quotation and return its order number."""
        return self._session.number("orders", content=order)

    def confirm(self, order: str) -> None:
        """Turn a quotation into an order."""
        self._session.write("orders", order, "confirm")

    def amend(self, order: str, lines: Sequence[NewOrderLine]) -> None:
        """Replace the lines of an order."""
        self._session.write("orders", order, "lines", content=list(lines), method="PUT")

    def cancel(self, order: str) -> None:
        """Cancel an order."""
        self._session.write("orders", order, "cancel")

    def order(self, order: str) -> SalesOrder:
        """Read an order."""
        return self._session.read(SalesOrder, "orders", order)

    def orders_with_reference(self, customer: str, reference: str) -> Sequence[str]:
        """Return the numbers of all orders of a customer that carry a reference."""
        return self._session.read(tuple[str, ...], "orders", customer=customer, reference=reference, limit="500")
