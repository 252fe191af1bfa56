"""Planning, picking and shipping."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from erp_testkit.domain.documents import NewOrderLine, Pick, Role, ShipmentState
from erp_testkit.erp.ports import Access, Deliveries, Outbound, Sales, Stock
from erp_testkit.steps import given, then, when
from erp_testkit.steps.assertions import expect
from erp_testkit.steps.concurrency import at_once
from erp_testkit.steps.sales import order_goods
from erp_testkit.steps.tables import Datatable, rows
from erp_testkit.steps.wording import day
from erp_testkit.steps.world import World

_RECEIVER = "Li Wei, goods-in"


def lot_pick(world: World, item: str, lot: str, quantity: Decimal) -> Pick:
    """Pick a quantity of a lot, from whichever bin."""
    return Pick(item=world.code("item", item), lot=world.code("lot", lot), quantity=quantity)


def serial_picks(world: World, item: str, serials: Sequence[str]) -> tuple[Pick, ...]:
    """Pick serial numbers, from whichever bin."""
    return tuple(Pick(item=world.code("item", item), serial=world.code("serial", serial), quantity=Decimal(1)) for serial in serials)


def plan(outbound: Outbound, world: World, order: str, shipment: str, picks: Sequence[Pick]) -> None:
    """Plan a shipment and remember its number."""
    world.remember("shipment", shipment, outbound.plan(world.code("order", order), picks))


def _went(sales: Sales, outbound: Outbound, world: World, customer: str, shipment: str, picks: Sequence[Pick]) -> None:
    order = f"for {shipment}"
    quantity = sum((pick.quantity for pick in picks), Decimal())
    order_goods(sales, world, customer, order, NewOrderLine(item=picks[0].item, quantity=quantity))
    plan(outbound, world, order, shipment, picks)
    outbound.ship(world.code("shipment", shipment))


@given(
    en="{quantity:number} of {item:name}, lot {lot:name}, went to {customer:name} with shipment {shipment:name}",
    zh="{item:name}批号{lot:name}共{quantity:number}个已随发货单{shipment:name}发往{customer:name}",
)
@when(
    en="shipment {shipment:name} takes {quantity:number} of {item:name}, lot {lot:name}, to {customer:name}",
    zh="{item:name}批号{lot:name}共{quantity:number}个随发货单{shipment:name}发往{customer:name}",
)
def lot_went(sales: Sales, outbound: Outbound, world: World, quantity: Decimal, item: str, lot: str, customer: str, shipment: str) -> None:
    """Order, plan and ship a quantity of a lot."""
    _went(sales, outbound, world, customer, shipment, [lot_pick(world, item, lot, quantity)])


@given(
    en="{serials:names} of {item:name} went to {customer:name} with shipment {shipment:name}",
    zh="{item:name}的{serials:names}已随发货单{shipment:name}发往{customer:name}",
)
@when(
    en="shipment {shipment:name} takes {serials:names} of {item:name} to {customer:name}",
    zh="{item:name}的{serials:names}随发货单{shipment:name}发往{customer:name}",
)
def serials_went(sales: Sales, outbound: Outbound, world: World, serials: tuple[str, ...], item: str, customer: str, shipment: str) -> None:
    """Order, plan and ship serial numbers."""
    _went(sales, outbound, world, customer, shipment, serial_picks(world, item, serials))


@given(
    en="shipment {shipment:name} for order {order:name} holds {quantity:number} of {item:name}, lot {lot:name}",
    zh="销售订单{order:name}已安排发货单{shipment:name}：{item:name}批号{lot:name}{quantity:number}个",
)
@when(
    en="shipment {shipment:name} for order {order:name} is planned with {quantity:number} of {item:name}, lot {lot:name}",
    zh="为销售订单{order:name}安排发货单{shipment:name}：{item:name}批号{lot:name}{quantity:number}个",
)
def plan_lot(outbound: Outbound, world: World, shipment: str, order: str, quantity: Decimal, item: str, lot: str) -> None:
    """Plan a shipment of one lot."""
    world.attempt(lambda: plan(outbound, world, order, shipment, [lot_pick(world, item, lot, quantity)]))


@given(
    en="shipment {shipment:name} for order {order:name} holds {serials:names} of {item:name}",
    zh="销售订单{order:name}已安排发货单{shipment:name}：{item:name}序列号{serials:names}",
)
@when(
    en="shipment {shipment:name} for order {order:name} is planned with {serials:names} of {item:name}",
    zh="为销售订单{order:name}安排发货单{shipment:name}：{item:name}序列号{serials:names}",
)
def plan_serials(outbound: Outbound, world: World, shipment: str, order: str, serials: tuple[str, ...], item: str) -> None:
    """Plan a shipment of serial numbers."""
    world.attempt(lambda: plan(outbound, world, order, shipment, serial_picks(world, item, serials)))


@when(
    en="shipment {shipment:name} for order {order:name} is planned with {quantity:number} of {item:name} and nothing more is said",
    zh="为销售订单{order:name}安排发货单{shipment:name}：{item:name}{quantity:number}个，不填批号和序列号",
)
def plan_untracked(outbound: Outbound, world: World, shipment: str, order: str, quantity: Decimal, item: str) -> None:
    """Plan a shipment without naming lot or serial."""
    world.attempt(lambda: plan(outbound, world, order, shipment, [Pick(item=world.code("item", item), quantity=quantity)]))


@when(
    en="shipment {shipment:name} for order {order:name} is planned with {serial:name} of {item:name} under lot {lot:name}",
    zh="为销售订单{order:name}安排发货单{shipment:name}：{item:name}序列号{serial:name}，批号填为{lot:name}",
)
def plan_serial_of_lot(outbound: Outbound, world: World, shipment: str, order: str, serial: str, item: str, lot: str) -> None:
    """Plan a shipment of a serial number and say which lot it is of."""
    pick = Pick(item=world.code("item", item), serial=world.code("serial", serial), lot=world.code("lot", lot), quantity=Decimal(1))
    world.attempt(lambda: plan(outbound, world, order, shipment, [pick]))


@when(
    en="shipment {shipment:name} for order {order:name} is planned with {serial:name} of {item:name} from the {bin:bin}",
    zh="为销售订单{order:name}从{bin:bin}安排发货单{shipment:name}：{item:name}序列号{serial:name}",
)
def plan_from_bin(
    outbound: Outbound,
    stock: Stock,
    world: World,
    shipment: str,
    order: str,
    serial: str,
    item: str,
    bin: int,  # noqa: A002  # the trade's word
) -> None:
    """Plan a shipment of a serial number and say which bin it lies in."""
    place = stock.bins()[bin]
    pick = Pick(item=world.code("item", item), serial=world.code("serial", serial), bin=place, quantity=Decimal(1))
    world.attempt(lambda: plan(outbound, world, order, shipment, [pick]))


@when(
    en="shipment {shipment:name} for order {order:name} is planned with:", zh="为销售订单{order:name}安排发货单{shipment:name}，明细如下："
)
def plan_list(outbound: Outbound, world: World, shipment: str, order: str, datatable: Datatable) -> None:
    """Plan a shipment of several lots, serial numbers or untracked goods."""
    picks = [
        Pick(
            item=world.code("item", row["item"]),
            lot=world.code("lot", row["lot"]) if "lot" in row else None,
            serial=world.code("serial", row["serial"]) if "serial" in row else None,
            quantity=Decimal(row.get("quantity", 1)),
        )
        for row in rows(datatable)
    ]
    world.attempt(lambda: plan(outbound, world, order, shipment, picks))


@when(
    en="two warehouse clerks plan {serial:name} of {item:name} for the orders {first:name} and {second:name} at the same moment",
    zh="两名仓管员同时为销售订单{first:name}和{second:name}拣选{item:name}的{serial:name}",
)
def plan_together(outbound: Outbound, access: Access, world: World, serial: str, item: str, first: str, second: str) -> None:
    """Plan one serial number for two orders in two sessions at once."""
    picks = serial_picks(world, item, [serial])

    def plan_first(outbound: Outbound) -> None:
        outbound.plan(world.code("order", first), picks)

    def plan_second(outbound: Outbound) -> None:
        outbound.plan(world.code("order", second), picks)

    at_once(world, access, Role.WAREHOUSE, plan_first, plan_second, outbound=outbound)


@when(
    en="two warehouse clerks plan {quantity:number} of {item:name}, lot {lot:name}, "
    "for the orders {first:name} and {second:name} at the same moment",
    zh="两名仓管员同时为销售订单{first:name}和{second:name}各拣选{item:name}批号{lot:name}{quantity:number}个",
)
def plan_lot_together(
    outbound: Outbound, access: Access, world: World, quantity: Decimal, item: str, lot: str, first: str, second: str
) -> None:
    """Plan the same pieces of a lot for two orders in two sessions at once."""
    pick = lot_pick(world, item, lot, quantity)

    def plan_first(outbound: Outbound) -> None:
        outbound.plan(world.code("order", first), [pick])

    def plan_second(outbound: Outbound) -> None:
        outbound.plan(world.code("order", second), [pick])

    at_once(world, access, Role.WAREHOUSE, plan_first, plan_second, outbound=outbound)


@given(en="shipment {shipment:name} has left", zh="发货单{shipment:name}已出库")
@when(en="shipment {shipment:name} leaves", zh="发货单{shipment:name}出库")
def ship(outbound: Outbound, world: World, shipment: str) -> None:
    """Let a planned shipment leave."""
    world.attempt(lambda: outbound.ship(world.code("shipment", shipment)))


@when(en="two warehouse clerks let shipment {shipment:name} leave at the same moment", zh="两名仓管员同时将发货单{shipment:name}出库")
def ship_together(outbound: Outbound, access: Access, world: World, shipment: str) -> None:
    """Ship one shipment in two sessions at once."""

    def leave(outbound: Outbound) -> None:
        outbound.ship(world.code("shipment", shipment))

    at_once(world, access, Role.WAREHOUSE, leave, leave, outbound=outbound)


@when(en="shipment {shipment:name} is cancelled", zh="取消发货单{shipment:name}")
def cancel_shipment(outbound: Outbound, world: World, shipment: str) -> None:
    """Cancel a planned shipment."""
    world.attempt(lambda: outbound.cancel_shipment(world.code("shipment", shipment)))


@when(en="the ERP proposes what to pick for order {order:name}", zh="系统为销售订单{order:name}给出拣货建议")
def propose(outbound: Outbound, world: World, order: str) -> None:
    """Ask for a picking proposal."""
    world.keep("picking proposal", world.attempt(lambda: outbound.propose(world.code("order", order))))


@then(en="the proposal is, in this order:", zh="拣货建议依次为：")
def proposal_is(world: World, datatable: Datatable) -> None:
    """Compare a picking proposal: item, lot and quantity, in order."""
    expected = [(world.code("item", row["item"]), world.code("lot", row["lot"]), Decimal(row["quantity"])) for row in rows(datatable)]
    got = [(pick.item, pick.lot, pick.quantity) for pick in world.kept("picking proposal")]
    expect("propose first expired, first out", expected=expected, got=got)


@then(en="nothing is proposed", zh="没有拣货建议")
def nothing_proposed(world: World) -> None:
    """See that a picking proposal is empty."""
    expect("propose nothing", expected=[], got=list(world.kept("picking proposal")))


@then(en="shipment {shipment:name} is {state:shipment_state}", zh="发货单{shipment:name}的状态为{state:shipment_state}")
def shipment_is(outbound: Outbound, world: World, shipment: str, state: ShipmentState) -> None:
    """Read a shipment's state, and that its times agree with it."""
    found = outbound.shipment(world.code("shipment", shipment))
    has_left = state in (ShipmentState.SHIPPED, ShipmentState.DELIVERED)
    expect(f"find shipment {world.says('shipment', shipment)} in its state", expected=state, got=found.state)
    expect(f"find when shipment {world.says('shipment', shipment)} left", expected=has_left, got=found.shipped_at is not None)


@then(en="the delivery note of shipment {shipment:name} lists exactly:", zh="发货单{shipment:name}的随货同行单列明：")
def delivery_note_lists(outbound: Outbound, world: World, shipment: str, datatable: Datatable) -> None:
    """Compare a delivery note with what left: item, lot, serial, quantity and, where the table has it, the expiry date."""
    wanted = rows(datatable)
    expected = sorted(
        (
            world.code("item", row["item"]),
            world.code("lot", row["lot"]) if "lot" in row else "-",
            world.code("serial", row["serial"]) if "serial" in row else "-",
            Decimal(row.get("quantity", 1)),
            world.day(day(row["expiry"])).isoformat() if "expiry" in row else "-",
        )
        for row in wanted
    )
    named = {key for row in wanted for key in row}
    got = sorted(
        (
            line.item,
            (line.lot or "-") if "lot" in named else "-",
            line.serial or "-",
            line.quantity,
            (line.expiry.isoformat() if line.expiry else "-") if "expiry" in named else "-",
        )
        for line in outbound.delivery_note(world.code("shipment", shipment)).lines
    )
    expect(f"find on the delivery note of {world.says('shipment', shipment)} what left", expected=expected, got=got)


@then(
    en="shipment {shipment:name} carries exactly {serials:names} of {item:name}",
    zh="发货单{shipment:name}正好包含{item:name}的{serials:names}",
)
def shipment_carries(outbound: Outbound, world: World, shipment: str, serials: tuple[str, ...], item: str) -> None:
    """Compare a shipment's lines."""
    expected = sorted((world.code("item", item), world.code("serial", serial), Decimal(1)) for serial in serials)
    got = sorted((line.item, line.serial or "-", line.quantity) for line in outbound.shipment(world.code("shipment", shipment)).lines)
    expect(f"find in shipment {world.says('shipment', shipment)} what was planned", expected=expected, got=got)


@given(
    en="the receiver of shipment {shipment:name} has signed, but the paper is still on its way",
    zh="发货单{shipment:name}已被签收，但回执尚未送到",
)
def signed(world: World, shipment: str) -> None:
    """Note when the receiver signed."""
    world.keep(f"signature for {shipment}", datetime.now(UTC))


@given(en="the proof of delivery of shipment {shipment:name} has come in", zh="发货单{shipment:name}的签收回执已登记")
@when(en="the proof of delivery of shipment {shipment:name} comes in", zh="登记发货单{shipment:name}的签收回执")
def proof(deliveries: Deliveries, world: World, shipment: str) -> None:
    """Record a proof of delivery that was signed just now."""
    world.keep(f"signature for {shipment}", datetime.now(UTC))
    _prove(deliveries, world, shipment, _RECEIVER)


@when(en="that proof of delivery of shipment {shipment:name} comes in again", zh="再次收到发货单{shipment:name}的同一签收回执")
@when(en="the paper signed for shipment {shipment:name} comes in at last", zh="发货单{shipment:name}的签收回执终于送到")
def same_proof(deliveries: Deliveries, world: World, shipment: str) -> None:
    """Record a proof of delivery that was signed earlier."""
    _prove(deliveries, world, shipment, _RECEIVER)


@when(
    en="a proof of delivery signed by somebody else comes in for shipment {shipment:name}", zh="收到发货单{shipment:name}由他人签收的回执"
)
def other_proof(deliveries: Deliveries, world: World, shipment: str) -> None:
    """Record a proof of delivery that contradicts the first."""
    _prove(deliveries, world, shipment, "Wang Fang, pharmacy")


@when(
    en="a proof of delivery comes in for shipment {shipment:name} that was signed before the goods left",
    zh="收到发货单{shipment:name}的签收回执，签字时间早于出库时间",
)
def early_proof(deliveries: Deliveries, world: World, shipment: str) -> None:
    """Record a proof of delivery that cannot be true."""
    world.keep(f"signature for {shipment}", world.started_at - timedelta(hours=1))
    _prove(deliveries, world, shipment, _RECEIVER)


@then(en="shipment {shipment:name} counts as delivered when the receiver signed", zh="发货单{shipment:name}的签收时间为签字的时间")
def delivered_when_signed(outbound: Outbound, world: World, shipment: str) -> None:
    """Compare when a shipment was delivered with when it was signed for."""
    signed_at: datetime = world.kept(f"signature for {shipment}")
    delivered_at = outbound.shipment(world.code("shipment", shipment)).delivered_at
    if delivered_at is not None and not delivered_at.microsecond:
        signed_at = signed_at.replace(microsecond=0)  # this ERP keeps whole seconds
    expect(f"find when shipment {world.says('shipment', shipment)} was delivered", expected=signed_at, got=delivered_at)


def _prove(deliveries: Deliveries, world: World, shipment: str, receiver: str) -> None:
    at = world.kept(f"signature for {shipment}")
    world.attempt(lambda: deliveries.prove(world.code("shipment", shipment), receiver, at))
