"""UDI labels, scanned and printed."""

from __future__ import annotations

from calendar import monthrange
from datetime import timedelta

from erp_testkit.data.labels import Damage, Label, read, write, write_damaged, write_month_only
from erp_testkit.domain.documents import ScannedLabel
from erp_testkit.erp.ports import Labels
from erp_testkit.steps import then, when
from erp_testkit.steps.assertions import expect
from erp_testkit.steps.world import World

_SOME_DAY = 365
_NEXT_MONTH = 31


def _label(world: World, item: str, lot: str, serial: str | None, expiry: int) -> Label:
    return Label(
        gtin=world.code("gtin", item),
        expiry=world.day(expiry),
        lot=world.code("lot", lot),
        serial=world.code("serial", serial) if serial else None,
    )


@when(
    en="the label of {item:name} with lot {lot:name}, serial number {serial:name} and expiry {expiry:day} is scanned",
    zh="扫描{item:name}的标签：批号{lot:name}，序列号{serial:name}，{expiry:day}到期",
)
def scan_serial(labels: Labels, world: World, item: str, lot: str, serial: str, expiry: int) -> None:
    """Scan a whole label of a serial number."""
    label = _label(world, item, lot, serial, expiry)
    world.keep("scan", world.attempt(lambda: labels.scan(write(label))))


@when(
    en="the label of {item:name} with lot {lot:name} and expiry {expiry:day} is scanned",
    zh="扫描{item:name}的标签：批号{lot:name}，{expiry:day}到期",
)
def scan_lot(labels: Labels, world: World, item: str, lot: str, expiry: int) -> None:
    """Scan a whole label of a lot."""
    label = _label(world, item, lot, None, expiry)
    world.keep("scan", world.attempt(lambda: labels.scan(write(label))))


@when(
    en="the label of {item:name} with lot {lot:name} that expires next month, without a day, is scanned",
    zh="扫描{item:name}的标签：批号{lot:name}，有效期只写到下个月",
)
def scan_month_only(labels: Labels, world: World, item: str, lot: str) -> None:
    """Scan a label whose expiry date is a month."""
    label = _month_label(world, item, lot)
    world.keep("scan", world.attempt(lambda: labels.scan(write_month_only(label))))


@then(
    en="the scan names {item:name}, lot {lot:name} and the last day of next month",
    zh="识别结果为{item:name}，批号{lot:name}，下个月最后一天到期",
)
def scan_names_month_end(world: World, item: str, lot: str) -> None:
    """See that a month stands for its last day."""
    _compare(world, item, _month_label(world, item, lot))


@when(en="a label of {item:name} is scanned that {damage:damage}", zh="扫描一张{damage:damage}的{item:name}标签")
def scan_damaged(labels: Labels, world: World, item: str, damage: Damage) -> None:
    """Scan a label with one thing wrong."""
    label = _label(world, item, f"lot on the label of {item}", f"serial on the label of {item}", _SOME_DAY)
    world.keep("scan", world.attempt(lambda: labels.scan(write_damaged(label, damage))))


@then(
    en="the scan names {item:name}, lot {lot:name}, serial number {serial:name} and expiry {expiry:day}",
    zh="识别结果为{item:name}，批号{lot:name}，序列号{serial:name}，{expiry:day}到期",
)
def scan_names_serial(world: World, item: str, lot: str, serial: str, expiry: int) -> None:
    """Compare what the ERP understood of a label with a serial number."""
    _compare(world, item, _label(world, item, lot, serial, expiry))


@then(
    en="the scan names {item:name}, lot {lot:name} and expiry {expiry:day}",
    zh="识别结果为{item:name}，批号{lot:name}，{expiry:day}到期",
)
def scan_names_lot(world: World, item: str, lot: str, expiry: int) -> None:
    """Compare what the ERP understood of a label without a serial number."""
    _compare(world, item, _label(world, item, lot, None, expiry))


@when(
    en="the label of {item:name} with lot {lot:name} and serial number {serial:name} is printed",
    zh="打印{item:name}的标签：批号{lot:name}，序列号{serial:name}",
)
def print_label(labels: Labels, world: World, item: str, lot: str, serial: str) -> None:
    """Ask for the label the ERP would print."""
    codes = world.code("item", item), world.code("lot", lot), world.code("serial", serial)
    world.keep("printed label", world.attempt(lambda: labels.label(*codes)))


@then(
    en="the printed label reads {item:name}, lot {lot:name}, serial number {serial:name} and expiry {expiry:day}",
    zh="打印的标签为{item:name}，批号{lot:name}，序列号{serial:name}，{expiry:day}到期",
)
def printed_label_reads(world: World, item: str, lot: str, serial: str, expiry: int) -> None:
    """Read a printed label by the GS1 rules, with software that is not the ERP's."""
    text = world.kept("printed label")
    try:
        found = read(text)
    except ValueError as error:
        raise AssertionError(str(error)) from error
    expect(f"read the printed label of {world.says('item', item)}", expected=_label(world, item, lot, serial, expiry), got=found)


@when(en="the printed label is scanned", zh="扫描打印出的标签")
def scan_printed(labels: Labels, world: World) -> None:
    """Scan what the ERP printed."""
    text = world.kept("printed label")
    world.keep("scan", world.attempt(lambda: labels.scan(text)))


def _month_label(world: World, item: str, lot: str) -> Label:
    some_day = world.today.replace(day=1) + timedelta(days=_NEXT_MONTH)
    last_day = some_day.replace(day=monthrange(some_day.year, some_day.month)[1])
    return Label(gtin=world.code("gtin", item), expiry=last_day, lot=world.code("lot", lot))


def _compare(world: World, item: str, label: Label) -> None:
    expected = ScannedLabel(item=world.code("item", item), gtin=label.gtin, lot=label.lot, serial=label.serial, expiry=label.expiry)
    expect(f"understand the label of {world.says('item', item)}", expected=expected, got=world.kept("scan"))
