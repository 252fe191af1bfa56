"""The stand-in: one seeded template database, and one Tryton process on a clone of it per worker."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import KitError
from erp_testkit.erp.tryton.rpc import Rpc
from erp_testkit.standins.postgres import PostgresServer
from erp_testkit.standins.standin import Started
from erp_testkit.standins.tryton.creation import Template
from erp_testkit.standins.tryton.programs import Server
from erp_testkit.standins.tryton.seed import USERS, close_old_books

_CLONE = "tryton_of_"


class TrytonStandIn:
    """A real Tryton.

    Args:
        state: the project's state folder.
        options: ``database`` names another PostgreSQL than the embedded one.
    """

    OPTIONS = frozenset({"database", "keep"})

    def __init__(self, state: Path, options: Mapping[str, str]) -> None:
        self._state = state.resolve()
        self._folder = self._state / "tryton"
        self._options = options
        self._prepared: PostgresServer | None = None
        self._server: Server | None = None
        self._clone: tuple[PostgresServer, str] | None = None

    def prepare(self) -> Mapping[str, str]:
        """Make sure that the template database is there: found, restored from the dump, or created once.

        Raises:
            EnvironmentFailure: Tryton is not installed, or the database cannot be made.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._prepared = self._postgres()
        if "database" not in self._options:
            self._prepared.drop_orphans(_CLONE)
        template = Template(self._prepared, self._state)
        template.ensure()
        return {"postgres": self._prepared.uri, "template": template.name}

    def start(self, prepared: Mapping[str, str], worker: str) -> Started:
        """Clone the template and start Tryton on it.

        Raises:
            EnvironmentFailure: it does not answer.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        postgres = PostgresServer.at(prepared["postgres"])
        database = f"{_CLONE}{os.getpid()}_{worker}".lower()
        postgres.create(database, prepared["template"])
        self._clone = (postgres, database)
        self._server = Server(self._folder, database, postgres.uri)
        try:
            self._server.wait()
            manager = Rpc(
                self._server.url,
                database=database,
                user=USERS[Role.MANAGER],
                role="stand-in",
                timeout_seconds=60,
                on_exchange=lambda _: None,
            )
            close_old_books(manager)
            manager.close()
        except KitError:
            self.stop()
            raise
        return Started(url=self._server.url, users=USERS, options={"database": database}, log=self._server.log)

    def stop(self) -> None:
        """Stop Tryton and drop its clone."""
        if self._server:
            self._server.stop()
            self._server = None
        if self._clone:
            postgres, database = self._clone
            postgres.drop(database)
            with suppress(FileNotFoundError):
                (self._folder / f"{database}.conf").unlink()
            self._clone = None

    def finish(self) -> None:
        """Let go of PostgreSQL."""
        if self._prepared:
            self._prepared.close()
            self._prepared = None

    def _postgres(self) -> PostgresServer:
        uri = self._options.get("database")
        return PostgresServer.at(uri) if uri else PostgresServer.embedded(self._state)
