"""The ledgers of a run as Parquet: one file for each ledger table, with the rows of all scenarios and the test each belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

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
    """Turn a run's ledger lines into Parquet and remove them.

    Raises:
        OSError: there is no room.
    """
    sources = sorted(run.glob(LINES))
    if not sources:
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
    import duckdb  # 0.1 s that a run without ledgers must not pay

    (target / FOLDER).mkdir()
    try:
        with duckdb.connect(":memory:") as connection:
            for name, sources in files.items():
                connection.read_parquet(sources).write_parquet(str(target / FOLDER / name), compression="zstd")
    except duckdb.IOException as error:
        raise OSError(str(error)) from error


def _read(connection: DuckDBPyConnection, sources: list[Path]) -> None:
    tables = ", ".join(f'"{table.name}" STRUCT({_columns(table)})[]' for table in TABLES.values())
    columns = f"{{node: 'VARCHAR', tables: 'STRUCT({tables})'}}"
    reader = f"read_json(?, format = 'newline_delimited', maximum_object_size = {_LONGEST}, columns = {columns})"
    connection.execute(f"CREATE TEMP TABLE ledgers AS FROM {reader}", [[str(source) for source in sources]])


def _columns(table: Table) -> str:
    return ", ".join(f'"{column.name}" VARCHAR' for column in table.columns)


def _write(connection: DuckDBPyConnection, table: Table, target: Path) -> None:
    rows = f'tables."{table.name}"'
    there = connection.execute(f"SELECT count({rows}) FROM ledgers").fetchone()  # noqa: S608
    if not there or not there[0]:
        return  # the ERP cannot answer for it, which is not the same as having no rows
    columns = ", ".join(
        f'row."{column.name}" AS "{column.name}"'
        if column.kind is Kind.TEXT
        else f'TRY_CAST(nullif(row."{column.name}", \'{REDACTED}\') AS {_TYPES[column.kind]}) AS "{column.name}"'
        for column in table.columns
    )
    connection.execute(
        f"COPY (SELECT node, {columns} FROM (SELECT node, unnest({rows}) AS row FROM ledgers)) "  # noqa: S608
        f"TO '{str(target).replace(chr(39), chr(39) * 2)}' (FORMAT parquet, COMPRESSION zstd)"
    )
