"""Finding secrets in texts, in every form they may be written in: as they are, in JSON, in an address."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote, quote_plus

_SHORT = 6


def cut(text: str, secrets: Mapping[str, str]) -> list[tuple[str, str]]:
    """Cut a text around the secrets in it, the longest first.

    Args:
        text: to be cut.
        secrets: secret to the variable that stands for it.

    Returns:
        The pieces in their order, each with the variable that stands for it, which is empty where a piece is no secret.
    """
    pieces = [(text, "")]
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        pieces = [
            part
            for piece, variable in pieces
            for part in ([(piece, variable)] if variable else _parts(piece, _written(secret), secrets[secret]))
        ]
    return pieces


def without_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """Return a text with the variables in place of the secrets."""
    return "".join(variable or piece for piece, variable in cut(text, secrets))


def holds(text: str, secret: str) -> bool:
    """Say whether a secret stands in a text."""
    return bool(secret) and _written(secret).search(text) is not None


def _parts(text: str, written: re.Pattern[str], variable: str) -> list[tuple[str, str]]:
    # What a pattern with one group splits is every other time what it found.
    return [(part, variable if index % 2 else "") for index, part in enumerate(written.split(text)) if part]


@lru_cache(maxsize=1024)
def _written(secret: str) -> re.Pattern[str]:
    pattern = "".join(map(_character, secret))
    # Short ones only as whole words: a password "no" must not make every "none" a secret.
    return re.compile(f"({pattern})" if len(secret) >= _SHORT else rf"(?<!\w)({pattern})(?!\w)")


def _character(one: str) -> str:
    if one.isascii() and one.isalnum():
        return one
    escaped = {f"\\{one}", json.dumps(one)[1:-1], f"\\u{ord(one):04x}", f"\\u{ord(one):04X}"}
    encoded = {quote(one, safe=""), quote(one, safe="").lower(), quote_plus(one)}
    return f"(?:{'|'.join(map(re.escape, sorted({one} | escaped | encoded, key=len, reverse=True)))})"
