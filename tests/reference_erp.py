"""A running reference ERP for tests, and short ways to fill it."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx2
import pytest

from erp_testkit.domain.documents import (
    Customer,
    Item,
    JobState,
    NewOrder,
    NewOrderLine,
    NewReceipt,
    NewReturn,
    Pick,
    ReceiptLine,
    ReturnLine,
    Role,
    Supplier,
    Tracking,
)
from erp_testkit.erp.errors import Refused
from erp_testkit.erp.reference import connect
from erp_testkit.erp.registry import Connection
from erp_testkit.standins.postgres import PostgresServer
from erp_testkit.standins.reference import ReferenceStandIn

_serial_numbers = itertools.count(1)


def today():
    return datetime.now(UTC).date()


def day(offset):
    return today() + timedelta(days=offset)


def gtin():
    body = f"{next(_serial_numbers):013d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(body))
    return body + str((10 - total % 10) % 10)


class Shop:
    """A connected ERP with short ways to bring it where a test begins. Every code it makes is new."""

    def __init__(self, started):
        self.started = started
        self.erp = connect(Connection(url=started.url, users=started.users))
        self.supplier = self.code("SUP")
        self.erp.master_data.add_supplier(Supplier(code=self.supplier, name="Maker"))

    def code(self, prefix):
        return f"{prefix}{next(_serial_numbers):05d}"

    def item(self, tracking=Tracking.LOT, name="Device", **more):
        item = Item(code=self.code("IT"), name=name, gtin=gtin(), tracking=tracking, **more)
        self.erp.master_data.add_item(item)
        return item.code

    def customer(self, **more):
        customer = Customer(code=self.code("CU"), name="Hospital", **more)
        self.erp.master_data.add_customer(customer)
        return customer.code

    def receive(self, item, quantity=1, **more):
        received_on = more.pop("received_on", None)
        line = ReceiptLine(item=item, quantity=Decimal(quantity), **more)
        return self.erp.stock.receive(NewReceipt(supplier=self.supplier, lines=(line,), received_on=received_on))

    def lot_item(self, quantity=10, lot="L1", expiry=None, **more):
        item = self.item(**more)
        self.receive(item, quantity, lot=lot, expiry=expiry or day(400))
        return item

    def serial_item(self, *serials, lot="L1", **more):
        item = self.item(Tracking.SERIAL, **more)
        for serial in serials:
            self.receive(item, lot=lot, serial=serial, expiry=day(400))
        return item

    def quote(self, customer, item, quantity=1, reference=None, **more):
        line = NewOrderLine(item=item, quantity=Decimal(quantity), **more)
        return self.erp.sales.quote(NewOrder(customer=customer, reference=reference or self.code("PO"), lines=(line,)))

    def order(self, customer, item, quantity=1):
        number = self.quote(customer, item, quantity)
        self.erp.sales.confirm(number)
        return number

    def plan(self, order, item, quantity=1, **more):
        return self.erp.outbound.plan(order, [Pick(item=item, quantity=Decimal(quantity), **more)])

    def shipped(self, customer, item, quantity=1, **pick):
        """Sell and ship; return the shipment."""
        shipment = self.plan(self.order(customer, item, quantity), item, quantity, **pick)
        self.erp.outbound.ship(shipment)
        return shipment

    def give_back(self, customer, shipment, item, quantity=1, **more):
        line = ReturnLine(item=item, quantity=Decimal(quantity), **more)
        return self.erp.returns.open_return(NewReturn(customer=customer, shipment=shipment, lines=(line,), reason="not needed"))

    def on_hand(self, item, on=None):
        """Return (bin, kind, lot, serial, quantity, reserved) of an item."""
        return [
            (held.bin, str(held.kind), held.lot, held.serial, int(held.quantity), int(held.reserved))
            for held in self.erp.stock.on_hand(item, on)
        ]

    def wait_until_quiet(self):
        """Wait until no job of any test before is open, so that its messages do not come to a partner of this one."""
        until = time.monotonic() + 60
        while any(job.state is not JobState.FAILED for job in self.erp.jobs.backlog()):
            assert time.monotonic() < until
            time.sleep(0.02)

    def ledger(self, *items):
        return self.erp.ledger.read(items, datetime.now(UTC))

    @contextmanager
    def http(self, role=Role.MANAGER, **headers):
        """Give a bare HTTP client, signed in."""
        user = self.started.users[role]
        with httpx2.Client(base_url=self.started.url, headers=headers, verify=False) as client:
            token = client.post("/token", json={"name": user.name, "password": user.password}).json()["token"]
            client.headers["Authorization"] = f"Bearer {token}"
            yield client


@contextmanager
def refused(message):
    """Expect a refusal, with its whole message: ``reason: the ERP's own words``."""
    with pytest.raises(Refused) as refusal:
        yield
    assert f"{refusal.value.reason}: {refusal.value.message}" == message


def at_once(*actions):
    """Do several things at the same moment; return what each returned or was refused with."""

    def attempt(action):
        try:
            return action()
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(attempt, actions))


@contextmanager
def running(state, **options):
    """Start a reference ERP of our own."""
    standin = ReferenceStandIn(state, options)
    try:
        shop = Shop(standin.start(standin.prepare(), "test"))
        yield shop
        shop.erp.close()
    finally:
        standin.stop()
        standin.finish()


@pytest.fixture(scope="session")
def reference_state(tmp_path_factory):
    return tmp_path_factory.mktemp("reference")


@pytest.fixture
def reference_database(shop, reference_state):
    """Address of the database behind `shop`."""
    server = PostgresServer.embedded(reference_state)
    (name,) = server.names("reference_of_")
    yield server.uri_of(name)
    server.close()


@pytest.fixture(scope="session")
def shop(reference_state):
    with running(reference_state) as shop:
        yield shop


@pytest.fixture(params=["postgresql", "sqlite"])
def any_shop(request, shop, tmp_path):
    """A reference ERP on each kind of database."""
    if request.param == "postgresql":
        yield shop
    else:
        with running(tmp_path, database="sqlite") as other:
            yield other
