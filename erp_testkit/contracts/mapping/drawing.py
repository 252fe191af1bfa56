"""Drawing values with hypothesis: examples, one of each strategy, and the simplest that breaks something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from typing import TYPE_CHECKING, Any

from erp_testkit.contracts.mapping.model import Fact

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_EXAMPLES = 40


def examples(strategy: SearchStrategy[Any], allowed: Callable[[Fact], bool]) -> Sequence[Fact]:
    """Return those of some values that are allowed, each once, the simplest first."""
    from hypothesis import HealthCheck, Phase, given, settings  # heavy, and only a canary needs it
    from hypothesis import seed as seeded

    found: set[Fact] = set()

    @seeded(0)
    @settings(max_examples=_EXAMPLES, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def keep(value: Fact) -> None:
        if allowed(value):
            found.add(value)

    keep()
    return sorted(found, key=lambda value: (len(str(value)), str(value)))


def draw_each(strategies: Map[str, SearchStrategy[Fact]], seed: int) -> dict[str, Fact]:
    """Draw one value of each strategy; the same seed draws the same values."""
    from hypothesis import HealthCheck, Phase, given, settings  # heavy, and only a canary needs it
    from hypothesis import seed as seeded
    from hypothesis import strategies as st

    drawn: list[dict[str, Fact]] = []

    @seeded(seed)
    @settings(max_examples=_DRAWS, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.fixed_dictionaries(dict(strategies)))
    def keep(values: dict[str, Fact]) -> None:
        drawn.append(values)

    keep()
    return drawn[-1]


_DRAWS = 2
"""hypothesis begins with the simplest values of all; the second draw is a usual one."""


def smallest(strategy: SearchStrategy[Fact], breaks: Callable[[Fact], bool], seed: int) -> Fact | None:
    """Return the simplest value of a strategy that breaks; None where none of those tried does."""
    import random

    from hypothesis import HealthCheck, Phase, find, settings  # heavy, and only a canary needs it
    from hypothesis.errors import NoSuchExample, Unsatisfiable

    chosen = settings(
        max_examples=20, database=None, deadline=None, phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck)
    )
    try:
        return find(strategy, breaks, settings=chosen, random=random.Random(seed))  # noqa: S311  # not a secret
    except (NoSuchExample, Unsatisfiable):
        return None
