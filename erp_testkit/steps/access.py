"""What the people of one role may and may not do."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from erp_testkit.domain.documents import NewReceipt, Role
from erp_testkit.erp.ports import Access, Stock
from erp_testkit.steps import outbound, returns, sales, stock, then, traceability, when
from erp_testkit.steps.assertions import expect
from erp_testkit.steps.concurrency import acting
from erp_testkit.steps.inbound import lot_line
from erp_testkit.steps.world import World

_SHELF_LIFE_DAYS = 730
_KIND = inspect.Parameter.POSITIONAL_OR_KEYWORD


def _as_role(step: Callable[..., None]) -> Callable[..., None]:
    """Return a step that does the same, acting in a role: its first port is then the one that role speaks through."""
    signature = inspect.signature(step)
    port, *others = signature.parameters.values()

    def act(access: Access, role: Role, **given: Any) -> None:
        step(**given | {port.name: acting(access, role, **{port.name: given[port.name]})})

    given = [inspect.Parameter("access", _KIND, annotation=Access), inspect.Parameter("role", _KIND, annotation=Role)]
    act.__signature__ = signature.replace(parameters=[port, *given, *others])  # type: ignore[attr-defined]  # what inspect looks at first
    act.__wrapped__ = step  # type: ignore[attr-defined]  # what a failure shows
    act.__name__, act.__doc__ = f"{step.__name__}_as_role", f"{(step.__doc__ or '').rstrip('.')}, acting in a role."
    return act


enters_quotation = when(
    en="{role:role} enters the quotation {order:name} of {customer:name} for {quantity:number} of {item:name}",
    zh="{role:role}为{customer:name}录入报价单{order:name}：{item:name}{quantity:number}个",
)(_as_role(sales.quotation))

confirms = when(en="{role:role} confirms order {order:name}", zh="{role:role}确认销售订单{order:name}")(_as_role(sales.confirm))

cancels = when(en="{role:role} cancels order {order:name}", zh="{role:role}取消销售订单{order:name}")(_as_role(sales.cancel))

plans = when(
    en="{role:role} plans shipment {shipment:name} for order {order:name} with {quantity:number} of {item:name}, lot {lot:name}",
    zh="{role:role}为销售订单{order:name}安排发货单{shipment:name}：{item:name}批号{lot:name}{quantity:number}个",
)(_as_role(outbound.plan_lot))

ships = when(en="{role:role} lets shipment {shipment:name} leave", zh="{role:role}将发货单{shipment:name}出库")(_as_role(outbound.ship))


@when(
    en="{role:role} receives {quantity:number} of {item:name}, lot {lot:name}, from {supplier:name}",
    zh="{role:role}从{supplier:name}入库{item:name}批号{lot:name}{quantity:number}个",
)
@_as_role
def receives(stock: Stock, world: World, quantity: Decimal, item: str, lot: str, supplier: str) -> None:
    """Receive goods."""
    lines = (lot_line(world, item, lot, quantity, _SHELF_LIFE_DAYS),)
    world.attempt(lambda: stock.receive(NewReceipt(supplier=world.code("supplier", supplier), lines=lines)))


counts = when(
    en="{role:role} counts {quantity:number} of {item:name}, lot {lot:name}, in the {bin:bin}",
    zh="{role:role}盘点{bin:bin}，实盘{item:name}批号{lot:name}{quantity:number}个",
)(_as_role(stock.count_lot))

quarantines = when(
    en="{role:role} puts lot {lot:name} of {item:name} in quarantine", zh="{role:role}将{item:name}批号{lot:name}转入待验隔离"
)(_as_role(stock.put_in_quarantine))

releases = when(en="{role:role} releases lot {lot:name} of {item:name}", zh="{role:role}放行{item:name}批号{lot:name}")(
    _as_role(stock.release)
)

recalls_lot = when(en="{role:role} recalls lot {lot:name} of {item:name}", zh="{role:role}召回{item:name}批号{lot:name}")(
    _as_role(stock.recall)
)

corrects_expiry = when(
    en="{role:role} corrects lot {lot:name} of {item:name}: it expires {expiry:day}",
    zh="{role:role}将{item:name}批号{lot:name}的有效期更正为{expiry:day}",
)(_as_role(traceability.correct_expiry))

announces_return = when(
    en="{role:role} announces the return {ret:name} of {quantity:number} of {item:name}, lot {lot:name}, "
    "from shipment {shipment:name} of {customer:name}",
    zh="{role:role}为{customer:name}登记退货{ret:name}，退回发货单{shipment:name}的{item:name}批号{lot:name}{quantity:number}个",
)(_as_role(returns.announce_lot))

takes_in = when(en="{role:role} takes in the goods of return {ret:name}", zh="{role:role}接收退货{ret:name}的货物")(
    _as_role(returns.goods_arrive)
)

inspects = when(
    en="{role:role} inspects line {line:number} of return {ret:name}, and it is {disposition:disposition}",
    zh="{role:role}验收退货{ret:name}第{line:number}行，结论为{disposition:disposition}",
)(_as_role(returns.inspect))


@then(en="each role is a user of its own", zh="每个岗位都有各自的用户")
def own_users(access: Access) -> None:
    """See that nobody shares an account, or the audit trail could not tell them apart."""
    users = [access.user(role) for role in Role]
    expect("find a user for each role", expected=[], got=[role.value for role, user in zip(Role, users, strict=True) if not user])
    expect("find users that are not shared", expected=sorted(set(users)), got=sorted(users))
