"""Requests made before a check, so that there is something to ask for; each only when something it gives is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from erp_testkit.contracts.check import Live
from erp_testkit.contracts.openapi.client import Client, Sent
from erp_testkit.contracts.openapi.expressions import filled, pointed, width
from erp_testkit.contracts.openapi.settings import Settings, SetupRequest
from erp_testkit.domain.errors import UsageError

_DAYS = re.compile(r"today([+-]\d+)")


class SetupRefused(Exception):
    """A request that should have been fine was not accepted: nothing can be said about what builds on it."""

    def __init__(self, setup: SetupRequest, sent: Sent) -> None:
        super().__init__(f"setup request {setup.name} was answered {sent.status}")
        self.setup, self.sent = setup, sent


class SetupRequests:
    """The setup requests of one contract, made on demand.

    Args:
        settings: of the contract.
        client: sends the requests.
        live: gives the codes.
        variant: part of every code, so that two of these have nothing in common.
    """

    def __init__(self, settings: Settings, client: Client, live: Live, variant: str = "") -> None:
        self._named: Mapping[str, SetupRequest] = {one.name: one for one in settings.setup}
        self._settings, self._client, self._live, self._variant = settings, client, live, variant
        self._made: dict[str, tuple[dict[str, Any], Sent]] = {}
        self._codes: set[tuple[str, str]] = set()

    def filled(self, template: Any) -> Any:
        """Return plain data with its placeholders replaced; makes the setup requests they speak of.

        Raises:
            EnvironmentFailure: the system does not answer.
            SetupRefused: a setup request was not accepted.
            UsageError: the answer to one has nothing where a placeholder points.
        """
        return filled(template, self._value)

    def request(self, setup: SetupRequest) -> dict[str, Any]:
        """Return what a setup request sends, filled, as arguments of `Client.send`."""
        parts = {"path": setup.path, "query": setup.query, "headers": setup.headers, "body": setup.body}
        return {**self.filled(parts), "media_type": setup.media_type}

    def good_requests(self, operation: str) -> Iterator[dict[str, Any]]:
        """Give a good request for each setup request of an operation; they are not sent, only what they build on."""
        return (self.request(one) for one in self._named.values() if one.operation == operation)

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
                    f"in the answer to setup request {name}, got {sent.shown(self._client.secrets)}"
                    if source == name
                    else f"in setup request {name}, got {request}"
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
            setup = self._named[name]
            request = self.request(setup)
            sent = self._client.send(setup.operation, **request)
            if sent.status == 401:
                raise not_let_in(self._client, 1)
            if not sent.accepted:
                raise SetupRefused(setup, sent)
            self._made[name] = request, sent
        return self._made[name]


def not_let_in(client: Client, requests: int) -> UsageError:
    """Return the error of a system that knows nobody of those who call."""
    auth = client.auth
    where = f"the token in {auth.token_env}" if auth and auth.token_env else "[auth] in the settings beside the contract"
    return UsageError(
        f"Failed to check {client.system.name} at {client.url}: expected to be let in, got status 401 to each of {requests} requests. "
        f"Next: {'see' if auth else 'write'} {where}"
    )
