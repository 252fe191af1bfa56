"""Planning, shipping, proof of delivery."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from erp_testkit.domain.documents import DeliveryNote, Pick, Shipment
from erp_testkit.erp.reference.session import Session


class Outbound:
    """Port `Outbound`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def propose(self, order: str) -> Sequence[Pick]:
        """Propose what to pick, first expired first out."""
        return self._session.read(tuple[Pick, ...], "orders", order, "proposal")

    def plan(self, order: str, picks: Sequence[Pick]) -> str:
        """Plan a shipment and return its number."""
        return self._session.number("orders", order, "shipments", content=list(picks))

    def ship(self, shipment: str) -> None:
        """Let the planned goods leave."""
        self._session.write("shipments", shipment, "ship")

    def cancel_shipment(self, shipment: str) -> None:
        """Cancel a planned shipment."""
        self._session.write("shipments", shipment, "cancel")

    def shipment(self, shipment: str) -> Shipment:
        """Read a shipment."""
        return self._session.read(Shipment, "shipments", shipment)

    def delivery_note(self, shipment: str) -> DeliveryNote:
        """Read the delivery note of a shipment."""
        return self._session.read(DeliveryNote, "shipments", shipment, "delivery-note")


class Deliveries:
    """Port `Deliveries`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def prove(self, shipment: str, receiver: str, at: datetime) -> None:
        """Record who signed and when."""
        self._session.write("shipments", shipment, "proof", content={"receiver": receiver, "at": at})
