"""The folder a run leaves: readable while the run goes, after a kill, and when the disk is full."""

import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.domain.exchange import Exchange
from erp_testkit.evidence.redaction import Redactor
from erp_testkit.evidence.run_folder import RunFolder, RunWriter

FULL = Path("/dev/full")


def manifest(path):
    return json.loads((path / "manifest.json").read_text(encoding="utf-8"))


def lines(file):
    return [
        {name: value for name, value in json.loads(line).items() if name != "prev"}
        for line in file.read_text(encoding="utf-8").splitlines()
    ]


def exchange(number):
    at = datetime(2026, 11, 23, 2, 9, 52, tzinfo=UTC)
    return Exchange(at=at, seconds=0.25, role="sales", method="GET", target=f"/orders/{number}", request="", status=200, answer="{}")


def test_folders_sort_by_time_and_never_meet(tmp_path):
    first, second = RunFolder.fresh(tmp_path), RunFolder.fresh(tmp_path)
    assert first != second
    assert first.parent == tmp_path / "runs"
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{6}", first.name)


def test_the_manifest_tells_a_run_from_its_beginning_to_its_end(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.begin({"adapter": "reference", "seed": 7})
    begun = manifest(folder.path)
    assert {name: begun[name] for name in ("run", "adapter", "seed", "state", "reason")} == {
        "run": "run",
        "adapter": "reference",
        "seed": 7,
        "state": "running",
        "reason": None,
    }
    assert begun.keys() >= {"format", "kit", "python", "platform", "commit", "dirty", "authors", "who", "where", "started"}
    folder.note(erp="Tryton 8.2.1")
    folder.end({"kept": 3})
    ended = manifest(folder.path)
    assert (ended["erp"], ended["state"], ended["reason"]) == ("Tryton 8.2.1", "complete", None)
    assert ended["started"] <= ended["finished"]
    assert json.loads((folder.path / "summary.json").read_text(encoding="utf-8")) == {"kept": 3}


def test_a_run_that_was_cut_short_is_partial_and_says_why(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.begin({})
    folder.end({}, partial="interrupted")
    assert (manifest(folder.path)["state"], manifest(folder.path)["reason"]) == ("partial", "interrupted")


def test_the_commit_is_the_projects(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    RunFolder(tmp_path / "outside").begin({})
    assert manifest(tmp_path / "outside")["commit"] is None
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    RunFolder(tmp_path / "inside").begin({})
    assert re.fullmatch("[0-9a-f]{40}", manifest(tmp_path / "inside")["commit"])


def test_events_and_exchanges_are_lines_of_json(tmp_path):
    writer = RunWriter(tmp_path, "gw0", Redactor())
    writer.event("scenario", {"node": "a::b", "outcome": "kept"})
    writer.exchanges("a::b", [exchange(1), exchange(2)])
    writer.exchanges("a::c", [])
    writer.close()
    (event,) = lines(tmp_path / "events-gw0.jsonl")
    assert (event["event"], event["node"], event["outcome"]) == ("scenario", "a::b", "kept")
    assert lines(tmp_path / "exchanges-gw0.jsonl") == [
        {
            "node": "a::b",
            "at": "2026-11-23T02:09:52.000000Z",
            "seconds": 0.25,
            "role": "sales",
            "method": "GET",
            "target": f"/orders/{number}",
            "request": "",
            "status": 200,
            "answer": "{}",
        }
        for number in (1, 2)
    ]


def test_nothing_that_is_written_keeps_a_secret(tmp_path):
    redactor = Redactor(["planted-1"])
    folder, writer = RunFolder(tmp_path / "run", redactor), RunWriter(tmp_path / "run", "main", redactor)
    folder.begin({"url": "https://li:planted-2@erp", "token": "planted-3"})
    writer.event("scenario", {"message": "login with planted-1 failed, password=planted-4", "findings": [{"session": "planted-5"}]})
    folder.end({"why": "planted-1"}, partial="Bearer planted-6")
    writer.close()
    files = [file for file in folder.path.iterdir() if file.is_file()]
    assert sorted(file.name for file in files) == [
        "events-main.jsonl",
        "findings.json",
        "manifest.json",
        "pack.json",
        "pack.sha256",
        "summary.json",
    ]
    assert [file.name for file in files if "planted" in file.read_text(encoding="utf-8")] == []


def test_a_killed_process_leaves_whole_lines(tmp_path):
    program = (
        "import sys; from pathlib import Path; from erp_testkit.evidence.redaction import Redactor;"
        "from erp_testkit.evidence.run_folder import RunFolder, RunWriter; path = Path(sys.argv[1]);"
        "RunFolder(path).begin({}); writer = RunWriter(path, 'main', Redactor())\n"
        "for number in range(10**9):\n"
        "    writer.event('scenario', {'number': number, 'filler': 'x' * 5000})\n"
        "    if number == 20: print('go', flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"go\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert manifest(tmp_path)["state"] == "running"
    events = lines(tmp_path / "events-main.jsonl")
    assert [event["number"] for event in events] == list(range(len(events)))
    assert len(events) > 20


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full, which Linux has")
def test_a_full_disk_is_a_clear_message(tmp_path):
    (tmp_path / "events-main.jsonl").symlink_to(FULL)
    writer = RunWriter(tmp_path, "main", Redactor())
    with pytest.raises(EnvironmentFailure) as failure:
        writer.event("scenario", {})
    assert str(failure.value) == (
        f"Failed to write events-main.jsonl of the run: expected room and rights in {tmp_path}, got No space left on device. "
        "What was written before is kept. Next: make room there, or name another folder with --erp-run-folder"
    )
    assert failure.value.exit_code == 3
    writer.close()


def test_a_disk_that_fills_up_in_the_middle_of_a_line_keeps_the_lines_before(tmp_path):
    # A limit on the size of files stands for the end of the disk: the kernel takes the first half of the line only.
    program = (
        "import resource, signal, sys; from pathlib import Path; from erp_testkit.domain.errors import KitError;"
        "from erp_testkit.evidence.redaction import Redactor; from erp_testkit.evidence.run_folder import RunWriter\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
        "writer = RunWriter(Path(sys.argv[1]), 'main', Redactor())\n"
        "try:\n"
        "    for number in range(10): writer.event('scenario', {'number': number, 'filler': 'x' * 1000})\n"
        "except KitError as error: sys.exit(error.exit_code)\n"
    )
    assert subprocess.run([sys.executable, "-c", program, tmp_path], check=False).returncode == 3
    assert [event["number"] for event in lines(tmp_path / "events-main.jsonl")] == [0, 1]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_a_clear_message(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(EnvironmentFailure, match="Failed to write run of the run: expected room and rights"):
        RunFolder(tmp_path / "run").begin({})


def test_a_file_where_the_folder_should_be_is_a_clear_message(tmp_path):
    (tmp_path / "runs").write_text("", encoding="utf-8")
    with pytest.raises(EnvironmentFailure) as failure:
        RunFolder(tmp_path / "runs" / "run").begin({})
    assert str(failure.value) == (
        f"Failed to write run of the run: expected room and rights in {tmp_path / 'runs'}, got Not a directory. "
        "What was written before is kept. Next: make room there, or name another folder with --erp-run-folder"
    )
