"""Goods receipts, and the stock a scenario starts with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from erp_testkit.domain.documents import NewReceipt, ReceiptLine, Role, Supplier
from erp_testkit.erp.ports import Access, MasterData, Stock
from erp_testkit.steps import given, when
from erp_testkit.steps.concurrency import at_once
from erp_testkit.steps.tables import Datatable, rows
from erp_testkit.steps.wording import day
from erp_testkit.steps.world import World

_USUAL_SUPPLIER = "usual supplier"
_USUAL_EXPIRY = 730


def receive(stock: Stock, world: World, receipt: str, supplier: str, lines: Sequence[ReceiptLine], on: date | None = None) -> None:
    """Book a receipt and remember its number."""
    number = stock.receive(NewReceipt(supplier=world.code("supplier", supplier), lines=tuple(lines), received_on=on))
    world.remember("receipt", receipt, number)


def lot_line(world: World, item: str, lot: str, quantity: Decimal, expiry: int, unit: str = "piece") -> ReceiptLine:
    """Make a receipt line of a lot from the names in the text."""
    return ReceiptLine(item=world.code("item", item), quantity=quantity, unit=unit, lot=world.code("lot", lot), expiry=world.day(expiry))


def serial_lines(world: World, item: str, serials: Sequence[str], lot: str, expiry: int) -> list[ReceiptLine]:
    """Make a receipt line for each serial number."""
    return [
        ReceiptLine(
            item=world.code("item", item),
            quantity=Decimal(1),
            lot=world.code("lot", lot),
            serial=world.code("serial", serial),
            expiry=world.day(expiry),
        )
        for serial in serials
    ]


def _hold(stock: Stock, master_data: MasterData, world: World, lines: Sequence[ReceiptLine]) -> None:
    """Put goods in stock without a story about where they came from."""
    if not world.has("supplier", _USUAL_SUPPLIER):
        master_data.add_supplier(Supplier(code=world.code("supplier", _USUAL_SUPPLIER), name="Usual supplier"))
    first_expiry = min((line.expiry for line in lines if line.expiry), default=world.today)
    # Goods come in before they expire, so what has expired by today came in earlier.
    on = None if first_expiry >= world.today else first_expiry
    receive(stock, world, "usual receipt", _USUAL_SUPPLIER, lines, on)


@given(en="the stock holds {quantity:number} of {item:name}", zh="库存有{item:name}{quantity:number}个")
def holds(stock: Stock, master_data: MasterData, world: World, quantity: Decimal, item: str) -> None:
    """Put untracked goods in stock."""
    _hold(stock, master_data, world, [ReceiptLine(item=world.code("item", item), quantity=quantity)])


@given(en="the stock holds {quantity:number} of {item:name}, lot {lot:name}", zh="库存有{item:name}批号{lot:name}{quantity:number}个")
def holds_lot(stock: Stock, master_data: MasterData, world: World, quantity: Decimal, item: str, lot: str) -> None:
    """Put a lot in stock that is good for two years."""
    _hold(stock, master_data, world, [lot_line(world, item, lot, quantity, _USUAL_EXPIRY)])


@given(
    en="the stock holds {quantity:number} of {item:name}, lot {lot:name}, expiring {expiry:day}",
    zh="库存有{item:name}批号{lot:name}{quantity:number}个，{expiry:day}到期",
)
def holds_lot_until(stock: Stock, master_data: MasterData, world: World, quantity: Decimal, item: str, lot: str, expiry: int) -> None:
    """Put a lot in stock and say how long it is good."""
    _hold(stock, master_data, world, [lot_line(world, item, lot, quantity, expiry)])


@given(en="the stock holds {serials:names} of {item:name}", zh="库存有{item:name}序列号{serials:names}")
def holds_serials(stock: Stock, master_data: MasterData, world: World, serials: tuple[str, ...], item: str) -> None:
    """Put serial numbers in stock, of one lot that is good for two years."""
    _hold(stock, master_data, world, serial_lines(world, item, serials, f"usual lot of {item}", _USUAL_EXPIRY))


@given(
    en="the stock holds {serials:names} of {item:name} of lot {lot:name}, expiring {expiry:day}",
    zh="库存有{item:name}批号{lot:name}的序列号{serials:names}，{expiry:day}到期",
)
def holds_serials_of_lot(
    stock: Stock, master_data: MasterData, world: World, serials: tuple[str, ...], item: str, lot: str, expiry: int
) -> None:
    """Put serial numbers in stock and say of which lot."""
    _hold(stock, master_data, world, serial_lines(world, item, serials, lot, expiry))


@given(
    en="receipt {receipt:name} from {supplier:name} brought {quantity:number} of {item:name}, lot {lot:name}, expiring {expiry:day}",
    zh="从{supplier:name}入库，入库单{receipt:name}：{item:name}批号{lot:name}{quantity:number}个，{expiry:day}到期",
)
@when(
    en="receipt {receipt:name} from {supplier:name} brings {quantity:number} of {item:name}, lot {lot:name}, expiring {expiry:day}",
    zh="从{supplier:name}入库，入库单{receipt:name}：{item:name}批号{lot:name}{quantity:number}个，{expiry:day}到期",
)
def brings_lot(stock: Stock, world: World, receipt: str, supplier: str, quantity: Decimal, item: str, lot: str, expiry: int) -> None:
    """Receive a lot."""
    world.attempt(lambda: receive(stock, world, receipt, supplier, [lot_line(world, item, lot, quantity, expiry)]))


@when(
    en="receipt {receipt:name} from {supplier:name} brings {quantity:number} boxes of {item:name}, lot {lot:name}",
    zh="从{supplier:name}入库，入库单{receipt:name}：{item:name}批号{lot:name}{quantity:number}盒",
)
def brings_boxes(stock: Stock, world: World, receipt: str, supplier: str, quantity: Decimal, item: str, lot: str) -> None:
    """Receive boxes of a lot."""
    world.attempt(lambda: receive(stock, world, receipt, supplier, [lot_line(world, item, lot, quantity, _USUAL_EXPIRY, unit="box")]))


@when(
    en="receipt {receipt:name} from {supplier:name} brings {quantity:number} of {item:name} and nothing more is said",
    zh="从{supplier:name}入库，入库单{receipt:name}：{item:name}{quantity:number}个，不填批号和序列号",
)
def brings_untracked(stock: Stock, world: World, receipt: str, supplier: str, quantity: Decimal, item: str) -> None:
    """Receive goods without naming lot or serial."""
    world.attempt(lambda: receive(stock, world, receipt, supplier, [ReceiptLine(item=world.code("item", item), quantity=quantity)]))


@when(
    en="{quantity:number} of {item:name}, lot {lot:name}, are received from {supplier:name} with the posting date {on:day}",
    zh="以{on:day}为记账日期从{supplier:name}入库{item:name}批号{lot:name}{quantity:number}个",
)
def brings_lot_dated(stock: Stock, world: World, quantity: Decimal, item: str, lot: str, supplier: str, on: int) -> None:
    """Receive a lot with a posting date of another day."""
    lines = [lot_line(world, item, lot, quantity, _USUAL_EXPIRY)]
    world.attempt(lambda: receive(stock, world, "dated receipt", supplier, lines, world.day(on)))


@given(
    en="receipt {receipt:name} from {supplier:name} brought {serials:names} of {item:name} of lot {lot:name}, expiring {expiry:day}",
    zh="从{supplier:name}入库，入库单{receipt:name}：{item:name}批号{lot:name}的序列号{serials:names}，{expiry:day}到期",
)
@when(
    en="receipt {receipt:name} from {supplier:name} brings {serials:names} of {item:name} of lot {lot:name}, expiring {expiry:day}",
    zh="从{supplier:name}入库，入库单{receipt:name}：{item:name}批号{lot:name}的序列号{serials:names}，{expiry:day}到期",
)
def brings_serials(
    stock: Stock, world: World, receipt: str, supplier: str, serials: tuple[str, ...], item: str, lot: str, expiry: int
) -> None:
    """Receive serial numbers."""
    world.attempt(lambda: receive(stock, world, receipt, supplier, serial_lines(world, item, serials, lot, expiry)))


@when(en="receipt {receipt:name} from {supplier:name} brings:", zh="从{supplier:name}入库，入库单{receipt:name}，明细如下：")
def brings_list(stock: Stock, world: World, receipt: str, supplier: str, datatable: Datatable) -> None:
    """Receive several lots."""
    lines = [lot_line(world, row["item"], row["lot"], Decimal(row["quantity"]), day(row["expiry"])) for row in rows(datatable)]
    world.attempt(lambda: receive(stock, world, receipt, supplier, lines))


@when(
    en="two warehouse clerks each receive {quantity:number} of {item:name}, lot {lot:name}, from {supplier:name} at the same moment",
    zh="两名仓管员同时从{supplier:name}各入库{item:name}批号{lot:name}{quantity:number}个",
)
def receive_together(stock: Stock, access: Access, world: World, quantity: Decimal, item: str, lot: str, supplier: str) -> None:
    """Receive the same lot in two sessions at once."""
    request = NewReceipt(supplier=world.code("supplier", supplier), lines=(lot_line(world, item, lot, quantity, _USUAL_EXPIRY),))

    def book(stock: Stock) -> None:
        stock.receive(request)

    at_once(world, access, Role.WAREHOUSE, book, book, stock=stock)
