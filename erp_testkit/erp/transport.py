"""One HTTP session to an ERP: keeps the connection, times and records every exchange, tells a broken ERP from an unreachable one."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

import httpx2

from erp_testkit.domain.exchange import Exchange
from erp_testkit.erp.errors import ErpBroke, ErpUnreachable


class Transport:
    """An HTTP client for one user of one ERP.

    Args:
        url: base address, such as ``http://127.0.0.1:8000``.
        role: who speaks, for the record.
        timeout_seconds: how long an answer may take.
        on_exchange: called after each exchange.
    """

    def __init__(self, url: str, *, role: str, timeout_seconds: float, on_exchange: Callable[[Exchange], None]) -> None:
        self.url = url.rstrip("/")
        self._role = role
        self._on_exchange = on_exchange
        self._timeout = timeout_seconds
        self._client = self._open()

    def request(
        self,
        method: str,
        path: str,
        *,
        content: str | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        label: str | None = None,
    ) -> httpx2.Response:
        """Send one request and return the answer, whatever its status below 500.

        Args:
            method: HTTP method.
            path: path below the base address.
            content: body as text; JSON unless `headers` say otherwise.
            params: query.
            headers: headers beside ``Content-Type: application/json``.
            label: what to call the exchange in the record, where the path does not tell (a remote procedure's name).

        Raises:
            ErpUnreachable: no answer came in time, or the connection was refused or cut.
            ErpBroke: the ERP answered with a server error.
        """
        started, clock = datetime.now(UTC), time.perf_counter()
        status: int | None = None
        answer = ""
        try:
            response = self._client.request(
                method, path, content=content, params=params, headers={"Content-Type": "application/json", **(headers or {})}
            )
            status, answer = response.status_code, response.text
        except httpx2.TimeoutException as error:
            answer = type(error).__name__
            raise ErpUnreachable(self._failed(method, label or path, f"an answer within {self._timeout:g} s", "none")) from error
        except httpx2.RequestError as error:
            answer = f"{type(error).__name__}: {error}"
            raise ErpUnreachable(self._failed(method, label or path, "an answer", str(error) or type(error).__name__)) from error
        finally:
            self._on_exchange(
                Exchange(
                    at=started,
                    seconds=time.perf_counter() - clock,
                    role=self._role,
                    method=method,
                    target=label or (f"{path}?{urlencode(params)}" if params else path),
                    request=content or "",
                    status=status,
                    answer=answer,
                )
            )
        if status >= 500:
            # Servers close the connection after such an answer, and the next request must not fall into it.
            self._client.close()
            self._client = self._open()
            raise ErpBroke(self._failed(method, label or path, "an answer below status 500", f"{status} {answer[:200]!r}"))
        return response

    def json(self, response: httpx2.Response) -> Any:
        """Read an answer's body as JSON.

        Raises:
            ErpBroke: it is none.
        """
        try:
            return response.json()
        except ValueError as error:
            what = "a web page" if response.text.lstrip()[:1] == "<" else f"{response.text[:80]!r}"
            raise ErpBroke(self._failed("read", str(response.url.path), "JSON", what)) from error

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _open(self) -> httpx2.Client:
        # trust_env off: proxies of the machine must not stand between the kit and the ERP it was pointed at.
        return httpx2.Client(base_url=self.url, timeout=self._timeout, trust_env=False, verify=certificates())

    def _failed(self, verb: str, what: str, expected: str, got: str) -> str:
        return f"Failed to {verb} {what} at {self.url}: expected {expected}, got {got}. Next: erp-testkit doctor"


@cache
def certificates() -> ssl.SSLContext:
    """Read the trusted certificates once: it takes 35 ms, and each role has a session of its own."""
    return httpx2.create_ssl_context(trust_env=False)
