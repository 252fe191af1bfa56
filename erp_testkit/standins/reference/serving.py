"""Serving the ERP: uvicorn, with a thread for each connection.

What the ERP does waits for its database. Where a request runs in the thread that received it, no other thread has to be woken for it and
wake the first again, which costs more than most requests; and one that waits for a lock keeps up its own connection only.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


def in_place(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Have an endpoint run in the thread its request came in, not in another that FastAPI would wake."""

    @wraps(endpoint)
    async def run(**values: Any) -> Any:
        return endpoint(**values)

    return run


class Server(uvicorn.Server):
    """Serves on one socket that listens already."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await self.lifespan.startup()
        assert sockets is not None
        self.servers = []
        self._accepting = asyncio.get_running_loop().create_task(self._accept(sockets[0]))
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, and let what runs come to its end."""
        self._accepting.cancel()
        await super().shutdown(sockets)

    async def _accept(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        while True:
            accepted, _ = await asyncio.get_running_loop().sock_accept(listener)
            threading.Thread(target=self._converse, args=(accepted,), daemon=True).start()

    def _converse(self, accepted: socket.socket) -> None:
        with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
            runner.run(self._speak(accepted))

    async def _speak(self, accepted: socket.socket) -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def protocol() -> asyncio.Protocol:
            return _Connection(over, config=self.config, server_state=self.server_state, app_state=self.lifespan.state, _loop=loop)

        await loop.connect_accepted_socket(protocol, accepted)
        await over.wait()


class _Connection(HttpToolsProtocol):
    """A connection that says when it is over, and may be told to end from another thread."""

    def __init__(self, over: asyncio.Event, **given: Any) -> None:
        super().__init__(**given)
        self._over = over

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._over.set()

    def shutdown(self) -> None:
        self.loop.call_soon_threadsafe(super().shutdown)
