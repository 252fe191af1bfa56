"""NULL is unknown, never equal to nothing: a rule must say what it means wherever that decides which rows are looked at.

A comparison with NULL is neither true nor false. In ``holds`` that makes the subject unknown, which is right. In ON, WHERE, HAVING,
CASE WHEN and FILTER it silently drops a row, and with it a subject nobody has judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from erp_testkit.rules.mistakes import Mistake, line_of
from erp_testkit.rules.types import Types, operands_of

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Like, exp.ILike, exp.RegexpLike)


def check(query: exp.Query, types: Types) -> None:
    """Refuse comparisons that silently drop what is unknown.

    Raises:
        Mistake: there is one.
    """
    for condition in _conditions(query):
        said = {test.this for test in _within(condition) if isinstance(test, exp.Is) and isinstance(test.expression, exp.Null)}
        for comparison in _within(condition):
            if isinstance(comparison, _COMPARISONS):
                _check(comparison, said, types)
    for case in query.find_all(exp.Case):
        if case.this is not None and types.of(case.this).optional and case.args.get("default") is not None:
            raise _mistake(case.this, case)


def _check(comparison: exp.Expr, said: set[exp.Expr], types: Types) -> None:
    for operand in operands_of(comparison):
        several = isinstance(comparison, exp.In) and isinstance(operand, exp.Subquery) and operand is not comparison.this
        if not (types.may_yield_null(operand) if several else types.of(operand).optional):
            continue
        columns: list[exp.Expr] = [column for column in _columns(operand) if types.of(column).optional]
        for unknown in columns or [operand]:
            if unknown not in said:
                raise _mistake(unknown, comparison)


def _mistake(unknown: exp.Expr, comparison: exp.Expr) -> Mistake:
    name = unknown.sql("duckdb")
    return Mistake(
        line_of(unknown),
        f"expected to read what it means that {name} is unknown (NULL), got {comparison.sql('duckdb')}, which drops the row. "
        f"Next: write IS NOT DISTINCT FROM where two unknown ones are alike, {name} IS NOT NULL AND … where such a row "
        "does not count, COALESCE where it stands for something, or compare in 'holds', where it makes the subject unknown.",
    )


def _conditions(query: exp.Query) -> Iterator[exp.Expr]:
    """Yield every condition that decides which rows, or which branch, count."""
    for node in query.find_all(exp.Join, exp.Where, exp.Having, exp.Qualify, exp.If):
        condition = node.args.get("on") if isinstance(node, exp.Join) else node.this
        if condition is not None:
            yield condition


def _within(condition: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the nodes of a condition, without those of the queries and cases in it, which have conditions of their own."""
    return condition.walk(prune=lambda node: isinstance(node, (exp.Query, exp.Case)))


def _columns(operand: exp.Expr) -> Iterator[exp.Column]:
    for node in operand.walk(prune=lambda one: isinstance(one, (exp.Query, exp.Case, exp.Coalesce, exp.Nullif))):
        if isinstance(node, exp.Column):
            yield node
