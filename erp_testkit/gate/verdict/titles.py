"""Titles of the scenarios and rules that ship with the kit, in both languages by their id, whichever of them ran."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from erp_testkit.domain.results import Result
from erp_testkit.domain.said import LANGUAGES, Said
from erp_testkit.rules.rule import LAWS
from erp_testkit.shipped import FEATURES

_SCENARIO = re.compile(
    r"@(?P<id>[A-Z]{3}-\d+)\b[^\n]*\n(?:[ \t]*@[^\n]*\n)*[ \t]*(?:Scenario|Scenario Outline|场景|场景大纲)[:：][ \t]*(?P<title>[^\n]+)"
)

_TITLE = re.compile(r"^-- (title|title_zh): (.+)$", re.MULTILINE)


def title_of(result: Result) -> Said:
    """Return the title of what was run: as the evidence has it, and as the kit ships it in the language it did not run in."""
    english, chinese = (
        result.title if result.language == language else _shipped(language).get(result.scenario, result.title) for language in LANGUAGES
    )
    return Said(english, chinese)


def title_of_rule(rule: str) -> Said | None:
    """Return the title of a rule the kit ships; of others nothing is known here."""
    return _laws().get(rule)


@cache
def _laws() -> Mapping[str, Said]:
    texts = {file.stem: dict(_TITLE.findall(file.read_text(encoding="utf-8"))) for file in LAWS.glob("*.sql")}
    return {name: Said(titles["title"], titles["title_zh"]) for name, titles in texts.items()}


@cache
def _shipped(language: str) -> Mapping[str, str]:
    texts = (file.read_text(encoding="utf-8") for file in sorted((FEATURES / language).glob("*.feature")))
    return {found["id"]: found["title"].strip() for text in texts for found in _SCENARIO.finditer(text)}
