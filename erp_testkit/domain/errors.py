"""Errors of the kit itself, one class for each exit code that somebody acts on.

`KitError` is the base. Only three kinds exist because a pipeline can only do three different things: read the findings (exit code 1),
mend what was typed or configured (2), or mend the environment and run again (3).
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class KitError(Exception):
    """Any error the kit raises on purpose; its text is meant for the user's screen."""

    exit_code = 3


class UsageError(KitError):
    """Something the user typed or configured is wrong: exit code 2."""

    exit_code = 2


class EnvironmentFailure(KitError):
    """The ERP cannot be reached or a tool the kit needs is missing: exit code 3."""

    exit_code = 3


def closest(value: str, choices: Iterable[str]) -> str:
    """Say which choices there are for a wrong `value`, the closest match first.

    Returns:
        A sentence such as ``Did you mean 'tryton'? Valid values are: reference, tryton.``
    """
    valid = sorted(choices)
    match = get_close_matches(value, valid, n=1, cutoff=0.5)
    hint = f"Did you mean '{match[0]}'? " if match else ""
    return f"{hint}Valid values are: {', '.join(valid) or '(none)'}."
