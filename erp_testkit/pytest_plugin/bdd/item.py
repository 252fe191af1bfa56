"""One scenario as a test: its steps are bound to their functions when it is collected, and run one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from functools import cached_property
from pathlib import Path
from typing import Any

import pluggy
import pytest

from erp_testkit.pytest_plugin import compat
from erp_testkit.pytest_plugin.bdd import failure, index
from erp_testkit.pytest_plugin.bdd.gherkin import Scenario
from erp_testkit.pytest_plugin.bdd.index import BoundStep

Describe = Callable[[Scenario, Set[str]], object]
"""What whoever uses this engine says of a scenario whose step functions ask for some fixtures."""


def scenario() -> None:
    """Run a scenario: what pytest sees as the test function."""


def _notify(hook: pluggy.HookCaller, **about: object) -> None:
    """Call a hook, where anybody listens: an empty call costs as much as a small step."""
    if hook.get_hookimpls():
        hook(**about)


class ScenarioItem(pytest.Function):
    """A test that runs one scenario."""

    def __init__(self, *, scenario: Scenario, bound: Sequence[BoundStep], describe: Describe, **kwargs: Any) -> None:
        """Take the scenario and its bound steps; the rest is pytest's."""
        super().__init__(**kwargs)
        compat.settle_id(self)
        self.scenario = scenario
        self.bound = tuple(bound)
        # The list is shared by the scenarios of a file, and plugins may add to it.
        self.fixturenames = list(self.fixturenames)
        for tag in scenario.tag_lines:
            mark = compat.mark(tag)
            self.own_markers.append(mark)
            self.keywords[tag] = mark
        self.position = 0
        """Which step is running, or was when the scenario failed."""
        self.in_step = False
        self._describe = describe

    @cached_property
    def described(self) -> object:
        """What whoever uses this engine says of the scenario."""
        return self._describe(self.scenario, self._asked_for())

    def _asked_for(self) -> Set[str]:
        """Return the names of the fixtures its step functions ask for; a step may give one another meaning with `target_fixture`."""
        asked: set[str] = set()
        given: set[str | None] = set()
        for bound in self.bound:
            asked.update(name for name in bound.fixtures if name not in given)
            given.add(bound.definition.target_fixture)
        return asked

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where the scenario stands."""
        return self.path, self.scenario.line_number - 1, self.name

    def runtest(self) -> None:
        """Run the steps, telling pytest-bdd's hooks what happens."""
        scenario, request, hook = self.scenario, self._request, self.config.hook
        context = {"request": request, "feature": scenario.feature, "scenario": scenario}
        self.position, self.in_step = 0, False
        _notify(hook.pytest_bdd_before_scenario, **context)
        try:
            for bound in self.bound:
                self._run_step(bound, context, hook)
                self.position += 1
        finally:
            _notify(hook.pytest_bdd_after_scenario, **context)

    def _run_step(self, bound: BoundStep, context: dict[str, Any], hook: Any) -> None:
        step, definition, request = bound.step, bound.definition, self._request
        function = definition.function
        told = {**context, "step": step, "step_func": function}
        _notify(hook.pytest_bdd_before_step, **told)
        arguments: dict[str, Any] = {}
        self.in_step = True
        try:
            arguments = index.converted(definition, step.name) if bound.arguments is None else dict(bound.arguments)
            if step.datatable is not None:
                arguments["datatable"] = step.datatable.raw()
            if step.docstring is not None:
                arguments["docstring"] = step.docstring
            for name in bound.fixtures:
                arguments[name] = request.getfixturevalue(name)
            _notify(hook.pytest_bdd_before_step_call, **told, step_func_args=arguments)
            value = compat.call_yield_step(function, request, arguments) if definition.is_generator else function(**arguments)
        except (Exception, pytest.fail.Exception) as exception:
            hook.pytest_bdd_step_error(**told, step_func_args=arguments, exception=exception)
            raise
        if definition.target_fixture is not None:
            compat.override_fixture(self, definition.target_fixture, value)
        self.in_step = False
        _notify(hook.pytest_bdd_after_step, **told, step_func_args=arguments)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]  # as pytest.Function has it
        """Show how far the scenario came and what went wrong; whoever asks for another traceback (``--tb=long``) gets pytest's own."""
        option = self.config.option
        if option.fulltrace or option.tbstyle not in ("auto", "short"):
            return super().repr_failure(excinfo)
        progress = failure.Progress(self.path, self.config.rootpath, self.name, self.scenario, self.bound, self.position, self.in_step)
        return failure.show(progress, excinfo)
