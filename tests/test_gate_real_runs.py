"""The gate on what real runs leave: nothing here is written by the test but features, and a list of known findings."""

from gate_packs import POLICY, later, verdict

OUTLINE = """@SAL-901 @severity:minor @risk:delivery @req:ORDER-CYCLE
  Scenario Outline: <found> is one
    Then <found> is 1
    Examples:
      | found |
      | 1     |
      | 2     |
      | 3     |"""
CHINESE = """# language: zh-CN
功能: 订单

  @SAL-901 @severity:minor @risk:delivery
  场景: 是一
    那么2 is 1
"""
KEPT = '@SAL-902 @severity:critical\n  Scenario: kept\n    When order "A-1" is confirmed\n    Then 1 is 1'
BROKEN = "@SAL-903 @severity:critical\n  Scenario: broken\n    Then 1 is 2"
LACKING = "@TRC-901\n  Scenario: recalled\n    Then the recall is complete"


BASE = f"{POLICY}min_rules = 0\n"
"""The ERP of these runs keeps no ledger."""


def judged(project, base=BASE, **facts):
    return verdict(project.path, project.folder, base=base, **facts)


def test_a_finding_of_a_real_run_has_severity_risk_requirement_and_place(project):
    project.feature(OUTLINE, KEPT)
    project.write("orders.zh.feature", CHINESE)
    project.run_apart("-n2")
    (reason,) = judged(project, text='[findings]\nminor = "waiver"\n').reasons
    tests = reason.cause.tests
    assert reason.title == "step conftest.equal (AssertionError): 2 is one"
    assert (reason.cause.severity, reason.areas) == ("minor", ["Sales"])
    assert {one for test in tests for one in (*test.risks, *test.requirements)} == {"delivery", "ORDER-CYCLE"}
    assert [(test.file, test.line) for test in tests] == [
        ("orders.feature", 9),
        ("orders.feature", 10),
        ("orders.zh.feature", 5),
    ]
    assert "expected 1, got 2" in reason.detail


def test_a_known_finding_keeps_the_fingerprint_it_had_before_it_was_known(project):
    project.feature(BROKEN)
    project.run()
    (before,) = judged(project).reasons
    first = project.folder
    first.rename(project.path / "earlier")
    project.configure(profile='known = "known.toml"')
    project.write("known.toml", '[[known]]\nscenario = "SAL-903"\nby = "step"\ntext = "expected 2"\nreason = "One is one."\n')
    project.run()
    (after,) = judged(project).reasons
    assert (before.key, after.key) == ("findings.critical", "known.critical")
    assert before.fingerprint == after.fingerprint
    assert after.detail.startswith("known: One is one. 1 test, orders.feature:4: ")


def test_a_port_the_erp_lacks_is_a_gap_of_a_real_run(project):
    project.feature(KEPT, LACKING)
    project.run()
    (reason,) = judged(project, base=f'{BASE}ports = ["recalls", "sales"]\n').reasons
    assert reason.detail == "expected port recalls covered, got 1 not covered for want of it: TRC-901"


def test_a_run_that_lost_its_erp_is_an_environment_failure(project):
    project.configure(adapter="unreachable")
    project.feature(KEPT)
    project.run_apart()
    result = judged(project, at=later(minutes=1))
    assert result.exit_code == 3
