"""``erp-testkit qualify``: the matrix of what caught which defect, and how it is found out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from erp_testkit.cli.qualification import Catch, Matrix, Trial, line_of
from erp_testkit.cli.qualify import qualify
from erp_testkit.standins.reference.defects import defects

KIT = str(Path(sys.executable).parent / "erp-testkit")

SUITE = """
Feature: A small suite

  Background:
    Given "lead" is a device tracked by lot, at 20.00 each plus 13% tax
    And "City Hospital" is a hospital

  @SAL-901
  Scenario: A changed order has its new price
    Given "City Hospital" has a confirmed order "O1" for 5 of "lead"
    When the order "O1" is changed to 3 of "lead"
    Then the order "O1" costs 60.00 net plus 7.80 tax, 67.80 in total

  @SAL-902
  Scenario: A changed order has\u2028its new lines
    Given "City Hospital" has a confirmed order "O1" for 5 of "lead"
    When the order "O1" is changed to 3 of "lead"
    Then the order "O1" is for 3 of "lead"
"""


def trial(defect: str, *catches: Catch, trouble: str = "") -> Trial:
    return Trial(defect=defect, means=f"What {defect} does.", judged=9, catches=catches, seconds=2.04, trouble=trouble)


def matrix(*trials: Trial, clean: Trial | None = None) -> Matrix:
    return Matrix(clean=clean or trial(""), defects=trials, seconds=12.3)


BY_RULES = trial(
    "lots-mixed",
    *(Catch(scenario=f"OUT-{n}", rules=("note-fits", "stock-fits") if n < 3 else ("note-fits",), step="") for n in range(1, 7)),
)
BY_STEP = trial("price-wrong", Catch(scenario="SAL-1", rules=(), step="sales.costs"))
BY_BOTH = trial(
    "sold-twice", Catch(scenario="SAL-2", rules=("stock-fits",), step="stock.is"), Catch(scenario="SAL-3", rules=(), step="stock.is")
)
MISSED = trial("never-seen")


def test_everything_caught_and_no_false_alarm_is_0() -> None:
    found = matrix(BY_RULES, BY_STEP, BY_BOTH)
    assert (found.rate, found.missed, found.false_alarms, found.exit_code) == (1.0, (), (), 0)
    assert found.summary() == [
        "Detection rate: 100.0% (3 of 3 defects, by 9 tests)",
        "False alarms on the clean ERP: 0",
        "Caught by one rule, step or kind of breach only: price-wrong",
        "Time: 12 s",
    ]


def test_a_missed_defect_is_1() -> None:
    found = matrix(BY_RULES, BY_STEP, MISSED)
    assert (found.rate, found.missed, found.exit_code) == (2 / 3, ("never-seen",), 1)
    assert found.summary()[0] == "Detection rate: 66.7% (2 of 3 defects, by 9 tests)"
    assert "Missed: never-seen" in found.summary()


def test_a_false_alarm_is_1() -> None:
    found = matrix(BY_RULES, clean=trial("", Catch(scenario="SAL-9", rules=("stock-fits",), step="")))
    assert (found.rate, found.false_alarms, found.exit_code) == (1.0, ("SAL-9",), 1)
    assert found.summary()[1:3] == ["False alarms on the clean ERP: 1", "False alarms: SAL-9"]


@pytest.mark.parametrize("place", ["clean", "defect"])
def test_what_could_not_run_is_3_and_neither_caught_nor_missed(place: str) -> None:
    stuck = trial("" if place == "clean" else "stuck", trouble="exit code 3")
    found = matrix(BY_RULES, clean=stuck) if place == "clean" else matrix(BY_RULES, stuck)
    assert (found.missed, found.exit_code) == ((), 3)
    assert f"Could not run: {'clean ERP' if place == 'clean' else 'stuck'}: exit code 3" in found.summary()


def test_the_page_counts_and_names_within_bounds() -> None:
    page = matrix(BY_RULES, BY_BOTH, MISSED).as_markdown()
    assert page.splitlines()[-5:] == [
        "| defect | what is wrong | tests | rules | steps | breaches of contracts |",
        "|---|---|---|---|---|---|",
        "| `lots-mixed` | What lots-mixed does. | 6: OUT-1, OUT-2, OUT-3, OUT-4 +2 | 2: note-fits, stock-fits | – | – |",
        "| `sold-twice` | What sold-twice does. | 2: SAL-2, SAL-3 | 1: stock-fits | 1: stock.is | – |",
        "| `never-seen` | What never-seen does. | – | – | – | – |",
    ]


def test_a_breach_of_a_contract_counts_as_a_check() -> None:
    shifted = trial("shifted", Catch(scenario="carrier canary", rules=(), step="", breaches=("field-shift", "field-shift")))
    assert (shifted.caught, shifted.by_one_check_only, shifted.breaches) == (True, True, {"field-shift": 1})
    assert line_of(shifted) == "shifted: caught in 1 tests (2 s) by field-shift"
    assert (
        matrix(shifted).as_markdown().splitlines()[-1] == "| `shifted` | What shifted does. | 1: carrier canary | – | – | 1: field-shift |"
    )


def test_progress_says_how_each_trial_ended() -> None:
    assert [
        line_of(one) for one in (BY_RULES, MISSED, trial(""), trial("", BY_STEP.catches[0]), trial("stuck", trouble="exit code 3"))
    ] == [
        "lots-mixed: caught in 6 tests (2 s) by note-fits, stock-fits",
        "never-seen: missed (9 tests, 2 s)",
        "clean ERP: kept (9 tests, 2 s)",
        "clean ERP: false alarm in 1 tests (2 s) by sales.costs",
        "stuck: exit code 3",
    ]


def test_a_suite_is_judged_by_what_it_catches(tmp_path: Path, reference_state: Path) -> None:
    feature = tmp_path / "small.feature"
    feature.write_text(SUITE, encoding="utf-8")
    chosen = {name: name for name in ("amended-order-keeps-its-total", "note-fields-shifted")}
    told: list[str] = []
    found = qualify(reference_state, tmp_path / "qualify" / "run", chosen, [str(feature)], 2, told.append)
    caught, missed = found.defects
    assert (found.troubles, found.false_alarms, found.clean.judged) == ((), (), 2)
    assert caught.rules == {"order-totals-add-up": 2}
    assert caught.steps == {"sales.order_costs": 1}
    assert [catch.scenario for catch in caught.catches] == ["SAL-901", "SAL-902"]
    assert (missed.catches, found.missed, found.exit_code) == ((), ("note-fields-shifted",), 1)
    assert len(told) == 3


def test_a_quick_trial_ends_at_its_first_catch(tmp_path: Path, reference_state: Path) -> None:
    feature = tmp_path / "small.feature"
    feature.write_text(SUITE, encoding="utf-8")
    chosen = {"amended-order-keeps-its-total": "as said"}
    found = qualify(reference_state, tmp_path / "qualify" / "run", chosen, [str(feature)], 2, lambda line: None, quick=True)
    assert (found.troubles, found.clean.judged, found.defects[0].judged) == ((), 2, 1)
    assert [catch.scenario for catch in found.defects[0].catches] == ["SAL-901"]
    assert not [line for line in found.summary() if line.startswith("Caught by one")]


def test_a_suite_that_cannot_run_is_trouble(tmp_path: Path, reference_state: Path) -> None:
    feature = tmp_path / "wrong.feature"
    feature.write_text("Feature: No step\n  Scenario: Nobody knows this\n    Given something nobody knows\n", encoding="utf-8")
    found = qualify(reference_state, tmp_path / "qualify" / "run", {}, [str(feature)], 1, lambda line: None)
    output = (tmp_path / "qualify" / "run" / "clean" / "output.txt").resolve()
    assert found.troubles == (f"clean ERP: exit code 2, 0 tests judged; see {output}",)
    assert found.exit_code == 3
    assert "something nobody knows" in output.read_text(encoding="utf-8")


def test_an_unknown_defect_is_a_usage_error(tmp_path: Path) -> None:
    ended = subprocess.run([KIT, "qualify", "--defect", "negativ-stock"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "Failed to qualify with defect 'negativ-stock': expected the name of one. Did you mean 'negative-stock'? "
        f"Valid values are: {', '.join(sorted(defects()))}.\n"
    )
