"""The network of our own proxies."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from erp_testkit.domain.errors import UsageError
from erp_testkit.standins.network import Toxic
from erp_testkit.standins.network.proxy import Proxy


class ProxyLink:
    """A link through a proxy of this process.

    Args:
        upstream: url at which this machine reaches the server.
        listen: where the proxy listens.
        host: host by which the client reaches the proxy.

    Raises:
        EnvironmentFailure: it cannot listen.
        UsageError: the url cannot be led elsewhere.
    """

    def __init__(self, upstream: str, listen: str, host: str) -> None:
        self._proxy = Proxy(_server_of(upstream), listen)
        self.address = _led_over(upstream, host, self._proxy.address[1])

    def add(self, toxic: Toxic) -> None:
        """Make it bad from now on."""
        self._proxy.add(toxic)

    def heal(self) -> None:
        """Take all toxics away."""
        self._proxy.heal()

    def close(self) -> None:
        """Cut everything and let go of the address."""
        self._proxy.close()


class ProxyNetwork:
    """Makes links through proxies of this process.

    Args:
        listen: where they listen.
        host: host by which clients reach them, such as the gateway of a private network; without it, where they listen.
    """

    def __init__(self, listen: str = "127.0.0.1", host: str | None = None) -> None:
        self._listen, self._host = listen, host or listen
        self._links: list[ProxyLink] = []

    def link(self, upstream: str) -> ProxyLink:
        """Open a link."""
        link = ProxyLink(upstream, self._listen, self._host)
        self._links.append(link)
        return link

    def close(self) -> None:
        """Close all links."""
        while self._links:
            self._links.pop().close()


def _server_of(upstream: str) -> tuple[str, int]:
    """Return host and port of a server named by a url.

    Raises:
        UsageError: the url cannot be led elsewhere.
    """
    parts = urlsplit(upstream)
    try:
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        host = None
    if parts.scheme != "http" or host is None or parts.username is not None:
        shown = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        raise UsageError(
            f"Failed to open a link to {shown}: expected an address of http with neither certificate nor password, got another one."
        )
    return host, port


def _led_over(upstream: str, host: str, port: int) -> str:
    """Return a url as it reads over a link that is reached at this host and port."""
    return urlunsplit(urlsplit(upstream)._replace(netloc=f"{host}:{port}"))
