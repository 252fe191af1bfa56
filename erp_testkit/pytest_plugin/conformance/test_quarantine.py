"""Port `Quarantine`."""

from __future__ import annotations

from decimal import Decimal

from erp_testkit.domain.documents import Pick
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Outbound, Quarantine
from erp_testkit.pytest_plugin.conformance.stage import UNKNOWN, Stage, refused


def test_a_quarantined_lot_is_refused_as_quarantined_until_it_is_released(quarantine: Quarantine, outbound: Outbound, stage: Stage) -> None:
    item = stage.item()
    lot = stage.lot_in_stock(item, 5)
    order = stage.order(stage.customer(), item, 5)
    picks = [Pick(item=item, quantity=Decimal(5), lot=lot)]
    quarantine.quarantine(item, lot, "complaint")
    with refused(Reason.QUARANTINED):
        outbound.plan(order, picks)
    quarantine.release(item, lot, "no fault found")
    assert outbound.plan(order, picks)


def test_an_unknown_lot_is_refused_as_unknown(quarantine: Quarantine, stage: Stage) -> None:
    item = stage.item()
    with refused(Reason.UNKNOWN):
        quarantine.quarantine(item, UNKNOWN, "complaint")
