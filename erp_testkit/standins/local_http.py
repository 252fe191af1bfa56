"""HTTP to the kit's own processes and containers, and from them to the ERP; proxies of the environment are for the world outside."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2


def request(
    method: str,
    url: str,
    *,
    json: object = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = 10.0,
) -> httpx2.Response:
    """Send a request and return the whole response, whatever its status.

    Raises:
        ConnectionError: no response came within so many seconds.
    """
    import httpx2  # 0.15 s, and a partner's process may never send anything

    try:
        return _client().request(method, url, json=json, content=content, headers=headers, timeout=seconds)
    except httpx2.RequestError as error:
        raise ConnectionError(str(error) or type(error).__name__) from error


def answers(url: str, seconds: float = 1.0) -> bool:
    """Say whether something answers; any answer is one, also a refusal."""
    try:
        request("GET", url, seconds=seconds)
    except ConnectionError:
        return False
    return True


@cache
def _client() -> httpx2.Client:
    import httpx2  # as above

    from erp_testkit.erp.transport import certificates

    # No connection is kept: what answers is killed and started again at the same address.
    return httpx2.Client(trust_env=False, verify=certificates(), limits=httpx2.Limits(max_keepalive_connections=0))
