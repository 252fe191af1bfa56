"""The warehouse management system: takes shipments, confirms what has left."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.responses import JSONResponse, Response

from erp_testkit.standins.contract.app import Handler
from erp_testkit.standins.contract.requests import Call, Rejected
from erp_testkit.standins.partners.idempotency import Desk, created, now

_COLUMNS = ("message", "shipment_no", "line_no", "sku", "lot_no", "serial_no", "expiry_date", "qty", "confirmed_at")
_LIMIT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Tells that a shipment has left."""

    message: str
    shipment: Mapping[str, Any]
    at: str
    media_type: str = "text/csv"

    def body(self, *, former: bool = False) -> str:
        """Return the CSV; the former version had no column for serial numbers."""
        columns = [column for column in _COLUMNS if not (former and column == "serial_no")]
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(self._row(line) for line in self.shipment["lines"])
        return text.getvalue()

    def _row(self, line: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "message": self.message,
            "shipment_no": self.shipment["shipmentNo"],
            "line_no": int(line["lineNo"]),
            "sku": line["sku"],
            "lot_no": line["lotNo"],
            "serial_no": line["serialNo"],
            "expiry_date": line["expiryDate"],
            "qty": line["qty"],
            "confirmed_at": self.at,
        }


class Wms:
    """The warehouse's shipments by number."""

    inbox: ClassVar[str] = "/shipments"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shipments: dict[str, dict[str, Any]] = {}
        self._confirmations: dict[str, Confirmation] = {}

    def handlers(self) -> Mapping[str, Handler]:
        """Return what does each operation."""
        return {
            "sendShipment": lambda call: self._desk.once(call, lambda: self._take(call.content)),
            "listShipments": self._page,
            "getShipment": lambda call: JSONResponse(self._shipment(call)),
            "confirmShipment": self._confirm,
            "cancelShipment": self._cancel,
        }

    def _take(self, document: Mapping[str, Any]) -> Response:
        number, lines = document["shipmentNo"], [line["lineNo"] for line in document["lines"]]
        if len(set(lines)) < len(lines):
            raise Rejected(422, f"Expected each lineNo once, got {', '.join(map(str, lines))}.")
        if number in self._shipments:
            raise Rejected(409, f"Shipment {number} is here already.")
        self._shipments[number] = {**document, "state": "received", "receivedAt": now()}
        answer = created(self._shipments[number], f"/shipments/{number}")
        self._desk.report(lambda: self._confirmed(number))
        return answer

    def _page(self, call: Call) -> Response:
        after, limit = call.query.get("after", ""), call.query.get("limit", _LIMIT)
        numbers = sorted(number for number in self._shipments if number > after)
        page = numbers[:limit]
        return JSONResponse({"shipments": [self._shipments[number] for number in page], "next": page[-1] if len(numbers) > limit else None})

    def _confirm(self, call: Call) -> Response:
        confirmation = self._confirmed(self._shipment(call)["shipmentNo"])
        return Response(confirmation.body(), media_type=confirmation.media_type)

    def _confirmed(self, number: str) -> Confirmation:
        shipment = self._shipments[number]
        if shipment["state"] == "cancelled":
            raise Rejected(409, f"Shipment {number} is cancelled.")
        if number not in self._confirmations:
            self._confirmations[number] = Confirmation(message=f"WMS-{number}", shipment=shipment, at=now())
            shipment["state"] = "confirmed"
        return self._confirmations[number]

    def _cancel(self, call: Call) -> Response:
        shipment = self._shipment(call)
        if shipment["state"] == "confirmed":
            raise Rejected(409, f"Shipment {shipment['shipmentNo']} has left.")
        shipment["state"] = "cancelled"
        return JSONResponse(shipment)

    def _shipment(self, call: Call) -> dict[str, Any]:
        number = call.path["shipmentNo"]
        if number not in self._shipments:
            raise Rejected(404, f"There is no shipment {number}.")
        return self._shipments[number]
