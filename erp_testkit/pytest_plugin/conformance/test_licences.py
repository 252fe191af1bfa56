"""Port `Licences`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from erp_testkit.domain.documents import OrderState
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Licences, Sales
from erp_testkit.pytest_plugin.conformance.stage import UNKNOWN, Stage, refused


def test_an_expired_licence_is_refused_as_licence(licences: Licences, stage: Stage) -> None:
    item, customer = stage.item(), stage.customer()
    licences.set_licence(customer, datetime.now(UTC).date() - timedelta(days=1))
    with refused(Reason.LICENCE):
        stage.order(customer, item, 1)


def test_a_block_is_refused_as_blocked_until_it_is_lifted(licences: Licences, sales: Sales, stage: Stage) -> None:
    item, customer = stage.item(), stage.customer()
    licences.block(customer, True)
    with refused(Reason.BLOCKED):
        stage.order(customer, item, 1)
    licences.block(customer, False)
    assert sales.order(stage.order(customer, item, 1, "later")).state is OrderState.CONFIRMED


def test_an_unknown_customer_is_refused_as_unknown(licences: Licences) -> None:
    with refused(Reason.UNKNOWN):
        licences.block(UNKNOWN, True)
