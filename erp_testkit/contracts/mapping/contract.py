"""Reading a mapping contract into its checks."""

from __future__ import annotations

from pathlib import Path

from erp_testkit.contracts import scenes
from erp_testkit.contracts.check import Check, Contract
from erp_testkit.contracts.mapping.canary import Canary
from erp_testkit.contracts.mapping.reading import read
from erp_testkit.contracts.mapping.static import Fields
from erp_testkit.contracts.mapping.table import Table

_NONE: frozenset[str] = frozenset()
_TABLE = frozenset({"interfaces"})
_SCENE = scenes.PORTS | {"interfaces", "jobs"}


def load(file: Path) -> Contract:
    """Read a mapping contract.

    Raises:
        UsageError: it cannot be read or has mistakes; its text names file, line and all of them.
    """
    mapping = read(file)
    line = mapping.line("fields")
    checks: list[Check] = [Fields(mapping=mapping, line=line)]
    if mapping.table is not None:
        checks.append(Table(mapping=mapping, line=mapping.line("table"), ports=_TABLE if mapping.table == "erp" else _NONE))
    checks.append(Canary(mapping=mapping, line=line, ports=_NONE if mapping.source.scene is None else _SCENE))
    return Contract(name=file.stem, kind="mapping", title=mapping.title, file=file, checks=checks)
