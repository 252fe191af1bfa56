"""Both engines count exactly, and answer the same in the same order."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from ledgers import Story, rich

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.ledger import TABLES, Ledger, Row
from erp_testkit.rules.dialect import duckdb_table
from erp_testkit.rules.duckdb import DuckDbEngine
from erp_testkit.rules.rule import Rule, load_rules
from erp_testkit.rules.sqlite import SqliteEngine

HEADER = "-- id: mine\n-- title: Mine\n-- title_zh: 我的\n-- severity: minor\n-- why: Because.\n"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


Ask = Callable[..., tuple[Row, ...]]


@pytest.fixture
def rule(tmp_path: Path, cache: Path) -> Callable[[str], Rule]:
    def load(sql: str) -> Rule:
        folder = tmp_path / "rules"
        folder.mkdir(exist_ok=True)
        (folder / "mine.sql").write_text(HEADER + sql, encoding="utf-8")
        return load_rules([folder], cache)[-1]

    return load


@pytest.fixture
def ask(rule: Callable[[str], Rule]) -> Ask:
    """Ask both engines about lots of one item with these quantities on hand."""

    def answers(sql: str, *quantities: str) -> tuple[Row, ...]:
        story = Story()
        for number, quantity in enumerate(quantities):
            story.add("on_hand", "tube", "MAIN", "stock", f"L{number}", None, Decimal(quantity), Decimal(0))
        one = rule(sql)
        (fast,) = SqliteEngine([one]).check(story.ledger())
        (large,) = DuckDbEngine([one]).check(story.ledger())
        assert fast == large
        return fast.violations

    return answers


SUM = "SELECT item, SUM(quantity) AS quantity FROM on_hand GROUP BY item HAVING SUM(quantity)"


@pytest.mark.parametrize(
    ("sql", "quantities", "expected"),
    [
        (f"{SUM} <> 0.3", ("0.1", "0.2"), None),
        (f"{SUM} <> 0.3", ("0.1", "0.200001"), Decimal("0.300001")),
        (f"{SUM} <> 1", ("0.1",) * 10, None),
        (f"{SUM} <> 0", ("0.1", "0.7", "-0.8"), None),
        (f"{SUM} > 1000000000.3", ("1000000000.1", "0.2"), None),
        ("SELECT quantity FROM on_hand WHERE quantity * 3 <> 0.3", ("0.1",), None),
        ("SELECT quantity FROM on_hand WHERE quantity * 1.1 - 0.01 > 1.2 OR quantity - (0.1 + 0.2) <> 0.8", ("1.1",), None),
        ("SELECT quantity FROM on_hand WHERE quantity % 0.1 <> 0", ("0.3", "0.7", "1000000.1"), None),
        ("SELECT quantity FROM on_hand WHERE quantity % 0.1 <> 0", ("0.35",), Decimal("0.35")),
        ("SELECT quantity FROM on_hand WHERE quantity % 10 <> 0", ("30", "1000000"), None),
        ("SELECT quantity FROM on_hand WHERE quantity % 10 <> 0", ("30.000001",), Decimal("30.000001")),
        ("SELECT MAX(quantity) FILTER (WHERE quantity < 5) AS quantity FROM on_hand", ("4.5", "7"), Decimal("4.5")),
        ("SELECT SUM(quantity) FILTER (WHERE quantity < 0.3) AS quantity FROM on_hand", ("0.1", "0.2", "7"), Decimal("0.3")),
        ("SELECT DISTINCT SUM(quantity) OVER (PARTITION BY item) AS quantity FROM on_hand", ("0.1", "0.2"), Decimal("0.3")),
    ],
)
def test_figures_are_exact_to_six_places(ask: Ask, sql: str, quantities: tuple[str, ...], expected: Decimal | None) -> None:
    assert [row["quantity"] for row in ask(sql, *quantities)] == ([] if expected is None else [expected])


def test_random_figures_sum_up_exactly(ask: Ask) -> None:
    dice = random.Random(7)
    for _ in range(20):
        figures = [Decimal(dice.randrange(-(10**8), 10**8)) / 10 ** dice.randrange(7) for _ in range(8)]
        total = sum(figures, Decimal(0))
        assert ask(f"{SUM} <> {total:f}", *(f"{figure:f}" for figure in figures)) == ()


def test_unknown_values_are_told_apart_from_empty_ones_and_from_each_other(rule: Callable[[str], Rule]) -> None:
    story = Story()
    for lot, serial in ((None, None), ("", None), ("L1", "L1"), (None, "S1")):
        story.add("on_hand", "tube", "MAIN", "stock", lot, serial, Decimal(1), Decimal(0))
    one = rule("SELECT lot, serial FROM on_hand WHERE lot IS DISTINCT FROM serial ORDER BY lot")
    expected = ({"lot": None, "serial": "S1"}, {"lot": "", "serial": None})
    assert [SqliteEngine([one]).check(story.ledger())[0].violations, DuckDbEngine([one]).check(story.ledger())[0].violations] == [
        expected
    ] * 2


def test_a_rule_without_its_tables_is_not_covered(cache: Path) -> None:
    rules = load_rules(cache=cache)
    ledger = rich().ledger("trace", "audit", "lot_events")
    fast, large = SqliteEngine(rules).check(ledger), DuckDbEngine(rules).check(ledger)
    assert fast == large
    missing = {one.rule.id: one.missing for one in fast if one.missing}
    assert missing["traces-agree"] == ("trace",)
    assert missing["nothing-expired-shipped"] == ("lot_events",)
    assert [one.kept for one in fast] == [one.rule.id not in missing for one in fast]


def test_a_check_knows_nothing_of_the_one_before(cache: Path) -> None:
    engine = SqliteEngine(load_rules(cache=cache))
    spoilt = rich()
    spoilt.one("on_hand", item="glove")["quantity"] = Decimal(1)
    broken = [one.rule.id for one in engine.check(spoilt.ledger()) if one.violations]
    assert broken == ["reserved-within-stock", "stock-equals-moves"]
    assert all(one.kept for one in engine.check(rich().ledger()))
    assert all(one.kept for one in engine.check(Ledger(dict.fromkeys(TABLES, ()))))
    assert not any(one.kept for one in engine.check(Ledger()))
    engine.close()


@pytest.mark.parametrize(("engine", "said"), [(SqliteEngine, "SQLite runs, got: integer overflow."), (DuckDbEngine, "DuckDB runs, got: ")])
def test_a_rule_that_fails_while_it_runs_is_named(
    rule: Callable[[str], Rule], engine: type[SqliteEngine] | type[DuckDbEngine], said: str
) -> None:
    story = Story()
    story.item("-9223372036854775808", "none")
    one = rule("SELECT item FROM items WHERE ABS(CAST(item AS BIGINT)) > 0")
    with pytest.raises(UsageError) as caught:
        engine([one]).check(story.ledger())
    assert str(caught.value).startswith(f"Failed to run rule 'mine' from {one.file}: expected a query that {said}")


@pytest.mark.parametrize("form", ["parquet", "csv", "database"])
def test_an_extract_is_checked_where_it_lies(tmp_path: Path, cache: Path, form: str) -> None:
    story = rich()
    story.one("on_hand", item="glove")["quantity"] = Decimal("90.5")
    story.one("moves", document="R3")["at"] = "2026-11-23T10:00:21.000000Z"
    extract = tmp_path / "it's.duckdb" if form == "database" else tmp_path / "extract"
    with duckdb.connect(str(extract) if form == "database" else ":memory:") as connection:
        for name, rows in story.rows.items():
            connection.execute(duckdb_table(name))
            connection.executemany(
                f"INSERT INTO {name} VALUES ({', '.join('?' * len(TABLES[name].columns))})", [list(row.values()) for row in rows]
            )
        if form != "csv":  # A warehouse keeps times as times.
            connection.execute('ALTER TABLE moves ALTER "at" TYPE TIMESTAMPTZ')
        if form != "database":
            extract.mkdir()
            # Parquet without a zone means UTC.
            zoneless = ' REPLACE (timezone(\'UTC\', "at") AS "at")' if form == "parquet" else ""
            for name in TABLES:
                connection.execute(f"COPY (SELECT *{zoneless if name == 'moves' else ''} FROM {name}) TO '{extract / name}.{form}'")
    rules = load_rules(cache=cache)
    assert DuckDbEngine(rules).check_extract(extract) == SqliteEngine(rules).check(story.ledger())


def test_an_extract_that_is_not_there_or_lacks_columns_is_said(tmp_path: Path, cache: Path) -> None:
    engine = DuckDbEngine(load_rules(cache=cache))
    with pytest.raises(UsageError) as caught:
        engine.check_extract(tmp_path / "none")
    assert str(caught.value) == (
        f"Failed to read extract {tmp_path / 'none'}: "
        "expected a DuckDB database or a folder of Parquet or CSV files, got nothing of that name."
    )
    with pytest.raises(UsageError) as caught:
        engine.check_extract(tmp_path)
    assert str(caught.value).startswith(f"Failed to read extract {tmp_path}: expected ledger tables, got no table.")
    (tmp_path / "serials.csv").write_text("item,serial\nA,S1\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        engine.check_extract(tmp_path)
    assert str(caught.value) == (
        f"Failed to read table 'serials' of extract {tmp_path}: expected columns lot, got only item, serial. Next: see docs/ledger.md"
    )
