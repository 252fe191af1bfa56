"""How a failed scenario is shown: its steps and how far it came, what went wrong, and of the Python code only what the user wrote."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

import pluggy
import pytest

from erp_testkit.erp.errors import Refused
from erp_testkit.pytest_plugin import compat

if TYPE_CHECKING:
    from erp_testkit.pytest_plugin.item import ScenarioItem

_KIT = Path(__file__).parent.parent
_HIDDEN = tuple(str(folder) + os.sep for folder in (_KIT, Path(pytest.__file__).parent, compat.PYTEST, Path(pluggy.__file__).parent))
_DONE, _FAILED, _NOT_RUN = "✓", "✗", "-"


def show(item: ScenarioItem, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
    """Return the report of a failed scenario, as pytest wants one."""
    error = excinfo.value
    heading = "\n".join((*_steps(item, error), "", ""))
    if isinstance(error, pytest.FixtureLookupError):
        return compat.failure(heading, _missing_fixture(item, error), str(item.path), item.scenario.line_number)
    if type(error).__module__.startswith("erp_testkit."):
        return compat.failure(heading, str(error), str(item.path), item.scenario.line_number)
    code = _code(item)
    return compat.failure_with_frames(
        heading, excinfo, lambda frame: frame.f_code is code or not frame.f_code.co_filename.startswith(_HIDDEN)
    )


def _steps(item: ScenarioItem, error: BaseException) -> Iterator[str]:
    scenario = item.scenario
    file = scenario.feature.rel_filename
    failed = item.position
    if not item.in_step:
        # All steps so far did what they should, unless the ERP refused something and only the step after could have asked for it.
        failed = failed - 1 if isinstance(error.__cause__, Refused) else -1
    yield f"{file}:{scenario.line_number} {scenario.keyword}: {item.name}"
    for index, bound in enumerate(item.bound):
        if index == failed:
            yield f"  {_FAILED} {bound.step}  ← {file}:{bound.step.line_number}"
        else:
            yield f"  {_DONE if index < item.position else _NOT_RUN} {bound.step}"


def _code(item: ScenarioItem) -> CodeType | None:
    return item.bound[item.position].definition.code if item.in_step else None


def _missing_fixture(item: ScenarioItem, error: pytest.FixtureLookupError) -> str:
    place = item.bound[item.position].definition.place(item.config.rootpath)
    return (
        f"Failed to run the function of this step at {place}: expected a fixture '{error.argname}' for its parameter, got none.\n"
        f"Next: write the fixture, give the step before target_fixture='{error.argname}', or rename the parameter."
    )
