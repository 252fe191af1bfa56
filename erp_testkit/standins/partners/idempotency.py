"""What every partner does with messages: each is taken once, and its answer kept."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol

from starlette.responses import JSONResponse, Response

from erp_testkit.standins.contract.app import Handler, Lock
from erp_testkit.standins.contract.requests import Call, Raw, Rejected


class Report(Protocol):
    """Something a partner tells the ERP when it has dealt with a message."""

    @property
    def media_type(self) -> str:
        """Kind of its text."""

    def body(self, *, former: bool) -> str:
        """Return its text, in the partner's former version where asked for."""


class Desk:
    """Remembers messages by their number.

    Args:
        report: tells the ERP, where one is known: only then it calls what it is given, which does the partner's work.
    """

    def __init__(self, report: Callable[[Callable[[], Report]], None]) -> None:
        self._known: dict[str, tuple[str, Response]] = {}
        self.report = report

    def once(self, call: Call, take: Callable[[], Response]) -> Response:
        """Take a message, or answer as before where it was taken; what is refused is not kept.

        Raises:
            Rejected: its number was used for other content.
        """
        number = call.headers["x-message-id"]
        digest = hashlib.sha256(call.body).hexdigest()
        if number in self._known:
            known, answer = self._known[number]
            if known != digest:
                raise Rejected(409, f"Message {number} was received with other content.")
            return answer
        answer = take()
        self._known[number] = digest, answer
        return answer


class PartnerSystem(Protocol):
    """One partner: its contract's operations, done."""

    inbox: ClassVar[str]
    """Path messages come in by."""

    def handlers(self) -> Mapping[str, Handler]:
        """Return what does each operation, by its ``operationId``."""


def locks(token: str, secret: str) -> Mapping[str, Lock]:
    """Return how a partner knows who asks: a message by its signature, a person by a token."""

    def signed(raw: Raw) -> bool | None:
        given = raw.headers.get("x-signature-sha256")
        expected = hmac.new(secret.encode(), raw.body, "sha256").hexdigest()
        return None if given is None else hmac.compare_digest(expected.encode(), given.encode())

    def known(raw: Raw) -> bool | None:
        given = raw.headers.get("authorization")
        return None if given is None else hmac.compare_digest(f"bearer {token}".encode(), _lower_scheme(given).encode())

    return {"signature": signed, "bearer": known}


def created(content: Mapping[str, Any], location: str) -> Response:
    """Answer that a document was made."""
    return JSONResponse(content, 201, headers={"Location": location})


def now() -> str:
    """Return the present second, UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _lower_scheme(text: str) -> str:
    scheme, _, rest = text.partition(" ")
    return f"{scheme.lower()} {rest.strip()}"
