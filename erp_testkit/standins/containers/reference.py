"""The reference ERP in containers: one PostgreSQL for the run, with a database and an ERP for each worker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from erp_testkit.standins.abilities import Clock, Database, DatabaseServer, Disk, Machine
from erp_testkit.standins.containers.faults import CLOCK, Cables, ContainerClock, ContainerMachine, SmallDisk, free_port
from erp_testkit.standins.containers.fleet import Fleet, Ship, answers
from erp_testkit.standins.containers.shared_services import Shared, takes_connections
from erp_testkit.standins.network import Network
from erp_testkit.standins.postgres import PostgresServer
from erp_testkit.standins.reference import OPTIONS, SQLITE
from erp_testkit.standins.reference.databases import build_template, name_for
from erp_testkit.standins.reference.machine import CloneOfServer
from erp_testkit.standins.reference.users import USERS
from erp_testkit.standins.standin import Started


class ReferenceContainers:
    """The reference ERP as the kit starts it in containers.

    Options: `database` may be ``sqlite``; `defect` and `port` as embedded. `keep`: leave the containers for a look.

    Args:
        state: the project's state folder.
        options: the profile's options.
        images: container images by what they are for.
    """

    OPTIONS = OPTIONS

    def __init__(self, state: Path, options: Mapping[str, str], images: Mapping[str, str]) -> None:
        self._state, self._options, self._images = state, options, images
        self._shared: Shared | None = None
        self._own: Fleet | None = None
        self._prepared: Mapping[str, str] = {}
        self._erp: Ship | None = None
        self._server: Ship | None = None
        self._name = ""

    def prepare(self) -> Mapping[str, str]:
        """Make the network, start the database server and build the template; sweep what killed runs have left."""
        self._shared = Shared(self._state, self._images, keep=self._options.get("keep") == "true")
        if self._options.get("database") == SQLITE:
            return {**self._shared.prepared, "database": SQLITE}
        self._server, server, inside = self._shared.start_postgres()
        return {
            **self._shared.prepared,
            "database": server.uri,
            "inside": inside,
            "container": str(self._server.container.get_wrapped_container().id),
            "template": build_template(server),
        }

    def start(self, prepared: Mapping[str, str], worker: str) -> Started:
        """Clone the template and start this worker's own ERP."""
        self._own, self._prepared = Fleet.of(prepared, self._state), prepared
        command = ["--database", self._database(prepared, worker), "--clock", CLOCK]
        if prepared["database"] == SQLITE:
            command.append("--create")
        if defect := self._options.get("defect"):
            command += ["--defect", defect]
        self._erp = ship = self._own.start(
            self._images["reference"],
            alias=f"erp-{worker}",
            port=8000,
            ready=answers,
            command=command,
            host_port=int(self._options.get("port") or free_port()),
        )
        return Started(url=ship.url, inside_url=ship.inside_url, users=USERS, log=ship.log)

    @property
    def machine(self) -> Machine | None:
        """The ERP's container; one without a server has its database in it, and loses neither."""
        return None if self._erp is None else ContainerMachine(self._erp, answers)

    @property
    def clock(self) -> Clock | None:
        """The ERP's clock, where its audit trail can be set right from outside."""
        if self._erp is None or not self._name:
            return None
        return ContainerClock(self._erp, PostgresServer.at(self._prepared["database"]).uri_of(self._name))

    @property
    def database(self) -> Database | None:
        """The ERP's own database."""
        return CloneOfServer(PostgresServer.at(self._prepared["database"]), self._name) if self._name else None

    @property
    def database_server(self) -> DatabaseServer | None:
        """The database server, where no other worker needs it."""
        return None if self._server is None or self._erp is None else ContainerMachine(self._server, takes_connections)

    @property
    def disk(self) -> Disk | None:
        """A small disk for the ERP's own database."""
        if self._own is None or not self._name:
            return None
        return SmallDisk(PostgresServer.at(self._prepared["database"]), self._name, self._prepared["container"], self._own.client)

    @property
    def network(self) -> Network | None:
        """Links through proxies on this machine, which containers reach at their gateway."""
        if self._own is None:
            return None
        from erp_testkit.standins.network.links import ProxyNetwork  # asyncio, only where a link is made bad

        return ProxyNetwork(self._own.client.networks.get(self._prepared["network"]).attrs["IPAM"]["Config"][0]["Gateway"])

    @property
    def cables(self) -> Network | None:
        """The cables of the containers on the private network."""
        return None if self._own is None else Cables(self._own.client, self._prepared["network"], self._prepared["owner"])

    def stop(self) -> None:
        """Stop this worker's ERP; its database goes with the server."""
        if self._own is not None:
            self._own.stop()
            self._own = None

    def finish(self) -> None:
        """Remove everything, unless it is to stay."""
        if self._shared is not None:
            self._shared.remove()
            self._shared = None

    def _database(self, prepared: Mapping[str, str], worker: str) -> str:
        if prepared["database"] == SQLITE:
            return "sqlite:////tmp/erp.db"
        self._name = name_for(self, worker)
        PostgresServer.at(prepared["database"]).create(self._name, template=prepared["template"])
        return PostgresServer.at(prepared["inside"]).uri_of(self._name)
