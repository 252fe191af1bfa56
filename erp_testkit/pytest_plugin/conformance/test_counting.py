"""Port `Counting`."""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp_testkit.domain.documents import CountLine
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Counting, Stock
from erp_testkit.pytest_plugin.conformance.stage import UNKNOWN, Stage, refused


@pytest.mark.parametrize("found", [4, 9, 0], ids=["shortage", "surplus", "nothing"])
def test_what_is_found_is_on_hand(counting: Counting, stock: Stock, stage: Stage, found: int) -> None:
    item = stage.item()
    lot = stage.lot_in_stock(item, 7)
    assert counting.count([CountLine(item=item, bin=stock.bins()[0], quantity=Decimal(found), lot=lot)])
    assert [row.quantity for row in stock.on_hand(item)] == ([found] if found else [])


def test_an_unknown_bin_is_refused_as_unknown(counting: Counting, stage: Stage) -> None:
    item = stage.item()
    lot = stage.lot_in_stock(item, 1)
    with refused(Reason.UNKNOWN):
        counting.count([CountLine(item=item, bin=UNKNOWN, quantity=Decimal(1), lot=lot)])
