"""Containers on one private network, started by testcontainers, each waited for until it answers."""

from __future__ import annotations

import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.standins.containers.engine import connect
from erp_testkit.standins.containers.images import LABEL, digest
from erp_testkit.standins.containers.owner import KEPT, OWNER

if TYPE_CHECKING:
    from docker import DockerClient
    from testcontainers.core.container import DockerContainer

LOGS = "containers"
"""In the state folder: what the containers write."""
SECONDS = 60.0
"""How long a container may take to answer."""
_POLL_SECONDS = 0.05
_LAST_LINES = 10


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
        logs: folder their output is written to as it comes.
        keep: whether they stay when the run is over, for a look.
    """

    def __init__(self, network: str, owner: str, logs: Path, *, keep: bool) -> None:
        """Connect to the engine."""
        self.client: DockerClient = connect()
        self._network, self._owner, self._logs, self._keep = network, owner, logs, keep
        self._ships: list[Ship] = []

    @classmethod
    def of(cls, prepared: Mapping[str, str], state: Path) -> Fleet:
        """Join the network that another process of the run has made."""
        return cls(prepared["network"], prepared["owner"], state / LOGS, keep=prepared["keep"] == "true")

    @property
    def labels(self) -> Mapping[str, str]:
        """What everything is labelled with."""
        return {OWNER: self._owner, **({KEPT: "true"} if self._keep else {})}

    def make_network(self) -> None:
        """Make the private network."""
        self.client.networks.create(self._network, labels=dict(self.labels))

    def remove_network(self) -> None:
        """Remove the private network, unless it is to stay."""
        from docker.errors import NotFound  # noqa: PLC0415  # loaded by now

        if not self._keep:
            with suppress(NotFound):
                self.client.networks.get(self._network).remove()

    def start(
        self,
        image: str,
        *,
        alias: str,
        port: int,
        ready: Callable[[Ship], bool],
        seconds: float,
        command: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        host_port: int | None = None,
        of_kit: bool = True,
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

        Raises:
            EnvironmentFailure: there is no such image, it is of another kit, a port is taken, or it does not come to answer.
        """
        from docker.errors import APIError, DockerException  # noqa: PLC0415  # loaded by now
        from docker.types import EndpointConfig  # noqa: PLC0415
        from testcontainers.core.config import testcontainers_config  # noqa: PLC0415
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415

        self._check_image(image, of_kit=of_kit)
        # Our own reaper does Ryuk's work, also where Ryuk's image cannot be had. Who has it may want it beside ours.
        testcontainers_config.ryuk_disabled = os.environ.get("TESTCONTAINERS_RYUK_DISABLED", "true").lower() != "false"
        endpoint = EndpointConfig(self.client.api.api_version, aliases=[alias])
        container = DockerContainer(image, env=dict(environment or {})).with_command(list(command))
        container = container.with_kwargs(labels=dict(self.labels), network=self._network, networking_config={self._network: endpoint})
        container = container.with_bind_ports(port, host_port) if host_port else container.with_exposed_ports(port)
        log = self._logs / f"{alias}.log"
        try:
            container.start()
        except APIError as error:
            if container._container is not None:
                container.stop()
            raise EnvironmentFailure(_cannot_start(alias, str(error.explanation))) from error
        except DockerException as error:
            raise EnvironmentFailure(_cannot_start(alias, str(error))) from error
        _follow(container, log)
        ship = Ship(
            container=container,
            alias=alias,
            host=container.get_container_host_ip(),
            port=int(container.get_exposed_port(port)),
            inside_port=port,
            log=log,
        )
        self._ships.append(ship)
        self._wait(ship, ready, seconds)
        return ship

    def stop(self) -> None:
        """Stop and remove what was started here, unless it is to stay."""
        while self._ships:
            ship = self._ships.pop()
            if not self._keep:
                ship.container.stop()

    def _check_image(self, image: str, *, of_kit: bool) -> None:
        from docker.errors import DockerException, ImageNotFound  # noqa: PLC0415  # loaded by now

        try:
            found = self.client.images.get(image)
        except ImageNotFound as missing:
            try:
                found = self.client.images.pull(image)
            except DockerException:
                build = "erp-testkit images build"
                raise EnvironmentFailure(
                    f"Failed to start {image}: expected the image here or in a registry, got neither. Next: {build}"
                    + ("" if of_kit else f" postgres, with [images] postgres = another name than {image} in erp-testkit.toml")
                ) from missing
        if of_kit and found.labels.get(f"{LABEL}digest") != digest():
            raise EnvironmentFailure(
                f"Failed to start {image}: expected the modules of this kit in it ({digest()}), got those of another "
                f"({found.labels.get(f'{LABEL}digest', 'none')}). Next: erp-testkit images build"
            )

    def _wait(self, ship: Ship, ready: Callable[[Ship], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        wrapped: Any = ship.container.get_wrapped_container()
        while not ready(ship):
            wrapped.reload()
            if wrapped.status not in ("created", "running"):
                code = wrapped.attrs["State"].get("ExitCode")
                raise EnvironmentFailure(self._failure(ship, f"exit status {code}"))
            if time.monotonic() > deadline:
                raise EnvironmentFailure(self._failure(ship, f"no answer in {seconds:g} s"))
            time.sleep(_POLL_SECONDS)

    def _failure(self, ship: Ship, got: str) -> str:
        said = ship.container.get_wrapped_container().logs(tail=_LAST_LINES).decode(errors="replace").splitlines()
        lines = "".join(f"\n  {line}" for line in said)
        heading = f"Failed to start {ship.alias}: expected a container that answers, got {got}. Next: see {ship.log}"
        return f"{heading}; it last said:{lines or ' nothing'}"


def answers(ship: Ship) -> bool:
    """Say whether a container answers HTTP; any answer is one. A port that is open says nothing: docker-proxy opens it before."""
    try:
        urllib.request.urlopen(f"{ship.url}/health", timeout=1.0).close()  # noqa: S310  # our own container
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        return False
    return True


def _cannot_start(alias: str, got: str) -> str:
    advice = "name another port, or none" if "port is already allocated" in got or "address already in use" in got else "docker system df"
    return f"Failed to start {alias}: expected a container, got {got.strip().splitlines()[-1]}. Next: {advice}"


def _follow(container: DockerContainer, log: Path) -> None:
    """Write a container's output to a file as it comes, as that of a process."""
    log.parent.mkdir(parents=True, exist_ok=True)

    def copy() -> None:
        with log.open("ab", buffering=0) as file:
            for block in container.get_wrapped_container().logs(stream=True, follow=True):
                file.write(block)

    threading.Thread(target=copy, name=f"log of {log.stem}", daemon=True).start()
