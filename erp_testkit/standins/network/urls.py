"""Where a link leads, and whom its clients are told to speak to."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from erp_testkit.domain.errors import UsageError


def server_of(upstream: str) -> tuple[str, int]:
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


def led_over(upstream: str, host: str, port: int) -> str:
    """Return a url as it reads over a link that is reached at this host and port."""
    return urlunsplit(urlsplit(upstream)._replace(netloc=f"{host}:{port}"))
