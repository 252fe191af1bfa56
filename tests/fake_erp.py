"""An ERP of a few lines for tests of the session: it refuses, breaks or goes away when an order's number says so.

`connect` answers for sales only; `connect_with_ledger` also has a ledger, whose one item has as many pieces as `pieces` says.
"""

from datetime import UTC, datetime
from decimal import Decimal

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.exchange import Exchange
from erp_testkit.domain.ledger import Ledger, date_text, time_text
from erp_testkit.erp.errors import ErpBroke, ErpUnreachable, Reason, Refused

pieces = {"on_hand": 1}


class Sales:
    def __init__(self, connection):
        self._connection = connection
        self.confirmed = []

    def quote(self, order):
        raise NotImplementedError

    def confirm(self, order):
        self._connection.on_exchange(
            Exchange(
                at=datetime.now(UTC), seconds=0.01, role="manager", method="POST", target="/confirm", request=order, status=200, answer="ok"
            )
        )
        match order:
            case "refused":
                raise Refused(Reason.STOCK, "none left")
            case "broken":
                raise ErpBroke("Failed to POST /confirm: expected an answer below status 500, got 500.")
            case "gone":
                raise ErpUnreachable("Failed to POST /confirm: expected an answer, got none.")
            case "interrupted":
                raise KeyboardInterrupt
        self.confirmed.append(order)

    def amend(self, order, lines):
        raise NotImplementedError

    def cancel(self, order):
        raise NotImplementedError

    def order(self, order):
        return order

    def orders_with_reference(self, customer, reference):
        return []


class LedgerOfOneItem:
    def read(self, items, since):
        on_hand = [
            {
                "item": item,
                "place": "A",
                "place_kind": "stock",
                "lot": None,
                "serial": None,
                "quantity": Decimal(pieces["on_hand"]),
                "reserved": Decimal(0),
            }
            for item in items
        ]
        now = datetime.now(UTC)
        return Ledger(
            {"run": [{"started_at": time_text(since), "read_at": time_text(now), "today": date_text(now.date())}], "on_hand": on_hand}
        )


class Access:
    def __init__(self, connection):
        self._connection = connection

    def acting_as(self, role):
        return FakeErp(self._connection)

    def user(self, role):
        if role not in self._connection.users:
            raise UsageError(f"Failed to act as {role}: expected a user for this role, got none.")
        return self._connection.users[role].name


class FakeErp:
    name = "Fake ERP 1.0"

    def __init__(self, connection):
        self.sales = Sales(connection)
        self.access = Access(connection)

    def close(self):
        pass


def connect(connection):
    return FakeErp(connection)


def connect_with_ledger(connection):
    erp = FakeErp(connection)
    erp.ledger = LedgerOfOneItem()
    return erp


def unreachable(connection):
    raise ErpUnreachable(f"Failed to reach {connection.url}: expected an answer, got none. Next: erp-testkit doctor")
