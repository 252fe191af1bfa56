"""Connecting the reference ERP to its database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, JSON, BindParameter, Boolean, Connection, Engine, Row, Select, Text, bindparam, create_engine, event
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_READS = {"reads_only": True}


def open_engine(url: str) -> Engine:
    """Return an engine for a database address, such as ``postgresql://…`` or ``sqlite:///file``."""
    if url.startswith("sqlite"):
        return _sqlite(url)
    # libpq's own address form, which may name a socket folder. The connection used last has its statements prepared: take it first.
    address = f"postgresql+psycopg://{url.partition('://')[2]}"
    # Pinged, because the server may have been restarted since.
    pool: Mapping[str, Any] = {"pool_size": 10, "max_overflow": 40, "pool_use_lifo": True, "pool_pre_ping": True}
    return create_engine(address, connect_args={"prepare_threshold": 2}, **pool)


def reading(engine: Engine, *, snapshot: bool = False) -> Connection:
    """Connect for reading only: each statement by itself, or all of them as of one moment."""
    if engine.dialect.name == "sqlite":
        return engine.connect().execution_options(**_READS)
    return engine.connect().execution_options(isolation_level="REPEATABLE READ" if snapshot else "AUTOCOMMIT")


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
    with driver.pipeline():
        written = {name: _written(query) for name, query in queries.items()}
        cursors = {name: driver.execute(str(query), query.construct_params(parameters)) for name, query in written.items()}
        return {name: cursor.fetchall() for name, cursor in cursors.items()}


@cache
def _written(query: Select[Any]) -> SQLCompiler:
    compiled: SQLCompiler = query.compile(dialect=psycopg.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy does not type it
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
