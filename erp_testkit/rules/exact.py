"""Counting that comes out the same on every engine, to the last digit.

A figure has six decimal places. A product of two is rounded to six, half away from zero; sums are exact; a sum over something unknown
is unknown. Whatever would make engines differ (division, rounding, text made of figures or times) is refused when a rule is loaded.

DuckDB counts in DECIMAL(24, 6); what does not fit is NULL. SQLite has no decimals, so there a figure is a whole number of millionths, a
time one of microseconds and a date one of days since 1970; what does not fit 64 bits, it leaves to DuckDB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlglot import exp

from erp_testkit.rules.mistakes import Mistake, line_of
from erp_testkit.rules.types import EXPRESSIONS, Type, Types, common, operands_of

MICRO = 1_000_000
DAY = 86_400 * MICRO
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400}

_ALIKE = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Between, exp.In, exp.Coalesce, exp.Nullif,
    exp.Add, exp.Sub, exp.Mod,
)  # fmt: skip
"""What takes operands of one type."""
_COUNTING = (
    *_ALIKE, exp.Mul, exp.Neg, exp.Abs, exp.Paren, exp.Alias, exp.Is, exp.Case, exp.If, exp.Sum, exp.Min, exp.Max, exp.Count, exp.Filter,
    exp.Window, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.DateDiff, exp.Distinct, exp.Cast, exp.Subquery, exp.Exists, exp.And,
    exp.Or, exp.Not,
)  # fmt: skip
"""What may be done with figures, times and dates."""
_REFUSED: dict[type[exp.Expr], str] = {
    exp.Div: "no division, whose result engines round differently. Next: multiply the other side instead: a > b * c for a / b > c",
    exp.Avg: "no average, which engines round differently. Next: compare SUM(x) with y * COUNT(*)",
    exp.Round: "no rounding. Next: compare with a tolerance: ABS(a - b) > 0.005",
    exp.Greatest: "no GREATEST, which treats NULL differently on each engine. Next: write CASE WHEN",
    exp.Least: "no LEAST, which treats NULL differently on each engine. Next: write CASE WHEN",
    exp.CurrentDate: "no clock. Next: read today from the table run",
    exp.CurrentTimestamp: "no clock. Next: read read_at from the table run",
}


def check(query: exp.Query, types: Types) -> None:
    """Refuse what engines would not count alike.

    Raises:
        Mistake: there is such a thing.
    """
    for node in query.walk():
        if type(node) in _REFUSED:
            raise Mistake(line_of(node), f"expected {_REFUSED[type(node)]}; got {node.sql('duckdb')}.")
    for node in query.walk():
        if isinstance(node, EXPRESSIONS):
            _check(node, types)


def _check(node: exp.Expr, types: Types) -> None:
    operands = [one for one in operands_of(node) if not isinstance(one, exp.Star)]
    found = [types.of(one).type for one in operands]
    if isinstance(node, _ALIKE) and not _fit(node, found):
        raise Mistake(line_of(node), f"expected values of one type, got {' and '.join(dict.fromkeys(found))}: {node.sql('duckdb')}.")
    exact = next((one for one in found if one in (Type.FIGURE, Type.TIME, Type.DATE)), None)
    if exact and not isinstance(node, _COUNTING):
        raise Mistake(
            line_of(node),
            f"expected a {exact} to be compared, counted with + - * %, or in SUM, MIN, MAX, ABS, COALESCE, CASE, got {node.sql('duckdb')}.",
        )
    if isinstance(node, exp.Cast) and exact and (exact, types.of(node).type) not in _CASTS:
        raise Mistake(line_of(node), f"expected a {exact} to stay one, got {node.sql('duckdb')}.")
    if isinstance(node, exp.Interval):
        _microseconds(node)
    if isinstance(node, exp.DateDiff) and str(node.args["unit"]).upper() not in _SECONDS:
        raise Mistake(line_of(node), f"expected a difference in seconds, minutes, hours or days, got {node.sql('duckdb')}.")


def _fit(node: exp.Expr, found: Sequence[Type]) -> bool:
    if isinstance(node, (exp.Add, exp.Sub)) and (Type.INTERVAL in found or list(found) == [Type.DATE, Type.WHOLE]):
        return True
    return common(found) is not Type.TEXT or {*found} <= {Type.TEXT, Type.NOTHING}


_CASTS = {(Type.TIME, Type.DATE), (Type.DATE, Type.TIME), (Type.TIME, Type.TIME), (Type.DATE, Type.DATE), (Type.FIGURE, Type.FIGURE)}


def for_duckdb(query: exp.Query, types: Types) -> str:
    """Return a query as DuckDB counts it exactly; the query is changed."""
    products = _products(query, types)
    # Any figure may be too large, which is unknown.
    guarded = {id(total) for total, summed in _sums(query) if types.of(summed).type is Type.FIGURE}

    def written(node: exp.Expr) -> exp.Expr:
        if id(node) in products:
            product = exp.Cast(this=exp.Mul(this=node.this, expression=node.expression), to=exp.DataType.build("DECIMAL(24, 6)"))
            return exp.Anonymous(this="TRY", expressions=[product])
        return _all_known(node) if id(node) in guarded else node

    # DuckDB reserves words that are columns of ours (`at`), so names are quoted.
    return _rewrite(query, written).sql("duckdb", identify=True, comments=False)


def for_sqlite(query: exp.Query, types: Types) -> str:
    """Return a query as SQLite counts it exactly; the query is changed."""
    had = {id(node): types.of(node).type for node in query.walk() if isinstance(node, EXPRESSIONS)}
    wanted = dict(_conversions(query, types))
    products = _products(query, types)
    guarded = {id(total) for total, summed in _sums(query) if types.of(summed).type is Type.FIGURE and types.of(summed).optional}
    operands = {id(node): [had[id(one)] for one in operands_of(node)] for node in query.find_all(exp.DateDiff, exp.Cast)}

    def written(node: exp.Expr) -> exp.Expr:
        new = node
        if id(node) in products:
            new = exp.Anonymous(this="product", expressions=[node.this, node.expression])
        elif id(node) in guarded:
            new = _all_known(node)
        elif isinstance(node, exp.Literal) and had.get(id(node)) is Type.FIGURE:
            new = _number(_millionths(node))
        elif isinstance(node, exp.Interval):
            new = _number(_microseconds(node))
        elif isinstance(node, exp.DateDiff):
            new = _difference(node, operands[id(node)])
        elif isinstance(node, exp.Cast):
            new = _cast(node, operands[id(node)][0], had[id(node)])
        elif isinstance(node, exp.Values):
            new = _named(node)
        return new

    def converted(node: exp.Expr) -> exp.Expr:
        new = written(node)
        return _converted(new, had[id(node)], wanted[id(node)]) if id(node) in wanted else new

    return _rewrite(query, converted).sql("sqlite", identify=True, comments=False)


def _rewrite(query: exp.Query, rewritten: Callable[[exp.Expr], exp.Expr]) -> exp.Query:
    # Bottom up, because a node that was replaced is not looked into again.
    for node in reversed(list(query.walk())):
        new = rewritten(node)
        if new is not node:
            node.replace(new)
    return query


def _products(query: exp.Query, types: Types) -> set[int]:
    return {id(node) for node in query.find_all(exp.Mul) if all(types.of(one).type is Type.FIGURE for one in operands_of(node))}


def _sums(query: exp.Query) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """Yield each sum with its FILTER and window, and what it adds up."""
    for node in query.find_all(exp.Sum):
        total: exp.Expr = node
        while isinstance(total.parent, (exp.Filter, exp.Window)) and total.parent.this is total:
            total = total.parent
        yield total, node.this


def _all_known(total: exp.Expr) -> exp.Expr:
    """Write a sum that is NULL where a part of it is."""

    def counted(*, rows: bool) -> exp.Expr:
        holder = exp.Paren(this=total.copy())
        inner = holder.find(exp.Sum)
        assert inner is not None
        inner.replace(exp.Count(this=exp.Star() if rows else inner.this.copy(), big_int=True))
        return holder.unnest()

    condition = exp.EQ(this=counted(rows=False), expression=counted(rows=True))
    return exp.Case(ifs=[exp.If(this=condition, true=total.copy())])


def _conversions(query: exp.Query, types: Types) -> Iterator[tuple[int, Type]]:
    """Yield the operands that must take another form, and the type they take."""
    for group in _groups(query, types):
        to = common(types.of(one).type for one in group)
        for one in group:
            if types.of(one).type not in (to, Type.NOTHING):
                yield id(one), to
    for node in query.walk():
        if isinstance(node, (exp.Add, exp.Sub)) and isinstance(node.expression, exp.Interval) and types.of(node.this).type is Type.DATE:
            yield id(node.this), Type.TIME


def _groups(query: exp.Query, types: Types) -> Iterator[Sequence[exp.Expr]]:
    """Yield the expressions that must have one form together."""
    for node in query.walk():
        if isinstance(node, (exp.Add, exp.Sub)) and types.of(node).type in (Type.TIME, Type.DATE, Type.WHOLE):
            continue
        if isinstance(node, _ALIKE):
            yield [one for one in operands_of(node) if types.of(one).type is not Type.INTERVAL]
        elif isinstance(node, exp.Case):
            yield [*(one.args["true"] for one in node.args["ifs"]), *([node.args["default"]] if node.args.get("default") else [])]
        elif isinstance(node, exp.If) and not isinstance(node.parent, exp.Case):
            yield [one for one in (node.args["true"], node.args.get("false")) if one is not None]
        elif isinstance(node, exp.Values):
            yield from zip(*(row.expressions for row in node.expressions), strict=True)
        elif isinstance(node, exp.SetOperation) and not isinstance(node.parent, exp.SetOperation):
            yield from zip(*([one.unalias() for one in select.expressions] for select in _leaves(node)), strict=True)


def _leaves(query: exp.Expr) -> Iterator[exp.Select]:
    if isinstance(query, exp.SetOperation):
        yield from _leaves(query.left)
        yield from _leaves(query.right)
    elif isinstance(query, (exp.Subquery, exp.Paren)):
        yield from _leaves(query.this)
    elif isinstance(query, exp.Select):
        yield query


def _converted(node: exp.Expr, have: Type, want: Type) -> exp.Expr:
    if have is Type.TEXT:
        return _number(_moment(node, want))
    factor = MICRO if want is Type.FIGURE else DAY
    if isinstance(node, exp.Literal):
        return _number(int(node.this) * factor)
    return exp.Paren(this=exp.Mul(this=exp.Paren(this=node.copy()), expression=_number(factor)))


def _moment(node: exp.Expr, want: Type) -> int:
    text = node.this if isinstance(node, exp.Literal) else ""
    try:
        day = want is Type.DATE
        return (date.fromisoformat(text) - _EPOCH.date()).days if day else _since_epoch(datetime.fromisoformat(text))
    except ValueError as error:
        raise Mistake(line_of(node), f"expected a {want} such as '2026-11-23', got {node.sql('duckdb')}.") from error


def _since_epoch(moment: datetime) -> int:
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH) // timedelta(microseconds=1)


def _millionths(node: exp.Literal) -> int:
    figure = Decimal(node.this) * MICRO
    if figure != int(figure):
        raise Mistake(line_of(node), f"expected a figure with at most six decimal places, got {node.this}.")
    return int(figure)


def _microseconds(node: exp.Interval) -> int:
    unit = str(node.args.get("unit") or "").upper().rstrip("S")
    amount = node.this.this if isinstance(node.this, exp.Literal) else ""
    if unit not in _SECONDS or not str(amount).isdigit():
        raise Mistake(line_of(node), f"expected a length of time such as INTERVAL 5 MINUTE, got {node.sql('duckdb')}.")
    return int(amount) * _SECONDS[unit] * MICRO


def _difference(node: exp.DateDiff, types: Sequence[Type]) -> exp.Expr:
    seconds = _SECONDS[str(node.args["unit"]).upper()]

    def at(value: exp.Expr, type_: Type) -> exp.Expr:
        days = type_ is Type.DATE
        if days and seconds % 86400 == 0:
            return exp.Paren(this=value.copy()) if seconds == 86400 else _divided(value, seconds // 86400)
        return _divided(_converted(value, Type.DATE, Type.TIME) if days else value, seconds * MICRO)

    return exp.Paren(this=exp.Sub(this=at(node.this, types[0]), expression=at(node.expression, types[1])))


def _cast(node: exp.Cast, have: Type, want: Type) -> exp.Expr:
    if want in (Type.DATE, Type.TIME):
        if have is Type.TEXT:
            return _number(_moment(node.this, want))
        if (have, want) == (Type.TIME, Type.DATE):
            return _divided(node.this, DAY)
        return _converted(node.this, have, want) if have is not want else node.this
    if want is Type.FIGURE:
        return _converted(node.this, have, want) if have is Type.WHOLE else node.this
    return node


def _divided(value: exp.Expr, by: int) -> exp.Expr:
    return exp.Paren(this=exp.Div(this=exp.Paren(this=value.copy()), expression=_number(by), typed=True))


def _named(values: exp.Values) -> exp.Expr:
    """Write a list of values whose columns have names, as SQLite can: it calls them column1, column2 and so on."""
    alias = values.args["alias"]
    names = [exp.alias_(exp.column(f"column{number}"), name.name) for number, name in enumerate(alias.columns, start=1)]
    return exp.select(*names).from_(exp.Values(expressions=values.expressions)).subquery(alias.this)


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)
