"""What Tryton's errors mean in the kit's words.

Tryton answers ``["UserError", [message, description, domain]]`` for a refusal; nothing but the English text tells why. An error list that
begins with none of its four class names is an exception inside the server: Tryton broke.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from erp_testkit.erp.errors import ErpBroke, Reason, Refused

LONGEST = 300
"""A refused domain brings the definition of every field in it: up to 150 KB."""

_REASONS: tuple[tuple[str, Reason], ...] = (
    (r"^You can not call ", Reason.STATE),
    (r"for field \"Sale\" in record .* of \"Sale Amendment\"", Reason.STATE),
    (r"^You are not allowed to ", Reason.RIGHTS),
    (r"^Calling button .* is not allowed", Reason.RIGHTS),
    (r"at least one of these rules", Reason.RIGHTS),
    (r"its lot .* has expired", Reason.EXPIRED),
    (r"you must provide a stock lot|must select a stock lot", Reason.TRACKING),
    (r"for field \"Lot\" in", Reason.TRACKING),
    (r"^You cannot use more than .* of lot", Reason.DUPLICATE),
    (r"for field \"[^\"]*[Qq]uantity\" in", Reason.QUANTITY),
    (r"quantity must be positive", Reason.QUANTITY),
    (r"^To modify .* you must reopen period", Reason.PERIOD),
    (r"does not exist|don't exist", Reason.UNKNOWN),
)


def reason_of(message: str) -> Reason:
    """Return the kit's word for a message of Tryton; `Reason.OTHER` where none fits."""
    return next((reason for pattern, reason in _REASONS if re.search(pattern, message)), Reason.OTHER)


class Warned(Exception):
    """Tryton asks whether one is sure; going on needs the warning's name."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message


def from_error(call: str, error: Sequence[Any]) -> Exception:
    """Turn the error list of a JSON-RPC answer into what the kit raises."""
    match error:
        case ["UserWarning", [str(name), str(message), *_]]:
            return Warned(name, cut(message))
        case ["UserError", [str(message), *_]]:
            return Refused(reason_of(message), cut(message))
        case ["ConcurrencyException", message]:
            return Refused(Reason.CONFLICT, cut(str(message)))
        case ["LoginException", _]:
            return Refused(Reason.RIGHTS, cut(str(error[1])))
        case _:
            return ErpBroke(f"Failed to call {call}: expected an answer or a refusal, got an error inside Tryton: {cut(str(error))}.")


def cut(text: str) -> str:
    """Shorten a text to what fits on a screen."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
