"""HTTP to a system that has no ports, as a mapping contract says it is called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from erp_testkit.contracts import curl
from erp_testkit.contracts.check import Live, System
from erp_testkit.contracts.mapping.model import Mapping
from erp_testkit.domain.errors import UsageError
from erp_testkit.erp.transport import Transport

if TYPE_CHECKING:
    import httpx2

UNAUTHENTICATED, FORBIDDEN = 401, 403
_TIMEOUT_SECONDS = 30.0


@contextmanager
def calling(mapping: Mapping, live: Live, name: str) -> Iterator[Client]:
    """Open a client of a system, and close it afterwards."""
    system = live.system(name)
    transport = Transport(system.url, role=name, timeout_seconds=_TIMEOUT_SECONDS, on_exchange=live.on_exchange)
    try:
        yield Client(mapping, system, transport)
    finally:
        transport.close()


@dataclass(frozen=True, slots=True)
class Client:
    """Calls one system, with the headers the contract names."""

    mapping: Mapping
    system: System
    transport: Transport

    def get(self, path: str) -> httpx2.Response:
        """Read what is at a path."""
        return self.transport.request("GET", path, headers=self._headers("", ""))

    def send(self, method: str, path: str, *, content: str, content_type: str, new: str) -> httpx2.Response:
        """Bring something in; `new` is what ``{new}`` stands for in the contract's headers."""
        return self.transport.request(method, path, content=content, headers=self._headers(content_type, new))

    def curl(self, method: str, path: str, *, content: str, content_type: str, new: str) -> str:
        """Return what `send` sends as a line for a shell, without the token."""
        url, secrets = self.system.url.rstrip("/") + path, {self.system.token: "$TOKEN"}
        return curl.line(method, url, self._headers(content_type, new), content.encode(), secrets)

    def unauthenticated(self, status: int) -> UsageError:
        """Return the error of a system that does not know who calls."""
        token = f"name the variable that holds the token as token_env under [partners.{self.system.name}] in erp-testkit.toml, or "
        return UsageError(
            f"Failed to call {self.system.name} at {self.system.url}: expected to be let in, got status {status}. "
            f"Next: {'' if self.system.name == 'erp' else token}write source.request.headers into {self.mapping.file.name}"
        )

    def _headers(self, content_type: str, new: str) -> dict[str, str]:
        request = self.mapping.source.request
        said = request.headers if request is not None and request.system == self.system.name else {}
        by_name = any("{token}" in text for text in said.values())
        found = {"Authorization": f"Bearer {self.system.token}"} if self.system.token and not by_name else {}
        # What is new for each request belongs to those that bring something in.
        for name, text in said.items():
            if new or "{new}" not in text:
                found[name] = text.replace("{new}", new).replace("{token}", self.system.token)
        return {**found, "Content-Type": content_type} if content_type else found
