"""A TCP proxy of our own, on asyncio in a thread: Toxiproxy's toxics, and those that know what an answer is.

A toxic meets connections that are open as well as new ones; whether a connection is met is drawn once, by its toxicity.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.standins.network import DOWNSTREAM, UPSTREAM, Toxic

T = TypeVar("T")

_BLOCK = 65536
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends RST."""
_PATIENCE_SECONDS = 5.0
_TRICKLE_SECONDS = 0.1


class Proxy:
    """One address that leads to a server, and what spoils the way.

    Args:
        upstream: host and port of the server.
        host: where it listens; ``0.0.0.0`` lets containers in.
        seed: decides jitter, sizes of slices, and which connections a toxicity meets.
    """

    def __init__(self, upstream: tuple[str, int], host: str = "127.0.0.1", seed: int = 0) -> None:
        """Listen.

        Raises:
            EnvironmentFailure: it cannot.
        """
        self.upstream = upstream
        self.random = random.Random(seed)  # noqa: S311  # no secret
        self.toxics: tuple[Toxic, ...] = ()
        self.connections = 0
        """How many clients have come so far."""
        self._open: set[_Connection] = set()
        # Bound, never listening: it keeps the port ours while nobody listens there.
        self._holder = socket.socket()
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            self._holder.bind((host, 0))
        except OSError as error:
            self._holder.close()
            raise EnvironmentFailure(f"Failed to open a link to {upstream}: expected a free port at {host}, got {error}.") from error
        self.address: tuple[str, int] = self._holder.getsockname()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"link to {upstream}", daemon=True)
        self._thread.start()
        self._do(self._change(()))

    def add(self, toxic: Toxic) -> None:
        """Make the way bad from now on."""
        self._do(self._change((*self.toxics, toxic)))

    def heal(self) -> None:
        """Take all toxics away; connections that were held go on."""
        self._do(self._change(()))

    def close(self) -> None:
        """Cut everything and stop listening."""
        if self._loop.is_closed():
            return
        try:
            self._do(self._end())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_PATIENCE_SECONDS)
            self._loop.close()
            self._holder.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_SECONDS)

    async def _change(self, toxics: tuple[Toxic, ...]) -> None:
        self.toxics = toxics
        down = any(toxic.type == "down" for toxic in toxics)
        if down and self._server is not None:
            self._server.close()
            self._server = None
        elif not down and self._server is None:
            self._server = await asyncio.start_server(self._serve, *self.address, backlog=128, reuse_port=True)
        for connection in list(self._open):
            if down:
                connection.cut()
            else:
                connection.changed()

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        for connection in list(self._open):
            connection.cut()
        while len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = _Connection(self, reader, writer)
        self._open.add(connection)
        try:
            await connection.run()
        except OSError:
            connection.cut()
        finally:
            self._open.discard(connection)
            connection.end()


class _Connection:
    """One client with its connection to the server."""

    def __init__(self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._client = reader, writer
        self._writers = [writer]
        self._change = asyncio.Event()
        self._drawn: dict[int, tuple[Toxic, bool]] = {}
        self._tasks: list[asyncio.Task[Any]] = []
        self._moved = {UPSTREAM: 0, DOWNSTREAM: 0}
        """Bytes since the amount of data is limited."""
        self._last = ""
        """The stream that moved last: where it is the other one, a request or an answer begins."""

    async def run(self) -> None:
        """Carry bytes both ways until both sides have ended."""
        connecting = asyncio.create_task(asyncio.open_connection(*self._proxy.upstream))
        self._tasks = [connecting]
        server = await connecting
        self._writers.append(server[1])
        self._tasks = [
            asyncio.create_task(self._carry(self._client[0], server[1], UPSTREAM)),
            asyncio.create_task(self._carry(server[0], self._client[1], DOWNSTREAM)),
            asyncio.create_task(self._watch()),
        ]
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks[:2])

    def changed(self) -> None:
        """Look at the toxics anew."""
        self._change.set()

    def met(self, *types: str, stream: str | None = None) -> Toxic | None:
        """Return the toxic of one of these types that meets this connection."""
        for toxic in self._proxy.toxics:
            if toxic.type in types and stream in (None, toxic.stream):
                if id(toxic) not in self._drawn:
                    self._drawn[id(toxic)] = toxic, self._proxy.random.random() < toxic.toxicity
                if self._drawn[id(toxic)][1]:
                    return toxic
        return None

    def cut(self) -> None:
        """Reset both sides."""
        for writer in self._writers:
            reset(writer)
        self._stop()

    def end(self) -> None:
        """Let go of both sides."""
        self._stop()
        for writer in self._writers:
            writer.close()

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _watch(self) -> None:
        """Carry out what comes by time, not by bytes: ``timeout`` and ``reset_peer``."""
        while True:
            self._change.clear()
            toxic = self.met("timeout", "reset_peer")
            wait = None if toxic is None or (toxic.type == "timeout" and not toxic["timeout"]) else toxic["timeout"] / 1000
            try:
                await asyncio.wait_for(self._change.wait(), wait)
            except TimeoutError:
                if toxic is not None and toxic.type == "reset_peer":
                    self.cut()
                else:
                    self.end()
                return

    async def _held(self, stream: str) -> None:
        """Wait while nothing gets through."""
        while self.met("half_open") or self.met("timeout", "drop_response", stream=stream):
            self._change.clear()
            await self._change.wait()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stream: str) -> None:
        while block := await reader.read(_BLOCK):
            if stream == DOWNSTREAM and self.met("reset_on_response"):
                self.cut()
                return
            await self._held(stream)
            await self._delay(stream)
            limit = self.met("limit_data", stream=stream)
            if limit is None:
                self._moved[stream] = 0
            else:
                block = block[: max(0, limit["bytes"] - self._moved[stream])]
            await self._write(writer, block, stream)
            if limit is not None:
                self._moved[stream] += len(block)
                if self._moved[stream] >= limit["bytes"]:
                    self.end()
                    return
        slow = self.met("slow_close", stream=stream)
        if slow is not None:
            await self._pause(slow, slow["delay"] / 1000)
        await self._held(stream)
        with suppress(OSError, RuntimeError):
            writer.write_eof()

    async def _delay(self, stream: str) -> None:
        """Wait before the first block of a request or an answer, not before each."""
        begun, self._last = self._last == stream, stream
        toxic = self.met("latency", stream=stream)
        if toxic is None or begun:
            return
        jitter = self._proxy.random.uniform(-toxic["jitter"], toxic["jitter"])
        await self._pause(toxic, (toxic["latency"] + jitter) / 1000)

    async def _pause(self, toxic: Toxic, seconds: float) -> None:
        """Wait as a toxic asks for, until it is taken away."""
        now = asyncio.get_running_loop().time
        until = now() + seconds
        while toxic in self._proxy.toxics and (left := until - now()) > 0:
            self._change.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._change.wait(), left)

    async def _write(self, writer: asyncio.StreamWriter, block: bytes, stream: str) -> None:
        slicer, narrow = self.met("slicer", stream=stream), self.met("bandwidth", stream=stream)
        for piece in self._sliced(block, slicer, narrow):
            if narrow is not None and narrow["rate"]:
                await self._pause(narrow, len(piece) / (narrow["rate"] * 1000))
            writer.write(piece)
            await writer.drain()
            if slicer is not None:
                await self._pause(slicer, slicer["delay"] / 1_000_000)

    def _sliced(self, block: bytes, slicer: Toxic | None, narrow: Toxic | None) -> list[bytes]:
        if slicer is None:
            # A narrow line trickles; it is not silent and then delivers a lump.
            size = max(1, int(narrow["rate"] * 1000 * _TRICKLE_SECONDS)) if narrow is not None and narrow["rate"] else len(block)
            return [block[start : start + size] for start in range(0, len(block), size)]
        pieces = []
        while block:
            spread = self._proxy.random.randint(-slicer["size_variation"], slicer["size_variation"])
            size = max(1, slicer["average_size"] + spread)
            pieces.append(block[:size])
            block = block[size:]
        return pieces


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with RST instead of FIN."""
    found: socket.socket | None = writer.get_extra_info("socket")
    if found is not None:
        with suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
