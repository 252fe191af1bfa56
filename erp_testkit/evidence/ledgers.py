"""The ledgers of a run as Parquet: one file for each ledger table, with the rows of all scenarios and the test each belongs to.

DuckDB writes and reads it. Where that is not installed, the ledgers stay in the run as the lines they were written as; whoever
merges or compares the run has it, and reads them there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from erp_testkit import extras
from erp_testkit.domain.ledger import TABLES, Kind, Table
from erp_testkit.evidence.redaction import REDACTED

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LINES = "ledgers-*.jsonl"
"""What the processes of a run write; each line the ledger of one test."""
FOLDER = "ledgers"
_TYPES = {
    Kind.QUANTITY: "DECIMAL(38,6)",
    Kind.MONEY: "DECIMAL(38,6)",
    Kind.TIME: "TIMESTAMPTZ",
    Kind.DATE: "DATE",
    Kind.INTEGER: "BIGINT",
    Kind.FLAG: "BIGINT",
}
_LONGEST = 1 << 30
"""Bytes of the longest line that is read."""


def to_parquet(run: Path) -> None:
    """Turn a run's ledger lines into Parquet and remove them, where DuckDB is installed.

    Raises:
        OSError: there is no room.
    """
    sources = sorted(run.glob(LINES))
    if not sources or not extras.has("duckdb"):
        return
    import duckdb  # 0.1 s that a run without ledgers must not pay

    (run / FOLDER).mkdir()
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute("SET preserve_insertion_order = true")
            _read(connection, sources)
            for table in TABLES.values():
                _write(connection, table, run / FOLDER / f"{table.name}.parquet")
    except duckdb.IOException as error:
        raise OSError(str(error)) from error
    for source in sources:
        source.unlink()


def join(runs: Iterable[Path], target: Path) -> None:
    """Write the ledgers of several runs into one; what one of them could not answer for, it adds nothing to.

    Raises:
        OSError: there is no room.
    """
    files: dict[str, list[str]] = {}
    for run in runs:
        for file in sorted((run / FOLDER).glob("*.parquet")):
            files.setdefault(file.name, []).append(str(file))
    if not files:
        return
    extras.require("report", "merge ledgers")
    import duckdb  # 0.1 s that a run without ledgers must not pay

    (target / FOLDER).mkdir()
    try:
        with duckdb.connect(":memory:") as connection:
            for name, sources in files.items():
                connection.read_parquet(sources).write_parquet(str(target / FOLDER / name), compression="zstd")
    except duckdb.IOException as error:
        raise OSError(str(error)) from error


@contextmanager
def opened(run: Path) -> Iterator[DuckDBPyConnection | None]:
    """Open the ledgers of a run: a view for each table the ERP could answer for, with the test of each row as ``node``.

    Yields:
        The connection; None where the run has no ledgers.

    Raises:
        EnvironmentFailure: DuckDB is not installed.
    """
    files, lines = sorted((run / FOLDER).glob("*.parquet")), sorted(run.glob(LINES))
    if not files and not lines:
        yield None
        return
    extras.require("report", "read ledgers")
    import duckdb  # 0.1 s that a run without ledgers must not pay

    with duckdb.connect(":memory:") as connection:
        for file in files:
            connection.execute(f"CREATE VIEW \"{file.stem}\" AS SELECT * FROM read_parquet('{_quoted(file)}')")  # noqa: S608  # quoted
        if lines:
            _read(connection, lines)
            for table in filter(lambda table: _has(connection, table), TABLES.values()):
                connection.execute(f'CREATE VIEW "{table.name}" AS {_select(table)}')
        yield connection


def _read(connection: DuckDBPyConnection, sources: list[Path]) -> None:
    tables = ", ".join(f'"{table.name}" STRUCT({_columns(table)})[]' for table in TABLES.values())
    columns = f"{{node: 'VARCHAR', tables: 'STRUCT({tables})'}}"
    reader = f"read_json(?, format = 'newline_delimited', maximum_object_size = {_LONGEST}, columns = {columns})"
    connection.execute(f"CREATE TEMP TABLE ledgers AS FROM {reader}", [[str(source) for source in sources]])


def _columns(table: Table) -> str:
    return ", ".join(f'"{column.name}" VARCHAR' for column in table.columns)


def _write(connection: DuckDBPyConnection, table: Table, target: Path) -> None:
    if _has(connection, table):
        connection.execute(f"COPY ({_select(table)}) TO '{_quoted(target)}' (FORMAT parquet, COMPRESSION zstd)")


def _has(connection: DuckDBPyConnection, table: Table) -> bool:
    """Say whether the ERP could answer for a table, which is not the same as having rows."""
    there = connection.execute(f'SELECT count(tables."{table.name}") FROM ledgers').fetchone()  # noqa: S608  # our own names
    return bool(there and there[0])


def _select(table: Table) -> str:
    columns = ", ".join(
        f'row."{column.name}" AS "{column.name}"'
        if column.kind is Kind.TEXT
        else f'TRY_CAST(nullif(row."{column.name}", \'{REDACTED}\') AS {_TYPES[column.kind]}) AS "{column.name}"'
        for column in table.columns
    )
    return f'SELECT node, {columns} FROM (SELECT node, unnest(tables."{table.name}") AS row FROM ledgers)'  # noqa: S608  # our own names


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")
