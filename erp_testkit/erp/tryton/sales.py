"""Quotations and orders."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from erp_testkit.domain.documents import NewOrder, NewOrderLine, OrderLine, OrderState, SalesOrder
from erp_testkit.erp.ports import reads
from erp_testkit.erp.tryton.rpc import Record, one
from erp_testkit.erp.tryton.setup import Setup

SALE = "sale.sale"

ORDER_FIELDS = [
    "number",
    "party.code",
    "reference",
    "state",
    "shipment_state",
    "untaxed_amount",
    "tax_amount",
    "total_amount",
    "create_date",
    "origin",
    "shipments.state",
    "lines.product",
    "lines.quantity",
    "lines.unit.factor",
    "lines.unit_price",
    "lines.amount",
    "lines.taxes.rate",
    "lines.moves.state",
    "lines.moves.internal_quantity",
]
"""What `order_of` needs."""

_LIVE = {"draft", "waiting", "assigned", "picked", "packed", "shipped", "done"}


class Sales:
    """Port `Sales`.

    A confirmed order is processed at once: Tryton makes its first customer shipment by itself. From then on it is changed by an
    amendment, and cancelled by cancelling its shipments and ignoring that they are missing; Tryton has no other way.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._rpc = setup.rpc

    def quote(self, order: NewOrder) -> str:
        """Enter a sale and make it a quotation."""
        customer = self._setup.party(order.customer, "customer")
        sale = self._rpc.create(
            SALE, {**self.header(customer), "reference": order.reference, "lines": [["create", self._lines(order.lines)]]}
        )
        self._rpc.press(SALE, "quote", *sale)
        number: str = self._rpc.call(f"model.{SALE}.read", sale, ["number"])[0]["number"]
        return number

    def confirm(self, order: str) -> None:
        """Confirm the quotation; Tryton processes it in the same breath."""
        self._rpc.press(SALE, "confirm", self._sale(order, "number")["id"])

    def amend(self, order: str, lines: Sequence[NewOrderLine]) -> None:
        """Take a quotation back to draft and write it anew; amend a confirmed order line by line."""
        sale = self._sale(order, "state", "lines")
        values = self._lines(lines)
        if sale["state"] in {"draft", "quotation"}:
            if sale["state"] == "quotation":
                self._rpc.press(SALE, "draft", sale["id"])
            self._rpc.write(SALE, [sale["id"]], {"lines": [["delete", sale["lines"]], ["create", values]]})
            self._rpc.press(SALE, "quote", sale["id"])
            return
        changes: list[dict[str, Any]] = []
        for index in range(max(len(values), len(sale["lines"]))):
            line = sale["lines"][index] if index < len(sale["lines"]) else None
            new = {name: values[index][name] for name in ("product", "unit", "quantity", "unit_price")} if index < len(values) else None
            changes.append({"action": "line", "line": line, **(new or self._nothing(sale["lines"][index]))})
        amendment = self._rpc.create("sale.amendment", {"sale": sale["id"], "lines": [["create", changes]]})
        self._rpc.press("sale.amendment", "validate_amendment", *amendment)

    def cancel(self, order: str) -> None:
        """Cancel a quotation; or the shipments of an order, telling Tryton not to make new ones."""
        sale = self._sale(order, "state", "shipments.state")
        live = [shipment["id"] for shipment in sale["shipments."] if shipment["state"] in _LIVE]
        if sale["state"] in {"draft", "quotation", "cancelled"} or not live:
            self._rpc.press(SALE, "cancel", sale["id"])
            return
        self._rpc.press("stock.shipment.out", "cancel", *live)
        self.settle_exception(sale["id"], recreate=False)

    def settle_exception(self, sale: int, *, recreate: bool) -> None:
        """Answer Tryton's question what to do about cancelled moves: make them again, or leave it at that."""
        wizard = "wizard.sale.handle.shipment.exception"
        context = {"active_model": SALE, "active_id": sale, "active_ids": [sale]}
        session, *_ = self._rpc.call(f"{wizard}.create", context=context)
        asked = self._rpc.call(f"{wizard}.execute", session, {}, "ask", context=context)["view"]["defaults"]["domain_moves"]
        answer = {"domain_moves": asked, "recreate_moves": asked if recreate else [], "ignore_moves": [] if recreate else asked}
        self._rpc.call(f"{wizard}.execute", session, {"ask": answer}, "handle", context=context)
        self._rpc.call(f"{wizard}.delete", session, context=context)

    @reads
    def order(self, order: str) -> SalesOrder:
        """Read a sale."""
        row = self._sale(order, *ORDER_FIELDS)
        codes = self._setup.products_by_id(line["product"] for line in row["lines."])
        return order_of(row, {id_: product.code for id_, product in codes.items()})

    @reads
    def orders_with_reference(self, customer: str, reference: str) -> Sequence[str]:
        """Find sales by reference; return sales, which have an origin, are none."""
        domain = [("party.code", "=", customer), ("reference", "=", reference), ("origin", "=", None)]
        return [row["number"] for row in self._rpc.read(SALE, domain, ["number"], order=[("id", "ASC")])]

    def header(self, customer: Record) -> dict[str, Any]:
        """Return what every sale to a customer begins with."""
        address = customer["addresses"][0]
        return {
            "party": customer["id"],
            "invoice_address": address,
            "shipment_address": address,
            "company": self._setup.company,
            "currency": self._setup.currency,
            "warehouse": self._setup.warehouse["id"],
            "invoice_method": "fulfillment",
            "shipment_method": "order",
        }

    def line(self, item: str, quantity: Decimal, unit: str, unit_price: Decimal | None) -> dict[str, Any]:
        """Return the values of a sale line, as Tryton's client fills them in while a person types."""
        product = self._setup.product(item)
        typed = {"type": "line", "product": product.id, "quantity": float(quantity), "unit": self._setup.unit(product, unit)}
        sale = {"company": self._setup.company, "currency": self._setup.currency}
        filled = self._rpc.call("model.sale.line.on_change", {**typed, "sale": sale}, ["product", "quantity", "unit"])
        taxes = [values["id"] for _, values in filled["taxes"]["add"]] if filled.get("taxes") else []
        return {**typed, "unit_price": filled["unit_price"] if unit_price is None else unit_price, "taxes": [["add", taxes]]}

    def _lines(self, lines: Sequence[NewOrderLine]) -> list[dict[str, Any]]:
        self._setup.products({line.item for line in lines})
        return [self.line(line.item, line.quantity, line.unit, line.unit_price) for line in lines]

    def _nothing(self, line: int) -> dict[str, Any]:
        row = self._rpc.call("model.sale.line.read", [line], ["product", "unit", "unit_price"])[0]
        return {"product": row["product"], "unit": row["unit"], "unit_price": row["unit_price"], "quantity": 0.0}

    def _sale(self, number: str, *fields: str) -> Record:
        return one(self._rpc.read(SALE, [("number", "=", number)], list(fields)), "order", number)


def order_of(row: Record, items: dict[int, str]) -> SalesOrder:
    """Build an order from the fields `ORDER_FIELDS`; `items` gives the item code of a product id."""
    return SalesOrder(
        number=row["number"],
        customer=row["party."]["code"],
        reference=row["reference"] or "",
        state=state_of(row),
        lines=tuple(_line_of(index, line, items) for index, line in enumerate(row["lines."], start=1)),
        net=row["untaxed_amount"],
        tax=row["tax_amount"],
        total=row["total_amount"],
    )


def state_of(row: Record) -> OrderState:
    """Say in the kit's words how far a sale is."""
    state, shipping = row["state"], row["shipment_state"]
    if state in {"draft", "quotation"}:
        return OrderState.QUOTATION
    shipments = {shipment["state"] for shipment in row["shipments."]}
    # Tryton calls an order done when nothing is left to do, be it that all was sent or that all was cancelled
    if state == "cancelled" or (shipments == {"cancelled"} and shipping in {"none", "sent"}):
        return OrderState.CANCELLED
    if shipping == "sent":
        return OrderState.SHIPPED
    return OrderState.PARTLY_SHIPPED if "done" in shipments else OrderState.CONFIRMED


def _line_of(number: int, line: Record, items: dict[int, str]) -> OrderLine:
    factor = Decimal(line["unit."]["factor"])
    quantity = Decimal(line["quantity"]) * factor
    return OrderLine(
        line=number,
        item=items[line["product"]],
        quantity=_plain(quantity),
        unit_price=line["unit_price"] / factor,
        tax_rate=sum((tax["rate"] for tax in line["taxes."]), Decimal(0)),
        net=line["amount"],
        # not its field `moves_progress`: that counts moves one has told Tryton to ignore as done
        shipped=_plain(sum((Decimal(move["internal_quantity"]) for move in line["moves."] if move["state"] == "done"), Decimal(0))),
    )


def _plain(quantity: Decimal) -> Decimal:
    """Write 3.0 as 3."""
    return quantity.quantize(Decimal(1)) if quantity == quantity.to_integral_value() else quantity.normalize()
