"""Port `Labels`."""

from __future__ import annotations

from erp_testkit.domain.documents import Tracking
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Labels
from erp_testkit.pytest_plugin.conformance.stage import Stage, refused


def test_a_label_reads_as_it_was_printed(labels: Labels, stage: Stage) -> None:
    item = stage.item(Tracking.SERIAL)
    lot, (serial,) = stage.serials_in_stock(item, 1)
    scanned = labels.scan(labels.label(item, lot, serial))
    assert (scanned.item, scanned.gtin, scanned.lot, scanned.serial) == (item, stage.code("gtin", "item"), lot, serial)


def test_nonsense_is_refused_as_label(labels: Labels) -> None:
    with refused(Reason.LABEL):
        labels.scan("no label at all")
