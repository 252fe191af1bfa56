"""The reference ERP in containers: one PostgreSQL for the run, with a database and an ERP for each worker."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from erp_testkit.standins.containers.fleet import LOGS, SECONDS, Fleet, Ship, answers
from erp_testkit.standins.containers.owner import Reaper, sweep, this_process
from erp_testkit.standins.postgres import PostgresServer
from erp_testkit.standins.reference import SQLITE
from erp_testkit.standins.reference.databases import build_template, name_for
from erp_testkit.standins.reference.users import USERS
from erp_testkit.standins.standin import Started

DATABASE = "db"
"""Alias of the database server on the private network."""


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
        self._keep = options.get("keep") == "true"
        self._reaper: Reaper | None = None
        self._shared: Fleet | None = None
        self._own: Fleet | None = None
        self._clone: tuple[PostgresServer, str] | None = None

    def prepare(self) -> Mapping[str, str]:
        """Make the network, start the database server and build the template; sweep what killed runs have left."""
        owner = this_process()
        network = f"erp-testkit-{secrets.token_hex(4)}"
        self._shared = Fleet(network, owner, self._state / LOGS, keep=self._keep)
        sweep(self._shared.client)
        if not self._keep:
            self._reaper = Reaper(owner)
        self._shared.make_network()
        prepared = {"network": network, "owner": owner, "keep": str(self._keep).lower()}
        if self._options.get("database") == SQLITE:
            return {**prepared, "database": SQLITE}
        password = secrets.token_urlsafe(18)
        ship = self._shared.start(
            self._images["postgres"],
            alias=DATABASE,
            port=5432,
            ready=_takes_connections,
            seconds=SECONDS,
            environment={"POSTGRES_PASSWORD": password, "POSTGRES_USER": "erp"},
            of_kit=False,
        )
        server = PostgresServer.at(f"postgresql://erp:{password}@{ship.host}:{ship.port}/postgres")
        template = build_template(server)
        inside = f"postgresql://erp:{password}@{DATABASE}:5432/postgres"
        return {**prepared, "database": server.uri, "inside": inside, "template": template}

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
            seconds=SECONDS,
            command=command,
            host_port=int(self._options["port"]) if "port" in self._options else None,
        )
        return Started(url=ship.url, inside_url=ship.inside_url, users=USERS, log=ship.log)

    def stop(self) -> None:
        """Stop this worker's ERP and drop its database."""
        if self._own is not None:
            self._own.stop()
            self._own = None
        if self._clone is not None:
            server, name = self._clone
            self._clone = None
            if not self._keep:
                server.drop(name)

    def finish(self) -> None:
        """Remove everything, unless it is to stay."""
        if self._shared is not None:
            self._shared.stop()
            self._shared.remove_network()
            self._shared = None
        if self._reaper is not None:
            self._reaper.close()
            self._reaper = None

    def _database(self, prepared: Mapping[str, str], worker: str) -> str:
        if prepared["database"] == SQLITE:
            return "sqlite:////tmp/erp.db"
        server, name = PostgresServer.at(prepared["database"]), name_for(self, worker)
        server.create(name, template=prepared["template"])
        self._clone = server, name
        return PostgresServer.at(prepared["inside"]).uri_of(name)


def _takes_connections(ship: Ship) -> bool:
    # Over TCP, which the entry point opens last.
    return ship.container.exec(["pg_isready", "--quiet", "--host=127.0.0.1"]).exit_code == 0
