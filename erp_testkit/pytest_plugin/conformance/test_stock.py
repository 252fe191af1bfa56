"""Port `Stock`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from erp_testkit.domain.documents import NewReceipt, Pick, PlaceKind, ReceiptLine, Tracking
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Stock
from erp_testkit.pytest_plugin.conformance.stage import UNKNOWN, Stage, refused


def test_there_are_two_bins(stock: Stock) -> None:
    assert len(set(stock.bins())) >= 2


def test_a_receipt_is_on_hand_in_the_main_bin(stock: Stock, stage: Stage) -> None:
    item = stage.item()
    lot = stage.lot_in_stock(item, 7)
    main = stock.bins()[0]
    rows = [(row.item, row.bin, row.kind, row.lot, row.serial, row.quantity, row.reserved) for row in stock.on_hand(item)]
    assert rows == [(item, main, PlaceKind.STOCK, lot, None, 7, 0)]


def test_serial_numbers_are_on_hand_one_by_one(stock: Stock, stage: Stage) -> None:
    item = stage.item(Tracking.SERIAL)
    lot, serials = stage.serials_in_stock(item, 2)
    assert {(row.lot, row.serial, row.quantity) for row in stock.on_hand(item)} == {(lot, serial, 1) for serial in serials}


def test_other_units_are_received_in_stock_units(stock: Stock, stage: Stage) -> None:
    item = stage.item(Tracking.NONE)
    stock.receive(NewReceipt(supplier=stage.supplier(), lines=(ReceiptLine(item=item, quantity=Decimal(2), unit="box"),)))
    assert [(row.lot, row.quantity) for row in stock.on_hand(item)] == [(None, 20)]


def test_a_transfer_changes_the_bin(stock: Stock, stage: Stage) -> None:
    item = stage.item()
    lot = stage.lot_in_stock(item, 7)
    main, other = stock.bins()[:2]
    assert stock.transfer(Pick(item=item, quantity=Decimal(3), lot=lot, bin=main), other)
    assert {(row.bin, row.quantity) for row in stock.on_hand(item)} == {(main, 4), (other, 3)}
    with refused(Reason.STOCK):
        stock.transfer(Pick(item=item, quantity=Decimal(9), lot=lot, bin=main), other)


def test_on_hand_is_known_for_past_days(stock: Stock, stage: Stage) -> None:
    item = stage.item()
    stage.lot_in_stock(item, 7)
    assert list(stock.on_hand(item, datetime.now(UTC).date() - timedelta(days=1))) == []


def test_unknown_codes_are_refused_as_unknown(stock: Stock, stage: Stage) -> None:
    item = stage.item()
    line = ReceiptLine(item=item, quantity=Decimal(1), lot=stage.code("lot", "lot"), expiry=stage.in_a_year)
    with refused(Reason.UNKNOWN):
        stock.on_hand(UNKNOWN)
    with refused(Reason.UNKNOWN):
        stock.receive(NewReceipt(supplier=UNKNOWN, lines=(line,)))
    lot = stage.lot_in_stock(item, 1, "real")
    with refused(Reason.UNKNOWN):
        stock.transfer(Pick(item=item, quantity=Decimal(1), lot=lot, bin=stock.bins()[0]), UNKNOWN)
