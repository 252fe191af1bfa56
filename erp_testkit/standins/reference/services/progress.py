"""How far an order has come: what is planned, shipped and still open."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update

from erp_testkit.domain.documents import OrderState, ShipmentState
from erp_testkit.standins.reference.schema import order_lines, shipment_lines, shipments
from erp_testkit.standins.reference.services import documents
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Work

_OURS = (shipments.c.order_no == bindparam("of"), shipments.c.return_no.is_(None), shipments.c.state == ShipmentState.PLANNED)
_OPEN_SHIPMENTS = select(shipments.c.number).where(*_OURS).order_by(shipments.c.number)
_PLANNED = (
    select(shipment_lines.c.order_line, func.sum(shipment_lines.c.quantity).label("quantity"))
    .join(shipments, shipments.c.number == shipment_lines.c.shipment)
    .where(*_OURS)
    .group_by(shipment_lines.c.order_line)
    .subquery()
)
_OPEN_LINES = (
    select(order_lines, func.coalesce(_PLANNED.c.quantity, 0).label("planned"))
    .outerjoin(_PLANNED, _PLANNED.c.order_line == order_lines.c.line)
    .where(order_lines.c.order_no == bindparam("of"))
    .order_by(order_lines.c.line)
)
_ADD_SHIPPED = (
    update(order_lines)
    .where(order_lines.c.order_no == bindparam("of"), order_lines.c.line == bindparam("of_line"))
    .values(shipped=order_lines.c.shipped + bindparam("more", type_=order_lines.c.shipped.type))
)
_PROGRESS = select(order_lines.c.quantity, order_lines.c.shipped).where(order_lines.c.order_no == bindparam("of"))


@service
def open_shipments(work: Work, number: str) -> Sequence[str]:
    """Return the planned shipments of an order, exchanges not counted."""
    return work.connection.execute(_OPEN_SHIPMENTS, {"of": number}).scalars().all()


@service
def open_lines(work: Work, number: str) -> list[tuple[Row[Any], Decimal]]:
    """Return an order's lines, each with what is neither shipped nor planned yet."""
    rows = work.connection.execute(_OPEN_LINES, {"of": number}).all()
    return [(row, row.quantity - row.shipped - row.planned) for row in rows]


@service
def add_shipped(work: Work, number: str, line: int, quantity: Decimal) -> None:
    """Count what has left against an order line."""
    work.connection.execute(_ADD_SHIPPED, {"of": number, "of_line": line, "more": quantity})


@service
def update_progress(work: Work, order: Row[Any]) -> None:
    """Bring the order's state in line with what has shipped."""
    lines = work.connection.execute(_PROGRESS, {"of": order.number})
    after = OrderState.SHIPPED if all(line.shipped >= line.quantity for line in lines) else OrderState.PARTLY_SHIPPED
    if after != order.state:
        documents.change_state(work, "order", order.number, "ship", order.state, after)
    else:
        documents.touch(work, "order", order.number)
