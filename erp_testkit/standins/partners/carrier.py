"""The carrier: takes deliveries as fixed-width records, proves them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from starlette.responses import JSONResponse, Response

from erp_testkit.standins.contract.app import Handler
from erp_testkit.standins.contract.requests import Call, Rejected
from erp_testkit.standins.partners.idempotency import Desk, created, now

_WIDTHS: Mapping[str, int] = {
    "delivery_note": 20,
    "shipment": 20,
    "consignee_code": 20,
    "consignee_name": 60,
    "line": 4,
    "item": 20,
    "lot": 20,
    "serial": 20,
    "expiry": 8,
    "quantity": 10,
    "unit": 10,
}
_HEAD = ("delivery_note", "shipment", "consignee_code", "consignee_name")
_FILLED = (*_HEAD, "item", "unit")
_NUMBER_CHARACTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofOfDelivery:
    """Tells that a delivery has arrived."""

    consignment: Mapping[str, Any]
    media_type: str = "application/json"

    def body(self, *, former: bool = False) -> str:
        """Return the JSON; the former version had times without a zone."""
        proof = self.consignment["proof"]
        at = proof["at"].removesuffix("Z") if former else proof["at"]
        message = f"CAR-{self.consignment['note']}"
        return json.dumps({"message": message, "shipment": self.consignment["shipment"], "receiver": proof["receiver"], "at": at})


class Carrier:
    """The carrier's consignments by delivery note."""

    inbox: ClassVar[str] = "/consignments"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._consignments: dict[str, dict[str, Any]] = {}

    def handlers(self) -> Mapping[str, Handler]:
        """Return what does each operation."""
        return {
            "sendConsignment": lambda call: self._desk.once(call, lambda: self._take(call.content)),
            "getConsignment": lambda call: JSONResponse(self._consignment(call)),
            "deliverConsignment": lambda call: JSONResponse(self._deliver(self._consignment(call), call.content)),
        }

    def _take(self, text: str) -> Response:
        records = [_record(line) for line in text.removesuffix("\r\n").split("\r\n")]
        head = {name: records[0][name] for name in _HEAD}
        problems = [problem for place, record in enumerate(records, 1) for problem in _problems(place, record, head)]
        lines = [int(record["line"]) for record in records]
        if len(set(lines)) < len(lines):
            problems.append(f"expected each line once, got {', '.join(map(str, lines))}")
        if problems:
            raise Rejected(422, "; ".join(problems))
        note = head["delivery_note"]
        if note in self._consignments:
            raise Rejected(409, f"Delivery note {note} is here already.")
        self._consignments[note] = {
            "note": note,
            "shipment": head["shipment"],
            "consignee": {"code": head["consignee_code"], "name": head["consignee_name"]},
            "lines": [_line(record) for record in records],
            "state": "accepted",
            "receivedAt": now(),
            "proof": None,
        }
        answer = created(self._consignments[note], f"/consignments/{note}")
        self._desk.report(lambda: self._delivered(note))
        return answer

    def _delivered(self, note: str) -> ProofOfDelivery:
        consignment = self._consignments[note]
        self._deliver(consignment, {"receiver": consignment["consignee"]["name"], "at": now()})
        return ProofOfDelivery(consignment=consignment)

    def _deliver(self, consignment: dict[str, Any], proof: Mapping[str, Any]) -> dict[str, Any]:
        if consignment["proof"] not in (None, proof):
            raise Rejected(409, f"Delivery note {consignment['note']} was delivered to {consignment['proof']['receiver']}.")
        consignment |= {"state": "delivered", "proof": proof}
        return consignment

    def _consignment(self, call: Call) -> dict[str, Any]:
        note = call.path["note"]
        if note not in self._consignments:
            raise Rejected(404, f"There is no delivery note {note}.")
        return self._consignments[note]


def _record(line: str) -> dict[str, str]:
    record, start = {}, 0
    for name, width in _WIDTHS.items():
        record[name] = line[start : start + width].rstrip(" ")
        start += width
    return record


def _problems(place: int, record: Mapping[str, str], head: Mapping[str, str]) -> list[str]:
    """Say what is wrong with a record, beyond its widths and digits."""
    problems = [f"record {place}: {name} is blank" for name in _FILLED if not record[name]]
    problems += [f"record {place}: expected {name} {head[name]}, got {record[name]}" for name in _HEAD if record[name] != head[name]]
    problems += [
        f"record {place}: expected {name} of letters, digits, - and _, got {record[name]}"
        for name in ("delivery_note", "shipment")
        if not _NUMBER_CHARACTERS.issuperset(record[name])
    ]
    problems += [f"record {place}: expected {name} above zero" for name in ("line", "quantity") if int(record[name]) == 0]
    if record["expiry"] and _day(record["expiry"]) is None:
        problems.append(f"record {place}: expected expiry as YYYYMMDD, got {record['expiry']}")
    return problems


def _line(record: Mapping[str, str]) -> dict[str, Any]:
    return {
        "line": int(record["line"]),
        "item": record["item"],
        "lot": record["lot"] or None,
        "serial": record["serial"] or None,
        "expiry": _day(record["expiry"]),
        "quantity": int(record["quantity"]),
        "unit": record["unit"],
    }


def _day(text: str) -> str | None:
    """Return YYYYMMDD as an ISO date; None where it is no day."""
    try:
        return datetime.strptime(text, "%Y%m%d").date().isoformat()
    except ValueError:
        return None
