"""Small web servers of our own as child processes: both sides of the socket they are handed."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from asyncio import Transport
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.standins.local_http import answers
from erp_testkit.standins.process import ChildProcess

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_START_SECONDS = 30.0


def start(module: str, arguments: Sequence[str], *, port: int, log: Path, secret: Mapping[str, str]) -> tuple[ChildProcess, str]:
    """Start a module that serves on a socket, and wait until it answers.

    Args:
        module: run with ``python -m``; gets ``--socket FD`` beside its arguments.
        arguments: of the module.
        port: where it listens; 0 for any that is free.
        log: file its output goes to.
        secret: what it finds in its environment: a command line can be read by everybody on the machine.

    Returns:
        The process and its address.

    Raises:
        EnvironmentFailure: the port is taken, or it does not start.
    """
    with listen(port) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        command = [sys.executable, "-m", module, *arguments, "--socket", str(listener.fileno())]
        process = ChildProcess(command, log=log, environment={**os.environ, **secret}, pass_fds=[listener.fileno()])
    # The listening socket holds the question until the server is up.
    process.wait_until_ready(lambda: answers(url), _START_SECONDS)
    return process, url


def listen(port: int) -> socket.socket:
    """Return a socket that listens on this machine.

    Raises:
        EnvironmentFailure: the port is taken.
    """
    try:
        return socket.create_server(("127.0.0.1", port), backlog=128)
    except OSError as error:
        raise EnvironmentFailure(f"Failed to listen on port {port}: expected a free one, got {os.strerror(error.errno or 0)}.") from error


def new_secret() -> str:
    """Return a secret nobody can guess."""
    return secrets.token_urlsafe(24)


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve an application on a socket that listens already, so that nobody can take its port. Ends by SIGINT or SIGTERM.

    Applications find in ``scope["state"]["cut"]`` what cuts the connection of their request without an answer.
    """
    import uvicorn  # who only starts a child does not need it
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Cuttable(H11Protocol):
        """HTTP whose connections an application can cut."""

        def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn does
            """Let the requests of this connection cut it."""
            super().connection_made(transport)
            self.app_state = {**self.app_state, "cut": self.transport.abort}

    config = uvicorn.Config(app, http=Cuttable, lifespan="off", log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])
