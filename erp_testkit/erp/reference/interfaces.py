"""Interfaces to partner systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from erp_testkit.domain.documents import Alarm, MappedField, Message
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.erp.reference.session import Session

CALLBACKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "wms.shipped": ("wms", "shipments"),
        "wms.confirmation": ("wms", "confirmations"),
        "carrier.delivered": ("carrier", "deliveries"),
    }
)
"""Channel to where partners call back."""


class Interfaces:
    """Port `Interfaces`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def connect(self, channel: str, url: str, secret: str) -> None:
        """Have every message of a channel posted to this very address."""
        self._session.write("interfaces", channel, "listener", content={"url": url, "secret": secret}, method="PUT")

    def disconnect(self, channel: str) -> None:
        """Send the messages of a channel nowhere."""
        self._session.write("interfaces", channel, "listener", method="DELETE")

    def deliver(self, channel: str, body: str, content_type: str) -> None:
        """Hand in a partner's message, without an idempotency key: its number must do."""
        if channel not in CALLBACKS:
            raise UsageError(f"Failed to deliver a message on '{channel}': expected a channel the ERP takes. {closest(channel, CALLBACKS)}")
        self._session.hand_in("callbacks", *CALLBACKS[channel], body=body, content_type=content_type)

    def messages(self, document: str) -> Sequence[Message]:
        """Return the messages of a document."""
        return self._session.read(tuple[Message, ...], "messages", document=document, limit="500")

    def mapping_table(self, channel: str) -> Sequence[MappedField]:
        """Return the ERP's own mapping table of an interface."""
        return self._session.read(tuple[MappedField, ...], "interfaces", channel, "fields")

    def alarms(self, document: str) -> Sequence[Alarm]:
        """Return the alarms raised for a document."""
        return self._session.read(tuple[Alarm, ...], "alarms", document=document)
