"""Acting as somebody else."""

from __future__ import annotations

from collections.abc import Callable

from erp_testkit.domain.documents import Role
from erp_testkit.erp.ports import Erp
from erp_testkit.erp.reference.session import Session


class Access:
    """Port `Access`."""

    def __init__(self, session: Session, sign_in: Callable[[Role], Erp]) -> None:
        self._session = session
        self._sign_in = sign_in

    def acting_as(self, role: Role) -> Erp:
        """Return the same ERP, spoken to by another role's user."""
        return self._sign_in(role)

    def user(self, role: Role) -> str:
        """Return the name of a role's user."""
        return self._session.connection.user(role).name
