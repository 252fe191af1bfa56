"""The users every reference ERP has. Their passwords are no secret: the ERP is thrown away after the run."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from erp_testkit.config import Credentials
from erp_testkit.domain.documents import Role

USERS: Mapping[Role, Credentials] = MappingProxyType(
    {
        Role.MANAGER: Credentials("m.chen", "manager-of-reference"),
        Role.SALES: Credentials("s.li", "sales-of-reference"),
        Role.WAREHOUSE: Credentials("w.zhang", "warehouse-of-reference"),
        Role.QUALITY: Credentials("q.zhao", "quality-of-reference"),
        Role.AUDITOR: Credentials("a.sun", "auditor-of-reference"),
    }
)
