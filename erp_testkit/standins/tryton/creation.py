"""Making the template database once, and keeping it as a dump.

The first creation takes one to two minutes: Tryton installs its modules. Half of that would be one bad plan of PostgreSQL, made while its
catalogue has no statistics; so the catalogue is analyzed all the while.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.erp.tryton.rpc import Rpc
from erp_testkit.standins.postgres import PostgresServer
from erp_testkit.standins.tryton import seed
from erp_testkit.standins.tryton.programs import MODULES, Server, configuration, environment, program, versions

_ANALYZE = "analyze pg_constraint, pg_depend, pg_attribute, pg_class"


class Template:
    """The seeded database every worker's is cloned from.

    Args:
        postgres: the server it is on.
        state: the project's state folder; the dump is kept in its ``cache``.
    """

    prefix = "tryton_"
    """What the names of its versions begin with."""

    def __init__(self, postgres: PostgresServer, state: Path) -> None:
        self.name = f"{self.prefix}{digest_of(self._versions())}"
        self._postgres = postgres
        self._folder = state / "tryton"
        self._dump = state / "cache" / f"{self.name}.dump"

    def ensure(self) -> None:
        """Create it, restore it or find it, whichever is quickest; only one process at a time."""
        self._dump.parent.mkdir(parents=True, exist_ok=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._dump.parent / "tryton.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._postgres.exists(self.name):
                return
            # made under another name, so that an interrupted creation is never taken for a whole one
            making = f"{self.name}_making"
            self._postgres.drop(making)
            if self._dump.exists():
                self._postgres.restore(self._dump, making)
            else:
                self._create(making)
            self._postgres.rename(making, self.name)

    def _create(self, database: str) -> None:
        click.echo("Creating the Tryton database (once; one to two minutes) ...", err=True)
        started = time.monotonic()
        self._postgres.create(database)
        with _repeated(2, self._analyze(database)), _repeated(10, lambda: _progress(started)):
            self._install(database)
        _progress(started, ": modules installed; entering company, accounts, warehouse, users")
        self._seed(database)
        part = self._dump.with_suffix(".part")
        self._postgres.dump(database, part)
        part.rename(self._dump)
        self._drop_outdated()
        _progress(started, f": done, kept in {self._dump}")

    def _drop_outdated(self) -> None:
        """Drop the databases of other versions of Tryton or of the seed."""
        for dump in self._dump.parent.glob(f"{self.prefix}*.dump"):
            if dump != self._dump:
                self._postgres.drop(dump.stem)
                dump.unlink()

    def _install(self, database: str) -> None:
        file = configuration(self._folder, database, "127.0.0.1:0")
        log = self._folder / f"{database}.log"
        with tempfile.NamedTemporaryFile("w", dir=self._folder, encoding="utf-8") as password, log.open("wb") as output:
            password.write(seed.ADMIN.password)
            password.flush()
            command = [*program("trytond.cli.admin"), "-c", str(file), "-d", database, "--activate-dependencies", "-u", "ir", *MODULES]
            done = subprocess.run(
                [*command, "--email", "admin@example.com"],
                env=environment(self._postgres.uri, TRYTONPASSFILE=password.name),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
        file.unlink()
        if done.returncode:
            raise EnvironmentFailure(
                f"Failed to create the Tryton database: expected exit code 0 of trytond-admin, got {done.returncode}. Next: see {log}"
            )

    def _versions(self) -> Mapping[str, str]:
        return versions()

    def _seed(self, database: str) -> None:
        with self._serving(database) as url:
            rpc = Rpc(url, database=database, user=seed.ADMIN, role="administrator", timeout_seconds=120, on_exchange=lambda _: None)
            seed.seed(rpc)
            rpc.close()

    @contextmanager
    def _serving(self, database: str) -> Iterator[str]:
        server = Server(self._folder, database, self._postgres.uri)
        try:
            server.wait()
            yield server.url
        finally:
            server.stop()

    def _analyze(self, database: str) -> Callable[[], None]:
        import psycopg  # only where a database is created

        def analyze() -> None:
            with psycopg.connect(self._postgres.uri_of(database), autocommit=True) as connection:
                connection.execute(_ANALYZE)

        return analyze


def digest_of(made_with: Mapping[str, str]) -> str:
    """Return twelve digits that change with what a template is made with, and with what is entered into it."""
    parts = {"versions": made_with, "modules": MODULES, "seed": Path(seed.__file__).read_text(encoding="utf-8")}
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


@contextmanager
def _repeated(seconds: float, action: Callable[[], None]) -> Iterator[None]:
    """Do something every few seconds in the background."""
    done = threading.Event()

    def repeat() -> None:
        while not done.wait(seconds):
            action()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _progress(started: float, what: str = "") -> None:
    click.echo(f"  {time.monotonic() - started:.0f} s{what}", err=True)
