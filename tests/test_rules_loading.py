"""Rules are read from files; what is wrong in one is said with file and line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.findings import Severity
from erp_testkit.domain.ledger import TABLES
from erp_testkit.rules.dialect import READABLE, Carrier
from erp_testkit.rules.rule import LAWS, load_rules

HEADER = "-- id: mine\n-- title: Mine\n-- title_zh: 我的\n-- severity: minor\n-- why: Because.\n"
NEXT = "Next: mend the files named above, then type: erp-testkit rules"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def mistake(folder: Path, cache: Path, text: str) -> str:
    file = folder / "mine.sql"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_rules([folder], cache)
    first, next_step = str(caught.value).rsplit("\n", 1)
    assert next_step == NEXT
    return first.replace(str(file), "mine.sql")


def test_an_own_rule_comes_after_the_shipped_ones(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "mine.sql").write_text(
        HEADER + "-- reference: our handbook 3.2\n\n-- a remark: kept\nSELECT item, TRUE AS holds FROM items", encoding="utf-8"
    )
    rule = load_rules([tmp_path], cache)[-1]
    assert (rule.id, rule.title, rule.title_zh, rule.severity, rule.why) == ("mine", "Mine", "我的", Severity.MINOR, "Because.")
    assert (rule.reference, rule.why_zh, rule.sql, rule.tables) == (
        "our handbook 3.2",
        None,
        "SELECT item, TRUE AS holds FROM items",
        ("items",),
    )
    assert [rule.title_in("en"), rule.title_in("zh-CN"), rule.why_in("zh-CN")] == ["Mine", "我的", "Because."]


def test_every_shipped_rule_is_named_as_its_file_and_speaks_both_languages() -> None:
    rules = load_rules()
    assert [rule.file.name for rule in rules] == [f"{rule.id}.sql" for rule in rules]
    assert len(rules) == len(list(LAWS.iterdir())) >= 20
    for rule in rules:
        assert rule.title.isascii()
        assert all(any("\u4e00" <= sign <= "\u9fff" for sign in text) for text in (rule.title_zh, rule.why_zh or ""))


def test_every_ledger_table_is_read_by_a_rule() -> None:
    assert {table for rule in load_rules() for table in rule.tables} == set(TABLES)


SEVERITIES = "Valid values are: blocker, critical, minor, normal, trivial."
KEYS = "Valid values are: id, lag, reference, scope, severity, title, title_zh, why, why_zh."
NULL = (
    "6: expected to read what it means that {name} is unknown (NULL), got {got}, which drops the row. Next: write IS NOT DISTINCT FROM "
    "where two unknown ones are alike, {name} IS NOT NULL AND … where such a row does not count, COALESCE where it stands for something, "
    "or compare in 'holds', where it makes the subject unknown."
)
COUNTED = "or in SUM, MIN, MAX, ABS, COALESCE, CASE, got"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT item, TRUE AS holds FROM items", "1: expected header lines such as '-- id: ...' before the query, got none for "
         "id, title, title_zh, severity, why."),
        (HEADER.replace("-- why: Because.\n", "-- why:\n") + "SELECT item, TRUE AS holds FROM items",
         "1: expected header lines such as '-- why: ...' before the query, got none for why."),
        (HEADER.replace("severity: minor", "severity: major") + "SELECT item, TRUE AS holds FROM items",
         f"4: expected a severity, got 'major'. Did you mean 'minor'? {SEVERITIES}"),
        (HEADER + "-- referenc: none\nSELECT item, TRUE AS holds FROM items",
         f"6: expected a known header, got 'referenc'. Did you mean 'reference'? {KEYS}"),
        (HEADER + "-- id: other\nSELECT item, TRUE AS holds FROM items", "6: expected header 'id' once, got it again."),
        (HEADER + "-- scope: scenarios\nSELECT item, TRUE AS holds FROM items",
         "6: expected a scope, got 'scenarios'. Did you mean 'scenario'? Valid values are: both, data, scenario."),
        (HEADER + "-- lag: soon\nSELECT item, TRUE AS holds FROM items",
         "6: expected a lag such as '15 minutes', '2 hours' or '1 day', got 'soon'."),
        (HEADER + "-- lag: 1 day\nSELECT item, TRUE AS holds FROM items",
         "6: expected a column 'since' that says how old a subject is, because of the header 'lag', got none."),
        (HEADER, "5: expected one SELECT after the header, got 0 statements."),
        (HEADER + "SELECT item FROM items; SELECT lot FROM lots", "6: expected one SELECT after the header, got 2 statements."),
        (HEADER + "\nDELETE FROM items", "7: expected one SELECT after the header, got DELETE."),
        (HEADER + "SELECT item FRM items WHERE", "6: expected a query in DuckDB's dialect, got something else at 'items'."),
        (HEADER + "SELECT 1", "1: expected a query over the ledger's tables, got none of them. See: erp-testkit docs ledger"),
        (HEADER + "SELECT item\nFROM move",
         f"7: expected a ledger table, got 'move'. Did you mean 'moves'? Valid values are: {', '.join(sorted(READABLE))}."),
        (HEADER + "SELECT item, TRUE AS holds,\n  expriy\nFROM lots",
         "7: expected a column of lots, got 'expriy'. Did you mean 'expiry'? Valid values are: expiry, item, lot, status."),
        (HEADER + "SELECT l.item, TRUE AS holds\nFROM lots l WHERE l.lott = ''",
         "7: expected a column of lots, got 'lott'. Did you mean 'lot'? Valid values are: expiry, item, lot, status."),
        (HEADER + "SELECT item, TRUE AS holds FROM lots, serials",
         "6: expected a table in front of column 'item', got none: lots and serials have it."),
        (HEADER + "SELECT l.item, s.item FROM lots l JOIN serials s ON s.item = l.item",
         "6: expected columns with names of their own, got 'item' twice. Next: give one another name with AS."),
        (HEADER + "SELECT item, COUNT(*) FROM lots GROUP BY item", "6: expected a name (AS ...) for each column, got none for column 2."),
        # The old form, which yielded what violates the rule.
        (HEADER + "SELECT item, place, quantity FROM on_hand WHERE quantity < 0",
         "6: expected every subject the rule judges, with a column 'holds' that is TRUE where it is kept, FALSE where it is violated and "
         "NULL where that is unknown, got item, place, quantity. Next: take the condition that finds violations out of WHERE or HAVING "
         "and write NOT (…) AS holds behind the columns that name the subject. See: erp-testkit docs rules"),
        (HEADER + "SELECT quantity >= 0 AS holds, item FROM on_hand",
         "6: expected columns that name the subject before 'holds', got none."),
        (HEADER + "SELECT job, queued_at AS since, state = 'done' AS holds FROM jobs",
         "6: expected 'since' behind 'holds', got it among the columns that name the subject."),
        (HEADER + "SELECT item, 'yes' AS holds FROM items", "6: expected a truth value in column 'holds', got a text."),
        (HEADER + "SELECT item, TRUE AS holds, [1] AS list FROM items",
         "6: expected text, numbers, times, dates or truth values, got INTEGER[] in column 'list'."),
        (HEADER + "SELECT item, TRUE AS holds FROM lots WHERE expiry > 5",
         "6: expected values of one type, got date and whole number: lots.expiry > 5."),
        (HEADER + "SELECT item, SUBSTR(at, 1, 10) = '2026-11-23' AS holds FROM moves",
         f"6: expected a time to be compared, counted with + - * %, {COUNTED} SUBSTRING(moves.\"at\", 1, 10)."),
        (HEADER + "SELECT item, LENGTH(quantity) < 9 AS holds FROM moves",
         f"6: expected a figure to be compared, counted with + - * %, {COUNTED} LENGTH(moves.quantity)."),
        (HEADER + "SELECT item, CAST(quantity AS VARCHAR) = '1' AS holds FROM moves",
         "6: expected a figure to stay one, got CAST(moves.quantity AS TEXT)."),
        (HEADER + "SELECT item, quantity / 2 > 1 AS holds FROM moves",
         "6: expected no division, whose result engines round differently. Next: multiply the other side instead: a > b * c for a / b > c; "
         "got moves.quantity / 2."),
        (HEADER + "SELECT item, AVG(quantity) > 1 AS holds FROM moves GROUP BY item",
         "6: expected no average, which engines round differently. Next: compare SUM(x) with y * COUNT(*); got AVG(moves.quantity)."),
        (HEADER + "SELECT item, quantity < 0.0000001 AS holds FROM moves",
         "6: expected a figure with at most six decimal places, got 0.0000001."),
        (HEADER + "SELECT item, at > '23.11.2026' AS holds FROM moves",
         "6: expected a time such as '2026-11-23', got '23.11.2026'."),
        (HEADER + "SELECT item, at > CURRENT_TIMESTAMP AS holds FROM moves",
         "6: expected no clock. Next: read read_at from the table run; got CURRENT_TIMESTAMP."),
        # NULL is never equal to nothing.
        (HEADER + "SELECT m.move, l.status = 'released' AS holds FROM moves m JOIN lots l ON l.item = m.item AND l.lot = m.lot",
         NULL.format(name="m.lot", got="l.lot = m.lot")),
        (HEADER + "SELECT move, quantity > 0 AS holds FROM moves WHERE lot <> 'X'", NULL.format(name="moves.lot", got="moves.lot <> 'X'")),
        (HEADER + "SELECT move, CASE WHEN serial LIKE 'S%' THEN quantity = 1 ELSE TRUE END AS holds FROM moves",
         NULL.format(name="moves.serial", got="moves.serial LIKE 'S%'")),
        (HEADER + "WITH named AS (SELECT move, lot FROM moves) SELECT move, TRUE AS holds FROM named WHERE lot IN ('A', 'B')",
         NULL.format(name="named.lot", got="named.lot IN ('A', 'B')")),
        (HEADER + "SELECT m.move, TRUE AS holds FROM moves m LEFT JOIN items i ON i.item = m.item WHERE i.tracking = 'lot'",
         NULL.format(name="i.tracking", got="i.tracking = 'lot'")),
        (HEADER + "SELECT m.move, TRUE AS holds FROM moves m JOIN lots l USING (item, lot)",
         NULL.format(name="m.lot", got="m.lot = l.lot")),
        (HEADER + "SELECT item, TRUE AS holds FROM items WHERE item NOT IN (SELECT lot FROM moves)",
         NULL.format(name="(SELECT moves.lot AS lot FROM moves AS moves)",
                     got="items.item IN (SELECT moves.lot AS lot FROM moves AS moves)")),
        (HEADER + "SELECT move, CASE lot WHEN 'L1' THEN quantity = 1 ELSE TRUE END AS holds FROM moves",
         NULL.format(name="moves.lot", got="CASE moves.lot WHEN 'L1' THEN moves.quantity = 1 ELSE TRUE END")),
        (HEADER + "SELECT item, COUNT(*) = 1 AS holds FROM lots GROUP BY item HAVING MAX(expiry) > DATE '2026-11-23'",
         NULL.format(name="lots.expiry", got="MAX(lots.expiry) > CAST('2026-11-23' AS DATE)")),
    ],
)  # fmt: skip
def test_a_mistake_is_said_with_file_and_line(tmp_path: Path, cache: Path, text: str, said: str) -> None:
    assert mistake(tmp_path, cache, text) == f"Failed to load rule mine.sql:{said}"


def test_an_id_of_a_shipped_rule_is_taken(tmp_path: Path, cache: Path) -> None:
    said = mistake(tmp_path, cache, HEADER.replace("id: mine", "id: jobs-done") + "SELECT item, TRUE AS holds FROM items")
    assert said == f"Failed to load rule mine.sql:1: expected an id of its own, got 'jobs-done', which {LAWS / 'jobs-done.sql'} has too."


def test_a_file_that_is_no_text_is_said(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "mine.sql").write_bytes(b"-- id: \xff")
    with pytest.raises(UsageError, match=r"mine.sql:1: expected text in UTF-8, got byte 0xff at position 7\."):
        load_rules([tmp_path], cache)


def test_all_mistakes_are_said_at_once(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "a.sql").write_text("SELECT 1", encoding="utf-8")
    (tmp_path / "b.sql").write_text(HEADER + "DROP TABLE items", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_rules([tmp_path], cache)
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()] == [
        f"Failed to load rule {tmp_path / 'a.sql'}:1",
        f"Failed to load rule {tmp_path / 'b.sql'}:6",
        "Next",
    ]
    assert caught.value.exit_code == 2


def test_a_folder_that_is_not_there_is_said(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_rules([tmp_path / "none"], cache)
    assert str(caught.value) == (
        f"Failed to load rules from {tmp_path / 'none'}: expected a folder, got nothing of that name. "
        "Next: make it, or take it out of 'rules' in the configuration."
    )


@pytest.mark.parametrize(
    "query",
    [
        "SELECT move, quantity > 0 AS holds FROM moves WHERE lot IS NOT NULL AND lot <> 'X'",
        "SELECT move, quantity > 0 AS holds FROM moves WHERE COALESCE(lot, '') <> 'X'",
        "SELECT move, lot <> 'X' AS holds FROM moves",
        "SELECT m.move, l.lot IS NOT NULL AS holds FROM moves m LEFT JOIN lots l ON l.item = m.item AND l.lot IS NOT DISTINCT FROM m.lot",
        "WITH named AS (SELECT move, lot FROM moves WHERE lot IS NOT NULL) SELECT move, TRUE AS holds FROM named WHERE lot <> 'X'",
        "SELECT item, TRUE AS holds FROM items WHERE item NOT IN (SELECT item FROM moves)",
        "SELECT move, CASE lot WHEN 'L1' THEN quantity = 1 END AS holds FROM moves",
        "SELECT item, TRUE AS holds FROM items i WHERE EXISTS (SELECT 1 FROM moves m WHERE m.item = i.item)",
        "SELECT move, CASE WHEN serial IS NULL OR serial <> 'X' THEN TRUE ELSE FALSE END AS holds FROM moves",
    ],
)
def test_a_rule_that_says_what_unknown_means_is_loaded(query: str) -> None:
    assert Carrier(None).carry(query).tables


def test_a_warm_start_imports_no_sql_parser(tmp_path: Path) -> None:
    cold = load_rules(cache=tmp_path)
    program = (
        "import sys, pathlib; from erp_testkit.rules.rule import load_rules; "
        f"rules = load_rules(cache=pathlib.Path({str(tmp_path)!r})); "
        "print(len(rules), 'sqlglot' in sys.modules, 'duckdb' in sys.modules)"
    )
    warm = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert warm.stdout == f"{len(cold)} False False\n"
    assert load_rules(cache=tmp_path) == cold == load_rules()


def test_what_was_kept_half_is_learned_again(tmp_path: Path) -> None:
    query = "SELECT item, TRUE AS holds FROM items"
    whole = Carrier(tmp_path).carry(query)
    (kept,) = (tmp_path / "rules").iterdir()
    text = kept.read_text(encoding="utf-8")
    kept.write_text(text[:10], encoding="utf-8")
    assert Carrier(tmp_path).carry(query) == whole
    assert kept.read_text(encoding="utf-8") == text


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("in the way", encoding="utf-8")
    assert Carrier(tmp_path).carry("SELECT item, TRUE AS holds FROM items").tables == ("items",)
