"""Idempotency keys of generated requests: each request gets one nobody has used."""

from __future__ import annotations

import itertools
from collections.abc import MutableMapping

from erp_testkit.contracts.check import Live


class Keys:
    """The keys of one check.

    A generator takes the value of a header for one among many and sends other bodies under it. A system would rightly refuse these for
    their key, and nobody would learn what it does with the bodies.

    Args:
        live: gives the codes.
        header: where a key goes.
    """

    def __init__(self, live: Live, header: str) -> None:
        """Give out none yet."""
        self._live, self._header = live, header
        self._numbers = itertools.count()
        self._known: set[str] = set()

    def good(self, operation: str) -> str:
        """Return a key that fits, for a generator to take."""
        key = self._live.code("key", operation)
        self._known.add(key)
        return key

    def renew(self, headers: MutableMapping[str, str]) -> None:
        """Put an unused key in the place of a good one; what is no good one is there on purpose."""
        given = headers.get(self._header)
        key = given.decode("latin-1") if isinstance(given, bytes) else given
        if key in self._known:
            headers[self._header] = self._live.code("key", f"{key} {next(self._numbers)}")
