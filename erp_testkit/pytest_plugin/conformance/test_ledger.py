"""Port `LedgerSource`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from erp_testkit.domain.documents import Pick, Tracking
from erp_testkit.domain.ledger import TABLES, Kind, Ledger, Value, time_text
from erp_testkit.erp.ports import Erp, Jobs, LedgerSource, Outbound, Sales, Stock
from erp_testkit.pytest_plugin.conformance.stage import UNKNOWN, Stage

_VALID: Mapping[Kind, Callable[[Value], bool]] = {
    Kind.TEXT: lambda value: isinstance(value, str),
    Kind.QUANTITY: lambda value: isinstance(value, Decimal),
    Kind.MONEY: lambda value: isinstance(value, Decimal),
    Kind.TIME: lambda value: bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", str(value))),
    Kind.DATE: lambda value: bool(re.fullmatch(r"\d{4}-\d\d-\d\d", str(value))),
    Kind.INTEGER: lambda value: type(value) is int,
    Kind.FLAG: lambda value: value in (0, 1),
}


def _shipped(stage: Stage) -> tuple[str, str, str, str]:
    """Ship two of five serial numbers; return item, lot, order and shipment."""
    item = stage.item(Tracking.SERIAL)
    lot, serials = stage.serials_in_stock(item, 5)
    _, order, shipment = stage.shipped(item, *(Pick(item=item, quantity=Decimal(1), lot=lot, serial=serial) for serial in serials[:2]))
    return item, lot, order, shipment


def _without_run(read: Ledger) -> dict[str, list[Mapping[str, Value]]]:
    return {name: list(rows) for name, rows in read.tables.items() if name != "run"}


def test_every_value_is_of_its_columns_kind(ledger: LedgerSource, stage: Stage) -> None:
    item, *_ = _shipped(stage)
    wrong = [
        f"{name}.{column.name}: {row[column.name]!r} is no {column.kind}"
        for name, rows in ledger.read([item], datetime.now(UTC)).tables.items()
        for row in rows
        for column in TABLES[name].columns
        if row[column.name] is not None and not _VALID[column.kind](row[column.name])
    ]
    assert wrong == []


def test_the_run_is_told(ledger: LedgerSource) -> None:
    since = datetime.now(UTC)
    (row,) = ledger.read([UNKNOWN], since).tables["run"]
    assert row["started_at"] == time_text(since)
    assert str(row["read_at"]) >= time_text(since)


def test_the_ledger_tells_what_happened(ledger: LedgerSource, outbound: Outbound, stage: Stage) -> None:  # noqa: ARG001  # ships
    item, lot, order, shipment = _shipped(stage)
    tables = ledger.read([item], datetime.now(UTC)).tables
    assert {(row["serial"], row["lot"]) for row in tables["serials"]} == {(stage.code("serial", str(index)), lot) for index in range(5)}
    assert [(row["order_no"], row["state"]) for row in tables["orders"]] == [(order, "shipped")]
    assert [(row["shipment"], row["order_no"], row["state"]) for row in tables["shipments"]] == [(shipment, order, "shipped")]
    left = [row for row in tables["moves"] if row["to_kind"] == "customer"]
    assert {(row["serial"], row["quantity"], row["document"]) for row in left} == {
        (stage.code("serial", str(index)), 1, shipment) for index in range(2)
    }
    assert {row["serial"] for row in tables["on_hand"]} == {stage.code("serial", str(index)) for index in range(2, 5)}


def test_only_the_items_asked_for_are_read(ledger: LedgerSource, stage: Stage) -> None:
    one, other = stage.item(alias="one"), stage.item(alias="other")
    stage.lot_in_stock(one, 1, "of one")
    stage.lot_in_stock(other, 1, "of other")
    tables = ledger.read([one], datetime.now(UTC)).tables
    items = {row["item"] for rows in tables.values() for row in rows if "item" in row}
    assert items == {one}


def test_reading_changes_nothing(ledger: LedgerSource, sales: Sales, outbound: Outbound, stock: Stock, erp: Erp, stage: Stage) -> None:
    item, _, order, shipment = _shipped(stage)
    jobs: Jobs | None = getattr(erp, "jobs", None)
    if jobs is not None:
        jobs.settle([item], 10)
    before = _without_run(ledger.read([item], datetime.now(UTC)))
    sales.order(order)
    outbound.shipment(shipment)
    outbound.delivery_note(shipment)
    stock.on_hand(item)
    assert _without_run(ledger.read([item], datetime.now(UTC))) == before


def test_the_erp_says_its_name(ledger: LedgerSource, erp: Erp) -> None:  # noqa: ARG001  # every adapter has a ledger or is hardly one
    assert erp.name.strip()
