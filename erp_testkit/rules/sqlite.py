"""Running rules over a scenario's ledger, on SQLite in memory: the fastest engine for a few hundred rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from decimal import Decimal

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.ledger import TABLES, Kind, Ledger, Row, Table, Value
from erp_testkit.rules.dialect import sqlite_schema
from erp_testkit.rules.rows import in_order
from erp_testkit.rules.rule import Checked, Rule

_FIGURES = (Kind.QUANTITY, Kind.MONEY)


class SqliteEngine:
    """Runs rules on one in-memory database that is filled anew for each check."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=len(self._rules) + 4 * len(TABLES))
        for statement in sqlite_schema():
            self._connection.execute(statement)

    def check(self, ledger: Ledger) -> tuple[Checked, ...]:
        """Run every rule over a ledger, in the order of the rules."""
        self._fill(ledger)
        return tuple(self._check(rule, ledger.missing(rule.tables)) for rule in self._rules)

    def close(self) -> None:
        """Forget the database."""
        self._connection.close()

    def _fill(self, ledger: Ledger) -> None:
        self._connection.execute("BEGIN")
        for name, table in TABLES.items():
            self._connection.execute(f"DELETE FROM {name}")  # noqa: S608  # our own table names
            rows = ledger.tables.get(name)
            if rows:
                self._connection.executemany(_insert(table), [_values(table, row) for row in rows])
        self._connection.execute("COMMIT")

    def _check(self, rule: Rule, missing: tuple[str, ...]) -> Checked:
        if missing:
            return Checked(rule, missing=missing)
        try:
            cursor = self._connection.execute(rule.sqlite)
            return Checked(rule, in_order([column[0] for column in cursor.description], cursor.fetchall()))
        except sqlite3.Error as error:
            raise UsageError(
                f"Failed to run rule '{rule.id}' from {rule.file}: expected a query that SQLite runs, got: {error}."
            ) from error


def _insert(table: Table) -> str:
    # ROUND here and in the carried queries (see `dialect._exact`) makes equal figures equal bit by bit.
    places = ", ".join("ROUND(?, 6)" if column.kind in _FIGURES else "?" for column in table.columns)
    return f"INSERT INTO {table.name} VALUES ({places})"  # noqa: S608  # our own table names


def _values(table: Table, row: Row) -> list[Value | float]:
    values = (row[column.name] for column in table.columns)
    return [float(value) if isinstance(value, Decimal) else value for value in values]
