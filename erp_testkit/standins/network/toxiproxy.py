"""The network of a Toxiproxy server (https://github.com/Shopify/toxiproxy), driven over its HTTP interface."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import MappingProxyType

import httpx2

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.standins.network import DOWNSTREAM, TOXICS, UPSTREAM, Toxic
from erp_testkit.standins.network.urls import led_over, server_of

PORT = 8474
"""Where the server's HTTP interface is."""

_HELD = {"latency": 86_400_000, "jitter": 0}
_SAID: Mapping[str, tuple[tuple[str, str, Mapping[str, int]], ...]] = MappingProxyType(
    {
        # Its timeout would close what was held when it is taken away; its latency lets it go on.
        "drop_response": (("latency", DOWNSTREAM, _HELD),),
        "half_open": (("latency", UPSTREAM, _HELD), ("latency", DOWNSTREAM, _HELD)),
        "reset_on_response": (("reset_peer", DOWNSTREAM, {"timeout": 0}),),
    }
)
"""What is not Toxiproxy's in its words: type, stream, attributes."""
_TIMEOUT_SECONDS = 10.0


class ToxiproxyLink:
    """A link through a proxy of a Toxiproxy server.

    Args:
        api: speaks to the server.
        upstream: url at which the server reaches what it leads to.
        told: host by which clients reach the server.

    Raises:
        EnvironmentFailure: the server does not open it.
        UsageError: the url cannot be led elsewhere.
    """

    def __init__(self, api: httpx2.Client, upstream: str, told: str) -> None:
        """Open it."""
        host, port = server_of(upstream)
        self._api, self._name, self._toxics, self._closed = api, f"erp-testkit-{secrets.token_hex(4)}", 0, False
        proxy = {"name": self._name, "listen": "0.0.0.0:0", "upstream": f"{host}:{port}", "enabled": True}
        opened = _ask(api, "POST", "/proxies", proxy)
        self.address = led_over(upstream, told, int(opened.json()["listen"].rpartition(":")[2]))

    def add(self, toxic: Toxic) -> None:
        """Make it bad from now on."""
        if toxic.type == "down":
            self._enable(False)
            return
        own = ((toxic.type, toxic.stream, {name: toxic[name] for name in TOXICS[toxic.type]}),)
        for type_, stream, attributes in _SAID.get(toxic.type, own):
            said = {"name": str(self._toxics + 1), "type": type_, "stream": stream, "toxicity": toxic.toxicity, "attributes": attributes}
            _ask(self._api, "POST", f"/proxies/{self._name}/toxics", said)
            self._toxics += 1

    def heal(self) -> None:
        """Take all toxics away."""
        while self._toxics:
            _ask(self._api, "DELETE", f"/proxies/{self._name}/toxics/{self._toxics}")
            self._toxics -= 1
        self._enable(True)

    def close(self) -> None:
        """Cut everything and let go of the address."""
        if not self._closed:
            self._closed = True
            _ask(self._api, "DELETE", f"/proxies/{self._name}")

    def _enable(self, enabled: bool) -> None:
        _ask(self._api, "POST", f"/proxies/{self._name}", {"enabled": enabled})


class ToxiproxyNetwork:
    """Makes links through a Toxiproxy server.

    Args:
        api: url of the server's HTTP interface.
        told: host by which clients reach what the server opens.
        reached: the url at which this machine reaches something to the one at which the server does.
    """

    def __init__(self, api: str, told: str, reached: Callable[[str], str] = str) -> None:
        """Open nothing yet."""
        self._api = httpx2.Client(base_url=api, timeout=_TIMEOUT_SECONDS, trust_env=False)
        self._told, self._reached = told, reached
        self._links: list[ToxiproxyLink] = []

    def link(self, upstream: str) -> ToxiproxyLink:
        """Open a link."""
        link = ToxiproxyLink(self._api, self._reached(upstream), self._told)
        self._links.append(link)
        return link

    def close(self) -> None:
        """Close all links."""
        with ExitStack() as closing:
            closing.callback(self._api.close)
            while self._links:
                closing.callback(self._links.pop().close)


def _ask(api: httpx2.Client, method: str, path: str, body: object = None) -> httpx2.Response:
    try:
        answer = api.request(method, path, json=body)
    except httpx2.TransportError as error:
        got = str(error) or type(error).__name__
    else:
        if answer.is_success:
            return answer
        got = f"status {answer.status_code}: {answer.text.strip()}"
    raise EnvironmentFailure(f"Failed to {method} {path} at Toxiproxy ({api.base_url}): expected success, got {got}.")
