"""The reference ERP in containers: one PostgreSQL for the run, with a database and an ERP for each worker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from erp_testkit.standins.containers.fleet import Fleet, answers
from erp_testkit.standins.containers.shared import Shared
from erp_testkit.standins.postgres import PostgresServer
from erp_testkit.standins.reference import SQLITE
from erp_testkit.standins.reference.databases import build_template, name_for
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

    def __init__(self, state: Path, options: Mapping[str, str], images: Mapping[str, str]) -> None:
        """Start nothing."""
        self._state, self._options, self._images = state, options, images
        self._shared: Shared | None = None
        self._own: Fleet | None = None

    def prepare(self) -> Mapping[str, str]:
        """Make the network, start the database server and build the template; sweep what killed runs have left."""
        self._shared = Shared(self._state, self._images, keep=self._options.get("keep") == "true")
        if self._options.get("database") == SQLITE:
            return {**self._shared.prepared, "database": SQLITE}
        _, server, inside = self._shared.start_postgres()
        return {**self._shared.prepared, "database": server.uri, "inside": inside, "template": build_template(server)}

    def start(self, prepared: Mapping[str, str], worker: str) -> Started:
        """Clone the template and start this worker's own ERP."""
        self._own = Fleet.of(prepared, self._state)
        command = ["--database", self._database(prepared, worker)]
        if prepared["database"] == SQLITE:
            command.append("--create")
        if defect := self._options.get("defect"):
            command += ["--defect", defect]
        ship = self._own.start(
            self._images["reference"],
            alias=f"erp-{worker}",
            port=8000,
            ready=answers,
            command=command,
            host_port=int(self._options["port"]) if "port" in self._options else None,
        )
        return Started(url=ship.url, inside_url=ship.inside_url, users=USERS, log=ship.log)

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
        name = name_for(self, worker)
        PostgresServer.at(prepared["database"]).create(name, template=prepared["template"])
        return PostgresServer.at(prepared["inside"]).uri_of(name)
