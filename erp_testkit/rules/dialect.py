"""Understanding a rule's query, and carrying it to the dialect of an engine.

sqlglot does the work. Importing it and carrying all shipped rules takes seconds, so what was learned about a query is kept on disk: a
start that finds every rule there never imports it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from erp_testkit import extras
from erp_testkit.domain.errors import closest
from erp_testkit.domain.ledger import TABLES, VIEWS, Table
from erp_testkit.rules.mistakes import Mistake, line_of
from erp_testkit.rules.rows import product
from erp_testkit.rules.schema import DUCKDB, SQLITE, create, create_view
from erp_testkit.rules.subjects import BECAUSE, HOLDS, SINCE

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

    from erp_testkit.rules.types import Types


READABLE: dict[str, Table] = {**TABLES, **VIEWS}
"""What a rule may read."""
_TYPES = {
    "VARCHAR": "text",
    "BOOLEAN": "truth value",
    "TIMESTAMP": "time",
    "DATE": "date",
    "DECIMAL": "figure",
    "TINYINT": "whole number",
    "SMALLINT": "whole number",
    "INTEGER": "whole number",
    "BIGINT": "whole number",
    "HUGEINT": "whole number",
}
"""What DuckDB calls the types a rule may yield."""
_RESERVED = {HOLDS: "truth value", SINCE: "time", BECAUSE: "text"}


@dataclass(frozen=True, slots=True)
class Carried:
    """What is known of a query once it was understood."""

    tables: tuple[str, ...]
    """Ledger tables without which it cannot be answered."""
    columns: tuple[tuple[str, str], ...]
    """What it yields: name and type, which is text, whole number, figure, truth value, time, date or nothing."""
    sqlite: str
    duckdb: str


class Carrier:
    """Understands queries, and remembers them in a folder.

    Args:
        folder: where to keep what was learned; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder / "rules" if folder else None

    def carry(self, sql: str) -> Carried:
        """Check a query and carry it.

        Raises:
            Mistake: it is not one query over the ledger that yields subjects, or engines would not count it alike.
        """
        if self._folder is None:
            return _carry(sql)
        file = self._folder / f"{hashlib.sha256((_context() + sql).encode()).hexdigest()[:32]}.json"
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            columns = tuple((str(name), str(kind)) for name, kind in kept["columns"])
            return Carried(tuple(kept["tables"]), columns, kept["sqlite"], kept["duckdb"])
        except (OSError, ValueError, KeyError):  # not there, or cut off: learn it again
            carried = _carry(sql)
            # A folder that cannot be written, or a full disk, costs the next start a second and nothing else.
            with suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                # Several workers may start at once: write aside and rename, so that nobody reads half a file.
                aside = file.with_suffix(f".{os.getpid()}")
                aside.write_text(json.dumps(asdict(carried)), encoding="utf-8")
                aside.replace(file)
            return carried


@cache
def _context() -> str:
    """Return all that the outcome depends on beside the query itself."""
    code = "".join(file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("*.py")))
    schema = "".join([*(create(table, DUCKDB) for table in TABLES.values()), *(view.sql for view in VIEWS.values())])
    return f"{version('sqlglot')}\n{version('duckdb') if extras.has('duckdb') else ''}\n{sqlite3.sqlite_version}\n{code}\n{schema}\n"


def _carry(sql: str) -> Carried:
    query = _parse(sql)
    readable = _readable(query)
    _check_names(query, sql)
    qualified = _qualified(query, readable)
    _check_form(query, sql)

    from erp_testkit.rules import exact, unknowns  # with sqlglot: a warm start must not pay
    from erp_testkit.rules.types import Types

    types = Types(qualified)
    exact.check(qualified, types)
    unknowns.check(qualified, types)
    columns = _columns(types, sql)
    other = qualified.copy()
    duckdb = exact.for_duckdb(qualified, types)
    sqlite = exact.for_sqlite(other, Types(other))
    if extras.has("duckdb"):
        _check_on_duckdb(duckdb, columns, sql)
    try:
        _empty_sqlite().execute(f"EXPLAIN {sqlite}")
    except sqlite3.Error as error:
        raise Mistake(_first_line(sql), f"expected a query that SQLite understands too, got '{error}' for: {sqlite}") from error
    needs = {need for name in readable for need in (VIEWS[name].needs if name in VIEWS else (name,))}
    return Carried(tuple(sorted(needs)), columns, sqlite, duckdb)


@cache
def _empty_sqlite() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.create_function("product", 2, product, deterministic=True)
    for table in TABLES.values():
        connection.execute(create(table, SQLITE))
    for view in VIEWS.values():
        connection.execute(create_view(view))
    return connection


@cache
def _empty_duckdb() -> DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(":memory:")
    for table in TABLES.values():
        connection.execute(create(table, DUCKDB))
    for view in VIEWS.values():
        connection.execute(create_view(view))
    return connection


def _parse(sql: str) -> exp.Query:
    import sqlglot  # 0.2 s that a warm start must not pay
    from sqlglot import exp

    try:
        statements = [statement for statement in sqlglot.parse(sql, read="duckdb") if statement is not None]
    except sqlglot.errors.SqlglotError as error:
        at = getattr(error, "errors", None) or [{"line": _first_line(sql), "highlight": str(error)}]
        raise Mistake(at[0]["line"], f"expected a query in DuckDB's dialect, got something else at '{at[0]['highlight']}'.") from error
    if len(statements) != 1:
        raise Mistake(_first_line(sql), f"expected one SELECT after the header, got {len(statements)} statements.")
    if not isinstance(statements[0], exp.Query):
        raise Mistake(_first_line(sql), f"expected one SELECT after the header, got {statements[0].key.upper()}.")
    return statements[0]


def _readable(query: exp.Query) -> tuple[str, ...]:
    """Return the tables and views a query reads."""
    from sqlglot import exp

    named = {table.alias for table in query.find_all(exp.CTE)}
    used = [table for table in query.find_all(exp.Table) if table.name not in named]
    for table in used:
        if table.name not in READABLE or table.db:
            raise Mistake(
                line_of(table), f"expected a ledger table, got '{table.sql('duckdb', comments=False)}'. {closest(table.name, READABLE)}"
            )
    if not used:
        raise Mistake(1, "expected a query over the ledger's tables, got none of them. See: erp-testkit docs ledger")
    return tuple(sorted({table.name for table in used}))


def _qualified(query: exp.Query, readable: tuple[str, ...]) -> exp.Query:
    """Return the query with the table of each column named."""
    from sqlglot import exp
    from sqlglot.errors import OptimizeError
    from sqlglot.optimizer.qualify import qualify

    schema: dict[str, object] = {name: {column.name: DUCKDB[column.kind] for column in table.columns} for name, table in READABLE.items()}
    try:
        qualified = qualify(query.copy(), schema=schema, dialect="duckdb", quote_identifiers=False)
    except OptimizeError as error:
        found = re.search(r"Column '\"?(\w+)|Unknown column: \"?(\w+)", str(error))
        if found is None:
            raise Mistake(1, f"expected a query in DuckDB's dialect, got: {error}") from error
        name = found[1] or found[2]
        line = next((line_of(column) for column in query.find_all(exp.Column) if column.name == name), 1)
        having = [table for table in readable if any(column.name == name for column in READABLE[table].columns)]
        if len(having) > 1:
            raise Mistake(line, f"expected a table in front of column '{name}', got none: {' and '.join(having)} have it.") from error
        columns = {column.name for table in readable for column in READABLE[table].columns}
        raise Mistake(line, f"expected a column of {', '.join(readable)}, got '{name}'. {closest(name, columns)}") from error
    assert isinstance(qualified, exp.Query)
    return qualified


def _check_names(query: exp.Query, sql: str) -> None:
    """Refuse columns that a reader of the rows, or another engine, could not name."""
    names = query.named_selects
    if "" in names:
        raise Mistake(_first_line(sql), f"expected a name (AS ...) for each column, got none for column {names.index('') + 1}.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Mistake(
            _first_line(sql), f"expected columns with names of their own, got '{twice}' twice. Next: give one another name with AS."
        )


def _check_form(query: exp.Query, sql: str) -> None:
    """Refuse a query that does not yield subjects."""
    names = query.named_selects
    if HOLDS not in names:
        raise Mistake(
            _first_line(sql),
            "expected every subject the rule judges, with a column 'holds' that is TRUE where it is kept, FALSE where it is violated and "
            f"NULL where that is unknown, got {', '.join(names)}. Next: take the condition that finds violations out of WHERE or HAVING "
            "and write NOT (…) AS holds behind the columns that name the subject. See: erp-testkit docs rules",
        )
    if names[0] == HOLDS:
        raise Mistake(_first_line(sql), "expected columns that name the subject before 'holds', got none.")
    early = next((name for name in names[: names.index(HOLDS)] if name in (SINCE, BECAUSE)), None)
    if early:
        raise Mistake(_first_line(sql), f"expected '{early}' behind 'holds', got it among the columns that name the subject.")


def _columns(types: Types, sql: str) -> tuple[tuple[str, str], ...]:
    """Return what the query yields."""
    from erp_testkit.rules.types import Type

    for name, type_ in types.columns:
        wanted = _RESERVED.get(name, type_)
        if type_ not in (wanted, Type.NOTHING) or type_ is Type.INTERVAL:
            raise Mistake(_first_line(sql), f"expected a {wanted} in column '{name}', got a {type_}.")
    return tuple((name, str(type_)) for name, type_ in types.columns)


def _check_on_duckdb(duckdb: str, columns: tuple[tuple[str, str], ...], sql: str) -> None:
    """Let DuckDB look at all types, which it does closer than we can."""
    import duckdb as engine

    try:
        described = _empty_duckdb().execute(f"DESCRIBE {duckdb}").fetchall()
    except engine.Error as error:
        text = str(error).partition("\n")[0]
        raise Mistake(_first_line(sql), f"expected a query that DuckDB runs, got: {text}") from error
    for (name, ours), (_, theirs, *_) in zip(columns, described, strict=True):
        type_ = _TYPES.get(str(theirs).partition("(")[0])
        if type_ is None:
            raise Mistake(_first_line(sql), f"expected text, numbers, times, dates or truth values, got {theirs} in column '{name}'.")
        if ours != type_ and {ours, type_} & {"figure", "time", "date", "truth value"}:
            raise Mistake(_first_line(sql), f"expected a column that is plainly a {type_}, got {theirs} in column '{name}'. Next: CAST it.")


def _first_line(sql: str) -> int:
    """Return the number of the first line that is no comment, or of the last line where all are."""
    lines = sql.rstrip("\n").split("\n")
    return next((number for number, line in enumerate(lines, start=1) if line.strip() and not line.startswith("--")), len(lines) or 1)
