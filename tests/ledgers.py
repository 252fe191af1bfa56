"""A small business written straight into ledger tables: every figure fits, until a test spoils one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from erp_testkit.domain.ledger import TABLES, Ledger, Value, time_text

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
Place = tuple[str, str]
MAIN: Place = ("MAIN", "stock")
SECOND: Place = ("SECOND", "stock")
HELD: Place = ("HELD", "quarantine")
LOSS: Place = ("LOSS", "loss")
SCRAP: Place = ("SCRAP", "scrap")
Goods = tuple[str, str | None, str | None, Decimal]
"""Item, lot, serial, quantity."""


def goods(item: str, quantity: str | int = 1, lot: str | None = None, serial: str | None = None) -> Goods:
    return item, lot, serial, Decimal(quantity)


class Story:
    """One business story; each method is what a sound ERP books."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Value]]] = {name: [] for name in TABLES}
        self._now = START
        self._moves = 0

    def at(self) -> str:
        self._now += timedelta(seconds=7)
        return time_text(self._now)

    def add(self, table: str, *values: Value) -> None:
        self.rows[table].append(dict(zip((column.name for column in TABLES[table].columns), values, strict=True)))

    def one(self, table: str, **where: Value) -> dict[str, Value]:
        (row,) = [row for row in self.rows[table] if all(row[name] == value for name, value in where.items())]
        return row

    def all(self, table: str, **where: Value) -> list[dict[str, Value]]:
        return [row for row in self.rows[table] if all(row[name] == value for name, value in where.items())]

    def item(self, code: str, tracking: str, step: str = "1") -> None:
        self.add("items", code, "09506000134352", tracking, "piece", Decimal(step))

    def customer(self, code: str, days: int = 0) -> None:
        self.add("customers", code, None, 0, days)

    def move(
        self, what: Goods, start: Place, end: Place, kind: str, document: str, party: str | None, at: str, on: str | None = None
    ) -> None:
        self._moves += 1
        item, lot, serial, quantity = what
        self.add("moves", f"M{self._moves}", at, on or at[:10], item, lot, serial, quantity, *start, *end, kind, document, party)

    def audit(self, at: str, kind: str, document: str, action: str, before: str | None, after: str | None) -> None:
        count = len(self.rows["audit"]) + 1
        self.add("audit", f"A{count}", count, at, "manager", kind, document, action, before, after)

    def become(self, table: str, kind: str, number: str, state: str) -> str:
        key = {"order": "order_no", "shipment": "shipment", "return": "return_no"}[kind]
        row = self.one(table, **{key: number})
        at = self.at()
        self.audit(at, kind, number, state, str(row["state"]), state)
        row["state"] = state
        return at

    def receive(self, receipt: str, *lines: Goods, expiry: date | None = date(2027, 11, 23), on: str | None = None) -> None:
        at = self.at()
        for number, line in enumerate(lines, start=1):
            item, lot, serial, quantity = line
            self.add("receipts", receipt, number, "maker", at, item, lot, serial, quantity)
            self.move(line, ("maker", "supplier"), MAIN, "receipt", receipt, "maker", at, on)
            if lot and not self.all("lots", item=item, lot=lot):
                self.add("lots", item, lot, expiry.isoformat() if expiry else None, "released")
            if serial:
                self.add("serials", item, serial, lot)
        self.audit(at, "receipt", receipt, "book", None, "booked")

    def order(self, number: str, customer: str, *lines: tuple[str, str | int, str], state: str = "confirmed") -> None:
        at = self.at()
        net = Decimal(0)
        for count, (item, quantity, price) in enumerate(lines, start=1):
            amount = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"))
            net += amount
            self.add("order_lines", number, count, item, Decimal(quantity), Decimal(0), Decimal(price), Decimal("0.13"), amount)
        tax = (net * Decimal("0.13")).quantize(Decimal("0.01"))
        self.add("orders", number, customer, f"ref {number}", "quotation", net, tax, net + tax, at)
        self.audit(at, "order", number, "quote", None, "quotation")
        if state != "quotation":
            self.become("orders", "order", number, state)

    def plan(self, number: str, order: str | None, *picks: Goods, customer: str = "hospital", return_no: str | None = None) -> None:
        at = self.at()
        self.add("shipments", number, order, return_no, customer, "planned", None, None)
        for count, (item, lot, serial, quantity) in enumerate(picks, start=1):
            lines = [row["line"] for row in self.all("order_lines", order_no=order, item=item)]
            self.add("shipment_lines", number, count, lines[0] if lines else None, item, lot, serial, quantity)
            self.add("reservations", number, item, lot, serial, "MAIN", quantity)
        self.audit(at, "shipment", number, "plan", None, "planned")

    def free(self, number: str) -> None:
        self.rows["reservations"] = [row for row in self.rows["reservations"] if row["shipment"] != number]

    def cancel_shipment(self, number: str) -> None:
        self.free(number)
        self.become("shipments", "shipment", number, "cancelled")

    def ship(self, number: str) -> None:
        self.free(number)
        at = self.become("shipments", "shipment", number, "shipped")
        shipment = self.one("shipments", shipment=number)
        shipment["shipped_at"] = at
        customer = str(shipment["customer"])
        for line in self.all("shipment_lines", shipment=number):
            item, lot, serial, quantity = line["item"], line["lot"], line["serial"], line["quantity"]
            assert isinstance(item, str) and isinstance(quantity, Decimal)
            expiry = self.one("lots", item=item, lot=lot)["expiry"] if lot else None
            self.add("delivery_note_lines", f"DN-{number}", number, line["line"], item, lot, serial, expiry, quantity)
            what = (item, lot and str(lot), serial and str(serial), quantity)
            self.move(what, MAIN, (customer, "customer"), "shipment", number, customer, at)
            for row in self.all("order_lines", order_no=shipment["order_no"], line=line["order_line"]):
                row["shipped"] = row["shipped"] + quantity  # type: ignore[operator]
        for order in self.all("orders", order_no=shipment["order_no"]):
            done = all(row["shipped"] == row["quantity"] for row in self.all("order_lines", order_no=order["order_no"]))
            self.become("orders", "order", str(order["order_no"]), "shipped" if done else "partly shipped")
        self.add("messages", f"MSG-{number}", "wms.shipment", "out", number, "sent", at)
        self.add("jobs", f"JOB-{number}", "notify wms", number, "done", 1, at, self.at())

    def deliver(self, number: str) -> None:
        self.one("shipments", shipment=number)["delivered_at"] = self.become("shipments", "shipment", number, "delivered")

    def open_return(self, number: str, shipment: str, *lines: Goods) -> None:
        customer = str(self.one("shipments", shipment=shipment)["customer"])
        self.add("returns", number, customer, shipment, "open")
        for count, (item, lot, serial, quantity) in enumerate(lines, start=1):
            self.add("return_lines", number, count, item, lot, serial, quantity, None)
        self.audit(self.at(), "return", number, "open", None, "open")

    def _returned(self, number: str) -> list[tuple[dict[str, Value], Goods]]:
        found: list[tuple[dict[str, Value], Goods]] = []
        for line in self.all("return_lines", return_no=number):
            item, serial = str(line["item"]), line["serial"]
            lot = self.one("serials", item=item, serial=serial)["lot"] if serial else line["lot"]
            found.append((line, (item, lot and str(lot), serial and str(serial), Decimal(str(line["quantity"])))))
        return found

    def receive_return(self, number: str) -> None:
        at = self.become("returns", "return", number, "received")
        customer = str(self.one("returns", return_no=number)["customer"])
        for _, what in self._returned(number):
            self.move(what, (customer, "customer"), HELD, "return", number, customer, at)

    def inspect(self, number: str, *dispositions: str) -> None:
        at = self.become("returns", "return", number, "closed")
        for (line, what), disposition in zip(self._returned(number), dispositions, strict=True):
            line["disposition"] = disposition
            self.move(what, HELD, MAIN if disposition == "restock" else SCRAP, "return", number, None, at)

    def lot_event(self, item: str, lot: str, event: str, expiry: str | None = None) -> str:
        at = self.at()
        record = self.one("lots", item=item, lot=lot)
        self.add("lot_events", item, lot, at, event, record["expiry"] if expiry else None, expiry)
        self.audit(at, "lot", f"{item}/{lot}", event, str(record["status"]), event)
        record["expiry" if expiry else "status"] = expiry or event
        return at

    def move_lot(self, what: Goods, start: Place, end: Place, at: str) -> None:
        self.move(what, start, end, "quarantine", f"{what[0]}/{what[1]}", None, at)

    def count(self, number: str, what: Goods, start: Place, end: Place) -> None:
        at = self.at()
        self.move(what, start, end, "count", number, None, at)
        self.audit(at, "count", number, "book", None, "booked")

    def transfer(self, number: str, what: Goods, start: Place, end: Place) -> None:
        at = self.at()
        self.move(what, start, end, "transfer", number, None, at)
        self.audit(at, "transfer", number, "book", None, "booked")

    def finish(self) -> Story:
        """Write what an ERP derives from its movements, and when it was read."""
        self._on_hand()
        for row in self.rows["moves"]:
            if row["lot"] is None and row["serial"] is None:
                continue
            what = [row[name] for name in ("item", "lot", "serial", "party", "document", "quantity")]
            if row["document_kind"] == "shipment":
                self.add("trace", "forward", *what)
            if row["document_kind"] == "receipt":
                self.add("trace", "backward", *what)
        self.add("run", time_text(START), self.at(), START.date().isoformat())
        return self

    def _on_hand(self) -> None:
        balances: dict[tuple[Value, ...], Decimal] = {}
        for row in self.rows["moves"]:
            for side, sign in (("from", -1), ("to", 1)):
                if row[f"{side}_kind"] in ("stock", "quarantine"):
                    key = (row["item"], row[f"{side}_place"], row[f"{side}_kind"], row["lot"], row["serial"])
                    balances[key] = balances.get(key, Decimal(0)) + sign * Decimal(str(row["quantity"]))
        for (item, place, kind, lot, serial), quantity in balances.items():
            held = self.all("reservations", item=item, place=place, lot=lot, serial=serial)
            if quantity:
                self.add(
                    "on_hand", item, place, kind, lot, serial, quantity, sum((Decimal(str(row["quantity"])) for row in held), Decimal(0))
                )

    def ledger(self, *without: str) -> Ledger:
        return Ledger({name: rows for name, rows in self.rows.items() if name not in without})


def _receive(story: Story) -> None:
    story.item("pacemaker", "serial")
    story.item("suture", "lot")
    story.item("glove", "none")
    story.item("tubing", "lot", step="0.1")
    story.customer("hospital", days=30)
    story.customer("clinic")
    story.receive("R1", *(goods("pacemaker", 1, "P-2", f"S{number}") for number in range(1, 7)))
    story.receive("R2", goods("suture", 40, "L1"), goods("suture", 20, "L2"), expiry=date(2026, 12, 23))
    story.receive("R3", goods("glove", 100), on="2026-11-20")
    story.receive("R4", goods("tubing", "0.1", "T1"), goods("tubing", "0.2", "T1"), goods("tubing", "5.5", "T1"), expiry=None)


def _sell(story: Story) -> None:
    # in two shipments, one of which was planned wrongly and cancelled
    story.order("O1", "hospital", ("pacemaker", 3, "1234.56"), ("suture", 10, "3.33"), ("glove", 7, "0.333333"))
    story.plan("W1", "O1", goods("pacemaker", 1, "P-2", "S6"))
    story.cancel_shipment("W1")
    story.plan("W2", "O1", goods("pacemaker", 1, "P-2", "S1"), goods("pacemaker", 1, "P-2", "S2"), goods("suture", 4, "L1"))
    story.ship("W2")
    story.deliver("W2")
    story.plan("W3", "O1", goods("pacemaker", 1, "P-2", "S3"), goods("suture", 6, "L2"), goods("glove", 7))
    story.ship("W3")


def _take_back(story: Story) -> None:
    # returns: one back to stock and on to another customer, one to scrap with an exchange for it, one still open, one cancelled
    story.open_return("RMA1", "W2", goods("pacemaker", 1, None, "S1"), goods("pacemaker", 1, "P-2", "S2"), goods("suture", 1, "L1"))
    story.receive_return("RMA1")
    story.plan("W4", None, goods("pacemaker", 1, "P-2", "S4"), return_no="RMA1")
    story.ship("W4")
    story.inspect("RMA1", "restock", "scrap", "restock")
    story.add("credits", "C1", "RMA1", Decimal("2472.45"), Decimal("321.42"), Decimal("2793.87"))
    story.order("O2", "clinic", ("pacemaker", 1, "1000"))
    story.plan("W5", "O2", goods("pacemaker", 1, "P-2", "S1"), customer="clinic")
    story.ship("W5")
    story.open_return("RMA2", "W3", goods("glove", 2))
    story.open_return("RMA3", "W3", goods("suture", 1, "L2"))
    story.become("returns", "return", "RMA3", "cancelled")


def _hold_back(story: Story) -> None:
    # quality: one quarantine that moves the stock, one that does not, corrections and a recall after shipping
    at = story.lot_event("suture", "L1", "quarantined")
    story.move_lot(goods("suture", 37, "L1"), MAIN, HELD, at)
    at = story.lot_event("suture", "L1", "released")
    story.move_lot(goods("suture", 37, "L1"), HELD, MAIN, at)
    story.lot_event("tubing", "T1", "quarantined")
    story.lot_event("tubing", "T1", "released")
    story.order("O3", "clinic", ("suture", 5, "3.00"), ("tubing", "0.3", "9.99"))
    story.plan("W6", "O3", goods("suture", 5, "L1"), goods("tubing", "0.3", "T1"), customer="clinic")
    story.ship("W6")
    story.lot_event("suture", "L1", "expiry corrected", "2026-11-01")
    story.lot_event("suture", "L1", "expiry corrected", "2026-11-02")
    story.lot_event("suture", "L1", "recalled")
    # an expiry that was not known before
    story.lot_event("tubing", "T1", "expiry corrected", "2026-11-01")


def _count(story: Story) -> None:
    # the warehouse: counts, a serial number lost and found again, a transfer
    story.count("N1", goods("glove", 3), MAIN, LOSS)
    story.count("N2", goods("pacemaker", 1, "P-2", "S5"), MAIN, LOSS)
    story.count("N3", goods("pacemaker", 1, "P-2", "S5"), LOSS, SECOND)
    story.transfer("T-1", goods("suture", 2, "L2"), MAIN, SECOND)


def _leave_open(story: Story) -> None:
    # still going on: a quotation, a cancelled order sent anew under its reference, a planned shipment
    story.order("O4", "clinic", ("glove", 1, "1"), state="quotation")
    story.order("O5", "clinic", ("glove", 1, "1"), state="cancelled")
    story.order("O6", "clinic", ("glove", 10, "1"))
    story.one("orders", order_no="O6")["reference"] = "ref O5"
    story.plan("W7", "O6", goods("glove", 4), customer="clinic")
    # an amendment, a proof sent twice, a remark
    story.audit(story.at(), "order", "O4", "amend", "quotation", "quotation")
    story.audit(story.at(), "shipment", "W2", "prove again", "delivered", "delivered")
    story.audit(story.at(), "shipment", "W2", "print", None, None)
    story.add("messages", "MSG-late", "carrier.proof", "in", "W2", "refused", story.at())


def rich() -> Story:
    """Everything that is legal: back-dating, partial shipments, exchanges, quarantine, counts, re-shipping, late corrections, fractions."""
    story = Story()
    for chapter in (_receive, _sell, _take_back, _hold_back, _count, _leave_open):
        chapter(story)
    return story.finish()
