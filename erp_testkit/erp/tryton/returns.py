"""Customer returns and their credit notes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from erp_testkit.domain.documents import Credit, Disposition, NewReturn, ReturnLine, ReturnOrder, ReturnState
from erp_testkit.erp.errors import ErpBroke, Reason, Refused
from erp_testkit.erp.ports import reads
from erp_testkit.erp.tryton.outbound import OUT
from erp_testkit.erp.tryton.rpc import Record, one
from erp_testkit.erp.tryton.sales import SALE, Sales
from erp_testkit.erp.tryton.setup import Pair, Setup, pair_of

RETURN = "stock.shipment.out.return"

STATES: Mapping[str, ReturnState] = {
    "draft": ReturnState.OPEN,
    "received": ReturnState.RECEIVED,
    "done": ReturnState.CLOSED,
    "cancelled": ReturnState.CANCELLED,
}

RETURN_FIELDS = [
    "number",
    "reference",
    "state",
    "customer.code",
    "incoming_moves.product",
    "incoming_moves.internal_quantity",
    "incoming_moves.lot.number",
    "incoming_moves.origin",
    "inventory_moves.origin",
    "inventory_moves.to_location",
    "inventory_moves.state",
]


class Returns:
    """Port `Returns`.

    A return is a sale of negative quantities at the prices of the first sale, as Tryton's own wizard makes it; Tryton writes the return
    shipment for it, whose number is the return's and whose reference is the shipment the goods came from. The goods arrive in the
    input location, out of sale. Inspection says line by line where they go; with the last line Tryton books all of them.
    """

    def __init__(self, setup: Setup, sales: Sales) -> None:
        self._setup = setup
        self._rpc = setup.rpc
        self._sales = sales

    def open_return(self, request: NewReturn) -> str:
        """Enter the return sale, confirm it and name the lots on its shipment."""
        customer = self._setup.party(request.customer, "customer")
        fields = ["outgoing_moves.product", "outgoing_moves.unit.factor", "outgoing_moves.unit_price", "outgoing_moves.sale"]
        shipment = one(self._rpc.read(OUT, [("number", "=", request.shipment)], fields), "shipment", request.shipment)
        lots = self._lots(request)
        lines = [self._line(line, shipment["outgoing_moves."]) for line in request.lines]
        origin = next((move["sale"] for move in shipment["outgoing_moves."] if move["sale"]), None)
        sale = self._rpc.create(
            SALE,
            {
                **self._sales.header(customer),
                "origin": f"{SALE},{origin}" if origin else None,
                "description": request.reason,
                "lines": [["create", lines]],
            },
        )
        self._rpc.press(SALE, "quote", *sale)
        self._rpc.press(SALE, "confirm", *sale)
        row = self._rpc.call(f"model.{SALE}.read", sale, ["shipment_returns.number", "shipment_returns.incoming_moves", "lines.moves"])[0]
        if not row["shipment_returns."]:
            raise ErpBroke(f"Failed to return goods of {request.shipment}: expected a return shipment or a refusal, got neither.")
        returned = row["shipment_returns."][0]
        changes = [["write", line["moves"], {"lot": lot}] for line, lot in zip(row["lines."], lots, strict=True) if lot and line["moves"]]
        self._rpc.write(RETURN, [returned["id"]], {"reference": request.shipment, **({"incoming_moves": changes} if changes else {})})
        number: str = returned["number"]
        return number

    def receive_return(self, return_order: str) -> None:
        """Receive the return shipment into the input location."""
        self._rpc.press(RETURN, "receive", self._return(return_order, "state")["id"])

    def inspect(self, return_order: str, line: int, disposition: Disposition) -> None:
        """Say where the goods of a line go; with the last line, book them."""
        row = self._return(return_order, *RETURN_FIELDS)
        incoming = lines_of(row)
        if not 1 <= line <= len(incoming):
            raise Refused(Reason.UNKNOWN, f"return '{return_order}' has no line {line}")
        place = self._setup.bins[0] if disposition is Disposition.RESTOCK else self._setup.scrap
        put_away = put_away_of(row)
        chosen = put_away.get(incoming[line - 1]["id"])
        if chosen is not None and chosen["state"] != "done":
            self._rpc.write(RETURN, [row["id"]], {"inventory_moves": [["write", [chosen["id"]], {"to_location": place.id}]]})
        others = [move for move in put_away.values() if move is not chosen]
        if all(move["to_location"] != self._setup.storage for move in others):
            self._rpc.press(RETURN, "do", row["id"])

    @reads
    def return_order(self, return_order: str) -> ReturnOrder:
        """Read a return shipment."""
        row = self._return(return_order, *RETURN_FIELDS)
        products = self._setup.products_by_id(move["product"] for move in row["incoming_moves."])
        lines = []
        for move in lines_of(row):
            product = products[move["product"]]
            pair = pair_of(product.tracking, move["lot."]["number"] if move["lot."] else None)
            lines.append(ReturnLine(item=product.code, quantity=Decimal(move["internal_quantity"]), lot=pair.lot, serial=pair.serial))
        return ReturnOrder(
            number=row["number"],
            customer=row["customer."]["code"],
            shipment=row["reference"] or "",
            state=STATES[row["state"]],
            lines=tuple(lines),
        )

    def _lots(self, request: NewReturn) -> list[int | None]:
        products = self._setup.products({line.item for line in request.lines})
        found = {
            code: self._setup.lots(product, (Pair(line.lot, line.serial) for line in request.lines if line.item == code))
            for code, product in products.items()
        }
        lots = (found[line.item].get(Pair(line.lot, line.serial)) for line in request.lines)
        return [lot["id"] if lot else None for lot in lots]

    def _line(self, line: ReturnLine, shipped: list[Record]) -> dict[str, Any]:
        product = self._setup.product(line.item)
        sold = next((move for move in shipped if move["product"] == product.id), None)
        price = sold["unit_price"] / Decimal(sold["unit."]["factor"]) if sold else None
        return self._sales.line(line.item, -line.quantity, product.unit_name, price)

    def _return(self, number: str, *fields: str) -> Record:
        return one(self._rpc.read(RETURN, [("number", "=", number)], list(fields)), "return", number)


class Credits:
    """Port `Credits`: Tryton writes the credit note when the goods are received; it is posted here."""

    def __init__(self, setup: Setup) -> None:
        self._rpc = setup.rpc

    def credit(self, return_order: str) -> Credit:
        """Post the credit note."""
        row = one(self._rpc.read(RETURN, [("number", "=", return_order)], ["incoming_moves.sale"]), "return", return_order)
        sales = [move["sale"] for move in row["incoming_moves."] if move["sale"]]
        invoices = self._rpc.call(f"model.{SALE}.read", sales[:1], ["invoices"])[0]["invoices"] if sales else []
        if not invoices:
            raise Refused(Reason.STATE, f"return '{return_order}' has no credit note: nothing was received")
        before = self._rpc.call("model.account.invoice.read", invoices, ["state"])
        try:
            self._rpc.press("account.invoice", "post", *invoices)
        except Refused as refused:
            if any(invoice["state"] != "draft" for invoice in before):
                raise Refused(Reason.DUPLICATE, refused.message) from None
            raise
        posted = self._rpc.call("model.account.invoice.read", invoices[:1], ["number", "untaxed_amount", "tax_amount", "total_amount"])[0]
        return Credit(
            number=posted["number"],
            return_order=return_order,
            net=-posted["untaxed_amount"],
            tax=-posted["tax_amount"],
            total=-posted["total_amount"],
        )


def lines_of(row: Record) -> list[Record]:
    """Return the incoming moves of a return in the order they were entered."""
    return sorted(row["incoming_moves."], key=lambda move: move["id"])


def put_away_of(row: Record) -> dict[int, Record]:
    """Return the move that puts goods away, by the id of the one that brought them in."""
    return {int(move["origin"].partition(",")[2]): move for move in row["inventory_moves."] if move["origin"]}
