"""What a contract's check found, on its way from the test to the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from erp_testkit.domain.findings import Finding
from erp_testkit.pytest_plugin.judging.oracle import About


class ContractBroken(AssertionError):
    """An interface does not keep what its contract promises."""


@dataclass(slots=True)
class Breaches:
    """What a check found; empty for a scenario."""

    broken: Sequence[Any] = ()
    """Each a `erp_testkit.contracts.check.Broken`, which is not imported where no contract is."""
    findings: Sequence[Finding] = ()
    checked: int = 1
    coverage: Mapping[str, Any] = field(default_factory=dict)


BREACHES: pytest.StashKey[Breaches] = pytest.StashKey()
"""Where a running check leaves what it found."""

ABOUT: pytest.StashKey[About] = pytest.StashKey()
"""Where a running check leaves which items it touched."""
