"""The record of deployments: what runs where, in a chained file that each run's manifest is written by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from erp_testkit.config import Config
from erp_testkit.domain.errors import UsageError
from erp_testkit.evidence.chain import Journal
from erp_testkit.project import STATE

FILE = "deployments.jsonl"
"""The record, in the state folder unless ``deployments`` in erp-testkit.toml names another."""


def record_of(config: Config) -> Path:
    """Return where a project's record is."""
    return config.deployments or config.root / STATE / FILE


def deployed(record: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return what runs where: environment to change and time.

    Raises:
        UsageError: the record cannot be read, or was changed.
    """
    journal = Journal(record)
    try:
        entries = journal.entries()
    except ValueError as error:
        raise UsageError(f"Failed to read {record}: expected lines of JSON, got {error}.") from error
    broken = journal.followed().broken_at
    if broken is not None:
        raise UsageError(f"Failed to read {record}:{broken}: expected a line that follows the one before, got a changed or missing one.")
    return {entry["to"]: {"change": entry["change"], "at": entry["at"]} for entry in entries}
