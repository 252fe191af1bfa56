"""The figures a quality manager compares before and after a change, read from the ledgers in a run's evidence pack.

On-time shipping has no figure: the ledger knows no promised date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from erp_testkit.domain.said import Said
from erp_testkit.evidence import ledgers
from erp_testkit.evidence.pack import Pack


@dataclass(frozen=True, slots=True)
class Figure:
    """A query over ledger tables that gives rows of a state and a number."""

    name: Said
    tables: Sequence[str]
    """What it reads; without one of them there is no figure."""
    sql: str


def _by_state(table: str, name: Said) -> Figure:
    return Figure(name, (table,), f"SELECT state, count(*) FROM {table} GROUP BY state ORDER BY state")  # noqa: S608  # our own names


DEVIATION = Said("stock deviation, pieces", "账实偏差（件）")
"""The name of one of them: what the rule stock-equals-moves asks for, as one number."""

FIGURES: Sequence[Figure] = (
    _by_state("orders", Said("orders {state}", "销售订单“{state}”")),
    _by_state("shipments", Said("shipments {state}", "发货单“{state}”")),
    Figure(
        DEVIATION,
        ("on_hand", "moves"),
        """
        SELECT '', coalesce(sum(abs(difference)), 0) FROM (
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
    _by_state("messages", Said("messages {state}", "接口报文“{state}”")),
    _by_state("jobs", Said("jobs {state}", "后台作业“{state}”")),
)
_STATES: Mapping[str, str] = {
    "quotation": "报价",
    "confirmed": "已确认",
    "partly shipped": "部分发货",
    "shipped": "已发货",
    "cancelled": "已取消",
    "planned": "已计划",
    "delivered": "已签收",
    "queued": "排队中",
    "running": "处理中",
    "done": "已完成",
    "sent": "已发送",
    "failed": "失败",
}


def figures_of(pack: Pack) -> Mapping[Said, float]:
    """Return the figures of a run by name; none where its pack holds no ledgers.

    Raises:
        EnvironmentFailure: what reads ledgers is not installed.
    """
    found: dict[Said, float] = {}
    with ledgers.opened(pack.path) as connection:
        if connection is None:
            return {}
        readable = {name for (name,) in connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()}
        for figure in FIGURES:
            if readable.issuperset(figure.tables):
                found |= {
                    figure.name.with_(state=_state(state)): float(value) for state, value in connection.execute(figure.sql).fetchall()
                }
    return found


def _state(name: str) -> Said:
    return Said(name, _STATES.get(name, name))
