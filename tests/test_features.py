"""The shipped scenarios: the same in both languages, complete, in the language of the business."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest
from pytest_bdd import parsers

from erp_testkit.gate.requirements.requirements import SHIPPED, load
from erp_testkit.pytest_plugin.bdd.gherkin import Scenario, Step
from erp_testkit.pytest_plugin.bdd.reading import read
from erp_testkit.shipped import FEATURES
from erp_testkit.steps.library import MODULES
from erp_testkit.steps.wording import TYPES, Wording

AREAS = {
    "sales": ("SAL", 14),
    "outbound": ("OUT", 16),
    "stock": ("STK", 14),
    "traceability": ("TRC", 14),
    "returns": ("RET", 14),
    "audit": ("AUD", 8),
    "resilience": ("RES", 12),
}
LANGUAGES = ("en", "zh-CN")
WRITES_NOTHING = {"scan_damaged", "scan_lot", "scan_names_lot", "refused", "own_users"}


@cache
def scenarios(language: str) -> tuple[Scenario, ...]:
    found: list[Scenario] = []
    for file in sorted((FEATURES / language).glob("*.feature")):
        of_file, problems = read(file, file.name)
        assert not problems
        found += of_file
    return tuple(found)


@cache
def library() -> tuple[tuple[Wording, Callable[..., Any], Mapping[str, Any]], ...]:
    """Every wording with its function and its parser in each language."""
    found = []
    for name in MODULES:
        for function in vars(importlib.import_module(name)).values():
            if getattr(function, "__module__", None) == name:
                for said in getattr(function, "wordings", ()):
                    parse = {language: parsers.parse(text, extra_types=TYPES) for language, text in zip(LANGUAGES, said[1:], strict=True)}
                    found.append((said, function, parse))
    return tuple(found)


@cache
def meaning(language: str, kind: str, text: str) -> tuple[Wording, Callable[..., Any]]:
    """Find the one wording of a line."""
    fits = [(said, function) for said, function, parse in library() if said.kind == kind and parse[language].is_matching(text)]
    assert len(fits) == 1, f"{text}: {[said for said, _ in fits]}"
    return fits[0]


def story(language: str, scenario: Scenario) -> list[tuple[Callable[..., Any], int, int]]:
    """Say what a scenario does, whatever the language: functions, and how much stands below each line."""
    return [(meaning(language, step.type, step.name)[1], *below(step)) for step in scenario.steps]


def below(step: Step) -> tuple[int, int]:
    rows = step.datatable.rows if step.datatable else ((),)
    return len(rows), len(rows[0])


def by_id(language: str) -> dict[str, list[Scenario]]:
    found: dict[str, list[Scenario]] = {}
    for scenario in scenarios(language):
        found.setdefault(str(scenario.id), []).append(scenario)
    return found


def test_both_languages_have_the_same_scenarios_with_the_same_meaning() -> None:
    english, chinese = by_id("en"), by_id("zh-CN")
    assert list(english) == list(chinese)
    for identity, rows in english.items():
        told = [story("en", scenario) for scenario in rows]
        assert [story("zh-CN", scenario) for scenario in chinese[identity]] == told, identity
        assert [scenario.tag_lines.keys() for scenario in chinese[identity]] == [scenario.tag_lines.keys() for scenario in rows], identity


def test_both_languages_say_the_same_quantities_and_days() -> None:
    def figures(language: str, scenario: Scenario) -> list[list[object]]:
        said = []
        for step in scenario.steps:
            wording, _ = meaning(language, step.type, step.name)
            text = wording.en if language == "en" else wording.zh
            values = parsers.parse(text, extra_types=TYPES).parse_arguments(step.name)
            aliases = ("item", "customer", "supplier")
            said.append(sorted((name, str(value)) for name, value in values.items() if name not in aliases))
        return said

    chinese = by_id("zh-CN")
    for identity, rows in by_id("en").items():
        assert [figures("zh-CN", scenario) for scenario in chinese[identity]] == [figures("en", scenario) for scenario in rows], identity


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_area_is_covered(language: str) -> None:
    assert {file.stem for file in (FEATURES / language).glob("*.feature")} == set(AREAS)
    for area, (prefix, least) in AREAS.items():
        ids = list(dict.fromkeys(scenario.id for scenario in scenarios(language) if scenario.feature.rel_filename == f"{area}.feature"))
        assert sorted(map(str, ids)) == [f"{prefix}-{number:03}" for number in range(1, len(ids) + 1)]
        assert len(ids) >= least


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_scenario_says_how_grave_it_is_and_what_it_is_evidence_for(language: str) -> None:
    requirements = load([SHIPPED])
    used = set()
    for scenario in scenarios(language):
        kinds = Counter(tag.partition(":")[0] for tag in scenario.tag_lines)
        assert (kinds["severity"], kinds["risk"]) == (1, 1), scenario.id
        evidence = {tag.removeprefix("req:") for tag in scenario.tag_lines if tag.startswith("req:")}
        assert evidence and evidence <= requirements.keys(), scenario.id
        used |= evidence
    assert {id_ for id_, one in requirements.items() if not one.rules and not one.contracts} <= used


def test_every_shipped_wording_is_used() -> None:
    used = {
        meaning(language, step.type, step.name)[0] for language in LANGUAGES for scenario in scenarios(language) for step in scenario.steps
    }
    assert [said for said, _, _ in library() if said not in used] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_are_business_language(language: str) -> None:
    for file in (FEATURES / language).glob("*.feature"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"[{}\[\];]|\b\w+_\w+\b|\b(null|None|true|false|json|sql|id)\b", text), file


def test_chinese_texts_use_chinese_punctuation() -> None:
    for file in (FEATURES / "zh-CN").glob("*.feature"):
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not re.match(r"\s*(@|\||#|\w+: )", line)]
        assert [line for line in lines if re.search(r"[\",;?!()]|[a-zA-Z]{4,}(?!”)\w", line)] == [], file


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_only_reads_needs_nothing_that_writes(language: str) -> None:
    readonly = [scenario for scenario in scenarios(language) if "readonly" in scenario.tag_lines]
    assert len({scenario.id for scenario in readonly}) >= 2
    assert {function.__name__ for scenario in readonly for function, *_ in story(language, scenario)} <= WRITES_NOTHING


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_is_looked_at_after_what_was_refused(language: str) -> None:
    for scenario in scenarios(language):
        kinds = [step.type for step in scenario.steps]
        for place, (function, *_) in enumerate(story(language, scenario)):
            if getattr(function, "expects_refusal", False):
                assert kinds[place - 1] == "when", scenario.id
