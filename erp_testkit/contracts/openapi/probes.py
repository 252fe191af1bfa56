"""Checks that no single answer can tell: they send requests of their own, few and always the same."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from erp_testkit.contracts.openapi.client import Client, Sent
from erp_testkit.contracts.openapi.description import Operation
from erp_testkit.contracts.openapi.expressions import values_at
from erp_testkit.contracts.openapi.findings import finding
from erp_testkit.contracts.openapi.settings import Paging
from erp_testkit.contracts.openapi.setup_requests import SetupRequests
from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.findings import Finding

_MOST_PAGES = 200
IF_MATCH = "If-Match"
"""Header with the version a change is based on (RFC 9110, 13.1.1)."""
_REFUSED_LOCK = (409, 412)
_REFUSED_KEY = (409, 422)
_FORBIDDEN = (401, 403, 404)
_BEYOND = (204, 404)
"""How some systems say that there is no page behind the last."""


class _NoPage(Exception):
    """An answer is not a page of the list, or not the one that was asked for."""

    def __init__(self, sent: Sent, larger: str = "") -> None:
        super().__init__()
        self.sent, self.larger = sent, larger


def writes(operation: Operation, client: Client, unsent: SetupRequests, header: str) -> Iterator[Finding]:
    """Try lock and idempotency key of a write with a good request nobody has sent; without one there is nothing to try.

    Based on an old version it must be refused and change nothing, on the present one it must be accepted (RFC 9110, 13.1.1). Under the key
    of another request that was accepted before it must be refused (IETF draft Idempotency-Key, 2.7).

    Args:
        operation: the write.
        client: sends the requests, and has sent others.
        unsent: gives a good one.
        header: where the idempotency key goes.
    """
    label, version = operation.label, ""
    reading = reading_of(operation) if operation.header(IF_MATCH) else None
    keyed = [one for one in client.sent if one.accepted and _sent_as(operation, one) and header.lower() in one.headers]
    good = next(unsent.good_requests(label), None) if keyed or reading else None
    if good is None:
        return
    used = next((one for one in keyed if not _same(good, one)), None)
    if reading is not None:
        path = {name: good["path"][name] for name in names(reading.path)}
        before = client.send(reading.label, path=path)
        version = before.answer_headers.get("etag", "")
        if version:
            same = client.send(reading.label, path=path).answer == before.answer
            old = client.send(label, **_with(good, IF_MATCH, _older(version)))
            after = client.send(reading.label, path=path)
            now = after.answer_headers.get("etag", "")
            rewritten = same and after.answer != before.answer
            changed = f", and version {now} after {version}" if now != version else ", and another content" if rewritten else ""
            if old.status not in _REFUSED_LOCK or changed:
                yield finding("lock-ignored", old, f"{old.status}{changed}", client.secrets)
                return
            good = _with(good, IF_MATCH, version)
    if used:
        second = client.send(label, **_with(good, header, used.headers[header.lower()]))
        if second.status not in _REFUSED_KEY:
            yield finding("idempotency-key-reuse", second, second.shown(client.secrets), client.secrets, before=(used,))
            return
    if version:
        first = client.send(label, **good)
        if not first.accepted:
            yield finding("lock-refused", first, str(first.status), client.secrets)


def pages(operation: Operation, paging: Paging, client: Client, setup: SetupRequests) -> Iterator[Finding]:
    """Walk a list in pages of one, of two and of all but one: together they are the list, in its order, without gap or repetition.

    No page is larger than the contract allows, nor so small that there are too many.

    Raises:
        UsageError: the list goes on and on.
    """
    path, query = setup.filled((paging.path, paging.query))
    try:
        yield from _differences(operation, paging, client, path, query)
    except _NoPage as none:
        id_ = "page-too-large" if none.larger else "paging-incomplete"
        yield finding(id_, none.sent, none.larger or none.sent.shown(client.secrets), client.secrets)


def _differences(
    operation: Operation, paging: Paging, client: Client, path: Mapping[str, Any], query: Mapping[str, Any]
) -> Iterator[Finding]:
    whole, last = _walk(paging, client, path, query, None)
    least, most = len(whole) // (_MOST_PAGES - 1) + 1, _largest(operation, paging.limit)
    for size in sorted({min(max(size, least), most) for size in (1, 2, len(whole) - 1)}):
        found, last = _walk(paging, client, path, query, size)
        missing = [entry for entry in whole if entry not in found]
        if missing:
            yield finding("paging-incomplete", last, f"{len(whole) - len(missing)} of {len(whole)} in pages of {size}", client.secrets)
            return
        if found != whole:
            yield finding("paging-unstable", last, f"another order or {len(found)} for {len(whole)} in pages of {size}", client.secrets)
            return


def forbidden(operation: Operation, who: str, other: Client, good: Mapping[str, Any]) -> Iterator[Finding]:
    """Have somebody send a good request that is forbidden to them (OWASP API5:2023).

    Any other refusal would mean that their rights were not looked at before the request was.

    Args:
        operation: what they try.
        who: they are.
        other: sends requests as them.
        good: nobody has sent it yet.
    """
    sent = other.send(operation.label, **good)
    if sent.status not in _FORBIDDEN:
        yield finding("forbidden-allowed", sent, f"{sent.status} as {who}", other.secrets, place=who)


def _walk(paging: Paging, client: Client, path: Mapping[str, Any], query: Mapping[str, Any], size: int | None) -> tuple[list[Any], Sent]:
    """Return all entries and the last request; without a size, in the system's own pages."""
    entries: list[Any] = []
    where: dict[str, Any] = {}
    limit = {} if size is None else {paging.limit: size}
    for _ in range(_MOST_PAGES):
        sent = client.send(paging.operation, path=path, query={**query, **limit, **where})
        found = values_at(f"$response.body#{paging.entries}", sent.call)
        page = [] if found == [None] or (entries and sent.status in _BEYOND) else next(iter(found), None)
        if not isinstance(page, list) or not (sent.accepted or sent.status in _BEYOND):
            raise _NoPage(sent)
        if size is not None and len(page) > size:
            raise _NoPage(sent, f"{len(page)} where {size} were asked for")
        entries += page
        if paging.cursor:
            following = values_at(paging.next, sent.call)
            if not following or following[0] is None:
                return entries, sent
            where = {paging.cursor: following[0]}
        elif not page:
            return entries, sent
        else:
            where = {paging.offset: len(entries)}
    raise UsageError(
        f"Failed to walk the pages of {paging.operation}: expected a list that ends within {_MOST_PAGES} of them, "
        f"got {len(entries)} entries and more. Next: narrow it by a query in [[paging]] of the contract's settings"
    )


def _largest(operation: Operation, limit: str) -> int:
    """Return how many entries a page may have at most."""
    described = next((one for one in operation.parameters if one["in"] == "query" and one["name"] == limit), {})
    return int(operation.description.views.of(described.get("schema", {})).words.get("maximum", sys.maxsize))


def reading_of(operation: Operation) -> Operation | None:
    """Return the operation that reads what an operation changes, with its version: the longest beginning of its path that has one."""
    found = [
        one
        for one in operation.description.operations.values()
        if one.method == "GET"
        and (operation.path == one.path or operation.path.startswith(one.path + "/"))
        and any("etag" in {name.lower() for name in answer.get("headers", {})} for answer in one.responses.values())
    ]
    return max(found, key=lambda one: len(one.path), default=None)


def names(path: str) -> list[str]:
    """Return the names of a path's parameters."""
    return re.findall(r"\{([^}]+)\}", path)


def _with(request: Mapping[str, Any], header: str, value: str) -> dict[str, Any]:
    others = {name: text for name, text in request["headers"].items() if name.lower() != header.lower()}
    return {**request, "headers": {**others, header: value}}


def _older(version: str) -> str:
    """Return a version before this one, or one that never was."""
    number = re.search(r"\d+", version)
    return version.replace(number[0], str(int(number[0]) - 1), 1) if number and int(number[0]) else f'"before {version.strip(chr(34))}"'


def _sent_as(operation: Operation, sent: Sent) -> bool:
    """Say whether a request was one of an operation, by its method too: engines try others."""
    return sent.operation == operation.label and sent.method == operation.method


def _same(request: Mapping[str, Any], sent: Sent) -> bool:
    """Say whether a request asks for the same: under one key that is a repetition, and no other request."""
    path, query = ({name: str(value) for name, value in request[part].items()} for part in ("path", "query"))
    body = sent.call.body if sent.call.body is not None else sent.body.decode("utf-8", errors="replace") or None
    return (path, query, request["body"]) == (sent.path, sent.call.query, body)
