"""What the containers of one run share: a private network, one database server, and that nothing of them is left."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

import click

from erp_testkit.standins.containers.faults import SMALL_DISK, SMALL_DISK_SIZE, free_port
from erp_testkit.standins.containers.fleet import Fleet, Ship
from erp_testkit.standins.containers.reaper import OWNER, Reaper, remove, sweep, this_process
from erp_testkit.standins.postgres import PostgresServer

DATABASE = "db"
"""Alias of the database server on the private network."""
USER = "erp"


class Shared:
    """Network and database server.

    Args:
        state: the project's state folder.
        images: container images by what they are for.
        keep: whether everything stays when the run is over, for a look.
    """

    def __init__(self, state: Path, images: Mapping[str, str], *, keep: bool) -> None:
        """Make the network, and sweep what killed runs have left.

        Raises:
            EnvironmentFailure: there is no engine, or it does not let us.
        """
        self._images, self._keep, self._owner = images, keep, this_process()
        network = f"erp-testkit-{secrets.token_hex(4)}"
        self.fleet = Fleet(network, self._owner, state, keep=keep)
        sweep(self.fleet.client)
        self._reaper = None if keep else Reaper(self._owner)
        self.prepared: Mapping[str, str] = {
            "network": network,
            "owner": self._owner,
            "keep": str(keep).lower(),
            "images": " ".join(self._digests()),
            "log": str(self.fleet.log(DATABASE)),
        }
        """What the workers need to join, and the evidence to be complete."""
        try:
            self.fleet.make_network()
        except BaseException:  # Ctrl-C as well
            if self._reaper is not None:
                self._reaper.close()
            raise

    def start_postgres(self) -> tuple[Ship, PostgresServer, str]:
        """Start the database server; return its container, how this machine reaches it, and its address for other containers.

        Raises:
            EnvironmentFailure: it cannot be started.
        """
        password = secrets.token_urlsafe(18)
        ship = self.fleet.start(
            self._images["postgres"],
            alias=DATABASE,
            port=5432,
            ready=takes_connections,
            environment={"POSTGRES_PASSWORD": password, "POSTGRES_USER": USER},
            host_port=free_port(),
            of_kit=False,
            disks={SMALL_DISK: SMALL_DISK_SIZE},
        )
        server = PostgresServer.at(f"postgresql://{USER}:{password}@{ship.host}:{ship.port}/postgres")
        return ship, server, f"postgresql://{USER}:{password}@{DATABASE}:5432/postgres"

    def remove(self) -> None:
        """Remove everything, also what the workers have left; or say how, where it is to stay."""
        self.fleet.stop()
        if self._keep:
            label = f"label={OWNER}={self._owner}"
            click.echo(
                f"erp-testkit: left for a look: docker ps --filter {label}\n"
                f"Next: docker rm -fv $(docker ps -aq --filter {label}); docker network rm {self.prepared['network']}",
                err=True,
            )
        elif self._reaper is not None:
            remove(self.fleet.client, self._owner)
            self._reaper.close()
            self._reaper = None

    def _digests(self) -> list[str]:
        found = {tag: self.fleet.client.images.list(tag) for name, tag in self._images.items() if tag and name != "base"}
        return sorted(f"{tag}@{images[0].id}" for tag, images in found.items() if images)


def takes_connections(ship: Ship) -> bool:
    """Say whether a server takes connections: over TCP, which the entry point opens last."""
    return ship.container.exec(["pg_isready", "--quiet", "--host=127.0.0.1"]).exit_code == 0
