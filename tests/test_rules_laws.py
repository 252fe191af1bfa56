"""Every shipped rule, on every engine: silent over what is legal, and naming what is not."""

from __future__ import annotations

import pytest
import spoilt_business
import spoilt_goods
from ledgers import rich
from spoiling import SPOILT, Spoil

from erp_testkit.domain.ledger import Ledger, Row, Value
from erp_testkit.rules.duckdb import DuckDbEngine
from erp_testkit.rules.rule import Rule, load_rules
from erp_testkit.rules.sqlite import SqliteEngine

assert spoilt_business and spoilt_goods  # importing them fills SPOILT
RULES = {rule.id: rule for rule in load_rules()}


def on_both(rule: Rule, ledger: Ledger) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    (fast,) = SqliteEngine([rule]).check(ledger)
    (large,) = DuckDbEngine([rule]).check(ledger)
    return fast.violations, large.violations


@pytest.mark.parametrize(("rule", "spoil", "rows"), SPOILT, ids=[f"{rule}-{spoil.__name__}" for rule, spoil, _ in SPOILT])
def test_a_broken_law_is_named_on_every_engine(rule: str, spoil: Spoil, rows: list[dict[str, Value]]) -> None:
    story = rich()
    spoil(story)
    fast, large = on_both(RULES[rule], story.ledger())
    assert (list(fast), list(large)) == (rows, rows)


def test_every_shipped_rule_has_a_violating_case() -> None:
    assert {rule for rule, _, _ in SPOILT} == set(RULES)


@pytest.mark.parametrize("engine", [SqliteEngine, DuckDbEngine])
def test_no_rule_alarms_where_everything_is_legal(engine: type[SqliteEngine] | type[DuckDbEngine]) -> None:
    checked = engine(tuple(RULES.values())).check(rich().ledger())
    assert [(one.rule.id, one.violations, one.missing) for one in checked if not one.kept] == []
    assert len(checked) == len(RULES)


def test_engines_agree_where_everything_is_wrong_at_once() -> None:
    story = rich()
    for _, spoil, _ in SPOILT:
        try:
            spoil(story)
        except ValueError:  # what this one spoils is gone already
            continue
    rules = tuple(RULES.values())
    fast = [(one.rule.id, one.violations) for one in SqliteEngine(rules).check(story.ledger())]
    large = [(one.rule.id, one.violations) for one in DuckDbEngine(rules).check(story.ledger())]
    assert fast == large
    assert sum(1 for _, violations in fast if violations) > len(rules) / 2
