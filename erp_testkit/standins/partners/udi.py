"""The UDI registry: takes reports of shipments, says where a device went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.responses import JSONResponse, Response

from erp_testkit.standins.contract.app import Handler
from erp_testkit.standins.contract.requests import Call, Rejected
from erp_testkit.standins.partners.idempotency import Desk, created, now


class UdiRegistry:
    """The registry's reports by their id."""

    inbox: ClassVar[str] = "/submissions"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._submissions: dict[str, dict[str, Any]] = {}

    def handlers(self) -> Mapping[str, Handler]:
        """Return what does each operation."""
        return {
            "sendSubmission": lambda call: self._desk.once(call, lambda: self._take(call.content)),
            "getSubmission": self._submission,
            "getDevice": self._whereabouts,
        }

    def _take(self, report: Mapping[str, Any]) -> Response:
        shipment = report["shipment"]
        if any(known["shipment"] == shipment for known in self._submissions.values()):
            raise Rejected(409, f"Shipment {shipment} was reported already.")
        number = f"UDI-{len(self._submissions) + 1:06}"
        self._submissions[number] = {"id": number, **report, "receivedAt": now()}
        return created(self._submissions[number], f"/submissions/{number}")

    def _submission(self, call: Call) -> Response:
        number = call.path["id"]
        if number not in self._submissions:
            raise Rejected(404, f"There is no submission {number}.")
        return JSONResponse(self._submissions[number])

    def _whereabouts(self, call: Call) -> Response:
        di = call.path["di"]
        shipments = [
            {
                **{name: report[name] for name in ("shipment", "consignee", "shippedAt")},
                **{name: device.get(name, "") for name in ("lot", "serial", "expiry", "quantity")},
            }
            for report in self._submissions.values()
            for device in report["device"]
            if device["di"] == di
        ]
        if not shipments:
            raise Rejected(404, f"There is no report of device {di}.")
        return JSONResponse({"di": di, "shipments": shipments})
