"""Port `MasterData`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from erp_testkit.domain.documents import Tracking
from erp_testkit.erp.ports import LedgerSource, MasterData
from erp_testkit.pytest_plugin.conformance.stage import Stage


@pytest.mark.parametrize("tracking", list(Tracking))
def test_an_item_is_in_the_catalogue_as_it_was_added(
    master_data: MasterData,  # noqa: ARG001  # the stage adds through it
    ledger: LedgerSource,
    stage: Stage,
    tracking: Tracking,
) -> None:
    code = stage.item(tracking)
    rows = ledger.read([code], datetime.now(UTC)).tables["items"]
    assert [(row["item"], row["gtin"], row["tracking"], row["unit"]) for row in rows] == [
        (code, stage.code("gtin", "item"), tracking.value, "piece")
    ]


def test_customers_and_suppliers_can_be_added(master_data: MasterData, stage: Stage) -> None:  # noqa: ARG001  # the stage adds through it
    assert stage.customer() != stage.supplier()
