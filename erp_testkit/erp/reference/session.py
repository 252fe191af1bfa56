"""One user's session with the reference ERP: signs in, speaks JSON, turns its refusals into `Refused`."""

from __future__ import annotations

import uuid
import weakref
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from erp_testkit.domain.documents import Role
from erp_testkit.erp.errors import ErpBroke, ErpUnreachable, Reason, Refused
from erp_testkit.erp.registry import Connection
from erp_testkit.erp.transport import Transport

T = TypeVar("T")
_UNAUTHORISED = 401


class Session:
    """A signed-in user."""

    def __init__(self, connection: Connection, role: Role) -> None:
        self.connection = connection
        self._user = connection.user(role)
        self._transport = Transport(
            connection.url, role=role, timeout_seconds=connection.timeout_seconds, on_exchange=connection.on_exchange
        )
        # Sessions opened by `Access.acting_as` belong to no one who would close them.
        weakref.finalize(self, self._transport.close)
        self._headers: dict[str, str] = {}
        self.erp = self._sign_in()

    def read(self, kind: type[T], *path: str, **query: str | None) -> T:
        """Read something and return it as what it is."""
        return self.parsed(kind, self.read_plain(*path, query={name: value for name, value in query.items() if value is not None}))

    def read_plain(self, *path: str, query: Mapping[str, Any]) -> Any:
        """Read something and return it as JSON gives it."""
        return self._ask("GET", _path(path), query=query)

    def write(self, *path: str, content: object = None, method: str = "POST") -> Any:
        """Write something, under an idempotency key of its own."""
        return self._ask(method, _path(path), content, headers={"Idempotency-Key": str(uuid.uuid4())})

    def hand_in(self, *path: str, body: str, content_type: str) -> Any:
        """Post a body as it is, as a partner system would."""
        return self._answer("POST", _path(path), body, {"Content-Type": content_type})

    def number(self, *path: str, content: object = None) -> str:
        """Write a document and return its number."""
        return self.parsed(str, self.write(*path, content=content)["number"])

    def parsed(self, kind: type[T], value: Any) -> T:
        """Return a JSON value as what it is.

        Raises:
            ErpBroke: it is something else.
        """
        try:
            found: T = _reader(cast(Any, kind)).validate_python(value)
        except ValidationError as error:
            wrong = error.errors()[0]
            raise ErpBroke(
                f"Failed to read an answer of {self._transport.url} as {getattr(kind, '__name__', kind)}: "
                f"expected {wrong['msg']} at {'.'.join(map(str, wrong['loc']))}, got {wrong['input']!r}."
            ) from error
        return found

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _sign_in(self) -> str:
        self._headers = {}
        answer = self._ask("POST", "/token", {"name": self._user.name, "password": self._user.password})
        self._headers = {"Authorization": f"Bearer {answer['token']}"}
        return str(answer["erp"])

    def _ask(
        self,
        method: str,
        path: str,
        content: object = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        body = None if content is None else to_json(content).decode()
        return self._answer(method, path, body, headers or {}, query)

    def _answer(
        self,
        method: str,
        path: str,
        body: str | None,
        headers: Mapping[str, str],
        query: Mapping[str, Any] | None = None,
        *,
        again: bool = False,
    ) -> Any:
        response = self._transport.request(method, path, content=body, params=query, headers={**self._headers, **headers})
        answer = self._transport.json(response)
        if response.status_code < 400:
            return answer
        if response.status_code == _UNAUTHORISED:
            if self._headers and not again:
                # The token has expired.
                self._sign_in()
                return self._answer(method, path, body, headers, query, again=True)
            raise ErpUnreachable(
                f"Failed to sign in at {self._transport.url} as {self._user.name}: expected name and password it knows, "
                f"got status {_UNAUTHORISED}. Next: erp-testkit doctor"
            )
        if not isinstance(answer, dict) or "message" not in answer:
            raise ErpBroke(
                f"Failed to {method} {path} at {self._transport.url}: expected a reason beside status {response.status_code}, "
                f"got {response.text[:200]!r}."
            )
        raise Refused(_reason(answer.get("reason")), str(answer["message"]))


def _path(parts: tuple[str, ...]) -> str:
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _reason(text: object) -> Reason:
    return next((reason for reason in Reason if reason == text), Reason.OTHER)


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
