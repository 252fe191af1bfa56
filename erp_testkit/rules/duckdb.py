"""Running rules on DuckDB: the same text over extracts, as large as one machine holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.domain.ledger import TABLES, Column, Kind, Ledger, Table
from erp_testkit.rules.dialect import DUCKDB_TYPES, duckdb_table
from erp_testkit.rules.rows import in_order
from erp_testkit.rules.rule import Checked, Rule

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_READERS = {".parquet": "read_parquet(?)", ".csv": "read_csv(?, all_varchar = true, header = true)"}
_AT_ONCE = 500


class DuckDbEngine:
    """Runs rules over a ledger, or over an extract: a DuckDB database or a folder of Parquet or CSV files, one per ledger table.

    Times may be timestamps (without a zone they are UTC) or text in the ledger's form.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)

    def check(self, ledger: Ledger) -> tuple[Checked, ...]:
        """Run every rule over a ledger, in the order of the rules."""
        with _connect() as connection:
            needed = {table for rule in self._rules for table in rule.tables} & set(ledger.tables)
            for name in needed:
                connection.execute(duckdb_table(name))
                rows = ledger.tables[name]
                columns = [column.name for column in TABLES[name].columns]
                place = f"({', '.join('?' for _ in columns)})"
                for start in range(0, len(rows), _AT_ONCE):
                    some = rows[start : start + _AT_ONCE]
                    # One statement for many rows: DuckDB takes as long for one row as for hundreds.
                    statement = f"INSERT INTO {name} VALUES {', '.join(place for _ in some)}"  # noqa: S608  # our own names
                    connection.execute(statement, [row[column] for row in some for column in columns])
            return self._run(connection, needed)

    def check_extract(self, extract: Path) -> tuple[Checked, ...]:
        """Run every rule over an extract. Ledger tables that are not in it are missing.

        Raises:
            UsageError: there is no extract, or one of its tables lacks columns.
        """
        with _connect() as connection:
            tables = _views(connection, extract)
            return self._run(connection, tables)

    def _run(self, connection: DuckDBPyConnection, tables: set[str]) -> tuple[Checked, ...]:
        return tuple(_checked(connection, rule, tuple(table for table in rule.tables if table not in tables)) for rule in self._rules)


def _connect() -> DuckDBPyConnection:
    import duckdb  # 0.1 s that runs on SQLite must not pay

    return duckdb.connect(":memory:")


def _checked(connection: DuckDBPyConnection, rule: Rule, missing: tuple[str, ...]) -> Checked:
    import duckdb

    if missing:
        return Checked(rule, missing=missing)
    try:
        cursor = connection.execute(rule.duckdb)
        return Checked(rule, in_order([column[0] for column in cursor.description or ()], cursor.fetchall()))
    except duckdb.Error as error:
        raise UsageError(f"Failed to run rule '{rule.id}' from {rule.file}: expected a query that DuckDB runs, got: {error}.") from error


def _views(connection: DuckDBPyConnection, extract: Path) -> set[str]:
    """Lay the ledger's tables over an extract, and return those that are there."""
    if extract.is_dir():
        sources = {
            file.stem: _READERS[file.suffix].replace("?", _text(str(file))) for file in sorted(extract.iterdir()) if file.suffix in _READERS
        }
    elif extract.is_file():
        connection.execute(f"ATTACH {_text(str(extract))} AS extract (READ_ONLY)")
        names = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'extract'").fetchall()
        sources = {name: f'extract."{name}"' for (name,) in names}
    else:
        raise UsageError(
            f"Failed to read extract {extract}: expected a DuckDB database or a folder of Parquet or CSV files, got nothing of that name."
        )
    there = {name: source for name, source in sources.items() if name in TABLES}
    if not there:
        found = ", ".join(sources) or "no table"
        raise UsageError(f"Failed to read extract {extract}: expected ledger tables, got {found}. {closest(found, TABLES)}")
    for name, source in there.items():
        _view(connection, extract, TABLES[name], source)
    return set(there)


def _view(connection: DuckDBPyConnection, extract: Path, table: Table, source: str) -> None:
    described: list[Any] = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608  # quoted by us
    types = {str(row[0]): str(row[1]) for row in described}
    lacking = [column.name for column in table.columns if column.name not in types]
    if lacking:
        raise UsageError(
            f"Failed to read table '{table.name}' of extract {extract}: expected columns {', '.join(lacking)}, "
            f"got only {', '.join(types)}. Next: see docs/ledger.md"
        )
    columns = ", ".join(f'{_read_as(column, types[column.name])} AS "{column.name}"' for column in table.columns)
    connection.execute(f"CREATE VIEW {table.name} AS SELECT {columns} FROM {source}")  # noqa: S608  # checked names


def _read_as(column: Column, kind: str) -> str:
    """Write what turns an extract's value into the ledger's form of it."""
    if column.kind is Kind.TIME and kind.startswith("TIMESTAMP"):
        return f"strftime(make_timestamp(epoch_us(\"{column.name}\")), '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f'CAST("{column.name}" AS {DUCKDB_TYPES[column.kind]})'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
