"""A real Tryton in containers: its image holds all that is GPL, and nothing of it needs to be installed beside the kit.

The template is made as for the embedded one: by Tryton's own program, then seeded over its interface, and kept as a dump in the project's
state folder.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import EnvironmentFailure, KitError
from erp_testkit.erp.tryton.rpc import Rpc
from erp_testkit.standins.containers.fleet import Fleet, Ship, answers
from erp_testkit.standins.containers.images import LABEL
from erp_testkit.standins.containers.shared_services import DATABASE, USER, Shared
from erp_testkit.standins.postgres import PostgresServer
from erp_testkit.standins.standin import Started
from erp_testkit.standins.tryton import seed
from erp_testkit.standins.tryton.creation import Template
from erp_testkit.standins.tryton.programs import MODULES

_ADMIN = 'printf %s "$PASSWORD" >/tmp/password; TRYTONPASSFILE=/tmp/password exec python3 -m trytond.cli.admin "$@"'


class TrytonContainers:
    """Tryton as the kit starts it in containers.

    Options: `keep`: leave the containers for a look.

    Args:
        state: the project's state folder.
        options: the profile's options.
        images: container images by what they are for.
    """

    OPTIONS = frozenset({"database", "keep"})

    def __init__(self, state: Path, options: Mapping[str, str], images: Mapping[str, str]) -> None:
        self._state, self._options, self._images = state.resolve(), options, images
        self._shared: Shared | None = None
        self._own: Fleet | None = None

    def prepare(self) -> Mapping[str, str]:
        """Make the network, start the database server, and restore the template or create it; sweep what killed runs have left."""
        self._shared = Shared(self._state, self._images, keep=self._options.get("keep") == "true")
        ship, server, _ = self._shared.start_postgres()
        prepared = {**self._shared.prepared, "database": server.uri, "password": urlsplit(server.uri).password or ""}
        template = _Template(_Server(server.uri, ship), self._state, prepared, self._images)
        template.ensure()
        return {**prepared, "template": template.name}

    def start(self, prepared: Mapping[str, str], worker: str) -> Started:
        """Clone the template and start this worker's own Tryton."""
        database = f"tryton_{os.getpid()}_{worker}".lower()
        PostgresServer.at(prepared["database"]).create(database, prepared["template"])
        self._own = Fleet.of(prepared, self._state)
        ship = _serve(self._own, self._images["tryton"], f"erp-{worker}", prepared, database)
        try:
            manager = Rpc(
                ship.url, database=database, user=seed.USERS[Role.MANAGER], role="stand-in", timeout_seconds=60, on_exchange=lambda _: None
            )
            seed.close_old_books(manager)
            manager.close()
        except KitError:
            self.stop()
            raise
        return Started(url=ship.url, inside_url=ship.inside_url, users=seed.USERS, options={"database": database}, log=ship.log)

    def stop(self) -> None:
        """Stop this worker's Tryton; its database goes with the server."""
        if self._own is not None:
            self._own.stop()
            self._own = None

    def finish(self) -> None:
        """Remove everything, unless it is to stay."""
        if self._shared is not None:
            self._shared.remove()
            self._shared = None


class _Server(PostgresServer):
    """A server that brings its own tools, in its container: those of another release may not do."""

    def __init__(self, uri: str, ship: Ship) -> None:
        super().__init__(uri)
        self._ship = ship

    def dump(self, name: str, file: Path) -> None:
        self._tool("pg_dump", "--format=custom", "--file=/tmp/dump", f"--dbname={name}")
        blocks, _ = self._container.get_archive("/tmp/dump")  # noqa: S108  # of the container
        with tarfile.open(fileobj=io.BytesIO(b"".join(blocks))) as archive:
            found = archive.extractfile("dump")
            assert found is not None
            file.write_bytes(found.read())

    def restore(self, file: Path, name: str) -> None:
        self.create(name)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(file, "dump", filter=_readable)
        self._container.put_archive("/tmp", packed.getvalue())  # noqa: S108
        self._tool("pg_restore", "--no-owner", f"--dbname={name}", "/tmp/dump")  # noqa: S108

    @property
    def _container(self) -> Any:
        return self._ship.container.get_wrapped_container()

    def _tool(self, *command: str) -> None:
        status, said = self._container.exec_run([*command, f"--username={USER}"])
        if status:
            raise EnvironmentFailure(f"Failed to run {command[0]}: expected success, got {said.decode(errors='replace').strip()}.")


class _Template(Template):
    """The template, made by the programs in the image."""

    prefix = "tryton_in_containers_"

    def __init__(self, postgres: _Server, state: Path, prepared: Mapping[str, str], images: Mapping[str, str]) -> None:
        self._prepared, self._image, self._database_image = prepared, images["tryton"], images["postgres"]
        self._fleet = Fleet.of(prepared, state)
        super().__init__(postgres, state)

    def _versions(self) -> Mapping[str, str]:
        found = self._fleet.image(self._image)
        # A dump is for the database's own release only.
        return {
            "libraries": str(found.labels.get(f"{LABEL}libraries", found.id)),
            "database": str(self._fleet.image(self._database_image).id),
        }

    def _install(self, database: str) -> None:
        from docker.errors import DockerException  # loaded by now

        command = ["-d", database, "--activate-dependencies", "-u", "ir", *MODULES, "--email", "admin@example.com"]
        try:
            self._fleet.client.containers.run(
                self._image,
                command,
                entrypoint=["sh", "-c", _ADMIN, "sh"],
                environment={**_database(self._prepared), "PASSWORD": seed.ADMIN.password},
                network=self._prepared["network"],
                labels=dict(self._fleet.labels),
                remove=True,
                stderr=True,
            )
        except DockerException as error:
            last = (getattr(error, "stderr", None) or str(error).encode()).decode(errors="replace").strip().splitlines()[-1]
            raise EnvironmentFailure(
                f"Failed to create the Tryton database: expected exit code 0 of trytond-admin, got: {last}. "
                "Next: erp-testkit images build tryton"
            ) from error

    @contextmanager
    def _serving(self, database: str) -> Iterator[str]:
        try:
            yield _serve(self._fleet, self._image, "seeding", self._prepared, database).url
        finally:
            self._fleet.stop()


def _serve(fleet: Fleet, image: str, alias: str, prepared: Mapping[str, str], database: str) -> Ship:
    return fleet.start(
        image, alias=alias, port=8000, ready=answers, command=["-d", database], environment=_database(prepared), of_kit=False
    )


def _database(prepared: Mapping[str, str]) -> Mapping[str, str]:
    return {"PGHOST": DATABASE, "PGUSER": USER, "PGPASSWORD": prepared["password"]}


def _readable(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mode = 0o644
    return member
