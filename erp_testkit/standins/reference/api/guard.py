"""What stands between the server and the application: how much a request may bring, and slashes within codes."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from erp_testkit.erp.errors import Reason
from erp_testkit.standins.reference.api.calling import problem
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.values import SLASH

LONGEST_BODY = 1_000_000
"""Bytes."""


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its whole body, or refuse it with 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await whole_body(receive)
        except ClientDisconnect:
            # What is cut off is no request, however whole it looks.
            return
        if body is None:
            refusal = problem(413, Reason.OTHER, f"A request may bring {LONGEST_BODY} bytes.")
            await refusal(scope, receive, send)
            return
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def read() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app({**scope, "path": _path(scope)}, read, send)


@service
async def whole_body(receive: Receive) -> bytes | None:
    """Return the whole body, or None where it is too long.

    Raises:
        ClientDisconnect: the caller is gone before its end.
    """
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LONGEST_BODY:
            return None
    return bytes(body)


def _path(scope: Scope) -> str:
    """Return the path, slashes that are part of a code told apart from those between parts."""
    raw = scope["raw_path"].decode("ascii")
    if "%2f" not in raw.lower():
        return str(scope["path"])
    return "/".join(unquote(part).replace("/", SLASH) for part in raw.split("/"))
