"""Answers of a stand-in that has only a contract: they fit it, and say what is known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from erp_testkit.specs import parts
from erp_testkit.specs.document import Spot
from erp_testkit.standins.contract.app import problem_content, problem_response
from erp_testkit.standins.contract.document import Document, Operation, plain, schema_of
from erp_testkit.standins.contract.requests import Call
from erp_testkit.standins.contract.samples import Sampler, Unfillable

_KEYS = ("id", "pk", "uuid", "key", "number", "code")
_COUNTS = ("count", "total", "totalCount", "total_count")
_OTHER_PAGES = ("next", "previous", "prev")
_INSTEAD: Mapping[int, tuple[int, ...]] = {401: (403,), 415: (400, 422), 422: (400,)}
"""Statuses a contract may name for what we would answer with another."""


class Answers:
    """Makes answers.

    Args:
        document: the contract.
        seed: the same seed gives the same answers.
    """

    def __init__(self, document: Document, seed: int) -> None:
        self._document = document
        self._sampler = Sampler(document, seed)

    def make(self, operation: Operation, known: Mapping[str, Any], key: str) -> Any:
        """Return the content of an operation's success: data, text, or None where it has none.

        Args:
            operation: what was asked for.
            known: what it is to say, as far as the contract has a place for it.
            key: what it is about: another key gives other values.

        Raises:
            Unfillable: the contract wants something that cannot be made up.
        """
        schema = self._schema(operation)
        return None if schema is None else self._sampler.shaped(schema, self._text(operation) or dict(known), f"{operation.id} {key}")

    def listing(self, call: Call, entries: Sequence[Mapping[str, Any]]) -> Any:
        """Return a list's content: the entries, in the envelope the contract wants.

        Raises:
            Unfillable: the contract wants something that cannot be made up.
        """
        schema = self._schema(call.operation)
        if schema is None:
            return None
        shown = _page(call.query, entries)
        name = self._list_in(schema)
        place = schema if name is None else parts.properties(schema).get(name)
        items = parts.entry(place, 0) if place else None
        if items is None:
            return self._sampler.shaped(schema, {}, call.operation.id)
        shaped = [self._sampler.shaped(items, dict(entry), f"{call.operation.id} {place}") for place, entry in enumerate(shown)]
        if name is None:
            return shaped
        envelope = {name: shaped} | dict.fromkeys(_COUNTS, len(entries)) | dict.fromkeys(_OTHER_PAGES)
        content = self._sampler.shaped(schema, envelope, call.operation.id)
        fits = self._document.validator(schema, request=False).is_valid
        for page in _OTHER_PAGES:
            # A page that was made up would lead a reader round in circles.
            if content.get(page) is not None and fits(without := {key: value for key, value in content.items() if key != page}):
                content = without
        return content

    def respond(self, operation: Operation, content: Any, location: str = "") -> Response:
        """Answer an operation's success."""
        headers = {"location": location} if location else {}
        response = operation.response(operation.success)
        if response is None:
            return Response(b"", operation.success, headers)
        media, schema = schema_of(response)
        headers |= self._headers(operation, response)
        return Response(_encoded(content, media) if schema else b"", operation.success, headers, media or None)

    def problem(self, operation: Operation | None, status: int, detail: str) -> Response:
        """Answer what goes wrong: with a status and in a form the contract has, if it has one."""
        plain = problem_response(status, detail)
        if operation is None:
            return plain
        status = next((one for one in (status, *_INSTEAD.get(status, ())) if str(one) in operation.responses), status)
        response = operation.response(status)
        if response is None:
            return plain
        media, schema = schema_of(response)
        if schema is None or not _is_json(media):
            return plain if not media else Response(detail, status, media_type=media)
        known = dict.fromkeys(("message", "error", "description"), detail) | problem_content(status, detail)
        try:
            content = self._sampler.shaped(schema, known, f"{operation.id} {status}")
        except Unfillable:
            return plain
        return Response(_encoded(content, media), status, media_type=media)

    def key_name(self, operation: Operation, parameter: str, content: Any) -> str:
        """Return the property of a resource that its path names, by the contract's links or by its name; empty where there is none."""
        if not isinstance(content, dict):
            return ""
        names = (*self._linked(operation, parameter), parameter, *_KEYS)
        by_sound = {_sound(name): name for name in reversed(content)}
        return next((by_sound[_sound(name)] for name in names if _sound(name) in by_sound), "")

    def _headers(self, operation: Operation, response: Spot) -> Mapping[str, str]:
        headers = {}
        for name in response.value.get("headers", {}):
            described = response.get("headers", name).follow()
            if name.lower() not in {"location", "content-type"} and "schema" in described.value:
                value = self._sampler.shaped(described.get("schema").follow(), {}, f"{operation.id} {name}")
                headers[name] = value if isinstance(value, str) else json.dumps(value)
        return headers

    def _linked(self, operation: Operation, parameter: str) -> list[str]:
        response = operation.response(operation.success)
        links = [response.get("links", name).follow().value for name in response.value.get("links", {})] if response else []
        said = [str(link.get("parameters", {}).get(parameter, "")) for link in links]
        return [expression.removeprefix("$response.body#/") for expression in said if expression.startswith("$response.body#/")]

    def _schema(self, operation: Operation) -> Spot | None:
        response = operation.response(operation.success)
        if response is None:
            return None
        media, schema = schema_of(response)
        if schema is not None and not (_is_json(media) or media.startswith("text/")):
            raise Unfillable(f"expected JSON or text as the answer's type, got {media}")
        return schema

    def _text(self, operation: Operation) -> str:
        """Return the contract's own example of an answer that is a text, if it has one."""
        response = operation.response(operation.success)
        media, _ = schema_of(response) if response else ("", None)
        example = response.value["content"][media].get("example") if response and media.startswith("text/") else None
        return example if isinstance(example, str) else ""

    def _list_in(self, schema: Spot) -> str | None:
        """Return the property of an envelope that holds the list: None where there is no envelope, empty where there is no list."""
        if parts.names(schema, "array"):
            return None
        properties = parts.properties(schema)
        return next((name for name, described in properties.items() if parts.names(described, "array")), "")


def _page(query: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    limit, offset = query.get("limit"), query.get("offset", 0)
    if isinstance(limit, int) and isinstance(offset, int) and limit > 0 and offset >= 0:
        return entries[offset : offset + limit]
    return entries


def _encoded(content: Any, media: str) -> bytes:
    return (content if isinstance(content, str) and not _is_json(media) else json.dumps(content, ensure_ascii=False)).encode()


def _is_json(media: str) -> bool:
    return plain(media) in {"application/json", "*/*"} or plain(media).endswith("+json")


def _sound(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
