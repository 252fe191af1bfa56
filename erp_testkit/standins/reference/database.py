"""Connecting the reference ERP to its database."""

from __future__ import annotations

import logging
import select
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from sqlalchemy import ARRAY, JSON, BindParameter, Boolean, Connection, Engine, Row, Select, Text, bindparam, create_engine, event
from sqlalchemy.dialects.postgresql import psycopg as dialect
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_READS = {"reads_only": True}
_ROWLESS = ("INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT")
_PIPELINES = logging.getLogger("psycopg")
_PIPELINES.setLevel(logging.ERROR)  # what is left in a pipeline when a block fails is of no interest


def open_engine(url: str) -> Engine:
    """Return an engine for a database address, such as ``postgresql://…`` or ``sqlite:///file``."""
    if url.startswith("sqlite"):
        return _sqlite(url)
    # libpq's own address form, which may name a socket folder. The connection used last has its statements prepared: take it first.
    address = f"postgresql+psycopg://{url.partition('://')[2]}"
    pool: Mapping[str, Any] = {"pool_size": 10, "max_overflow": 40, "pool_use_lifo": True}
    connection = {
        "prepare_threshold": 0,
        "cursor_factory": _Cursor,
        # Our statements find rows by their keys, whatever the values are: a plan that was made once is as good as a new one.
        "options": "-c plan_cache_mode=force_generic_plan -c jit=off",
    }
    engine = create_engine(address, isolation_level="AUTOCOMMIT", connect_args=connection, **pool)

    @event.listens_for(engine, "connect")
    def _connected(driver: Any, _record: Any) -> None:
        driver.prepared_max = 1000

    @event.listens_for(engine, "checkout")
    def _taken(driver: Any, _record: Any, _proxy: Any) -> None:
        # A server that was stopped meanwhile has hung up, and that can be heard; asking it would be a round trip for each request.
        if driver.closed or _readable(driver.fileno()):
            raise InvalidatePoolError

    return engine


def _readable(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


class _Cursor(psycopg.Cursor[Any]):
    """Within a pipeline, waits for rows only: what goes wrong with another statement is reported by the next that waits, or the commit."""

    def execute(self, query: Any, *given: Any, **options: Any) -> Any:
        """Send a statement."""
        super().execute(query, *given, **options)
        if "RETURNING" in query or not query.startswith(_ROWLESS):
            self._fetch_pipeline()  # no public method only waits
        return self


def reading(engine: Engine) -> Connection:
    """Connect for reading only, each statement by itself."""
    connection = engine.connect()
    return connection.execution_options(**_READS) if engine.dialect.name == "sqlite" else connection


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Connect for reading only, all as of one moment."""
    if engine.dialect.name == "sqlite":
        with reading(engine) as connection:
            yield connection
    else:
        with _transaction(engine, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as connection:
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Connect for one transaction: all that is done in the block, or nothing if it raises.

    On PostgreSQL a statement that returns no rows is sent and not waited for, so what the database has against it may be raised by a later
    one, or at the end. Who needs to know at once lets it return something.
    """
    if engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            yield connection
    else:
        with _transaction(engine, "BEGIN") as connection:
            yield connection


@contextmanager
def _transaction(engine: Engine, begin: str) -> Iterator[Connection]:
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        try:
            with driver.pipeline():
                driver.execute(begin)
                yield connection
                driver.execute("COMMIT")
        except BaseException as error:
            if not driver.closed:
                driver.pgconn.exec_(b"ROLLBACK")  # past psycopg, which would forget all prepared statements
            if isinstance(error, psycopg.Error):
                raise DBAPIError.instance("COMMIT", None, error, psycopg.Error, dialect=engine.dialect) from error
            raise


class among(FunctionElement[bool]):  # noqa: N801  # used like SQLAlchemy's own functions
    """``among(column, codes("items"))``: an ``in`` whose text is the same for any number of codes, so that it is prepared once."""

    inherit_cache = True
    type = Boolean()


@compiles(among, "postgresql")
def _among_array(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, wanted = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = any({wanted})"


@compiles(among, "sqlite")
def _among_json(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, wanted = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} in (select value from json_each({wanted}))"  # noqa: S608  # written by the compiler, values stay places


def codes(name: str) -> BindParameter[Any]:
    """Return the place of a list of codes in a statement."""
    return bindparam(name, type_=ARRAY(Text).with_variant(JSON(), "sqlite"))


def fetch_together(
    connection: Connection, queries: Mapping[str, Select[Any]], parameters: Mapping[str, Any]
) -> dict[str, Sequence[Row[Any]]]:
    """Run several queries; on PostgreSQL all of them in one round trip, in the transaction the connection is in."""
    if connection.dialect.name == "sqlite":
        return {name: connection.execute(query, parameters).all() for name, query in queries.items()}
    driver: Any = connection.connection.driver_connection
    written = {name: _written(query) for name, query in queries.items()}
    cursors = {name: psycopg.Cursor(driver) for name in queries}
    with driver.pipeline():
        for name, query in written.items():
            cursors[name].execute(query.string, query.construct_params(parameters))
    return {name: cursor.fetchall() for name, cursor in cursors.items()}


@cache
def _written(query: Select[Any]) -> SQLCompiler:
    compiled: SQLCompiler = query.compile(dialect=dialect.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy does not type it
    return compiled


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, poolclass=QueuePool, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself: it does so too late for our locks.
        connection.isolation_level = None
        for pragma in ("foreign_keys = on", "journal_mode = wal", "synchronous = off"):
            connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # One writer at a time stands in for the row locks that SQLite has not.
        connection.exec_driver_sql("begin" if _READS.items() <= connection.get_execution_options().items() else "begin immediate")

    return engine
