"""What is on hand, and what moves it inside the warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from erp_testkit.domain.documents import CountLine, OnHand, PlaceKind, Role
from erp_testkit.erp.ports import Access, Counting, Quarantine, Recalls, Stock
from erp_testkit.steps import given, then, when
from erp_testkit.steps.assertions import expect
from erp_testkit.steps.concurrency import at_once
from erp_testkit.steps.outbound import lot_pick, serial_picks
from erp_testkit.steps.world import World

_REASON = "decided in the scenario"


@given(
    en="{quantity:number} of {item:name}, lot {lot:name}, were moved to the {to:bin}",
    zh="已将{item:name}批号{lot:name}{quantity:number}个调拨到{to:bin}",
)
@when(
    en="{quantity:number} of {item:name}, lot {lot:name}, are moved to the {to:bin}",
    zh="将{item:name}批号{lot:name}{quantity:number}个调拨到{to:bin}",
)
def move_lot(stock: Stock, world: World, quantity: Decimal, item: str, lot: str, to: int) -> None:
    """Move part of a lot from one of the two bins to the other."""
    bins = stock.bins()
    pick = replace(lot_pick(world, item, lot, quantity), bin=bins[1 - to])
    world.attempt(lambda: stock.transfer(pick, bins[to]))


@given(en="{serial:name} of {item:name} was moved to the {to:bin}", zh="已将{item:name}的{serial:name}调拨到{to:bin}")
@when(en="{serial:name} of {item:name} is moved to the {to:bin}", zh="将{item:name}的{serial:name}调拨到{to:bin}")
def move_serial(stock: Stock, world: World, serial: str, item: str, to: int) -> None:
    """Move a serial number from one of the two bins to the other."""
    bins = stock.bins()
    (pick,) = serial_picks(world, item, [serial])
    world.attempt(lambda: stock.transfer(replace(pick, bin=bins[1 - to]), bins[to]))


@when(
    en="two warehouse clerks each move {quantity:number} of {item:name}, lot {lot:name}, to the {to:bin} at the same moment",
    zh="两名仓管员同时各将{item:name}批号{lot:name}{quantity:number}个调拨到{to:bin}",
)
def move_together(stock: Stock, access: Access, world: World, quantity: Decimal, item: str, lot: str, to: int) -> None:
    """Move the same pieces in two sessions at once."""
    bins = stock.bins()
    pick = replace(lot_pick(world, item, lot, quantity), bin=bins[1 - to])

    def move(stock: Stock) -> None:
        stock.transfer(pick, bins[to])

    at_once(world, access, Role.WAREHOUSE, move, move, stock=stock)


@when(
    en="a count finds {quantity:number} of {item:name}, lot {lot:name}, in the {bin:bin}",
    zh="盘点{bin:bin}，实盘{item:name}批号{lot:name}{quantity:number}个",
)
def count_lot(
    counting: Counting,
    stock: Stock,
    world: World,
    quantity: Decimal,
    item: str,
    lot: str,
    bin: int,  # noqa: A002  # the trade's word
) -> None:
    """Count a lot in one bin."""
    line = CountLine(item=world.code("item", item), lot=world.code("lot", lot), bin=stock.bins()[bin], quantity=quantity)
    world.attempt(lambda: counting.count([line]))


@given(en="a count missed {serial:name} of {item:name}", zh="盘点发现{item:name}的{serial:name}缺失")
@when(en="a count misses {serial:name} of {item:name}", zh="盘点发现{item:name}的{serial:name}缺失")
def count_misses_serial(counting: Counting, stock: Stock, world: World, serial: str, item: str) -> None:
    """Count a serial number that is not in the main bin any more."""
    line = CountLine(item=world.code("item", item), serial=world.code("serial", serial), bin=stock.bins()[0], quantity=Decimal(0))
    world.attempt(lambda: counting.count([line]))


@when(en="a count finds {serial:name} of {item:name} in the {bin:bin}", zh="盘点{bin:bin}，找到{item:name}的{serial:name}")
def count_finds_serial(counting: Counting, stock: Stock, world: World, serial: str, item: str, bin: int) -> None:  # noqa: A002  # the trade's word
    """Count a serial number in a bin."""
    line = CountLine(item=world.code("item", item), serial=world.code("serial", serial), bin=stock.bins()[bin], quantity=Decimal(1))
    world.attempt(lambda: counting.count([line]))


@when(
    en="two warehouse clerks both find {quantity:number} of {item:name}, lot {lot:name}, in the {bin:bin} at the same moment",
    zh="两名仓管员同时盘点{bin:bin}，都实盘{item:name}批号{lot:name}{quantity:number}个",
)
def count_together(
    counting: Counting,
    stock: Stock,
    access: Access,
    world: World,
    quantity: Decimal,
    item: str,
    lot: str,
    bin: int,  # noqa: A002
) -> None:
    """Count the same lot in two sessions at once."""
    line = CountLine(item=world.code("item", item), lot=world.code("lot", lot), bin=stock.bins()[bin], quantity=quantity)

    def book(counting: Counting) -> None:
        counting.count([line])

    at_once(world, access, Role.WAREHOUSE, book, book, counting=counting)


@given(en="lot {lot:name} of {item:name} is in quarantine", zh="{item:name}批号{lot:name}处于待验隔离")
@when(en="lot {lot:name} of {item:name} is put in quarantine", zh="将{item:name}批号{lot:name}转入待验隔离")
def put_in_quarantine(quarantine: Quarantine, world: World, lot: str, item: str) -> None:
    """Take a lot out of sale."""
    world.attempt(lambda: quarantine.quarantine(world.code("item", item), world.code("lot", lot), _REASON))


@when(en="lot {lot:name} of {item:name} is released", zh="放行{item:name}批号{lot:name}")
def release(quarantine: Quarantine, world: World, lot: str, item: str) -> None:
    """Let a lot back into sale."""
    world.attempt(lambda: quarantine.release(world.code("item", item), world.code("lot", lot), _REASON))


@given(en="lot {lot:name} of {item:name} has been recalled", zh="{item:name}批号{lot:name}已被召回")
@when(en="lot {lot:name} of {item:name} is recalled", zh="召回{item:name}批号{lot:name}")
def recall(recalls: Recalls, world: World, lot: str, item: str) -> None:
    """Recall a lot."""
    world.attempt(lambda: recalls.recall(world.code("item", item), world.code("lot", lot), _REASON))


@then(
    en="the stock of {item:name} is {on_hand:number} on hand, {reserved:number} reserved and {available:number} available",
    zh="{item:name}的库存为：在库{on_hand:number}、预留{reserved:number}、可用{available:number}",
)
def stock_is(stock: Stock, world: World, item: str, on_hand: Decimal, reserved: Decimal, available: Decimal) -> None:
    """Read saleable stock over all bins, and that no bin of it is negative or promised twice."""
    found = [row for row in stock.on_hand(world.code("item", item)) if row.kind is PlaceKind.STOCK]
    got_on_hand, got_reserved = _sum(found), sum((row.reserved for row in found), Decimal())
    expect(
        f"find stock on hand, reserved and available of {world.says('item', item)}",
        expected=[(on_hand, reserved, available)],
        got=[(got_on_hand, got_reserved, got_on_hand - got_reserved)],
    )
    wrong = [(row.bin, row.lot, row.serial, row.quantity, row.reserved) for row in found if not 0 <= row.reserved <= row.quantity]
    expect(f"find no bin of {world.says('item', item)} negative or promised twice", expected=[], got=wrong)


@then(en="the quarantine holds {quantity:number} of {item:name}", zh="待验隔离区有{item:name}{quantity:number}个")
def quarantine_holds(stock: Stock, world: World, quantity: Decimal, item: str) -> None:
    """Read what is in quarantine."""
    found = [row for row in stock.on_hand(world.code("item", item)) if row.kind is PlaceKind.QUARANTINE]
    expect(f"find {world.says('item', item)} in quarantine", expected=quantity, got=_sum(found))


@then(en="{quantity:number} of {item:name}, lot {lot:name}, are on hand", zh="{item:name}批号{lot:name}在库{quantity:number}个")
def lot_on_hand(stock: Stock, world: World, quantity: Decimal, item: str, lot: str) -> None:
    """Read saleable stock of one lot."""
    found = [row for row in stock.on_hand(world.code("item", item)) if row.kind is PlaceKind.STOCK and row.lot == world.code("lot", lot)]
    expect(f"find lot {world.says('lot', lot)} of {world.says('item', item)} on hand", expected=quantity, got=_sum(found))


@then(en="the {bin:bin} holds {quantity:number} of {item:name}", zh="{bin:bin}有{item:name}{quantity:number}个")
def bin_holds(stock: Stock, world: World, bin: int, quantity: Decimal, item: str) -> None:  # noqa: A002  # the trade's word
    """Read saleable stock in one bin."""
    place = stock.bins()[bin]
    found = [row for row in stock.on_hand(world.code("item", item)) if row.bin == place]
    expect(f"find {world.says('item', item)} in bin {place}", expected=quantity, got=_sum(found))


@then(en="serial number {serial:name} of {item:name} is {place:place}", zh="{item:name}的序列号{serial:name}{place:place}")
def serial_is(stock: Stock, world: World, serial: str, item: str, place: PlaceKind | None) -> None:
    """Find a serial number in exactly one place of the warehouse, or in none."""
    number = world.code("serial", serial)
    found = [(row.kind, row.quantity) for row in stock.on_hand(world.code("item", item)) if row.serial == number and row.quantity]
    expect(f"find serial number {world.says('serial', serial)}", expected=[(place, Decimal(1))] if place else [], got=found)


@then(en="at the end of {on:day}, {quantity:number} of {item:name} were on hand", zh="{on:day}日终{item:name}在库{quantity:number}个")
def was_on_hand(stock: Stock, world: World, on: int, quantity: Decimal, item: str) -> None:
    """Read stock of a past day."""
    found = stock.on_hand(world.code("item", item), world.day(on))
    expect(f"find {world.says('item', item)} on hand at the end of {world.day(on)}", expected=quantity, got=_sum(found))


def _sum(found: Sequence[OnHand]) -> Decimal:
    return sum((row.quantity for row in found), Decimal())
