"""One request as one transaction: all of it, with its audit entries and its answer, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.database import writing
from erp_testkit.standins.reference.services import audit, idempotency
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import User, Work

_REASONS = {
    "on_hand_not_negative": Reason.STOCK,
    "reserved_not_negative": Reason.STOCK,
    "reserved_within_on_hand": Reason.STOCK,
    "shipped_within_ordered": Reason.EXCEEDS,
}
_TRY_AGAIN = frozenset({"40001", "40P01"})
"""PostgreSQL's codes for a serialization failure and a deadlock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a caller asks for, beside its content."""

    user: User
    key: str | None = None
    """Idempotency key."""
    fingerprint: str = ""
    """Hash of method, path and content."""
    expected_version: tuple[str, int] | None = None


@service
def perform(engine: Engine, request: Request, action: Callable[[Work], Any], wake: Callable[[], None]) -> str:
    """Do something in one transaction and return the answer as JSON; `wake` is called when it left jobs behind."""
    try:
        with writing(engine) as connection:
            work = Work(connection, request.user, request.expected_version)
            former = idempotency.recall(work, request.key, request.fingerprint) if request.key else None
            if former is not None:
                return former
            answer = to_json(action(work)).decode()
            if request.key:
                idempotency.remember(work, request.key, answer)
            audit.write(work)
    except DBAPIError as error:
        raise refusal_of(error) from error
    if work.jobs_queued:
        wake()
    return acknowledge(request, answer)


@service
def acknowledge(request: Request, answer: str) -> str:  # noqa: ARG001  # a defect needs to know who asked
    """Answer the caller, after the commit."""
    return answer


def refusal_of(error: DBAPIError) -> Exception:
    """Return the refusal behind a constraint of the database, or the error itself where there is none."""
    if getattr(error.orig, "sqlstate", None) in _TRY_AGAIN:
        return Refused(Reason.CONFLICT, "Someone else changed the same documents at the same moment.")
    if isinstance(error, IntegrityError):
        text = str(error.orig)
        reason = next((reason for name, reason in _REASONS.items() if name in text), Reason.DUPLICATE)
        return Refused(reason, text.splitlines()[0])
    return error
