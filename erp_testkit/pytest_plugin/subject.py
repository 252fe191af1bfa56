"""What a test of the kit is about, whatever it is made from: a scenario, or a check of a contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from erp_testkit.domain.results import SCENARIO

if TYPE_CHECKING:
    from erp_testkit.pytest_plugin.gherkin import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
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


def subject_of(item: pytest.Item) -> Subject | None:
    """Return what a test is about; None for a test that is not the kit's."""
    return getattr(item, "subject", None)


def of_scenario(scenario: Scenario, ports: frozenset[str], abilities: frozenset[str]) -> Subject:
    """Describe a scenario."""
    return Subject(
        kind=SCENARIO,
        id=scenario.id or scenario.name,
        title=scenario.name,
        feature=scenario.feature.name,
        file=scenario.feature.rel_filename,
        line=scenario.line_number,
        language=scenario.feature.language,
        ports=ports,
        abilities=abilities,
        writes="readonly" not in scenario.tag_lines,
        rule="" if scenario.rule is None else scenario.rule.name,
        description=(scenario.description or scenario.feature.description).strip(),
        tags=tuple(scenario.tag_lines),
        steps=tuple(map(str, scenario.steps)),
        outline=scenario.title,
        row=scenario.row,
        example=scenario.example,
        named=scenario.id is not None,
    )
