"""Feature files are collected as tests: ids, selection, tags, what a plain project notices, and what is wrong told at collection."""

import os
import shutil
import subprocess
import sys
from textwrap import dedent

import pytest

STEPS = """
from pytest_bdd import given, parsers, then, when


@given(parsers.parse("{n:d} boxes"), target_fixture="boxes")
def boxes(n):
    return n


@when(parsers.parse("{n:d} leave"), target_fixture="boxes")
def leave(boxes, n):
    return boxes - n


@then(parsers.parse("{n:d} are left"))
def left(boxes, n):
    assert boxes == n


@given("假如有{n}箱")
def unused(n):
    pass


@given(parsers.parse("有{n:d}箱"), target_fixture="boxes")
def chinese(n):
    return n
"""

SHELF = """
@req:URS-7
Feature: Shelf

  @SHE-001 @severity:critical @readonly
  Scenario: All leave
    Given 2 boxes
    When 2 leave
    Then 0 are left

  @SHE-002 @slow
  Scenario Outline: Some leave
    Given <all> boxes
    When 1 leave
    Then <left> are left
    Examples:
      | all | left |
      | 3   | 2    |
      | 3   | 2    |
      | 9   | 9    |
"""

CHINESE = """
# language: zh-CN
功能: 货架

  @SHE-001
  场景: 全部出库
    假如有2箱
"""


@pytest.fixture
def shelf(project):
    project.write("conftest.py", STEPS)
    project.write("features/shelf.feature", SHELF)
    return project


def collected(result):
    lines = result.outlines
    return lines[: lines.index("")]


def errors(result):
    """Return what stands below each "ERROR collecting" line."""
    told, current = {}, None
    for line in result.outlines:
        if "ERROR collecting " in line:
            current = told.setdefault(line.strip("_ ").removeprefix("ERROR collecting "), [])
        elif line.startswith("====") or line.startswith("!!!!"):
            current = None
        elif current is not None:
            current.append(line)
    return {file: "\n".join(lines) for file, lines in told.items()}


def test_ids_name_file_scenario_and_row(shelf):
    shelf.write("features/zh/货架.feature", CHINESE)
    assert collected(shelf.run("--collect-only", "-q", "features")) == [
        "features/shelf.feature::All leave",
        "features/shelf.feature::Some leave[3-2]",
        "features/shelf.feature::Some leave[3-2#2]",
        "features/shelf.feature::Some leave[9-9]",
        "features/zh/货架.feature::全部出库",
    ]


def test_ids_stay_when_a_scenario_moves(shelf):
    before = collected(shelf.run("--collect-only", "-q"))
    head, first, second = SHELF.partition("  @SHE-001")[0], *("  @SHE-00" + part for part in SHELF.split("  @SHE-00")[1:])
    shelf.write("features/shelf.feature", f"{head}{second}\n\n{first}")
    assert sorted(collected(shelf.run("--collect-only", "-q"))) == sorted(before)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-k", "SHE-001"], ["All leave"]),
        (["-k", "Some and not 9"], ["Some leave[3-2]", "Some leave[3-2#2]"]),
        (["-m", "readonly"], ["All leave"]),
        (["-m", "severity:critical"], ["All leave"]),
        (["-m", "SHE-002 and slow"], ["Some leave[3-2]", "Some leave[3-2#2]", "Some leave[9-9]"]),
        (["-m", "req:URS-7 and not SHE-002"], ["All leave"]),
        (["features/shelf.feature::All leave"], ["All leave"]),
        (["features/shelf.feature::Some leave"], ["Some leave[3-2]", "Some leave[3-2#2]", "Some leave[9-9]"]),
        (["features/shelf.feature::Some leave[3-2#2]"], ["Some leave[3-2#2]"]),
        (["features/shelf.feature"], ["All leave", "Some leave[3-2]", "Some leave[3-2#2]", "Some leave[9-9]"]),
    ],
)
def test_scenarios_are_selected_as_any_test(shelf, arguments, expected):
    assert collected(shelf.run("--collect-only", "-q", *arguments)) == [f"features/shelf.feature::{name}" for name in expected]


def test_scenarios_run(shelf):
    shelf.run("features").assert_outcomes(passed=3, failed=1)


def test_scenarios_run_in_two_workers(shelf):
    shelf.run_apart("features", "-n", "2").assert_outcomes(passed=3, failed=1)


def test_the_first_failure_stops_the_run(shelf):
    shelf.run("-x", "features/shelf.feature::Some leave[9-9]", "features/shelf.feature::All leave").assert_outcomes(failed=1)


def test_strict_markers_are_kept_for_python_tests_only(shelf):
    shelf.run("--strict-markers", "-k", "All").assert_outcomes(passed=1, deselected=3)


def test_last_failed_runs_the_failed_one_again(shelf):
    run = shelf.pytester.runpytest_inprocess
    run("-p", "no:randomly").assert_outcomes(passed=3, failed=1)
    run("-p", "no:randomly", "--lf").assert_outcomes(failed=1)


def test_shipped_features_have_the_same_ids_on_every_machine_and_can_be_run_again_by_last_failed(shelf, monkeypatch):
    elsewhere = shelf.pytester.mkdir("elsewhere")
    features = elsewhere / "site-packages" / "erp_testkit" / "_shipped" / "features"
    (features / "en").mkdir(parents=True)
    (features / "en" / "shelf.feature").write_text(SHELF, encoding="utf-8")
    (features / "en" / "other.feature").write_text("Feature: Other\n  Scenario: O\n    Given 1 boxes\n", encoding="utf-8")
    monkeypatch.setattr("erp_testkit.shipped.FEATURES", features)
    root = shelf.pytester.mkdir("project")
    for name in ("erp-testkit.toml", "conftest.py"):
        shutil.move(shelf.path / name, root / name)
    (root / "own.feature").write_text("Feature: Own\n  Scenario: Fails\n    Given 1 boxes\n    Then 2 are left\n", encoding="utf-8")
    monkeypatch.chdir(root)
    run = shelf.pytester.runpytest_inprocess
    result = run("-p", "no:randomly", "--collect-only", "-q", f"--rootdir={root}", str(features), "own.feature")
    assert collected(result) == [
        "erp_testkit/features/en/other.feature::O",
        "erp_testkit/features/en/shelf.feature::All leave",
        "erp_testkit/features/en/shelf.feature::Some leave[3-2]",
        "erp_testkit/features/en/shelf.feature::Some leave[3-2#2]",
        "erp_testkit/features/en/shelf.feature::Some leave[9-9]",
        "own.feature::Fails",
    ]
    run("-p", "no:randomly", f"--rootdir={root}", str(features), "own.feature").assert_outcomes(passed=4, failed=2)
    run("-p", "no:randomly", "--lf", f"--rootdir={root}", str(features), "own.feature").assert_outcomes(failed=2)


def test_a_project_without_the_kit_collects_no_features(shelf):
    (shelf.path / "erp-testkit.toml").unlink()
    shelf.pytester.makepyfile("def test_plain(): pass")
    result = shelf.run()
    result.assert_outcomes(passed=1)
    assert "erp-testkit: " not in result.stdout.str()


def test_asking_for_an_erp_makes_the_kit_active(shelf):
    (shelf.path / "erp-testkit.toml").unlink()
    shelf.write("features/shelf.feature", SHELF.replace("@slow", ""))
    assert len(collected(shelf.run("--erp", "reference", "--collect-only", "-q"))) == 4


def test_the_plugin_loads_nothing_heavy_in_a_project_without_the_kit(tmp_path):
    (tmp_path / "test_plain.py").write_text(
        dedent("""
        import sys

        def test_plain():
            heavy = {"gherkin.parser", "httpx2", "sqlglot", "duckdb", "faker", "factory", "rich", "fastapi", "sqlalchemy", "click"}
            ours = {name for name in sys.modules if name.startswith("erp_testkit.")}
            plugin = {f"pytest_plugin.{name}" for name in ("plugin", "session", "session.options", "fixtures", "fixtures.containers")}
            allowed = {"project", "shipped", "domain", "domain.errors", "pytest_plugin", *plugin}
            assert {name.removeprefix("erp_testkit.") for name in ours} <= allowed
            assert heavy & sys.modules.keys() == set()
        """),
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "erp_testkit.pytest_plugin.plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_bad_file_does_not_keep_the_others_from_being_collected(shelf):
    shelf.write("features/bad.feature", "Feature: Bad\n  Scenario: S\n    Foo\n")
    result = shelf.run("--collect-only", "-q")
    assert result.ret == 2
    assert [line for line in result.outlines if line.startswith("features/shelf")] == [
        "features/shelf.feature::All leave",
        "features/shelf.feature::Some leave[3-2]",
        "features/shelf.feature::Some leave[3-2#2]",
        "features/shelf.feature::Some leave[9-9]",
    ]
    assert list(errors(result)) == ["features/bad.feature"]


def test_wrong_tags_are_told_with_the_closest_and_how_to_declare_own_ones(shelf):
    shelf.write("features/tags.feature", "@slov @a=b\nFeature: F\n  @risk:delivry\n  Scenario: S\n    Given 1 boxes\n")
    known = (
        "  Known are an id such as @SAL-001, @readonly, @needs:containers, @req:*, @severity:blocker, @severity:critical, "
        "@severity:normal, @severity:minor, @severity:trivial, @risk:compliance, @risk:delivery, @risk:customer, "
        "and those the project declares.\n"
    )
    assert errors(shelf.run("features/tags.feature")) == {
        "features/tags.feature": (
            "Failed to read tag '@slov': expected a known tag. Did you mean '@slow'?\n  at features/tags.feature:1\n"
            f'{known}  Next: declare it in erp-testkit.toml: tags = ["slov"]\n\n'
            "Failed to read tag '@a=b': expected letters, digits and . : / - _ only.\n  at features/tags.feature:1\n"
            "  Next: write the tag without other characters.\n\n"
            "Failed to read tag '@risk:delivry': expected a known tag. Did you mean '@risk:delivery'?\n  at features/tags.feature:3\n"
            f'{known}  Next: declare it in erp-testkit.toml: tags = ["risk:delivry"]'
        )
    }


def test_markers_the_project_registers_with_pytest_are_tags_too(shelf):
    shelf.write("pytest.ini", "[pytest]\nmarkers =\n    nightly: run at night\n")
    shelf.write("features/tags.feature", "@nightly\nFeature: F\n  Scenario: S\n    Given 1 boxes\n")
    shelf.run("-m", "nightly").assert_outcomes(passed=1, deselected=4)


def test_an_id_is_carried_once_in_each_language(shelf):
    shelf.write("features/zh/shelf.feature", CHINESE)
    shelf.write("features/twin.feature", "Feature: Twin\n  @SHE-001 @SHE-009\n  Scenario: S\n    Given 1 boxes\n")
    shelf.write("features/twins.feature", "Feature: Twin\n  @SHE-001\n  Scenario: S\n    Given 1 boxes\n")
    assert errors(shelf.run()) == {
        "features/twin.feature": (
            "Failed to read scenario 'S': expected one id, got @SHE-001, @SHE-009.\n  at features/twin.feature:2\n"
            "  Next: keep one of them; an id belongs to a scenario, not to a feature or rule.\n\n"
            "Failed to read id '@SHE-001' of scenario 'S': expected an id of its own, got another scenario's.\n"
            "  at features/twin.feature:2\n"
            "  the other is at features/shelf.feature:5\n  Next: give one of the two another number."
        ),
        "features/twins.feature": (
            "Failed to read id '@SHE-001' of scenario 'S': expected an id of its own, got another scenario's.\n"
            "  at features/twins.feature:2\n"
            "  the other is at features/shelf.feature:5\n  Next: give one of the two another number."
        ),
    }


def test_a_missing_step_is_told_with_the_closest_wordings_and_a_skeleton(shelf):
    shelf.write("features/missing.feature", "# language: zh-CN\n功能: F\n  场景: S\n    假如共有3箱\n")
    (told,) = errors(shelf.run("features/missing.feature")).values()
    lines = told.splitlines()
    assert lines[:4] == [
        "Failed to bind step '假如共有3箱': expected a step function with such a wording, got none.",
        "  at features/missing.feature:4",
        "  The closest wordings are:",
        "  - 有{n:d}箱",
    ]
    assert lines[-6:] == [
        "  Next: use one of these wordings, or write the step into conftest.py:",
        "    from pytest_bdd import given, parsers",
        "",
        "    @given(parsers.parse('共有{number:g}箱'))",
        "    def _(number):",
        "        raise NotImplementedError",
    ]


def test_two_wordings_that_match_one_line_are_both_named(shelf):
    shelf.write(
        "features/conftest.py",
        "from pytest_bdd import given, parsers\n\n@given(parsers.parse('{what} boxes'))\ndef what(what):\n    pass\n",
    )
    assert (
        errors(shelf.run("-k", "All"))["features/shelf.feature"].split("\n\n")[0]
        == dedent("""
        Failed to bind step 'Given 2 boxes': expected one wording that matches, got 2.
          at features/shelf.feature:7
          '{n:d} boxes' at conftest.py:5
          '{what} boxes' at features/conftest.py:3
          Next: reword one of them so that no line matches both.
    """).strip()
    )


@pytest.mark.parametrize(
    ("step", "line", "expected"),
    [
        (
            "@given('x')\nasync def x():\n    pass\n",
            "Given x",
            "Failed to bind step 'Given x': expected a plain function, got an async one, which nobody would await.\n"
            "  at features/x.feature:3\n  Next: make the step at features/conftest.py:3 a plain 'def'.",
        ),
        (
            "@given('x')\ndef x():\n    pass\n",
            "Given x\n      | a |",
            "Failed to bind step 'Given x': expected no data table below it, got one that its function would not look at.\n"
            "  at features/x.feature:3\n"
            "  Next: give the function at features/conftest.py:3 a parameter 'datatable', or delete the data table.",
        ),
        (
            "@given('x')\ndef x(docstring):\n    pass\n",
            "Given x",
            "Failed to bind step 'Given x': expected a doc string below it, got none.\n"
            "  at features/x.feature:3\n  Next: write one; the function at features/conftest.py:3 takes it as 'docstring'.",
        ),
        (
            "@given(parsers.parse('x {datatable}'))\ndef x(datatable):\n    pass\n",
            "Given x 3",
            "Failed to bind step 'Given x 3': expected another name in its wording, got '{datatable}', which is what stands below.\n"
            "  at features/x.feature:3\n  Next: rename it in the wording at features/conftest.py:3.",
        ),
    ],
)
def test_a_step_that_could_only_go_wrong_is_told_at_collection(shelf, step, line, expected):
    shelf.write("features/conftest.py", f"from pytest_bdd import given, parsers\n\n{step}")
    shelf.write("features/x.feature", f"Feature: F\n  Scenario: S\n    {line}\n")
    assert errors(shelf.run("features/x.feature")) == {"features/x.feature": expected}


def test_a_mistake_in_a_feature_file_exits_with_usage(shelf):
    shelf.write("features/missing.feature", "Feature: F\n  Scenario: S\n    When nothing\n")
    assert shelf.run("features").ret == 2
    assert shelf.run_apart("features", "-n", "2").ret == 2


def test_the_same_wording_in_two_plugins_is_ambiguous(shelf):
    twin = "from pytest_bdd import given\n\n@given('twin')\ndef twin():\n    pass\n"
    shelf.write("first_steps.py", twin)
    shelf.write("second_steps.py", twin)
    shelf.write("conftest.py", 'pytest_plugins = ["first_steps", "second_steps"]\n')
    shelf.write("features/x.feature", "Feature: F\n  Scenario: S\n    Given twin\n")
    shelf.pytester.syspathinsert()
    (told,) = errors(shelf.run("features/x.feature")).values()
    assert told.splitlines()[2:4] == ["  'twin' at first_steps.py:3", "  'twin' at second_steps.py:3"]
