"""Unique codes for the names in a scenario's text.

A code is drawn from seed, run, scenario, kind and alias: the same run gives the same codes again, another run or another scenario gives
others, so old data in an ERP never get in the way.
"""

from __future__ import annotations

import hashlib

PREFIXES = {
    "item": "IT-",
    "customer": "CU-",
    "supplier": "SU-",
    "lot": "L-",
    "serial": "S-",
    "reference": "PO-",
}
"""What a code of a kind begins with, so that a reader of an ERP's log knows what it is."""

_LETTERS = 12
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class CodeMaker:
    """Makes codes of at most 20 characters out of A-Z and the hyphen, which every ERP and every label takes.

    Lots and serials have 14 characters and no digits on purpose: a scanner that loses the separator between the two reads more than the
    20 characters a lot may have, and what follows can be no further field, so a sound ERP can see the loss.
    """

    def __init__(self, seed: int, run: str, scenario: str) -> None:
        self._origin = f"{seed}/{run}/{scenario}"

    def __call__(self, kind: str, alias: str) -> str:
        """Return the code of a kind for an alias; a GTIN-14 with a valid check digit for kind ``gtin``."""
        digest = hashlib.sha256(f"{self._origin}/{kind}/{alias}".encode()).digest()
        if kind == "gtin":
            return gtin(int.from_bytes(digest[:8], "big"))
        letters = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:_LETTERS])
        return PREFIXES.get(kind, f"{kind[:2].upper()}-") + letters


def gtin(number: int) -> str:
    """Return the GTIN-14 of a base unit made from any number, with its check digit."""
    # Company prefixes from 3 to 8 leave out the ranges GS1 keeps for shops, books and short numbers.
    digits = f"0{3 + number % 6}{number // 6 % 10**11:011}"
    return digits + check_digit(digits)


def check_digit(digits: str) -> str:
    """Return the GS1 check digit of a number."""
    from biip.checksums import gs1_standard_check_digit  # biip costs 0.2 s, which collecting scenarios must not pay

    return str(gs1_standard_check_digit(digits))
