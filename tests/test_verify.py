"""Tampering: whatever is changed in a pack, `erp-testkit verify` finds it and says where."""

import json
import os
import re
import shutil

import pytest
from packs import Project, make_pack

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.results import Outcome
from erp_testkit.evidence.chain import digest, link, start
from erp_testkit.evidence.seal import seal
from erp_testkit.evidence.verify import examine


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A project with two runs; the second is signed, judged and approved."""
    project = Project(tmp_path_factory.mktemp("project"))
    wang, ci = project.person("Wang Wei"), project.pipeline()
    project.run("r1", judged=False, outcomes=[Outcome.BROKEN])
    pack = project.run("r2")
    assert project.kit("sign", pack, "--as", "ci", "--key", ci).returncode == 0
    assert project.kit("approve", pack, "--as", "Wang Wei", "--key", wang, "--meaning", "reviewed").returncode == 0
    return project


@pytest.fixture
def project(template, tmp_path):
    """A copy of it."""
    shutil.copytree(template.root, tmp_path, dirs_exist_ok=True)
    copy = object.__new__(Project)
    copy.root, copy.text = tmp_path, template.text
    copy.state, copy.approvers, copy.policy = (tmp_path / name for name in (".erp-testkit", "ci/approvers.toml", "ci/gate.toml"))
    return copy


@pytest.fixture
def pack(project):
    return project.state / "runs" / "r2"


def rewrite(file, change):
    text = file.read_text(encoding="utf-8")
    changed = change(text)
    assert changed != text
    file.write_text(changed, encoding="utf-8")


def test_what_was_not_touched_is_as_it_was_sealed(project, pack):
    assert project.problems(project.state / "runs" / "r1", pack) == []
    done = project.kit("verify", ".erp-testkit/runs/r1", ".erp-testkit/runs/r2")
    assert done.returncode == 0
    assert re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "TIME", done.stdout).splitlines() == [
        ".erp-testkit/runs/r1: as it was sealed",
        "  not signed: whoever could write to it could have sealed it anew",
        ".erp-testkit/runs/r2: as it was sealed",
        "  signed by ci",
        "  approved by Wang Wei, quality manager, TIME UTC: reviewed",
        "All as it was sealed.",
    ]


EVERY_BYTE = ("pack.json", "pack.sha256", "pack.dsse.json", "approvals/01.dsse.json", "gate/SHA256SUMS")
"""What seals the rest; of the rest, one in so many bytes is enough, because each file is one digest."""
EVERY_SO_MANY = 97


@pytest.mark.parametrize("name", [*EVERY_BYTE, "others"])
def test_every_flipped_byte_is_found(project, pack, name):
    every = [file for file in pack.rglob("*") if file.is_file()]
    files = [file for file in every if (_name(pack, file) if _name(pack, file) in EVERY_BYTE else "others") == name]
    missed = []
    for file in files:
        content = file.read_bytes()
        for place in range(0, len(content), 1 if name != "others" else EVERY_SO_MANY):
            file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            if not project.problems(pack):
                missed.append((_name(pack, file), place))
        file.write_bytes(content)
    assert missed == []
    assert project.problems(pack) == []


def _name(pack, file):
    return file.relative_to(pack).as_posix()


def test_every_removed_file_is_found_and_named(project, pack):
    for file in [file for file in pack.rglob("*") if file.is_file()]:
        content = file.read_bytes()
        file.unlink()
        assert any(_name(pack, file) in problem for problem in project.problems(pack)), file
        file.write_bytes(content)
    assert project.problems(pack) == []


@pytest.mark.parametrize("folder", [".", "allure-results", "ledgers", "gate", "approvals", "new"])
def test_an_added_file_is_found_and_named(project, pack, folder):
    (pack / folder).mkdir(exist_ok=True)
    (pack / folder / "added").write_bytes(b"")
    assert any("added" in problem for problem in project.problems(pack))


def test_a_cut_file_and_a_longer_one_are_found(project, pack):
    file = pack / "ledgers" / "orders.parquet"
    size = file.stat().st_size
    os.truncate(file, size - 1)
    assert project.problems(pack) == [f"ledgers/orders.parquet: expected {size} bytes, got {size - 1}"]
    with file.open("ab") as end:
        end.write(b"xy")
    assert project.problems(pack) == [f"ledgers/orders.parquet: expected {size} bytes, got {size + 1}"]


def test_a_renamed_file_is_found_under_both_names(project, pack):
    (pack / "summary.json").rename(pack / "summary2.json")
    assert project.problems(pack) == [
        "summary.json: is missing",
        "summary2.json: does not belong to the run; it has the content of summary.json",
    ]


def test_exchanged_files_are_found(project, pack):
    first, second, aside = pack / "events-main.jsonl", pack / "exchanges-main.jsonl", pack / "aside"
    first.rename(aside)
    second.rename(first)
    aside.rename(second)
    problems = project.problems(pack)
    assert "events-main.jsonl: has the content of exchanges-main.jsonl" in problems
    assert "exchanges-main.jsonl: has the content of events-main.jsonl" in problems
    assert "events-main.jsonl:1: does not follow the beginning of this file" in problems


def test_links_and_empty_folders_are_found(project, pack):
    (pack / "empty").mkdir()
    (pack / "link").symlink_to("summary.json")
    shutil.move(pack / "manifest.json", project.root)
    (pack / "manifest.json").symlink_to(project.root / "manifest.json")
    assert project.problems(pack) == [
        "link: expected a file, got a link or a thing that is none",
        "manifest.json: expected a file, got a link or a thing that is none",
        "empty/: does not belong to the run",
    ]


def test_a_changed_line_with_its_own_hashes_made_anew_is_found(project, pack):
    file = pack / "events-main.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    rows[0]["title"] = "another"
    texts = [json.dumps({name: value for name, value in row.items() if name != "prev"}, ensure_ascii=False) for row in rows]
    file.write_bytes(link(start("r2/events-main.jsonl"), texts)[0])
    (problem,) = project.problems(pack)
    assert problem.startswith("events-main.jsonl: expected ")


def test_a_changed_line_is_named(project, pack):
    rewrite(pack / "events-main.jsonl", lambda text: text.replace("Order 1", "Order 9"))
    assert "events-main.jsonl:2: does not follow line 1" in project.problems(pack)


def test_a_run_sealed_anew_without_a_key_is_found(project, pack):
    rewrite(pack / "summary.json", lambda text: text.replace("[]", "[1]"))
    index = json.loads((pack / "pack.json").read_bytes())
    (pack / "pack.json").unlink()
    for folder in ("gate", "approvals"):
        shutil.move(pack / folder, project.root)
    signature = (pack / "pack.dsse.json").read_bytes()
    for name in ("pack.dsse.json", "pack.sha256"):
        (pack / name).unlink()
    seal(pack, {name: index[name] for name in ("run", "id", "state")})
    (pack / "pack.dsse.json").write_bytes(signature)
    for folder in ("gate", "approvals"):
        shutil.move(project.root / folder, pack)
    assert project.problems(pack) == [
        "pack.dsse.json: expected a signature of this pack.json, got one of something else",
        "approvals/01.dsse.json: expected an approval of pack.json as it is here, got one of another",
        f"{pack}: expected run r2 as it was sealed, got another seal",
    ]


def test_a_run_sealed_anew_that_nobody_signed_is_found_by_the_projects_journal(project):
    pack = project.state / "runs" / "r1"
    for name in ("pack.json", "pack.sha256"):
        (pack / name).unlink()
    seal(pack, {"run": "r1", "id": "r1", "state": "complete"})
    assert examine(pack).problems == []
    assert project.problems(pack) == [f"{pack}: expected run r1 as it was sealed, got another seal"]


def test_a_signature_by_another_key_is_found(project, pack, tmp_path_factory):
    other = Project(tmp_path_factory.mktemp("other"))
    key = other.pipeline()
    (pack / "pack.dsse.json").unlink()
    assert other.kit("sign", pack, "--as", "ci", "--key", key).returncode == 0
    problems = project.problems(pack)
    assert re.sub(r"[0-9a-f]{16}", "KEY", problems[0]) == "pack.dsse.json: expected the signature of a known key, got that of KEY…"


def test_a_signature_taken_away_is_found_by_the_projects_journal(project, pack):
    (pack / "pack.dsse.json").unlink()
    (problem,) = project.problems(pack)
    assert re.sub(r" at \S+,", " at TIME,", problem) == f"{pack / 'pack.dsse.json'}: expected what was signed at TIME, got nothing"


def test_signatures_say_nothing_where_nobody_knows_whose_they_are(project, pack):
    project.approvers.unlink()
    assert project.problems(pack) == [
        "pack.dsse.json: nobody can say whose without ci/approvers.toml. Next: name it with --approvers",
        "approvals/: nobody can say whose without ci/approvers.toml. Next: name it with --approvers",
    ]


def test_a_deleted_run_shows(project, pack):
    gone = project.state / "runs" / "r1"
    seal_digest = digest((gone / "pack.json").read_bytes())
    shutil.move(gone, project.root / "archive")
    (problem,) = project.problems(pack)
    wanted = f"{gone}: is missing: run r1 began at TIME, sealed as {seal_digest[:16]}…"
    assert re.sub(r" at \S+,", " at TIME,", problem) == wanted
    assert project.problems(pack, project.root / "archive") == []


def test_a_run_that_was_put_in_the_place_of_another_shows(project, pack):
    first = project.state / "runs" / "r1"
    shutil.rmtree(first)
    shutil.copytree(pack, first)
    assert f"{first}: expected run r1 as it was sealed, got another seal" in project.problems(pack)


def test_a_changed_journal_shows(project, pack):
    journal = project.state / "runs.jsonl"
    kept = journal.read_text(encoding="utf-8")
    lines = kept.splitlines(keepends=True)
    journal.write_text("".join(lines[2:]), encoding="utf-8")
    assert project.problems(pack)[0] == f"{journal}:1: does not follow the line before"
    journal.write_text(kept.replace('"complete"', '"partial"', 1), encoding="utf-8")
    assert project.problems(pack)[0] == f"{journal}:3: does not follow the line before"
    journal.unlink()
    assert project.problems(pack) == [f"{journal}: is missing; it names all runs of the project"]


def test_a_journal_that_forgot_a_run_shows(project, pack):
    journal = project.state / "runs.jsonl"
    lines = journal.read_text(encoding="utf-8").splitlines(keepends=True)
    journal.write_text("".join(lines[:2]), encoding="utf-8")
    assert project.problems(pack) == [f"{journal}: does not know run r2 in {pack}"]


def test_a_run_far_from_its_project_says_what_it_follows(project, pack, tmp_path_factory):
    away = shutil.copytree(pack, tmp_path_factory.mktemp("artifacts") / "r2")
    done = project.kit("verify", away)
    assert (done.returncode, "  follows run r1, which is not here" in done.stdout) == (0, True)


def test_a_verdict_of_another_run_does_not_count(project, pack):
    other = project.run("r3")
    shutil.rmtree(pack / "gate")
    shutil.copytree(other / "gate", pack / "gate")
    assert "approvals/01.dsse.json: expected an approval of gate/verdict.json as it is here, got one of another" in project.problems(pack)


def test_a_folder_that_is_no_run_is_a_usage_error(project):
    done = project.kit("verify", "ci")
    assert (done.returncode, done.stderr) == (
        2,
        "Failed to verify ci: expected the folder of a run, got none. Next: name one of .erp-testkit/runs/\n",
    )


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": 1}', "\x00"])
def test_an_index_that_is_none_is_found(tmp_path, content):
    pack = make_pack(tmp_path / "run")
    (pack / "pack.json").write_text(content, encoding="utf-8")
    assert examine(pack).problems != []


def test_names_in_an_index_never_lead_out_of_the_run(tmp_path):
    pack = make_pack(tmp_path / "run")
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    rewrite(pack / "pack.json", lambda text: text.replace("summary.json", "../secret"))
    assert "../secret: is missing" in examine(pack).problems


def test_a_newer_minor_format_is_read_and_a_newer_major_one_is_refused(tmp_path):
    newer = {"format": "1.7", "added_later": {"a": 1}}
    assert examine(make_pack(tmp_path / "minor", **newer)).problems == []
    with pytest.raises(UsageError, match=r"expected format 1, got 2\.0"):
        examine(make_pack(tmp_path / "major", format="2.0"))
