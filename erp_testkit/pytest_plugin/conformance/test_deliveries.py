"""Port `Deliveries`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from erp_testkit.domain.documents import Pick, ShipmentState
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Deliveries, Outbound
from erp_testkit.pytest_plugin.conformance.stage import UNKNOWN, Stage, refused


def test_a_proof_makes_a_shipment_delivered_and_may_come_twice(deliveries: Deliveries, outbound: Outbound, stage: Stage) -> None:
    item = stage.item()
    _, _, shipment = stage.shipped(item, Pick(item=item, quantity=Decimal(1), lot=stage.lot_in_stock(item, 1)))
    at = datetime.now(UTC)
    for _ in range(2):
        deliveries.prove(shipment, "Dr. Wang", at)
    delivered = outbound.shipment(shipment)
    assert delivered.state is ShipmentState.DELIVERED
    assert delivered.delivered_at is not None
    assert abs(delivered.delivered_at - at) < timedelta(seconds=1), "many ERPs keep whole seconds"


def test_an_unknown_shipment_is_refused_as_unknown(deliveries: Deliveries) -> None:
    with refused(Reason.UNKNOWN):
        deliveries.prove(UNKNOWN, "Dr. Wang", datetime.now(UTC))
