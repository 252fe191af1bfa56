"""Collecting what spoils the rich story, and what the rule must answer."""

from __future__ import annotations

from collections.abc import Callable

from ledgers import Story

from erp_testkit.domain.ledger import Value

Spoil = Callable[[Story], None]
SPOILT: list[tuple[str, Spoil, list[dict[str, Value]]]] = []
"""Rule id, what spoils the story, and the rows the rule must answer."""

PACEMAKER: dict[str, Value] = {"item": "pacemaker", "lot": "P-2"}
SUTURE: dict[str, Value] = {"item": "suture", "lot": "L1", "serial": None}
GLOVE: dict[str, Value] = {"item": "glove", "lot": None, "serial": None}


def breaks(rule: str, *rows: dict[str, Value]) -> Callable[[Spoil], Spoil]:
    """Say which rule a function breaks, and with which rows the rule must say so."""

    def decorate(spoil: Spoil) -> Spoil:
        SPOILT.append((rule, spoil, list(rows)))
        return spoil

    return decorate
