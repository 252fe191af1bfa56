"""The ports: small Protocols, one per business area, through which steps speak to any ERP.

An adapter has a port by carrying an attribute of the port's field name (see `PORTS`) that implements the Protocol. What it leaves out
it does not have, and scenarios that need it are reported as *not covered*.

Every method may raise `Refused` (the ERP said no), `ErpBroke` or `ErpUnreachable`. Methods marked `@reads` never change the ERP; all others
are writes, and the kit refuses them in a production environment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Protocol, TypeVar, runtime_checkable

from erp_testkit.domain.documents import (
    Alarm,
    AuditEntry,
    CountLine,
    Credit,
    Customer,
    Delivered,
    DeliveryNote,
    Disposition,
    Item,
    Job,
    LotRecord,
    MappedField,
    Message,
    NewOrder,
    NewOrderLine,
    NewReceipt,
    NewReturn,
    OnHand,
    Origin,
    Pick,
    ReturnOrder,
    Role,
    SalesOrder,
    ScannedLabel,
    SerialEvent,
    Shipment,
    Supplier,
)
from erp_testkit.domain.ledger import Ledger

F = TypeVar("F", bound=Callable[..., object])
P = TypeVar("P")


def reads(method: F) -> F:
    """Mark a port method that never changes the ERP."""
    method.__reads__ = True  # type: ignore[attr-defined]  # functions take attributes; typeshed does not say so
    return method


@runtime_checkable
class MasterData(Protocol):
    """Items, customers and suppliers: what a scenario needs before its story starts."""

    def add_item(self, item: Item) -> None:
        """Add an item to the catalogue."""

    def add_customer(self, customer: Customer) -> None:
        """Add a customer. Where the ERP keeps no licence, block or shelf life, those fields are left out."""

    def add_supplier(self, supplier: Supplier) -> None:
        """Add a supplier."""


@runtime_checkable
class Licences(Protocol):
    """Whether a customer may be sold to."""

    def set_licence(self, customer: str, until: date) -> None:
        """Set the last day of the customer's licence."""

    def block(self, customer: str, blocked: bool) -> None:
        """Block the customer, or lift the block."""

    def require_shelf_life(self, customer: str, days: int) -> None:
        """Set how long a lot must still be usable when it ships to this customer."""


@runtime_checkable
class Sales(Protocol):
    """Quotations and orders."""

    def quote(self, order: NewOrder) -> str:
        """Enter a quotation and return its order number. A second sending of one customer reference returns the first number."""

    def confirm(self, order: str) -> None:
        """Turn a quotation into an order."""

    def amend(self, order: str, lines: Sequence[NewOrderLine]) -> None:
        """Replace the lines of an order nothing of which has shipped or is planned."""

    def cancel(self, order: str) -> None:
        """Cancel an order nothing of which has shipped; its planned shipments are cancelled with it."""

    @reads
    def order(self, order: str) -> SalesOrder:
        """Read an order."""

    @reads
    def orders_with_reference(self, customer: str, reference: str) -> Sequence[str]:
        """Return the numbers of all orders of a customer that carry a reference."""


@runtime_checkable
class Outbound(Protocol):
    """Planning and shipping."""

    @reads
    def propose(self, order: str) -> Sequence[Pick]:
        """Propose what to pick for the open quantity of an order, first expired first out (FEFO)."""

    def plan(self, order: str, picks: Sequence[Pick]) -> str:
        """Plan a shipment of chosen lots or serials, reserve them, and return the shipment number."""

    def ship(self, shipment: str) -> None:
        """Let the planned goods leave; writes the moves and the delivery note."""

    def cancel_shipment(self, shipment: str) -> None:
        """Cancel a planned shipment and free what it reserved."""

    @reads
    def shipment(self, shipment: str) -> Shipment:
        """Read a shipment."""

    @reads
    def delivery_note(self, shipment: str) -> DeliveryNote:
        """Read the delivery note of a shipment that has left."""


@runtime_checkable
class Deliveries(Protocol):
    """Proof of delivery."""

    def prove(self, shipment: str, receiver: str, at: datetime) -> None:
        """Record who signed and when. The same proof a second time changes nothing; a different one is refused."""


@runtime_checkable
class Stock(Protocol):
    """Receipts, transfers and what is on hand."""

    def receive(self, receipt: NewReceipt) -> str:
        """Book a goods receipt into the main bin and return its number."""

    def transfer(self, pick: Pick, to_bin: str) -> str:
        """Move stock between bins (`pick.bin` to `to_bin`) and return the document number."""

    @reads
    def bins(self) -> Sequence[str]:
        """Return at least two bins for saleable stock; the first is the main bin."""

    @reads
    def on_hand(self, item: str, on: date | None = None) -> Sequence[OnHand]:
        """Return stock of an item, quarantine included, now or at the end of a past day."""


@runtime_checkable
class Counting(Protocol):
    """Stock counts."""

    def count(self, lines: Sequence[CountLine]) -> str:
        """Book what was found; differences become moves from or to loss. Returns the count's number."""


@runtime_checkable
class Quarantine(Protocol):
    """Taking a lot out of sale and letting it back."""

    def quarantine(self, item: str, lot: str, reason: str) -> None:
        """Take a whole lot out of sale."""

    def release(self, item: str, lot: str, reason: str) -> None:
        """Let a quarantined lot back into sale."""


@runtime_checkable
class Recalls(Protocol):
    """Recalls."""

    def recall(self, item: str, lot: str, reason: str) -> None:
        """Recall a lot: nothing of it may be planned or shipped any more."""


@runtime_checkable
class Traceability(Protocol):
    """Where a lot or serial came from and went to."""

    @reads
    def forward(self, item: str, lot: str) -> Sequence[Delivered]:
        """Return every delivery of a lot to a customer."""

    @reads
    def backward(self, item: str, serial: str) -> Origin:
        """Return where a serial number came from."""

    @reads
    def history(self, item: str, serial: str) -> Sequence[SerialEvent]:
        """Return every movement of a serial number, oldest first."""


@runtime_checkable
class LotRecords(Protocol):
    """The lot's own record."""

    @reads
    def lot(self, item: str, lot: str) -> LotRecord:
        """Read a lot."""

    def correct_expiry(self, item: str, lot: str, expiry: date, reason: str) -> None:
        """Correct the last day of use; the old one stays in the record's history."""

    def bind(self, item: str, serial: str, lot: str) -> None:
        """Try to bind a serial number to another lot. A sound ERP refuses when the serial is bound already."""


@runtime_checkable
class Labels(Protocol):
    """UDI labels (GS1 element strings, FNC1 written as ASCII 29)."""

    @reads
    def scan(self, label: str) -> ScannedLabel:
        """Say what a scanned label means, or refuse it."""

    @reads
    def label(self, item: str, lot: str | None, serial: str | None) -> str:
        """Return the label the ERP would print."""


@runtime_checkable
class Returns(Protocol):
    """Customer returns."""

    def open_return(self, request: NewReturn) -> str:
        """Announce a return and return its number (RMA)."""

    def receive_return(self, return_order: str) -> None:
        """Take the goods back, into quarantine."""

    def inspect(self, return_order: str, line: int, disposition: Disposition) -> None:
        """Decide one line (counted from 1): back to stock, or scrap."""

    @reads
    def return_order(self, return_order: str) -> ReturnOrder:
        """Read a return."""


@runtime_checkable
class Exchanges(Protocol):
    """Replacement for returned goods."""

    def exchange(self, return_order: str, picks: Sequence[Pick]) -> str:
        """Plan the replacement for a received return and return the shipment number; it is shipped through `Outbound.ship`."""


@runtime_checkable
class Credits(Protocol):
    """Money back for returned goods."""

    def credit(self, return_order: str) -> Credit:
        """Write the credit note of a received return, at the prices of the order it came from."""


@runtime_checkable
class AuditTrail(Protocol):
    """Who did what, when."""

    @reads
    def entries(self, document: str) -> Sequence[AuditEntry]:
        """Return the audit entries of a document, oldest first."""

    def change_entry(self, entry: str, user: str) -> None:
        """Try to put another user's name on an entry. A sound ERP refuses."""

    def delete_entry(self, entry: str) -> None:
        """Try to delete an entry. A sound ERP refuses."""


@runtime_checkable
class Jobs(Protocol):
    """Background jobs."""

    @reads
    def jobs(self, document: str) -> Sequence[Job]:
        """Return the jobs of a document, oldest first."""

    @reads
    def settle(self, items: Collection[str], seconds: float) -> None:
        """Wait until no job for documents of `items` is queued or running, at most `seconds`. Does not complain when time is up."""

    @reads
    def backlog(self) -> Sequence[Job]:
        """Return every job that is queued, running or given up, oldest first."""


@runtime_checkable
class Interfaces(Protocol):
    """Interfaces to partner systems: messages out, callbacks in, and what the ERP knows of them."""

    def connect(self, channel: str, url: str, secret: str) -> None:
        """Have every message of a channel sent to a partner's address from now on, instead of to any other."""

    def disconnect(self, channel: str) -> None:
        """Send the messages of a channel nowhere: they wait."""

    def deliver(self, channel: str, body: str, content_type: str) -> None:
        """Hand in a partner's message, as the partner would. The same message again changes nothing."""

    @reads
    def messages(self, document: str) -> Sequence[Message]:
        """Return the messages of a document, oldest first."""

    @reads
    def mapping_table(self, channel: str) -> Sequence[MappedField]:
        """Return the ERP's own mapping table of an interface, in the order of its rows."""

    @reads
    def alarms(self, document: str) -> Sequence[Alarm]:
        """Return the alarms raised for a document, oldest first."""


@runtime_checkable
class LedgerSource(Protocol):
    """Reading the ledger back."""

    @reads
    def read(self, items: Collection[str], since: datetime) -> Ledger:
        """Read every ledger table the ERP can answer for, for these items only. `since` becomes ``run.started_at``."""


@runtime_checkable
class Access(Protocol):
    """Acting as somebody else."""

    def acting_as(self, role: Role) -> Erp:
        """Return the same ERP, spoken to by the user of another role, in a session of its own."""

    @reads
    def user(self, role: Role) -> str:
        """Return the name under which the audit trail shows this role's user."""


class Erp(Protocol):
    """A connected ERP. Ports are attributes under the names in `PORTS`; only these two members are required.

    An `Erp` acts as `Role.MANAGER` unless it came from `Access.acting_as`.
    """

    name: str
    """Name and version of the ERP, such as ``Tryton 8.2.1``."""

    def close(self) -> None:
        """Give back connections. Called once at the end of a session."""


PORTS: Mapping[str, type] = MappingProxyType(
    {
        "master_data": MasterData,
        "licences": Licences,
        "sales": Sales,
        "outbound": Outbound,
        "deliveries": Deliveries,
        "stock": Stock,
        "counting": Counting,
        "quarantine": Quarantine,
        "recalls": Recalls,
        "traceability": Traceability,
        "lot_records": LotRecords,
        "labels": Labels,
        "returns": Returns,
        "exchanges": Exchanges,
        "credits": Credits,
        "audit_trail": AuditTrail,
        "jobs": Jobs,
        "interfaces": Interfaces,
        "ledger": LedgerSource,
        "access": Access,
    }
)
"""Every port by the name of its attribute on an adapter, which is also the name of its pytest fixture."""

_NAMES: Mapping[object, str] = MappingProxyType({protocol: name for name, protocol in PORTS.items()})


def port(erp: Erp, protocol: Callable[..., P]) -> P:
    """Return a port of an ERP that is known to have it, because whoever asks has named it among the ports it needs.

    Args:
        erp: the ERP.
        protocol: the port, such as `Outbound`. (A callable to mypy, for which a Protocol is no ``type[P]``.)

    Raises:
        AttributeError: the ERP lacks it after all.
    """
    found: P = getattr(erp, _NAMES[protocol])
    return found
