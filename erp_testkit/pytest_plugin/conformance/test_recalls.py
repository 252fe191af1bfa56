"""Port `Recalls`."""

from __future__ import annotations

from decimal import Decimal

from erp_testkit.domain.documents import Pick
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Outbound, Recalls
from erp_testkit.pytest_plugin.conformance.stage import UNKNOWN, Stage, refused


def test_a_recalled_lot_is_refused_as_recalled(recalls: Recalls, outbound: Outbound, stage: Stage) -> None:
    item = stage.item()
    lot = stage.lot_in_stock(item, 5)
    order = stage.order(stage.customer(), item, 5)
    recalls.recall(item, lot, "field safety notice")
    with refused(Reason.RECALLED):
        outbound.plan(order, [Pick(item=item, quantity=Decimal(5), lot=lot)])


def test_an_unknown_lot_is_refused_as_unknown(recalls: Recalls, stage: Stage) -> None:
    item = stage.item()
    with refused(Reason.UNKNOWN):
        recalls.recall(item, UNKNOWN, "field safety notice")
