"""Findings known for an ERP: which scenarios break there, by what, and why that is accepted for now.

```toml
[[known]]
scenario = "STK-002"
by = "step"                       # or "rule:serial-in-one-place", "contract:idempotency-replay"
text = "expected refusal (duplicate)"   # part of the message
reason = "Tryton takes one serial number twice."
```

A scenario is *known* when each finding it breaks by is listed. The list is checked both ways: an entry that no longer shows is reported.
An entry with ``race = true`` is of two actions at the same moment, which do not always meet: it may show or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from erp_testkit.domain.findings import Finding
from erp_testkit.specs.settings import Table, Text, read


class Known(Table):
    """One accepted finding of one scenario."""

    scenario: Text
    """Its id."""
    by: Annotated[str, Field(pattern="^(step|(rule|contract):.+)$", title="'step', 'rule:<id>' or 'contract:<id>'")]
    """What breaks."""
    text: Text
    """Part of the message."""
    reason: Text
    """Why it is accepted for now."""
    race: bool = False
    """It shows only when two actions really meet, so nothing is reported when it does not."""

    def covers(self, scenario: str, finding: Finding) -> bool:
        """Say whether this is the entry for a finding."""
        return self.scenario == scenario and self.by == finding.by and self.text in finding.message


class KnownFindings(Table):
    """Findings known for an ERP: which scenarios break there, by what, and why that is accepted for now."""

    known: tuple[Known, ...] = ()
    """Each is one cause of one scenario."""


def load_known(file: Path | None) -> tuple[Known, ...]:
    """Read a list of known findings; without a file nothing is known.

    Raises:
        UsageError: the file cannot be read or has mistakes; its text names all of them.
    """
    return () if file is None else read(KnownFindings, file, "known findings").known


def covering(known: Sequence[Known], scenario: str, findings: Iterable[Finding]) -> tuple[int, ...] | None:
    """Return which entries account for a scenario's findings, or None when at least one is not listed."""
    found: list[int] = []
    for finding in findings:
        entry = next((index for index, entry in enumerate(known) if entry.covers(scenario, finding)), None)
        if entry is None:
            return None
        found.append(entry)
    return tuple(found)
