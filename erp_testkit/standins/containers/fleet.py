"""Containers on one private network, started by testcontainers, each waited for until it answers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.standins import local_http
from erp_testkit.standins.containers.engine import connect
from erp_testkit.standins.containers.images import LABEL, digest
from erp_testkit.standins.containers.reaper import KEPT, OWNER
from erp_testkit.standins.waiting import wait_until

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.images import Image
    from testcontainers.core.container import DockerContainer

SECONDS = 60.0
"""How long a container may take to answer."""
_LOGS = "containers"
_LOCAL = "erp-testkit/"
"""Names the kit gives its own images. They are nobody's in a public registry: what is there under them is not ours."""
_PAUSE_SECONDS = 0.05
_LAST_LINES = 10
_LOG_SECONDS = 5.0
"""How long the last of a removed container's output may take to come."""
_ADVICE = (
    ("port is already allocated", "name another port, or none"),
    ("address already in use", "name another port, or none"),
    ("no space left", "make room where the engine keeps its data: docker system df, then docker system prune"),
)
"""What to do about what the engine says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ship:
    """A container that answers."""

    container: DockerContainer
    alias: str
    """Its name on the private network."""
    host: str
    port: int
    """Where this machine reaches it."""
    inside_port: int
    log: Path
    """File its output goes to as it comes."""
    follower: threading.Thread
    """Writes the log."""

    @property
    def url(self) -> str:
        """Where this machine reaches it."""
        return f"http://{self.host}:{self.port}"

    @property
    def inside_url(self) -> str:
        """Where other containers reach it."""
        return f"http://{self.alias}:{self.inside_port}"


class Fleet:
    """The containers one process starts.

    Args:
        network: name of the private network they are on.
        owner: the process that controls the run; what it leaves is removed by its label.
        state: the project's state folder, below which their output is written as it comes.
        keep: whether they stay when the run is over, for a look.
    """

    def __init__(self, network: str, owner: str, state: Path, *, keep: bool) -> None:
        self.client: DockerClient = connect()
        self._network, self._owner, self._keep = network, owner, keep
        # Our own reaper does Ryuk's work, also where Ryuk's image cannot be had. Who has it may want it beside ours; it would not spare
        # what is to stay.
        self._ryuk = not keep and os.environ.get("TESTCONTAINERS_RYUK_DISABLED", "true").lower() == "false"
        self._logs = state / _LOGS / network
        self._ships: list[Ship] = []

    @classmethod
    def of(cls, prepared: Mapping[str, str], state: Path) -> Fleet:
        """Join the network that another process of the run has made."""
        return cls(prepared["network"], prepared["owner"], state, keep=prepared["keep"] == "true")

    @property
    def labels(self) -> Mapping[str, str]:
        """What everything is labelled with."""
        return {OWNER: self._owner, **({KEPT: "true"} if self._keep else {})}

    def log(self, alias: str) -> Path:
        """Return the file the output of a container goes to."""
        return self._logs / f"{alias}.log"

    def make_network(self) -> None:
        """Make the private network.

        Raises:
            EnvironmentFailure: the engine cannot, for example as its addresses are all in use.
        """
        from docker.errors import DockerException  # loaded by now

        labels = {**self.labels, **(_start_ryuk() if self._ryuk else {})}
        try:
            self.client.networks.create(self._network, labels=labels)
        except DockerException as error:
            got = _said(error)
            raise EnvironmentFailure(
                f"Failed to make network {self._network}: expected a private one, got {got}. Next: {_next(got, 'docker network prune')}"
            ) from error

    def start(
        self,
        image: str,
        *,
        alias: str,
        port: int,
        ready: Callable[[Ship], bool],
        seconds: float = SECONDS,
        command: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        host_port: int | None = None,
        of_kit: bool = True,
        disks: Mapping[str, str] | None = None,
    ) -> Ship:
        """Start a container and wait until it answers.

        Args:
            image: name of the image.
            alias: its name on the network.
            port: where it listens.
            ready: says whether it answers.
            seconds: how long that may take.
            command: its arguments.
            environment: its environment, where its secrets come by.
            host_port: where this machine reaches it; any free port without it.
            of_kit: whether modules of the kit are inside, which must be those of this kit.
            disks: file systems in memory, place to options, such as ``size=64m``.

        Raises:
            EnvironmentFailure: there is no such image, it is of another kit, a port is taken, or it does not come to answer.
        """
        from docker.errors import DockerException  # loaded by now

        kit = self.image(image).labels.get(f"{LABEL}digest", "none")
        if of_kit and kit != digest():
            raise EnvironmentFailure(
                f"Failed to start {image}: expected the modules of this kit in it ({digest()}), got those of another ({kit}). "
                "Next: erp-testkit images build"
            )
        container = self._described(image, alias, command, environment or {}, disks or {})
        container = container.with_bind_ports(port, host_port) if host_port else container.with_exposed_ports(port)
        log = self.log(alias)
        try:
            container.start()
            # Also of one that dies before it can be asked where it listens.
            follower = follow(container, log)
            ship = Ship(
                container=container,
                alias=alias,
                host=container.get_container_host_ip(),
                port=int(container.get_exposed_port(port)),
                inside_port=port,
                log=log,
                follower=follower,
            )
            _wait(ship, ready, seconds)
        except BaseException as error:  # Ctrl-C as well
            failure = _why(error, container, alias, log)
            with suppress(DockerException):  # our own reaper has another try
                container.stop()
            if failure is error:
                raise
            raise failure from error
        self._ships.append(ship)
        return ship

    def _described(
        self, image: str, alias: str, command: Sequence[str], environment: Mapping[str, str], disks: Mapping[str, str]
    ) -> DockerContainer:
        """Return a container on the private network that was not started."""
        from docker.types import EndpointConfig  # loaded by now
        from testcontainers.core.config import testcontainers_config
        from testcontainers.core.container import DockerContainer

        testcontainers_config.ryuk_disabled = not self._ryuk
        if self._ryuk:
            _start_ryuk()
        endpoint = EndpointConfig(self.client.api.api_version, aliases=[alias])
        container = DockerContainer(image, env=dict(environment)).with_command(list(command))
        container = container.with_kwargs(labels=dict(self.labels), network=self._network, networking_config={self._network: endpoint})
        for place, options in disks.items():
            container = container.with_tmpfs_mount(place, options)
        return container

    def stop(self) -> None:
        """Stop and remove what was started here, unless it is to stay."""
        from docker.errors import NotFound  # loaded by now

        while self._ships:
            ship = self._ships.pop()
            if not self._keep:
                with suppress(NotFound):
                    ship.container.stop()
                ship.follower.join(_LOG_SECONDS)

    def image(self, image: str) -> Image:
        """Return an image, fetched from its registry where it is not here.

        Raises:
            EnvironmentFailure: it cannot be had.
        """
        from docker.errors import DockerException, ImageNotFound  # loaded by now

        try:
            return self.client.images.get(image)
        except ImageNotFound as missing:
            if image.startswith(_LOCAL):
                build = f"erp-testkit images build {image.removeprefix(_LOCAL)}"
                raise EnvironmentFailure(f"Failed to start {image}: expected the image here, got none. Next: {build}") from missing
            try:
                return self.client.images.pull(image)
            except DockerException as error:
                raise EnvironmentFailure(
                    f"Failed to start {image}: expected the image here or in its registry, got neither ({_said(error)}). "
                    "Next: name one that can be had in [images] of erp-testkit.toml, or build it: erp-testkit images build --help"
                ) from error


def _wait(ship: Ship, ready: Callable[[Ship], bool], seconds: float) -> None:
    def state() -> str:
        return "answers" if ready(ship) else "" if _exit_status(ship.container) is None else "has ended"

    if wait_until(state, seconds, _PAUSE_SECONDS) != "answers":
        raise TimeoutError(f"no answer in {seconds:g} s")


def answers(ship: Ship) -> bool:
    """Say whether a container answers HTTP. A port that is open says nothing: docker-proxy opens it before."""
    return local_http.answers(f"{ship.url}/health")


def _start_ryuk() -> Mapping[str, str]:
    """Start this process's Ryuk where it does not run; return the label of what it removes."""
    from docker.errors import DockerException  # loaded by now
    from testcontainers.core.container import Reaper
    from testcontainers.core.labels import LABEL_SESSION_ID, SESSION_ID

    try:
        Reaper.get_instance()
    except (DockerException, OSError, TimeoutError) as error:
        raise EnvironmentFailure(
            f"Failed to start Ryuk: expected the container TESTCONTAINERS_RYUK_DISABLED=false asks for, got {_said(error)}. "
            "Next: unset TESTCONTAINERS_RYUK_DISABLED (the kit has a reaper of its own), or name an image in RYUK_CONTAINER_IMAGE"
        ) from error
    return {LABEL_SESSION_ID: SESSION_ID}


def _why(error: BaseException, container: DockerContainer, alias: str, log: Path) -> BaseException:
    """Say why a container did not come to answer."""
    from docker.errors import DockerException  # loaded by now

    if isinstance(error, KeyError):
        # Inside a container testcontainers reads what Docker's list of containers has, and Podman's has not.
        return EnvironmentFailure(
            f"Failed to start {alias}: expected the engine to say where it is reached, got no {error}. "
            "Next: export TESTCONTAINERS_CONNECTION_MODE=docker_host"
        )
    # A container that has died has no port any more, nor can anything be run in it.
    if not isinstance(error, DockerException | ConnectionError | TimeoutError):
        return error
    said, status = "", None
    if container._container is not None:
        with suppress(DockerException):
            status = _exit_status(container)
            said = container.get_wrapped_container().logs(tail=_LAST_LINES).decode(errors="replace")
    if status is None and not isinstance(error, TimeoutError):
        got = _said(error)
        return EnvironmentFailure(f"Failed to start {alias}: expected a container, got {got}. Next: {_next(got, 'docker info')}")
    got = str(error) if status is None else f"exit status {status}"
    lines = "".join(f"\n  {line}" for line in said.splitlines())
    heading = f"Failed to start {alias}: expected a container that answers, got {got}. Next: see {log}"
    return EnvironmentFailure(f"{heading}; it last said:{lines or ' nothing'}")


def _next(got: str, otherwise: str) -> str:
    return next((advice for words, advice in _ADVICE if words in got.lower()), otherwise)


def _exit_status(container: DockerContainer) -> int | None:
    """Return the exit status of a container that has ended; None for any other."""
    wrapped: Any = container.get_wrapped_container()
    wrapped.reload()
    return int(wrapped.attrs["State"]["ExitCode"]) if wrapped.status in ("exited", "dead") else None


def _said(error: Exception) -> str:
    return str(getattr(error, "explanation", None) or error).strip().splitlines()[-1]


def follow(container: DockerContainer, log: Path) -> threading.Thread:
    """Write a container's output to a file as it comes, as that of a process."""
    from docker.errors import APIError  # loaded by now

    log.parent.mkdir(parents=True, exist_ok=True)

    def copy() -> None:
        with log.open("ab", buffering=0) as file:
            try:
                for block in container.get_wrapped_container().logs(stream=True, follow=True):
                    file.write(block)
            except APIError as error:
                # Podman answers with the first line; of a container that wrote none, when it is gone.
                file.write(f"erp-testkit: got no more of this log: {_said(error)}\n".encode())

    thread = threading.Thread(target=copy, name=f"log of {log.stem}", daemon=True)
    thread.start()
    return thread
