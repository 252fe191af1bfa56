"""Reading a contract file into its checks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from erp_testkit.contracts.check import Contract
from erp_testkit.contracts.compatibility.approved import approved_check


def load(file: Path, kind: str) -> Contract:
    """Read a contract file; where there is an approved version, one more check compares the contract with it.

    Args:
        file: the contract.
        kind: what `erp_testkit.contracts.kinds.kind_of` says it is.

    Raises:
        UsageError: it cannot be read or has mistakes; its text names file, line and all of them.
    """
    contract, check = _read(file, kind), approved_check(file)
    return contract if check is None else replace(contract, checks=(*contract.checks, check))


def _read(file: Path, kind: str) -> Contract:
    # Each kind brings libraries of its own (schemathesis, hypothesis), so only the one at hand is imported.
    if kind == "openapi":
        from erp_testkit.contracts.openapi.contract import load as read
    elif kind == "mapping":
        from erp_testkit.contracts.mapping.contract import load as read
    else:
        from erp_testkit.contracts.messages.contract import load as read
    return read(file)
