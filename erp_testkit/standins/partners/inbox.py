"""What stands before a partner's interface: every message is written down, and met with misbehaviour where one is switched on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from erp_testkit.standins.contract.app import ContractApp, problem_response
from erp_testkit.standins.partners.misbehaviours import Misbehaviour

_CUT = 0
_POLL_SECONDS = 0.02


class Inbox:
    """An ASGI application around a partner's interface.

    A message is a POST to the partner's inbox; everything else (reading, what people do) is passed on and never misbehaved at.

    Args:
        app: the interface.
        path: of the inbox.
    """

    def __init__(self, app: ContractApp, path: str) -> None:
        self._app = app
        self._path = path
        self._failures = 0
        self._received: list[dict[str, Any]] = []
        self._misbehaviour: Misbehaviour | None = None

    @property
    def received(self) -> Sequence[dict[str, Any]]:
        """Every message so far, oldest first."""
        return self._received

    @property
    def misbehaviour(self) -> Misbehaviour | None:
        """The one that is switched on."""
        return self._misbehaviour

    @misbehaviour.setter
    def misbehaviour(self, misbehaviour: Misbehaviour | None) -> None:
        self._misbehaviour = misbehaviour
        self._failures = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or cut its connection."""
        if scope["method"] != "POST" or scope["path"].rstrip("/") != self._path:
            await self._app(scope, receive, send)
            return
        at = datetime.now(UTC)
        request = Request(scope, receive)
        body = await request.body()
        response = self._answer(request, body)
        self._note(at, scope["path"], request.headers, body, response)
        if self._is("slow"):
            await self._dawdle()
        if response is None:
            await _cut(scope, receive)
        else:
            await response(scope, receive, send)

    async def _dawdle(self) -> None:
        """Wait as long as a slow partner takes, or until it is no longer to be slow."""
        slow = self._misbehaviour
        assert slow is not None
        until = time.monotonic() + slow.options["seconds"]
        while self._misbehaviour is slow and (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, _POLL_SECONDS))

    def _is(self, *names: str) -> bool:
        return self._misbehaviour is not None and self._misbehaviour.name in names

    def _answer(self, request: Request, body: bytes) -> Response | None:
        """Return the answer to a message; None cuts the connection."""
        cut = self._is("cut", "cut-early") and self._is_one_of_the_first()
        if cut and self._is("cut-early"):
            return None
        if (status := self._failing()) is not None:
            return problem_response(status, "The partner misbehaves, as it was told to.")
        response = self._app.answer("POST", self._path, request.query_params, request.headers, body)
        if cut:
            return None
        return PlainTextResponse("<<< this is no JSON >>>", 200, media_type="application/json") if self._is("garbage") else response

    def _failing(self) -> int | None:
        """Return the status a message is turned away with, if it is to be."""
        if self._is("refuse"):
            assert self._misbehaviour is not None
            return int(self._misbehaviour.options["status"])
        if self._is("fail-first") and self._is_one_of_the_first():
            assert self._misbehaviour is not None
            return int(self._misbehaviour.options["status"])
        return None

    def _is_one_of_the_first(self) -> bool:
        """Count a message, and say whether it is one of the first `times`."""
        assert self._misbehaviour is not None
        self._failures += 1
        return self._failures <= self._misbehaviour.options["times"]

    def _note(self, at: datetime, path: str, headers: Headers, body: bytes, response: Response | None) -> None:
        self._received.append(
            {
                "at": at.isoformat(),
                "message": headers.get("x-message-id", ""),
                "path": path,
                "headers": dict(headers),
                "body": body.decode("utf-8", errors="replace"),
                "status": response.status_code if response else _CUT,
            }
        )


async def _cut(scope: Scope, receive: Receive) -> None:
    """Cut the connection, and wait until the server has seen it: it would answer for us otherwise."""
    scope["state"]["cut"]()
    while (await receive())["type"] != "http.disconnect":
        pass
