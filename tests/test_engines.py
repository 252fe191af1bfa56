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
from erp_testkit.domain.ledger import TABLES, Ledger
from erp_testkit.rules.duckdb import DuckDbEngine
from erp_testkit.rules.rule import Checked, Rule, Scope, load_rules
from erp_testkit.rules.schema import DUCKDB, create
from erp_testkit.rules.sqlite import SqliteEngine

HEADER = "-- id: mine\n-- title: Mine\n-- title_zh: 我的\n-- severity: minor\n-- why: Because.\n"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


Ask = Callable[..., Checked]


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

    def answers(sql: str, *quantities: str) -> Checked:
        story = Story()
        for number, quantity in enumerate(quantities):
            story.add("on_hand", "tube", "MAIN", "stock", f"L{number}", None, Decimal(quantity), Decimal(0))
        one = rule(sql)
        (fast,) = SqliteEngine([one]).check(story.ledger())
        (large,) = DuckDbEngine([one]).check(story.ledger())
        assert fast == large
        return fast

    return answers


SUM = "SELECT item, SUM(quantity) = {} AS holds, SUM(quantity) AS quantity FROM on_hand GROUP BY item"
EACH = "SELECT lot, {} AS holds, quantity FROM on_hand"


@pytest.mark.parametrize(
    ("sql", "quantities", "expected"),
    [
        (SUM.format("0.3"), ("0.1", "0.2"), None),
        (SUM.format("0.3"), ("0.1", "0.200001"), Decimal("0.300001")),
        (SUM.format("1"), ("0.1",) * 10, None),
        (SUM.format("0"), ("0.1", "0.7", "-0.8"), None),
        (SUM.format("1000000000.3"), ("999999999.9", "0.4"), None),
        (EACH.format("quantity * 3 = 0.3"), ("0.1",), None),
        (EACH.format("quantity * 1.1 - 0.01 <= 1.2 AND quantity - (0.1 + 0.2) = 0.8"), ("1.1",), None),
        (EACH.format("quantity % 0.1 = 0"), ("0.3", "0.7", "1000000.1"), None),
        (EACH.format("quantity % 0.1 = 0"), ("0.35",), Decimal("0.35")),
        (EACH.format("quantity % 10 = 0"), ("30", "1000000", "-20"), None),
        (EACH.format("quantity % 10 = 0"), ("30.000001",), Decimal("30.000001")),
        (EACH.format("quantity BETWEEN 1 AND 4.5 AND quantity NOT IN (2, 3.5)"), ("1", "3.5", "4.5"), Decimal("3.5")),
        (EACH.format("COALESCE(NULLIF(quantity, 2), 7) < 5"), ("1", "2"), 2),
        (EACH.format("CASE WHEN quantity > 3 THEN 1 ELSE quantity END <= 1"), ("1", "2", "4"), 2),
        ("SELECT item, MAX(quantity) FILTER (WHERE quantity < 5) = 4.5 AS holds FROM on_hand GROUP BY item", ("4.5", "7"), None),
        ("SELECT item, SUM(quantity) FILTER (WHERE quantity < 0.3) = 0.3 AS holds FROM on_hand GROUP BY item", ("0.1", "0.2", "7"), None),
        ("SELECT lot, SUM(quantity) OVER (PARTITION BY item) = 0.3 AS holds FROM on_hand", ("0.1", "0.2"), None),
        (EACH.format("quantity IN (SELECT COUNT(*) FROM on_hand) OR quantity > (SELECT COUNT(*) FROM on_hand)"), ("2", "3"), None),
        # A product is rounded to six places, half away from zero.
        (EACH.format("quantity * 0.000001 = 0.000001"), ("0.5",), None),
        (EACH.format("quantity * 0.000001 = -0.000001"), ("-0.5",), None),
        (EACH.format("quantity * 0.000001 = 0"), ("0.499999",), None),
        (EACH.format("quantity * quantity = 12345676.977023"), ("3513.641555",), None),
    ],
)
def test_figures_are_exact_to_six_places(ask: Ask, sql: str, quantities: tuple[str, ...], expected: Decimal | None) -> None:
    assert [row["quantity"] for row in ask(sql, *quantities).violations] == ([] if expected is None else [expected])


def test_random_figures_sum_up_exactly(ask: Ask) -> None:
    dice = random.Random(7)
    for _ in range(20):
        figures = [Decimal(dice.randrange(-(10**8), 10**8)) / 10 ** dice.randrange(7) for _ in range(8)]
        total = sum(figures, Decimal(0))
        assert ask(SUM.format(f"{total:f}"), *(f"{figure:f}" for figure in figures)).counts == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("sql", "quantities", "counts"),
    [
        # Beyond what whole numbers of 64 bits hold, DuckDB counts, still exactly.
        (SUM.format("1800000000000000.000002"), ("900000000000000.000001",) * 2, (1, 0, 0, 0)),
        (EACH.format("quantity * quantity = 810000000000000000"), ("900000000",), (1, 0, 0, 0)),
        # Beyond 18 places before the point, nobody does.
        (EACH.format("quantity * quantity > 0"), ("1", "900000000000", "2"), (2, 0, 1, 0)),
        (EACH.format("quantity > 0"), ("1", "1" + "0" * 18), (1, 0, 1, 0)),
        (SUM.format("1"), ("1", "1" + "0" * 18), (0, 0, 1, 0)),
        (SUM.format("1").replace("SUM(quantity)", "SUM(quantity * quantity)"), ("1", "900000000000"), (0, 0, 1, 0)),
    ],
)
def test_a_figure_too_large_is_unknown_and_stops_nothing(
    ask: Ask, sql: str, quantities: tuple[str, ...], counts: tuple[int, int, int, int]
) -> None:
    checked = ask(sql, *quantities)
    assert (checked.counts, checked.error) == (counts, "")


TIMES = "SELECT job, {} AS holds, queued_at AS since, finished_at FROM jobs"


@pytest.mark.parametrize(
    ("condition", "counts"),
    [
        ("finished_at = queued_at + INTERVAL 90 SECOND", (1, 0, 1, 0)),
        ("finished_at - INTERVAL 1 HOUR < queued_at", (1, 0, 1, 0)),
        ("DATE_DIFF('second', queued_at, finished_at) = 90", (1, 0, 1, 0)),
        ("DATE_DIFF('day', queued_at, finished_at) = 1", (1, 0, 1, 0)),
        ("DATE_DIFF('hour', queued_at, finished_at) = 1", (1, 0, 1, 0)),
        ("CAST(finished_at AS DATE) = DATE '2026-11-24'", (1, 0, 1, 0)),
        ("CAST(finished_at AS DATE) - CAST(queued_at AS DATE) = 1", (1, 0, 1, 0)),
        ("CAST(queued_at AS DATE) + 1 = CAST(finished_at AS DATE)", (1, 0, 1, 0)),
        ("queued_at > TIMESTAMP '2026-11-23 23:59:29.999999'", (2, 0, 0, 0)),
        ("queued_at > '2026-11-23T23:59:30Z'", (0, 2, 0, 0)),
        ("queued_at > CAST(queued_at AS DATE)", (2, 0, 0, 0)),
        ("CAST(queued_at AS DATE) < '2026-11-24'", (2, 0, 0, 0)),
        ("CAST(queued_at AS DATE) + INTERVAL 1 DAY < finished_at", (1, 0, 1, 0)),
        ("COALESCE(finished_at, TIMESTAMP '1900-01-01') > queued_at", (1, 1, 0, 0)),
    ],
)
def test_times_are_compared_to_the_microsecond(rule: Callable[[str], Rule], condition: str, counts: tuple[int, int, int, int]) -> None:
    story = Story()
    story.add("jobs", "J1", "post", None, "done", 1, "2026-11-23T23:59:30.000000Z", "2026-11-24T00:01:00.000000Z")
    story.add("jobs", "J2", "post", None, "queued", 1, "2026-11-23T23:59:30.000000Z", None)
    one = rule(TIMES.format(condition))
    (fast,), (large,) = SqliteEngine([one]).check(story.ledger()), DuckDbEngine([one]).check(story.ledger())
    assert fast == large
    assert (fast.counts, fast.error) == (counts, "")
    for row in (*fast.violations, *fast.unknown_rows):
        assert row["since"] == "2026-11-23T23:59:30.000000Z"


def test_unknown_values_are_told_apart_from_empty_ones_and_from_each_other(rule: Callable[[str], Rule]) -> None:
    story = Story()
    for lot, serial in ((None, None), ("", None), ("L1", "L1"), (None, "S1")):
        story.add("on_hand", "tube", "MAIN", "stock", lot, serial, Decimal(1), Decimal(0))
    one = rule("SELECT lot, serial, lot IS NOT DISTINCT FROM serial AS holds FROM on_hand")
    expected = ({"lot": None, "serial": "S1"}, {"lot": "", "serial": None})
    assert [SqliteEngine([one]).check(story.ledger())[0].violations, DuckDbEngine([one]).check(story.ledger())[0].violations] == [
        expected
    ] * 2


def test_text_is_compared_alike(rule: Callable[[str], Rule]) -> None:
    story = Story()
    for reference in ("PO-1", "po-1", "订单一"):
        story.add("on_hand", reference, "MAIN", "stock", None, None, Decimal(1), Decimal(0))
    one = rule("SELECT item, item LIKE 'PO-%' AND LENGTH(item) = 4 AS holds FROM on_hand")
    expected = ({"item": "po-1"}, {"item": "订单一"})
    assert SqliteEngine([one]).check(story.ledger())[0].violations == DuckDbEngine([one]).check(story.ledger())[0].violations == expected


def test_what_is_unknown_without_a_reason_says_so(ask: Ask) -> None:
    checked = ask("SELECT lot, serial = 'S1' AS holds FROM on_hand", *("1",) * 12)
    assert checked.unknown == {"a value it needs is unknown": 12}
    assert checked.unknown_rows[0] == {"lot": "L0", "unknown_because": "a value it needs is unknown"}
    assert len(checked.unknown_rows) == 10


def test_a_rule_without_its_tables_is_not_covered(cache: Path) -> None:
    rules = load_rules(cache=cache)
    ledger = rich().ledger("trace", "audit", "lot_events")
    fast, large = SqliteEngine(rules).check(ledger), DuckDbEngine(rules).check(ledger)
    assert fast == large
    missing = {one.rule.id: one.missing for one in fast if one.missing}
    assert missing["traces-agree"] == ("trace",)
    assert missing["nothing-expired-shipped"] == ("lot_events",)
    assert [one.kept > 0 for one in fast] == [one.rule.id not in missing for one in fast]


def test_a_check_knows_nothing_of_the_one_before(cache: Path) -> None:
    engine = SqliteEngine(load_rules(cache=cache))
    spoilt = rich()
    spoilt.one("on_hand", item="glove")["quantity"] = Decimal(1)
    broken = [one.rule.id for one in engine.check(spoilt.ledger()) if one.violations]
    assert broken == ["reserved-within-stock", "stock-equals-moves"]
    assert all(one.kept for one in engine.check(rich().ledger()))
    assert not any(any(one.counts) for one in engine.check(Ledger(dict.fromkeys(TABLES, ()))))
    assert all(one.missing for one in engine.check(Ledger()))
    engine.close()


@pytest.mark.parametrize(
    ("engine", "said"), [(SqliteEngine, "malformed JSON"), (DuckDbEngine, "Invalid Input Error: Malformed JSON at byte 0 of input")]
)
def test_a_rule_that_fails_while_it_runs_leaves_the_others_judged(
    rule: Callable[[str], Rule], engine: type[SqliteEngine] | type[DuckDbEngine], said: str
) -> None:
    wrong = rule("SELECT item, JSON_EXTRACT(unit, '$.a') IS NULL AS holds FROM items")
    right = next(one for one in load_rules() if one.id == "tracked-goods-named")
    failed, judged = engine([wrong, right]).check(rich().ledger())
    assert failed.error.startswith(said)
    assert (failed.counts, judged.error, judged.kept) == ((0, 0, 0, 0), "", 31)


@pytest.mark.parametrize("engine", [SqliteEngine, DuckDbEngine])
@pytest.mark.parametrize(
    ("table", "column", "value"), [("audit", "at", "2026-11-23T02:02:41"), ("lots", "expiry", "23.11.2026"), ("moves", "item", None)]
)
def test_a_row_that_is_not_in_the_ledger_s_form_is_said(
    cache: Path, engine: type[SqliteEngine] | type[DuckDbEngine], table: str, column: str, value: str | None
) -> None:
    story = rich()
    story.rows[table][0][column] = value
    with pytest.raises(UsageError, match=f"^Failed to read ledger table '{table}': "):
        engine(load_rules(cache=cache)).check(story.ledger())


def test_in_data_a_young_subject_is_in_flight(tmp_path: Path, cache: Path) -> None:
    story = rich()
    story.one("jobs", job="JOB-W2").update(state="running", finished_at=None)
    story.one("jobs", job="JOB-W6").update(state="running", finished_at=None)
    story.one("run")["read_at"] = "2026-11-23T02:17:00.000000Z"
    (rule,) = (one for one in load_rules(cache=cache) if one.id == "jobs-done")
    assert rule.tables == ("jobs", "run")
    for name in rule.tables:
        (tmp_path / f"{name}.csv").write_text(as_csv(story, name), encoding="utf-8")
    (checked,) = DuckDbEngine([rule]).check_extract(tmp_path)
    assert checked.counts == (1, 1, 0, 3)
    assert [row["job"] for row in checked.violations] == ["JOB-W2"]
    # A scenario has come to rest: its jobs are settled before it is judged.
    assert DuckDbEngine([rule]).check(story.ledger())[0].counts == SqliteEngine([rule]).check(story.ledger())[0].counts == (3, 2, 0, 0)


def as_csv(story: Story, table: str) -> str:
    rows = [story.rows[table][0].keys(), *(row.values() for row in story.rows[table])]
    return "".join(",".join("" if value is None else str(value) for value in row) + "\n" for row in rows)


@pytest.mark.parametrize("form", ["parquet", "csv", "database"])
def test_an_extract_is_checked_where_it_lies(tmp_path: Path, cache: Path, form: str) -> None:
    story = rich()
    story.one("on_hand", item="glove")["quantity"] = Decimal("90.5")
    story.one("moves", document="R3")["at"] = "2026-11-23T10:00:21.000000Z"
    extract = tmp_path / "it's.duckdb" if form == "database" else tmp_path / "extract"
    with duckdb.connect(str(extract) if form == "database" else ":memory:") as connection:
        for name, rows in story.rows.items():
            connection.execute(create(TABLES[name], DUCKDB))
            connection.executemany(
                f"INSERT INTO {name} VALUES ({', '.join('?' * len(TABLES[name].columns))})", [list(row.values()) for row in rows]
            )
        if form != "csv":  # A warehouse may keep times with their zone.
            connection.execute("SET TimeZone = 'Asia/Shanghai'")
            connection.execute('ALTER TABLE moves ALTER "at" TYPE TIMESTAMPTZ USING timezone(\'UTC\', "at")')
        if form != "database":
            extract.mkdir()
            # Parquet without a zone means UTC.
            zoneless = ' REPLACE (timezone(\'UTC\', "at") AS "at")' if form == "parquet" else ""
            for name in TABLES:
                connection.execute(f"COPY (SELECT *{zoneless if name == 'moves' else ''} FROM {name}) TO '{extract / name}.{form}'")
    rules = [one for one in load_rules(cache=cache) if one.scope is Scope.BOTH and one.lag is None]
    assert DuckDbEngine(rules).check_extract(extract) == SqliteEngine(rules).check(story.ledger())


def test_a_rule_is_checked_only_where_it_holds(rule: Callable[[str], Rule], tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("item,gtin,tracking,unit,unit_step\nglove,,none,piece,1\n", encoding="utf-8")
    for scope, in_scenario, in_data in (("scenario", 1, 0), ("data", 0, 1), ("both", 1, 1)):
        one = rule(f"-- scope: {scope}\nSELECT item, TRUE AS holds FROM items")
        assert len(SqliteEngine([one]).check(rich().ledger())) == len(DuckDbEngine([one]).check(rich().ledger())) == in_scenario
        assert len(DuckDbEngine([one]).check_extract(tmp_path)) == in_data


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
        f"Failed to read table 'serials' of extract {tmp_path}: expected columns lot, got only item, serial. Next: erp-testkit docs ledger"
    )
    (tmp_path / "serials.csv").write_text("item,serial,lot\nA,S1,\n,S2,L1\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        engine.check_extract(tmp_path)
    assert str(caught.value) == (
        f"Failed to read table 'serials' of extract {tmp_path}: expected a value in column 'item', got none in 1 rows. "
        "Next: erp-testkit docs ledger"
    )
