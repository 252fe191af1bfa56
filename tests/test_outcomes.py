"""How scenarios end, what that makes of the run, and the exit code."""

import fake_erp
import pytest
from erp_projects import RULE, summary

from erp_testkit.domain.findings import fingerprint

KEPT = '@SAL-001\n  Scenario: kept\n    When order "A-1" is confirmed\n    Then 1 is 1'
WRONG = '@SAL-002\n  Scenario: wrong\n    When order "A-1" is confirmed\n    Then 1 is 2'
REFUSED = '@SAL-003\n  Scenario: refused\n    When order "refused" is confirmed\n    Then 1 is 1'
REFUSED_LAST = '@SAL-004\n  Scenario: refused at the end\n    When order "refused" is confirmed'
REFUSED_RIGHTLY = '@SAL-005\n  Scenario: refused rightly\n    When order "refused" is confirmed\n    Then it is refused'
LACKING = "@TRC-001\n  Scenario: lacking\n    Then the recall is complete"
ERP_BROKE = '@SAL-006\n  Scenario: erp broke\n    When order "broken" is confirmed'
GONE = '@SAL-007\n  Scenario: gone\n    When order "gone" is confirmed'
RULED = '@STK-001\n  Scenario: ruled\n    Given item "pacemaker"\n    Then 1 is 1'
RULED_AND_WRONG = '@STK-002\n  Scenario: ruled and wrong\n    Given item "pacemaker"\n    Then 1 is 2'
READING = '@readonly @SAL-008\n  Scenario: reading\n    Then order "A-1" can be read'
WRITING_THOUGH = '@readonly @SAL-009\n  Scenario: writing though\n    When order "A-1" is confirmed'
ANOTHER_WRITES = "@readonly @SAL-010\n  Scenario: another writes\n    Then another user confirms"


@pytest.fixture
def overfull(monkeypatch):
    monkeypatch.setitem(fake_erp.pieces, "on_hand", 3)


def known(*entries):
    return "".join(f'[[known]]\nscenario = "{s}"\nby = "{by}"\ntext = "{text}"\nreason = "{reason}"\n' for s, by, text, reason in entries)


def test_a_kept_run_is_green(project):
    project.feature(KEPT, REFUSED_RIGHTLY)
    result = project.run("orders.feature")
    assert result.ret == 0
    assert summary(result) == [
        "Area   kept  broken  known  not covered",
        "Sales     2       0      0            0",
        "Total     2       0      0            0",
        "",
        "Rules: 0, judged 0 of 0 subjects, 0 violated",
    ]
    assert project.manifest()["state"] == "complete"
    assert {name: event["outcome"] for name, event in project.events().items()} == {"SAL-001": "kept", "SAL-005": "kept"}


def test_a_failed_step_breaks_the_run(project):
    project.feature(KEPT, WRONG)
    result = project.run("orders.feature")
    assert result.ret == 1
    assert project.events()["SAL-002"]["message"] == "expected 2, got 1\nassert 1 == 2"


@pytest.mark.parametrize(("scenario", "name"), [(REFUSED, "SAL-003"), (REFUSED_LAST, "SAL-004")], ids=["next step", "at the end"])
def test_a_refusal_nobody_asked_for_breaks_its_scenario(project, scenario, name):
    project.feature(scenario)
    assert project.run("orders.feature").ret == 1
    assert project.events()[name]["message"] == (
        "Failed to do step 'When order \"refused\" is confirmed': expected the ERP to do it, got refused (stock): none left."
    )


def test_what_is_not_covered_does_not_break_a_run(project):
    project.feature(KEPT, LACKING)
    result = project.run("orders.feature")
    assert result.ret == 0
    assert summary(result) == [
        "Area          kept  broken  known  not covered",
        "Sales            1       0      0            0",
        "Traceability     0       0      0            1",
        "Total            1       0      0            1",
        "",
        "Rules: 0, judged 0 of 0 subjects, 0 violated",
        "Not covered:",
        "  port Recalls: TRC-001",
    ]
    result.stdout.fnmatch_lines(["orders.feature .n*", "*= 1 passed, 1 not covered in *"])


def test_junit_shows_what_is_not_covered_as_skipped_with_its_reason(project):
    project.feature(KEPT, LACKING)
    project.run("orders.feature", "--junitxml=junit.xml", "-o", "junit_family=xunit2")
    assert '<skipped type="pytest.skip" message="not covered: port Recalls">' in (project.path / "junit.xml").read_text()


def test_a_run_that_checked_nothing_is_never_green(project):
    project.feature(LACKING)
    result = project.run("orders.feature")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["Broken: nothing was checked."])


def test_an_erp_that_breaks_breaks_its_scenario(project):
    project.feature(KEPT, ERP_BROKE)
    assert project.run("orders.feature").ret == 1
    assert project.events()["SAL-006"]["outcome"] == "broken"


def test_an_unreachable_erp_is_an_error_of_the_environment(project):
    project.feature(GONE, KEPT)
    result = project.run("orders.feature")
    assert result.ret == 3
    assert summary(result) == [
        "Area   kept  broken  known  not covered  error",
        "Sales     1       0      0            0      1",
        "Total     1       0      0            0      1",
        "",
        "Rules: 0, judged 0 of 0 subjects, 0 violated",
        "Errors:",
        "  Failed to POST /confirm: expected an answer, got none.: SAL-007",
    ]


def test_a_run_stops_when_the_erp_is_gone(project):
    project.configure(url="http://127.0.0.1:9")
    project.feature(GONE, KEPT)
    result = project.run("orders.feature")
    assert result.ret == 3
    assert list(project.events()) == ["SAL-007"]
    manifest = project.manifest()
    assert (manifest["state"], manifest["reason"]) == ("partial", "Failed to POST /confirm: expected an answer, got none.")


def test_a_run_stops_after_two_errors_in_a_row(project):
    project.feature(GONE, GONE.replace("SAL-007", "SAL-017").replace("gone", "gone again", 1), KEPT)
    assert project.run("orders.feature").ret == 3
    assert list(project.events()) == ["SAL-007", "SAL-017"]


def test_a_violated_rule_breaks_a_scenario_all_of_whose_steps_passed(project, overfull):
    project.configure(adapter="connect_with_ledger", head='rules = ["rules"]')
    project.write("rules/two.sql", RULE)
    project.feature(RULED)
    result = project.run("orders.feature")
    assert result.ret == 1
    event = project.events()["STK-001"]
    code = event["findings"][0]["evidence"][0]["item"]
    assert event["message"] == (
        "Rule broken: two-pieces · Nobody has more than two pieces\n"
        "Why: The shelf only holds two.\n"
        "\n"
        "item             place  quantity\n"
        f"{code}  A      3"
    )
    assert event["rules"]["two-pieces"][1] == 1
    assert event["findings"][0]["fingerprint"] == fingerprint("rule", "two-pieces", "")


def test_a_rule_speaks_the_language_of_the_feature(project, overfull):
    project.configure(adapter="connect_with_ledger", head='rules = ["rules"]')
    project.write("rules/two.sql", RULE)
    project.write("订单.feature", '# language: zh-CN\n功能: 订单\n\n  @STK-001\n  场景: 检查\n    假如item "起搏器"\n    那么1 is 1\n')
    assert project.run("订单.feature").ret == 1
    assert project.events()["STK-001"]["message"].startswith(
        "违反规则: two-pieces · 任何库位不得超过两件\n原因: The shelf only holds two.\n"
    )


def test_a_rule_never_hides_a_failed_step(project, overfull):
    project.configure(adapter="connect_with_ledger", head='rules = ["rules"]')
    project.write("rules/two.sql", RULE)
    project.feature(RULED_AND_WRONG)
    result = project.run("orders.feature")
    assert result.ret == 1
    event = project.events()["STK-002"]
    assert event["message"] == "expected 2, got 1\nassert 1 == 2"
    assert event["rules"]["two-pieces"][1] == 1
    result.stdout.fnmatch_lines(["*rules*", "Rule broken: two-pieces · Nobody has more than two pieces"])


def test_a_rule_without_its_tables_is_not_covered(project):
    project.configure(adapter="connect_with_ledger", head='rules = ["rules"]')
    project.write("rules/two.sql", RULE)
    project.feature(RULED)
    result = project.run("orders.feature")
    assert result.ret == 0
    assert "Rules not covered:" in summary(result)
    assert project.events()["STK-001"]["rules_not_covered"]["stock-equals-moves"] == ["moves"]


def test_a_rule_that_cannot_run_is_its_own_error_and_the_others_are_judged(project, overfull):
    project.configure(adapter="connect_with_ledger", head='rules = ["rules"]')
    project.write("rules/two.sql", RULE.replace("<= 2", "<= 3"))
    broken = "JSON_EXTRACT(place, '$.a') IS NULL"
    project.write("rules/json.sql", RULE.replace("two-pieces", "is-json").replace("o.quantity <= 2", broken))
    project.feature(RULED)
    result = project.run("orders.feature")
    assert result.ret == 2
    event = project.events()["STK-001"]
    assert (event["outcome"], event["rules"]["two-pieces"]) == ("error", [1, 0, 0, 0])
    assert event["message"] == ("Failed to run rule 'is-json': malformed JSON\nNext: mend the rule's query, then type: erp-testkit rules")
    assert event["rules_failed"] == {"is-json": "malformed JSON"}
    result.stdout.fnmatch_lines(["Rules that could not run:", "  is-json: malformed JSON"])


def test_a_known_finding_does_not_break_the_run(project):
    project.configure(profile='known = "known.toml"')
    project.write("known.toml", known(("SAL-002", "step", "expected 2, got 1", "Two is still one here.")))
    project.feature(KEPT, WRONG)
    result = project.run("orders.feature")
    assert result.ret == 0
    assert summary(result)[1] == "Sales     1       0      1            0"
    result.stdout.fnmatch_lines(["orders.feature .k*"])


def test_a_scenario_that_also_breaks_by_something_else_is_broken(project, overfull):
    project.configure(adapter="connect_with_ledger", head='rules = ["rules"]', profile='known = "known.toml"')
    project.write("rules/two.sql", RULE)
    project.write("known.toml", known(("STK-002", "step", "expected 2, got 1", "Two is still one here.")))
    project.feature(RULED_AND_WRONG)
    assert project.run("orders.feature").ret == 1
    assert project.events()["STK-002"]["outcome"] == "broken"


def test_a_known_rule_is_known_by_its_id(project, overfull):
    project.configure(adapter="connect_with_ledger", head='rules = ["rules"]', profile='known = "known.toml"')
    project.write("rules/two.sql", RULE)
    project.write("known.toml", known(("STK-001", "rule:two-pieces", "more than two", "The shelf was mended.")))
    project.feature(RULED)
    assert project.run("orders.feature").ret == 0
    assert project.events()["STK-001"]["outcome"] == "known"


def test_a_known_finding_that_no_longer_shows_breaks_the_run(project):
    project.configure(profile='known = "known.toml"')
    project.write("known.toml", known(("SAL-001", "step", "expected 2", "Two is still one here.")))
    project.feature(KEPT)
    result = project.run("orders.feature")
    assert result.ret == 1
    assert summary(result)[-2:] == [
        "Known but kept; take them off the list of known findings:",
        "  SAL-001 (orders.feature), by step: Two is still one here.",
    ]


def test_a_known_race_may_show_or_not(project):
    project.configure(profile='known = "known.toml"')
    entries = known(("SAL-001", "step", "expected 2", "They did not meet.")) + "race = true\n"
    project.write("known.toml", entries + known(("SAL-002", "step", "expected 2, got 1", "They met.")) + "race = true\n")
    project.feature(KEPT, WRONG)
    assert project.run("orders.feature").ret == 0
    assert {name: event["outcome"] for name, event in project.events().items()} == {"SAL-001": "kept", "SAL-002": "known"}


def test_a_malformed_list_of_known_findings_is_a_usage_error(project):
    project.configure(profile='known = "known.toml"')
    project.write("known.toml", '[[known]]\nscenario = "SAL-001"\nby = "luck"\ntext = "x"\nreasons = "y"\n')
    project.feature(KEPT)
    result = project.run_apart("orders.feature")
    assert result.ret == 2
    assert result.errlines == [
        f"ERROR: Failed to read known findings {project.path / 'known.toml'}: expected no mistakes, got 3:",
        "- line 1, known[1].reason: expected text, got nothing.",
        "- line 3, known[1].by: expected 'step', 'rule:<id>' or 'contract:<id>', got 'luck'.",
        "- line 5, known[1].reasons: unknown key. Did you mean 'reason'? Valid values are: by, race, reason, scenario, text.",
    ]


def test_production_runs_only_what_reads(project):
    project.configure(profile='environment = "production"')
    project.feature(KEPT, READING)
    result = project.run("orders.feature")
    assert result.ret == 0
    assert summary(result)[-2:] == ["Not covered:", "  writes, and profile fake is production: SAL-001"]


@pytest.mark.parametrize(("scenario", "name"), [(WRITING_THOUGH, "SAL-009"), (ANOTHER_WRITES, "SAL-010")], ids=["itself", "as another"])
def test_production_refuses_every_writing_call_before_it_is_sent(project, scenario, name):
    project.configure(profile='environment = "production"')
    project.feature(scenario)
    assert project.run("orders.feature").ret == 2
    event = project.events()[name]
    assert event["message"] == (
        "Failed to call sales.confirm in profile 'fake': expected only reading calls, because it is a production environment, "
        "got a writing one; nothing was sent. Next: choose another profile, or take @readonly off the scenario"
    )
    assert (project.folder / "exchanges-main.jsonl").read_text() == ""


def test_the_seed_is_printed_and_can_be_given(project):
    project.feature(KEPT)
    result = project.run("orders.feature", "--erp-seed=42")
    result.stdout.fnmatch_lines(
        ["erp-testkit: profile fake (fake_erp:connect, *, test), seed 42", "Seed 42; evidence in .erp-testkit/runs/*"]
    )
    assert project.manifest()["seed"] == 42


def test_results_cross_from_workers(project):
    project.feature(KEPT, WRONG, LACKING)
    result = project.run_apart("orders.feature", "-n2")
    assert result.ret == 1
    assert summary(result)[:4] == [
        "Area          kept  broken  known  not covered",
        "Sales            1       1      0            0",
        "Traceability     0       0      0            1",
        "Total            1       1      0            1",
    ]


def test_a_project_without_the_kit_keeps_pytests_exit_codes(pytester):
    pytester.makepyfile("def test_wrong(): assert 1 == 2")
    assert pytester.runpytest_inprocess("-k", "nothing").ret == 5
    assert pytester.runpytest_inprocess("missing.py").ret == 4


def test_nothing_is_started_to_collect(project):
    project.configure(adapter="unreachable")
    project.feature(KEPT)
    assert project.run("orders.feature", "--collect-only", "-q").ret == 0
    assert not (project.path / ".erp-testkit" / "runs").exists()
