"""An ASGI application that serves a contract: it finds the operation, checks who asks and what, and lets a handler answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from erp_testkit.standins.contract.document import Document, Operation, fixed, variables
from erp_testkit.standins.contract.requests import Call, Raw, Rejected, checked

Handler = Callable[[Call], Response]
Lock = Callable[[Raw], bool | None]
"""Says whether a request opens it; None where it brings no key for it."""

_TITLES: Mapping[int, str] = {401: "Not signed in", 404: "Unknown", 405: "Not allowed", 409: "Conflict", 415: "Not taken", 422: "Not valid"}


class ContractApp:
    """Serves a contract.

    Args:
        document: the contract.
        handler: gives the handler of an operation.
        locks: by the name of their security scheme.
        problem: makes the answer of what goes wrong; it gets the operation, if one was asked for, the status and what to tell.
    """

    def __init__(
        self,
        document: Document,
        handler: Callable[[Operation], Handler],
        locks: Mapping[str, Lock],
        problem: Callable[[Operation | None, int, str], Response] | None = None,
    ) -> None:
        self._document = document
        self._locks = locks
        self._problem = problem or (lambda _operation, status, detail: problem_response(status, detail))
        # Fixed segments come before parameters: /shipments/latest is no number.
        operations = sorted(document.operations, key=lambda one: [_openness(segment) for segment in one.segments])
        self._operations = [(operation, handler(operation)) for operation in operations]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        body = await request.body()
        raw_path = scope.get("raw_path") or scope["path"].encode()
        response = self.answer(request.method, raw_path.decode("latin-1"), request.query_params, request.headers, body)
        await response(scope, receive, send)

    def answer(self, method: str, path: str, query: QueryParams, headers: Headers, body: bytes) -> Response:
        """Answer one request; `path` is as sent, with its percent signs."""
        segments = [unquote(segment) for segment in path.partition("?")[0].strip("/").split("/")]
        found = [
            (operation, handle, values) for operation, handle in self._operations if (values := _match(operation, segments)) is not None
        ]
        if not found:
            return self._problem(None, 404, f"There is nothing at {path}.")
        # A fixed path hides one with parameters, also where it knows other methods only.
        found = [one for one in found if one[0].path == found[0][0].path]
        of_method = next((one for one in found if one[0].method == method), None)
        if of_method is None:
            response = self._problem(None, 405, f"Expected {' or '.join(one.method for one, _, _ in found)}, got {method}.")
            response.headers["Allow"] = ", ".join(one.method for one, _, _ in found)
            return response
        operation, handle, values = of_method
        raw = Raw(method=method, segments=tuple(segments), values=values, query=query, headers=headers, body=body)
        if not self._opened(operation, raw):
            return self._problem(operation, 401, f"Expected {self._keys(operation)}.")
        try:
            return handle(checked(self._document, operation, raw))
        except Rejected as rejected:
            return self._problem(operation, rejected.status, rejected.detail)

    def _opened(self, operation: Operation, raw: Raw) -> bool:
        opened = {name: self._locks[name](raw) for wanted in operation.security for name in wanted}
        # A right key does not make up for a wrong one beside it.
        keys_fit = not operation.security or any(all(opened[name] for name in wanted) for wanted in operation.security)
        return keys_fit and False not in opened.values()

    def _keys(self, operation: Operation) -> str:
        keys = [" and ".join(_key(self._document.schemes[name]) for name in wanted) for wanted in operation.security]
        return " or ".join(dict.fromkeys(keys))


def problem_response(status: int, detail: str) -> Response:
    """Answer what goes wrong by RFC 9457."""
    return JSONResponse(problem_content(status, detail), status, media_type="application/problem+json")


def problem_content(status: int, detail: str) -> dict[str, Any]:
    """Say what goes wrong by RFC 9457."""
    return {"title": _TITLES.get(status, "Refused"), "status": status, "detail": detail}


def _match(operation: Operation, segments: list[str]) -> dict[str, str] | None:
    """Return the values of a path's parameters; None where it is another path."""
    if len(segments) != len(operation.segments):
        return None
    values: dict[str, str] = {}
    for template, segment in zip(operation.segments, segments, strict=True):
        found = re.fullmatch("(.+)".join(map(re.escape, fixed(template))), segment, re.DOTALL)
        if found is None:
            return None
        values |= dict(zip(variables(template), found.groups(), strict=True))
    return values


def _openness(template: str) -> tuple[bool, int]:
    """Return what orders segments by how much they leave open, least first."""
    return (True, -len("".join(fixed(template)))) if variables(template) else (False, 0)


def _key(scheme: Mapping[str, Any]) -> str:
    if scheme["type"] == "apiKey":
        return f"a valid {scheme['name']}"
    return f"Authorization: {scheme.get('scheme', 'bearer').capitalize()} with a valid token"
