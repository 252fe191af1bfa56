"""Formats of GS1 that a contract can name beside those of JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType


def is_gtin(text: str) -> bool:
    """Say whether a text is a GTIN-8, -12, -13 or -14 with a valid check digit (GS1 General Specifications, 7.9)."""
    if len(text) not in {8, 12, 13, 14} or not (text.isascii() and text.isdigit()):
        return False
    return sum(int(digit) * (1 if place % 2 == 0 else 3) for place, digit in enumerate(reversed(text))) % 10 == 0


FORMATS: Mapping[str, Callable[[str], bool]] = MappingProxyType({"gtin": is_gtin})
"""Format and what a text of it must pass."""
