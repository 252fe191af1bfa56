"""Running rules on DuckDB: the same text over extracts, as large as one machine holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_testkit import extras
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.domain.ledger import TABLES, VIEWS, Column, Kind, Ledger, Row, Table, Value
from erp_testkit.rules.rows import INTO_SQLITE, in_order, out_of_duckdb
from erp_testkit.rules.rule import Checked, Rule, Scope, in_scope
from erp_testkit.rules.schema import DUCKDB, FIGURES, create, create_view
from erp_testkit.rules.subjects import BECAUSE, HOLDS, SHOWN_UNKNOWN, SINCE, UNKNOWN

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_READERS = {".parquet": "read_parquet(?)", ".csv": "read_csv(?, all_varchar = true, header = true)"}
_AT_ONCE = 500


class DuckDbEngine:
    """Runs rules over a ledger, or over an extract: a DuckDB database or a folder of Parquet or CSV files, one per ledger table.

    Times of an extract may be timestamps (without a zone they are UTC) or text in the ledger's form.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)

    def check(self, ledger: Ledger) -> tuple[Checked, ...]:
        """Run every rule over a scenario's ledger, in the order of the rules.

        Raises:
            UsageError: a row lacks a value, or has it in another form than the ledger's.
        """
        rules = in_scope(self._rules, Scope.SCENARIO)
        with _connect() as connection:
            there = _readable(rules) & set(ledger.tables)
            for name in there:
                _fill(connection, TABLES[name], ledger.tables[name])
            _create_views(connection, there)
            return tuple(_checked(connection, rule, there, lag=False) for rule in rules)

    def check_extract(self, extract: Path) -> tuple[Checked, ...]:
        """Run every rule over an extract. Ledger tables that are not in it are missing.

        Raises:
            UsageError: there is no extract, or one of its tables lacks columns or values.
        """
        rules = in_scope(self._rules, Scope.DATA)
        with _connect() as connection:
            there = _views(connection, extract)
            _create_views(connection, there)
            return tuple(_checked(connection, rule, there, lag=True) for rule in rules)


def _connect() -> DuckDBPyConnection:
    extras.require("report", "check an extract")
    import duckdb  # 0.1 s that runs on SQLite must not pay

    connection = duckdb.connect(":memory:")
    connection.execute("SET error_on_division_by_zero = false; SET TimeZone = 'UTC'")
    return connection


def _readable(rules: Iterable[Rule]) -> set[str]:
    used = {table for view in VIEWS.values() for table in view.uses}
    return {table for rule in rules for table in rule.tables} | used


def _fill(connection: DuckDBPyConnection, table: Table, rows: Sequence[Row]) -> None:
    import duckdb

    connection.execute(create(table, DUCKDB))
    # A figure goes in as text, and is NULL where it is too large.
    places = ", ".join(f"TRY_CAST(? AS {DUCKDB[column.kind]})" if column.kind in FIGURES else "?" for column in table.columns)
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        # One statement for many rows: DuckDB takes as long for one row as for hundreds.
        statement = f"INSERT INTO {table.name} VALUES {', '.join(f'({places})' for _ in some)}"  # noqa: S608  # our own names
        try:
            connection.execute(statement, [_into(column, row[column.name]) for row in some for column in table.columns])
        except ValueError as error:
            raise UsageError(f"Failed to read ledger table '{table.name}': {error}.") from error
        except duckdb.Error as error:
            raise UsageError(f"Failed to read ledger table '{table.name}': {str(error).partition(chr(10))[0]}.") from error


def _into(column: Column, value: Value) -> Value:
    if value is None:
        return None
    if column.kind in FIGURES:
        return f"{value:f}"
    check = INTO_SQLITE.get(column.kind)
    if check is not None:
        check(value)  # DuckDB reads other forms too, and not as they were meant
    return value


def _create_views(connection: DuckDBPyConnection, there: Collection[str]) -> None:
    for view in VIEWS.values():
        if all(name in there for name in view.needs):
            for name in view.uses:
                if name not in there:
                    connection.execute(create(TABLES[name], DUCKDB).replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
            connection.execute(create_view(view))


def _checked(connection: DuckDBPyConnection, rule: Rule, there: Collection[str], *, lag: bool) -> Checked:
    import duckdb

    missing = tuple(table for table in rule.tables if table not in there)
    if missing:
        return Checked(rule, missing=missing)
    try:
        groups = connection.execute(_judging(rule, lag=lag)).fetchall()
    except duckdb.Error as error:
        return Checked(rule, error=str(error).partition("\n")[0])
    counts = {"kept": 0, "in flight": 0}
    violations: list[Row] = []
    unknown: dict[str, int] = {}
    unknown_rows: list[Row] = []
    for verdict, why, count, rows in groups:
        read = [{name: out_of_duckdb(value) for name, value in row.items()} for row in rows or ()]
        if verdict == "violated":
            violations += read
        elif verdict == "unknown":
            unknown[why] = count
            unknown_rows += [{**row, BECAUSE: why} for row in read]
        else:
            counts[verdict] = count
    return Checked(
        rule, counts["kept"], in_order(violations), unknown, in_order(unknown_rows)[:SHOWN_UNKNOWN], in_flight=counts["in flight"]
    )


def _judging(rule: Rule, *, lag: bool) -> str:
    """Return a query that counts a rule's subjects by verdict in one pass, and keeps the rows of those that are not kept."""
    names = [name for name, _ in rule.columns]
    shown = ", ".join(f'"{name}" := "{name}"' for name in names if name not in (HOLDS, BECAUSE))
    young = "FALSE"
    if lag and rule.lag is not None:
        limit = f"(SELECT MAX(read_at) FROM run) - INTERVAL {int(rule.lag.total_seconds())} SECOND"  # noqa: S608  # a number
        young = f"COALESCE({SINCE} > {limit}, FALSE)"
    because = f"COALESCE({BECAUSE}, '{UNKNOWN}')" if BECAUSE in names else f"'{UNKNOWN}'"
    return f"""
        WITH subjects AS (
          SELECT CASE WHEN {young} THEN 'in flight' WHEN holds THEN 'kept' WHEN NOT holds THEN 'violated' ELSE 'unknown' END AS verdict,
            {because} AS why, struct_pack({shown}) AS subject
          FROM ({rule.duckdb})
        ),
        judged AS (SELECT verdict, CASE WHEN verdict = 'unknown' THEN why END AS why, subject FROM subjects)
        SELECT verdict, why, COUNT(*), COALESCE(
          LIST(subject) FILTER (WHERE verdict = 'violated'), MIN(subject, {SHOWN_UNKNOWN}) FILTER (WHERE verdict = 'unknown'))
        FROM judged GROUP BY verdict, why
    """  # noqa: S608  # our own names


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
            f"got only {', '.join(types)}. Next: erp-testkit docs ledger"
        )
    columns = ", ".join(f'{_read_as(column, types[column.name])} AS "{column.name}"' for column in table.columns)
    connection.execute(f"CREATE VIEW {table.name} AS SELECT {columns} FROM {source}")  # noqa: S608  # checked names
    _check_values(connection, extract, table)


def _check_values(connection: DuckDBPyConnection, extract: Path, table: Table) -> None:
    """Refuse a table whose rows lack what every row must have."""
    needed = [column.name for column in table.columns if not column.optional and column.kind not in FIGURES]
    counted = ", ".join(f'COUNT(*) - COUNT("{name}")' for name in needed)
    (lacking,) = connection.execute(f"SELECT {counted} FROM {table.name}").fetchall()  # noqa: S608  # our own names
    for name, rows in zip(needed, lacking, strict=True):
        if rows:
            raise UsageError(
                f"Failed to read table '{table.name}' of extract {extract}: expected a value in column '{name}', got none in {rows} rows. "
                "Next: erp-testkit docs ledger"
            )


def _read_as(column: Column, kind: str) -> str:
    """Write what turns an extract's value into the ledger's type."""
    if column.kind is Kind.TIME and kind == "TIMESTAMP WITH TIME ZONE":
        return f"timezone('UTC', \"{column.name}\")"
    return f'{"TRY_CAST" if column.kind in FIGURES else "CAST"}("{column.name}" AS {DUCKDB[column.kind]})'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
