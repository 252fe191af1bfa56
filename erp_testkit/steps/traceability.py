"""Where goods came from, where they went, and what the lot's own record says."""

from __future__ import annotations

import time
from collections import Counter
from decimal import Decimal
from itertools import pairwise

from erp_testkit.domain.documents import Delivered, Origin, PlaceKind, SerialEvent
from erp_testkit.erp.ports import LotRecords, Outbound, Stock, Traceability
from erp_testkit.steps import phrase, then, when
from erp_testkit.steps.assertions import expect
from erp_testkit.steps.tables import Datatable, rows
from erp_testkit.steps.vocabulary import PLACE_KINDS
from erp_testkit.steps.world import World

_place_kind = phrase(of=PLACE_KINDS)


@when(en="lot {lot:name} of {item:name} is traced forward", zh="正向追溯{item:name}批号{lot:name}")
def trace_forward(traceability: Traceability, world: World, lot: str, item: str) -> None:
    """Ask who got a lot."""
    world.keep("trace", world.attempt(lambda: traceability.forward(world.code("item", item), world.code("lot", lot))))


@then(en="the trace names exactly:", zh="追溯结果正好是：")
def trace_names(world: World, datatable: Datatable) -> None:
    """Compare a forward trace: customer, shipment, quantity and, where the table has it, the serial number."""
    wanted = rows(datatable)
    named = {key for row in wanted for key in row}
    expected = sorted(
        (
            world.code("customer", row["customer"]),
            world.code("shipment", row["shipment"]),
            world.code("serial", row["serial"]) if "serial" in row else "-",
            Decimal(row.get("quantity", 1)),
        )
        for row in wanted
    )
    quantities: Counter[tuple[str, str, str]] = Counter()
    for line in _deliveries(world):
        quantities[line.customer, line.shipment, (line.serial or "-") if "serial" in named else "-"] += line.quantity  # type: ignore[assignment]  # a Counter of Decimals
    expect("trace forward", expected=expected, got=sorted((*key, quantity) for key, quantity in quantities.items()))


@then(en="the trace dates each delivery with the day its shipment left", zh="追溯中每笔发货的日期均为其发货单的出库日期")
def trace_dates(outbound: Outbound, world: World) -> None:
    """Compare the days in a forward trace with those on which the shipments left."""
    left = [(line.shipment, outbound.shipment(line.shipment).shipped_at) for line in _deliveries(world)]
    expect(
        "date the deliveries of the trace",
        expected=[(shipment, at.date() if at else None) for shipment, at in left],
        got=[(line.shipment, line.at.date()) for line in _deliveries(world)],
    )


@then(en="the trace names nobody", zh="追溯结果为空")
def trace_names_nobody(world: World) -> None:
    """See that a lot has not left."""
    expect("trace forward to nobody", expected=[], got=list(_deliveries(world)))


@when(en="serial number {serial:name} of {item:name} is traced back", zh="反向追溯{item:name}的序列号{serial:name}")
def trace_back(traceability: Traceability, world: World, serial: str, item: str) -> None:
    """Ask where a serial number came from."""
    world.keep("origin", world.attempt(lambda: traceability.backward(world.code("item", item), world.code("serial", serial))))


@then(en="it came from {supplier:name} with receipt {receipt:name}", zh="其来源为{supplier:name}，入库单{receipt:name}")
def came_from(world: World, supplier: str, receipt: str) -> None:
    """Compare where a serial number came from."""
    origin: Origin = world.kept("origin")
    expect(
        "trace back to supplier and receipt",
        expected=[(world.code("supplier", supplier), world.code("receipt", receipt))],
        got=[(origin.supplier, origin.receipt)],
    )


@when(en="a recall drill is held for lot {lot:name} of {item:name}", zh="对{item:name}批号{lot:name}进行召回演练")
def recall_drill(traceability: Traceability, stock: Stock, world: World, lot: str, item: str) -> None:
    """Draw up the recall list, who got how much and what is still here, and take the time."""
    started = time.monotonic()
    delivered = traceability.forward(world.code("item", item), world.code("lot", lot))
    here = sum((row.quantity for row in stock.on_hand(world.code("item", item)) if row.lot == world.code("lot", lot)), Decimal())
    world.keep("seconds of the recall drill", time.monotonic() - started)
    world.keep("trace", delivered)
    world.keep("quantity still here", here)


@then(en="the recall list names exactly:", zh="召回名单正好是：")
def recall_list(world: World, datatable: Datatable) -> None:
    """Compare who must be called, and for how many."""
    expected = sorted((world.code("customer", row["customer"]), Decimal(row["quantity"])) for row in rows(datatable))
    customers = {line.customer for line in _deliveries(world)}
    got = sorted((customer, sum(line.quantity for line in _deliveries(world) if line.customer == customer)) for customer in customers)
    expect("draw up the recall list", expected=expected, got=got)


@then(en="{quantity:number} more of the lot are still in the warehouse", zh="该批号仓库内尚有{quantity:number}个")
def still_here(world: World, quantity: Decimal) -> None:
    """Compare what a recall finds in the own warehouse."""
    expect("find the rest of the recalled lot", expected=quantity, got=world.kept("quantity still here"))


@then(en="the drill took less than {seconds:number} seconds", zh="演练用时不到{seconds:number}秒")
def drill_took(world: World, seconds: Decimal) -> None:
    """Compare how long a recall list takes."""
    took = world.kept("seconds of the recall drill")
    if took >= seconds:
        raise AssertionError(f"Failed to draw up the recall list in time: expected less than {seconds} s, got {took:.1f} s.")


@then(en="the history of serial number {serial:name} of {item:name} is:", zh="{item:name}序列号{serial:name}的历史依次为：")
def history_is(traceability: Traceability, world: World, serial: str, item: str, datatable: Datatable) -> None:
    """Compare a serial number's movements, in order, without gaps and with the partners they were with."""
    events = traceability.history(world.code("item", item), world.code("serial", serial))
    expected = []
    for row in rows(datatable):
        kind = "supplier" if row["from"] in ("supplier", "供应商") else "customer"
        party = world.code(kind, row["party"]) if "party" in row else "-"
        expected.append((_place_kind(row["from"]), _place_kind(row["to"]), party))
    got = [(event.from_kind, event.to_kind, (event.party or "-") if _has_partner(event) else "-") for event in events]
    expect(f"find the history of serial number {world.says('serial', serial)}", expected=expected, got=got)
    gaps = [(before.to_kind, after.from_kind) for before, after in pairwise(events) if before.to_kind != after.from_kind]
    expect(f"find the history of serial number {world.says('serial', serial)} without gaps", expected=[], got=gaps)
    times = [event.at for event in events]
    expect(f"find the history of serial number {world.says('serial', serial)} in order of time", expected=sorted(times), got=times)


@then(en="lot {lot:name} of {item:name} expires {expiry:day}", zh="{item:name}批号{lot:name}{expiry:day}到期")
def lot_expires(lot_records: LotRecords, world: World, lot: str, item: str, expiry: int) -> None:
    """Read a lot's last day of use."""
    record = lot_records.lot(world.code("item", item), world.code("lot", lot))
    expect(f"find when lot {world.says('lot', lot)} expires", expected=world.day(expiry), got=record.expiry)


@when(
    en="serial number {serial:name} of {item:name} is bound to lot {lot:name}", zh="将{item:name}的序列号{serial:name}改绑到批号{lot:name}"
)
def bind(lot_records: LotRecords, world: World, serial: str, item: str, lot: str) -> None:
    """Try to put a serial number into another lot."""
    world.attempt(lambda: lot_records.bind(world.code("item", item), world.code("serial", serial), world.code("lot", lot)))


@then(en="lot {lot:name} of {item:name} has exactly {serials:names}", zh="{item:name}批号{lot:name}正好包含{serials:names}")
def lot_has(lot_records: LotRecords, world: World, lot: str, item: str, serials: tuple[str, ...]) -> None:
    """Read which serial numbers were made in a lot."""
    record = lot_records.lot(world.code("item", item), world.code("lot", lot))
    expect(
        f"find the serial numbers of lot {world.says('lot', lot)}",
        expected=sorted(world.code("serial", serial) for serial in serials),
        got=sorted(record.serials),
    )


@when(
    en="lot {lot:name} of {item:name} is found to expire {expiry:day} and corrected",
    zh="将{item:name}批号{lot:name}的有效期更正为{expiry:day}",
)
def correct_expiry(lot_records: LotRecords, world: World, lot: str, item: str, expiry: int) -> None:
    """Correct a lot's expiry date."""
    world.attempt(
        lambda: lot_records.correct_expiry(
            world.code("item", item), world.code("lot", lot), world.day(expiry), "misread on the delivery papers"
        )
    )


def _deliveries(world: World) -> tuple[Delivered, ...]:
    return tuple(world.kept("trace"))


def _has_partner(event: SerialEvent) -> bool:
    return bool({event.from_kind, event.to_kind} & {PlaceKind.SUPPLIER, PlaceKind.CUSTOMER})
