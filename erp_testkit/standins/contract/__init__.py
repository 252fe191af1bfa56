"""A stand-in for an interface of which only its contract is known, and what every stand-in that follows a contract shares."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any

from erp_testkit.standins.contract.answers import Answers
from erp_testkit.standins.contract.app import ContractApp, Lock
from erp_testkit.standins.contract.calls import Raw
from erp_testkit.standins.contract.document import Document
from erp_testkit.standins.contract.places import Places
from erp_testkit.standins.contract.resources import Resources


def build(document: Document, token: str, seed: int) -> ContractApp:
    """Make an application that answers as a contract says and remembers what it was told.

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

    def by_key(raw: Raw) -> bool:
        # Some put a word before the key: "Authorization: Token …".
        return any(same(text.rpartition(" ")[2]) for text in raw.given(scheme["in"], scheme["name"]))

    def by_password(raw: Raw) -> bool:
        kind, _, text = raw.headers.get("authorization", "").partition(" ")
        try:
            _, _, password = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return kind.lower() == "basic" and same(password)

    def by_token(raw: Raw) -> bool:
        kind, _, text = raw.headers.get("authorization", "").partition(" ")
        return kind.lower() == "bearer" and same(text.strip())

    if scheme["type"] == "apiKey":
        return by_key
    if scheme["type"] == "http" and scheme["scheme"].lower() == "basic":
        return by_password
    if scheme["type"] == "mutualTLS":
        return lambda _: True
    return by_token
