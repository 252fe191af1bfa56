"""What is known of each expression of a rule's query: its type, and whether it may be unknown (NULL)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from erp_testkit.domain.ledger import TABLES, VIEWS, Kind


class Type(StrEnum):
    """Types a query computes with; each engine has its own form of them."""

    TEXT = "text"
    FIGURE = "figure"
    WHOLE = "whole number"
    TIME = "time"
    DATE = "date"
    TRUTH = "truth value"
    INTERVAL = "interval"
    NOTHING = "nothing"
    """A bare NULL, which fits every type."""


OF_KIND = {
    Kind.TEXT: Type.TEXT,
    Kind.QUANTITY: Type.FIGURE,
    Kind.MONEY: Type.FIGURE,
    Kind.TIME: Type.TIME,
    Kind.DATE: Type.DATE,
    Kind.INTEGER: Type.WHOLE,
    Kind.FLAG: Type.WHOLE,
}

EXPRESSIONS = (exp.Condition, exp.Alias, exp.Interval, exp.Subquery)
"""What has a value, among the nodes of a query."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an expression."""

    type: Type
    optional: bool
    """Whether it may be NULL."""


def common(types: Iterable[Type]) -> Type:
    """Return the type several expressions have together: a figure beside a whole number is a figure, a date beside a time is a time."""
    found = set(types) - {Type.NOTHING}
    if len(found) <= 1:
        return found.pop() if found else Type.NOTHING
    for wide, narrow in ((Type.FIGURE, Type.WHOLE), (Type.TIME, Type.DATE), (Type.DATE, Type.TEXT), (Type.TIME, Type.TEXT)):
        if found == {wide, narrow}:
            return wide
    return Type.TEXT


class Types:
    """What is known of the expressions of one qualified query."""

    def __init__(self, query: exp.Query) -> None:
        self.scopes: list[Scope] = traverse_scope(query)
        self._by_query = {id(scope.expression): scope for scope in self.scopes}
        self._outputs: dict[int, list[tuple[str, Known]]] = {}
        self._known: dict[int, Known] = {}
        self._sure = {id(scope): set(_sure(scope.expression)) for scope in self.scopes}
        for scope in self.scopes:
            self._outputs[id(scope)] = self._output(scope)
        for scope in self.scopes:
            for node in scope.expression.walk():
                if id(node) not in self._known and isinstance(node, EXPRESSIONS) and self.scope_of(node) is scope:
                    self._known[id(node)] = self._learn(node, scope)

    @property
    def columns(self) -> list[tuple[str, Type]]:
        """What the query yields."""
        return [(name, known.type) for name, known in self._outputs[id(self.scopes[-1])]]

    def of(self, node: exp.Expr) -> Known:
        """Return what is known of an expression of the query."""
        return self._known[id(node)]

    def may_yield_null(self, query: exp.Expr) -> bool:
        """Whether a query in brackets may yield a row whose first column is NULL."""
        return self._outputs[id(self._by_query[id(query.unnest())])][0][1].optional

    def scope_of(self, node: exp.Expr) -> Scope | None:
        """Return the SELECT an expression belongs to."""
        above: exp.Expr | None = node
        while above is not None and id(above) not in self._by_query:
            above = above.parent
        return None if above is None else self._by_query[id(above)]

    def _output(self, scope: Scope) -> list[tuple[str, Known]]:
        """Return the columns a query yields, with what is known of them."""
        query = scope.expression
        if isinstance(query, exp.Values):
            rows = [[self._learn(value, scope) for value in row.expressions] for row in query.expressions]
            names = [column.name for column in query.args["alias"].columns]
            return list(zip(names, map(_together, zip(*rows, strict=True)), strict=True))
        if isinstance(query, exp.SetOperation):
            left, right = (self._outputs[id(one)] for one in scope.set_operation_scopes)
            return [(name, _together((one, other))) for (name, one), (_, other) in zip(left, right, strict=True)]
        return [(one.alias_or_name, self._learn(one, scope)) for one in query.expressions]

    def _learn(self, node: exp.Expr, scope: Scope) -> Known:
        known = self._infer(node, scope)
        if known.optional and self._is_sure(node, scope):
            known = Known(known.type, optional=False)
        self._known[id(node)] = known
        return known

    def _infer(self, node: exp.Expr, scope: Scope) -> Known:  # noqa: PLR0911, PLR0912  # one case per kind of node
        match node:
            case exp.Column():
                return self._column(node, scope)
            case exp.Literal():
                return Known(Type.TEXT if node.is_string else Type.WHOLE if node.is_int else Type.FIGURE, optional=False)
            case exp.Null():
                return Known(Type.NOTHING, optional=True)
            case exp.Boolean():
                return Known(Type.TRUTH, optional=False)
            case exp.Subquery() | exp.Select():
                inner = self._by_query[id(node.unnest() if isinstance(node, exp.Subquery) else node)]
                ((_, first), *_) = self._outputs[id(inner)]
                counts = isinstance(inner.expression, exp.Select) and isinstance(inner.expression.selects[0].unalias(), exp.Count)
                return Known(first.type, optional=not counts or "group" in inner.expression.args)
            case exp.Case():
                branches = [*(one.args["true"] for one in node.args["ifs"]), node.args.get("default") or exp.Null()]
                return _together([self._learn(one, scope) for one in branches])
            case exp.If():
                return _together([self._learn(node.args.get(name) or exp.Null(), scope) for name in ("true", "false")])
            case exp.Coalesce():
                parts = [self._learn(one, scope) for one in (node.this, *node.expressions)]
                return Known(common(one.type for one in parts), optional=all(one.optional for one in parts))
            case exp.Count() | exp.RowNumber() | exp.Rank() | exp.DenseRank():
                return Known(Type.WHOLE, optional=False)
            case exp.Lag() | exp.Lead() | exp.FirstValue() | exp.LastValue() | exp.Nullif():
                return Known(self._learn(node.this, scope).type, optional=True)
            case exp.Filter():
                return Known(self._learn(node.this, scope).type, optional=not isinstance(node.this, exp.Count))
            case exp.Sum() | exp.Min() | exp.Max():
                inner_known = self._learn(node.this, scope)
                grouped = scope.expression.args.get("group") or node.find_ancestor(exp.Window, exp.Select) is not scope.expression
                return Known(inner_known.type, optional=inner_known.optional or not grouped)
            case exp.Cast():
                return Known(_OF_CAST.get(node.to.this, Type.TEXT), optional=self._learn(node.this, scope).optional)
            case exp.Is() | exp.NullSafeEQ() | exp.NullSafeNEQ() | exp.Exists():
                return Known(Type.TRUTH, optional=False)
        operands = [self._learn(one, scope) for one in operands_of(node)]
        return Known(_type(node, [one.type for one in operands]), optional=any(one.optional for one in operands))

    def _column(self, column: exp.Column, scope: Scope) -> Known:
        level: Scope | None = scope
        while level is not None and column.table not in level.sources:
            level = level.parent
        if level is None:
            return Known(Type.TEXT, optional=True)
        source = level.sources[column.table]
        if isinstance(source, Scope):
            known = dict(self._outputs[id(source)])[column.name]
        else:
            found = next(one for one in (VIEWS.get(source.name) or TABLES[source.name]).columns if one.name == column.name)
            known = Known(OF_KIND[found.kind], found.optional)
        join = column.find_ancestor(exp.Join, exp.Query)
        joined = isinstance(join, exp.Join) and join.this.alias_or_name == column.table  # its own ON looks at it before it may be missing
        outer = not joined and column.table in _outer(level.expression)
        return Known(known.type, optional=(known.optional or outer) and not self._is_sure(column, level))

    def _is_sure(self, node: exp.Expr, scope: Scope) -> bool:
        return node in self._sure[id(scope)]


def operands_of(node: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the expressions an operator or function works on."""
    for name, value in node.args.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, EXPRESSIONS) and name not in ("unit", "to", "partition_by"):
                yield one


def conjuncts(condition: exp.Expr | None) -> Iterator[exp.Expr]:
    """Yield the conditions of which each must hold."""
    if isinstance(condition, exp.And):
        yield from conjuncts(condition.left)
        yield from conjuncts(condition.right)
    elif isinstance(condition, exp.Paren):
        yield from conjuncts(condition.this)
    elif condition is not None:
        yield condition


def _sure(query: exp.Expr) -> Iterator[exp.Expr]:
    """Yield what a query's WHERE says is not NULL."""
    where = query.args.get("where")
    for condition in conjuncts(where.this if where else None):
        if isinstance(condition, exp.Not) and isinstance(condition.this, exp.Is) and isinstance(condition.this.expression, exp.Null):
            yield condition.this.this


def _outer(query: exp.Expr) -> set[str]:
    """Return the names of what is joined so that its columns may be missing."""
    joins = query.args.get("joins") or ()
    names = {join.this.alias_or_name for join in joins if join.side in ("LEFT", "FULL")}
    if any(join.side in ("RIGHT", "FULL") for join in joins):
        names |= {query.args["from_"].this.alias_or_name}
    return names


def _together(parts: Iterable[Known]) -> Known:
    parts = list(parts)
    return Known(common(one.type for one in parts), optional=any(one.optional for one in parts))


_OF_CAST = {
    exp.DType.DATE: Type.DATE,
    exp.DType.TIMESTAMP: Type.TIME,
    exp.DType.TIMESTAMPNTZ: Type.TIME,
    exp.DType.DECIMAL: Type.FIGURE,
    exp.DType.INT: Type.WHOLE,
    exp.DType.BIGINT: Type.WHOLE,
    exp.DType.BOOLEAN: Type.TRUTH,
}
_WHOLE = (exp.DateDiff, exp.Extract, exp.Length, exp.IntDiv, exp.Year, exp.Month, exp.Day)


def _type(node: exp.Expr, operands: list[Type]) -> Type:
    type_ = Type.TEXT
    if isinstance(node, (exp.Paren, exp.Alias, exp.Neg, exp.Abs, exp.Window)):
        type_ = operands[0]
    elif isinstance(node, exp.Interval):
        type_ = Type.INTERVAL
    elif isinstance(node, (exp.Predicate, exp.Connector, exp.Not)):
        type_ = Type.TRUTH
    elif isinstance(node, _WHOLE):
        type_ = Type.WHOLE
    elif isinstance(node, (exp.Add, exp.Sub)) and Type.INTERVAL in operands:
        type_ = Type.TIME
    elif isinstance(node, exp.Sub) and operands == [Type.DATE, Type.DATE]:
        type_ = Type.WHOLE
    elif isinstance(node, (exp.Add, exp.Sub)) and Type.DATE in operands:
        type_ = Type.DATE
    elif isinstance(node, (exp.Add, exp.Sub, exp.Mul, exp.Mod)):
        type_ = common(operands)
    return type_
