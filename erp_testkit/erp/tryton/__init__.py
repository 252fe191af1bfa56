"""Adapter for Tryton 8.2 over JSON-RPC.

Ports left out, because Tryton has nothing for them: `Licences`, `Recalls`, `Labels`, `Exchanges`, `Deliveries` (a shipment is done when
the goods leave; who signed for them is kept nowhere) and `Jobs` (the queue is closed to clients).
"""

from __future__ import annotations

from erp_testkit.domain.documents import Role
from erp_testkit.erp.registry import Connection
from erp_testkit.erp.tryton.adapter import TrytonErp


def connect(connection: Connection) -> TrytonErp:
    """Connect as the manager and read the version.

    Raises:
        UsageError: the option ``database`` or the manager's credentials are missing.
        ErpUnreachable: no answer.
    """
    erp = TrytonErp(connection, Role.MANAGER, {})
    erp.name = f"Tryton {erp.version()}"
    return erp


__all__ = ["TrytonErp", "connect"]
