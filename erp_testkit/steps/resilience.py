"""Bad networks, bad machines, and clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar, cast

from erp_testkit.domain.documents import JobState, Role, ShipmentState
from erp_testkit.erp.errors import ErpBroke, ErpUnreachable, Refused
from erp_testkit.erp.ports import Access, Interfaces, Jobs, Outbound, Sales
from erp_testkit.standins.abilities import Clock, Database, DatabaseServer, Disk, Line, Machine, Partners
from erp_testkit.standins.network import Link, Network, Toxic, toxic
from erp_testkit.standins.waiting import wait_until
from erp_testkit.steps import given, then, when
from erp_testkit.steps.assertions import expect
from erp_testkit.steps.concurrency import acting
from erp_testkit.steps.sales import new_order, order_line
from erp_testkit.steps.world import World

P = TypeVar("P")

_CHANNEL, _INBOX = "wms.shipment", "/shipments"
_SECONDS = 20.0
"""How long to wait for what an ERP does by itself."""
_NO_ANSWER = (ErpUnreachable, ErpBroke)


def over(second_line: Line, **port: P) -> P:
    """Return a port as it is reached over a line: ``over(second_line, outbound=outbound)``."""
    (name,) = port
    return cast(P, getattr(second_line.erp, name))


def wait_for(what: str, seen: Callable[[], bool]) -> None:
    """Wait until something is seen.

    Raises:
        AssertionError: it is not seen in time.
    """
    if not wait_until(seen, _SECONDS):
        raise AssertionError(f"Failed to see {what}: expected it within {_SECONDS:g} s, got nothing of it.")


def _end(future: Future[None], what: str) -> None:
    """Wait until something under way ends; what it raised is raised."""
    wait_for(what, future.done)
    future.result()


def _spoil(link: Link, toxics: Sequence[Toxic]) -> None:
    for one in toxics:
        link.add(one)


def _try(world: World, action: Callable[[], object]) -> None:
    """Do something on a bad way, and keep whether an answer came."""
    try:
        world.attempt(action)
        world.keep("answer", True)
    except _NO_ANSWER:
        world.keep("answer", False)


@given(en="a clerk's line to the ERP {fault:fault}", zh="一名员工到系统的线路{fault:fault}")
def bad_line(second_line: Line, fault: Sequence[Toxic]) -> None:
    """Make a second line to the ERP bad."""
    _spoil(second_line.link, fault)


@when(en="that line is whole again", zh="该线路恢复正常")
def whole_line(second_line: Line) -> None:
    """Take everything bad away from the line."""
    second_line.link.heal()


@when(
    en="purchase order {reference:name} of {customer:name} for {quantity:number} of {item:name} is entered over that line",
    zh="通过该线路录入{customer:name}的采购单{reference:name}：{item:name}{quantity:number}个",
)
def order_over_line(sales: Sales, second_line: Line, world: World, reference: str, customer: str, quantity: Decimal, item: str) -> None:
    """Enter an order over a line that may lose the answer, and with it the number."""
    request = new_order(world, customer, reference, order_line(world, item, quantity))
    _try(world, lambda: over(second_line, sales=sales).quote(request))


@when(en="shipment {shipment:name} leaves over that line", zh="通过该线路将发货单{shipment:name}出库")
def ship_over_line(outbound: Outbound, second_line: Line, world: World, shipment: str) -> None:
    """Let a shipment leave over a line that may be bad."""
    _try(world, lambda: over(second_line, outbound=outbound).ship(world.code("shipment", shipment)))


@when(en="shipment {shipment:name} is sent off over that line without waiting", zh="通过该线路提交发货单{shipment:name}出库，不等应答")
def ship_over_silent_line(outbound: Outbound, second_line: Line, world: World, shipment: str) -> Iterator[None]:
    """Let a shipment leave over a line whose answer is waited for elsewhere."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(_try, world, lambda: over(second_line, outbound=outbound).ship(world.code("shipment", shipment)))
        world.keep("what is under way", future)
        yield
        second_line.link.heal()


@then(en="what is under way over that line ends with an answer", zh="该线路上的提交最终收到应答")
def answered_at_last(world: World) -> None:
    """Wait for the answer."""
    under_way: Future[None] = world.kept("what is under way")
    _end(under_way, "an end of what is under way over that line")
    expect("get an answer at last", expected=True, got=world.kept("answer"))


@then(en="the clerk gets an answer", zh="该员工收到了应答")
def answered(world: World) -> None:
    """See that an answer came."""
    expect("get an answer", expected=True, got=world.kept("answer"))


@then(en="the clerk gets no answer", zh="该员工没有收到应答")
def unanswered(world: World) -> None:
    """See that none came: otherwise the scenario has not spoilt anything."""
    expect("lose the answer", expected=False, got=world.kept("answer"))


@given(en="the ERP reaches the WMS over a link", zh="系统经由一条链路连接仓储系统")
def linked(interfaces: Interfaces, network: Network, partners: Partners, world: World) -> Iterator[None]:
    """Connect the ERP to the WMS over a link that can be made bad."""
    yield from _connected(interfaces, network, partners, world)


@given(en="the ERP reaches the WMS by its name on the network", zh="系统在网络上按名称连接仓储系统")
def cabled(interfaces: Interfaces, cables: Network, partners: Partners, world: World) -> Iterator[None]:
    """Connect the ERP to the WMS directly, with a cable that can be pulled."""
    yield from _connected(interfaces, cables, partners, world)


def _connected(interfaces: Interfaces, network: Network, partners: Partners, world: World) -> Iterator[None]:
    wms = partners.partner("wms")
    link = network.link(wms.url)
    world.keep("WMS", wms)
    world.keep("link to the WMS", link)
    interfaces.connect(_CHANNEL, link.address.rstrip("/") + _INBOX, wms.secret)
    yield
    interfaces.disconnect(_CHANNEL)


@given(en="the link to the WMS {fault:fault}", zh="到仓储系统的链路{fault:fault}")
def bad_link(world: World, fault: Sequence[Toxic]) -> None:
    """Make the link to the WMS bad."""
    _spoil(world.kept("link to the WMS"), fault)


@when(en="the link to the WMS is whole again", zh="到仓储系统的链路恢复正常")
def whole_link(world: World) -> None:
    """Take everything bad away from the link."""
    world.kept("link to the WMS").heal()


@when(en="the ERP has failed to tell the WMS of shipment {shipment:name}", zh="系统向仓储系统通知发货单{shipment:name}未成功")
def failed_once(jobs: Jobs, world: World, shipment: str) -> None:
    """Wait until the ERP has tried, and means to try again."""
    number = world.code("shipment", shipment)
    wait_for("an attempt that failed", lambda: any(job.error and job.state is JobState.QUEUED for job in jobs.jobs(number)))


@when(en="the ERP is telling the WMS of shipment {shipment:name}", zh="系统正在向仓储系统通知发货单{shipment:name}")
def under_way(jobs: Jobs, world: World, shipment: str) -> None:
    """Wait until the ERP is in the middle of it."""
    number = world.code("shipment", shipment)
    wait_for("a job under way", lambda: any(job.state is JobState.RUNNING for job in jobs.jobs(number)))


@then(en="the WMS takes shipment {shipment:name}", zh="仓储系统收下发货单{shipment:name}的通知")
def taken(world: World, shipment: str) -> None:
    """Wait until the partner has taken the message, whatever the ERP knows of that."""
    number = world.code("shipment", shipment)
    wait_for("the message taken", lambda: any(number in one.body and 200 <= one.status < 300 for one in world.kept("WMS").received()))


@then(en="the WMS has been told of shipment {shipment:name}, under one number", zh="仓储系统已收到发货单{shipment:name}的通知，且编号唯一")
def told_once(jobs: Jobs, world: World, shipment: str) -> None:
    """See that the partner took the message, that all its copies carry one number, and that no work is left."""
    number = world.code("shipment", shipment)
    jobs.settle(world.codes("item"), _SECONDS)
    received = [one for one in world.kept("WMS").received() if number in one.body]
    says = f"shipment {world.says('shipment', shipment)}"
    expect(f"tell the WMS of {says}", expected=True, got=any(200 <= one.status < 300 for one in received))
    expect(f"tell the WMS of {says} under one number", expected=1, got=len({one.message for one in received}))
    expect(f"end the jobs of {says}", expected={JobState.DONE}, got={job.state for job in jobs.jobs(number)})


@when(en="the ERP is killed", zh="系统被强行终止")
def killed(machine: Machine) -> None:
    """End the ERP at once."""
    machine.kill()


@when(
    en="the ERP is killed when shipment {shipment:name} has left, before it answers",
    zh="发货单{shipment:name}刚出库、系统尚未应答时被强行终止",
)
def killed_before_answer(outbound: Outbound, second_line: Line, machine: Machine, world: World, shipment: str) -> None:
    """End the ERP between commit and answer: a line keeps the answer back, and everybody else sees that the goods have left."""
    number = world.code("shipment", shipment)
    second_line.link.add(toxic("drop_response"))
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(_try, world, lambda: over(second_line, outbound=outbound).ship(number))
        wait_for("the shipment shipped", lambda: future.done() or outbound.shipment(number).state is ShipmentState.SHIPPED)
        machine.kill()
        second_line.link.add(toxic("down"))
        _end(future, "an end of the call whose answer was kept back")


@when(en="the ERP is started again", zh="系统重新启动")
def started(machine: Machine) -> None:
    """Start the ERP on the same data."""
    machine.start()


@when(en="the ERP is killed while shipments {shipments:names} leave", zh="发货单{shipments:names}出库期间系统被强行终止")
def killed_while_shipping(outbound: Outbound, access: Access, machine: Machine, world: World, shipments: tuple[str, ...]) -> None:
    """End the ERP when the first of several shipments has left."""
    _while_shipping(outbound, access, world, shipments, machine.kill)


@when(en="the ERP loses its database while shipments {shipments:names} leave", zh="发货单{shipments:names}出库期间系统与数据库失去连接")
def cut_while_shipping(outbound: Outbound, access: Access, database: Database, world: World, shipments: tuple[str, ...]) -> None:
    """Cut the database off when the first of several shipments has left."""
    _while_shipping(outbound, access, world, shipments, database.cut)


@when(
    en="the database server is killed while shipments {shipments:names} leave",
    zh="发货单{shipments:names}出库期间数据库服务器被强行终止",
)
def server_killed_while_shipping(
    outbound: Outbound, access: Access, database_server: DatabaseServer, world: World, shipments: tuple[str, ...]
) -> None:
    """End the database server when the first of several shipments has left."""
    _while_shipping(outbound, access, world, shipments, database_server.kill)


def _while_shipping(outbound: Outbound, access: Access, world: World, shipments: Sequence[str], strike: Callable[[], None]) -> None:
    sessions = [acting(access, Role.WAREHOUSE, outbound=outbound) for _ in shipments]

    def ship(session: Outbound, shipment: str) -> None:
        with suppress(*_NO_ANSWER):
            session.ship(world.code("shipment", shipment))

    with ThreadPoolExecutor(len(shipments)) as pool:
        under_way = [pool.submit(ship, session, shipment) for session, shipment in zip(sessions, shipments, strict=True)]
        wait_for("a shipment that has left", lambda: any(future.done() for future in under_way))
        strike()
        for future in under_way:
            _end(future, "an end of every call under way")


@when(en="the shipments {shipments:names} leave, those that have not yet", zh="将发货单{shipments:names}中尚未出库的出库")
def ship_the_rest(outbound: Outbound, world: World, shipments: tuple[str, ...]) -> None:
    """Let those shipments leave that are still planned."""
    for shipment in shipments:
        number = world.code("shipment", shipment)
        if outbound.shipment(number).state is ShipmentState.PLANNED:
            outbound.ship(number)


@when(en="the ERP has its database again", zh="系统与数据库恢复连接")
def database_back(database: Database) -> None:
    """Let the ERP back to its database."""
    database.restore()


@when(en="the database server is started again", zh="数据库服务器重新启动")
def database_server_started(database_server: DatabaseServer) -> None:
    """Start the database server on the same data."""
    database_server.start()


@when(en="the ERP loses its database", zh="系统与数据库失去连接")
def database_lost(database: Database) -> None:
    """Cut the ERP off its database."""
    database.cut()


@when(en="the disk of the database is full", zh="数据库的磁盘写满")
def disk_full(disk: Disk) -> None:
    """Leave no room on the database's disk."""
    disk.fill()


@when(en="the disk of the database has room again", zh="数据库的磁盘腾出空间")
def disk_freed(disk: Disk) -> None:
    """Make room on the database's disk."""
    disk.free()


@then(en="shipment {shipment:name} cannot leave now", zh="发货单{shipment:name}此时无法出库")
def cannot_leave(outbound: Outbound, world: World, shipment: str) -> None:
    """See that the ERP says it cannot, instead of saying that it did."""
    try:
        outbound.ship(world.code("shipment", shipment))
    except (*_NO_ANSWER, Refused):
        return
    raise AssertionError(f"Failed to see shipment {world.says('shipment', shipment)} fail: expected an error, got success.")


@given(en="the ERP's clock is {days:number} days ahead", zh="系统时钟拨快{days:number}天")
def clock_ahead(clock: Clock, days: Decimal) -> None:
    """Set the ERP's clock ahead."""
    clock.set_ahead(timedelta(days=float(days)))


@when(en="the ERP's clock is a minute before the end of tomorrow", zh="系统时钟拨到明天结束前一分钟")
def before_midnight(clock: Clock, world: World) -> None:
    """Set the ERP's clock to just before midnight, UTC."""
    _set(clock, _midnight(world) - timedelta(minutes=1))


@when(en="the ERP's clock is a minute past the end of tomorrow", zh="系统时钟拨到明天结束后一分钟")
def after_midnight(clock: Clock, world: World) -> None:
    """Set the ERP's clock to just after midnight, UTC."""
    _set(clock, _midnight(world) + timedelta(minutes=1))


@when(en="the ERP's clock is half past two in the night when summer time ends in Europe", zh="系统时钟拨到欧洲夏令时结束当夜两点半")
def before_clocks_go_back(clock: Clock, world: World) -> None:
    """Set the ERP's clock into the hour that comes twice, the first time."""
    _set(clock, _summer_time_ends(world) - timedelta(minutes=30))


@when(en="the ERP's clock is half past two again, an hour later", zh="一小时后系统时钟再次为两点半")
def after_clocks_went_back(clock: Clock, world: World) -> None:
    """Set the ERP's clock into the hour that comes twice, the second time."""
    _set(clock, _summer_time_ends(world) + timedelta(minutes=30))


@then(en="shipment {second:name} left an hour after shipment {first:name}", zh="发货单{second:name}的出库时间比发货单{first:name}晚一小时")
def an_hour_later(outbound: Outbound, world: World, first: str, second: str) -> None:
    """Compare when two shipments left, to the minute."""
    left = [outbound.shipment(world.code("shipment", one)).shipped_at for one in (first, second)]
    minutes = None if None in left else round((left[1] - left[0]).total_seconds() / 60)  # type: ignore[operator]  # None is out
    expect("find the minutes between the shipments", expected=60, got=minutes)


def _set(clock: Clock, moment: datetime) -> None:
    clock.set_ahead(moment - datetime.now(UTC))


def _midnight(world: World) -> datetime:
    return datetime.combine(world.day(2), datetime.min.time(), UTC)


def _summer_time_ends(world: World) -> datetime:
    """Return when clocks in the European Union go back next: 01:00 UTC on the last Sunday of October (Directive 2000/84/EC, Article 3)."""
    for year in (world.today.year, world.today.year + 1):
        last = datetime(year, 10, 31, 1, tzinfo=UTC)
        moment = last - timedelta(days=(last.weekday() + 1) % 7)
        if moment.date() > world.day(1):
            return moment
    raise AssertionError("the year after this one has an October")
