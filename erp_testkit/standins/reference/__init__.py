"""The reference ERP: small, honest, on a real PostgreSQL.

This module is the kit's side: it starts the ERP as a process of its own. Everything else in this package runs in that process.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.standins.abilities import Clock, Database, Machine
from erp_testkit.standins.network import Network
from erp_testkit.standins.postgres import PostgresServer
from erp_testkit.standins.reference.databases import CLONES, build_template, create, name_for
from erp_testkit.standins.reference.machine import CloneOfServer, ReferenceProcess
from erp_testkit.standins.reference.users import USERS
from erp_testkit.standins.standin import Started

SQLITE = "sqlite"
OPTIONS = frozenset({"database", "defect", "keep", "port"})
"""Options of a profile, in all its forms; `keep` is for containers."""


class ReferenceStandIn:
    """The reference ERP as the kit starts it.

    Options: `database` is the address of a PostgreSQL server, or ``sqlite``; without it, the embedded PostgreSQL serves. `defect` names
    defects to switch on, separated by commas. `port` is where it listens; without it, any free port.

    Args:
        state: the project's state folder.
        options: the profile's options.
    """

    OPTIONS = OPTIONS

    def __init__(self, state: Path, options: Mapping[str, str]) -> None:
        self._state = state
        self._options = options
        self._server: PostgresServer | None = None
        self._process: ReferenceProcess | None = None
        self._clone: tuple[PostgresServer | None, str] | None = None

    def prepare(self) -> Mapping[str, str]:
        """Start the database server and build the template, unless a former run has."""
        self._check_defects()
        if self._options.get("database") == SQLITE:
            return {"database": SQLITE}
        self._server = self._connect()
        if "database" not in self._options:
            self._server.drop_orphans(CLONES)
        return {"database": self._server.uri, "template": build_template(self._server)}

    def start(self, prepared: Mapping[str, str], worker: str) -> Started:
        """Clone the template and start this worker's own ERP."""
        listener = self._listen()
        try:
            more = ["--defect", self._options["defect"]] if self._options.get("defect") else []
            self._process = ReferenceProcess(
                listener, self._own_database(prepared, worker), more, self._state / "reference" / f"{worker}-{os.getpid()}"
            )
            self._process.start()
        except EnvironmentFailure:
            self.stop()
            raise
        finally:
            listener.close()
        return Started(url=self._process.url, users=USERS, log=self._process.log)

    @property
    def machine(self) -> Machine | None:
        """The process it runs in."""
        return self._process

    @property
    def clock(self) -> Clock | None:
        """Its clock."""
        return self._process

    @property
    def database(self) -> Database | None:
        """Its database, where a server has it."""
        if self._clone is None or self._clone[0] is None:
            return None
        return CloneOfServer(self._clone[0], self._clone[1])

    @property
    def network(self) -> Network:
        """Links on this machine."""
        from erp_testkit.standins.network.links import ProxyNetwork  # asyncio, only where a link is made bad

        return ProxyNetwork()

    def stop(self) -> None:
        """Stop the process and drop its database."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        if self._clone is not None:
            server, name = self._clone
            self._clone = None
            if server is None:
                for file in Path(name).parent.glob(f"{Path(name).name}*"):
                    file.unlink()
            else:
                server.drop(name)

    def finish(self) -> None:
        """Let go of the database server."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _check_defects(self) -> None:
        if names := self._options.get("defect"):
            from erp_testkit.standins.reference.defects import chosen  # imports the whole ERP

            chosen(names.split(","))

    def _listen(self) -> socket.socket:
        port = int(self._options.get("port", 0))
        try:
            return socket.create_server(("127.0.0.1", port), backlog=128)
        except OSError as error:
            raise EnvironmentFailure(
                f"Failed to listen on port {port}: expected a free one, got {os.strerror(error.errno or 0)}."
            ) from error

    def _connect(self) -> PostgresServer:
        address = self._options.get("database")
        return PostgresServer.at(address) if address else PostgresServer.embedded(self._state)

    def _own_database(self, prepared: Mapping[str, str], worker: str) -> str:
        name = name_for(self, worker)
        if prepared["database"] == SQLITE:
            file = (self._state / "reference" / f"{name}.db").resolve()
            file.parent.mkdir(parents=True, exist_ok=True)
            self._clone = (None, str(file))
            create(f"sqlite:///{file}")
            return f"sqlite:///{file}"
        server = PostgresServer.at(prepared["database"])
        server.create(name, template=prepared["template"])
        self._clone = (server, name)
        return server.uri_of(name)
