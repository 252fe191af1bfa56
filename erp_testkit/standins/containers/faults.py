"""What containers can do to themselves: be killed and started again, lose their cables, run out of disk."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.standins.containers.fleet import Ship, follow
from erp_testkit.standins.containers.reaper import OWNER
from erp_testkit.standins.network import Toxic
from erp_testkit.standins.reference.databases import forget_the_future
from erp_testkit.standins.waiting import wait_until

if TYPE_CHECKING:
    from docker import DockerClient

    from erp_testkit.standins.postgres import PostgresServer

CLOCK = "/tmp/clock"  # noqa: S108  # inside the container
"""File the ERP's clock follows."""
SMALL_DISK = "/small"
SMALL_DISK_SIZE = "size=64m"
"""A file system in memory, in the database's container."""
_ALONE = 7_205_194
"""Key of the advisory lock of whoever fills the small disk."""
_SECONDS = 60.0


def free_port() -> int:
    """Return a port of this machine that is free: a container gets another one by itself each time it is started."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port


class ContainerMachine:
    """A container that is killed and started again at its address.

    Args:
        ship: the container.
        ready: says whether it answers.
    """

    def __init__(self, ship: Ship, ready: Callable[[Ship], bool]) -> None:
        self._ship, self._ready = ship, ready
        self._container: Any = ship.container.get_wrapped_container()

    def kill(self) -> None:
        """End it at once."""
        self._container.kill()

    def start(self) -> None:
        """Start it and wait until it answers; does nothing where it runs.

        Raises:
            EnvironmentFailure: it does not come to answer.
        """
        self._container.reload()
        if self._container.status == "running":
            return
        self._container.start()
        # The engine tells the output from the first start on.
        self._ship.log.unlink(missing_ok=True)
        follow(self._ship.container, self._ship.log)
        if not wait_until(lambda: self._ready(self._ship), _SECONDS):
            raise EnvironmentFailure(
                f"Failed to start {self._ship.alias} again: expected it to answer within {_SECONDS:g} s, got nothing. "
                f"Next: see {self._ship.log}"
            )


class ContainerClock:
    """The clock of the reference ERP in a container.

    Args:
        ship: the ERP's container.
        database: address of its database as this machine reaches it.
    """

    def __init__(self, ship: Ship, database: str) -> None:
        self._ship, self._database = ship, database

    def set_ahead(self, by: timedelta) -> None:
        """Advance it."""
        write = f"import struct; open('{CLOCK}', 'r+b').write(struct.pack('<d', {by.total_seconds()!r}))"
        self._ship.container.exec(["python3", "-c", write])

    def set_right(self) -> None:
        """Set it right."""
        self.set_ahead(timedelta())
        forget_the_future(self._database)


class Cables:
    """The cables between containers: a link is the container itself, which loses its place on the network or stands still."""

    def __init__(self, client: DockerClient, network: str, owner: str) -> None:
        self._client, self._network, self._owner = client, network, owner
        self._links: list[Cable] = []

    def link(self, upstream: str) -> Cable:
        """Return the cable of the container that this machine reaches at a url.

        Raises:
            UsageError: it is none of this run.
        """
        cable = Cable(self._client.networks.get(self._network), *self._container(upstream))
        self._links.append(cable)
        return cable

    def _container(self, upstream: str) -> tuple[Any, str]:
        port = urlsplit(upstream).port
        for container in self._client.containers.list(filters={"label": f"{OWNER}={self._owner}"}, ignore_removed=True):
            for inside, outside in container.ports.items():
                if any(int(one["HostPort"]) == port for one in outside or ()):
                    return container, inside.partition("/")[0]
        raise UsageError(f"Failed to find what answers at {upstream}: expected a container of this run, got none.")

    def close(self) -> None:
        """Plug everything in again."""
        while self._links:
            self._links.pop().close()


def _alias(container: Any, network: str) -> str:
    aliases: list[str] = container.attrs["NetworkSettings"]["Networks"][network]["Aliases"]
    return next(alias for alias in aliases if not container.id.startswith(alias))


class Cable:
    """How one container hangs on the network."""

    def __init__(self, network: Any, container: Any, port: str) -> None:
        self._network, self._container = network, container
        self._alias = _alias(container, network.name)
        self.address = f"http://{self._alias}:{port}"
        self._pulled = self._paused = False

    def add(self, toxic: Toxic) -> None:
        """Pull it (``down``), or let the machine stand still (``half_open``).

        Raises:
            UsageError: an engine cannot do this one.
        """
        if toxic.type == "down":
            self._network.disconnect(self._container, force=True)
            self._pulled = True
        elif toxic.type == "half_open":
            self._container.pause()
            self._paused = True
        else:
            raise UsageError(
                f"Failed to spoil a cable by '{toxic.type}': expected down or half_open; the network's links can do the others."
            )

    def heal(self) -> None:
        """Plug it in, and let the machine go on."""
        if self._paused:
            self._container.unpause()
        if self._pulled:
            self._network.connect(self._container, aliases=[self._alias])
        self._pulled = self._paused = False

    def close(self) -> None:
        """Set it right."""
        self.heal()


class SmallDisk:
    """A disk that one database is moved to, so that it alone can be full; one of the run's at a time.

    Args:
        server: the database server, as this machine reaches it.
        name: of the database.
        ship: the server's container.
    """

    def __init__(self, server: PostgresServer, name: str, ship: str, client: DockerClient) -> None:
        self._server, self._name, self._ship, self._client = server, name, ship, client
        self._alone: Any = None

    def fill(self) -> None:
        """Move the database there and fill what is left; new rows need new pages from now on."""
        import psycopg  # heavy, and only here

        self._alone = psycopg.connect(self._server.uri, autocommit=True)
        self._alone.execute("select pg_advisory_lock(%s)", [_ALONE])
        folder = f"{SMALL_DISK}/{self._name}"
        made = ["install", "--directory", "--owner=postgres", "--mode=700", folder]
        self._client.containers.get(self._ship).exec_run(made, user="root")
        self._alone.execute(f"create tablespace \"{self._name}\" location '{folder}'")
        self._move(self._name)
        with psycopg.connect(self._server.uri_of(self._name), autocommit=True) as connection:
            for (table,) in connection.execute(
                "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
            ):
                connection.execute(f'alter table "{table}" set (fillfactor = 10)')
            connection.execute("create table ballast (filling text)")
            connection.execute("alter table ballast alter filling set storage plain")
            with suppress(psycopg.errors.DiskFull):
                while True:
                    connection.execute("insert into ballast select repeat('x', 8000) from generate_series(1, 100)")
            with suppress(psycopg.errors.DiskFull):
                while True:
                    connection.execute("insert into ballast select repeat('x', 8000)")

    def free(self) -> None:
        """Move the database back; does nothing where it is."""
        import psycopg  # loaded by now

        if self._alone is None:
            return
        with psycopg.connect(self._server.uri_of(self._name), autocommit=True) as connection:
            connection.execute("drop table ballast")
            for (table,) in connection.execute(
                "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
            ):
                connection.execute(f'alter table "{table}" reset (fillfactor)')
        self._move("pg_default")
        self._alone.execute(f'drop tablespace "{self._name}"')
        self._alone.close()
        self._alone = None

    def _move(self, tablespace: str) -> None:
        self._server.cut_off(self._name)
        self._alone.execute(f'alter database "{self._name}" set tablespace "{tablespace}"')
        self._server.let_in(self._name)
