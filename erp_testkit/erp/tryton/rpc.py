"""JSON-RPC to Tryton: one session of one user, logged in at the first call."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from threading import Lock
from typing import Any, TypeAlias

from erp_testkit.config import Credentials
from erp_testkit.domain.exchange import Exchange
from erp_testkit.erp.errors import ErpBroke, ErpUnreachable, Reason, Refused
from erp_testkit.erp.transport import Transport
from erp_testkit.erp.tryton.refusals import Warned, cut, from_error
from erp_testkit.erp.tryton.values import decode, encode

Record: TypeAlias = Mapping[str, Any]
Domain: TypeAlias = Sequence[Any]

EXPECTED_WARNINGS = ((r"^model\.stock\.shipment\.in\.", r"have no origin"),)
"""Method and text of warnings every user answers with yes: goods received without a purchase order have no origin."""

REFUSING_WARNINGS: tuple[tuple[str, Reason], ...] = (
    (r"in the future", Reason.PERIOD),
    (r"have no origin", Reason.EXCEEDS),
    (r"in addition to the .* ordered", Reason.EXCEEDS),
)
"""Warnings a careful user answers with no; any other is a finding."""


class _NoSession(ErpUnreachable):
    """Tryton does not let us in, or not any more."""


class Rpc:
    """A session of one user on one database.

    Args:
        url: base address.
        database: name of the Tryton database.
        user: name and password.
        role: who speaks, for the record.
        timeout_seconds: how long an answer may take.
        on_exchange: called after each exchange.
    """

    def __init__(
        self, url: str, *, database: str, user: Credentials, role: str, timeout_seconds: float, on_exchange: Callable[[Exchange], None]
    ) -> None:
        self._transport = Transport(url, role=role, timeout_seconds=timeout_seconds, on_exchange=on_exchange)
        self._path = f"/{database}/rpc/"
        self._user = user
        self._headers: dict[str, str] = {}
        self._context: dict[str, Any] = {}
        self._user_id = 0
        self._logging_in = Lock()
        self._ids = count(1)

    @property
    def context(self) -> Mapping[str, Any]:
        """The user's context: company, groups, language."""
        self._login()
        return self._context

    @property
    def user_id(self) -> int:
        """The user's record id."""
        self._login()
        return self._user_id

    def version(self) -> str:
        """Ask the server for its version; needs no login."""
        version: str = self._send("common.server.version", [], path="/rpc/")
        return version

    def refresh(self) -> None:
        """Read the user's context again, after it was changed."""
        self._context = self._send("model.res.user.get_preferences", [True, {}])

    def call(self, method: str, *arguments: Any, context: Mapping[str, Any] | None = None) -> Any:
        """Call a method of a model, wizard or report in the user's context, answering the warnings every user answers with yes.

        Raises:
            Refused: Tryton said no, or warned of what a careful user does not do.
            ErpBroke: Tryton failed, or warned of something unheard of.
        """
        answered: set[str] = set()
        while True:
            try:
                return self._in_session(method, [*arguments, {**self.context, **(context or {})}])
            except Warned as warning:
                if warning.name in answered or not _expected(method, warning):
                    raise _unexpected(method, warning) from None
                answered.add(warning.name)
                self._in_session("model.res.user.warning.skip", [warning.name, False, dict(self.context)])

    def read(
        self, model: str, domain: Domain, fields: Sequence[str], *, order: Domain | None = None, context: Record | None = None
    ) -> list[Any]:
        """Search and read records; fields of related records are named ``relation.field`` and come as nested records."""
        found: list[Any] = self.call(f"model.{model}.search_read", domain, 0, None, order, list(fields), context=context)
        return found

    def create(self, model: str, *values: Record) -> list[int]:
        """Create records and return their ids."""
        ids: list[int] = self.call(f"model.{model}.create", list(values))
        return ids

    def write(self, model: str, ids: Sequence[int], values: Record) -> None:
        """Change records."""
        self.call(f"model.{model}.write", list(ids), values)

    def press(self, model: str, button: str, *ids: int) -> None:
        """Press a button."""
        self.call(f"model.{model}.{button}", list(ids))

    def close(self) -> None:
        """Close the connection; Tryton forgets the session by itself."""
        self._transport.close()

    def _login(self) -> None:
        with self._logging_in:  # two threads may make the first call at the same moment
            if self._context:
                return
            try:
                self._user_id, token, *_ = self._send("common.db.login", [self._user.name, {"password": self._user.password}, "en"])
            except Refused as refused:
                raise self._not_let_in(refused.message) from refused
            session = base64.b64encode(f"{self._user.name}:{self._user_id}:{token}".encode()).decode()
            self._headers = {"Authorization": f"Session {session}"}
            self.refresh()

    def _in_session(self, method: str, params: list[Any]) -> Any:
        """Send a call; where the session has ended meanwhile, with a new one. A call without a session was never executed."""
        try:
            return self._send(method, params)
        except _NoSession:
            self._headers, self._context = {}, {}
            self._login()
        return self._send(method, params)

    def _send(self, method: str, params: list[Any], path: str | None = None) -> Any:
        body = encode({"id": next(self._ids), "method": method, "params": params})
        response = self._transport.request("POST", path or self._path, content=body, headers=self._headers, label=method)
        if response.status_code in {401, 429}:
            raise self._not_let_in(f"status {response.status_code}")
        if response.status_code == 403:
            raise Refused(Reason.RIGHTS, f"{method} is not open to clients (status 403)")
        if response.status_code != 200:
            raise ErpBroke(f"Failed to call {method}: expected status 200, got {response.status_code} {cut(response.text)!r}.")
        self._transport.json(response)
        answer = decode(response.text)
        if not isinstance(answer, dict) or not answer.keys() & {"result", "error"}:
            raise ErpBroke(f"Failed to call {method}: expected a JSON-RPC answer, got {cut(response.text)!r}.")
        if "error" in answer:
            raise from_error(method, answer["error"])
        return answer["result"]

    def _not_let_in(self, got: str) -> _NoSession:
        return _NoSession(
            f"Failed to log in to {self._transport.url} as '{self._user.name}': expected a session, got {got}. "
            "Next: check the profile's database, user and password, then erp-testkit doctor"
        )


def one(records: Sequence[Record], what: str, code: str) -> Record:
    """Return the only record found for a code.

    Raises:
        Refused: there is none; Tryton's search simply finds nothing, where a person would be told so by the empty list.
    """
    if not records:
        raise Refused(Reason.UNKNOWN, f"{what} '{code}' not found")
    return records[0]


def _expected(method: str, warning: Warned) -> bool:
    return any(re.search(of, method) and re.search(text, warning.message) for of, text in EXPECTED_WARNINGS)


def _unexpected(method: str, warning: Warned) -> Exception:
    for pattern, reason in REFUSING_WARNINGS:
        if re.search(pattern, warning.message):
            return Refused(reason, warning.message)
    return ErpBroke(f"Failed to call {method}: expected no warning or a known one, got {warning.name}: {warning.message}.")
