"""The figures a quality manager compares before and after a change, read from the ledgers in a run's evidence pack.

On-time shipping has no figure: the ledger knows no promised date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from erp_testkit.evidence import ledgers
from erp_testkit.evidence.pack import Pack


@dataclass(frozen=True, slots=True)
class Figure:
    """A query over ledger tables that gives rows of a name and a number."""

    tables: Sequence[str]
    """What it reads; without one of them there is no figure."""
    sql: str


def _by_state(table: str) -> Figure:
    return Figure((table,), f"SELECT '{table} ' || state, count(*) FROM {table} GROUP BY state ORDER BY state")  # noqa: S608  # our own names


DEVIATION = "stock deviation, pieces"
"""The name of one of them: what the rule stock-equals-moves asks for, as one number."""

FIGURES: Sequence[Figure] = (
    _by_state("orders"),
    _by_state("shipments"),
    Figure(
        ("on_hand", "moves"),
        """
        SELECT 'stock deviation, pieces', coalesce(sum(abs(difference)), 0) FROM (
          SELECT sum(quantity) AS difference FROM (
            SELECT node, item, place, lot, serial, quantity FROM on_hand
            UNION ALL
            SELECT node, item, to_place, lot, serial, -quantity FROM moves WHERE to_kind IN ('stock', 'quarantine')
            UNION ALL
            SELECT node, item, from_place, lot, serial, quantity FROM moves WHERE from_kind IN ('stock', 'quarantine')
          ) GROUP BY node, item, place, lot, serial
        )
        """,
    ),
    _by_state("messages"),
    _by_state("jobs"),
)


def figures_of(pack: Pack) -> Mapping[str, float]:
    """Return the figures of a run by name; none where its pack holds no ledgers.

    Raises:
        EnvironmentFailure: what reads ledgers is not installed.
    """
    found: dict[str, float] = {}
    with ledgers.opened(pack.path) as connection:
        if connection is None:
            return {}
        readable = {name for (name,) in connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()}
        for figure in FIGURES:
            if readable.issuperset(figure.tables):
                found |= {str(name): float(value) for name, value in connection.execute(figure.sql).fetchall()}
    return found
