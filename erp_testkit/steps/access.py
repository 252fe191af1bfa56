"""What the people of one role may and may not do."""

from __future__ import annotations

from decimal import Decimal

from erp_testkit.domain.documents import CountLine, Disposition, NewReceipt, ReturnLine, Role
from erp_testkit.erp.ports import Access, Counting, LotRecords, Outbound, Quarantine, Recalls, Returns, Sales, Stock
from erp_testkit.steps import then, when
from erp_testkit.steps.assertions import expect
from erp_testkit.steps.concurrency import acting
from erp_testkit.steps.inbound import lot_line
from erp_testkit.steps.outbound import lot_pick, plan
from erp_testkit.steps.returns import announce, new_return
from erp_testkit.steps.sales import new_order, order_line, quote
from erp_testkit.steps.world import World

_REASON = "decided in the scenario"
_SHELF_LIFE_DAYS = 730


@when(
    en="{role:role} enters the quotation {order:name} of {customer:name} for {quantity:number} of {item:name}",
    zh="{role:role}为{customer:name}录入报价单{order:name}：{item:name}{quantity:number}个",
)
def enters_quotation(
    sales: Sales, access: Access, world: World, role: Role, order: str, customer: str, quantity: Decimal, item: str
) -> None:
    """Enter a quotation as somebody."""
    port = acting(access, role, sales=sales)
    world.attempt(lambda: quote(port, world, order, new_order(world, customer, order, order_line(world, item, quantity))))


@when(en="{role:role} confirms order {order:name}", zh="{role:role}确认销售订单{order:name}")
def confirms(sales: Sales, access: Access, world: World, role: Role, order: str) -> None:
    """Confirm an order as somebody."""
    port = acting(access, role, sales=sales)
    world.attempt(lambda: port.confirm(world.code("order", order)))


@when(en="{role:role} cancels order {order:name}", zh="{role:role}取消销售订单{order:name}")
def cancels(sales: Sales, access: Access, world: World, role: Role, order: str) -> None:
    """Cancel an order as somebody."""
    port = acting(access, role, sales=sales)
    world.attempt(lambda: port.cancel(world.code("order", order)))


@when(
    en="{role:role} plans shipment {shipment:name} for order {order:name} with {quantity:number} of {item:name}, lot {lot:name}",
    zh="{role:role}为销售订单{order:name}安排发货单{shipment:name}：{item:name}批号{lot:name}{quantity:number}个",
)
def plans(
    outbound: Outbound, access: Access, world: World, role: Role, shipment: str, order: str, quantity: Decimal, item: str, lot: str
) -> None:
    """Plan a shipment as somebody."""
    port = acting(access, role, outbound=outbound)
    world.attempt(lambda: plan(port, world, order, shipment, [lot_pick(world, item, lot, quantity)]))


@when(en="{role:role} lets shipment {shipment:name} leave", zh="{role:role}将发货单{shipment:name}出库")
def ships(outbound: Outbound, access: Access, world: World, role: Role, shipment: str) -> None:
    """Ship as somebody."""
    port = acting(access, role, outbound=outbound)
    world.attempt(lambda: port.ship(world.code("shipment", shipment)))


@when(
    en="{role:role} receives {quantity:number} of {item:name}, lot {lot:name}, from {supplier:name}",
    zh="{role:role}从{supplier:name}入库{item:name}批号{lot:name}{quantity:number}个",
)
def receives(stock: Stock, access: Access, world: World, role: Role, quantity: Decimal, item: str, lot: str, supplier: str) -> None:
    """Receive goods as somebody."""
    port = acting(access, role, stock=stock)
    lines = (lot_line(world, item, lot, quantity, _SHELF_LIFE_DAYS),)
    world.attempt(lambda: port.receive(NewReceipt(supplier=world.code("supplier", supplier), lines=lines)))


@when(
    en="{role:role} counts {quantity:number} of {item:name}, lot {lot:name}, in the {bin:bin}",
    zh="{role:role}盘点{bin:bin}，实盘{item:name}批号{lot:name}{quantity:number}个",
)
def counts(
    counting: Counting,
    stock: Stock,
    access: Access,
    world: World,
    role: Role,
    quantity: Decimal,
    item: str,
    lot: str,
    bin: int,  # noqa: A002  # the trade's word
) -> None:
    """Count as somebody."""
    port = acting(access, role, counting=counting)
    line = CountLine(item=world.code("item", item), lot=world.code("lot", lot), bin=stock.bins()[bin], quantity=quantity)
    world.attempt(lambda: port.count([line]))


@when(en="{role:role} puts lot {lot:name} of {item:name} in quarantine", zh="{role:role}将{item:name}批号{lot:name}转入待验隔离")
def quarantines(quarantine: Quarantine, access: Access, world: World, role: Role, lot: str, item: str) -> None:
    """Quarantine a lot as somebody."""
    port = acting(access, role, quarantine=quarantine)
    world.attempt(lambda: port.quarantine(world.code("item", item), world.code("lot", lot), _REASON))


@when(en="{role:role} releases lot {lot:name} of {item:name}", zh="{role:role}放行{item:name}批号{lot:name}")
def releases(quarantine: Quarantine, access: Access, world: World, role: Role, lot: str, item: str) -> None:
    """Release a lot as somebody."""
    port = acting(access, role, quarantine=quarantine)
    world.attempt(lambda: port.release(world.code("item", item), world.code("lot", lot), _REASON))


@when(en="{role:role} recalls lot {lot:name} of {item:name}", zh="{role:role}召回{item:name}批号{lot:name}")
def recalls_lot(recalls: Recalls, access: Access, world: World, role: Role, lot: str, item: str) -> None:
    """Recall a lot as somebody."""
    port = acting(access, role, recalls=recalls)
    world.attempt(lambda: port.recall(world.code("item", item), world.code("lot", lot), _REASON))


@when(
    en="{role:role} corrects lot {lot:name} of {item:name}: it expires {expiry:day}",
    zh="{role:role}将{item:name}批号{lot:name}的有效期更正为{expiry:day}",
)
def corrects_expiry(lot_records: LotRecords, access: Access, world: World, role: Role, lot: str, item: str, expiry: int) -> None:
    """Correct a lot's last day of use as somebody."""
    port = acting(access, role, lot_records=lot_records)
    world.attempt(lambda: port.correct_expiry(world.code("item", item), world.code("lot", lot), world.day(expiry), _REASON))


@when(
    en="{role:role} announces the return {ret:name} of {quantity:number} of {item:name}, lot {lot:name}, "
    "from shipment {shipment:name} of {customer:name}",
    zh="{role:role}为{customer:name}登记退货{ret:name}，退回发货单{shipment:name}的{item:name}批号{lot:name}{quantity:number}个",
)
def announces_return(
    returns: Returns,
    access: Access,
    world: World,
    role: Role,
    ret: str,
    quantity: Decimal,
    item: str,
    lot: str,
    shipment: str,
    customer: str,
) -> None:
    """Announce a return as somebody."""
    port = acting(access, role, returns=returns)
    line = ReturnLine(item=world.code("item", item), lot=world.code("lot", lot), quantity=quantity)
    world.attempt(lambda: announce(port, world, ret, new_return(world, customer, shipment, [line])))


@when(en="{role:role} takes in the goods of return {ret:name}", zh="{role:role}接收退货{ret:name}的货物")
def takes_in(returns: Returns, access: Access, world: World, role: Role, ret: str) -> None:
    """Take returned goods in as somebody."""
    port = acting(access, role, returns=returns)
    world.attempt(lambda: port.receive_return(world.code("return", ret)))


@when(
    en="{role:role} inspects line {line:number} of return {ret:name}, and it is {disposition:disposition}",
    zh="{role:role}验收退货{ret:name}第{line:number}行，结论为{disposition:disposition}",
)
def inspects(returns: Returns, access: Access, world: World, role: Role, line: Decimal, ret: str, disposition: Disposition) -> None:
    """Inspect returned goods as somebody."""
    port = acting(access, role, returns=returns)
    world.attempt(lambda: port.inspect(world.code("return", ret), int(line), disposition))


@then(en="each role is a user of its own", zh="每个岗位都有各自的用户")
def own_users(access: Access) -> None:
    """See that nobody shares an account, or the audit trail could not tell them apart."""
    users = [access.user(role) for role in Role]
    expect("find a user for each role", expected=[], got=[role.value for role, user in zip(Role, users, strict=True) if not user])
    expect("find users that are not shared", expected=sorted(set(users)), got=sorted(users))
