"""What a test is about: of scenarios read off the feature file and the step functions, of contracts off the check."""

from __future__ import annotations

from collections.abc import Set

import pytest

from erp_testkit.domain.described_test import DescribedTest
from erp_testkit.domain.results import SCENARIO
from erp_testkit.erp.ports import PORTS
from erp_testkit.pytest_plugin.bdd.gherkin import Scenario
from erp_testkit.standins.abilities import ABILITIES


def described(item: pytest.Item) -> DescribedTest | None:
    """Return what a test is about; None for a test that is not the kit's."""
    return getattr(item, "described", None)


def describe(scenario: Scenario, asked: Set[str]) -> DescribedTest:
    """Describe a scenario whose step functions ask for some fixtures."""
    return DescribedTest(
        kind=SCENARIO,
        id=scenario.id or scenario.name,
        title=scenario.name,
        feature=scenario.feature.name,
        file=scenario.feature.rel_filename,
        line=scenario.line_number,
        language=scenario.feature.language,
        ports=frozenset(asked & PORTS.keys()),
        abilities=frozenset(asked & ABILITIES.keys()),
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
