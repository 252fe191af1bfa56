"""Master data and stock for a test, under codes no ERP has met before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest

from erp_testkit.data.codes import CodeMaker
from erp_testkit.domain.documents import (
    Customer,
    Item,
    NewOrder,
    NewOrderLine,
    NewReceipt,
    Pick,
    ReceiptLine,
    Supplier,
    Tracking,
)
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.erp.ports import MasterData, Outbound, Sales, Stock

UNKNOWN = "NO-SUCH-CODE"
"""A code of nothing."""

PRICE = Decimal("100.00")


class Stage:
    """What tests need before they begin; every code is made from the test's own name.

    Args:
        codes: makes a code of a kind for an alias.
        port: gives a port by name; a test whose stage needs a port the adapter lacks is not covered.
    """

    def __init__(self, codes: CodeMaker, port: Callable[[str], object]) -> None:
        self.code = codes
        self._port = port

    @property
    def in_a_year(self) -> date:
        """An expiry date that is no trouble."""
        return datetime.now(UTC).date() + timedelta(days=365)

    def item(self, tracking: Tracking = Tracking.LOT, alias: str = "item") -> str:
        """Add an item and return its code."""
        code = self.code("item", alias)
        self._master_data.add_item(
            Item(
                code=code, name=f"Device {code}", gtin=self.code("gtin", alias), tracking=tracking, packs={"box": Decimal(10)}, price=PRICE
            )
        )
        return code

    def customer(self, alias: str = "customer") -> str:
        """Add a customer and return its code."""
        code = self.code("customer", alias)
        self._master_data.add_customer(Customer(code=code, name=f"Hospital {code}", licence_until=self.in_a_year))
        return code

    def supplier(self, alias: str = "supplier") -> str:
        """Add a supplier and return its code."""
        code = self.code("supplier", alias)
        self._master_data.add_supplier(Supplier(code=code, name=f"Supplier {code}"))
        return code

    def lot_in_stock(self, item: str, quantity: int, alias: str = "lot") -> str:
        """Receive a lot and return its number."""
        lot = self.code("lot", alias)
        self._receive(ReceiptLine(item=item, quantity=Decimal(quantity), lot=lot, expiry=self.in_a_year))
        return lot

    def serials_in_stock(self, item: str, count: int) -> tuple[str, tuple[str, ...]]:
        """Receive serial numbers of one lot; return the lot and them."""
        lot, serials = self.code("lot", "lot"), tuple(self.code("serial", str(index)) for index in range(count))
        self._receive(*(ReceiptLine(item=item, quantity=Decimal(1), lot=lot, serial=serial, expiry=self.in_a_year) for serial in serials))
        return lot, serials

    def quotation(self, customer: str, item: str, quantity: int, alias: str = "order") -> str:
        """Enter a quotation and return its number."""
        line = NewOrderLine(item=item, quantity=Decimal(quantity))
        return self._sales.quote(NewOrder(customer=customer, reference=self.code("reference", alias), lines=(line,)))

    def order(self, customer: str, item: str, quantity: int, alias: str = "order") -> str:
        """Enter and confirm an order and return its number."""
        number = self.quotation(customer, item, quantity, alias)
        self._sales.confirm(number)
        return number

    def shipped(self, item: str, *picks: Pick) -> tuple[str, str, str]:
        """Order and ship picks of an item; return customer, order and shipment."""
        customer = self.customer()
        order = self.order(customer, item, int(sum(pick.quantity for pick in picks)))
        shipment = self._outbound.plan(order, picks)
        self._outbound.ship(shipment)
        return customer, order, shipment

    @property
    def _master_data(self) -> MasterData:
        return cast("MasterData", self._port("master_data"))

    @property
    def _sales(self) -> Sales:
        return cast("Sales", self._port("sales"))

    @property
    def _outbound(self) -> Outbound:
        return cast("Outbound", self._port("outbound"))

    def _receive(self, *lines: ReceiptLine) -> None:
        cast("Stock", self._port("stock")).receive(NewReceipt(supplier=self.supplier(f"of {lines[0].lot}"), lines=lines))


@contextmanager
def refused(reason: Reason) -> Iterator[None]:
    """Fail unless what is done inside is refused for this reason."""
    try:
        yield
    except Refused as refusal:
        if refusal.reason is not reason:
            pytest.fail(f"expected a refusal ({reason}), got {refusal}", pytrace=False)
        return
    pytest.fail(f"expected a refusal ({reason}), got success", pytrace=False)
