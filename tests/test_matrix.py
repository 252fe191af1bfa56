"""The matrix: requirements against evidence, what is wrong with it, its three forms, and what the gate makes of it."""

import csv
import io
import json
import os
import re
import subprocess
import zipfile
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from erp_projects import KIT
from gate_packs import POLICY, contract, later, leave, policy, result, rule, violated
from packs import make_pack

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.results import Outcome
from erp_testkit.evidence.pack import Pack
from erp_testkit.gate.reports import matrix_html, matrix_tables
from erp_testkit.gate.reports.matrix_words import LANGUAGES, detail, fault, word
from erp_testkit.gate.requirements import matrix
from erp_testkit.gate.requirements.matrix import Fault, Status
from erp_testkit.gate.requirements.requirements import Requirement, Requirements, Risk
from erp_testkit.gate.verdict import reading
from erp_testkit.gate.verdict.verdict import Word, judge

PLANTED = "<script>alert('&1')</script>"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://evil.example")')


def required(*requirements, contracts=()):
    return Requirements({one.id: one for one in requirements}, frozenset(contracts))


def requirement(id_="ORDER", risk=Risk.MEDIUM, **facts):
    return Requirement(**{"id": id_, "en": f"{id_} is as it should be.", "zh": f"{id_}应符合规定。", "risk": risk, **facts})


def trial(scenario="SAL-001", outcome="kept", *, named=("ORDER",), **facts):
    return result(scenario, outcome, requirements=named, **facts)


def built(tmp_path, requirements, *results, name="run", **facts):
    found = reading.read([Pack.open(leave(tmp_path / name, *results, **facts))])
    return matrix.build(requirements, found.sources), found.runs


def row(tmp_path, one, *results, **facts):
    (only,) = built(tmp_path, required(one), *results, **facts)[0].rows
    return only


def told(made):
    return [(gap.fault, gap.about, gap.got, gap.advice) for gap in made.gaps]


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        (["kept"], Status.KEPT),
        (["kept", "not covered"], Status.KEPT),
        (["kept", "known"], Status.KNOWN),
        (["kept", "known", "error"], Status.ERROR),
        (["kept", "known", "error", "broken"], Status.BROKEN),
        (["not covered"], Status.NOT_COVERED),
        ([], Status.NOT_TESTED),
    ],
)
def test_a_requirement_stands_as_the_worst_of_its_evidence(tmp_path, outcomes, status):
    tests = [trial(f"SAL-00{number}", outcome) for number, outcome in enumerate(outcomes)]
    found = row(tmp_path, requirement(), *tests, result("OUT-001", "broken"))
    assert (found.status, len(found.evidence)) == (status, len(outcomes))


def test_languages_rows_and_runs_of_one_scenario_are_one_piece_of_evidence(tmp_path):
    facts = {"title": "订单确认", "language": "zh-CN", "node": "features/zh-CN/sales.feature::SAL-001"}
    (one,) = row(tmp_path, requirement(), trial(), trial(outcome="not covered", **facts)).evidence
    assert (one.outcome, dict(one.counts)) == (Outcome.KEPT, {Outcome.KEPT: 1, Outcome.NOT_COVERED: 1})
    assert (one.title("en"), one.title("zh-CN")) == ("Scenario SAL-001", "订单确认")


def test_a_rule_is_evidence_wherever_it_was_checked(tmp_path):
    tests = [
        result("SAL-001", rules={"jobs-done": [4, 0, 0, 0], "stock-equals-moves": [0, 0, 2, 1]}),
        result("SAL-002", "broken", findings=[rule()], rules=violated()),
        result(
            "SAL-003",
            rules={"serial-received-once": [0, 0, 0, 0]},
            rules_not_covered={"stock-equals-moves": ["moves"], "jobs-done": ["jobs"]},
        ),
        result("SAL-004", "not covered", rules={}),
        result("SAL-005", rules={}),
    ]
    found = row(
        tmp_path,
        requirement(rules=("stock-*", "jobs-done", "serial-*")),
        *tests,
        rules=["jobs-done", "stock-equals-moves", "serial-received-once", "other"],
    )
    assert [(one.kind, one.id, dict(one.counts)) for one in found.evidence] == [
        ("rule", "jobs-done", {Outcome.NOT_COVERED: 1, Outcome.KEPT: 1}),
        ("rule", "stock-equals-moves", {Outcome.NOT_COVERED: 1, Outcome.BROKEN: 1}),
    ]
    assert found.status is Status.BROKEN


def test_a_known_violation_leaves_the_rule_known(tmp_path):
    broken = result("SAL-002", "known", findings=[rule()], rules=violated())
    assert row(tmp_path, requirement(rules=("stock-*",)), broken, rules=["stock-equals-moves"]).status is Status.KNOWN


def test_a_run_that_names_no_rules_is_no_evidence_of_kept_ones(tmp_path):
    assert row(tmp_path, requirement(rules=("stock-*",)), result()).evidence == ()


def test_checks_of_contracts_are_evidence_by_their_ids(tmp_path):
    found = row(
        tmp_path, requirement(contracts=("wms *",)), contract("wms canary"), contract("wms fields", "broken"), contract("udi canary")
    )
    assert [(one.id, one.outcome) for one in found.evidence] == [("wms canary", Outcome.KEPT), ("wms fields", Outcome.BROKEN)]


def test_high_risk_needs_something_kept_and_the_rest_something_judged(tmp_path):
    high, low = requirement("HIGH", Risk.HIGH), requirement("LOW", Risk.LOW)
    broken = trial("SAL-001", "known", named=("HIGH", "LOW"))
    made, _ = built(tmp_path, required(high, low), broken)
    assert told(made) == [
        (
            Fault.HIGH_RISK,
            "HIGH",
            "1 known",
            "run what is evidence for it, tag a scenario @req:HIGH, or say in a file of requirements why it does not apply",
        )
    ]
    assert made.gaps[0].wanted == "evidence for requirement HIGH (high risk)"
    kept, _ = built(tmp_path, required(high, low), broken, trial("SAL-002", named=("HIGH",)), name="kept")
    assert kept.gaps == []


def test_what_is_not_covered_or_not_tested_is_uncovered(tmp_path):
    made, _ = built(tmp_path, required(requirement("A"), requirement("B")), trial(outcome="not covered", named=("A",)))
    assert [gap[:3] for gap in told(made)] == [(Fault.UNCOVERED, "A", "1 not covered"), (Fault.UNCOVERED, "B", "nothing in these runs")]


def test_broken_evidence_is_told_with_its_names(tmp_path):
    made, _ = built(tmp_path, required(requirement()), *(trial(f"SAL-0{number:02}", "broken") for number in range(10)), trial("SAL-099"))
    (gap,) = made.gaps
    assert (gap.fault, gap.got) == (
        Fault.BROKEN,
        "broken: SAL-000, SAL-001, SAL-002, SAL-003, SAL-004, SAL-005, SAL-006, SAL-007 and 2 more",
    )


def test_a_requirement_that_does_not_apply_lacks_nothing(tmp_path):
    made, _ = built(tmp_path, required(requirement(risk=Risk.HIGH, not_applicable="We take nothing back.")), result())
    assert (made.rows[0].status, made.gaps) == (Status.NOT_APPLICABLE, [])


def test_references_that_lead_nowhere_are_told_with_the_closest_match(tmp_path):
    requirements = required(
        requirement(rules=("stock-equal-moves", "stock-*"), contracts=("wms canari", "wsm *", "udi gone", "* canary", "* nothing")),
        contracts=["wms", "udi"],
    )
    tests = [trial(), trial("SAL-002", named=("ORDR", "ORDER")), contract("wms canary")]
    made, _ = built(tmp_path, requirements, *tests, rules=["stock-equals-moves"])
    assert told(made) == [
        (Fault.UNKNOWN, "@req:ORDR", "none; named by SAL-002", "did you mean 'ORDER'?"),
        (Fault.UNKNOWN, "ORDER contract wms canari", "none in these runs", "did you mean 'wms canary'?"),
        (Fault.UNKNOWN, "ORDER contract wsm *", "none in these runs", "did you mean 'wms'?"),
        (Fault.UNKNOWN, "ORDER rule stock-equal-moves", "none in these runs", "did you mean 'stock-equals-moves'?"),
    ]


def test_fingerprints_are_those_of_the_gate(tmp_path):
    made, _ = built(tmp_path, required(requirement()), result())
    run = Pack.open(leave(tmp_path / "run-2", result()))
    judged = judge([run], policy(tmp_path), waivers=None, at=later(), runs=tmp_path, requirements=required(requirement()))
    assert [gap.fingerprint for gap in made.gaps] == [reason.fingerprint for reason in judged.reasons if reason.key.startswith("req")]


def test_the_summary_is_small_and_plain(tmp_path):
    made, _ = built(tmp_path, required(requirement("A", Risk.HIGH, source="SOP-1"), requirement("B")), trial(named=("A",)))
    data = matrix.summary(made)
    assert json.loads(json.dumps(data)) == data
    assert (data["counts"], data["risks"]) == ({"kept": 1, "not tested": 1}, {"high": {"kept": 1}, "medium": {"not tested": 1}})
    assert data["requirements"][0] == {
        "id": "A", "en": "A is as it should be.", "zh": "A应符合规定。", "risk": "high", "source": "SOP-1", "status": "kept", "evidence": 1,
    }  # fmt: skip
    assert [(gap["fault"], gap["about"]) for gap in data["gaps"]] == [("uncovered", "B")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_has_a_word_in_each_language(language):
    for key in (*Risk, *Status, *Outcome):
        assert word(key, language)
    gaps = [matrix.Gap(fault=one, about="A", wanted="w", got="g", advice="", names=("SAL-001",)) for one in Fault]
    assert len({fault(gap, language) for gap in gaps}) == len(Fault)
    assert all(detail(gap, language) for gap in gaps)


def planted(tmp_path):
    one = requirement(en=PLANTED, zh=PLANTED, source=f'"{PLANTED}')
    tests = [
        trial(f"SAL-00{number}", "broken" if number else "kept", title=text)
        for number, text in enumerate((*FORMULAS, PLANTED, 'a,"b"\r\nc', "\x07"))
    ]
    return built(tmp_path, required(one), *tests, trial("SAL-900", named=("ORDER", PLANTED)), profile=PLANTED, erp=PLANTED)


@pytest.mark.parametrize("language", LANGUAGES)
def test_planted_markup_stays_text_in_the_page(tmp_path, language):
    made, runs = planted(tmp_path)
    text = matrix_html.as_html(made, runs, language).decode()
    assert text.count("<script>") == 1 and "alert('" not in text
    assert "&lt;script&gt;alert(&#x27;&amp;1&#x27;)&lt;/script&gt;" in text
    assert not re.search(r"https?://(?!evil)|src=|@import|url\(", text)


def test_the_page_is_the_same_for_the_same_runs(tmp_path):
    requirements = required(requirement(), requirement("B", Risk.HIGH, rules=("*",)))
    run = leave(tmp_path / "run", trial(), trial("SAL-002", "broken"), rules=["b", "a"])
    for form in (
        lambda made, runs: matrix_html.as_html(made, runs, "zh-CN"),
        lambda made, runs: matrix_tables.as_xlsx(made, runs, "en"),
        lambda made, runs: matrix_tables.as_csv(made, "en"),
    ):
        first, second = (reading.read([Pack.open(run)]) for _ in range(2))
        assert form(matrix.build(requirements, first.sources), first.runs) == form(matrix.build(requirements, second.sources), second.runs)


def test_csv_reads_back_and_holds_no_formula(tmp_path):
    made, _ = planted(tmp_path)
    text = matrix_tables.as_csv(made, "en").decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert text.endswith("\r\n") and list(rows[0])[:9] == [
        "requirement", "text", "risk", "source", "status", "kind", "evidence", "title", "result",
    ]  # fmt: skip
    assert [row["title"] for row in rows][: len(FORMULAS) + 2] == [*(f"'{formula}" for formula in FORMULAS), PLANTED, 'a,"b"\r\nc']
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert (rows[0]["kept"], rows[1]["broken"], rows[1]["result"]) == ("1", "1", "broken")


def test_the_workbook_holds_text_panes_and_filters(tmp_path):
    made, runs = planted(tmp_path)
    content = matrix_tables.as_xlsx(made, runs, "en")
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheets = [ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml")) for number in (1, 2, 3)]
        names = [one.get("name") for one in ElementTree.fromstring(book.read("xl/workbook.xml")).iter() if one.tag.endswith("}sheet")]
    assert names == ["Requirements", "What is wrong", "Runs"]
    for sheet in sheets:
        tags = [one.tag.rpartition("}")[2] for one in sheet.iter()]
        assert "f" not in tags and "hyperlink" not in tags and {"pane", "autoFilter"} <= set(tags)
    texts = [one.text for one in sheets[0].iter() if one.tag.endswith("}t")]
    assert texts[:3] == ["requirement", "text", "risk"] and set(FORMULAS) <= set(texts) and PLANTED in texts


@pytest.mark.parametrize(
    ("text", "word_"),
    [
        ("", Word.WAIVER),
        ('[requirements]\nuncovered = "note"\nhigh_risk_without_evidence = "note"\n', Word.APPROVED),
        ('[requirements]\nhigh_risk_without_evidence = "reject"\n', Word.REJECTED),
    ],
)
def test_the_policy_says_what_a_gap_does(tmp_path, text, word_):
    run = Pack.open(leave(tmp_path / "run", trial(named=())))
    wanted = required(requirement("A", Risk.HIGH), requirement("B"))
    judged = judge([run], policy(tmp_path, text), waivers=None, at=later(), runs=tmp_path, requirements=wanted)
    assert judged.word is word_
    assert [(reason.key, reason.title) for reason in judged.reasons] == [
        ("requirements.high_risk_without_evidence", "evidence for requirement A (high risk)"),
        ("requirements.uncovered", "evidence for requirement B (medium risk)"),
    ]


def test_a_waiver_lifts_a_gap(tmp_path):
    run = Pack.open(leave(tmp_path / "run", result()))
    at = later()
    arguments = {"at": at, "runs": tmp_path, "requirements": required(requirement())}
    (reason,) = judge([run], policy(tmp_path), waivers=None, **arguments).reasons
    file = tmp_path / "waivers.toml"
    file.write_text(
        f'[[waiver]]\nfingerprint = "{reason.fingerprint}"\nreason = "Tested by hand."\nowner = "Li Na"\napprover = "Wang Wei"\n'
        f"opened = {at.date()}\nexpires = {at.date() + timedelta(days=3)}\n",
        encoding="utf-8",
    )
    assert judge([run], policy(tmp_path), waivers=file, **arguments).word is Word.APPROVED


def test_kept_requirements_are_clauses_that_are_kept(tmp_path):
    run = Pack.open(leave(tmp_path / "run", trial()))
    judged = judge([run], policy(tmp_path), waivers=None, at=later(), runs=tmp_path, requirements=required(requirement()))
    assert [(one.kept, one.got) for one in judged.clauses if one.key == "requirements.uncovered"] == [(True, "1 kept")]


def test_without_requirements_nothing_is_asked(tmp_path):
    run = Pack.open(leave(tmp_path / "run", trial()))
    judged = judge([run], policy(tmp_path, base=POLICY), waivers=None, at=later(), runs=tmp_path)
    assert judged.reasons == [] and judged.matrix.rows == []


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "own.toml").write_text('[COLD]\nen = "Cold stays cold."\nrisk = "high"\n', encoding="utf-8")
    (tmp_path / "erp-testkit.toml").write_text('requirements = ["requirements"]\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def kit(*arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run([KIT, *arguments], check=False, capture_output=True, text=True, env=environment, timeout=60)
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_the_command_says_what_is_wrong_and_writes_beside_the_verdict(project):
    run = leave(project / ".erp-testkit" / "runs" / "run-1", trial(named=("COLD",)))
    gap = matrix.Gap(fault=Fault.HIGH_RISK, about="ACCESS-RIGHTS", wanted="", got="", advice="")
    code, screen, _ = kit("matrix", "run-1")
    assert (code, screen[0], screen[-1]) == (
        1,
        "Requirements: 1 kept, 22 not tested",
        f"Matrix: {run.relative_to(project)}/gate/matrix.html",
    )
    assert screen[1:3] == [
        f"  {gap.fingerprint}  high risk without evidence: "
        "expected evidence for requirement ACCESS-RIGHTS (high risk), got nothing in these runs",
        " " * 16 + "run what is evidence for it, tag a scenario @req:ACCESS-RIGHTS, or say in a file of requirements why it does not apply",
    ]
    assert "Cold stays cold." in (run / "gate" / "matrix.html").read_text(encoding="utf-8")


def test_a_run_still_verifies_when_its_matrix_lies_beside_its_verdict(project):
    run = make_pack(project / ".erp-testkit" / "runs" / "run-1", state=project / ".erp-testkit")
    kit("gate", "--policy", "observe")
    kit("matrix")
    assert (run / "gate" / "matrix.html").is_file()
    code, screen, _ = kit("verify", str(run))
    assert (code, [line for line in screen if "gate/" in line]) == (0, [])


def test_the_form_is_that_of_the_file_or_the_one_that_is_named(project):
    leave(project / ".erp-testkit" / "runs" / "run-1", result())
    kit("matrix", "--output", "m.xlsx")
    kit("matrix", "--output", "m.txt", "--format", "csv", "--language", "zh-CN")
    assert zipfile.is_zipfile("m.xlsx")
    assert (project / "m.txt").read_text(encoding="utf-8").startswith("需求,内容,风险,来源,状态,类别,证据,标题,结果")


def test_nothing_that_reads_evidence_needs_the_secrets_of_a_run(project):
    leave(project / ".erp-testkit" / "runs" / "run-1", result())
    with (project / "erp-testkit.toml").open("a", encoding="utf-8") as file:
        file.write('[partners.wms]\nurl = "http://wms.example"\ntoken_env = "A_TOKEN_NOBODY_HAS_SET"\n')
    assert [kit(*command)[2] for command in (("matrix",), ("gate", "--policy", "observe"), ("protocol",))] == ["", "", ""]


def test_mistakes_of_requirements_are_told_by_matrix_and_gate_alike(project):
    leave(project / ".erp-testkit" / "runs" / "run-1", result())
    (project / "requirements" / "own.toml").write_text('[COLD]\nen = "Cold."\nrsik = "high"\n', encoding="utf-8")
    for command in ("matrix", "gate", "protocol"):
        code, _, errors = kit(command)
        assert (code, errors.splitlines()) == (
            2,
            [
                f"Failed to read requirements {project / 'requirements' / 'own.toml'}: expected no mistakes, got 1:",
                "- line 3, COLD.rsik: unknown key. Did you mean 'risk'? "
                "Valid values are: contracts, en, not_applicable, risk, rules, source, zh.",
            ],
        )


def test_the_same_run_twice_is_refused(tmp_path):
    run = leave(tmp_path / "run", result())
    with pytest.raises(UsageError):
        reading.read([Pack.open(run), Pack.open(run)])
