"""Bad input: a clear message, the right exit code, and what was learned so far is kept and marked partial."""

import os
import re
import signal
import subprocess
import time
from fnmatch import fnmatch

import pytest
from bad_servers import bad_erp
from erp_projects import KIT

from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import UsageError
from erp_testkit.erp.registry import Connection

KEPT = '@SAL-001\n  Scenario: kept\n    When order "A-1" is confirmed\n    Then 1 is 1'
ASKING = '@STK-001\n  Scenario: asking\n    Given "stent" is a device tracked by lot'
ASKING_AGAIN = ASKING.replace("STK-001", "STK-002").replace("asking", "asking again")

MALFORMED = "Feature: Orders\n  Scenario: kept\n    Then 1 is 1\n    Whenever it rains\n"

WAITING_STEPS = """
import pathlib
import threading


@when("somebody waits")
def wait():
    pathlib.Path("reached").touch()
    threading.Event().wait(60)
"""
WAITING = "@SAL-002\n  Scenario: waiting\n    When somebody waits"


def run(project, *arguments):
    return project.kit("run", "-p", "no:randomly", *arguments)


def messages(result):
    return [line for line in result.errlines if line]


def said(result, pattern):
    return any(fnmatch(line, pattern) for line in [*result.outlines, *result.errlines])


def reference_at(project, url):
    project.configure(url=url)
    file = project.path / "erp-testkit.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("fake_erp:connect", "reference"), encoding="utf-8")


def test_a_malformed_feature(project):
    project.write("orders.feature", MALFORMED)
    result = project.run("orders.feature")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["Failed to read Gherkin: expected *, got 'Whenever it rains'.", "  at orders.feature:4", "  Next: *"])
    assert not (project.path / ".erp-testkit" / "runs").exists()


def test_a_malformed_feature_with_workers(project):
    project.write("orders.feature", MALFORMED)
    result = run(project, "orders.feature", "-n2")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["Failed to read Gherkin: expected *, got 'Whenever it rains'.", "  at orders.feature:4", "  Next: *"])


def test_an_unknown_tag(project):
    project.feature("@SAL-001 @severity:critcal\n  Scenario: kept\n    Then 1 is 1")
    result = project.run("orders.feature")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*Failed to read tag '@severity:critcal': expected a known tag. Did you mean '@severity:critical'?"])


def test_an_unknown_profile(project):
    project.feature(KEPT)
    result = run(project, "orders.feature", "--profile=live")
    assert result.ret == 2
    assert messages(result) == ["ERROR: Failed to use profile 'live': expected one of erp-testkit.toml. Valid values are: fake."]


def test_an_unknown_adapter(project):
    project.feature(KEPT)
    result = run(project, "orders.feature", "--erp=refrence")
    assert result.ret == 2
    assert messages(result) == [
        "ERROR: Failed to start a stand-in for adapter 'refrence': expected one of that name, or a url in the profile. "
        "Did you mean 'reference'? Valid values are: reference, tryton."
    ]


def test_two_ways_to_choose_an_erp(project):
    project.feature(KEPT)
    result = run(project, "orders.feature", "--erp=reference", "--profile=fake")
    assert result.ret == 2
    assert messages(result) == ["ERROR: Failed to choose an ERP: expected one of --erp and --profile, got both (reference, fake)."]


def test_an_unknown_option(project):
    result = run(project, "--lenguage=en")
    assert result.ret == 2
    assert "pytest.main(): error: unrecognized arguments: --lenguage=en" in result.errlines


def test_a_path_that_is_not_there(project):
    result = run(project, "nothing.feature")
    assert result.ret == 2
    assert messages(result) == ["ERROR: file or directory not found: nothing.feature"]


def test_nothing_selected(project):
    project.feature(KEPT)
    assert project.run("orders.feature", "-k", "nothing").ret == 2


def test_wrong_credentials(project):
    project.feature(ASKING)
    with bad_erp("wrong credentials", at_sign_in=True) as url:
        reference_at(project, url)
        result = project.run("orders.feature")
    assert result.ret == 3
    assert messages(result) == [
        f"ERROR: Failed to sign in at {url} as boss: expected name and password it knows, got status 401. Next: erp-testkit doctor"
    ]
    assert "secret-of-the-boss" not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(
    ("answer", "exit_code", "expected", "got"),
    [
        ("html", 1, "JSON", "a web page"),
        ("nothing", 1, "JSON", "''"),
        ("half a JSON", 1, "JSON", '\'{"bins": [[]"A\''),
        ("server error", 1, "an answer below status 500", "500 'Traceback: division by zero'"),
        ("cut in the middle", 3, "an answer", "peer closed connection*"),
        ("closed", 3, "an answer", "Server disconnected*"),
        ("slow", 3, "an answer within 1 s", "none"),
    ],
)
@pytest.mark.parametrize("at_sign_in", [True, False], ids=["at sign-in", "later"])
def test_an_erp_that_answers_badly(project, answer, exit_code, expected, got, at_sign_in):
    project.feature(ASKING, ASKING_AGAIN)
    with bad_erp(answer, at_sign_in=at_sign_in) as url:
        reference_at(project, url)
        result = project.run("orders.feature")
    assert result.ret == exit_code
    assert said(result, f"*Failed to * at {url}: expected {expected}, got {got}. Next: erp-testkit doctor*")
    assert "Traceback (most recent call last)" not in result.stdout.str() + result.stderr.str()
    manifest = project.manifest()
    if at_sign_in or exit_code == 3:
        assert manifest["state"] == "partial"
        assert manifest["reason"].startswith("Failed to ")
    else:
        assert manifest["state"] == "complete"
        assert [event["outcome"] for event in project.events().values()] == ["broken", "broken"]


def test_no_room_for_the_runs_folder(project):
    project.feature(KEPT)
    folder = project.path / "out"
    folder.mkdir()
    (folder / ".manifest.json.new").symlink_to("/dev/full")
    result = project.run("orders.feature", f"--erp-run-folder={folder}")
    assert result.ret == 3
    assert messages(result) == [
        f"ERROR: Failed to write manifest.json of the run: expected room and rights in {folder}, got No space left on device. "
        "What was written before is kept. Next: make room there, or name another folder with --erp-run-folder"
    ]


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "with a worker"])
def test_the_disk_gets_full_in_the_middle(project, workers):
    project.feature(KEPT, KEPT.replace("SAL-001", "SAL-002").replace("kept", "kept too"))
    folder = project.path / "out"
    folder.mkdir()
    (folder / f"events-{'gw0' if workers else 'main'}.jsonl").symlink_to("/dev/full")
    result = run(project, "orders.feature", f"--erp-run-folder={folder}", *workers)
    assert result.ret == 3
    message = (
        f"Failed to write events-{'gw0' if workers else 'main'}.jsonl of the run: expected room and rights in {folder}, "
        "got No space left on device. What was written before is kept. Next: make room there, or name another folder with --erp-run-folder"
    )
    assert message in result.stdout.str()
    assert '"state": "partial"' in (folder / "manifest.json").read_text(encoding="utf-8")


def to_all(process):
    os.killpg(process.pid, signal.SIGINT)


@pytest.mark.parametrize(
    ("workers", "interrupt"),
    [((), to_all), (("-n1",), to_all), ((), subprocess.Popen.terminate)],
    ids=["ctrl-c", "ctrl-c with a worker", "a cancelled pipeline"],
)
def test_an_interruption_in_the_middle(project, workers, interrupt):
    project.write("conftest.py", (project.path / "conftest.py").read_text(encoding="utf-8") + WAITING_STEPS)
    project.feature(KEPT, KEPT.replace("SAL-001", "SAL-003").replace("Scenario: ", "Scenario: again "), WAITING)
    command = [KIT, "run", "-p", "no:randomly", "-v", *workers, "orders.feature"]
    screen = project.path / "screen"
    with screen.open("w") as file:
        # A session of its own: Ctrl-C reaches every process of the run, and not this one.
        process = subprocess.Popen(command, cwd=project.path, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
    # A worker tells of a scenario in several words: when some of the second have arrived, all of the first have.
    deadline = time.monotonic() + 30
    while not ((project.path / "reached").exists() and screen.read_text().count("PASSED") == 2) and process.poll() is None:
        assert time.monotonic() < deadline, screen.read_text()
        time.sleep(0.01)
    interrupt(process)
    process.wait(timeout=30)
    output = screen.read_text(encoding="utf-8")
    assert process.returncode == 3, output
    manifest = project.manifest()
    assert (manifest["state"], manifest["reason"]) == ("partial", "interrupted"), output
    assert project.events()["SAL-001"]["outcome"] == "kept"
    assert re.search(r"^Sales     [12]       0      0            0$", output, re.MULTILINE), output
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_a_role_without_a_user_is_a_usage_error():
    with pytest.raises(UsageError) as raised:
        Connection(url="http://erp.example", users={}).user(Role.SALES)
    assert str(raised.value) == "Failed to sign in as sales: expected a user for this role in the profile, got none."
