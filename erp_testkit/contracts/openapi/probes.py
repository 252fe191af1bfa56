"""Checks that no single answer can tell: they send requests of their own, few and always the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from erp_testkit.contracts.check import Broken
from erp_testkit.contracts.openapi.calls import Caller, Sent
from erp_testkit.contracts.openapi.document import Operation
from erp_testkit.contracts.openapi.expressions import values_at
from erp_testkit.contracts.openapi.findings import broken
from erp_testkit.contracts.openapi.seeds import Seeds
from erp_testkit.contracts.openapi.settings import Paging

_MOST_PAGES = 200
_IF_MATCH = "If-Match"
_REFUSED_LOCK = (409, 412)
_REFUSED_KEY = (409, 422)

Variant = Callable[[str], Seeds]
"""Gives seeds that have nothing in common with others."""


def writes(operation: Operation, caller: Caller, variant: Variant, header: str, key: str) -> Iterator[Broken]:
    """Try lock and idempotency key of a write with good requests; without one there is nothing to try.

    Based on an old version it must be refused and change nothing, on the present one it must be accepted (RFC 9110, 13.1.1). A second,
    different request under the key of the first must be refused (IETF draft Idempotency-Key, 2.7).

    Args:
        operation: the write.
        caller: sends the requests.
        variant: gives seeds for them.
        header: where the idempotency key goes.
        key: one nobody has used.
    """
    label, keyed = operation.label, operation.header(header)
    reading = _reading(operation) if operation.header(_IF_MATCH) else None
    good = next(variant("-first").good_requests(label), None) if keyed or reading else None
    if good is None:
        return
    request, version = _with(good, header, key) if keyed else good, ""
    if reading is not None:
        path = {name: request["path"][name] for name in _names(reading.path)}
        version = caller.send(reading.label, path=path).answer_headers.get("etag", "")
        if version:
            old = caller.send(label, **_with(good, _IF_MATCH, _older(version)))
            now = caller.send(reading.label, path=path).answer_headers.get("etag", "")
            if old.status not in _REFUSED_LOCK or now != version:
                changed = f"{old.status}" + ("" if now == version else f", and version {now} after {version}")
                yield broken("lock-ignored", old, changed, caller.secrets)
                return
            request = _with(request, _IF_MATCH, version)
    first = caller.send(label, **request)
    if not first.accepted:
        if version:
            yield broken("lock-refused", first, str(first.status), caller.secrets)
        return
    if not keyed:
        return
    other = next(variant("-second").good_requests(label))
    second = caller.send(label, **_with(other, header, key))
    if not _same(good, other) and second.status not in _REFUSED_KEY:
        yield broken("idempotency-key-reuse", second, second.shown(), caller.secrets, before=(first,))


def pages(paging: Paging, caller: Caller, seeds: Seeds) -> Iterator[Broken]:
    """Walk a list in pages of one, of two and of all but one: together they are the list, in its order, without gap or repetition."""
    path, query = seeds.filled((paging.path, paging.query))
    whole, last = _walk(paging, caller, path, query, None)
    for size in sorted({1, 2, max(len(whole) - 1, 1)}):
        found, last = _walk(paging, caller, path, query, size)
        missing = [entry for entry in whole if entry not in found]
        if missing:
            yield broken("paging-incomplete", last, f"{len(whole) - len(missing)} of {len(whole)} in pages of {size}", caller.secrets)
            return
        if found != whole:
            yield broken("paging-unstable", last, f"another order or {len(found)} for {len(whole)} in pages of {size}", caller.secrets)
            return


def _walk(paging: Paging, caller: Caller, path: Mapping[str, Any], query: Mapping[str, Any], size: int | None) -> tuple[list[Any], Sent]:
    """Return all entries and the last request; without a size, in the system's own pages."""
    entries: list[Any] = []
    where: dict[str, Any] = {}
    limit = {} if size is None else {paging.limit: size}
    for _ in range(_MOST_PAGES):
        sent = caller.send(paging.operation, path=path, query={**query, **limit, **where})
        (page,) = values_at(f"$response.body#{paging.entries}", sent.call) or [[]]
        entries += page
        if paging.cursor:
            following = values_at(paging.next, sent.call)
            if not following or following[0] is None:
                break
            where = {paging.cursor: following[0]}
        elif not page or size is None:
            break
        else:
            where = {paging.offset: len(entries)}
    return entries, sent


def _reading(operation: Operation) -> Operation | None:
    """Return the operation that reads what an operation changes, with its version: the longest beginning of its path that has one."""
    found = [
        one
        for one in operation.document.operations.values()
        if one.method == "GET"
        and (operation.path == one.path or operation.path.startswith(one.path + "/"))
        and any("etag" in {name.lower() for name in answer.get("headers", {})} for answer in one.responses.values())
    ]
    return max(found, key=lambda one: len(one.path), default=None)


def _names(path: str) -> list[str]:
    return re.findall(r"\{([^}]+)\}", path)


def _with(request: Mapping[str, Any], header: str, value: str) -> dict[str, Any]:
    others = {name: text for name, text in request["headers"].items() if name.lower() != header.lower()}
    return {**request, "headers": {**others, header: value}}


def _older(version: str) -> str:
    """Return a version before this one, or one that never was."""
    number = re.search(r"\d+", version)
    return version.replace(number[0], str(int(number[0]) - 1), 1) if number and int(number[0]) else f'"before {version.strip(chr(34))}"'


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return json.dumps([one["path"], one["query"], one["body"]]) == json.dumps([other["path"], other["query"], other["body"]])
