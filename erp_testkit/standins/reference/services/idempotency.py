"""Idempotency keys: the same request sent again gets the same answer and does nothing."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Executable, bindparam, select, update

from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.schema import idempotency_keys
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import Work
from erp_testkit.standins.reference.upsert import insert_or

_KEY = (idempotency_keys.c.user == bindparam("of_user"), idempotency_keys.c.key == bindparam("of_key"))
_FORMER = select(idempotency_keys).where(*_KEY)
_KEEP = update(idempotency_keys).where(*_KEY).values(answer=bindparam("answer"))


@service
def recall(work: Work, key: str, fingerprint: str) -> str | None:
    """Return the former answer to this request, or None where it comes for the first time; then the key is taken.

    Where the first one is still at work, this waits for it.
    """
    new = {"user": work.user.name, "key": key, "fingerprint": fingerprint}
    if work.connection.execute(_take(work.connection.dialect.name), new).first() is not None:
        return None
    former = work.connection.execute(_FORMER, {"of_user": work.user.name, "of_key": key}).one()
    if former.fingerprint != fingerprint:
        raise Refused(Reason.DUPLICATE, f"Idempotency key {key} was used for another request.")
    return str(former.answer)


@service
def remember(work: Work, key: str, answer: str) -> None:
    """Keep the answer to this request."""
    work.connection.execute(_KEEP, {"of_user": work.user.name, "of_key": key, "answer": answer})


@cache
def _take(dialect: str) -> Executable:
    statement: Executable = insert_or(dialect, idempotency_keys).on_conflict_do_nothing().returning(idempotency_keys.c.key)
    return statement
