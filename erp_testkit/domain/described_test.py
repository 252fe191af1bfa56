"""What a test of the kit is about, whatever it is made from: a scenario, or a check of a contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedTest:
    """What the report, the run folder and the summary say of a test, beside how it ended."""

    kind: str
    """``scenario`` or ``contract``."""
    id: str
    """Stable: ``SAL-003``, or contract and check, such as ``erp POST /orders``."""
    title: str
    feature: str
    """The feature, or the contract, it stands in."""
    file: str
    line: int
    language: str = "en"
    ports: frozenset[str] = frozenset()
    """Names of the ports it needs."""
    abilities: frozenset[str] = frozenset()
    """Names of the abilities of a stand-in it needs."""
    writes: bool = True
    """Whether it may change anything; in production such tests do not run."""
    rule: str = ""
    description: str = ""
    tags: Sequence[str] = ()
    steps: Sequence[str] = ()
    """Its Gherkin lines."""
    outline: str = ""
    """The title as written where it is a row of an outline, with ``<column>``; otherwise the title."""
    row: str | None = None
    example: Mapping[str, str] | None = None
    named: bool = True
    """Whether its id was given by whoever wrote it, and is not its name."""

    def tagged(self, kind: str) -> tuple[str, ...]:
        """Return the values of its tags of a kind, such as ``severity`` of ``@severity:minor``; those of its own stand last."""
        return tuple(value for tag in self.tags for name, _, value in [tag.partition(":")] if name == kind and value)
