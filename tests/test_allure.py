"""Allure results: what a reader of the report sees of a scenario."""

import json
import re

import pytest
from shop_project import OTHER_RULES, run


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Of one run of all scenarios that come to their end."""
    return run(tmp_path_factory.mktemp("shop"), "en/sales.feature", "zh-CN", "en/ends.feature", "-k", "not dead and not stopped")


def labels(result):
    ours = ("as_id", "language", "severity", "risk", "requirement", "tag", "feature", "story")
    return {name: [label["value"] for label in result["labels"] if label["name"] == name] for name in ours}


def steps(result):
    return [(step["status"], step["name"]) for step in result["steps"]]


def message(result):
    return result["statusDetails"]["message"]


RULES = f"Rules: 1 checked, 0 broken, {OTHER_RULES} not covered"


def test_there_is_one_result_for_each_scenario_and_each_row(results):
    assert sorted(result["name"] for result in results.all) == [
        "A quotation becomes an order",
        "Accepted for now",
        "An order is confirmed",
        "An order is shipped",
        "Needs what is not there",
        "Nothing fits",
        "Sent twice",
        "The ERP answers nonsense",
        "The ERP is gone",
        "The ERP says no",
        "报价单转为销售订单",
    ]


def test_title_description_and_labels_come_from_the_feature(results):
    result = results.of("A quotation becomes an order")
    assert result["description"] == "Two orders, told apart."
    assert result["fullName"] == "en/sales.feature#SAL-001"
    assert labels(result) == {
        "as_id": ["SAL-001"],
        "language": ["en"],
        "severity": ["critical"],
        "risk": ["delivery"],
        "requirement": ["URS-4.2"],
        "tag": ["SAL-001"],
        "feature": ["Sales"],
        "story": ["Orders"],
    }


def test_ids_differ_between_languages_and_rows_and_only_there(results):
    english, chinese = results.of("A quotation becomes an order"), results.of("报价单转为销售订单")
    assert english["testCaseId"] != chinese["testCaseId"]
    first, second = results.of("An order is confirmed"), results.of("An order is shipped")
    assert (first["parameters"], second["parameters"]) == ([{"name": "how", "value": "confirmed"}], [{"name": "how", "value": "shipped"}])
    assert first["testCaseId"] == second["testCaseId"]
    assert len({result["historyId"] for result in results.all}) == len(results.all)


def test_each_gherkin_line_is_a_step_with_its_table_text_and_exchanges(results):
    result = results.of("A quotation becomes an order")
    asks, note = result["steps"][1], result["steps"][2]
    assert steps(result) == [
        ("passed", "Given a hospital"),
        ("passed", "When it asks for:"),
        ("passed", "Then the note says"),
        ("passed", "And all is well"),
        ("passed", RULES),
    ]
    assert results.text(asks, "table") == "customer,quantity\nH1,3\n"
    assert results.text(note, "text") == "Thank you"
    assert results.text(asks, "Exchanges with the ERP: 1, 10 ms") == (
        '1. POST /orders?token=[redacted]  as sales  201  10 ms\n→ {"customer": "H1", "password": "[redacted]"}\n← {"number": "SO1"}'
    )


def test_chinese_lines_read_as_written(results):
    assert steps(results.of("报价单转为销售订单")) == [
        ("passed", "假如一家医院"),
        ("passed", "当订单confirmed"),
        ("passed", "那么一切正常"),
        ("passed", f"规则：检查 1 条，违反 0 条，未覆盖 {OTHER_RULES} 条"),
    ]


def test_the_ledger_shows_what_is_new(results):
    rules = results.of("A quotation becomes an order")["steps"][-1]
    page = results.text(rules, "Ledger, before and after")
    assert "<caption>orders <small>sales orders with at least one line of the items</small></caption>" in page
    assert '<tr class="new"><td class="sign">+</td><td>SO0</td><td>H1</td><td>R1</td><td>quotation</td>' in page


def test_a_failed_step_fails_and_the_rest_is_skipped(results):
    result = results.of("Nothing fits")
    assert result["status"] == "failed"
    assert message(result) == "Step broken: expected confirmed, got quotation"
    assert steps(result) == [
        ("passed", "Given a hospital"),
        ("failed", "When the order is wrong"),
        ("skipped", "Then all is well"),
        ("passed", RULES),
    ]


def test_a_refusal_nobody_expected_is_shown_where_it_happened(results):
    result = results.of("The ERP says no")
    assert result["status"] == "failed"
    assert steps(result)[1:3] == [("failed", "When the order is refused"), ("skipped", "Then all is well")]
    assert message(result["steps"][1]) == "refused (state): an order in this state is not confirmed"


def test_an_erp_that_broke_is_broken_not_failed(results):
    result = results.of("The ERP answers nonsense")
    assert result["status"] == "broken"
    assert message(result) == "ERP broke: Failed to POST /orders: expected JSON, got a web page with token=[redacted]"
    assert steps(result)[1] == ("broken", "When the order is broke")


def test_a_broken_rule_fails_the_scenario_and_is_attached(results):
    result = results.of("Sent twice")
    assert result["status"] == "failed"
    assert message(result).startswith("Rule broken: one-order-per-reference · A customer's order number makes one order\n")
    assert steps(result)[-1] == ("failed", f"Rules: 1 checked, 1 broken, {OTHER_RULES} not covered")
    finding = results.text(result, "Finding: A customer's order number makes one order").splitlines()
    assert finding[:2] == ["rule: one-order-per-reference", "title: A customer's order number makes one order"]
    assert finding[-2:] == ["  orders: 2", "  expected: 1"]


def test_what_is_not_covered_is_skipped_with_all_its_steps(results):
    result = results.of("Needs what is not there")
    assert (result["status"], message(result)) == ("skipped", "Not covered: port Stock")
    assert steps(result) == [("skipped", "Given a hospital"), ("skipped", "Then there is stock")]


def test_what_is_known_is_skipped_and_says_why(results):
    result = results.of("Accepted for now")
    assert (result["status"], message(result)) == ("skipped", "Known: The shop never confirms.\n\nexpected confirmed, got quotation")
    assert steps(result)[1] == ("failed", "When the order is wrong")


def test_fixtures_with_nothing_to_tell_leave_no_files(results):
    assert list(results.folder.glob("*-container.json")) == []


def test_environment_and_categories_are_written(results):
    environment = (results.folder / "environment.properties").read_text(encoding="utf-8")
    facts = dict(line.split("=", 1) for line in environment.splitlines())
    assert (facts["erp"], facts["profile"], facts["environment"]) == ("Shop 1.0", "shop", "test")
    categories = json.loads((results.folder / "categories.json").read_text(encoding="utf-8"))
    for result in results.all:
        if result["status"] != "passed":
            fitting = [
                category["name"]
                for category in categories
                if result["status"] in category["matchedStatuses"] and re.match(category["messageRegex"], message(result))
            ]
            assert len(fitting) == 1, f"expected one category for {message(result)!r}, got {fitting}"


def test_no_planted_secret_is_in_anything_the_run_left(results):
    left = [file for place in (results.folder, results.folder.parent / ".erp-testkit") for file in place.rglob("*") if file.is_file()]
    assert len(left) > 20
    assert [file.name for file in left if b"planted" in file.read_bytes()] == []
    assert "planted-3" in results.said  # the secrets were there to be found


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_a_scenario_whose_process_dies_is_broken_and_no_other_result_is_lost(results, tmp_path, processes):
    before = results.of("A quotation becomes an order")
    results = run(tmp_path, "en", processes, "-k", "dead or quotation")
    dead = results.of("The process is dead")
    assert (dead["status"], message(dead)) == ("broken", "Kit error: the process that ran this scenario ended in the middle of it.")
    assert (dead["fullName"], labels(dead)["as_id"]) == ("en/ends.feature#END-001", ["END-001"])
    if processes == "-n2":
        after = results.of("A quotation becomes an order")
        assert "erp=Shop 1.0\n" in (results.folder / "environment.properties").read_text(encoding="utf-8")
        assert (after["status"], after["historyId"]) == ("passed", before["historyId"])
        assert results.exit_code == 3


def test_an_interrupted_scenario_is_broken_and_says_how_far_it_came(tmp_path):
    results = run(tmp_path, "en/ends.feature", "-k", "stopped")
    result = results.of("The run is stopped")
    assert (result["status"], message(result)) == ("broken", "Kit error: interrupted")
    assert steps(result) == [("passed", "Given a hospital"), ("broken", "When the order is stopped"), ("skipped", "Then all is well")]


def test_an_erp_that_does_not_answer_is_a_matter_of_the_environment(results):
    result = results.of("The ERP is gone")
    assert (result["status"], message(result)) == ("broken", "Environment: Failed to POST /orders: expected an answer, got none.")
