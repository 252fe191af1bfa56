"""Requests made before a check, so that there is something to ask for; each only when something it gives is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from erp_testkit.contracts.check import Live
from erp_testkit.contracts.openapi.calls import Caller, Sent
from erp_testkit.contracts.openapi.expressions import filled, pointed, width
from erp_testkit.contracts.openapi.settings import Seed, Settings
from erp_testkit.domain.errors import UsageError

_DAYS = re.compile(r"today([+-]\d+)")


class SeedRefused(Exception):
    """A request that should have been fine was not accepted: nothing can be said about what builds on it."""

    def __init__(self, seed: Seed, sent: Sent) -> None:
        super().__init__(f"seed {seed.name} was answered {sent.status}")
        self.seed, self.sent = seed, sent


class Seeds:
    """The seeds of one contract, made on demand.

    Args:
        settings: of the contract.
        caller: sends the requests.
        live: gives the codes.
        variant: part of every code, so that two of these have nothing in common.
    """

    def __init__(self, settings: Settings, caller: Caller, live: Live, variant: str = "") -> None:
        self._seeds: Mapping[str, Seed] = {seed.name: seed for seed in settings.seeds}
        self._settings, self._caller, self._live, self._variant = settings, caller, live, variant
        self._made: dict[str, tuple[dict[str, Any], Sent]] = {}
        self._codes: set[tuple[str, str]] = set()

    def filled(self, template: Any) -> Any:
        """Return plain data with its placeholders replaced; makes the seeds they speak of.

        Raises:
            EnvironmentFailure: the system does not answer.
            SeedRefused: a seed was not accepted.
            UsageError: a seed's answer has nothing where a placeholder points.
        """
        return filled(template, self._value)

    def request(self, seed: Seed) -> dict[str, Any]:
        """Return what a seed sends, filled, as arguments of `Caller.send`."""
        parts = {"path": seed.path, "query": seed.query, "headers": seed.headers, "body": seed.body}
        return {**self.filled(parts), "media_type": seed.media_type}

    def good_requests(self, operation: str) -> Iterator[dict[str, Any]]:
        """Give a good request for each seed of an operation; they are not sent, only what they build on."""
        return (self.request(seed) for seed in self._seeds.values() if seed.operation == operation)

    def items(self) -> frozenset[str]:
        """Return the codes of the known items that were used so far."""
        known = set(self._settings.items.known)
        texts = {f"{{code:{kind}:{alias}}}" if alias else f"{{code:{kind}}}" for kind, alias in self._codes} & known
        return frozenset(str(self.filled(text)) for text in texts)

    def _value(self, text: str) -> Any:
        meant, characters = width(text)
        if characters is not None:
            value = str(self._value(meant))
            if len(value) > characters:
                raise UsageError(f"Failed to fill {{{text}}}: expected at most {characters} characters, got {len(value)}: {value}.")
            return value.ljust(characters)
        if "#" in text:
            source, _, pointer = text.partition("#")
            name = source.removesuffix(".request")
            request, sent = self._make(name)
            found = list(pointed(sent.call.answer if source == name else request, pointer))
            if not found:
                what = (
                    f"in the answer to seed {name}, got {sent.shown(self._caller.secrets)}"
                    if source == name
                    else f"in the request of seed {name}, got {request}"
                )
                raise UsageError(f"Failed to fill {{{text}}}: expected something at {pointer} {what}.")
            return found[0]
        if text.startswith("code:"):
            kind, _, alias = text.removeprefix("code:").partition(":")
            self._codes.add((kind, alias))
            return self._live.code(kind, alias + self._variant)
        if text == "now":
            return datetime.now(UTC).isoformat().replace("+00:00", "Z")
        days = _DAYS.fullmatch(text)
        return (datetime.now(UTC).date() + timedelta(days=int(days[1]) if days else 0)).isoformat()

    def _make(self, name: str) -> tuple[dict[str, Any], Sent]:
        if name not in self._made:
            seed = self._seeds[name]
            request = self.request(seed)
            sent = self._caller.send(seed.operation, **request)
            if sent.status == 401:
                raise not_let_in(self._caller, 1)
            if not sent.accepted:
                raise SeedRefused(seed, sent)
            self._made[name] = request, sent
        return self._made[name]


def not_let_in(caller: Caller, requests: int) -> UsageError:
    """Return the error of a system that knows nobody of those who call."""
    auth = caller.auth
    where = f"the token in {auth.token_env}" if auth and auth.token_env else "[auth] in the settings beside the contract"
    return UsageError(
        f"Failed to check {caller.system.name} at {caller.url}: expected to be let in, got status 401 to each of {requests} requests. "
        f"Next: {'see' if auth else 'write'} {where}"
    )
