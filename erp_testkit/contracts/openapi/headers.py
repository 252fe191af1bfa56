"""What makes generated requests ready to be sent: headers no generator can know."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, MutableMapping
from urllib.parse import unquote, urlsplit

from erp_testkit.contracts.check import Live
from erp_testkit.contracts.openapi.client import Client
from erp_testkit.contracts.openapi.description import Operation
from erp_testkit.contracts.openapi.probes import IF_MATCH, names, reading_of

_ANY_VERSION = '"0"'
"""Stands for the present version: what most descriptions of the header take."""


class LiveHeaders:
    """Puts unused idempotency keys and present versions into the requests of one check.

    A generator takes the value of a header for one among many and sends other bodies under it. A system would rightly refuse these, for a
    key that was used or a version that is past, and nobody would learn what it does with the bodies.

    Args:
        live: gives the codes.
        client: asks for versions.
        key: name of the header where an idempotency key goes.
    """

    def __init__(self, live: Live, client: Client, key: str) -> None:
        self._live, self._client, self._key = live, client, key
        self._numbers = itertools.count()
        self._keys: set[str] = set()
        self._readings: dict[re.Pattern[str], Operation] = {}

    def values(self, operation: Operation) -> Mapping[str, list[str]]:
        """Return place to value for the headers that will be put right."""
        found: dict[str, list[str]] = {}
        if operation.header(self._key):
            key = self._live.code("key", operation.label)
            self._keys.add(key)
            found[f"header.{self._key}"] = [key]
        reading = reading_of(operation) if operation.needs(IF_MATCH) else None
        if reading is not None:
            path = re.sub(r"\\\{([^}]+)\\\}", r"(?P<\1>[^/]+)", re.escape(urlsplit(self._client.url).path + reading.path))
            self._readings[re.compile(path)] = reading
            found[f"header.{IF_MATCH}"] = [_ANY_VERSION]
        return found

    def know(self, good: Mapping[str, str]) -> None:
        """Take the headers of a request that is known to be good for an example: its key will be used, too."""
        self._keys |= {value for name, value in good.items() if name.lower() == self._key.lower()}

    def __call__(self, url: str, headers: MutableMapping[str, str]) -> None:
        """Put right what stands for something; what is wrong is so on purpose."""
        given = {name: _text(headers.get(name, "")) for name in (self._key, IF_MATCH)}
        if given[self._key] in self._keys:
            headers[self._key] = self._live.code("key", f"{given[self._key]} {next(self._numbers)}")
        if given[IF_MATCH] == _ANY_VERSION and (version := self._version(urlsplit(url).path)):
            headers[IF_MATCH] = version

    def _version(self, path: str) -> str:
        for pattern, reading in self._readings.items():
            if found := pattern.match(path):
                values = {name: unquote(found[name]) for name in names(reading.path)}
                return self._client.send(reading.label, path=values).answer_headers.get("etag", "")
        return ""


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
