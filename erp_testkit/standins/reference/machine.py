"""The reference ERP's process as a machine that can be killed, and its database as one that can go away."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from erp_testkit.standins.local_http import request
from erp_testkit.standins.postgres import PostgresServer
from erp_testkit.standins.process import ChildProcess
from erp_testkit.standins.reference.databases import forget_the_future
from erp_testkit.standins.reference.services.clock import AHEAD

_START_SECONDS = 60.0


class ReferenceProcess:
    """The ERP's process, at one address however often it is started.

    Args:
        listener: a socket that listens already; the first process gets it.
        database: address of its database.
        more: further arguments.
        files: path its log and its clock begin with.
    """

    def __init__(self, listener: socket.socket, database: str, more: Sequence[str], files: Path) -> None:
        self._listener = listener
        self._address: tuple[str, int] = listener.getsockname()
        self.log = files.with_suffix(".log")
        self._clock = files.with_suffix(".clock")
        self._command = [sys.executable, "-m", "erp_testkit.standins.reference", "--database", database, *more]
        self._command += ["--clock", str(self._clock)]
        self._database = database
        self._process: ChildProcess | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._address[1]}"

    def start(self) -> None:
        """Start it and wait until it answers; does nothing where it runs."""
        if self._process is not None and self._process.running:
            return
        if self._process is not None:
            self._listener.listen(128)
        with self._listener as listener:
            handle = listener.fileno()
            self._process = ChildProcess([*self._command, "--socket", str(handle)], log=self.log, pass_fds=[handle])
        self._process.wait_until_ready(lambda: _answers(self.url), _START_SECONDS)

    def kill(self) -> None:
        """End it at once. The address stays ours, and nobody listens there."""
        if self._process is None or not self._process.running:
            return
        self._process.kill()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(self._address)

    def set_ahead(self, by: timedelta) -> None:
        """Advance its clock."""
        with self._clock.open("r+b") as file:
            file.write(AHEAD.pack(by.total_seconds()))

    def set_right(self) -> None:
        """Set its clock right."""
        self.set_ahead(timedelta())
        forget_the_future(self._database)

    def stop(self) -> None:
        """Ask it to end."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        self._listener.close()
        self._clock.unlink(missing_ok=True)


class CloneOfServer:
    """One ERP's database on a server it shares with others."""

    def __init__(self, server: PostgresServer, name: str) -> None:
        self._server, self._name = server, name

    def cut(self) -> None:
        """End its connections and let nobody in."""
        self._server.cut_off(self._name)

    def restore(self) -> None:
        """Let connections in again."""
        self._server.let_in(self._name)


def _answers(url: str) -> bool:
    """Ask once; the listening socket holds the question until the ERP is up."""
    try:
        return request("GET", f"{url}/health", seconds=0.5).status_code == 200
    except ConnectionError:
        return False
