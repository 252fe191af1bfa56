"""Devices, hospitals and suppliers: who and what a scenario is about."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from erp_testkit.domain.documents import Tracking
from erp_testkit.erp.ports import Licences, MasterData
from erp_testkit.steps import given, when
from erp_testkit.steps.world import World

_LICENCE_DAYS = 365


def _add_item(master_data: MasterData, world: World, item: str, tracking: Tracking, **known: Any) -> None:
    from erp_testkit.data.factories import ItemFactory  # half a second, which collecting scenarios must not pay

    master_data.add_item(ItemFactory.build(code=world.code("item", item), gtin=world.code("gtin", item), tracking=tracking, **known))


@given(en="{item:name} is a device tracked by {tracking:tracking}", zh="{item:name}是按{tracking:tracking}管理的器械")
def device(master_data: MasterData, world: World, item: str, tracking: Tracking) -> None:
    """Add a device to the catalogue."""
    _add_item(master_data, world, item, tracking)


@given(
    en="{item:name} is a supply that is not tracked",
    zh="{item:name}是不按批号和序列号管理的耗材",
)
def supply(master_data: MasterData, world: World, item: str) -> None:
    """Add an item without lots or serial numbers."""
    _add_item(master_data, world, item, Tracking.NONE)


@given(
    en="{item:name} is a device tracked by {tracking:tracking}, in boxes of {pieces:number}",
    zh="{item:name}是按{tracking:tracking}管理的器械，每盒{pieces:number}个",
)
def boxed_device(master_data: MasterData, world: World, item: str, tracking: Tracking, pieces: Decimal) -> None:
    """Add a device that comes in boxes."""
    _add_item(master_data, world, item, tracking, packs={"box": pieces})


@given(
    en="{item:name} is a device tracked by {tracking:tracking}, at {price:number} each plus {percent:number}% tax",
    zh="{item:name}是按{tracking:tracking}管理的器械，不含税单价{price:number}元，税率{percent:number}%",
)
def priced_device(master_data: MasterData, world: World, item: str, tracking: Tracking, price: Decimal, percent: Decimal) -> None:
    """Add a device with a list price and a tax rate."""
    _add_item(master_data, world, item, tracking, price=price, tax_rate=percent / 100)


@given(en="{customer:name} is a hospital", zh="{customer:name}是一家医院")
def hospital(master_data: MasterData, world: World, customer: str) -> None:
    """Add a customer whose licence is good."""
    from erp_testkit.data.factories import CustomerFactory  # as above

    licence_until = world.today + timedelta(days=_LICENCE_DAYS)
    master_data.add_customer(CustomerFactory.build(code=world.code("customer", customer), licence_until=licence_until))


@given(en="{supplier:name} is a supplier", zh="{supplier:name}是一家供应商")
def supplier(master_data: MasterData, world: World, supplier: str) -> None:
    """Add a supplier."""
    from erp_testkit.data.factories import SupplierFactory  # as above

    master_data.add_supplier(SupplierFactory.build(code=world.code("supplier", supplier)))


@given(en="the licence of {customer:name} has {until:day} as its last day", zh="{customer:name}的经营许可证{until:day}到期")
@when(
    en="the licence of {customer:name} turns out to have {until:day} as its last day", zh="查明{customer:name}的经营许可证{until:day}到期"
)
def licence(licences: Licences, world: World, customer: str, until: int) -> None:
    """Set the last day of a customer's licence."""
    licences.set_licence(world.code("customer", customer), world.day(until))


@given(en="{customer:name} is blocked", zh="{customer:name}已被停止交易")
@when(en="{customer:name} becomes blocked", zh="停止与{customer:name}交易")
def blocked(licences: Licences, world: World, customer: str) -> None:
    """Block a customer."""
    licences.block(world.code("customer", customer), True)


@when(en="the block of {customer:name} is lifted", zh="恢复与{customer:name}交易")
def unblocked(licences: Licences, world: World, customer: str) -> None:
    """Let a blocked customer trade again."""
    licences.block(world.code("customer", customer), False)


@given(
    en="{customer:name} takes only goods that stay usable for {days:number} days",
    zh="{customer:name}只接收剩余有效期不少于{days:number}天的货品",
)
def minimum_shelf_life(licences: Licences, world: World, customer: str, days: Decimal) -> None:
    """Set how long goods must still be usable when they ship to a customer."""
    licences.require_shelf_life(world.code("customer", customer), int(days))
