"""A complete small adapter: a warehouse that keeps its stock on cards.

The "ERP" is the class `Cards` below, so that the example runs by itself; a real adapter would speak to its ERP there, best through
`Transport`, which records every exchange and tells an ERP that broke from one that cannot be reached.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from erp_testkit.adapter import (
    Connection,
    Customer,
    Item,
    Ledger,
    NewReceipt,
    OnHand,
    Pick,
    PlaceKind,
    Reason,
    Refused,
    Row,
    Supplier,
    date_text,
    reads,
    time_text,
)

BINS = ("A", "B")


@dataclass(frozen=True)
class Card:
    """One movement, as it is written on a card."""

    number: str
    at: datetime
    item: str
    lot: str | None
    serial: str | None
    quantity: Decimal
    from_place: str
    to_place: str
    party: str | None


@dataclass
class Cards:
    """All cards of the warehouse."""

    items: dict[str, Item] = field(default_factory=dict)
    suppliers: set[str] = field(default_factory=set)
    cards: list[Card] = field(default_factory=list)

    def item(self, code: str) -> Item:
        """Find an item, or refuse."""
        if code not in self.items:
            raise Refused(Reason.UNKNOWN, f"there is no item {code}")
        return self.items[code]

    def held(self, on: date | None = None) -> dict[tuple[str, str, str | None, str | None], Decimal]:
        """Add up the cards: quantity by item, bin, lot and serial number."""
        sums: dict[tuple[str, str, str | None, str | None], Decimal] = {}
        for card in self.cards:
            if on is None or card.at.date() <= on:
                for place, quantity in ((card.from_place, -card.quantity), (card.to_place, card.quantity)):
                    if place in BINS:
                        key = (card.item, place, card.lot, card.serial)
                        sums[key] = sums.get(key, Decimal(0)) + quantity
        return {key: quantity for key, quantity in sums.items() if quantity}


class MasterData:
    """Port `MasterData`."""

    def __init__(self, cards: Cards) -> None:
        """Share the cards."""
        self._cards = cards

    def add_item(self, item: Item) -> None:
        """Add an item."""
        self._cards.items[item.code] = item

    def add_customer(self, customer: Customer) -> None:
        """Take note of nothing: the warehouse knows no customers."""

    def add_supplier(self, supplier: Supplier) -> None:
        """Add a supplier."""
        self._cards.suppliers.add(supplier.code)


class Stock:
    """Port `Stock`."""

    def __init__(self, cards: Cards) -> None:
        """Share the cards."""
        self._cards = cards

    def receive(self, receipt: NewReceipt) -> str:
        """Write a card for each line."""
        if receipt.supplier not in self._cards.suppliers:
            raise Refused(Reason.UNKNOWN, f"there is no supplier {receipt.supplier}")
        items = [self._cards.item(line.item) for line in receipt.lines]
        number = f"R{len(self._cards.cards) + 1}"
        for index, (item, line) in enumerate(zip(items, receipt.lines, strict=True), start=1):
            pieces = line.quantity * item.packs.get(line.unit, Decimal(1))
            self._write(f"{number}-{index}", line.item, line.lot, line.serial, pieces, "supplier", BINS[0], receipt.supplier)
        return number

    def transfer(self, pick: Pick, to_bin: str) -> str:
        """Write one card."""
        self._cards.item(pick.item)
        from_bin = pick.bin or BINS[0]
        for name in (from_bin, to_bin):
            if name not in BINS:
                raise Refused(Reason.UNKNOWN, f"there is no bin {name}")
        if self._cards.held().get((pick.item, from_bin, pick.lot, pick.serial), Decimal(0)) < pick.quantity:
            raise Refused(Reason.STOCK, f"bin {from_bin} does not hold {pick.quantity}")
        number = f"T{len(self._cards.cards) + 1}"
        self._write(number, pick.item, pick.lot, pick.serial, pick.quantity, from_bin, to_bin, None)
        return number

    @reads
    def bins(self) -> Sequence[str]:
        """Name the bins."""
        return BINS

    @reads
    def on_hand(self, item: str, on: date | None = None) -> Sequence[OnHand]:
        """Add up the cards of an item."""
        self._cards.item(item)
        return [
            OnHand(item=code, bin=place, kind=PlaceKind.STOCK, lot=lot, serial=serial, quantity=quantity, reserved=Decimal(0))
            for (code, place, lot, serial), quantity in self._cards.held(on).items()
            if code == item
        ]

    def _write(
        self,
        number: str,
        item: str,
        lot: str | None,
        serial: str | None,
        quantity: Decimal,
        from_place: str,
        to_place: str,
        party: str | None,
    ) -> None:
        self._cards.cards.append(Card(number, datetime.now(UTC), item, lot, serial, quantity, from_place, to_place, party))


class LedgerSource:
    """Port `LedgerSource`: the tables the cards can answer for, and no others."""

    def __init__(self, cards: Cards) -> None:
        """Share the cards."""
        self._cards = cards

    @reads
    def read(self, items: Collection[str], since: datetime) -> Ledger:
        """Read the catalogue, the movements and the stock."""
        now = datetime.now(UTC)
        run: Row = {"started_at": time_text(since), "read_at": time_text(now), "today": date_text(now.date())}
        catalogue: list[Row] = [
            {"item": item.code, "gtin": item.gtin, "tracking": item.tracking.value, "unit": item.unit, "unit_step": Decimal(1)}
            for item in self._cards.items.values()
            if item.code in items
        ]
        on_hand: list[Row] = [
            {
                "item": item,
                "place": place,
                "place_kind": "stock",
                "lot": lot,
                "serial": serial,
                "quantity": quantity,
                "reserved": Decimal(0),
            }
            for (item, place, lot, serial), quantity in self._cards.held().items()
            if item in items
        ]
        moves: list[Row] = [_move(card) for card in self._cards.cards if card.item in items]
        return Ledger({"run": [run], "items": catalogue, "on_hand": on_hand, "moves": moves})


def _move(card: Card) -> Row:
    received = card.from_place == "supplier"
    return {
        "move": card.number,
        "at": time_text(card.at),
        "effective_on": date_text(card.at.date()),
        "item": card.item,
        "lot": card.lot,
        "serial": card.serial,
        "quantity": card.quantity,
        "from_place": card.from_place,
        "from_kind": "supplier" if received else "stock",
        "to_place": card.to_place,
        "to_kind": "stock",
        "document_kind": "receipt" if received else "transfer",
        "document": card.number.partition("-")[0],
        "party": card.party,
    }


class CardFile:
    """The adapter: a port is an attribute of its name, and a port left out is one this ERP does not have."""

    name = "Card file 1.0"

    def __init__(self) -> None:
        """Begin with no cards."""
        cards = Cards()
        self.master_data = MasterData(cards)
        self.stock = Stock(cards)
        self.ledger = LedgerSource(cards)

    def close(self) -> None:
        """Have nothing to give back."""


def connect(connection: Connection) -> CardFile:  # noqa: ARG001  # a real one needs url and users
    """Connect: what the configuration names as ``adapter``."""
    return CardFile()
