"""Returns, inspection, exchange and credit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from erp_testkit.domain.documents import Credit, Disposition, NewReturn, ReturnLine, ReturnState, Role
from erp_testkit.erp.ports import Access, Credits, Exchanges, Outbound, Returns
from erp_testkit.steps import given, then, when
from erp_testkit.steps.assertions import expect
from erp_testkit.steps.concurrency import at_once
from erp_testkit.steps.outbound import lot_pick, serial_picks
from erp_testkit.steps.world import World

_REASON = "packaging damaged"


def new_return(world: World, customer: str, shipment: str, lines: Sequence[ReturnLine]) -> NewReturn:
    """Make a return from the names in the text."""
    return NewReturn(
        customer=world.code("customer", customer), shipment=world.code("shipment", shipment), lines=tuple(lines), reason=_REASON
    )


def serial_return_lines(world: World, item: str, serials: Sequence[str]) -> list[ReturnLine]:
    """Make a return line for each serial number."""
    return [ReturnLine(item=world.code("item", item), serial=world.code("serial", serial), quantity=Decimal(1)) for serial in serials]


def announce(returns: Returns, world: World, ret: str, request: NewReturn) -> None:
    """Announce a return and remember its number."""
    world.remember("return", ret, returns.open_return(request))


@given(
    en="{customer:name} has announced the return {ret:name} of {serials:names} of {item:name} from shipment {shipment:name}",
    zh="{customer:name}已申请退货{ret:name}，退回发货单{shipment:name}的{item:name}{serials:names}",
)
@when(
    en="{customer:name} announces the return {ret:name} of {serials:names} of {item:name} from shipment {shipment:name}",
    zh="{customer:name}申请退货{ret:name}，退回发货单{shipment:name}的{item:name}{serials:names}",
)
def announce_serials(returns: Returns, world: World, customer: str, ret: str, serials: tuple[str, ...], item: str, shipment: str) -> None:
    """Announce a return of serial numbers."""
    world.attempt(lambda: announce(returns, world, ret, new_return(world, customer, shipment, serial_return_lines(world, item, serials))))


@when(
    en="{customer:name} announces the return {ret:name} of {quantity:number} of {item:name}, lot {lot:name}, from shipment {shipment:name}",
    zh="{customer:name}申请退货{ret:name}，退回发货单{shipment:name}的{item:name}批号{lot:name}{quantity:number}个",
)
def announce_lot(returns: Returns, world: World, customer: str, ret: str, quantity: Decimal, item: str, lot: str, shipment: str) -> None:
    """Announce a return of part of a lot."""
    line = ReturnLine(item=world.code("item", item), lot=world.code("lot", lot), quantity=quantity)
    world.attempt(lambda: announce(returns, world, ret, new_return(world, customer, shipment, [line])))


@given(
    en="{serials:names} of {item:name} came back from {customer:name} with return {ret:name} of shipment {shipment:name}",
    zh="{customer:name}已凭退货{ret:name}退回发货单{shipment:name}的{item:name}{serials:names}，货物已到库",
)
@when(
    en="{customer:name} sends {serials:names} of {item:name} from shipment {shipment:name} back with return {ret:name}",
    zh="{customer:name}凭退货{ret:name}退回发货单{shipment:name}的{item:name}{serials:names}，货物到库",
)
def serials_came_back(returns: Returns, world: World, serials: tuple[str, ...], item: str, customer: str, ret: str, shipment: str) -> None:
    """Announce a return of serial numbers and take the goods in."""
    announce(returns, world, ret, new_return(world, customer, shipment, serial_return_lines(world, item, serials)))
    returns.receive_return(world.code("return", ret))


@given(
    en="{quantity:number} of {item:name}, lot {lot:name}, came back from {customer:name} "
    "with return {ret:name} of shipment {shipment:name}",
    zh="{customer:name}已凭退货{ret:name}退回发货单{shipment:name}的{item:name}批号{lot:name}{quantity:number}个，货物已到库",
)
@when(
    en="{customer:name} sends {quantity:number} of {item:name}, lot {lot:name}, from shipment {shipment:name} back with return {ret:name}",
    zh="{customer:name}凭退货{ret:name}退回发货单{shipment:name}的{item:name}批号{lot:name}{quantity:number}个，货物到库",
)
def lot_came_back(returns: Returns, world: World, quantity: Decimal, item: str, lot: str, customer: str, ret: str, shipment: str) -> None:
    """Announce a return of part of a lot and take the goods in."""
    line = ReturnLine(item=world.code("item", item), lot=world.code("lot", lot), quantity=quantity)
    announce(returns, world, ret, new_return(world, customer, shipment, [line]))
    returns.receive_return(world.code("return", ret))


@when(en="the goods of return {ret:name} arrive", zh="退货{ret:name}的货物到库")
def goods_arrive(returns: Returns, world: World, ret: str) -> None:
    """Take returned goods in."""
    world.attempt(lambda: returns.receive_return(world.code("return", ret)))


@when(
    en="two sales clerks announce the return of {serial:name} of {item:name} from shipment {shipment:name} "
    "of {customer:name} at the same moment",
    zh="两名业务员同时为{customer:name}登记退回发货单{shipment:name}的{item:name}{serial:name}",
)
def announce_together(returns: Returns, access: Access, world: World, serial: str, item: str, shipment: str, customer: str) -> None:
    """Announce the return of one serial number in two sessions at once."""
    request = new_return(world, customer, shipment, serial_return_lines(world, item, [serial]))

    def enter(returns: Returns) -> None:
        returns.open_return(request)

    at_once(world, access, Role.SALES, enter, enter, returns=returns)


@given(
    en="line {line:number} of return {ret:name} was inspected and {disposition:disposition}",
    zh="退货{ret:name}第{line:number}行已验收并{disposition:disposition}",
)
@when(
    en="line {line:number} of return {ret:name} is inspected and {disposition:disposition}",
    zh="退货{ret:name}第{line:number}行验收后{disposition:disposition}",
)
def inspect(returns: Returns, world: World, line: Decimal, ret: str, disposition: Disposition) -> None:
    """Decide what becomes of returned goods."""
    world.attempt(lambda: returns.inspect(world.code("return", ret), int(line), disposition))


@then(en="the return {ret:name} is {state:return_state}", zh="退货{ret:name}的状态为{state:return_state}")
def return_is(returns: Returns, world: World, ret: str, state: ReturnState) -> None:
    """Read a return's state."""
    found = returns.return_order(world.code("return", ret))
    expect(f"find the return {world.says('return', ret)} in its state", expected=state, got=found.state)


@when(
    en="{serial:name} of {item:name} is planned as shipment {shipment:name} in exchange for return {ret:name}",
    zh="为退货{ret:name}安排换货发货单{shipment:name}：{item:name}序列号{serial:name}",
)
def exchange_serial(exchanges: Exchanges, world: World, serial: str, item: str, shipment: str, ret: str) -> None:
    """Plan a serial number as replacement."""
    picks = serial_picks(world, item, [serial])
    world.attempt(lambda: world.remember("shipment", shipment, exchanges.exchange(world.code("return", ret), picks)))


@when(
    en="{quantity:number} of {item:name}, lot {lot:name}, are planned as shipment {shipment:name} in exchange for return {ret:name}",
    zh="为退货{ret:name}安排换货发货单{shipment:name}：{item:name}批号{lot:name}{quantity:number}个",
)
def exchange_lot(exchanges: Exchanges, world: World, quantity: Decimal, item: str, lot: str, shipment: str, ret: str) -> None:
    """Plan part of a lot as replacement."""
    picks = [lot_pick(world, item, lot, quantity)]
    world.attempt(lambda: world.remember("shipment", shipment, exchanges.exchange(world.code("return", ret), picks)))


@then(en="shipment {shipment:name} goes to {customer:name}", zh="发货单{shipment:name}发往{customer:name}")
def shipment_goes_to(outbound: Outbound, world: World, shipment: str, customer: str) -> None:
    """Read who gets a shipment."""
    found = outbound.shipment(world.code("shipment", shipment))
    expect(f"find who gets shipment {world.says('shipment', shipment)}", expected=world.code("customer", customer), got=found.customer)


@given(en="the return {ret:name} was credited", zh="退货{ret:name}已退款冲账")
@when(en="the return {ret:name} is credited", zh="为退货{ret:name}退款冲账")
def credit(credits: Credits, world: World, ret: str) -> None:  # noqa: A002  # the port's name
    """Write a credit note."""
    world.keep("credit", world.attempt(lambda: credits.credit(world.code("return", ret))))


@then(
    en="the credit is {net:number} net plus {tax:number} tax, {total:number} in total",
    zh="冲账不含税金额{net:number}元，税额{tax:number}元，价税合计{total:number}元",
)
def credit_is(world: World, net: Decimal, tax: Decimal, total: Decimal) -> None:
    """Compare a credit note, to the cent."""
    found: Credit = world.kept("credit")
    expect("work out the credit", expected=[(net, tax, total)], got=[(found.net, found.tax, found.total)])
