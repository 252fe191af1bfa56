"""Finding the step function of a line without trying every wording.

Every wording but a handful has a text that must occur in each line it matches. It is filed under a short piece of that text, the
rarest among all wordings; a line looks up its own pieces. So the cost of a line depends on its length, not on the size of the library.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_testkit.pytest_plugin import compat
from erp_testkit.pytest_plugin.bdd.gherkin import Step
from erp_testkit.pytest_plugin.bdd.pattern import Pattern, Unsure

if TYPE_CHECKING:
    from erp_testkit.pytest_plugin.compat import StepFunctionContext

BELOW = ("datatable", "docstring")
"""Parameters that get what stands below a line."""

_UNCHANGING = frozenset({str, int, float, bool, type(None), Decimal})
_KINDS = ("given", "when", "then")
_PIECE_SIZES = (3, 2, 1)


class Definition:
    """One wording of a step function."""

    def __init__(self, context: StepFunctionContext, depth: int) -> None:
        """Take it from pytest-bdd, with the depth of the folder it is visible from."""
        self.type = context.type
        self.wording = context.parser.name
        self.parser = context.parser
        self.function = context.step_func
        self.converters = context.converters
        self.target_fixture = context.target_fixture
        self.code = inspect.unwrap(context.step_func).__code__
        self.file, self.line = self.code.co_filename, self.code.co_firstlineno
        self._match: Match | None = None
        # A conftest.py in the root folder and a plugin are both visible everywhere; the conftest is nearer to the user.
        self.nearness = (depth, Path(self.file).name == "conftest.py")

    @cached_property
    def _pattern(self) -> Pattern | None:
        said = compat.parse_format(self.parser)
        if said is None:
            return None
        try:
            return Pattern(self.wording, said.types, case_sensitive=said.case_sensitive)
        except Unsure:
            return None

    def arguments(self, text: str) -> dict[str, Any] | None:
        """Return what the wording takes from a line; None where it does not match."""
        if self._pattern is not None:
            with suppress(Unsure):
                return self._pattern.arguments(text)
        return compat.arguments(self.parser, text)

    @cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """The step function's parameters by name."""
        return inspect.signature(self.function).parameters

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Parameters that must come from the line or from a fixture."""
        return tuple(
            name
            for name, parameter in self.parameters.items()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.default is parameter.empty
        )

    def place(self, root: Path) -> str:
        """Say where it is written."""
        return f"{shown(Path(self.file), root)}:{self.line}"

    def match(self, arguments: Mapping[str, object]) -> Match:
        """Return the match with a line these arguments were taken from; nearly always the same one."""
        if self._match is None or self._match.names != arguments.keys():
            self._match = Match(self, arguments)
        return self._match

    @cached_property
    def is_generator(self) -> bool:
        """Whether it has a second half that runs at the end of the test."""
        return inspect.isgeneratorfunction(self.function)

    @cached_property
    def is_async(self) -> bool:
        """Whether calling it would only make a coroutine that nobody awaits."""
        return inspect.iscoroutinefunction(self.function) or inspect.isasyncgenfunction(self.function)


class Match:
    """A wording that matches a line: what is known of every such line, whatever its values are."""

    def __init__(self, definition: Definition, names: Iterable[str]) -> None:
        """Work out what the function needs beside what the wording takes from the line."""
        self.definition = definition
        self.names = frozenset(names)
        below = [name for name in BELOW if name in definition.parameters]
        self.fixtures = tuple(name for name in definition.required if name not in self.names and name not in BELOW)
        self.is_plain = not below and not definition.is_async and self.names.isdisjoint(BELOW)
        """Whether any line it matches can be run, if nothing stands below the line."""


Found = tuple[Match, Mapping[str, object]]
"""A wording that matches a line, and what it takes from it."""


@dataclass(frozen=True, slots=True, eq=False)
class BoundStep:
    """A step and the function that runs it."""

    step: Step
    definition: Definition
    arguments: Mapping[str, object] | None
    """What the function gets from the line; None where that is to be read out of it anew for each run."""
    fixtures: tuple[str, ...]
    """What the function needs beside what the step itself says."""


class StepIndex:
    """All wordings visible from one folder."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        """File each wording under a piece of its text."""
        self.definitions = _without_overridden(definitions)
        self._files = {kind: _File([one for one in self.definitions if one.type in (kind, None)]) for kind in _KINDS}
        self._memo: dict[tuple[str, str], tuple[Found, ...]] = {}

    def find(self, kind: str, text: str) -> tuple[Found, ...]:
        """Return every wording that matches a line; more than one is a mistake in the library."""
        key = (kind, text)
        found = self._memo.get(key)
        if found is None:
            matches = []
            for definition in self._files[kind].candidates(text):
                arguments = definition.arguments(text)
                if arguments is not None:
                    matches.append((definition.match(arguments), arguments))
            found = self._memo[key] = tuple(matches)
        return found


_Filed = tuple[Definition, str, str]
"""A wording, and the texts its lines begin and end with."""


class _File:
    """The wordings for one kind of step, each filed under a piece of its text."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        """Choose the pieces: the longest size a wording has, and of those the one fewest wordings share."""
        self._exact: dict[str, list[Definition]] = {}
        self._filed: dict[str, list[_Filed]] = {}
        self._anywhere: list[Definition] = []
        pieces_of: list[tuple[_Filed, set[str]]] = []
        for definition in definitions:
            literals = compat.literals(definition.parser)
            if literals is None:
                self._exact.setdefault(definition.wording, []).append(definition)
            else:
                # Lower case throughout: `parse` and `re` wordings may ignore case; the parser itself has the last word.
                lowered = [literal.lower() for literal in literals]
                pieces_of.append(((definition, lowered[0], lowered[-1]), _pieces(lowered)))
        shared = Counter(piece for _, pieces in pieces_of for piece in pieces)
        for filed, pieces in pieces_of:
            if pieces:
                # Ties are broken by the text itself, so that the index does not depend on the hash seed.
                self._filed.setdefault(min(pieces, key=lambda piece: (shared[piece], piece)), []).append(filed)
            else:
                self._anywhere.append(filed[0])
        # Chinese wordings have short pieces; an English line need not be cut up for them.
        self._sizes = tuple({len(piece) for piece in self._filed})
        self._ascii_sizes = tuple({len(piece) for piece in self._filed if piece.isascii()})

    def candidates(self, text: str) -> Iterable[Definition]:
        """Return the wordings that may match a line."""
        found = [*self._exact.get(text, ()), *self._anywhere]
        lowered = text.lower()
        for size in self._ascii_sizes if lowered.isascii() else self._sizes:
            for start in range(len(lowered) - size + 1):
                filed = self._filed.get(lowered[start : start + size])
                if filed is not None:
                    found += [one for one, begins, ends in filed if lowered.startswith(begins) and lowered.endswith(ends)]
        return found if len(found) < 2 else dict.fromkeys(found)


def _pieces(literals: Iterable[str]) -> set[str]:
    for size in _PIECE_SIZES:
        pieces = {text[start : start + size] for text in literals for start in range(len(text) - size + 1)}
        if pieces:
            return pieces
    return set()


def _without_overridden(definitions: Iterable[Definition]) -> tuple[Definition, ...]:
    """Drop wordings that a nearer conftest.py writes again word for word, as a nearer fixture overrides one of the same name."""
    nearest: dict[tuple[str | None, str, type], list[Definition]] = {}
    for definition in definitions:
        key = (definition.type, definition.wording, type(definition.parser))
        rivals = nearest.setdefault(key, [])
        if rivals and definition.nearness > rivals[0].nearness:
            rivals.clear()
        if not rivals or definition.nearness == rivals[0].nearness:
            rivals.append(definition)
    return tuple(definition for rivals in nearest.values() for definition in rivals)


def kept(definition: Definition, arguments: Mapping[str, object]) -> Mapping[str, object] | None:
    """Return what a step function gets from a line, if every run may get the same: no step can change it, no converter is to be called."""
    if definition.converters or any(type(value) not in _UNCHANGING for value in arguments.values()):
        return None
    return {name: value for name, value in arguments.items() if name in definition.parameters}


def converted(definition: Definition, text: str) -> dict[str, Any]:
    """Read what a step function gets from a line it matches, as pytest-bdd does for each run."""
    found = definition.arguments(text) or {}
    converters: Mapping[str, Callable[[str], object]] = definition.converters
    return {
        name: converters[name](value) if name in converters else value for name, value in found.items() if name in definition.parameters
    }


def shown(path: Path, root: Path) -> str:
    """Name a file as the user would: relative to the root folder where it is below it."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
