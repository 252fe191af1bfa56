"""Running just the tests a file lists, such as those a plan names."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from erp_testkit.domain.errors import UsageError


class Selection:
    """Keeps the tests whose ids a file lists, one a line.

    Args:
        file: the list.
    """

    def __init__(self, file: Path) -> None:
        """Read the list.

        Raises:
            UsageError: it cannot be read.
        """
        try:
            lines = file.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"Failed to read tests {file}: expected a list of test ids, got {error}. Next: erp-testkit plan --tests {file}"
            ) from error
        self._file = file
        self._wanted = frozenset(line.strip() for line in lines if line.strip())

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Deselect all others."""
        others = [item for item in items if item.nodeid not in self._wanted]
        if others:
            config.hook.pytest_deselected(items=others)
            items[:] = [item for item in items if item.nodeid in self._wanted]

    def missing(self, ran: Collection[str]) -> str | None:
        """Say which listed tests did not run: they would be missed silently."""
        absent = sorted(self._wanted.difference(ran))
        if not absent:
            return None
        return (
            f"Failed to run the tests of {self._file}: expected all {len(self._wanted)} to run, got none of {len(absent)}, "
            f"such as {absent[0]}. Next: erp-testkit plan again"
        )
