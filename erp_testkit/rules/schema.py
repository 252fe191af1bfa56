"""The ledger's tables as each engine holds them."""

from __future__ import annotations

from collections.abc import Mapping

from erp_testkit.domain.ledger import Kind, Table, View

SQLITE: Mapping[Kind, str] = {
    Kind.TEXT: "TEXT",
    Kind.QUANTITY: "INTEGER",
    Kind.MONEY: "INTEGER",
    Kind.TIME: "INTEGER",
    Kind.DATE: "INTEGER",
    Kind.INTEGER: "INTEGER",
    Kind.FLAG: "INTEGER",
}
"""Figures in millionths, times in microseconds and dates in days since 1970: see `erp_testkit.rules.exact`."""
DUCKDB: Mapping[Kind, str] = {
    Kind.TEXT: "VARCHAR",
    Kind.QUANTITY: "DECIMAL(24,6)",
    Kind.MONEY: "DECIMAL(24,6)",
    Kind.TIME: "TIMESTAMP",
    Kind.DATE: "DATE",
    Kind.INTEGER: "BIGINT",
    Kind.FLAG: "BIGINT",
}
"""Times are in UTC."""
FIGURES = (Kind.QUANTITY, Kind.MONEY)


def create(table: Table, types: Mapping[Kind, str]) -> str:
    """Return the statement that creates a ledger table. A figure may be NULL, because it may be too large."""
    columns = ", ".join(
        f'"{column.name}" {types[column.kind]}{"" if column.optional or column.kind in FIGURES else " NOT NULL"}'
        for column in table.columns
    )
    return f"CREATE TABLE {table.name} ({columns})"


def create_view(view: View) -> str:
    """Return the statement that creates a view over the ledger's tables."""
    return f"CREATE VIEW {view.name} AS {view.sql}"
