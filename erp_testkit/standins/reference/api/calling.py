"""What every endpoint shares: who calls, may they, and how their work is done and answered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi import Request as HttpRequest
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import TypeAdapter
from pydantic_core import to_json
from sqlalchemy import Connection, Engine

from erp_testkit.erp.errors import Reason
from erp_testkit.standins.reference.database import reading
from erp_testkit.standins.reference.services import access, unit_of_work
from erp_testkit.standins.reference.services.unit_of_work import Request
from erp_testkit.standins.reference.services.work import User, Work
from erp_testkit.standins.reference.serving import in_place
from erp_testkit.standins.reference.values import Key
from erp_testkit.standins.reference.worker import JobWorker

PROBLEM = "application/problem+json"


class NotSignedIn(Exception):
    """The token is missing, forged or expired."""


@dataclass(frozen=True, slots=True)
class Number:
    """The number of the document that was written."""

    number: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """It was done."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the ERP refused."""

    reason: Reason
    message: str


_REFUSALS: Mapping[int, str] = MappingProxyType(
    {
        401: "Nobody is signed in.",
        403: "Their role may not.",
        404: "There is no such thing.",
        409: "The business does not allow it, or the idempotency key was used for another request.",
        412: "The document was changed meanwhile.",
        413: "The body is too long.",
        422: "The request makes no sense.",
    }
)


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of answers that refuse; as a model, FastAPI would make a validator for each of hundreds, at each start."""
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _REFUSALS[status], "content": content} for status in statuses}


def problem_schemas() -> dict[str, Any]:
    """Return the schemas that `refusals` refers to."""
    schema = TypeAdapter(Problem).json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def problem(status: int, reason: Reason, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer that refuses."""
    content = {"reason": reason, "message": message.encode(errors="replace").decode()}
    return JSONResponse(content, status, headers, media_type=PROBLEM)


def _operation_id(route: APIRoute) -> str:
    """Return the name of an operation: ``sales_confirm`` is the function `confirm` of the module `sales`."""
    return f"{route.endpoint.__module__.rpartition('.')[2]}_{route.name}"


class Area(APIRouter):
    """The routes of a business area; each is described with the refusals it can answer with."""

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add a route."""
        statuses = {401}
        if len(signature(endpoint).parameters) > 1:
            statuses |= {422}
        if "{" in path:
            statuses |= {404}
        if options["methods"] != ["GET"]:
            statuses |= {403, 404, 409, 413, 422}
            if "{number}" in path:
                statuses |= {412}
        options["responses"] = {**refusals(*sorted(statuses)), **(options["responses"] or {})}
        super().add_api_route(path, in_place(endpoint), **options)


def area(name: str) -> Area:
    """Return the router of a business area."""
    return Area(tags=[name], generate_unique_id_function=_operation_id)


def leads_to(status: int, source: str, **operations: str) -> dict[int | str, dict[str, Any]]:
    """Describe where an answer leads: operation to the name of its path parameter, which `source` gives."""
    links = {name: {"operationId": name, "parameters": {parameter: source}} for name, parameter in operations.items()}
    return {status: {"links": links}}


VERSIONED: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"description": "Version, for `If-Match`.", "required": True, "schema": {"type": "string"}}}}
}
"""Description of an answer that carries its version."""


Limit = Annotated[int, Query(ge=1, le=500, description="How many at most.")]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, with a way to the database."""

    user: User
    engine: Engine

    def read(self, action: Callable[[Work], Any]) -> Response:
        """Answer with what is read by a work of our own."""
        return self.look(lambda connection: action(Work(connection, self.user)))

    def look(self, action: Callable[[Connection], Any]) -> Response:
        """Answer with what is read from a connection."""
        with reading(self.engine) as connection:
            return answered(action(connection))

    def versioned(self, action: Callable[[Work], tuple[Any, int]]) -> Response:
        """Answer with a document, its version as ``ETag``."""
        with reading(self.engine) as connection:
            document, version = action(Work(connection, self.user))
        response = answered(document)
        response.headers["ETag"] = f'"{version}"'
        return response


@dataclass(frozen=True, slots=True)
class Writer:
    """A caller who changes something."""

    request: Request
    engine: Engine
    worker: JobWorker

    def perform(self, action: Callable[[Work], Any], status: int = 200) -> Response:
        """Do it in one transaction and answer."""
        answer = unit_of_work.perform(self.engine, self.request, action, self.worker.wake)
        return Response(answer, status, media_type="application/json")

    def added(self, action: Callable[[Work], None]) -> Response:
        """Do it and answer that there is something new, under a code the caller knows."""
        return self.done(action, 201)

    def number(self, action: Callable[[Work], str]) -> Response:
        """Do it and answer with the number of the new document."""
        return self.perform(lambda work: Number(action(work)), 201)

    def done(self, action: Callable[[Work], None], status: int = 200) -> Response:
        """Do it and answer with nothing."""

        def do(work: Work) -> Nothing:
            action(work)
            return Nothing()

        return self.perform(do, status)


class _Bearer(HTTPBearer):
    """Finds whom a token stands for: a dependency less to solve than one that takes what this finds."""

    async def __call__(self, request: HttpRequest) -> User:  # type: ignore[override]  # FastAPI takes what is returned
        credentials = await super().__call__(request)
        user = access.user_of(request.app.state.engine, credentials.credentials) if credentials else None
        if user is None:
            raise NotSignedIn
        return user


SignedIn = Annotated[User, Depends(_Bearer(scheme_name="HTTPBearer", auto_error=False))]


def reader(permission: str = "read") -> Any:
    """Return the dependency of an endpoint that reads."""

    async def caller(http: HttpRequest, user: SignedIn) -> Caller:
        access.require(user, permission)
        return Caller(user, http.app.state.engine)

    return Depends(caller)


IdempotencyKey = Annotated[
    Key | None, Header(description="The same request under the same key again gets the same answer and does nothing.")
]
IfMatch = Annotated[
    str | None, Header(max_length=200, description="`ETag` of the document as the caller read it; another version refuses.")
]


def writer(permission: str) -> Any:
    """Return the dependency of an endpoint that writes."""

    async def caller(http: HttpRequest, user: SignedIn, idempotency_key: IdempotencyKey = None) -> Writer:
        return await _writer(http, user, permission, idempotency_key, None)

    return Depends(caller)


def changer(permission: str) -> Any:
    """Return the dependency of an endpoint that changes the document whose number is in its path."""

    async def caller(http: HttpRequest, user: SignedIn, idempotency_key: IdempotencyKey = None, if_match: IfMatch = None) -> Writer:
        return await _writer(http, user, permission, idempotency_key, _expected(http.path_params["number"], if_match))

    return Depends(caller)


async def _writer(http: HttpRequest, user: User, permission: str, key: str | None, expected: tuple[str, int] | None) -> Writer:
    access.require(user, permission)
    content = await http.body()
    fingerprint = hashlib.sha256(f"{http.method} {http.url.path}?{http.url.query}\n".encode() + content).hexdigest()
    request = Request(user=user, key=key, fingerprint=fingerprint, expected_version=expected)
    return Writer(request, http.app.state.engine, http.app.state.worker)


Reading = Annotated[Caller, reader()]


def answered(value: object) -> Response:
    """Answer with a value of ours as it is: the framework would check it once more, in a thread of its own."""
    return Response(to_json(value), media_type="application/json")


def _expected(number: str, if_match: str | None) -> tuple[str, int] | None:
    """Return the version the caller saw of a document; ``*`` is any."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    # Anything we never gave out is a version that does not fit.
    return number, int(text) if text.isdecimal() else -1
