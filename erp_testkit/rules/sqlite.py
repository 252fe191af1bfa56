"""Running rules over a scenario's ledger, on SQLite in memory: the fastest engine for a few hundred rows."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from erp_testkit import extras
from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.ledger import TABLES, VIEWS, Ledger, Row, Table, Value
from erp_testkit.rules.rows import INTO_SQLITE, OUT_OF_SQLITE, TooLarge, in_order, product
from erp_testkit.rules.rule import Checked, Rule, Scope, in_scope
from erp_testkit.rules.schema import SQLITE, create, create_view
from erp_testkit.rules.subjects import BECAUSE, HOLDS, SHOWN_UNKNOWN, UNKNOWN

_BEYOND = ("integer overflow", "user-defined function raised exception")
"""What SQLite says when whole numbers of 64 bits do not do."""


class SqliteEngine:
    """Runs rules on one in-memory database that is filled anew for each check.

    Figures that whole numbers of 64 bits cannot count with are left to DuckDB.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = in_scope(rules, Scope.SCENARIO)
        self._readers = [_Reader(rule) for rule in self._rules]
        self._connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=len(self._rules) + 4 * len(TABLES))
        self._connection.create_function("product", 2, product, deterministic=True)
        self._connection.execute("PRAGMA case_sensitive_like = ON")
        for table in TABLES.values():
            self._connection.execute(create(table, SQLITE))
        for view in VIEWS.values():
            self._connection.execute(create_view(view))

    def check(self, ledger: Ledger) -> tuple[Checked, ...]:
        """Run every rule over a scenario's ledger, in the order of the rules.

        Raises:
            UsageError: a row lacks a value, or has it in another form than the ledger's.
        """
        try:
            self._fill(ledger)
        except TooLarge:
            return _on_duckdb(self._rules, ledger)
        return tuple(self._check(reader, ledger) for reader in self._readers)

    def subjects(self, rule: Rule) -> list[tuple[Any, ...]]:
        """Return everything a rule judges in the ledger that was checked last, as SQLite holds it."""
        return self._connection.execute(rule.sqlite).fetchall()

    def close(self) -> None:
        """Forget the database."""
        self._connection.close()

    def _fill(self, ledger: Ledger) -> None:
        self._connection.execute("BEGIN")
        try:
            for name, table in TABLES.items():
                self._connection.execute(f"DELETE FROM {name}")  # noqa: S608  # our own table names
                rows = ledger.tables.get(name)
                if rows:
                    self._insert(table, rows)
        finally:
            self._connection.execute("COMMIT")

    def _insert(self, table: Table, rows: Sequence[Row]) -> None:
        columns = [(column.name, INTO_SQLITE.get(column.kind)) for column in table.columns]
        places = ", ".join("?" for _ in columns)
        try:
            values = [[_into(row[name], change) for name, change in columns] for row in rows]
            self._connection.executemany(f"INSERT INTO {table.name} VALUES ({places})", values)  # noqa: S608  # our own table names
        except sqlite3.IntegrityError as error:
            column = str(error).rpartition(".")[2]
            raise UsageError(f"Failed to read ledger table '{table.name}': expected a value in column '{column}', got none.") from error
        except (TypeError, ValueError) as error:
            raise UsageError(f"Failed to read ledger table '{table.name}': {error}.") from error

    def _check(self, reader: _Reader, ledger: Ledger) -> Checked:
        rule = reader.rule
        missing = ledger.missing(rule.tables)
        if missing:
            return Checked(rule, missing=missing)
        try:
            rows = self.subjects(rule)
        except sqlite3.Error as error:
            return _on_duckdb([rule], ledger)[0] if str(error) in _BEYOND else Checked(rule, error=str(error))
        return reader.checked(rows)


class _Reader:
    """Counts what a rule yields, and reads the rows that are not kept."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        names = [name for name, _ in rule.columns]
        self._holds = names.index(HOLDS)
        self._because = names.index(BECAUSE) if BECAUSE in names else None
        self._shown = [(at, name, OUT_OF_SQLITE.get(kind)) for at, (name, kind) in enumerate(rule.columns) if name not in (HOLDS, BECAUSE)]

    def checked(self, rows: Sequence[Sequence[Any]]) -> Checked:
        at = self._holds
        verdicts = [row[at] for row in rows]
        kept = verdicts.count(1)
        if kept == len(rows):
            return Checked(self.rule, kept)
        violated = in_order(self._row(row) for row in rows if row[at] == 0)
        unknown = [(self._why(row), row) for row in rows if row[at] is None]
        return Checked(
            self.rule,
            kept,
            violated,
            Counter(why for why, _ in unknown),
            in_order({**self._row(row), BECAUSE: why} for why, row in unknown)[:SHOWN_UNKNOWN],
        )

    def _row(self, row: Sequence[Any]) -> Row:
        return {name: _into(row[at], change) for at, name, change in self._shown}

    def _why(self, row: Sequence[Any]) -> str:
        return (self._because is not None and row[self._because]) or UNKNOWN


def _into(value: Any, change: Callable[[Any], Value] | None) -> Any:
    return value if change is None or value is None else change(value)


def _on_duckdb(rules: Sequence[Rule], ledger: Ledger) -> tuple[Checked, ...]:
    if not extras.has("duckdb"):
        why = f"expected DuckDB for figures of a thousand million and more, got none. Next: {extras.install('report')}"
        missing = [ledger.missing(rule.tables) for rule in rules]
        return tuple(Checked(rule, missing=lacking, error="" if lacking else why) for rule, lacking in zip(rules, missing, strict=True))
    from erp_testkit.rules.duckdb import DuckDbEngine  # only where SQLite does not do

    return DuckDbEngine(rules).check(ledger)
