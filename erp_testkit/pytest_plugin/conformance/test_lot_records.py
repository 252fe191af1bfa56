"""Port `LotRecords`."""

from __future__ import annotations

from datetime import timedelta

from erp_testkit.domain.documents import LotStatus, Tracking
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import LotRecords
from erp_testkit.pytest_plugin.conformance.stage import UNKNOWN, Stage, refused


def test_a_lot_reads_as_it_was_received(lot_records: LotRecords, stage: Stage) -> None:
    item = stage.item(Tracking.SERIAL)
    lot, serials = stage.serials_in_stock(item, 2)
    record = lot_records.lot(item, lot)
    assert (record.item, record.lot, record.expiry, record.status) == (item, lot, stage.in_a_year, LotStatus.RELEASED)
    assert set(record.serials) == set(serials)


def test_a_corrected_expiry_date_reads_back(lot_records: LotRecords, stage: Stage) -> None:
    item = stage.item()
    lot = stage.lot_in_stock(item, 1)
    later = stage.in_a_year + timedelta(days=30)
    lot_records.correct_expiry(item, lot, later, "certificate")
    assert lot_records.lot(item, lot).expiry == later


def test_an_unknown_lot_is_refused_as_unknown(lot_records: LotRecords, stage: Stage) -> None:
    item = stage.item()
    with refused(Reason.UNKNOWN):
        lot_records.lot(item, UNKNOWN)
