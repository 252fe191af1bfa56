"""The application: its pages, how people sign in, and how refusals are answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import Body, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from sqlalchemy import Engine
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.api import interfaces, lots, master, outbound, oversight, partners, returns, sales, stock
from erp_testkit.standins.reference.api.calling import NotSignedIn, problem, problem_schemas, refusals
from erp_testkit.standins.reference.api.guard import Guard
from erp_testkit.standins.reference.database import reading
from erp_testkit.standins.reference.services import access
from erp_testkit.standins.reference.serving import in_place
from erp_testkit.standins.reference.values import Name, Secret
from erp_testkit.standins.reference.worker import JobWorker

NAME = "Reference ERP 1.0"

_STATUS: Mapping[Reason, int] = MappingProxyType(
    {
        Reason.RIGHTS: 403,
        Reason.UNKNOWN: 404,
        Reason.APPEND_ONLY: 403,
        Reason.CONFLICT: 412,
        Reason.QUANTITY: 422,
        Reason.LABEL: 422,
        Reason.OTHER: 422,
    }
)
_REFUSED = 409
"""The business does not allow it."""
_AREAS = (master, sales, outbound, stock, lots, returns, oversight, interfaces, partners)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A token, to be sent as ``Authorization: Bearer …``."""

    token: str
    expires_at: datetime
    erp: str


def build(engine: Engine) -> FastAPI:
    """Build the application on a database that has its schema."""
    worker = JobWorker(engine)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        worker.start()
        yield
        worker.stop()

    app = FastAPIOffline(
        title="Reference ERP",
        version="1.0",
        summary="A small, honest ERP of a medical-device distributor.",
        lifespan=life,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.engine = engine
    app.state.worker = worker

    @app.get("/health", operation_id="health", tags=["Access"])
    @in_place
    def health() -> str:
        """Say that the ERP answers, and its version."""
        return NAME

    @app.post("/token", response_model=SignedIn, operation_id="sign_in", responses=refusals(401, 413, 422), tags=["Access"])
    @in_place
    def token(name: Annotated[Name, Body()], password: Annotated[Secret, Body()]) -> SignedIn:
        """Sign in."""
        with reading(engine) as connection:
            signed_in = access.sign_in(connection, name, password)
        if signed_in is None:
            raise NotSignedIn
        return SignedIn(*signed_in, NAME)

    for area in _AREAS:
        # Not `include_router`: it matches each request against one router after the other.
        app.router.routes.extend(area.router.routes)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _unserved)
    app.add_middleware(Guard)
    describe = app.openapi
    app.openapi = lambda: _with_problems(describe())  # type: ignore[method-assign]  # the way FastAPI wants it
    return app


def _with_problems(description: dict[str, Any]) -> dict[str, Any]:
    schemas = description["components"]["schemas"]
    description["components"]["schemas"] = dict(sorted({**schemas, **problem_schemas()}.items()))
    return description


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return problem(_STATUS.get(error.reason, _REFUSED), error.reason, error.message)


async def _not_signed_in(_request: Request, _error: Exception) -> Response:
    return problem(401, Reason.RIGHTS, "Sign in with name and password at POST /token.", {"WWW-Authenticate": "Bearer"})


async def _malformed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # A list whose entries are wrong is also said to be too short.
    wrong = [one for one in error.errors() if one["type"] != "too_short"] or error.errors()
    places = [".".join(str(part) for part in one["loc"]) for one in wrong]
    quantity = any(place.endswith("quantity") for place in places)
    message = "; ".join(f"{place}: {_words(one)}" for place, one in zip(places, wrong, strict=True))
    return problem(422, Reason.QUANTITY if quantity else Reason.OTHER, message)


def _words(wrong: Mapping[str, Any]) -> str:
    """Return what is wrong for a person to read: a pattern says nothing to most."""
    if wrong["type"] == "string_pattern_mismatch":
        return "It has characters that cannot be here"
    return str(wrong["msg"]).removeprefix("Value error, ")


async def _unserved(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses: a path or method nobody serves, a body that is not even JSON."""
    assert isinstance(error, HTTPException)
    if error.status_code == 400:
        return problem(422, Reason.OTHER, error.detail)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        # The framework names the methods of one route only, where several serve the path.
        serving = [route for route in request.app.routes if isinstance(route, Route) and route.matches(request.scope)[0] != Match.NONE]
        headers["Allow"] = ", ".join(sorted({method for route in serving for method in route.methods or ()}))
    return problem(error.status_code, Reason.UNKNOWN, error.detail, headers)
