"""Every private part of pytest and pytest-bdd the kit touches, in one place, so that a new version of either breaks one module."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from pathlib import Path
from string import Formatter
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

import _pytest
import pytest
from _pytest._code.code import (
    ExceptionChainRepr,
    ReprEntry,
    ReprEntryNative,
    ReprExceptionInfo,
    ReprFileLocation,
    ReprTraceback,
    TerminalRepr,
)
from _pytest.fixtures import FixtureDef, FuncFixtureInfo, call_fixture_func
from _pytest.outcomes import Skipped
from _pytest.scope import Scope
from pytest_bdd.compat import get_fixture_names
from pytest_bdd.parsers import cfparse, parse, string
from pytest_bdd.parsers import re as regex
from pytest_bdd.steps import StepFunctionContext, StepNamePrefix, step_function_context_registry

if TYPE_CHECKING:
    from _pytest.nodes import Node

__all__ = ["Skipped", "StepFunctionContext"]

PYTEST = Path(_pytest.__file__).parent
_NO_LITERALS = ("", "")
_OVERRIDES: pytest.StashKey[dict[str, FixtureDef[object]]] = pytest.StashKey()
_STEP_FIXTURE = StepNamePrefix.step_def.value


def visible_steps(node: Node) -> Iterator[tuple[StepFunctionContext, int]]:
    """Yield the step definitions a node sees, with the depth of the node each is defined at."""
    manager = node.session._fixturemanager
    depths = {parent: depth for depth, parent in enumerate(node.listchain())}
    for name in get_fixture_names(manager):
        if name.startswith(_STEP_FIXTURE):
            for definition in manager.getfixturedefs(name, node) or ():
                context = step_function_context_registry.get(definition.func)
                if context is not None:
                    yield context, depths.get(definition.node, 0) if definition.node is not None else 0


def fixtures_of(collector: pytest.Collector) -> FuncFixtureInfo:
    """Return the fixtures every scenario of a file needs: autouse ones and those of `usefixtures`."""
    # With no function to look at, pytest only asks the node for its parents and markers, which a collector has too.
    return collector.session._fixturemanager.getfixtureinfo(collector, None, None)  # type: ignore[arg-type]


def rerun_failed_of(config: pytest.Config, prefix: str, folder: Path) -> None:
    """Tell ``--lf`` where files lie whose node ids begin with a prefix of ours instead of their place."""
    last_failed: Any = config.pluginmanager.get_plugin("lfplugin")
    if last_failed is not None and last_failed.active:
        files = (str(nodeid).partition("::")[0] for nodeid in last_failed.lastfailed)
        last_failed._last_failed_paths.update(folder / file.removeprefix(prefix) for file in files if file.startswith(prefix))


def settle_id(item: pytest.Function) -> None:
    """Give an item with brackets in its name the id that pytest reads out of its own cache, or ``--lf`` would not know it again."""
    if "[" in item.name and hasattr(item, "_id"):
        item._id = type(item._id).parse(item.nodeid)


@functools.cache
def mark(name: str) -> pytest.Mark:
    """Return a marker of a name that could not be registered, such as ``severity:critical``; the kit checks tags itself."""
    return pytest.Mark(name, (), {}, _ispytest=True)


def literals(parser: object) -> tuple[str, ...] | None:
    """Return the texts every line that a step parser matches must have, the first at its start (perhaps empty), the last at its end.

    None for a parser that takes exactly its name.
    """
    if type(parser) is string:
        return None
    if isinstance(parser, parse | cfparse):
        return _format_literals(parser.name)
    if isinstance(parser, regex):
        return _regex_literals(parser.regex)
    return _NO_LITERALS


def _format_literals(pattern: str) -> tuple[str, ...]:
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError:
        return _NO_LITERALS
    found = [""]
    for literal, field, _, _ in parts:
        found[-1] += literal
        if field is not None:
            found.append("")
    return tuple(found)


def _regex_literals(pattern: re.Pattern[str]) -> tuple[str, ...]:
    # The module behind `re`. What is not a plain character at the top level (groups, choices, repeats) only ends a literal.
    from re import _parser

    found = [""]
    for kind, value in _parser.parse(pattern.pattern, pattern.flags):
        if str(kind) == "LITERAL":
            found[-1] += chr(value)
        else:
            found.append("")
    return tuple(found)


class ParseFormat(NamedTuple):
    """What a step parser of the `parse` library was made with, beside its text."""

    types: Mapping[str, Callable[[str], Any]]
    case_sensitive: bool


def parse_format(parser: Any) -> ParseFormat | None:
    """Return what a `parse` parser was made with; None for any other."""
    if type(parser) is not parse:
        return None
    return ParseFormat(parser.parser._extra_types, not parser.parser._re_flags & re.IGNORECASE)


def arguments(parser: Any, text: str) -> dict[str, Any] | None:
    """Return what a step parser takes from a line, or None if it does not match, in one pass where pytest-bdd makes two."""
    if type(parser) in (parse, cfparse):
        try:
            result = parser.parser.parse(text)
        except ValueError:
            return None
        return None if result is None else result.named
    return parser.parse_arguments(text) if parser.is_matching(text) else None


def override_fixture(item: pytest.Function, name: str, value: object) -> None:
    """Let a value stand for a fixture until the end of the test (`target_fixture`).

    pytest-bdd registers a new fixture for each value; putting it where the request keeps what is already computed costs nothing.
    """
    made = item.session.stash.setdefault(_OVERRIDES, {})
    if name not in made:
        # Looking at the signature of a fixture's function is slow, so there is one for each name, to be copied.
        made[name] = FixtureDef(
            config=item.config,
            baseid=None,
            argname=name,
            func=_no_function,
            scope=Scope.Function,
            params=None,
            node=item.session,
            _ispytest=True,
        )
    definition: Any = copy(made[name])
    definition._finalizers = []
    definition.cached_result = (value, None, None)
    item._request._fixture_defs[name] = definition


def _no_function() -> None:
    """Stand where pytest wants the function of a fixture whose value is already there."""


def call_yield_step(function: Callable[..., Any], request: pytest.FixtureRequest, arguments: dict[str, Any]) -> Any:
    """Run a step function up to its ``yield``; the rest runs at the end of the test."""
    return call_fixture_func(function, request, arguments)


def failure(heading: str, message: str, file: str, line: int) -> TerminalRepr:
    """Build a failure report: a heading as it is and a message in red."""
    first, *others = message.splitlines() or [""]
    lines = [f"E   {first}", *(f"E   {other}" if other else "E" for other in others)]
    entries: list[ReprEntry | ReprEntryNative] = [ReprEntryNative([heading]), ReprEntry(lines, None, None, None, "short")]
    return ReprExceptionInfo(reprtraceback=ReprTraceback(entries, None, "short"), reprcrash=ReprFileLocation(file, line, first))


def failure_with_frames(heading: str, excinfo: pytest.ExceptionInfo[BaseException], shown: Callable[[FrameType], bool]) -> TerminalRepr:
    """Build a failure report: a heading as it is, then the frames to be shown in pytest's short style."""
    report = excinfo.getrepr(style="short", tbfilter=lambda info: info.traceback.filter(lambda entry: shown(entry.frame.raw)))
    assert isinstance(report, ExceptionChainRepr)
    for traceback, _, _ in report.chain:
        traceback.extraline = None
    first = report.chain[0][0]
    first.reprentries = [ReprEntryNative([heading]), *first.reprentries]
    return report
