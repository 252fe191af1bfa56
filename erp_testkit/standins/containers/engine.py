"""The container engine of this machine, Docker or Podman, and what is said where there is none."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from erp_testkit.domain.errors import EnvironmentFailure

if TYPE_CHECKING:
    from docker import DockerClient

_UNIX = "unix://"
_SOCKET = f"{_UNIX}/var/run/docker.sock"
_INSTALL = "Next: pip install 'erp-testkit[containers]'"


def connect() -> DockerClient:
    """Return a client of the engine that ``DOCKER_HOST`` names, or that listens where engines do.

    Raises:
        EnvironmentFailure: the client is not installed, there is no engine, or it does not let us in.
    """
    try:
        import docker  # 0.2 s that only runs in containers pay
        from docker.errors import DockerException
    except ImportError as error:
        raise EnvironmentFailure(f"Failed to reach a container engine: expected the client for it, got {error}. {_INSTALL}") from error
    _probe(os.environ.get("DOCKER_HOST") or _SOCKET)
    try:
        client = docker.from_env()
        client.ping()
    except DockerException as error:
        raise EnvironmentFailure(_unreachable(str(error))) from error
    return client


def _probe(host: str) -> None:
    """Look whether anything listens at a socket of this machine: the client would leave its own open where nothing does."""
    if not host.startswith(_UNIX):
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(host.removeprefix(_UNIX))
        except OSError as error:
            raise EnvironmentFailure(_unreachable(str(error))) from error


def _unreachable(got: str) -> str:
    if "Permission denied" in got:
        return (
            "Failed to reach a container engine: expected the right to use its socket, got permission denied. "
            "Next: sudo usermod -aG docker $USER, and log in again; or set DOCKER_HOST to the socket of a rootless engine"
        )
    return (
        f"Failed to reach a container engine: expected one that runs, got {got.splitlines()[0]}. "
        "Next: start it (systemctl start docker), install it (apt-get install docker.io), or set DOCKER_HOST"
    )
