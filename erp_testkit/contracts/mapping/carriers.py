"""How a document is carried through the interface a mapping describes: sent at one end, received at the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from erp_testkit.contracts.check import Live
from erp_testkit.contracts.mapping.client import calling
from erp_testkit.contracts.mapping.model import Mapping
from erp_testkit.contracts.mapping.receivers import AddressReceiver, Arrived, ErpReceiver, FolderReceiver, PartnerReceiver, Receiver
from erp_testkit.contracts.mapping.senders import MessageSender, RequestSender, SceneSender, Sender, Sent
from erp_testkit.contracts.mapping.sides import Values
from erp_testkit.domain.documents import Direction
from erp_testkit.erp.ports import Interfaces, port


@dataclass(frozen=True, slots=True)
class Carried:
    """A document that went through the interface."""

    sent: Sent
    arrived: Arrived


@dataclass(frozen=True, slots=True)
class Carrier:
    """Carries documents through one interface."""

    sender: Sender
    receiver: Callable[[], Receiver]
    """Makes what waits for the next document."""

    def carry(self, name: str, values: Values) -> Carried:
        """Send one document, under a name of its own, with chosen values, and return it with what arrived.

        Raises:
            Refused: the ERP or the system does not take it.
            UsageError: the contract's source cannot hold it.
            NotArrived: nothing came out that can be read.
        """
        receiver = self.receiver()
        sent = self.sender.send(name, values)
        return Carried(sent, receiver.receive(sent))


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
def _receiver(mapping: Mapping, live: Live) -> Iterator[Callable[[], Receiver]]:
    target = mapping.target
    if target.partner is not None:
        partner, interfaces = live.partner(target.partner), port(live.erp, Interfaces)
        interfaces.connect(mapping.name, partner.address.rstrip("/") + target.path, partner.secret)
        try:
            yield partial(PartnerReceiver, mapping, partner, live)
        finally:
            interfaces.disconnect(mapping.name)
    elif target.get is not None:
        with calling(mapping, live, target.get.system) as client:
            yield partial(AddressReceiver, mapping, target.get, client)
    elif target.file is not None:
        yield partial(FolderReceiver, mapping, target.file)
    else:
        yield partial(ErpReceiver, live)
