"""Scenes: what must have happened in the ERP before an interface can be looked at, played through the ports, so with any ERP.

A scene takes *values* a check wants to see again elsewhere (a lot number, a customer's name); what it leaves out is made up. It returns
*facts*: everything that is known of the document afterwards, under the paths that mapping contracts use as sources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from erp_testkit.contracts.check import Live
from erp_testkit.domain.documents import Customer, Item, NewOrder, NewOrderLine, NewReceipt, Pick, ReceiptLine, Supplier, Tracking
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.erp.errors import ErpBroke
from erp_testkit.erp.ports import MasterData, Outbound, Sales, Stock, port

_A_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A scene that was played."""

    document: str
    """Number of the document it is about: the shipment, or the order."""
    items: frozenset[str]
    facts: Mapping[str, Any]
    """Path to value: texts, `Decimal`s, `date`s, aware `datetime`s, None. ``lines[0].lot`` is of the first line."""


VALUES = frozenset(
    {
        "customer.code",
        "customer.name",
        "shipment.reference",
        "lines[].item",
        "lines[].name",
        "lines[].gtin",
        "lines[].lot",
        "lines[].serial",
        "lines[].expiry",
        "lines[].quantity",
        "lines[].unit",
    }
)
"""Paths a check may choose the values of. ``lines[0].serial`` makes the first line's item serial-tracked; otherwise lots are tracked.

Lines with one ``item`` are of that item; it is made as the first of them says.
"""


def planned_shipment(live: Live, values: Mapping[str, Any]) -> Scene:
    """Play an order up to a planned shipment: nothing has left."""
    erp, lines = live.erp, _lines(live, values)
    customer = Customer(
        code=values.get("customer.code") or live.code("customer", "customer"),
        name=values.get("customer.name") or f"Hospital {live.code('customer', 'name')}",
        licence_until=live.today + _A_YEAR,
    )
    supplier = Supplier(code=live.code("supplier", "supplier"), name="Supplier")
    reference = values.get("shipment.reference") or live.code("reference", "reference")
    master_data, sales, outbound = port(erp, MasterData), port(erp, Sales), port(erp, Outbound)
    master_data.add_customer(customer)
    master_data.add_supplier(supplier)
    for item in {item.code: item for item, _ in lines}.values():
        master_data.add_item(item)
    port(erp, Stock).receive(NewReceipt(supplier=supplier.code, lines=tuple(line for _, line in lines)))
    ordered = tuple(NewOrderLine(item=line.item, quantity=line.quantity, unit=line.unit) for _, line in lines)
    order = sales.quote(NewOrder(customer=customer.code, reference=reference, lines=ordered))
    sales.confirm(order)
    picks = tuple(Pick(item=line.item, quantity=line.quantity, lot=line.lot, serial=line.serial) for _, line in lines)
    shipment = outbound.plan(order, picks)
    facts: dict[str, Any] = {
        "shipment.number": shipment,
        "shipment.order": order,
        "shipment.reference": reference,
        "customer.code": customer.code,
        "customer.name": customer.name,
    }
    kept = {(pick.item, pick.lot, pick.serial): place for place, pick in enumerate(outbound.shipment(shipment).lines)}
    for item, line in lines:
        # The ERP may list the lines in an order of its own.
        place = kept.get((line.item, line.lot, line.serial))
        if place is None:
            missing = f"item {line.item}, lot {line.lot}, serial number {line.serial or 'none'}"
            text = f"Failed to plan shipment {shipment}: expected a line with {missing}, as picked, got none."
            raise ErpBroke(f"{text} Next: read the shipment in the ERP.")
        facts |= {
            f"lines[{place}].line": place + 1,
            f"lines[{place}].item": item.code,
            f"lines[{place}].name": item.name,
            f"lines[{place}].gtin": item.gtin,
            f"lines[{place}].unit": item.unit,
            f"lines[{place}].lot": line.lot,
            f"lines[{place}].serial": line.serial,
            f"lines[{place}].expiry": line.expiry,
            f"lines[{place}].quantity": line.quantity,
        }
    return Scene(document=shipment, items=frozenset(item.code for item, _ in lines), facts=facts)


def shipped_shipment(live: Live, values: Mapping[str, Any]) -> Scene:
    """Play an order up to goods that have left, with their delivery note."""
    scene = planned_shipment(live, values)
    outbound = port(live.erp, Outbound)
    outbound.ship(scene.document)
    left = outbound.shipment(scene.document).shipped_at
    note = outbound.delivery_note(scene.document).number
    return Scene(
        document=scene.document, items=scene.items, facts={**scene.facts, "shipment.shipped_at": left, "delivery_note.number": note}
    )


SCENES: Mapping[str, Callable[[Live, Mapping[str, Any]], Scene]] = MappingProxyType(
    {"planned shipment": planned_shipment, "shipped shipment": shipped_shipment}
)
"""Every scene by its name in contract files."""

PORTS = frozenset({"master_data", "sales", "stock", "outbound"})
"""Ports every scene needs."""


def play(name: str, live: Live, values: Mapping[str, Any] = MappingProxyType({})) -> Scene:
    """Play a scene.

    Raises:
        UsageError: there is none of that name, or a value it knows nothing of.
        Refused: the ERP does not take the values.
        ErpBroke: the ERP answered as none should.
        ErpUnreachable: the ERP does not answer.
    """
    if name not in SCENES:
        raise UsageError(f"Failed to play scene '{name}': expected the name of one. {closest(name, SCENES)}")
    for path in values:
        general = path if "[" not in path else path[: path.index("[") + 1] + path[path.index("]") :]
        if general not in VALUES:
            raise UsageError(f"Failed to play scene '{name}': expected values it knows, got '{path}'. {closest(general, VALUES)}")
    return SCENES[name](live, values)


def _lines(live: Live, values: Mapping[str, Any]) -> list[tuple[Item, ReceiptLine]]:
    """Return an item and its receipt for each line the values speak of, at least one."""
    count = max((int(path[6 : path.index("]")]) + 1 for path in values if path.startswith("lines[")), default=1)
    lines = [_line(live, place, values) for place in range(count)]
    items: dict[str, Item] = {}
    return [(items.setdefault(item.code, item), line) for item, line in lines]


def _line(live: Live, place: int, values: Mapping[str, Any]) -> tuple[Item, ReceiptLine]:
    def value(name: str, otherwise: Any) -> Any:
        return values.get(f"lines[{place}].{name}", otherwise)

    serial = value("serial", None)
    item = Item(
        code=value("item", live.code("item", str(place))),
        name=value("name", f"Device {live.code('item', str(place))}"),
        gtin=value("gtin", live.code("gtin", str(place))),
        tracking=Tracking.LOT if serial is None else Tracking.SERIAL,
        unit=value("unit", "piece"),
    )
    line = ReceiptLine(
        item=item.code,
        quantity=value("quantity", Decimal(1) if serial else Decimal(3 + place)),
        unit=item.unit,
        lot=value("lot", live.code("lot", str(place))),
        serial=serial,
        expiry=value("expiry", live.today + _A_YEAR),
    )
    return item, line
