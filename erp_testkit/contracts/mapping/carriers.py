"""How a document is carried through the interface a mapping describes: sent at one end, received at the other."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Map
from contextlib import contextmanager
from dataclasses import dataclass

from erp_testkit.contracts.check import Live
from erp_testkit.contracts.mapping.client import calling
from erp_testkit.contracts.mapping.formats import Places
from erp_testkit.contracts.mapping.model import Fact, Mapping
from erp_testkit.contracts.mapping.receivers import AddressReceiver, ErpReceiver, FolderReceiver, PartnerReceiver, Receiver
from erp_testkit.contracts.mapping.senders import MessageSender, RequestSender, SceneSender, Sender
from erp_testkit.contracts.mapping.sides import Values
from erp_testkit.domain.documents import Direction
from erp_testkit.erp.ports import Interfaces, port


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A document that went through the interface."""

    facts: Map[str, Fact]
    """By source place."""
    places: Places
    """By target place."""
    text: str
    """As it arrived; empty where it came as no text."""
    items: frozenset[str]
    refused_by: str
    """Status by which the partner refused it; empty where it took it."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Carries documents through one interface."""

    sender: Sender
    receiver: Receiver

    def carry(self, name: str, values: Values) -> Carried:
        """Send one document, under a name of its own, with chosen values, and return what arrived.

        Raises:
            Refused: the ERP or the system does not take it.
            UsageError: the contract's source cannot hold it.
            NotArrived: nothing came out that can be read.
        """
        self.receiver.expect()
        sent = self.sender.send(name, values)
        arrived = self.receiver.receive(sent)
        return Carried(facts=sent.facts, items=sent.items, places=arrived.places, text=arrived.text, refused_by=arrived.refused_by)


@contextmanager
def opened(mapping: Mapping, live: Live) -> Iterator[Carrier]:
    """Open both ends of the interface a mapping describes, and close them afterwards."""
    with _sender(mapping, live) as sender, _receiver(mapping, live) as receiver:
        yield Carrier(sender, receiver)


@contextmanager
def _sender(mapping: Mapping, live: Live) -> Iterator[Sender]:
    request = mapping.source.request
    if request is not None:
        with calling(mapping, live, request.system) as client:
            yield RequestSender(mapping, request, live, client)
    elif mapping.direction is Direction.IN:
        yield MessageSender(mapping, live)
    else:
        yield SceneSender(mapping, live)


@contextmanager
def _receiver(mapping: Mapping, live: Live) -> Iterator[Receiver]:
    target = mapping.target
    if target.partner is not None:
        partner, interfaces = live.partner(target.partner), port(live.erp, Interfaces)
        interfaces.connect(mapping.name, partner.address.rstrip("/") + target.path, partner.secret)
        try:
            yield PartnerReceiver(mapping, partner, live)
        finally:
            interfaces.disconnect(mapping.name)
    elif target.get is not None:
        with calling(mapping, live, target.get.system) as client:
            yield AddressReceiver(mapping, target.get, client)
    elif target.file is not None:
        yield FolderReceiver(mapping, target.file)
    else:
        yield ErpReceiver(live)
