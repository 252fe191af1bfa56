"""Collecting ``.feature`` files: every scenario becomes a test, every mistake in a file is told at once."""

from __future__ import annotations

import gc
import types
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from erp_testkit import shipped
from erp_testkit.domain.errors import UsageError
from erp_testkit.pytest_plugin import compat
from erp_testkit.pytest_plugin.bdd import gherkin, reading
from erp_testkit.pytest_plugin.bdd.binding import Binder
from erp_testkit.pytest_plugin.bdd.gherkin import Scenario
from erp_testkit.pytest_plugin.bdd.index import Definition, StepIndex, shown
from erp_testkit.pytest_plugin.bdd.item import Describe, ScenarioItem, scenario
from erp_testkit.pytest_plugin.bdd.tags import Ids, Tags
from erp_testkit.steps import library

SHIPPED_AS = "erp_testkit/features/"
"""What the ids of shipped scenarios begin with, wherever the kit is installed."""


class FeatureFault(UsageError, pytest.Collector.CollectError):
    """A feature file cannot be used as it is: pytest shows the text without a traceback, and it is a usage error (exit code 2)."""

    def __init__(self, file: str, problems: Iterable[gherkin.Problem]) -> None:
        """Put the problems in the order of the file."""
        super().__init__("\n\n".join(problem.text(file) for problem in sorted(problems, key=lambda problem: problem.line)))


class Collection:
    """What the feature files of a session share: the steps visible from each folder, known tags, ids seen.

    Registered as a plugin where the kit is active.
    """

    def __init__(self, config: pytest.Config, tags: Iterable[str], describe: Describe) -> None:
        self.tags = Tags.of(config, tags)
        self.describe = describe
        self.ids = Ids()
        self._folders: dict[pytest.Collector, StepIndex] = {}
        self._indexes: dict[frozenset[object], StepIndex] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Keep the garbage collector away from what is made now: it lives to the end, and searching it again and again is slow."""
        if not gc.isenabled():
            return (yield)
        gc.unfreeze()  # what an earlier session of this process has left
        gc.disable()
        try:
            return (yield)
        finally:
            gc.freeze()
            gc.enable()

    def pytest_unconfigure(self) -> None:
        """Let the collector see everything again: libraries in C say at the end of the process what was not collected."""
        gc.unfreeze()

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> FeatureFile | None:
        """Collect feature files."""
        if file_path.suffix != ".feature":
            return None
        if file_path.is_relative_to(shipped.FEATURES) and not file_path.is_relative_to(parent.config.rootpath):
            # Shipped features lie wherever the kit is installed; their ids must be the same on every machine.
            inside = file_path.relative_to(shipped.FEATURES).as_posix()
            return FeatureFile.from_parent(parent, path=file_path, nodeid=SHIPPED_AS + inside, collection=self)
        return FeatureFile.from_parent(parent, path=file_path, collection=self)

    def steps(self, folder: pytest.Collector) -> StepIndex:
        """Return the steps visible from a folder; folders that see the same ones share an index."""
        if folder not in self._folders:
            visible = list(compat.visible_steps(folder))
            key = frozenset((id(context), depth) for context, depth in visible)
            if key not in self._indexes:
                unique = {id(context): (context, depth) for context, depth in visible}
                self._indexes[key] = StepIndex(Definition(context, depth) for context, depth in unique.values())
            self._folders[folder] = self._indexes[key]
        return self._folders[folder]


class FeatureFile(pytest.Module):
    """A feature file.

    A `Module` because fixtures of that scope, `request.module` and plugins expect one above a test function.
    """

    def __init__(self, *, collection: Collection, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._collection = collection

    def _getobj(self) -> types.ModuleType:
        module = types.ModuleType(self.path.stem)
        module.__file__ = str(self.path)
        return module

    def collect(self) -> Iterable[ScenarioItem]:
        """Read the file, check it, bind its steps.

        Raises:
            FeatureFault: anything is wrong with it.
        """
        file = shown(self.path, self.config.rootpath)
        assert self.parent is not None
        scenarios, problems = reading.read(self.path, file)
        binder = Binder(self._collection.steps(self.parent), self.config.rootpath)
        bound = [(found, binder.bind(found)) for found in scenarios]
        problems = [*problems, *self._tag_problems(scenarios, file), *binder.problems]
        if problems:
            raise FeatureFault(file, problems)
        fixtures = compat.fixtures_of(self)
        return [
            ScenarioItem.from_parent(
                self,
                name=_name(found),
                callobj=scenario,
                fixtureinfo=fixtures,
                scenario=found,
                bound=steps,
                describe=self._collection.describe,
            )
            for found, steps in bound
        ]

    def _tag_problems(self, scenarios: Iterable[Scenario], file: str) -> Iterable[gherkin.Problem]:
        seen = set()
        for found in scenarios:
            for tag in found.tag_lines.items():
                if tag not in seen:
                    seen.add(tag)
                    problem = self._collection.tags.problem(*tag)
                    if problem is not None:
                        yield problem
            yield from self._collection.ids.problems(found, file)


def _name(found: Scenario) -> str:
    title = reading.one_line(found.title)
    return title if found.row is None else f"{title}[{found.row}]"


def configure(config: pytest.Config, tags: Iterable[str], describe: Describe) -> None:
    """Make the shipped steps visible and begin to collect feature files."""
    for module in library.MODULES:
        config.pluginmanager.import_plugin(module)
    config.pluginmanager.register(Collection(config, tags, describe), "erp_testkit.collection")
    compat.rerun_failed_of(config, SHIPPED_AS, shipped.FEATURES)
