"""The application: its pages, how people sign in, and how refusals are answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Annotated

from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from sqlalchemy import Engine

from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference.api import interfaces, lots, master, outbound, oversight, partners, returns, sales, stock
from erp_testkit.standins.reference.api.calling import NotSignedIn
from erp_testkit.standins.reference.database import reading
from erp_testkit.standins.reference.services import access
from erp_testkit.standins.reference.worker import JobWorker

NAME = "Reference ERP 1.0"

_STATUS: Mapping[Reason, int] = MappingProxyType(
    {
        Reason.RIGHTS: 403,
        Reason.UNKNOWN: 404,
        Reason.APPEND_ONLY: 405,
        Reason.STATE: 409,
        Reason.DUPLICATE: 409,
        Reason.STOCK: 409,
        Reason.CONFLICT: 412,
    }
)
_REFUSED = 422
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
    )
    app.state.engine = engine
    app.state.worker = worker

    @app.get("/health", tags=["Access"])
    def health() -> str:
        """Say that the ERP answers, and its version."""
        return NAME

    @app.post("/token", response_model=SignedIn, tags=["Access"])
    def token(name: Annotated[str, Body()], password: Annotated[str, Body()]) -> SignedIn:
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
    return app


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return _problem(_STATUS.get(error.reason, _REFUSED), error.reason, error.message)


async def _not_signed_in(_request: Request, _error: Exception) -> JSONResponse:
    return _problem(401, Reason.RIGHTS, "Sign in with name and password at POST /token.")


async def _malformed(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    wrong = error.errors()
    places = [".".join(str(part) for part in one["loc"]) for one in wrong]
    quantity = any(place.endswith("quantity") for place in places)
    message = "; ".join(f"{place}: {one['msg']}" for place, one in zip(places, wrong, strict=True))
    return _problem(_REFUSED, Reason.QUANTITY if quantity else Reason.OTHER, message)


def _problem(status: int, reason: Reason, message: str) -> JSONResponse:
    return JSONResponse({"reason": reason, "message": message}, status, media_type="application/problem+json")
