"""Binding each line of a scenario to its step function, and what to say where that cannot be done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

from erp_testkit.pytest_plugin.bdd.gherkin import Problem, Scenario, Step
from erp_testkit.pytest_plugin.bdd.index import BELOW, BoundStep, Definition, Match, StepIndex, kept

_PLACE = re.compile(r"\{[^{}]*\}|\(\?P<\w+>[^)]*\)")
_VALUE = re.compile(r'"[^"]*"|“[^”]*”|\d+(?:\.\d+)?')
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_CLOSEST = 3
_COMPARED = 10
"""Comparing a line with the whole library is slow, and a file with more missing steps than this has another trouble."""


class Binder:
    """Binds the lines of one feature file.

    Args:
        index: the steps visible from the file's folder.
        root: folder that places are shown relative to.
    """

    def __init__(self, index: StepIndex, root: Path) -> None:
        self._index = index
        self._root = root
        self._problems: dict[tuple[int, str], Problem] = {}
        self._compared = 0

    @property
    def problems(self) -> Sequence[Problem]:
        """What could not be bound so far."""
        return tuple(self._problems.values())

    def bind(self, scenario: Scenario) -> list[BoundStep]:
        """Bind a scenario's steps; lines that cannot be bound become problems."""
        bound = []
        for step in scenario.steps:
            found = self._index.find(step.type, step.name)
            if not (len(found) == 1 and found[0][0].is_plain and step.datatable is None and step.docstring is None):
                problem = self._problem(step, [match for match, _ in found])
                if problem is not None:
                    self._problems[step.line_number, step.name] = problem
                    continue
            match, arguments = found[0]
            bound.append(BoundStep(step, match.definition, kept(match.definition, arguments), match.fixtures))
        return bound

    def _problem(self, step: Step, matches: Sequence[Match]) -> Problem | None:
        if len(matches) != 1:
            return self._ambiguous(step, matches) if matches else self._missing(step)
        definition = matches[0].definition
        if definition.is_async:
            message = f"Failed to bind step '{step}': expected a plain function, got an async one, which nobody would await."
            return Problem(step.line_number, message, f"make the step at {self._place(definition)} a plain 'def'.")
        for name in BELOW:
            if name in matches[0].names:
                message = (
                    f"Failed to bind step '{step}': expected another name in its wording, got '{{{name}}}', which is what stands below."
                )
                return Problem(step.line_number, message, f"rename it in the wording at {self._place(definition)}.")
            takes, has = name in definition.parameters, getattr(step, name) is not None
            what = "data table" if name == "datatable" else "doc string"
            if has and not takes:
                message = f"Failed to bind step '{step}': expected no {what} below it, got one that its function would not look at."
                return Problem(
                    step.line_number, message, f"give the function at {self._place(definition)} a parameter '{name}', or delete the {what}."
                )
            if name in definition.required and not has:
                message = f"Failed to bind step '{step}': expected a {what} below it, got none."
                return Problem(step.line_number, message, f"write one; the function at {self._place(definition)} takes it as '{name}'.")
        return None

    def _ambiguous(self, step: Step, matches: Sequence[Match]) -> Problem:
        return Problem(
            step.line_number,
            f"Failed to bind step '{step}': expected one wording that matches, got {len(matches)}.",
            "reword one of them so that no line matches both.",
            tuple(sorted(f"'{match.definition.wording}' at {self._place(match.definition)}" for match in matches)),
        )

    def _missing(self, step: Step) -> Problem:
        self._compared += 1
        close = self._closest(step) if self._compared <= _COMPARED else []
        details = ["The closest wordings are:", *(f"- {text}" for text in close)] if close else []
        return Problem(
            step.line_number,
            f"Failed to bind step '{step}': expected a step function with such a wording, got none.",
            "use one of these wordings, or write the step into conftest.py:\n" + skeleton(step)
            if close
            else "write the step into conftest.py:\n" + skeleton(step),
            tuple(details),
        )

    def _closest(self, step: Step) -> list[str]:
        chinese = bool(_CHINESE.search(step.name))
        plain = _VALUE.sub("", step.name)
        scored = []
        for definition in self._index.definitions:
            if bool(_CHINESE.search(definition.wording)) == chinese:
                ratio = SequenceMatcher(None, plain, _PLACE.sub("", definition.wording)).ratio()
                if ratio >= 0.5:
                    other = "" if definition.type in (None, step.type) else f" ({definition.type})"
                    scored.append((-ratio, other, definition.wording))
        return [wording + other for _, other, wording in sorted(set(scored))[:_CLOSEST]]

    def _place(self, definition: Definition) -> str:
        return definition.place(self._root)


def skeleton(step: Step) -> str:
    """Write a step function to begin with."""
    names: list[str] = []

    def place(match: re.Match[str]) -> str:
        text = match[0]
        quoted = text[0] in '"“'
        kind = "name" if quoted else "number"
        names.append(kind if kind not in names else f"{kind}{sum(name.startswith(kind) for name in names) + 1}")
        return f"{text[0]}{{{names[-1]}}}{text[-1]}" if quoted else f"{{{names[-1]}:g}}"

    wording = _VALUE.sub(place, step.name.replace("{", "{{").replace("}", "}}"))
    below = [name for name in BELOW if getattr(step, name) is not None]
    quote = "'''" if "'" in wording else "'"
    pattern = f"parsers.parse({quote}{wording}{quote})" if names else repr(step.name)
    lines = [
        f"from pytest_bdd import {step.type}" + (", parsers" if names else ""),
        "",
        f"@{step.type}({pattern})",
        f"def _({', '.join([*names, *below])}):",
        "    raise NotImplementedError",
    ]
    return "\n".join(f"    {line}".rstrip() for line in lines)
