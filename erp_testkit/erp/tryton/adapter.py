"""The adapter: all ports of one user over one session; other roles get a session of their own."""

from __future__ import annotations

from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import UsageError
from erp_testkit.erp.ports import reads
from erp_testkit.erp.registry import Connection
from erp_testkit.erp.tryton.audit import AuditTrail
from erp_testkit.erp.tryton.ledger import LedgerSource
from erp_testkit.erp.tryton.master_data import MasterData
from erp_testkit.erp.tryton.outbound import Outbound
from erp_testkit.erp.tryton.returns import Credits, Returns
from erp_testkit.erp.tryton.rpc import Rpc
from erp_testkit.erp.tryton.sales import Sales
from erp_testkit.erp.tryton.setup import Setup
from erp_testkit.erp.tryton.stock import Counting, Quarantine, Stock
from erp_testkit.erp.tryton.trace import LotRecords, Traceability


class TrytonErp:
    """Tryton 8.2 as one user sees it.

    Args:
        connection: address, users, and the option ``database``.
        role: who speaks.
        sessions: the sessions opened so far, shared between roles, because logging in is slow.
    """

    def __init__(self, connection: Connection, role: Role, sessions: dict[Role, TrytonErp]) -> None:
        if "database" not in connection.options or role not in connection.users:
            raise UsageError(
                f"Failed to connect to Tryton as {role}: expected option 'database' and a user for the role, "
                f"got options {', '.join(connection.options) or '(none)'} and users for {', '.join(connection.users) or '(none)'}."
            )
        rpc = Rpc(
            connection.url,
            database=connection.options["database"],
            user=connection.users[role],
            role=role,
            timeout_seconds=connection.timeout_seconds,
            on_exchange=connection.on_exchange,
        )
        self._connection, self._rpc, self._sessions = connection, rpc, sessions
        self.name = "Tryton"
        setup = Setup(rpc)
        self.master_data = MasterData(setup)
        self.sales = Sales(setup)
        self.outbound = Outbound(setup, self.sales)
        self.stock = Stock(setup)
        self.counting = Counting(setup)
        self.quarantine = Quarantine(setup, self.stock)
        self.traceability = Traceability(setup)
        self.lot_records = LotRecords(setup)
        self.returns = Returns(setup, self.sales)
        self.credits = Credits(setup)
        self.audit_trail = AuditTrail(rpc)
        self.ledger = LedgerSource(setup)
        self.access = Access(connection, sessions)
        sessions[role] = self

    def version(self) -> str:
        """Ask for Tryton's version."""
        return self._rpc.version()

    def close(self) -> None:
        """Close the connections of all roles."""
        for erp in self._sessions.values():
            erp._rpc.close()
        self._sessions.clear()


class Access:
    """Port `Access`."""

    def __init__(self, connection: Connection, sessions: dict[Role, TrytonErp]) -> None:
        self._connection = connection
        self._sessions = sessions

    def acting_as(self, role: Role) -> TrytonErp:
        """Return the session of a role, opening it the first time."""
        return self._sessions.get(role) or TrytonErp(self._connection, role, self._sessions)

    @reads
    def user(self, role: Role) -> str:
        """Return the role's login, which the log shows."""
        return self._connection.user(role).name
