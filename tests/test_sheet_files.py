import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from erp_testkit.gate.reports.sheet import pdf
from erp_testkit.gate.reports.sheet.html import as_html
from erp_testkit.gate.reports.sheet.page import Cell, Facts, page_of
from erp_testkit.gate.reports.sheet.pdf import as_pdf
from erp_testkit.gate.reports.sheet.words import LANGUAGES
from tests.gate_packs import result, rule
from tests.packs import Project
from tests.sheets import Text, judged, pdf_text, sheet_of

EVIL = '<script>alert(1)</script> #read("/etc/passwd") $x$ *bold* {1+1} {count} & "quoted"'


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


# what comes from outside


def planted(tmp_path):
    """A run full of markup, in every text that reaches the page."""
    waived = result("STK-002", "broken", findings=[rule(severity="minor")])
    results = [result("SAL-001", "broken", title=EVIL, feature=EVIL), result("OWN-9", feature=EVIL), waived]
    today = datetime.now(UTC).date()
    waivers = f"[[waiver]]\nfingerprint = '{waived.findings[0].cause}'\nreason = '{EVIL}'\nowner = '{EVIL}'\napprover = 'W'\n"
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
