"""Where lots and serial numbers came from and went to, and their own records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from erp_testkit.domain.documents import Delivered, LotRecord, LotStatus, Origin, PlaceKind, SerialEvent
from erp_testkit.erp.ports import reads
from erp_testkit.erp.tryton.rpc import Record, Rpc, one
from erp_testkit.erp.tryton.setup import Pair, Product, Setup, lot_number, pair_of
from erp_testkit.erp.tryton.stock import quantities

TRACE = "stock.lot.trace"

TRACE_FIELDS = ["product", "lot.number", "from_location", "to_location", "quantity", "unit.factor", "document"]

Documents: TypeAlias = dict[str | None, tuple[str, str | None]]
"""Number and party code by reference."""

_PARTY = {
    "stock.shipment.in": "supplier",
    "stock.shipment.out": "customer",
    "stock.shipment.out.return": "customer",
}
"""Kinds of documents that have a party, and the field it is in."""


class Traceability:
    """Port `Traceability`, answered from Tryton's own trace. The trace knows days only; the hour is that of the movement's record."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._rpc = setup.rpc

    @reads
    def forward(self, item: str, lot: str) -> Sequence[Delivered]:
        """Follow a lot to the customers."""
        product = self._setup.product(item)
        rows, documents, times = self._traced([row["id"] for row in self._setup.lots_of(product, lot)])
        found = []
        for row in rows:
            if self._kind(row["to_location"]) is PlaceKind.CUSTOMER:
                pair, (number, party) = self._pair(product, row), documents[row["document"]]
                found.append(
                    Delivered(
                        customer=party or "",
                        shipment=number,
                        lot=pair.lot,
                        serial=pair.serial,
                        quantity=row["quantity"] * Decimal(row["unit."]["factor"]),
                        at=times[row["id"]],
                    )
                )
        return found

    @reads
    def backward(self, item: str, serial: str) -> Origin:
        """Follow a serial number to its supplier."""
        product = self._setup.product(item)
        rows, documents, times = self._traced([self._serial(product, serial)["id"]])
        received = [row for row in rows if self._kind(row["from_location"]) is PlaceKind.SUPPLIER]
        row = one(received, "receipt of serial number", serial)
        number, party = documents[row["document"]]
        return Origin(supplier=party or "", receipt=number, lot=self._pair(product, row).lot, at=times[row["id"]])

    @reads
    def history(self, item: str, serial: str) -> Sequence[SerialEvent]:
        """List the movements of a serial number."""
        product = self._setup.product(item)
        rows, documents, times = self._traced([self._serial(product, serial)["id"]])
        events = [
            SerialEvent(
                at=times[row["id"]],
                from_kind=self._kind(row["from_location"]),
                to_kind=self._kind(row["to_location"]),
                document=documents[row["document"]][0],
                party=documents[row["document"]][1],
            )
            for row in rows
        ]
        return sorted(events, key=lambda event: event.at)

    def _traced(self, lots: Sequence[int]) -> tuple[list[Any], Documents, Mapping[int, datetime]]:
        rows = self._rpc.read(TRACE, [("lot", "in", list(lots))], TRACE_FIELDS, order=[("id", "ASC")])
        moves = self._rpc.call("model.stock.move.read", [row["id"] for row in rows], ["write_date"]) if rows else []
        return rows, documents_of(self._rpc, (row["document"] for row in rows)), {move["id"]: move["write_date"] for move in moves}

    def _serial(self, product: Product, serial: str) -> Record:
        pair = Pair(None, serial)
        return self._setup.lots(product, [pair])[pair]

    def _pair(self, product: Product, row: Record) -> Pair:
        return pair_of(product.tracking, row["lot."]["number"])

    def _kind(self, location: int) -> PlaceKind:
        return self._setup.places[location].kind


class LotRecords:
    """Port `LotRecords`. A lot has no status in Tryton: one of which goods lie in quarantine and none in the bins counts as quarantined."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._rpc = setup.rpc

    @reads
    def lot(self, item: str, lot: str) -> LotRecord:
        """Read a lot."""
        product = self._setup.product(item)
        rows = self._setup.lots_of(product, lot)
        ids = {row["id"] for row in rows}
        kinds = {place.kind for place, _, lot_id, _, _ in quantities(self._setup, [product], None) if lot_id in ids}
        serials = (pair_of(product.tracking, row["number"]).serial for row in rows)
        return LotRecord(
            item=item,
            lot=lot,
            expiry=rows[0]["shelf_life_expiration_date"],
            status=LotStatus.QUARANTINED if kinds == {PlaceKind.QUARANTINE} else LotStatus.RELEASED,
            serials=tuple(serial for serial in serials if serial),
        )

    def correct_expiry(self, item: str, lot: str, expiry: date, reason: str) -> None:  # noqa: ARG002  # Tryton has no place for the reason
        """Write the new date over the old one."""
        rows = self._setup.lots_of(self._setup.product(item), lot)
        self._rpc.write("stock.lot", [row["id"] for row in rows], {"shelf_life_expiration_date": expiry})

    def bind(self, item: str, serial: str, lot: str) -> None:
        """Write another lot into the number of the serial's lot."""
        product = self._setup.product(item)
        pair = Pair(None, serial)
        found = self._setup.lots(product, [pair])[pair]
        self._rpc.write("stock.lot", [found["id"]], {"number": lot_number(lot, serial)})


def documents_of(rpc: Rpc, references: Iterable[str | None]) -> Documents:
    """Read number and party code of documents named as Tryton's references, ``model,id``; one call for each kind of document."""
    by_model: dict[str, set[int]] = {}
    for reference in references:
        if reference:
            model, _, id_ = reference.partition(",")
            by_model.setdefault(model, set()).add(int(id_))
    found: Documents = {None: ("", None)}
    for model, ids in by_model.items():
        party = _PARTY.get(model)
        rows: list[Any] = rpc.call(f"model.{model}.read", sorted(ids), ["number", *([f"{party}.code"] if party else [])])
        found.update({f"{model},{row['id']}": (row["number"], row[f"{party}."]["code"] if party else None) for row in rows})
    return found
