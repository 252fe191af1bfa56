"""A stand-in for an interface of which only its contract is known, and what every stand-in that follows a contract shares."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any

from erp_testkit.standins.contract.answers import Answers
from erp_testkit.standins.contract.app import ContractApp, Lock
from erp_testkit.standins.contract.document import Document
from erp_testkit.standins.contract.paths import Places
from erp_testkit.standins.contract.requests import Raw
from erp_testkit.standins.contract.resources import Resources


def build(document: Document, token: str, seed: int) -> ContractApp:
    """Make an application that answers as a contract says and remembers what was sent to it.

    Args:
        document: the contract.
        token: opens every security scheme: as bearer token, as API key, as anybody's password.
        seed: the same seed gives the same answers to the same requests.
    """
    answers = Answers(document, seed)
    resources = Resources(Places.of(document.operations), answers)
    locks = {name: _lock(scheme, token) for name, scheme in document.schemes.items()}
    return ContractApp(document, resources.handler, locks, answers.problem)


def _lock(scheme: Mapping[str, Any], token: str) -> Lock:
    """Return what a security scheme asks of a request."""

    def same(text: str) -> bool:
        return hmac.compare_digest(text.encode(), token.encode())

    def by_key(raw: Raw) -> bool | None:
        given = raw.given(scheme["in"], scheme["name"])
        # Some put a word before the key: "Authorization: Token …". Other schemes use that header too.
        right = [same(text) or same(text.partition(" ")[2]) for text in given]
        others = scheme["name"].lower() == "authorization" and all(_word(text) in {"basic", "bearer"} for text in given)
        return all(right) if given and (any(right) or not others) else None

    def by_password(raw: Raw) -> bool | None:
        given = raw.headers.get("authorization", "")
        if _word(given) != "basic":
            return None
        try:
            _, _, password = base64.b64decode(given.partition(" ")[2], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return same(password)

    def by_token(raw: Raw) -> bool | None:
        given = raw.headers.get("authorization", "")
        return same(given.partition(" ")[2].strip()) if _word(given) == "bearer" else None

    if scheme["type"] == "apiKey":
        return by_key
    if scheme["type"] == "http" and scheme["scheme"].lower() == "basic":
        return by_password
    if scheme["type"] == "mutualTLS":
        return lambda _: True
    return by_token


def _word(text: str) -> str:
    return text.partition(" ")[0].lower()
