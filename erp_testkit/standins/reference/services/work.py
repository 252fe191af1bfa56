"""One unit of work: a transaction, who asked for it, and what it has to leave behind when it commits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection

from erp_testkit.domain.documents import Role


class Hopeless(Exception):
    """A job failed in a way that trying again would not change."""


@dataclass(frozen=True, slots=True)
class User:
    """Who is asking."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """An audit entry to be written at commit."""

    document_kind: str
    document: str
    action: str
    from_state: str | None
    to_state: str | None
    detail: str | None


@dataclass(slots=True)
class Work:
    """Handed to every service."""

    connection: Connection
    user: User
    expected_version: tuple[str, int] | None = None
    """Document number and version the caller saw (``If-Match``)."""
    trail: list[Trail] = field(default_factory=list)
    jobs_queued: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where stock is or goes: a bin, a party, loss or scrap."""

    kind: str
    code: str


@dataclass(frozen=True, slots=True)
class Stuff:
    """What is moved or kept: an item, of one lot or serial number."""

    item: str
    lot: str | None = None
    serial: str | None = None

    def __str__(self) -> str:
        """Name it for a person."""
        of_lot = f" lot {self.lot}" if self.lot else ""
        of_serial = f" serial {self.serial}" if self.serial else ""
        return f"{self.item}{of_lot}{of_serial}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One movement of stock, about to be posted."""

    stuff: Stuff
    quantity: Decimal
    source: Place
    target: Place
    document_kind: str
    document: str
    party: str | None = None
    effective_on: date | None = None
    at: datetime | None = None
