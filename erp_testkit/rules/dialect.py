"""Understanding a rule's query, and carrying it to the dialect of an engine.

sqlglot does the work. Importing it and carrying all shipped rules takes most of a second, so what was learned about a query is kept on
disk: a start that finds every rule there never imports it.
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

from erp_testkit.domain.errors import closest
from erp_testkit.domain.ledger import TABLES, Kind

if TYPE_CHECKING:
    from sqlglot import exp

SQLITE_TYPES = {
    Kind.TEXT: "TEXT",
    Kind.QUANTITY: "REAL",
    Kind.MONEY: "REAL",
    Kind.TIME: "TEXT",
    Kind.DATE: "TEXT",
    Kind.INTEGER: "INTEGER",
    Kind.FLAG: "INTEGER",
}
DUCKDB_TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.QUANTITY: "DECIMAL(18,6)",
    Kind.MONEY: "DECIMAL(18,6)",
    Kind.TIME: "VARCHAR",
    Kind.DATE: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.FLAG: "BIGINT",
}


class Mistake(Exception):
    """What is wrong in a rule's file, and in which line; the loader adds the file and collects them."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


@dataclass(frozen=True, slots=True)
class Carried:
    """What is known of a query once it was understood."""

    tables: tuple[str, ...]
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
            Mistake: it is not one query over the ledger's tables and columns.
        """
        if self._folder is None:
            return _carry(sql)
        file = self._folder / f"{hashlib.sha256((_context() + sql).encode()).hexdigest()[:32]}.json"
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            return Carried(tuple(kept["tables"]), kept["sqlite"], kept["duckdb"])
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


def sqlite_schema() -> list[str]:
    """Return the statements that create the ledger's tables in SQLite."""
    return [_create(name, SQLITE_TYPES) for name in TABLES]


def duckdb_table(name: str) -> str:
    """Return the statement that creates a ledger table in DuckDB."""
    return _create(name, DUCKDB_TYPES)


def _create(name: str, types: dict[Kind, str]) -> str:
    columns = ", ".join(f'"{column.name}" {types[column.kind]}' for column in TABLES[name].columns)
    return f"CREATE TABLE {name} ({columns})"


@cache
def _context() -> str:
    """Return all that the outcome depends on beside the query itself."""
    return f"{version('sqlglot')}\n{sqlite3.sqlite_version}\n{Path(__file__).read_text(encoding='utf-8')}\n{''.join(sqlite_schema())}\n"


def _carry(sql: str) -> Carried:
    query = _parse(sql)
    tables = _tables(query)
    _check_columns(query, tables)
    _check_names(query, sql)
    # DuckDB reserves words that are columns of ours (`at`), so names are quoted.
    duckdb = query.sql("duckdb", identify=True, comments=False)
    sqlite = _exact(query).sql("sqlite", comments=False)
    try:
        _empty_sqlite().execute(f"EXPLAIN {sqlite}")
    except sqlite3.Error as error:
        raise Mistake(_first_line(sql), f"expected a query that SQLite understands too, got '{error}' for: {sqlite}") from error
    return Carried(tables, sqlite, duckdb)


@cache
def _empty_sqlite() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    for statement in sqlite_schema():
        connection.execute(statement)
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


def _tables(query: exp.Query) -> tuple[str, ...]:
    from sqlglot import exp

    named = {table.alias for table in query.find_all(exp.CTE)}
    used = [table for table in query.find_all(exp.Table) if table.name not in named]
    for table in used:
        if table.name not in TABLES or table.db:
            raise Mistake(
                _line(table), f"expected a ledger table, got '{table.sql('duckdb', comments=False)}'. {closest(table.name, TABLES)}"
            )
    if not used:
        raise Mistake(1, "expected a query over the ledger's tables, got none of them. See docs/ledger.md.")
    return tuple(sorted({table.name for table in used}))


def _check_columns(query: exp.Query, tables: tuple[str, ...]) -> None:
    from sqlglot import exp
    from sqlglot.errors import OptimizeError
    from sqlglot.optimizer.qualify import qualify

    schema: dict[str, dict[str, str]] = {
        name: {column.name: DUCKDB_TYPES[column.kind] for column in table.columns} for name, table in TABLES.items()
    }
    try:
        qualify(query.copy(), schema=dict(schema), dialect="duckdb", quote_identifiers=False)
    except OptimizeError as error:
        found = re.search(r"Column '\"?(\w+)|Unknown column: \"?(\w+)", str(error))
        if found is None:
            raise Mistake(1, f"expected a query in DuckDB's dialect, got: {error}") from error
        name = found[1] or found[2]
        line = next((_line(column) for column in query.find_all(exp.Column) if column.name == name), 1)
        having = [table for table in tables if name in schema[table]]
        if len(having) > 1:
            raise Mistake(line, f"expected a table in front of column '{name}', got none: {' and '.join(having)} have it.") from error
        columns = {column for table in tables for column in schema[table]}
        raise Mistake(line, f"expected a column of {', '.join(tables)}, got '{name}'. {closest(name, columns)}") from error


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


def _exact(query: exp.Query) -> exp.Query:
    """Let SQLite, which counts in binary fractions, count as exactly as six decimal places are.

    Each sum and each result of arithmetic is rounded to six places, as is each figure when it is loaded. Two figures that are the same
    in six places then come from the same text, so they are equal: 0.1 + 0.2 is 0.3, and 0.300001 is not.
    A binary fraction holds six places up to about a thousand million; a scenario's figures are below.
    """
    from sqlglot import exp

    arithmetic = (exp.Add, exp.Sub, exp.Mul, exp.Div)

    def round_off(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Mod):
            # SQLite's own % drops the fractions of both sides first.
            whole = exp.Cast(
                this=_rounded(exp.Div(this=_aside(node.this), expression=_aside(node.expression))), to=exp.DataType.build("INTEGER")
            )
            return _rounded(exp.Sub(this=_aside(node.this), expression=exp.Mul(this=_aside(node.expression), expression=whole)))
        if isinstance(node, arithmetic) and not isinstance(_above(node), arithmetic):
            return _rounded(node)
        if isinstance(node, (exp.Sum, exp.Avg, exp.Filter, exp.Window)) and not isinstance(node.parent, (exp.Filter, exp.Window)):
            inner = node
            while isinstance(inner, (exp.Filter, exp.Window)):
                inner = inner.this
            return _rounded(node) if isinstance(inner, (exp.Sum, exp.Avg)) else node
        return node

    # Bottom up, because `transform` does not go on below a node it has replaced.
    for node in reversed(list(query.walk())):
        replacement = round_off(node)
        if replacement is not node:
            node.replace(replacement)
    return query


def _rounded(node: exp.Expr) -> exp.Expr:
    from sqlglot import exp

    return exp.Round(this=node.copy(), decimals=exp.Literal.number(6))


def _aside(node: exp.Expr) -> exp.Expr:
    from sqlglot import exp

    return exp.Paren(this=node.copy())


def _above(node: exp.Expr) -> exp.Expr | None:
    from sqlglot import exp

    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    return parent


def _line(node: exp.Expr) -> int:
    from sqlglot import exp

    return next((int(name.meta["line"]) for name in node.find_all(exp.Identifier) if "line" in name.meta), 1)


def _first_line(sql: str) -> int:
    """Return the number of the first line that is no comment, or of the last line where all are."""
    lines = sql.splitlines()
    return next((number for number, line in enumerate(lines, start=1) if line.strip() and not line.startswith("--")), len(lines) or 1)
