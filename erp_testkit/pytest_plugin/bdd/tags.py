"""What a scenario's tags may be, and its id."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase

import pytest

from erp_testkit.domain.findings import Severity
from erp_testkit.pytest_plugin.bdd.gherkin import SCENARIO_ID, Problem, Scenario

_TAG = re.compile(r"[\w.:/-]+")
_RISKS = ("compliance", "delivery", "customer")
NEEDS_CONTAINERS = "needs:containers"
_OURS = ("readonly", NEEDS_CONTAINERS, "req:*", *(f"severity:{severity}" for severity in Severity), *(f"risk:{risk}" for risk in _RISKS))
_PYTEST_TAGS = ("skip", "xfail")


class Tags:
    """The tags a project knows.

    Args:
        own: those it declares, ``*`` standing for anything.
    """

    def __init__(self, own: Iterable[str]) -> None:
        self._known = (*_OURS, *own)
        self._right: dict[str, bool] = {}

    @classmethod
    def of(cls, config: pytest.Config, own: Iterable[str]) -> Tags:
        """Take the project's own tags from its configuration and from the markers it registers with pytest."""
        names = (line.partition(":")[0].strip() for line in config.getini("markers"))
        return cls((*own, *_PYTEST_TAGS, *(name for name in names if "(" not in name)))

    def problem(self, tag: str, line: int) -> Problem | None:
        """Say what is wrong with a tag."""
        right = self._right.get(tag)
        if right is None:
            right = self._right[tag] = bool(_TAG.fullmatch(tag)) and (
                SCENARIO_ID.fullmatch(tag) is not None or any(fnmatchcase(tag, known) for known in self._known)
            )
        if right:
            return None
        if not _TAG.fullmatch(tag):
            message = f"Failed to read tag '@{tag}': expected letters, digits and . : / - _ only."
            return Problem(line, message, "write the tag without other characters.")
        close = get_close_matches(tag, self._known, n=1, cutoff=0.6)
        hint = f" Did you mean '@{close[0]}'?" if close else ""
        valid = ", ".join(f"@{known}" for known in _OURS)
        return Problem(
            line,
            f"Failed to read tag '@{tag}': expected a known tag.{hint}",
            f'declare it in erp-testkit.toml: tags = ["{tag}"]',
            (f"Known are an id such as @SAL-001, {valid}, and those the project declares.",),
        )


class Ids:
    """Scenario ids seen in a session: one file per language may carry each."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[str, int]] = {}

    def problems(self, scenario: Scenario, file: str) -> Iterable[Problem]:
        """Say what is wrong with a scenario's id."""
        ids = [tag for tag in scenario.tag_lines if SCENARIO_ID.fullmatch(tag)]
        if len(ids) > 1:
            message = f"Failed to read scenario '{scenario.title}': expected one id, got {', '.join(f'@{one}' for one in ids)}."
            yield Problem(scenario.tag_lines[ids[1]], message, "keep one of them; an id belongs to a scenario, not to a feature or rule.")
        for found in ids[:1]:
            place = (file, scenario.tag_lines[found])
            first = self._seen.setdefault((scenario.feature.language, found), place)
            if first != place:
                yield Problem(
                    place[1],
                    f"Failed to read id '@{found}' of scenario '{scenario.title}': expected an id of its own, got another scenario's.",
                    "give one of the two another number.",
                    (f"the other is at {first[0]}:{first[1]}",),
                )
