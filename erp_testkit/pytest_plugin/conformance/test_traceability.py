"""Port `Traceability`."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from erp_testkit.domain.documents import Pick, PlaceKind, Tracking
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Traceability
from erp_testkit.pytest_plugin.conformance.stage import UNKNOWN, Stage, refused


def test_a_lot_is_followed_to_the_customer(traceability: Traceability, stage: Stage) -> None:
    item = stage.item()
    lot = stage.lot_in_stock(item, 5)
    assert list(traceability.forward(item, lot)) == []
    customer, _, shipment = stage.shipped(item, Pick(item=item, quantity=Decimal(2), lot=lot))
    found = traceability.forward(item, lot)
    assert [(row.customer, row.shipment, row.lot, row.serial, row.quantity) for row in found] == [(customer, shipment, lot, None, 2)]
    assert [row.at.utcoffset() for row in found] == [timedelta(0)]


def test_a_serial_number_is_followed_to_its_supplier(traceability: Traceability, stage: Stage) -> None:
    item = stage.item(Tracking.SERIAL)
    lot, (serial,) = stage.serials_in_stock(item, 1)
    origin = traceability.backward(item, serial)
    assert (origin.supplier, origin.lot) == (stage.code("supplier", f"of {lot}"), lot)
    assert origin.receipt


def test_the_history_of_a_serial_number_is_in_order(traceability: Traceability, stage: Stage) -> None:
    item = stage.item(Tracking.SERIAL)
    lot, (serial,) = stage.serials_in_stock(item, 1)
    customer, _, shipment = stage.shipped(item, Pick(item=item, quantity=Decimal(1), lot=lot, serial=serial))
    history = traceability.history(item, serial)
    assert (history[0].from_kind, history[-1].to_kind) == (PlaceKind.SUPPLIER, PlaceKind.CUSTOMER)
    assert (history[-1].document, history[-1].party) == (shipment, customer)
    assert [event.at for event in history] == sorted(event.at for event in history)


def test_unknown_codes_are_refused_as_unknown(traceability: Traceability, stage: Stage) -> None:
    item = stage.item(Tracking.SERIAL)
    with refused(Reason.UNKNOWN):
        traceability.forward(item, UNKNOWN)
    with refused(Reason.UNKNOWN):
        traceability.backward(item, UNKNOWN)
    with refused(Reason.UNKNOWN):
        traceability.history(item, UNKNOWN)
