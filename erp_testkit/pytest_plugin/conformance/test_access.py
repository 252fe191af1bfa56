"""Port `Access`."""

from __future__ import annotations

from decimal import Decimal

from erp_testkit.domain.documents import NewReceipt, ReceiptLine, Role
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Access, Sales, Stock, port
from erp_testkit.pytest_plugin.conformance.stage import Stage, refused


def test_every_role_has_a_user_of_its_own(access: Access) -> None:
    assert len({access.user(role) for role in Role}) == len(Role)


def test_an_auditor_reads_and_writes_nothing(access: Access, sales: Sales, stage: Stage) -> None:
    number = stage.quotation(stage.customer(), stage.item(), 1)
    auditor = access.acting_as(Role.AUDITOR)
    theirs = port(auditor, Sales)
    assert theirs.order(number) == sales.order(number)
    with refused(Reason.RIGHTS):
        theirs.confirm(number)


def test_sales_receives_no_goods(access: Access, stock: Stock, stage: Stage) -> None:
    item, supplier = stage.item(), stage.supplier()
    line = ReceiptLine(item=item, quantity=Decimal(1), lot=stage.code("lot", "lot"), expiry=stage.in_a_year)
    theirs = port(access.acting_as(Role.SALES), Stock)
    with refused(Reason.RIGHTS):
        theirs.receive(NewReceipt(supplier=supplier, lines=(line,)))
    assert list(stock.on_hand(item)) == []
