"""What a change asks to be tested, learned from earlier runs; and running just that."""

import pytest
from click.testing import CliRunner
from compared_packs import exchange, pack, result

from erp_testkit.cli.plan import command
from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.results import Outcome
from erp_testkit.gate.requirements.plan import Changed, Link, learn, load_links, parse, plan

SHIP = exchange("POST", "/shipments/SH-7/ship", {}, {})
ORDER = exchange("GET", "/orders/SO-12?item=A", None, {})
SALE = exchange("POST", "model.sale.sale.confirm", {}, {})


@pytest.fixture
def learned(tmp_path):
    return learn(
        [
            pack(tmp_path / "a", result("OUT-001"), exchanges=[ORDER, SHIP]),
            pack(tmp_path / "b", result("SAL-001"), exchanges=[ORDER]),
            pack(tmp_path / "c", result("SAL-002"), result("SAL-003", outcome=Outcome.NOT_COVERED), exchanges=[SALE]),
        ]
    )


@pytest.mark.parametrize(
    ("change", "links", "must"),
    [
        ("operation:POST /shipments/{number}/ship", [], ["OUT-001"]),
        ("operation:get /orders/{any}", [], ["OUT-001", "SAL-001"]),
        ("operation:GET /orders", [], []),
        ("module:sale", [], ["SAL-002"]),
        ("module:sal", [], []),
        ("config:orders.auto", [], []),
        ("config:orders.auto", [Link(changed="config:orders.*", operations=("* /orders*",))], ["OUT-001", "SAL-001"]),
        ("config:stock.auto", [Link(changed="config:orders.*", operations=("* /orders*",))], []),
        ("mapping:sales", [], ["OUT-001", "SAL-001", "SAL-002"]),  # tests of a file of that name
    ],
)
def test_what_touches_a_change_must_run(learned, change, links, must):
    found = plan(learned, [parse(change)], links)
    assert sorted(scenario for scenario, _ in found.must.values()) == must
    assert len(found.must) + len(found.left_out) == 3
    assert found.untested == ([] if must else [parse(change)])


def test_a_test_that_was_not_judged_tests_nothing(learned):
    assert "SAL-003" not in {touched.scenario for touched in learned.values()}


def test_a_test_runs_for_each_change_it_touches(learned):
    changes = [Changed("operation", "GET /orders/{n}"), Changed("operation", "POST /shipments/{n}/ship")]
    assert plan(learned, changes, []).must["sales.feature::OUT-001"] == ("OUT-001", tuple(changes))


@pytest.mark.parametrize("text", ["sale", "modul:sale", "module:", ":x"])
def test_a_change_that_is_none_is_a_usage_error(text):
    with pytest.raises(
        UsageError, match=rf"Failed to read change '{text}': expected kind:name, such as module:sale\. .*Valid values are: "
    ):
        parse(text)


def test_links_with_mistakes_are_told_at_once(tmp_path):
    file = tmp_path / "plan.toml"
    file.write_text('[[link]]\nchanged = "modul:x"\noperations = []\nwhy = "y"\n[[links]]\n')
    with pytest.raises(UsageError) as raised:
        load_links(file)
    assert str(raised.value) == (
        f"Failed to read links {file}: expected no mistakes, got 4:\n"
        "- line 2, link[1].changed: expected kind:pattern, such as module:sale*, got 'modul:x'. "
        "Did you mean 'module'? Valid values are: config, mapping, module, operation.\n"
        "- line 3, link[1].operations: expected at least one pattern of operations, got [].\n"
        "- line 4, link[1].why: unknown key. Valid values are: changed, operations.\n"
        "- line 5, links: unknown key. Did you mean 'link'? Valid values are: link."
    )


def test_the_screen_the_list_and_the_exit_code(tmp_path, monkeypatch):
    (tmp_path / "erp-testkit.toml").write_text("")
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "plan.toml").write_text('[[link]]\nchanged = "config:*"\noperations = ["* /shipments*"]\n')
    pack(tmp_path / ".erp-testkit" / "runs" / "a", result("OUT-001"), exchanges=[ORDER, SHIP])
    pack(tmp_path / ".erp-testkit" / "runs" / "b", result("SAL-001"), exchanges=[ORDER])
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(command, ["--changed", "config:x", "--changed", "module:quality", "--tests", "tests.txt"])
    assert ended.output == (
        "Learned from 2 runs: 2 tests\n"
        "\n"
        "config:x: OUT-001\n"
        "\n"
        "module:quality: CHANGED BUT NOT TESTED\n"
        "\n"
        "Must run: 1; may be left out: 1; changed but not tested: 1\n"
    )
    assert ended.exit_code == 1
    assert (tmp_path / "tests.txt").read_text() == "sales.feature::OUT-001\n"
    assert CliRunner().invoke(command, ["--changed", "config:x"]).exit_code == 0


def test_without_a_run_there_is_nothing_to_learn_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(command, ["--changed", "config:x"])
    assert str(ended.exception) == "Failed to plan: expected at least one run to learn from, got none. Next: erp-testkit run"


FEATURE = """\
Feature: Orders
  @SAL-901
  Scenario: One
    When order "1" is confirmed there
  @SAL-902
  Scenario: Two\u2028of them
    When order "2" is confirmed there
"""
STEPS = """
from pytest_bdd import parsers, when

@when(parsers.parse('order "{number}" is confirmed there'))
def confirm(sales, number):
    sales.confirm(number)
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_only_listed_tests_run_and_all_of_them(project, pytester, workers):
    project.configure()
    (pytester.path / "orders.feature").write_text(FEATURE, encoding="utf-8")
    pytester.makeconftest(STEPS)
    listed = pytester.path / "tests.txt"
    listed.write_text("orders.feature::Two\u2028of them\n", encoding="utf-8")
    result = pytester.runpytest_subprocess("orders.feature", "--erp-tests", "tests.txt", *workers)
    assert result.ret == 0
    result.assert_outcomes(passed=1)
    listed.write_text("orders.feature::Two\u2028of them\norders.feature::Three\n", encoding="utf-8")
    result = pytester.runpytest_subprocess("orders.feature", "--erp-tests", "tests.txt", *workers)
    assert result.ret == 2
    result.stdout.fnmatch_lines(
        [
            "erp-testkit: Failed to run the tests of tests.txt: expected all 2 to run, got none of 1, "
            "such as orders.feature::Three. Next: erp-testkit plan again"
        ]
    )


def test_a_list_that_cannot_be_read_is_a_usage_error(project, pytester):
    project.configure()
    result = pytester.runpytest_subprocess("--erp-tests", "none.txt")
    assert result.ret == 2
    said = "ERROR: Failed to read tests none.txt: expected a list of test ids, got *Next: erp-testkit plan --tests none.txt"
    result.stderr.fnmatch_lines([said])
