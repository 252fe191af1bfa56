"""The verdict: what policy and evidence make of each other, and that it is the same whenever it is given."""

import json
import re
from datetime import timedelta
from types import SimpleNamespace
from xml.etree.ElementTree import fromstring

import pytest
from gate_packs import POLICY, breach, contract, failed, later, leave, result, rule, verdict

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.findings import CHECK_FAILED
from erp_testkit.domain.ledger import time_text
from erp_testkit.domain.results import Lack, Need
from erp_testkit.evidence import schema
from erp_testkit.evidence.pack import Pack
from erp_testkit.gate.reports.files import write
from erp_testkit.gate.reports.junit import as_junit
from erp_testkit.gate.reports.summary import as_markdown
from erp_testkit.gate.reports.verdict_json import as_data
from erp_testkit.gate.verdict.verdict import State, Word, moment

FINDINGS = '[findings]\nblocker = "reject"\ncritical = "reject"\nnormal = "waiver"\nminor = "note"\n'
LACKS = [Lack(Need.PORT, "Recalls"), Lack(Need.PORT, "Labels")]


def only(judged):
    (reason,) = judged.reasons
    return reason


def laws(judged):
    return [reason.detail for reason in judged.reasons if reason.key == "law"]


def test_a_run_in_which_everything_was_kept_is_approved_for_signing(tmp_path):
    judged = verdict(tmp_path, leave(tmp_path / "run", result("SAL-001"), contract()))
    assert (judged.word, judged.exit_code, judged.reasons) == (Word.APPROVED, 0, [])


@pytest.mark.parametrize(
    ("severity", "word", "state", "code"),
    [
        ("blocker", Word.REJECTED, State.REJECTS, 1),
        ("critical", Word.REJECTED, State.REJECTS, 1),
        ("normal", Word.WAIVER, State.NEEDS_WAIVER, 1),
        ("minor", Word.APPROVED, State.NOTED, 0),
    ],
)
def test_the_severity_of_a_finding_decides(tmp_path, severity, word, state, code):
    judged = verdict(tmp_path, leave(tmp_path / "run", result("SAL-001", "broken", severity=severity)), text=FINDINGS)
    assert (judged.word, only(judged).state, only(judged).key, judged.exit_code) == (word, state, f"findings.{severity}", code)


def test_a_rule_has_its_own_severity_whatever_the_scenarios(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001", "broken", severity="minor", findings=[rule(severity="blocker")]))
    reason = only(verdict(tmp_path, pack, text=FINDINGS))
    assert (reason.key, reason.title) == ("findings.blocker", "rule stock-equals-moves: Title of stock-equals-moves")


def test_a_risk_sharpens_what_a_finding_does(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001", "broken", severity="minor", risks=["compliance"]))
    judged = verdict(tmp_path, pack, text=f'{FINDINGS}[risks.compliance]\nfindings = {{ minor = "reject" }}\n')
    assert (judged.word, only(judged).key) == (Word.REJECTED, "risks.compliance.findings.minor")


def test_a_known_finding_is_judged_as_known_and_only_where_it_is_known_everywhere(tmp_path):
    known = result("SAL-001", "known", severity="critical", reasons=["Tryton rounds."])
    text = f'{FINDINGS}[known]\ncritical = "waiver"\n'
    reason = only(verdict(tmp_path, leave(tmp_path / "known", known), text=text))
    assert (reason.state, reason.key) == (State.NEEDS_WAIVER, "known.critical")
    assert reason.detail == "known: Tryton rounds. 1 test, features/en/sales.feature:12: expected refusal (state), got success"
    other = result("SAL-001", "broken", severity="critical", node="other row")
    assert only(verdict(tmp_path, leave(tmp_path / "both", known, other), text=text)).key == "findings.critical"


def test_a_scenario_that_breaks_by_step_and_rule_has_a_reason_for_each(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001", "broken", findings=[rule(), failed()]))
    titles = [reason.title for reason in verdict(tmp_path, pack).reasons]
    assert titles == ["rule stock-equals-moves: Title of stock-equals-moves", "step sales.refused (AssertionError): Scenario SAL-001"]


def test_one_finding_in_two_languages_rows_and_runs_is_one_reason_told_in_english(tmp_path):
    chinese = result("SAL-001", "broken", language="zh-CN", title="场景", node="zh", file="a.feature", message="应为拒绝")
    row = result("SAL-001", "broken", node="features/en/sales.feature::row[2]", message="row 2")
    one, other = leave(tmp_path / "1", chinese, row), leave(tmp_path / "2", result("SAL-001", "broken", message="lot L-77 of 2026"))
    reason = only(verdict(tmp_path, one, other))
    assert reason.title == "step steps.sal_001 (AssertionError): Scenario SAL-001"
    assert [test.node for test in reason.cause.tests] == [
        "features/en/sales.feature::row[2]",
        "features/en/sales.feature::SAL-001",
        "zh",
    ]
    assert reason.detail == "3 tests, features/en/sales.feature:12: row 2"


def test_a_finding_keeps_its_fingerprint_whatever_it_says_and_wherever_it_is(tmp_path):
    one = only(verdict(tmp_path, leave(tmp_path / "1", result("SAL-001", "broken"))))
    other = only(
        verdict(tmp_path, leave(tmp_path / "2", result("SAL-001", "broken", message="42", title="x", file="y", line=3, seconds=9.0)))
    )
    assert one.fingerprint == other.fingerprint
    assert re.fullmatch("[0-9a-f]{12}", one.fingerprint)
    elsewhere = only(verdict(tmp_path, leave(tmp_path / "3", result("SAL-001", "broken", findings=[failed("stock.stock_is")]))))
    assert elsewhere.fingerprint != one.fingerprint


def test_a_check_that_could_not_be_carried_out_is_a_finding_too(tmp_path):
    own = CHECK_FAILED.found("server error", key="erp (ErpBroke)")
    reason = only(verdict(tmp_path, leave(tmp_path / "run", contract("erp POST /orders", "broken", findings=[own]))))
    assert (reason.title, reason.areas) == ("contract check-failed: A check of a contract could not be carried out", ["Contracts"])


def test_what_shows_in_many_scenarios_is_one_reason_with_one_fingerprint(tmp_path):
    broken = [result(f"{area}-{number:03}", "broken", findings=[rule()]) for area in ("SAL", "OUT") for number in range(30)]
    reason = only(verdict(tmp_path, leave(tmp_path / "run", *broken)))
    assert (reason.cause.counted(), reason.areas) == ("in 60 tests, first: OUT-000", ["Sales", "Outbound"])
    assert {finding.cause for one in broken for finding in one.findings} == {reason.fingerprint}


def test_causes_stand_by_severity_then_by_how_much_they_broke_then_by_id(tmp_path):
    pack = leave(
        tmp_path / "run",
        result("SAL-001", "broken", findings=[rule("b"), rule("a"), rule("minor", "minor")]),
        result("SAL-002", "broken", findings=[rule("c"), rule("minor", "minor")]),
        result("SAL-003", "broken", findings=[rule("c"), rule("worst", "blocker"), rule("minor", "minor")]),
    )
    names = ["worst", "c", "a", "b", "minor"]
    assert [reason.cause.kind.id for reason in verdict(tmp_path, pack).reasons] == names


def test_each_finding_is_told_in_its_own_words(tmp_path):
    """The second rule of a scenario once came with the text of the first."""
    pack = leave(tmp_path / "run", result("SAL-001", "broken", findings=[rule("one"), rule("two")], message="Rule broken: one"))
    said = [reason.detail.rpartition(": ")[2] for reason in verdict(tmp_path, pack).reasons]
    assert said == ["one", "two"]


def test_a_cause_over_areas_is_judged_by_the_strictest_of_them(tmp_path):
    pack = leave(tmp_path / "run", *(result(name, "broken", findings=[rule(severity="minor")]) for name in ("SAL-001", "STK-001")))
    text = '[areas.Stock]\nmin_scenarios = 0\nfindings = { minor = "reject" }\n'
    base = 'extends = "observe"\n'
    reason = only(verdict(tmp_path, pack, base=base, text=text))
    assert (reason.key, reason.state) == ("areas.Stock.findings.minor", State.REJECTS)


LAWS = [
    ([result("SAL-001")], {"partial": "interrupted"}, 3, "expected a run that came to its end, got run run, partial: interrupted"),
    ([result("SAL-001")], {"killed": True}, 3, "expected a run that came to its end, got run run, running, and so it was killed"),
    ([result("SAL-001"), result("SAL-002", "error", exit_code=3, message="ERP gone")], {}, 3,
     "expected every test judged, or not covered, got 1 without judgement: features/en/sales.feature::SAL-002; ERP gone"),
    ([result("SAL-001"), result("erp can be read", "error", exit_code=2, message="no YAML", node="c")], {}, 2,
     "expected every test judged, or not covered, got 1 without judgement: c; no YAML"),
    ([result("SAL-001", "not covered", lacks=LACKS)], {}, 1, "expected at least one test checked, got 0"),
    ([], {}, 1, "expected at least one test checked, got 0"),
]  # fmt: skip


@pytest.mark.parametrize(("results", "ended", "code", "said"), LAWS, ids=range(len(LAWS)))
def test_a_run_that_could_not_judge_is_never_green_under_any_policy(tmp_path, results, ended, code, said):
    pack = leave(tmp_path / "run", *results, **ended)
    for base in ("", 'extends = "observe"\n'):
        judged = verdict(tmp_path, pack, base=base)
        assert (judged.word, judged.exit_code) == (Word.REJECTED, code)
        assert laws(judged) == [said]


def test_a_run_that_was_cut_short_because_something_broke_is_broken_and_not_an_environment_failure(tmp_path):
    judged = verdict(tmp_path, leave(tmp_path / "run", result("SAL-001", "broken"), partial="stopping after 1 failures"))
    assert (judged.word, judged.exit_code) == (Word.REJECTED, 1)


def test_an_error_of_the_environment_goes_before_what_broke(tmp_path):
    judged = verdict(tmp_path, leave(tmp_path / "run", result("SAL-001", "broken"), result("SAL-002", "error", exit_code=3)))
    assert judged.exit_code == 3


@pytest.mark.parametrize(
    ("name", "got"),
    [("events-main.jsonl", "another events-main.jsonl"), ("summary.json", "another summary.json"), ("pack.json", "no pack.json")],
)
def test_a_run_that_was_changed_after_its_end_is_rejected(tmp_path, name, got):
    pack = leave(tmp_path / "run", result("SAL-001", "broken"), result("SAL-002"))
    if name == "pack.json":
        (pack / name).unlink()
    else:
        text = (pack / name).read_text(encoding="utf-8")
        (pack / name).write_text(text.replace("broken", "kept").replace("[]", "[ ]"), encoding="utf-8")
    judged = verdict(tmp_path, pack)
    assert (judged.word, judged.exit_code) == (Word.REJECTED, 1)
    assert laws(judged) == [f"expected the files of the run as they were sealed, got run run with {got}"]


def test_events_that_were_added_or_taken_away_after_the_end_are_seen(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001"), result("SAL-002"), workers=("gw0", "gw1"))
    (pack / "events-gw1.jsonl").rename(pack / "events-gw2.jsonl")
    assert laws(verdict(tmp_path, pack)) == [
        "expected the files of the run as they were sealed, got run run with another events-gw1.jsonl, events-gw2.jsonl"
    ]


LIMITS = [
    ('[run]\nenvironments = ["uat"]', "run.environments", "expected environment uat, got test (run)"),
    ("[run]\nmax_minutes = 0.0000001", "run.max_minutes", "expected at most 1e-07 minutes, got 0.0 minutes (run)"),
    ("[coverage]\nmin_scenarios = 3", "coverage.min_scenarios", "expected at least 3 scenarios judged, got 2"),
    ("[coverage]\nmin_rules = 54", "coverage.min_rules", "expected at least 54 rules checked, got 53"),
    ("[coverage]\nmin_contract_coverage = 0.5", "coverage.min_contract_coverage",
     "expected at least 50% of what contracts promise exercised, got 0.0% (0 of 0)"),
    ("[coverage]\nmax_not_covered = 0.2", "coverage.max_not_covered",
     "expected at most 20.0% of the tests not covered, got 25.0% (1 of 4)"),
    ('[coverage]\nports = ["sales"]', "coverage.ports", "expected port sales covered, got 0 tests went through it"),
    ('[coverage]\nports = ["recalls"]', "coverage.ports", "expected port recalls covered, got 1 not covered for want of it: TRC-001"),
    ("[areas.Sales]\nmin_scenarios = 3", "areas.Sales.min_scenarios", "expected at least 3 scenarios of Sales judged, got 2"),
    ("[areas.Traceability]\nmax_not_covered = 0.5", "areas.Traceability.max_not_covered",
     "expected at most 50.0% of the tests of Traceability not covered, got 100.0% (1 of 1)"),
    ("[areas.Traceability]\nmin_rules = 1", "areas.Traceability.min_rules", "expected at least 1 rules checked of Traceability, got 0"),
    ("[areas.Sels]\nmin_scenarios = 3", "areas.Sels.min_scenarios",
     "expected tests of area 'Sels', got none. Did you mean 'Sales'? Valid values are: Sales, Traceability."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "said"), LIMITS, ids=range(len(LIMITS)))
@pytest.mark.parametrize(("consequence", "word"), [("note", Word.APPROVED), ("waiver", Word.WAIVER), ("reject", Word.REJECTED)])
def test_each_limit_does_what_the_policy_says(tmp_path, text, key, said, consequence, word):
    row = result("SAL-002", node="another row")
    lacking = result("TRC-001", "not covered", lacks=LACKS, rules={})
    pack = leave(tmp_path / "run", result("SAL-001"), result("SAL-002"), row, lacking)
    limit = key.rpartition(".")[2]
    base = f'extends = "observe"\nconsequences = {{ {limit} = "{consequence}" }}\n'
    judged = verdict(tmp_path, pack, base=base, text=text)
    assert [(reason.key, reason.detail) for reason in judged.reasons] == [(key, said)]
    assert judged.word is word


def test_a_run_may_be_so_old_and_no_older(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001"))
    text = "[run]\nmax_age_hours = 2\n"
    assert verdict(tmp_path, pack, text=text, at=later(minutes=119)).word is Word.APPROVED
    judged = verdict(tmp_path, pack, text=text, at=later(hours=3))
    assert (judged.word, only(judged).detail) == (Word.REJECTED, "expected a run of the last 2 hours, got 3.0 hours (run)")


def test_a_verdict_before_the_end_of_its_run_is_a_mistake_of_a_clock(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001"))
    at = later(hours=-1)
    with pytest.raises(UsageError) as raised:
        verdict(tmp_path, pack, at=at)
    ended = moment(Pack.open(pack).manifest["finished"])
    assert str(raised.value) == (
        f"Failed to judge run run: expected one that ended before the verdict of {at:%Y-%m-%dT%H:%M:%SZ}, got {ended:%Y-%m-%dT%H:%M:%SZ}. "
        "Next: set the clock of this machine right, or name the moment with --at."
    )


def test_a_run_counts_once(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001"))
    with pytest.raises(UsageError) as raised:
        verdict(tmp_path, pack, pack)
    assert str(raised.value) == "Failed to judge run run: expected each run once, got it twice. Next: name it once."


def test_a_port_that_all_its_tests_went_through_is_covered(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001", ports=["sales", "stock"]))
    assert verdict(tmp_path, pack, text='ports = ["sales", "stock"]\n').word is Word.APPROVED


def test_contracts_count_by_operation_or_by_check(tmp_path):
    def operations(**accepted):
        counts = {name: {"requests": 1, "accepted": times, "parameters": {}, "statuses": {}} for name, times in accepted.items()}
        return {"kind": "openapi", "contract": "erp", "operations": counts, "left_out": {}}

    pack = leave(
        tmp_path / "run",
        contract("erp fuzzing", coverage=operations(a=0, b=3, c=0)),
        contract("erp examples", coverage=operations(a=1, b=1, c=0)),
        contract("erp login", coverage={"kind": "openapi", "contract": "erp", "operations": {"POST /token": "[redacted]"}}),
        contract("wms canary"),
        contract("wms late", "not covered"),
    )
    area, _ = verdict(tmp_path, pack).areas()["Contracts"]
    assert (area.exercised, area.promised) == (3, 5)


def test_figures_of_several_runs_are_added_and_a_gap_in_any_of_them_shows(tmp_path):
    english = leave(tmp_path / "en", result("SAL-001"), result("TRC-001", ports=["recalls"]))
    other = leave(tmp_path / "acme", result("SAL-002"), result("TRC-001", "not covered", lacks=LACKS), profile="other")
    judged = verdict(tmp_path, english, other, text='ports = ["recalls"]\n')
    assert [(reason.key, reason.detail) for reason in judged.reasons] == [
        ("coverage.ports", "expected port recalls covered, got 1 not covered for want of it: TRC-001")
    ]
    assert {name: dict(area.counts) for name, (area, _) in judged.areas().items()} == {
        "Sales": {"kept": 2},
        "Traceability": {"kept": 1, "not covered": 1},
    }
    assert judged.evidence.total.scenarios == {"SAL-001", "SAL-002", "TRC-001"}


def test_known_findings_that_no_longer_show_are_told(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001"), summary={"known_but_kept": ["SAL-001 (a.feature), by step: rounds"]})
    reason = only(verdict(tmp_path, pack))
    assert (reason.key, reason.detail) == (
        "known_but_kept",
        "expected known findings that still show, got kept: SAL-001 (a.feature), by step: rounds",
    )


def history(tmp_path, *ends, **facts):
    """Leave runs in the state folder, oldest first, and return the last one."""
    for number, outcome in enumerate(ends):
        pack = leave(tmp_path / "runs" / f"run-{number}", result("SAL-001", outcome), result("SAL-002"), **facts)
    return pack


def test_a_test_with_two_outcomes_for_one_commit_is_flaky_and_stays_so_when_it_is_kept(tmp_path):
    judged = verdict(tmp_path, history(tmp_path, "kept", "broken", "kept"), text='[consequences]\nflaky = "waiver"\n')
    assert (judged.word, only(judged).key) == (Word.WAIVER, "flaky")
    assert only(judged).detail == (
        "expected features/en/sales.feature::SAL-001 with one outcome in all runs of this commit, got kept in run-0, run-2, broken in run-1"
    )
    assert judged.history == ["run-0", "run-1"]


@pytest.mark.parametrize("facts", [{"commit": None}, {"dirty": True}])
def test_without_a_clean_commit_nothing_says_that_nothing_was_changed(tmp_path, facts):
    assert verdict(tmp_path, history(tmp_path, "broken", "kept", **facts)).flaky == []


def test_a_run_of_another_commit_or_erp_makes_nothing_flaky(tmp_path):
    history(tmp_path, "broken", commit="beef" * 10)
    leave(tmp_path / "runs" / "run-1", result("SAL-001", "broken"), erp="Acme 8")
    assert verdict(tmp_path, leave(tmp_path / "runs" / "run-2", result("SAL-001"))).flaky == []


def test_later_runs_and_folders_that_are_no_runs_change_nothing(tmp_path):
    pack = history(tmp_path, "kept", "kept")
    (tmp_path / "runs" / "run-00").mkdir()
    leave(tmp_path / "runs" / "run-5", result("SAL-001", "broken"))
    assert verdict(tmp_path, pack).flaky == []


def everything(tmp_path, name="run", workers=("main",)):
    """A run with a reason of each kind."""
    return leave(
        tmp_path / name,
        result("SAL-001", "broken", severity="blocker"),
        result("SAL-002", "broken", severity="minor", message="a | b *c* <d> `e`\x07\n@f"),
        result("STK-001", "known", severity="normal", findings=[rule(severity="normal")], reasons=["known ✓"], feature="Stock"),
        result("TRC-001", "not covered", lacks=LACKS),
        contract("wms canary", "broken", message="lot lands in serial", findings=[breach(), breach("case", "minor")]),
        contract("wms late", "not covered", lacks=[Lack(Need.ADAPTER, "acme")]),
        result("Mine", feature="My area"),
        workers=workers,
    )


def test_the_same_evidence_policy_and_moment_give_the_same_bytes(tmp_path):
    pack, at = everything(tmp_path), later()
    for number in (1, 2):
        write(verdict(tmp_path, pack, text=FINDINGS, at=at), tmp_path / str(number))
    for name in ("verdict.json", "junit.xml", "summary.md", "contracts.sarif"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_how_a_run_was_spread_over_workers_changes_nothing_in_its_reasons(tmp_path):
    one, other = everything(tmp_path, "1/run"), everything(tmp_path, "2/run", workers=("gw0", "gw1", "gw2"))
    at = later()
    first, second = (as_data(verdict(tmp_path, pack, text=FINDINGS, at=at)) for pack in (one, other))
    assert first["reasons"] == second["reasons"]
    assert first["areas"] == second["areas"]


def test_the_verdict_keeps_its_schema_and_says_by_what_it_was_given(tmp_path):
    pack, at = everything(tmp_path), later()
    base = POLICY.replace('"Stock" = { min_scenarios = 0 }', '"Stock" = { min_scenarios = 9 }')
    judged = verdict(tmp_path, pack, base=base, text=FINDINGS, at=at)
    data = json.loads(json.dumps(as_data(judged)))
    assert schema.mistakes("verdict", data, "verdict.json") == []
    assert (data["verdict"], data["exit_code"], data["at"]) == ("rejected", 1, time_text(at))
    assert data["policy"]["sha256"] == judged.policy.digest
    assert data["runs"][0]["sha256"] == (pack / "pack.sha256").read_text(encoding="utf-8").split()[0]
    assert data["not_covered"] == {
        "ports": {"labels": ["TRC-001"], "recalls": ["TRC-001"]},
        "other": [{"reason": "contract of the acme ERP", "reason_zh": "属于 acme 系统的接口契约", "tests": ["wms late"]}],
    }
    assert [(area["area"], area["verdict"]) for area in data["areas"]] == [
        ("Sales", "rejected"),
        ("Stock", "rejected"),
        ("Traceability", "not checked"),
        ("Contracts", "rejected"),
        ("My area", "approved for signing"),
    ]
    assert [reason["state"] for reason in data["reasons"]] == ["rejects"] * 3 + ["needs waiver"] + ["noted"] * 2
    assert schema.mistakes("verdict", {**data, "verdict": "fine", "exit_code": 7}, "verdict.json") != []


def test_junit_has_a_case_for_every_clause_and_every_cause(tmp_path):
    root = fromstring(as_junit(verdict(tmp_path, everything(tmp_path), text=FINDINGS)))
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["policy gate.toml", "Sales", "Stock", "Contracts"]
    assert {name: (suite.get("tests"), suite.get("failures"), suite.get("skipped")) for name, suite in suites.items()} == {
        "policy gate.toml": ("9", "0", "0"),
        "Sales": ("2", "1", "1"),
        "Contracts": ("2", "1", "1"),
        "Stock": ("1", "1", "0"),
    }
    failure = suites["Stock"].find("testcase/failure")
    assert failure.get("message").startswith("needs waiver (known.normal) ")
    assert failure.text.endswith(
        "\n- features/en/sales.feature:12 STK-001: Scenario STK-001\nNext: see it again: erp-testkit run -k STK-001"
    )


def test_what_comes_from_outside_stays_text_in_the_summary(tmp_path):
    text = as_markdown(verdict(tmp_path, everything(tmp_path), text=FINDINGS), "en")
    assert r"a \| b \*c\* \<d\> \`e\` \@f" in text.replace("\x07", "")
    assert "| Sales | 0 | 2 | 0 | 0 | 0 | rejected |" in text
    assert text.startswith("## ❌ Rejected\n\n- `run`: Acme 9, profile acme (test), commit `c0ffeec0ffee`, complete\n")
    assert text.endswith("**Next:** mend what rejects, run it again, then call the gate again.\n")


def test_a_summary_of_many_findings_stays_a_page(tmp_path):
    pack = leave(tmp_path / "run", *(result(f"SAL-{number}", "broken") for number in range(60)))
    assert "- and 10 more in `verdict.json`" in as_markdown(verdict(tmp_path, pack), "en")


@pytest.mark.parametrize("findings", [["text"], [{}], [{**rule().as_data(), "severity": "awful"}], 4])
def test_facts_no_kit_writes_are_an_error_that_says_where(tmp_path, findings):
    damaged = {**result("SAL-001", "broken").as_data(), "findings": findings}
    pack = leave(tmp_path / "run", SimpleNamespace(kind="scenario", as_data=lambda: damaged))
    with pytest.raises(UsageError) as raised:
        verdict(tmp_path, pack)
    said = f"Failed to read {pack / 'events-main.jsonl'}:1: expected the end of a scenario, got "
    assert str(raised.value).startswith(said)
    assert str(raised.value).endswith(f" Next: erp-testkit verify {pack}")


def test_a_moment_without_a_zone_is_utc():
    assert moment("2026-11-23T09:30:00") == moment("2026-11-23T17:30:00+08:00") == moment("2026-11-23T09:30:00Z")
    assert moment("2026-11-23").utcoffset() == timedelta(0)
