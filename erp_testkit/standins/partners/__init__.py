"""Stand-ins of the partner systems around an ERP: WMS, carrier, UDI registry.

This module is the kit's side: it starts a partner as a process of its own and speaks to its control endpoint. Everything else in this
package runs in that process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

PARTNERS = ("wms", "carrier", "udi")
"""Names of the partners that have a stand-in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message a partner received."""

    at: datetime
    """UTC."""
    message: str
    """Its ``X-Message-Id``, empty where it had none."""
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: str
    status: int
    """What the partner answered; 0 where it cut the connection instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A partner's stand-in that answers."""

    name: str
    url: str
    """Where its interface is, below which its contract's paths lie."""
    token: str = field(repr=False)
    secret: str = field(repr=False)
    """Shared with the ERP: messages to it are signed with it (HMAC-SHA256)."""

    def misbehave(self, name: str, **options: object) -> None:
        """Switch one misbehaviour on, such as ``fail-first`` with ``times=2``; the former one is switched off."""
        raise NotImplementedError(name, options)

    def behave(self) -> None:
        """Switch misbehaviour off."""
        raise NotImplementedError

    def received(self) -> Sequence[Received]:
        """Return every message received so far, oldest first, refused ones too."""
        raise NotImplementedError


class PartnerStandIn:
    """A partner's stand-in as the kit starts it.

    Args:
        name: one of `PARTNERS`.
        state: the project's state folder.
    """

    def __init__(self, name: str, state: Path) -> None:
        """Remember what to start."""
        self._name, self._state = name, state

    def start(self) -> Partner:
        """Start it and wait until it answers.

        Raises:
            EnvironmentFailure: it cannot be started.
        """
        raise NotImplementedError

    def stop(self) -> None:
        """Stop it; does nothing where it does not run."""
