"""The ways a partner can misbehave, by name, with their options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from types import MappingProxyType

from erp_testkit.domain.errors import UsageError, closest

MISBEHAVIOURS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        # towards a message that comes in
        "fail-first": {"times": 2, "status": 503},
        "slow": {"seconds": 6},
        "cut": {"times": inf},
        "cut-early": {"times": inf},
        "refuse": {"status": 422},
        "garbage": {},
        # of what the partner reports to the ERP
        "duplicate-callback": {},
        "late-callback": {"seconds": 3},
        "out-of-order": {},
        "old-version": {},
    }
)
"""Name and options with their defaults.

- ``fail-first``: the first `times` messages are answered with `status` and not processed.
- ``slow``: a message is processed at once and answered `seconds` later, or when the partner behaves again.
- ``cut``: the first `times` messages, all unless said, are processed, then the connection is cut: the answer is lost.
- ``cut-early``: the connection of the first `times` messages, all unless said, is cut before they are processed.
- ``refuse``: messages are answered with `status` and not processed.
- ``garbage``: a message is processed, and answered 200 with a body that is no JSON.
- ``duplicate-callback``: every report to the ERP is sent twice.
- ``late-callback``: every report is sent `seconds` late.
- ``out-of-order``: of each two reports, the second is sent first.
- ``old-version``: reports keep the partner's former version: a confirmation without serial numbers, a proof without a time zone.
"""


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """A way to misbehave that is switched on."""

    name: str
    options: Mapping[str, float]


def chosen(name: str, options: Mapping[str, object]) -> Misbehaviour:
    """Return a misbehaviour with its options.

    Raises:
        UsageError: there is none of that name, or it has no such option, or the option is no number from zero.
    """
    if name not in MISBEHAVIOURS:
        raise UsageError(f"Failed to make a partner misbehave by '{name}': expected one of its ways. {closest(name, MISBEHAVIOURS)}")
    known = MISBEHAVIOURS[name]
    given: dict[str, float] = {}
    for option, value in options.items():
        if option not in known:
            raise UsageError(f"Failed to set '{option}' of misbehaviour '{name}': expected one of its options. {closest(option, known)}")
        if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
            raise UsageError(f"Failed to set '{option}' of misbehaviour '{name}': expected a number from zero, got {value!r}.")
        given[option] = value
    return Misbehaviour(name, {**known, **given})
