"""What every endpoint shares: who calls, may they, and how their work is done and answered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response
from fastapi import Request as HttpRequest
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic_core import to_json
from sqlalchemy import Connection, Engine

from erp_testkit.standins.reference.database import reading
from erp_testkit.standins.reference.services import access, unit_of_work
from erp_testkit.standins.reference.services.unit_of_work import Request
from erp_testkit.standins.reference.services.work import User, Work
from erp_testkit.standins.reference.worker import JobWorker

_bearer = HTTPBearer(auto_error=False)


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

    reason: str
    """One of the kit's reasons."""
    message: str


def area(name: str) -> APIRouter:
    """Return the router of a business area."""
    return APIRouter(
        tags=[name],
        responses={status: {"model": Problem, "description": "Refused"} for status in (401, 403, 404, 405, 409, 412, 422)},
    )


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

    def number(self, action: Callable[[Work], str]) -> Response:
        """Do it and answer with the number of the new document."""
        return self.perform(lambda work: Number(action(work)), 201)

    def done(self, action: Callable[[Work], None]) -> Response:
        """Do it and answer with nothing."""

        def do(work: Work) -> Nothing:
            action(work)
            return Nothing()

        return self.perform(do)


async def _user(http: HttpRequest, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> User:
    user = access.user_of(http.app.state.engine, credentials.credentials) if credentials else None
    if user is None:
        raise NotSignedIn
    return user


SignedIn = Annotated[User, Depends(_user)]


def reader(permission: str = "read") -> Any:
    """Return the dependency of an endpoint that reads."""

    async def caller(http: HttpRequest, user: SignedIn) -> Caller:
        access.require(user, permission)
        return Caller(user, http.app.state.engine)

    return Depends(caller)


def writer(permission: str) -> Any:
    """Return the dependency of an endpoint that writes."""

    async def caller(
        http: HttpRequest,
        user: SignedIn,
        idempotency_key: Annotated[str | None, Header()] = None,
        if_match: Annotated[str | None, Header()] = None,
    ) -> Writer:
        access.require(user, permission)
        content = await http.body()
        fingerprint = hashlib.sha256(f"{http.method} {http.url.path}\n".encode() + content).hexdigest()
        request = Request(user=user, key=idempotency_key, fingerprint=fingerprint, expected_version=_expected(http, if_match))
        return Writer(request, http.app.state.engine, http.app.state.worker)

    return Depends(caller)


Reading = Annotated[Caller, reader()]


def answered(value: object) -> Response:
    """Answer with a value of ours as it is: the framework would check it once more, in a thread of its own."""
    return Response(to_json(value), media_type="application/json")


def _expected(http: HttpRequest, if_match: str | None) -> tuple[str, int] | None:
    """Return the version the caller saw of the document in the path."""
    if if_match is None or "number" not in http.path_params:
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    # Anything we never gave out is a version that does not fit.
    return http.path_params["number"], int(text) if text.isdecimal() else -1
