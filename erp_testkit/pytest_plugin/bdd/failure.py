"""How a failed scenario is shown: its steps and how far it came, what went wrong, and of the Python code only what the user wrote."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import pluggy
import pytest

from erp_testkit.pytest_plugin import compat
from erp_testkit.pytest_plugin.bdd.gherkin import Scenario
from erp_testkit.pytest_plugin.bdd.index import BoundStep

_KIT = Path(__file__).parent.parent.parent
_HIDDEN = tuple(str(folder) + os.sep for folder in (_KIT, Path(pytest.__file__).parent, compat.PYTEST, Path(pluggy.__file__).parent))
_DONE, _FAILED, _NOT_RUN = "✓", "✗", "-"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scenario came."""

    path: Path
    root: Path
    """The folder that places are shown relative to."""
    name: str
    scenario: Scenario
    bound: Sequence[BoundStep]
    position: int
    """Which of them was running, or was to run next."""
    in_step: bool


def show(progress: Progress, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
    """Return the report of a failed scenario, as pytest wants one."""
    error = excinfo.value
    heading = "\n".join((*_steps(progress, error), "", ""))
    if isinstance(error, pytest.FixtureLookupError):
        return compat.failure(heading, _missing_fixture(progress, error), str(progress.path), progress.scenario.line_number)
    if type(error).__module__.startswith("erp_testkit."):
        return compat.failure(heading, str(error), str(progress.path), progress.scenario.line_number)
    code = _code(progress)
    return compat.failure_with_frames(
        heading, excinfo, lambda frame: frame.f_code is code or not frame.f_code.co_filename.startswith(_HIDDEN)
    )


def _steps(progress: Progress, error: BaseException) -> Iterator[str]:
    scenario = progress.scenario
    file = scenario.feature.rel_filename
    failed = progress.position
    if not progress.in_step:
        # All steps so far did what they should, unless what one of them did could only be judged at the step after.
        failed = failed - 1 if getattr(error, "is_of_step_before", False) else -1
    yield f"{file}:{scenario.line_number} {scenario.keyword}: {progress.name}"
    for index, bound in enumerate(progress.bound):
        if index == failed:
            yield f"  {_FAILED} {bound.step}  ← {file}:{bound.step.line_number}"
        else:
            yield f"  {_DONE if index < progress.position else _NOT_RUN} {bound.step}"


def _code(progress: Progress) -> CodeType | None:
    return progress.bound[progress.position].definition.code if progress.in_step else None


def _missing_fixture(progress: Progress, error: pytest.FixtureLookupError) -> str:
    place = progress.bound[progress.position].definition.place(progress.root)
    return (
        f"Failed to run the function of this step at {place}: expected a fixture '{error.argname}' for its parameter, got none.\n"
        f"Next: write the fixture, give the step before target_fixture='{error.argname}', or rename the parameter."
    )
