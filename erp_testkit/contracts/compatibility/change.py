"""A change of a contract, and how it is judged: by what it does to the messages that are allowed, and by who sends them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from erp_testkit.domain.findings import fingerprint


class Impact(StrEnum):
    """What a change does to those who kept to the old contract."""

    BREAKING = "breaking"
    """Somebody who kept to the old contract can fail. oasdiff says ERR."""
    RISKY = "risky"
    """The contract does not tell whether anybody fails. oasdiff says WARN."""
    HARMLESS = "harmless"
    """Nobody fails. oasdiff says INFO."""


class Side(StrEnum):
    """Which way a message goes, seen from those who rely on the contract."""

    REQUEST = "request"
    """They send it: what was allowed must stay allowed."""
    RESPONSE = "response"
    """They receive it: what was promised must stay promised."""


class Effect(StrEnum):
    """What a change does to the set of messages that are allowed."""

    NARROWS = "narrows"
    WIDENS = "widens"
    DIFFERS = "differs"
    """Neither set holds the other."""
    UNKNOWN = "unknown"
    """It cannot be decided, such as for two patterns."""
    NONE = "none"


_IMPACTS = {
    (Effect.NARROWS, Side.REQUEST): Impact.BREAKING,
    (Effect.NARROWS, Side.RESPONSE): Impact.HARMLESS,
    (Effect.WIDENS, Side.REQUEST): Impact.HARMLESS,
    (Effect.WIDENS, Side.RESPONSE): Impact.BREAKING,
}
_EITHER_SIDE = {Effect.DIFFERS: Impact.BREAKING, Effect.UNKNOWN: Impact.RISKY, Effect.NONE: Impact.HARMLESS}


def impact_of(effect: Effect, side: Side) -> Impact:
    """Judge an effect by direction: requests must not narrow, answers must not widen. It is the law oasdiff derives its levels from."""
    return _IMPACTS.get((effect, side)) or _EITHER_SIDE[effect]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change between two versions of a contract."""

    rule: str
    """What kind of change, stable: ``request-property-became-required``."""
    impact: Impact
    place: str
    """Where: ``POST /orders``, ``Order.lines[].lot in requests``. No line numbers, so that it stays when the file is rewritten."""
    reason: str
    """One sentence: what changed, and what follows from it."""
    old: Any = None
    """Figure of the old version; None where there was none."""
    new: Any = None
    operations: tuple[str, ...] = ()
    """Operations, messages or interfaces it shows at; a shared schema may be used by many."""
    field: str = ""
    """Path of the field in its message or schema, such as ``lines[].lot``; empty where it is about no field."""
    schema: str = ""
    """Name of the shared schema the field is in, such as ``Order``; empty where it is written in place."""

    @property
    def fingerprint(self) -> str:
        """Stays the same as long as the change does: kind, place and both figures."""
        return fingerprint(self.rule, self.place, self.old, self.new)

    @property
    def key(self) -> str:
        """What changes of one rule have in common that were made once: the schema and field, or the place, and both figures."""
        where = f"{self.schema}.{self.field}".strip(".") or self.place
        return f"{where} {fingerprint(self.old, self.new)}"

    @property
    def cause(self) -> str:
        """Fingerprint of its cause within the contract."""
        return fingerprint(self.rule, self.key)
