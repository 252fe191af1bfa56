import hashlib
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest
from pypdf import PdfReader

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.domain.findings import FindingKind
from erp_testkit.domain.results import AREAS, CONTRACTS, Outcome
from erp_testkit.erp.ports import PORTS
from erp_testkit.gate import files
from erp_testkit.gate.sheet import content, pdf, phrases
from erp_testkit.gate.sheet.html import as_html
from erp_testkit.gate.sheet.page import Cell, Facts, page_of
from erp_testkit.gate.sheet.pdf import as_pdf
from erp_testkit.gate.sheet.words import LANGUAGES, NAMES, WORDS, Words
from erp_testkit.rules.rule import LAWS
from erp_testkit.shipped import FEATURES
from tests import gate_packs
from tests.gate_packs import contract, leave, result, rule
from tests.packs import AUTHOR, CHANGE, Project

HAN = re.compile(r"[\u4e00-\u9fff]")
DAY = "%Y-%m-%d"
EVIL = '<script>alert(1)</script> #read("/etc/passwd") $x$ *bold* {1+1} {count} & "quoted"'


class Text(HTMLParser):
    """What a reader of the HTML sees: cells and lines, one a line; tags that run or fetch anything are told."""

    def __init__(self, html):
        super().__init__()
        self.lines, self.tags, self.attributes, self._style = [], set(), [], False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes
        self._style = tag == "style"

    def handle_endtag(self, tag):
        self._style = False

    def handle_data(self, data):
        if not self._style and data.strip():
            self.lines.append(data.strip())


def judged(tmp_path, *results, text="", base=gate_packs.POLICY, waivers=None, **facts):
    """Leave a run, judge it by the test's own policy, and return its folder."""
    pack = leave(tmp_path / "runs" / "r1", *results, **facts)
    files.write(gate_packs.verdict(tmp_path, pack, text=text, base=base, waivers=waivers), pack / files.FOLDER)
    return pack


def sheet_of(pack, approvers=None, before=None):
    return content.read(pack, approvers, before)


def shown(sheet, language="en"):
    """Return the lines of the HTML sheet."""
    return Text(as_html(page_of(sheet, language))).lines


def below(lines, heading, until):
    start = lines.index(heading)
    return lines[start + 1 : lines.index(until, start)]


def pdf_text(data):
    return " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split())


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
    chinese = Words("zh-CN")
    for file in LAWS.glob("*.sql"):
        assert HAN.search(phrases.title_of(FindingKind.RULE, file.stem, "English", chinese)), file
    ids = {id_ for file in (FEATURES / "en").glob("*.feature") for id_ in re.findall(r"@([A-Z]{3}-\d+)", file.read_text(encoding="utf-8"))}
    for id_ in ids:
        assert HAN.search(phrases.title_of(FindingKind.SCENARIO, id_, "English", chinese)), id_


def test_whatever_the_gate_demands_and_finds_is_said_in_chinese(tmp_path):
    results = [
        result("SAL-001", "broken", ports=["sales"], findings=[rule("SAL-001")], requirements=["NO-SUCH"]),
        result("SAL-002", "not covered", message="not covered: port Recalls"),
        result("SAL-003", "error", message="no answer", exit_code=3),
        contract(),
    ]
    text = '[coverage]\nports = ["sales", "recalls"]\nleast_scenarios = 5\nleast_rules = 99\n[areas.Ours]\nleast_scenarios = 1\n'
    base = 'extends = "strict"\n'
    partial = leave(tmp_path / "runs" / "r1", *results, partial="interrupted", summary={"known_but_kept": ["the entry"]})
    killed = leave(tmp_path / "runs" / "r2", result("SAL-004"), killed=True)
    chinese = Words("zh-CN")
    for pack in (partial, killed):
        clauses = gate_packs.verdict(tmp_path, pack, base=base, text=text).clauses
        assert len(clauses) >= 20
        for clause in clauses:
            for said in (clause.wanted, clause.got):
                told = phrases.said(said, chinese)
                assert HAN.search(told) or re.fullmatch(r"\d+|test \(r\d\)|\S+", told), f"{clause.key}: {said!r}"


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
        result("STK-001", "not covered", message="not covered: port Recalls"),
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
    untested = below(lines, "What was NOT tested", "Findings by severity")
    assert untested[:4] == [
        "No test of",
        "Outbound, Traceability, Returns, Audit and access, Resilience",
        "Left out, ERP lacks",
        "recalls (1)",
    ]
    assert untested[4] == "No test went through"
    assert "customer (findings: 1)" in lines


def test_a_chinese_page_says_it_in_chinese(tmp_path):
    results = [result("SAL-001", "broken", findings=[rule("SAL-001")], ports=["sales"]), result("STK-001")]
    lines = shown(sheet_of(judged(tmp_path, *results, authors=["李娜 <lina@example.com>"])), "zh-CN")
    assert lines[1] == "变更审批单"
    assert lines[3] == "不予批准"
    assert "规则 stock-equals-moves：在库量等于全部出入库流水之和" in lines
    known = re.compile(r"[\w .:@/-]*(erp-testkit|SAL-001|gate|UTC|Acme|acme)[\w .:@/-]*|[0-9a-f]{40,64}|[\d–]+|[A-Z-]+|r1，[\d:– -]+ UTC")
    assert [line for line in lines if not HAN.search(line) and not known.fullmatch(line)] == []


def test_what_one_rule_found_in_several_scenarios_is_one_line(tmp_path):
    results = [result(f"STK-{number:03}", "broken", findings=[rule(f"STK-{number:03}")]) for number in range(1, 6)]
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


def test_findings_are_counted_by_severity_and_by_what_they_do(tmp_path):
    results = [
        result("STK-001", "broken", findings=[rule("STK-001")]),
        result("STK-002", "broken", findings=[rule("STK-002", severity="minor")]),
        result("STK-003", "broken", findings=[rule("STK-003", severity="minor")]),
    ]
    lines = below(shown(sheet_of(judged(tmp_path, *results))), "Findings by severity", "Before and after the change")
    rows = {lines[at]: lines[at + 1 : at + 5] for at in range(5, len(lines), 5) if lines[at] in WORDS}
    assert rows["critical"] == ["1", "–", "–", "–"]
    assert rows["minor"] == ["–", "2", "–", "–"]
    assert rows["blocker"] == ["–"] * 4


def test_a_clause_of_the_policy_is_told_with_what_was_found(tmp_path):
    pack = judged(
        tmp_path,
        result("SAL-001"),
        base='extends = "observe"\n',
        text='[areas.Stock]\nleast_scenarios = 3\n[consequences]\nleast_scenarios = "reject"\n',
    )
    lines = shown(sheet_of(pack))
    at = lines.index("at least 3 scenarios of Stock judged; found: 0")
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
    broken = [result(f"STK-00{number}", "broken", findings=[rule(f"STK-00{number}", severity="minor")]) for number in (1, 2)]
    today = datetime.now(UTC).date()
    prints = [finding["fingerprint"] for one in broken for finding in one.findings]
    ends = [today + timedelta(days=days) for days in (60, 3)]
    waivers = "".join(
        f'[[waiver]]\nfingerprint = "{fingerprint}"\nreason = "until release 4.2"\nowner = "Li Na"\napprover = "Wang Wei"\n'
        f"opened = {today}\nexpires = {end}\n"
        for fingerprint, end in zip(prints, ends, strict=True)
    )
    sheet = sheet_of(judged(tmp_path, *broken, waivers=waivers))
    lines = below(shown(sheet), "Open waivers", next(line for line in shown(sheet) if line.startswith("Signatures")))
    what = "rule stock-equals-moves: Title of stock-equals-moves"
    assert lines == [
        *("What is waived", "Reason", "Owner", "Approved by", "Expires"),
        *(prints[1], f"STK-002: {what}", "until release 4.2", "Li Na", "Wang Wei", f"{ends[1]}, soon"),
        *(prints[0], f"STK-001: {what}", "until release 4.2", "Li Na", "Wang Wei", f"{ends[0]}"),
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
    after = judged(tmp_path, result("STK-001", "broken", findings=[rule("STK-001")], rules_violated=["stock-equals-moves"]))
    told = below(shown(sheet_of(after, before=before)), "Before and after the change", "Open waivers")
    name = "rule stock-equals-moves: Stock on hand is the sum of all movements"
    assert told[told.index(name) :][:4] == [name, "held", "violated (1)", "worse"]


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


# what comes from outside


def planted(tmp_path):
    """A run full of markup, in every text that reaches the page."""
    waived = result("STK-002", "broken", findings=[rule("STK-002", severity="minor")])
    results = [result("SAL-001", "broken", title=EVIL, feature=EVIL), result("OWN-9", feature=EVIL), waived]
    today = datetime.now(UTC).date()
    waivers = f"[[waiver]]\nfingerprint = '{waived.findings[0]['fingerprint']}'\nreason = '{EVIL}'\nowner = '{EVIL}'\napprover = 'W'\n"
    waivers += f"opened = {today}\nexpires = {today}\n"
    text = '[findings]\nnormal = "reject"\n'
    return judged(tmp_path, *results, text=text, waivers=waivers, authors=[f"{EVIL} <x@example.com>"], erp=EVIL, profile=EVIL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_markup_in_titles_authors_and_reasons_is_shown_as_it_is_written(tmp_path, language):
    page = page_of(sheet_of(planted(tmp_path)), language)
    html = Text(as_html(page))
    assert "script" not in html.tags
    assert "\n".join(html.lines).count("<script>alert(1)</script>") >= 5
    text = pdf_text(as_pdf(page))
    assert text.count("<script>alert(1)</script>") >= 5
    assert '#read("/etc/passwd")' in text
    assert "root:" not in text


def test_the_html_page_runs_nothing_and_fetches_nothing(tmp_path):
    html = Text(as_html(page_of(sheet_of(planted(tmp_path)), "en")))
    assert html.tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form", "a", "base"})
    assert {name for name, _ in html.attributes}.isdisjoint({"src", "href", "action", "onload", "onclick"})
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in html.attributes
    style = (Path(pdf.__file__).parent / "sheet.css").read_text(encoding="utf-8")
    assert "url(" not in style and "@import" not in style


# the PDF


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_is_one_page_of_pdf_a_dated_by_the_evidence(project, language):
    sheet = sheet_of(project.run(), before=project.run("before"))
    reader = PdfReader(io.BytesIO(as_pdf(page_of(sheet, language))))
    assert len(reader.pages) == 1
    assert [round(float(length)) for length in reader.pages[0].mediabox[2:]] == [595, 842]
    metadata = reader.root_object["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert reader.metadata.creation_date == sheet.at.replace(microsecond=0)
    assert str(reader.root_object["/Lang"]).startswith(language[:2])


def test_the_pdf_says_what_the_html_says(project):
    page = page_of(sheet_of(project.run()), "en")
    text = pdf_text(as_pdf(page)).replace(" ", "")
    # the title of the document stands in the head of the HTML only
    assert [line for line in Text(as_html(page)).lines[1:] if "".join(line.split()) not in text] == []


def test_chinese_letters_without_a_font_for_them_are_an_environment_failure(project, monkeypatch):
    monkeypatch.setattr(pdf, "CHINESE", ("No Such Font",))
    sheet = sheet_of(project.run())
    assert as_pdf(page_of(sheet, "en")).startswith(b"%PDF-")
    for page in (page_of(sheet, "zh-CN"), page_of(sheet_of(project.run("r2", authors=["李娜 <lina@example.com>"])), "en")):
        with pytest.raises(EnvironmentFailure) as caught:
            as_pdf(page)
        assert str(caught.value) == (
            f"Failed to set the approval sheet ({page.language}) as PDF: expected a font with Chinese characters, got none. "
            "Next: apt-get install fonts-noto-cjk (No Such Font), or take the HTML: --format html"
        )


def test_a_font_without_some_of_the_letters_is_an_environment_failure(project, monkeypatch):
    monkeypatch.setattr(pdf, "CHINESE", ("Libertinus Serif",))
    with pytest.raises(EnvironmentFailure, match="expected Libertinus Serif to have all its letters, got PDF/A-2a error: "):
        as_pdf(page_of(sheet_of(project.run()), "zh-CN"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_nobody_sees_or_no_font_has_are_written_by_their_number(project, language):
    page = page_of(sheet_of(project.run(authors=["anz\u202eiL \x07 \u200b 🙂 e\u0301 ✓"])), language)
    assert "anz[U+202E]iL [U+0007] [U+200B] 🙂 e\u0301 ✓" in Text(as_html(page)).lines
    assert "anz[U+202E]iL [U+0007] [U+200B] [U+1F642] é ✓" in pdf_text(as_pdf(page))


def test_every_letter_the_fonts_are_said_to_have_can_be_set(project):
    page = page_of(sheet_of(project.run()), "en")
    letters = [chr(number) for number in range(0x10000) if pdf._drawable(chr(number)) == chr(number)]
    letters = [letter for letter in letters if letter < "\u3400"] + letters[::40]
    text = pdf_text(as_pdf(replace(page, facts=Facts(pairs=[("letters", Cell(" ".join(letters)))]))))
    assert len(letters) > 1500
    assert "[U+" not in text
    assert {"ſ", "Ж", "→", "■", "✓", "ア"} <= set(text)


# the command


def test_the_command_writes_both_languages_and_formats_and_the_run_still_verifies(project):
    pack = project.run()
    done = project.kit("sheet", pack)
    assert (done.returncode, done.stderr) == (0, "")
    names = ["sheet-en.html", "sheet-en.pdf", "sheet-zh-CN.html", "sheet-zh-CN.pdf"]
    assert done.stdout.splitlines() == [str(pack / "gate" / name) for name in names]
    assert project.problems(pack) == []
    first = {name: (pack / "gate" / name).read_bytes() for name in names}
    assert project.kit("sheet", pack, PYTHONHASHSEED="1", TZ="Asia/Shanghai", LC_ALL="C").returncode == 0
    assert {name: (pack / "gate" / name).read_bytes() for name in names} == first


def test_one_language_one_format_and_one_file(project):
    pack = project.run()
    done = project.kit("sheet", pack, "--language", "zh-CN", "--format", "html")
    assert done.stdout.splitlines() == [str(pack / "gate" / "sheet-zh-CN.html")]
    assert project.kit("sheet", pack, "--output", "page.PDF").stdout == "page.PDF\n"
    assert (project.root / "page.PDF").read_bytes().startswith(b"%PDF-")
    assert project.kit("sheet", pack, "--output", "page.txt", "--format", "html", "--language", "zh-CN").returncode == 0
    assert "变更审批单" in (project.root / "page.txt").read_text(encoding="utf-8")


def test_a_new_verdict_takes_the_sheets_of_the_old_one_away(project):
    pack = project.run()
    assert project.kit("sheet", pack, "--format", "html").returncode == 0
    project.judge(pack)
    assert [path.name for path in (pack / "gate").glob("sheet-*")] == []
    assert project.problems(pack) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--output", "page.txt"],
            "Failed to write page.txt: expected a name that ends with .html or .pdf, got 'page.txt'. Next: --format html",
        ),
        (
            ["--output", "{pack}/page.html"],
            "Failed to write {pack}/page.html: expected a place outside the run, whose files are sealed, got one in it. "
            "Next: leave --output out, and the sheet goes into {pack}/gate",
        ),
        (
            ["--before", "nowhere"],
            "Failed to read run nowhere: expected the folder of a run, got no such folder. "
            "Next: name one of .erp-testkit/runs/, or make one: erp-testkit run",
        ),
    ],
)
def test_wrong_options_are_told(project, arguments, message):
    pack = project.run()
    done = project.kit("sheet", pack, *(argument.format(pack=pack) for argument in arguments))
    assert (done.returncode, done.stderr.strip()) == (2, message.format(pack=pack))


def test_an_output_that_cannot_be_written_is_an_environment_failure(project):
    done = project.kit("sheet", project.run(), "--output", "nowhere/page.html")
    assert done.returncode == 3
    assert done.stderr == (
        "Failed to write nowhere/page.html: expected room and rights there, got No such file or directory. "
        "Next: make room, or name another --output\n"
    )


def test_a_run_without_a_verdict_of_its_own_has_no_sheet(project):
    pack = project.run(judged=False)
    done = project.kit("sheet", pack)
    again = f"Next: erp-testkit gate {pack}\n"
    told = f"Failed to draw up the sheet of {pack}: expected a verdict, got no gate/verdict.json in it. {again}"
    assert (done.returncode, done.stderr) == (2, told)

    other = project.run("r2")
    (pack / "gate").mkdir()
    (pack / "gate" / "verdict.json").write_bytes((other / "gate" / "verdict.json").read_bytes())
    done = project.kit("sheet", pack)
    assert (done.returncode, done.stderr) == (
        2,
        f"Failed to draw up the sheet of {pack}: expected its own verdict, got that of another run. {again}",
    )

    (pack / "gate" / "verdict.json").write_text('{"verdict": "approved for signing"}', encoding="utf-8")
    done = project.kit("sheet", pack)
    told = f"Failed to read {pack}/gate/verdict.json: expected a verdict of this kit, got something else. {again}"
    assert (done.returncode, done.stderr) == (2, told)


def test_a_verdict_that_was_changed_by_hand_is_not_added_up_again(project):
    pack = project.run()
    file = pack / "gate" / "verdict.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"seed": 7', '"seed": 8'), encoding="utf-8")
    done = project.kit("sheet", pack)
    assert (done.returncode, done.stderr) == (
        2,
        f"Failed to write the sheet into {pack}/gate: expected its files as the gate left them, got gate/verdict.json: "
        f"is not as gate/SHA256SUMS says. Next: judge again: erp-testkit gate {pack}\n",
    )
    assert any("gate/verdict.json" in problem for problem in project.problems(pack))
