"""The control endpoint: how the kit and people tell a partner's stand-in what to do. No part of the partner's contract."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from erp_testkit.domain.errors import UsageError
from erp_testkit.standins.contract.app import problem_response
from erp_testkit.standins.partners.inbox import Inbox
from erp_testkit.standins.partners.misbehaviours import chosen
from erp_testkit.standins.partners.reporting import Address, Reporter

PREFIX = "/control/"


class Control:
    """An ASGI application: everything below ``/control/`` is its own, the rest is the partner's.

    Args:
        inbox: the partner's.
        reporter: the partner's.
        token: what it wants as ``Authorization: Bearer …``.
    """

    def __init__(self, inbox: Inbox, reporter: Reporter, token: str) -> None:
        self._inbox, self._reporter, self._token = inbox, reporter, token
        self._actions: Mapping[tuple[str, str], Callable[[Any], Any]] = {
            ("PUT", "misbehaviour"): self._misbehave,
            ("DELETE", "misbehaviour"): self._behave,
            ("GET", "received"): lambda _: inbox.received,
            ("PUT", "erp"): self._know,
            ("GET", "reports"): lambda _: reporter.sent,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        inner: ASGIApp = self._inbox
        if scope["path"].startswith(PREFIX):
            request = Request(scope, receive)
            inner = self._answer(request, await request.body())
        await inner(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            return problem_response(401, "Expected Authorization: Bearer with the control token.")
        action = self._actions.get((request.method, request.url.path.removeprefix(PREFIX)))
        if action is None:
            known = ", ".join(f"{method} {PREFIX}{name}" for method, name in self._actions)
            return problem_response(404, f"Expected one of {known}.")
        try:
            return JSONResponse(action(json.loads(body) if body else {}))
        except (UsageError, ValueError, KeyError, TypeError, AttributeError) as error:
            return problem_response(422, str(error) if isinstance(error, UsageError) else f"Failed to read what to do: {error!r}.")

    def _misbehave(self, content: Any) -> None:
        self._inbox.misbehaviour = chosen(str(content.pop("name")), content)

    def _behave(self, _content: Any) -> None:
        self._inbox.misbehaviour = None

    def _know(self, content: Any) -> None:
        url = str(content["url"])
        if not url.startswith(("http://", "https://")):
            raise UsageError(f"Failed to know the ERP: expected an address that begins with http:// or https://, got {url}.")
        self._reporter.address = Address(url, str(content["token"]))
