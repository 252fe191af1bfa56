"""Requests the kit sends itself, beside those it generates, and what all requests have in common."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx2

from erp_testkit.contracts import curl
from erp_testkit.contracts.check import Live, System
from erp_testkit.contracts.openapi.expressions import Call, filled, pointed
from erp_testkit.contracts.openapi.settings import Auth
from erp_testkit.contracts.secrecy import without_secrets
from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.domain.exchange import Exchange
from erp_testkit.erp.transport import certificates

_TIMEOUT_SECONDS = 30.0
_OF_THE_CLIENT = frozenset({"accept", "accept-encoding", "connection", "content-length", "host", "user-agent", "x-schemathesis-testcaseid"})
_SHORT = 400


@dataclass(frozen=True)
class Sent:
    """A request that was sent, and its answer. Names of headers are in lower case."""

    operation: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    path: Mapping[str, Any]
    at: datetime
    seconds: float
    status: int | None
    """None where no answer came."""
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    answer: str = ""

    @property
    def accepted(self) -> bool:
        """Say whether the answer was 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @cached_property
    def call(self) -> Call:
        """The same as runtime expressions see it."""
        return Call(
            path=self.path,
            query=dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True)),
            headers=self.headers,
            body=_parsed(self.body),
            answer_headers=self.answer_headers,
            answer=_parsed(self.answer),
        )

    def curl(self, secrets: Mapping[str, str]) -> str:
        """Return the request as a line for a shell; `secrets` is a secret to the variable that stands for it."""
        headers = {name: value for name, value in self.headers.items() if name not in _OF_THE_CLIENT}
        return curl.line(self.method, self.url, headers, self.body, secrets)

    def shown(self, secrets: Mapping[str, str]) -> str:
        """Return status and answer, shortened; `secrets` is a secret to the variable that stands for it."""
        text = without_secrets(self.answer, secrets)
        text = text if len(text) <= _SHORT else f"{text[:_SHORT]} [… {len(text) - _SHORT} more characters]"
        return "no answer" if self.status is None else f"{self.status} {text}".rstrip()

    def exchange(self, role: str) -> Exchange:
        """Return it as the evidence keeps it."""
        parts = urlsplit(self.url)
        return Exchange(
            at=self.at,
            seconds=self.seconds,
            role=role,
            method=self.method,
            target=f"{parts.path}?{parts.query}" if parts.query else parts.path,
            request=self.body.decode("utf-8", errors="backslashreplace"),
            status=self.status,
            answer=self.answer,
        )


class Client:
    """Sends requests to a system and remembers them.

    Args:
        system: whom to call.
        live: hears of every request.
        auth: says where answers have tokens, which are secrets.
    """

    def __init__(self, system: System, live: Live, auth: Auth | None = None) -> None:
        self.system = system
        self.url = system.url.rstrip("/")
        self.secrets: dict[str, str] = {user.password: "$PASSWORD" for user in system.users.values()}
        self.headers: dict[str, str] = {}
        """Sent with every request."""
        self.sent: list[Sent] = []
        self._live, self.auth = live, auth
        # trust_env off: proxies of the machine must not stand between the kit and the system it was pointed at.
        self._client = httpx2.Client(timeout=_TIMEOUT_SECONDS, trust_env=False, verify=certificates())

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def send(
        self,
        operation: str,
        *,
        path: Mapping[str, Any] = {},
        query: Mapping[str, Any] = {},
        headers: Mapping[str, str] = {},
        body: Any = None,
        media_type: str = "application/json",
    ) -> Sent:
        """Send a request of an operation, such as ``POST /orders``; `body` becomes JSON unless it is text of another media type.

        Raises:
            EnvironmentFailure: no answer came.
        """
        method, _, target = operation.partition(" ")
        for name, value in path.items():
            target = target.replace(f"{{{name}}}", quote(str(value), safe=""))
        content, kind = b"", {}
        if body is not None:
            content = (body if isinstance(body, str) and "json" not in media_type else json.dumps(body)).encode()
            kind = {"content-type": media_type}
        lowered = {name.lower(): str(value) for name, value in {**self.headers, **kind, **headers}.items()}
        request = self._client.build_request(
            method, self.url + target, params=dict(query) or None, headers=_as_sent(lowered), content=content
        )
        return self._answered(operation, dict(path), lowered, request)

    def again(self, sent: Sent, **headers: str) -> Sent:
        """Send a request once more, byte for byte, apart from some `headers`."""
        changed = {**sent.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        kept = {name: value for name, value in changed.items() if name not in _OF_THE_CLIENT}
        request = self._client.build_request(sent.method, sent.url, headers=_as_sent(kept), content=sent.body)
        return self._answered(sent.operation, sent.path, changed, request)

    def keep(self, sent: Sent) -> None:
        """Remember a request, also one that was sent elsewhere."""
        self.sent.append(sent)
        if self.auth is not None and sent.operation == self.auth.operation and sent.accepted:
            for token in pointed(sent.call.answer, self.auth.token):
                if isinstance(token, str):
                    self.secrets.setdefault(token, "$TOKEN")
        self._live.on_exchange(sent.exchange("contract"))

    def _answered(self, operation: str, path: Mapping[str, Any], headers: Mapping[str, str], request: httpx2.Request) -> Sent:
        at, clock = datetime.now(UTC), time.perf_counter()
        try:
            response = self._client.send(request)
        except httpx2.RequestError as error:
            raise EnvironmentFailure(
                f"Failed to {operation} at {self.url}: expected an answer, got {str(error) or type(error).__name__}. "
                f"Next: see that {self.system.name} runs there"
            ) from error
        sent = Sent(
            operation=operation,
            method=request.method,
            url=str(request.url),
            headers=headers,
            body=request.content,
            path=path,
            at=at,
            seconds=time.perf_counter() - clock,
            status=response.status_code,
            answer_headers=dict(response.headers),
            answer=response.text,
        )
        self.keep(sent)
        return sent


def sign_in(client: Client, auth: Auth | None, token_of_environment: str, variable: str = "$TOKEN") -> None:
    """Have every later request of a client carry what lets it in.

    Args:
        client: sends the requests.
        auth: how they are let in.
        token_of_environment: a token that does not change, empty where there is none.
        variable: what stands for the token in what people read.

    Raises:
        EnvironmentFailure: the system does not answer.
        UsageError: it gives no token.
    """
    token = token_of_environment or client.system.token
    if auth is not None and auth.operation:
        user = client.system.users.get(auth.role)
        if user is None:
            raise UsageError(f"Failed to sign in at {client.url} as {auth.role}: expected a user for this role, got none.")
        known = {"user:name": user.name, "user:password": user.password}
        answered = client.send(auth.operation, body=filled(auth.body, known.__getitem__))
        found = [value for value in pointed(answered.call.answer, auth.token) if isinstance(value, str)]
        if not answered.accepted or not found:
            raise UsageError(
                f"Failed to sign in at {client.url} as {user.name}: expected a token at {auth.token} in the answer to {auth.operation}, "
                f"got status {answered.status}. Next: see the user of role {auth.role}, and [auth] in the contract's settings"
            )
        token = found[0]
    if token:
        wanted = auth or Auth()
        client.secrets[token] = variable
        client.headers[wanted.header] = wanted.value.replace("{token}", token)


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _as_sent(headers: Mapping[str, str]) -> httpx2.Headers:
    """Return headers whose values may be more than ASCII, as HTTP once had them."""
    return httpx2.Headers(headers, encoding="latin-1")
