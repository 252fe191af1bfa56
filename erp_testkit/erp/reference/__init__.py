"""Adapter for the reference ERP: REST, one module per business area."""

from __future__ import annotations

from erp_testkit.domain.documents import Role
from erp_testkit.erp.reference.access import Access
from erp_testkit.erp.reference.interfaces import Interfaces
from erp_testkit.erp.reference.lots import Labels, LotRecords, Quarantine, Recalls, Traceability
from erp_testkit.erp.reference.master import Licences, MasterData
from erp_testkit.erp.reference.outbound import Deliveries, Outbound
from erp_testkit.erp.reference.oversight import AuditTrail, Jobs, LedgerSource
from erp_testkit.erp.reference.returns import Credits, Exchanges, Returns
from erp_testkit.erp.reference.sales import Sales
from erp_testkit.erp.reference.session import Session
from erp_testkit.erp.reference.stock import Counting, Stock
from erp_testkit.erp.registry import Connection


class ReferenceErp:
    """A connected reference ERP, with every port."""

    def __init__(self, connection: Connection, role: Role) -> None:
        session = Session(connection, role)
        self._session = session
        self.name = session.erp
        self.master_data = MasterData(session)
        self.licences = Licences(session)
        self.sales = Sales(session)
        self.outbound = Outbound(session)
        self.deliveries = Deliveries(session)
        self.stock = Stock(session)
        self.counting = Counting(session)
        self.quarantine = Quarantine(session)
        self.recalls = Recalls(session)
        self.traceability = Traceability(session)
        self.lot_records = LotRecords(session)
        self.labels = Labels(session)
        self.returns = Returns(session)
        self.exchanges = Exchanges(session)
        self.credits = Credits(session)
        self.audit_trail = AuditTrail(session)
        self.jobs = Jobs(session)
        self.interfaces = Interfaces(session)
        self.ledger = LedgerSource(session)
        self.access = Access(session, lambda other: ReferenceErp(connection, other))

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


def connect(connection: Connection) -> ReferenceErp:
    """Sign in as the manager."""
    return ReferenceErp(connection, Role.MANAGER)
