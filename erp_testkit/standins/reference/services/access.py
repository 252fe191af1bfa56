"""Users, their tokens and their rights."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType

from sqlalchemy import Connection, Engine, select

from erp_testkit.domain.documents import Role
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.standins.reference import schema
from erp_testkit.standins.reference.database import reading
from erp_testkit.standins.reference.services.clock import now
from erp_testkit.standins.reference.services.registry import service
from erp_testkit.standins.reference.services.work import User

TOKEN_LIFE = timedelta(hours=8)

# Few rounds on purpose: these users guard nothing, and a test run logs in often.
_ROUNDS = 100

_M, _S, _W, _Q, _A = Role.MANAGER, Role.SALES, Role.WAREHOUSE, Role.QUALITY, Role.AUDITOR
_EVERYBODY = frozenset(Role)

PERMISSIONS: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "read": _EVERYBODY,
        "extract": frozenset({_M, _A}),
        "master data": frozenset({_M}),
        "licences": frozenset({_M, _S}),
        "sell": frozenset({_M, _S}),
        "ship": frozenset({_M, _W}),
        "stock": frozenset({_M, _W}),
        "quality": frozenset({_M, _Q}),
        "open return": frozenset({_M, _S}),
        "receive return": frozenset({_M, _W}),
        "inspect": frozenset({_M, _Q}),
        "credit": frozenset({_M, _S}),
        "integrate": frozenset({_M}),
        "callback": frozenset({_M, _W}),
        "change audit trail": _EVERYBODY,
    }
)
"""Which roles may do what. Everybody may try to change the audit trail: it is refused for another reason."""


@service
def require(user: User, permission: str) -> None:
    """Refuse a user who may not do this."""
    if user.role not in PERMISSIONS[permission]:
        raise Refused(Reason.RIGHTS, f"{user.name} ({user.role}) may not: {permission}.")


def hashed(password: str, salt: str) -> str:
    """Return what is kept of a password."""
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), _ROUNDS).hex()


def sign_in(connection: Connection, name: str, password: str) -> tuple[str, datetime] | None:
    """Return a token and when it expires, or None where name and password do not fit."""
    user = connection.execute(select(schema.users).where(schema.users.c.name == name)).one_or_none()
    if user is None or not hmac.compare_digest(user.password_hash, hashed(password, user.salt)):
        return None
    expires = now() + TOKEN_LIFE
    body = f"{user.name}|{user.role}|{int(expires.timestamp())}"
    signature = _signature(body, _secret(connection.engine))
    return base64.urlsafe_b64encode(f"{body}|{signature}".encode()).decode(), expires


def user_of(engine: Engine, token: str) -> User | None:
    """Return whom a token stands for, or None where it is forged or expired."""
    try:
        body, _, signature = base64.urlsafe_b64decode(token.encode()).decode().rpartition("|")
        name, role, expires = body.split("|")
    except (binascii.Error, UnicodeError, ValueError):
        return None
    if not hmac.compare_digest(signature.encode(), _signature(body, _secret(engine)).encode()) or int(expires) <= now().timestamp():
        return None
    return User(name, Role(role))


def _signature(body: str, secret: str) -> str:
    return hmac.new(secret.encode(), body.encode(), "sha256").hexdigest()


@cache
def _secret(engine: Engine) -> str:
    with reading(engine) as connection:
        return str(connection.execute(select(schema.settings.c.value).where(schema.settings.c.name == "token_secret")).scalar_one())
