"""A feature file as data: frozen types whose attributes are named as in pytest-bdd, so that users of its hooks find what they know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

SCENARIO_ID = re.compile(r"[A-Z]{2,}-\d+")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a feature file: what, at which line, and what to do about it."""

    line: int
    message: str
    advice: str
    details: tuple[str, ...] = ()

    def text(self, file: str) -> str:
        """Write it for the user's screen."""
        return "\n".join((self.message, f"  at {file}:{self.line}", *(f"  {line}" for line in self.details), f"  Next: {self.advice}"))


@dataclass(frozen=True, slots=True)
class DataTable:
    """The table below a step, with its header row."""

    rows: tuple[tuple[str, ...], ...]

    def raw(self) -> list[list[str]]:
        """Return what a step function gets as `datatable`."""
        return [list(row) for row in self.rows]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One Gherkin line, with the values of its Examples row filled in."""

    type: str
    """``given``, ``when`` or ``then``; And, But and ``*`` take the type of the step before."""
    name: str
    line_number: int
    indent: int
    keyword: str
    docstring: str | None = None
    datatable: DataTable | None = None

    def __str__(self) -> str:
        return f"{self.keyword} {self.name}" if self.keyword.isascii() else f"{self.keyword}{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """Steps that come before those of every scenario of a feature or rule."""

    line_number: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """What a feature file says of itself."""

    filename: str
    rel_filename: str
    language: str
    keyword: str
    name: str
    tags: frozenset[str]
    background: Background | None
    line_number: int
    description: str


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A group of scenarios within a feature."""

    keyword: str
    name: str
    description: str
    tags: frozenset[str]
    background: Background | None


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """One scenario, or one row of a scenario outline."""

    feature: Feature
    rule: Rule | None
    keyword: str
    name: str
    line_number: int
    steps: tuple[Step, ...]
    """Background steps first."""
    description: str
    tags: frozenset[str]
    """Its own tags and those of its Examples table."""
    title: str
    """The name as written, with ``<column>`` where an outline has one."""
    row: str | None
    """Names the Examples row within the outline; None for a plain scenario."""
    tag_lines: Mapping[str, int]
    """Every tag that holds for it, those of feature and rule included, with the line it stands on."""
    example: Mapping[str, str]
    """Column to value; empty for a plain scenario."""

    @property
    def id(self) -> str | None:
        """The tag that names it across languages, such as ``SAL-001``."""
        return next((tag for tag in self.tag_lines if SCENARIO_ID.fullmatch(tag)), None)
