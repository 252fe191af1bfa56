import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from string import Formatter

import pytest

from erp_testkit.domain.names import NAMES
from erp_testkit.domain.results import AREAS, CONTRACTS, Outcome
from erp_testkit.domain.said import LANGUAGES
from erp_testkit.erp.ports import PORTS
from erp_testkit.gate.reports.sheet.words import WORDS
from erp_testkit.gate.verdict.titles import title_of, title_of_rule
from erp_testkit.rules.rule import LAWS
from erp_testkit.shipped import FEATURES
from tests import gate_packs
from tests.gate_packs import LACKS, contract, leave, result, rule, violated
from tests.packs import AUTHOR, CHANGE, Project
from tests.sheets import HAN, below, judged, sheet_of, shown


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


# words


def test_each_phrase_is_said_in_both_languages_with_the_same_values():
    for key, phrase in {**WORDS, **NAMES}.items():
        assert len(phrase) == len(LANGUAGES) and all(phrase), key
        values = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in phrase]
        if key != "and more":  # English counts the rest, Chinese the whole
            assert values[0] == values[1], key


def test_each_phrase_with_words_is_chinese_on_the_chinese_page():
    for key, (english, chinese) in {**WORDS, **NAMES}.items():
        assert HAN.search(chinese) or not re.search(r"\w", re.sub(r"{\w+}", "", english)), key


def test_each_area_and_port_of_the_kit_has_a_name_in_both_languages():
    assert {*AREAS.values(), CONTRACTS, *PORTS} <= NAMES.keys()


def test_each_risk_of_the_shipped_scenarios_has_a_name():
    texts = (file.read_text(encoding="utf-8") for file in FEATURES.glob("*/*.feature"))
    assert {risk for text in texts for risk in re.findall(r"@risk:([\w-]+)", text)} <= NAMES.keys()


def test_each_shipped_rule_and_scenario_has_its_title_in_chinese():
    for file in LAWS.glob("*.sql"):
        assert HAN.search(title_of_rule(file.stem).zh), file
    ids = {id_ for file in (FEATURES / "en").glob("*.feature") for id_ in re.findall(r"@([A-Z]{3}-\d+)", file.read_text(encoding="utf-8"))}
    for id_ in ids:
        assert HAN.search(title_of(result(id_)).zh), id_
        assert title_of(result(id_, title="中文", language="zh-CN")) != "中文", id_


def test_whatever_the_gate_demands_and_finds_is_said_in_chinese(tmp_path):
    results = [
        result("SAL-001", "broken", ports=["sales"], findings=[rule()], requirements=["NO-SUCH"]),
        result("SAL-002", "not covered", lacks=LACKS),
        result("SAL-003", "error", message="no answer", exit_code=3),
        contract(),
    ]
    text = '[coverage]\nports = ["sales", "recalls"]\nmin_scenarios = 5\nmin_rules = 99\n[areas.Ours]\nmin_scenarios = 1\n'
    base = 'extends = "strict"\n'
    partial = leave(tmp_path / "runs" / "r1", *results, partial="interrupted", summary={"known_but_kept": ["the entry"]})
    killed = leave(tmp_path / "runs" / "r2", result("SAL-004"), killed=True)
    for pack in (partial, killed):
        clauses = gate_packs.verdict(tmp_path, pack, base=base, text=text).clauses
        assert len(clauses) >= 20
        for clause in clauses:
            for said in (clause.wanted, clause.got):
                assert HAN.search(said.zh) or re.fullmatch(r"\d+|test（r\d）|\S+", said.zh), f"{clause.key}: {said!r}"


# what stands on the page


def test_the_page_names_the_change_what_it_ran_against_and_what_ran(project):
    pack = project.run(adapter_version="acme-erp 2.1", deployed={"production": {"change": "ab" * 20, "at": "2026-11-01T08:00:00.000000Z"}})
    lines = shown(sheet_of(pack))
    assert lines[1:4] == ["Approval sheet", f"Change: {CHANGE}", "Approved for signing"]
    pairs = dict(zip(lines[4:20:2], lines[5:20:2], strict=True))
    assert pairs["Author"] == AUTHOR
    assert pairs["Sources"] == "as committed"
    assert pairs["Tested against"] == "Reference ERP 1.0, profile reference, environment test"
    assert pairs["Live now"] == f"production: {'ab' * 6} since 2026-11-01 08:00"
    assert re.fullmatch(r"r1, \d{4}-\d\d-\d\d \d\d:\d\d – \d\d:\d\d UTC", pairs["Run"])
    assert re.fullmatch(r"erp-testkit \S+, adapter reference \(acme-erp 2.1\), seed 7", pairs["Versions"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC by policy gate.toml on observe", pairs["Verdict"])
    assert pairs["Risks tested"] == "none"


def test_sources_that_differ_from_the_commit_and_a_change_nobody_committed_are_told(project):
    assert "WITH CHANGES NOBODY COMMITTED" in shown(sheet_of(project.run("r1", dirty=True)))
    assert "含未提交的改动" in shown(sheet_of(project.run("r2", dirty=True)), "zh-CN")
    assert shown(sheet_of(project.run("r3", commit=None)))[2] == "Change: not from version control"


def test_areas_tell_what_was_kept_broken_known_and_not_covered(tmp_path):
    results = [
        result("SAL-001"),
        result("SAL-002", "broken", risks=["customer"]),
        result("SAL-003", "known", reasons=["no proof yet"]),
        result("STK-001", "not covered", lacks=LACKS),
        contract(),
    ]
    lines = shown(sheet_of(judged(tmp_path, *results, text='[findings]\nnormal = "reject"\n')))
    tested = below(lines, "What was tested", "What was NOT tested")
    assert tested == [
        *("Area", "kept", "broken", "known", "not covered", "Result"),
        *("Sales", "1", "1", "1", "–", "Rejected"),
        *("Stock", "–", "–", "–", "1", "Not checked"),
        *("Contracts", "1", "–", "–", "–", "no objection"),
        *("Total", "2", "1", "1", "1", "Rejected"),
        "4 different scenarios and checks judged; 53 rules checked.",
        "Contracts: 1 of 1 promised operations and checks exercised (100%).",
    ]
    untested = below(lines, "What was NOT tested", "Causes by severity")
    assert untested[:4] == [
        "No test of",
        "Outbound, Traceability, Returns, Audit and access, Resilience",
        "Left out, ERP lacks",
        "recalls (1)",
    ]
    assert untested[4] == "No test went through"
    assert "customer (findings: 1)" in lines


def test_a_chinese_page_says_it_in_chinese(tmp_path):
    results = [result("SAL-001", "broken", findings=[rule()], ports=["sales"]), result("STK-001")]
    lines = shown(sheet_of(judged(tmp_path, *results, authors=["李娜 <lina@example.com>"])), "zh-CN")
    assert lines[1] == "变更审批单"
    assert lines[3] == "不予批准"
    assert "规则 stock-equals-moves：stock-equals-moves 的标题" in lines
    known = re.compile(r"[\w .:@/-]*(erp-testkit|SAL-001|gate|UTC|Acme|acme)[\w .:@/-]*|[0-9a-f]{40,64}|[\d–]+|[A-Z-]+|r1，[\d:– -]+ UTC")
    assert [line for line in lines if not HAN.search(line) and not known.fullmatch(line)] == []


def test_what_one_rule_found_in_several_scenarios_is_one_line(tmp_path):
    results = [result(f"STK-{number:03}", "broken", findings=[rule()]) for number in range(1, 6)]
    lines = below(shown(sheet_of(judged(tmp_path, *results))), "What decides", "What was tested")
    assert lines == [
        *("Effect", "Severity", "What is not as it should be", "Where"),
        *("rejects", "critical", "rule stock-equals-moves: Title of stock-equals-moves", "STK-001, STK-002, STK-003 and 2 more"),
    ]


def test_long_lists_are_cut_and_say_how_much_is_missing(tmp_path):
    results = [result(f"STK-{number:03}", "broken") for number in range(1, 13)]
    lines = below(shown(sheet_of(judged(tmp_path, *results, text='[findings]\nnormal = "reject"\n'))), "What decides", "What was tested")
    assert lines.count("rejects") == 8
    assert lines[-1] == "… 4 more, see gate/verdict.json for all"


def test_causes_are_counted_by_severity_and_by_what_they_do(tmp_path):
    results = [
        result("STK-001", "broken", findings=[rule()]),
        result("STK-002", "broken", findings=[rule("one", "minor"), rule("two", "minor")]),
        result("STK-003", "broken", findings=[rule("one", "minor")]),
    ]
    lines = below(shown(sheet_of(judged(tmp_path, *results))), "Causes by severity", "Before and after the change")
    rows = {lines[at]: lines[at + 1 : at + 5] for at in range(5, len(lines), 5) if lines[at] in WORDS}
    assert rows["critical"] == ["1", "–", "–", "–"]
    assert rows["minor"] == ["–", "2", "–", "–"]
    assert rows["blocker"] == ["–"] * 4


def test_a_clause_of_the_policy_is_told_with_what_was_found(tmp_path):
    pack = judged(
        tmp_path,
        result("SAL-001"),
        base='extends = "observe"\n',
        text='[areas.Stock]\nmin_scenarios = 3\n[consequences]\nmin_scenarios = "reject"\n',
    )
    lines = shown(sheet_of(pack))
    at = lines.index("expected at least 3 scenarios of Stock judged, got 0")
    assert lines[at - 2 : at + 2] == ["rejects", "policy", lines[at], "Stock"]
    assert "“库存”至少判定 3 个场景；实际：0" in shown(sheet_of(pack), "zh-CN")


def test_a_killed_run_is_told_and_nobody_can_sign_it(tmp_path):
    lines = shown(sheet_of(judged(tmp_path, result("SAL-001"), killed=True)))
    assert lines[3] == "Rejected"
    assert any(line.endswith(", NOT COMPLETE") for line in lines)
    assert "law of the kit" in lines
    assert "With this verdict nobody can sign." in lines
    assert "no seal" in lines


def test_an_area_of_the_users_own_that_is_called_like_a_word_of_the_page_keeps_its_name(tmp_path):
    lines = shown(sheet_of(judged(tmp_path, result("OWN-001", feature="sheet"), result("OWN-002", feature="{count}"))), "zh-CN")
    assert "sheet" in lines
    assert "{count}" in lines


# waivers


def test_open_waivers_name_owner_approver_and_end_and_tell_what_ends_soon(tmp_path):
    broken = [result(f"STK-00{number}", "broken", findings=[rule(f"law-{number}", severity="minor")]) for number in (1, 2)]
    today = datetime.now(UTC).date()
    prints = [finding.cause for one in broken for finding in one.findings]
    ends = [today + timedelta(days=days) for days in (60, 3)]
    waivers = "".join(
        f'[[waiver]]\nfingerprint = "{fingerprint}"\nreason = "until release 4.2"\nowner = "Li Na"\napprover = "Wang Wei"\n'
        f"opened = {today}\nexpires = {end}\n"
        for fingerprint, end in zip(prints, ends, strict=True)
    )
    sheet = sheet_of(judged(tmp_path, *broken, waivers=waivers))
    lines = below(shown(sheet), "Open waivers", next(line for line in shown(sheet) if line.startswith("Signatures")))
    what = "rule law-{0}: Title of law-{0}"
    assert lines == [
        *("What is waived", "Reason", "Owner", "Approved by", "Expires"),
        *(prints[1], f"STK-002: {what.format(2)}", "until release 4.2", "Li Na", "Wang Wei", f"{ends[1]}, soon"),
        *(prints[0], f"STK-001: {what.format(1)}", "until release 4.2", "Li Na", "Wang Wei", f"{ends[0]}"),
    ]
    assert "即将到期" in "".join(shown(sheet, "zh-CN"))


# before and after


def test_rules_and_figures_before_and_after_are_told(tmp_path, project):
    before = project.run("before")
    after = project.run("after", outcomes=(Outcome.KEPT, Outcome.KEPT, Outcome.KEPT))
    lines = shown(sheet_of(after, before=before))
    told = below(lines, "Before and after the change", "Open waivers")
    assert told[0] == f"Before: run before, commit {CHANGE[:12]}. Tests in both runs: 2."
    assert told[told.index("tests kept") :][:3] == ["tests kept", "2", "3"]
    assert told[told.index("orders confirmed") :][:3] == ["orders confirmed", "2", "3"]
    assert "销售订单“已确认”" in shown(sheet_of(after, before=before), "zh-CN")


def test_a_rule_that_held_before_and_does_not_now_is_worse(tmp_path):
    before = leave(tmp_path / "runs" / "before", result("STK-001"))
    after = judged(tmp_path, result("STK-001", "broken", findings=[rule()], rules=violated()))
    told = below(shown(sheet_of(after, before=before)), "Before and after the change", "Open waivers")
    name = "rule stock-equals-moves: Stock on hand is the sum of all movements"
    assert told[told.index(name) :][:4] == [name, "held", "violated in 1", "worse"]


def test_without_a_run_before_the_page_says_that_nothing_was_compared(project):
    assert "Not compared with a run before the change (--before PACK)." in shown(sheet_of(project.run()))


# signatures


def test_signatures_are_told_with_name_time_and_meaning_and_missing_ones_too(project):
    first, second = project.person("Wang Wei"), project.person("李娜", role="IT 主管")
    pack = project.run()
    sheet = sheet_of(pack, project.known)
    heading = next(line for line in shown(sheet) if line.startswith("Signatures"))
    assert heading == f"Signatures: 0 of 2, as of {sheet.at:%Y-%m-%d %H:%M} UTC"
    assert below(shown(sheet), heading, "Evidence")[5:9] == ["any role", "not yet signed"] * 2

    assert project.approve(pack, "Wang Wei", first, meaning="I reviewed the evidence.") == []
    assert project.approve(pack, "李娜", second, meaning="已审阅，同意上线。") == []
    sheet = sheet_of(pack, project.known)
    lines = shown(sheet)
    heading = next(line for line in lines if line.startswith("Signatures: 2 of 2"))
    times = [f"{one.at:%Y-%m-%d %H:%M:%S}" for one in sheet.signatures.approvals]
    keys = [one.key[:12] for one in sheet.signatures.approvals]
    assert below(lines, heading, "Evidence")[5:] == [
        *("Wang Wei", "quality manager", times[0], "I reviewed the evidence.", keys[0]),
        *("李娜", "IT 主管", times[1], "已审阅，同意上线。", keys[1]),
        "All have signed whom the policy asks for.",
    ]
    assert sheet.at == sheet.signatures.approvals[1].at


def test_a_role_the_policy_asks_for_is_waited_for(project):
    project.policy.write_text(project.policy.read_text(encoding="utf-8") + 'roles = ["pharmacist"]\n', encoding="utf-8")
    lines = shown(sheet_of(project.run()))
    at = lines.index("pharmacist")
    assert lines[at : at + 4] == ["pharmacist", "not yet signed", "any role", "not yet signed"]


def test_evidence_that_was_changed_is_told_and_nobody_can_sign_it(project):
    pack = project.run()
    (pack / "summary.json").write_text("[]", encoding="utf-8")
    lines = shown(sheet_of(pack))
    assert any(line.startswith("NOT AS IT WAS SEALED, places: 1: summary.json: expected ") for line in lines)
    assert "With this verdict nobody can sign." in lines


def test_the_page_bears_the_digests_of_seal_and_verdict(project):
    pack = project.run()
    for name in ("pack.json", "gate/verdict.json"):
        assert hashlib.sha256((pack / name).read_bytes()).hexdigest() in shown(sheet_of(pack))


# requirements


def test_requirements_are_counted_by_risk_and_left_out_where_there_are_none(tmp_path):
    pack = judged(tmp_path, result("SAL-001"))
    assert "Requirements by risk" not in shown(sheet_of(pack))
    verdict = json.loads((pack / "gate" / "verdict.json").read_text(encoding="utf-8"))
    statuses = {"kept": 3, "broken": 1, "not covered": 1, "not tested": 2}
    verdict["requirements"] = {"counts": statuses, "risks": {"high": statuses}, "requirements": [], "gaps": []}
    (pack / "gate" / "verdict.json").write_text(json.dumps(verdict), encoding="utf-8")
    lines = below(shown(sheet_of(pack)), "Requirements by risk", "Before and after the change")
    assert lines == ["Risk", "met", "broken", "known", "no evidence", "n/a", "high", "3", "1", "–", "3", "–"]
