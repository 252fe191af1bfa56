"""How a step gets its two wordings, and what may stand in the places of a wording.

```python
from erp_testkit.steps import given

@given(en="{quantity:number} of {item:name} are in stock", zh="{item:name}有{quantity:number}个在库")
def in_stock(stock, world, item, quantity): ...
```

matches ``Given 3 of "pacemaker" are in stock`` and ``假如“起搏器”有3个在库``. It is pytest-bdd underneath: plain `pytest_bdd`
steps work beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import pytest_bdd
from pytest_bdd import parsers

F = TypeVar("F", bound=Callable[..., Any])


class Wording(NamedTuple):
    """How one step is said. A step function carries all of its own as `wordings`."""

    kind: str
    """``given``, ``when`` or ``then``."""
    en: str
    zh: str


def written_as(pattern: str) -> Callable[[F], F]:
    """Say which text a converter takes, as a regular expression without capturing groups (the `parse` library's convention)."""

    def decorate(converter: F) -> F:
        converter.pattern = pattern  # type: ignore[attr-defined]  # where `parse` looks for it
        return converter

    return decorate


_QUOTED = r'"[^"]+"|“[^”]+”'
_DAYS = {"today": 0, "今天": 0, "tomorrow": 1, "明天": 1, "yesterday": -1, "昨天": -1}


@written_as(_QUOTED)
def name(text: str) -> str:
    """A name in quotes, English or Chinese ones: ``"pacemaker"``, ``“起搏器”``."""
    return text[1:-1]


@written_as(rf"(?:{_QUOTED})(?:(?:, | and |、|和)(?:{_QUOTED}))*")
def names(text: str) -> tuple[str, ...]:
    """A list of quoted names: ``"S1", "S2" and "S3"``, ``“S1”、“S2”和“S3”``."""
    return tuple(part for index, part in enumerate(text.replace("“", '"').replace("”", '"').split('"')) if index % 2)


@written_as(r"-?\d+(?:\.\d+)?")
def number(text: str) -> Decimal:
    """A quantity or an amount, such as ``3``, ``-1`` or ``0.5``."""
    return Decimal(text)


@written_as(r"today|tomorrow|yesterday|in \d+ days|\d+ days ago|今天|明天|昨天|\d+天后|\d+天前")
def day(text: str) -> int:
    """A day counted from today, so that no expiry date in a feature file ever grows old: ``in 30 days``, ``30天后``, ``2 days ago``."""
    if text in _DAYS:
        return _DAYS[text]
    days = int("".join(character for character in text if character.isdigit()))
    return -days if text.endswith(("ago", "前")) else days


TYPES: dict[str, Callable[[str], Any]] = {"name": name, "names": names, "number": number, "day": day}
"""What may stand after the colon of a place in a wording. Vocabulary modules add theirs."""


def given(*, en: str, zh: str, target_fixture: str | None = None) -> Callable[[F], F]:
    """Declare a *Given* step in both languages."""
    return _step(pytest_bdd.given, en, zh, target_fixture)


def when(*, en: str, zh: str, target_fixture: str | None = None) -> Callable[[F], F]:
    """Declare a *When* step in both languages."""
    return _step(pytest_bdd.when, en, zh, target_fixture)


def then(*, en: str, zh: str, target_fixture: str | None = None) -> Callable[[F], F]:
    """Declare a *Then* step in both languages."""
    return _step(pytest_bdd.then, en, zh, target_fixture)


def expects_refusal(function: F) -> F:
    """Mark a step that looks at the refusal of the step before; any other step fails where a refusal is pending."""
    function.expects_refusal = True  # type: ignore[attr-defined]  # read by the plugin before each step
    return function


def _step(declare: Callable[..., Any], en: str, zh: str, target_fixture: str | None) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for wording in (en, zh):
            parser = parsers.parse(wording, extra_types=TYPES, case_sensitive=True)
            # stacklevel 2: pytest-bdd must put the step into the module that uses our decorator, not into this one.
            declare(parser, target_fixture=target_fixture, stacklevel=2)(function)
        said = Wording(declare.__name__, en, zh)
        function.wordings = (said, *getattr(function, "wordings", ()))  # type: ignore[attr-defined]  # read by the page of steps
        return function

    return decorate
