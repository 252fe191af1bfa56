"""erp-testkit gate as a person and a pipeline meet it: whole screens, exit codes, files, and what is typed wrongly."""

import json
import os
import subprocess
from datetime import timedelta

import pytest
from erp_projects import KIT
from gate_packs import LACKS, contract, later, leave, result, rule

from erp_testkit.evidence import schema


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project's folder, with its runs where the kit leaves them."""
    (tmp_path / "erp-testkit.toml").write_text("", encoding="utf-8")
    (tmp_path / "ci").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def policy(project, text):
    (project / "ci" / "gate.toml").write_text(text, encoding="utf-8")


def run(project, name, *results, **facts):
    return leave(project / ".erp-testkit" / "runs" / name, *results, **facts)


def gate(*arguments, cwd=None):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [KIT, "gate", *map(str, arguments)], check=False, capture_output=True, text=True, cwd=cwd, env=environment, timeout=60
    )
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


def test_a_kept_run_is_a_screen_and_exit_code_0(project):
    policy(project, 'extends = "observe"\n[approvals]\npeople = 2\n')
    run(project, "run-1", result("SAL-001"), result("OUT-001"), contract())
    code, screen, _ = gate("--at", later(minutes=5).isoformat())
    assert code == 0
    assert screen == [
        "Run run-1: Acme 9, acme (test), commit c0ffeec0ffee, 5 minutes ago",
        "Policy gate.toml, extends observe",
        "",
        "Area       kept  broken  known  not covered  verdict",
        "Sales         1       0      0            0  approved for signing",
        "Outbound      1       0      0            0  approved for signing",
        "Contracts     1       0      0            0  approved for signing",
        "Total         3       0      0            0  approved for signing",
        "",
        "Checked: 3 scenarios and checks of contracts, 53 rules, 1 of 1 promises of contracts",
        "Requirements: 2 kept, 20 not tested (erp-testkit matrix)",
        "Files in .erp-testkit/runs/run-1/gate",
        "",
        "Verdict: approved for signing",
        "Next: have it signed by 2 people: erp-testkit approve",
    ]


def test_a_screen_with_everything_on_it(project):
    policy(project, 'extends = "observe"\n[findings]\nblocker = "reject"\nnormal = "waiver"\n[coverage]\nmax_not_covered = 0.1\n'
           '[consequences]\nmax_not_covered = "waiver"\n')  # fmt: skip
    at = later(hours=5, minutes=1)
    run(
        project,
        "run-1",
        result("SAL-001", "broken", severity="blocker"),
        result("SAL-002", "broken", findings=[rule(severity="normal")], message="stock 3, moves 4"),
        result("OUT-001", "broken"),
        result("OUT-002", "broken", severity="minor"),
        result("TRC-001", "not covered", lacks=LACKS),
        result("STK-001", "error", exit_code=3, message="ERP gone"),
    )
    code, screen, _ = gate("run-1", "--at", at.isoformat())
    assert code == 3
    first = next(line.split()[0] for line in screen if "steps.out_001" in line)
    (project / "ci" / "waivers.toml").write_text(
        f'[[waiver]]\nfingerprint = "{first}"\nreason = "Mended in 4.2."\nowner = "Li Na"\napprover = "Wang Wei"\n'
        f"opened = {at.date() - timedelta(days=1)}\nexpires = {at.date() + timedelta(days=3)}\n",
        encoding="utf-8",
    )
    code, screen, _ = gate("run-1", "--at", at.isoformat())
    waived, second, gap = (
        next(line for line in screen if name in line).split()[0] for name in ("steps.out_001", "stock-equals", "16.7% (1 of 6)")
    )
    rejected = next(line for line in screen if "steps.sal_001" in line).split()[0]
    assert code == 3
    assert screen == [
        "Run run-1: Acme 9, acme (test), commit c0ffeec0ffee, 5 hours ago",
        "Policy gate.toml, extends observe",
        "",
        "Area          kept  broken  known  not covered  error  verdict",
        "Sales            0       2      0            0      0  rejected",
        "Outbound         0       2      0            0      0  approved for signing",
        "Stock            0       0      0            0      1  rejected",
        "Traceability     0       0      0            1      0  not checked",
        "Total            0       4      0            1      1  rejected",
        "",
        "Rejects (2):",
        "  law           expected every test judged, or not covered, got 1 without judgement: features/en/sales.feature::STK-001;",
        "                ERP gone",
        "                mend the environment or the configuration, then run it again",
        f"  {rejected}  blocker · step steps.sal_001 (AssertionError): Scenario SAL-001",
        "                in SAL-001; see it again: erp-testkit run -k SAL-001",
        "",
        "Needs a waiver (2):",
        f"  {gap}  expected at most 10.0% of the tests not covered, got 16.7% (1 of 6)",
        "                give the adapter the ports it lacks (erp-testkit docs adapters)",
        f"  {second}  normal · rule stock-equals-moves: Title of stock-equals-moves",
        "                in SAL-002; see it again: erp-testkit run -k SAL-002",
        "",
        "Waived (1):",
        f"  {waived}  normal · step steps.out_001 (AssertionError): Scenario OUT-001",
        f"                until {at.date() + timedelta(days=3)}, owner Li Na, approved by Wang Wei: Mended in 4.2.",
        "",
        "Noted (1): step steps.out_002 (AssertionError)",
        "",
        "Waivers that end soon:",
        f"  {waived} on {at.date() + timedelta(days=3)}, owner Li Na",
        "",
        "Checked: 4 scenarios and checks of contracts, 53 rules",
        "Requirements: 22 not tested (erp-testkit matrix)",
        "Not covered: 1 of 6 tests (16.7%): port recalls",
        "Files in .erp-testkit/runs/run-1/gate",
        "",
        "Verdict: rejected",
        "Next: a run could not judge: mend the environment, run it again, then call the gate again.",
    ]


def test_without_a_policy_of_its_own_a_project_has_the_standard_one(project):
    run(project, "run-1", result("SAL-001"))
    code, screen, _ = gate()
    assert (code, screen[1]) == (1, "Policy standard")
    code, screen, _ = gate("--policy", "observe")
    assert (code, screen[1]) == (0, "Policy observe")


def test_the_latest_run_is_judged_from_anywhere_in_the_project(project):
    run(project, "20261122T000000Z-aaaaaa", result("SAL-001"))
    run(project, "20261123T000000Z-000000", result("SAL-001"))
    (project / ".erp-testkit" / "runs" / "20261124T000000Z-000000").mkdir()
    below = project / "features"
    below.mkdir()
    _, screen, _ = gate("--policy", "observe", cwd=below)
    assert screen[0].startswith("Run 20261123T000000Z-000000: ")


def test_the_files_lie_in_the_run_outside_its_seal(project):
    pack = run(project, "run-1", result("SAL-001"))
    sealed = (pack / "pack.json").read_bytes()
    assert gate("run-1", "--policy", "observe")[0] == 0
    assert sorted(file.name for file in (pack / "gate").iterdir()) == [
        "SHA256SUMS",
        "contracts.sarif",
        "junit.xml",
        "summary.md",
        "summary.zh-CN.md",
        "verdict.json",
    ]
    data = json.loads((pack / "gate" / "verdict.json").read_text(encoding="utf-8"))
    assert schema.mistakes("verdict", data, "verdict.json") == []
    assert (pack / "pack.json").read_bytes() == sealed
    assert gate("run-1", "--policy", "observe")[0] == 0, "a verdict changes nothing of the evidence"


def test_several_runs_are_judged_together_and_written_where_the_user_says(project):
    one, other = run(project, "one", result("SAL-001")), leave(project / "other", result("OUT-001"))
    code, screen, _ = gate(one, other, "--policy", "observe", "--output", "verdict")
    assert code == 0
    assert screen[0].startswith("Run one: ")
    assert screen[1].startswith("Run other: ")
    assert "Files in verdict" in screen
    assert len(json.loads((project / "verdict" / "verdict.json").read_text(encoding="utf-8"))["runs"]) == 2
    assert not (one / "gate").exists()


def test_the_same_moment_gives_the_same_bytes(project):
    run(project, "run-1", result("SAL-001"), result("SAL-002", "broken"))
    at = later(minutes=1).isoformat()
    screens = [gate("--at", at, "--output", name)[1] for name in ("a", "b")]
    assert [line.replace("in b", "in a") for line in screens[1]] == screens[0]
    for file in (project / "a").iterdir():
        assert file.read_bytes() == (project / "b" / file.name).read_bytes()


def test_without_a_run_the_next_step_is_told(project):
    assert gate() == (2, [], [
        f"Failed to find the latest run: expected a run in {project}/.erp-testkit/runs, got none. Next: erp-testkit run"
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "Failed to read run nowhere: expected the folder of a run, got no such folder. "
         "Next: name one of .erp-testkit/runs/, or make one: erp-testkit run"),
        (["run-1", "--policy", "strikt"], "Failed to read policy strikt: expected a file that can be read, got No such file or directory."),
        (["run-1", "--waivers", "none.toml"],
             "Failed to read waivers none.toml: expected a file that can be read, got No such file or directory."),
        (["run-1", "--at", "soon"], "Failed to read --at 'soon' as a moment: expected one such as 2026-11-23T09:30:00Z, "
         "got Invalid isoformat string: 'soon'."),
    ],
)  # fmt: skip
def test_what_is_typed_wrongly_is_one_message_and_exit_code_2(project, arguments, said):
    run(project, "run-1", result("SAL-001"))
    assert gate(*arguments) == (2, [], [said])


def test_a_policy_with_mistakes_gives_no_verdict(project):
    pack = run(project, "run-1", result("SAL-001"))
    policy(project, "[run]\nmax_age = 1\n")
    code, screen, errors = gate()
    assert (code, screen, errors[0]) == (2, [], f"Failed to read policy {project}/ci/gate.toml: expected no mistakes, got 1:")
    assert not (pack / "gate").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_a_clear_message(project):
    run(project, "run-1", result("SAL-001"))
    (project / "closed").mkdir(mode=0o500)
    code, _, errors = gate("--policy", "observe", "--output", "closed/gate")
    assert (code, errors) == (3, [
        "Failed to write verdict.json of the verdict: expected room and rights in closed/gate, got Permission denied. "
        "Next: make room there, or name another folder with --output"
    ])  # fmt: skip


def test_a_file_where_the_folder_should_be_is_a_clear_message(project):
    run(project, "run-1", result("SAL-001"))
    (project / "file").write_text("", encoding="utf-8")
    code, _, errors = gate("--policy", "observe", "--output", "file")
    assert (code, errors) == (3, [
        "Failed to write verdict.json of the verdict: expected room and rights in file, got File exists. "
        "Next: make room there, or name another folder with --output"
    ])  # fmt: skip
