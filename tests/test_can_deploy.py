"""May a change be deployed, and what runs where."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from packs import CHANGE, Project

from erp_testkit.config import load_config
from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.results import Outcome
from erp_testkit.evidence.deployments import deployed, record_of
from erp_testkit.gate.approval.approvers import find_approvers
from erp_testkit.gate.approval.deployments import decide
from erp_testkit.gate.verdict.policy import load_policy


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


@pytest.fixture
def people(project):
    return {name: project.person(name) for name in ("Li Na", "Wang Wei")}


def approved(project, people, name="r1", **facts):
    pack = project.run(name, **facts)
    for person, key in people.items():
        assert project.approve(pack, person, key) == []
    return pack


def reasons(project, environment="production", change=CHANGE, later=timedelta(0)):
    folders = sorted((project.state / "runs").glob("*"))
    known = find_approvers(None, project.root)
    decision = decide(change, environment, folders, load_policy(project.policy), known, datetime.now(UTC) + later)
    assert decision.is_yes is not bool(decision.reasons)
    return list(decision.reasons)


def test_a_change_that_was_tested_judged_and_approved_may_go(project, people):
    pack = approved(project, people)
    done = project.kit("can-deploy", CHANGE, "--to", "production")
    assert (done.returncode, done.stdout) == (0, f"Yes: {CHANGE} may go to production.\nDecided by {pack}\n")


def test_no_is_said_with_all_reasons(project):
    pack = project.run()
    done = project.kit("can-deploy", CHANGE, "--to", "production")
    assert (done.returncode, done.stdout) == (
        1,
        f"No: {CHANGE} may not go to production.\n- approvals: expected 2, got 0 (nobody). Next: erp-testkit approve\nDecided by {pack}\n",
    )


def test_what_was_never_tested_or_judged_may_not_go(project):
    assert reasons(project) == ["it was never tested. Next: erp-testkit run"]
    project.run(judged=False)
    assert reasons(project) == ["no run of it has a verdict. Next: erp-testkit gate"]
    assert reasons(project, change="2f" * 20) == ["it was never tested. Next: erp-testkit run"]


def test_one_approval_is_not_two(project, people):
    del people["Wang Wei"]
    approved(project, people)
    assert reasons(project) == ["approvals: expected 2, got 1 (Li Na). Next: erp-testkit approve"]


def test_an_approver_counts_only_for_the_environments_named(project, people):
    approved(project, people)
    project.text = project.text.replace('"uat", "production"', '"uat"', 1)
    project.write("")
    assert reasons(project, "uat") == []
    assert reasons(project) == [
        "Li Na may approve for uat, not for production",
        "approvals: expected 2, got 1 (Wang Wei). Next: erp-testkit approve",
    ]


def test_a_role_may_be_asked_for(project, people):
    project.policy.write_text(project.policy.read_text(encoding="utf-8") + 'roles = ["head of logistics"]\n', encoding="utf-8")
    approved(project, people)
    assert reasons(project) == ["approvals: expected one by role head of logistics, got none"]


def test_a_key_that_was_revoked_since_counts_no_more(project, people):
    approved(project, people)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    project.text = project.text.replace("until = 2099", f'revoked = {tomorrow}\nbecause = "stolen"\nuntil = 2099', 1)
    project.write("")
    assert reasons(project) == [
        f"the key of Li Na was revoked on {tomorrow}: stolen",
        "approvals: expected 2, got 1 (Wang Wei). Next: erp-testkit approve",
    ]


def test_a_run_that_is_too_old_or_tested_more_than_the_commit_does_not_count(project, people):
    approved(project, people)
    assert reasons(project, later=timedelta(hours=73)) == ["run r1 is 73 hours old, at most 72 are allowed"]
    approved(project, people, "r2", dirty=True)
    assert reasons(project) == ["run r2 tested more than the commit: something was changed and not committed"]


def test_the_latest_verdict_decides(project, people):
    approved(project, people)
    project.run("r2", outcomes=[Outcome.KEPT, Outcome.BROKEN])
    assert reasons(project) == ["its verdict is: rejected", "approvals: expected 2, got 0 (nobody). Next: erp-testkit approve"]


def test_an_observation_of_production_takes_no_approval_back_unless_it_finds_something(project, people):
    approved(project, people)
    project.run("r2", environment="production")
    assert reasons(project, "uat") == []
    project.run("r3", environment="production", outcomes=[Outcome.BROKEN])
    assert "its verdict is: rejected" in "".join(reasons(project, "uat"))


def test_a_deleted_failing_run_holds_the_change_up(project, people):
    failing = project.run("r1", outcomes=[Outcome.BROKEN])
    approved(project, people, "r2")
    shutil.rmtree(failing)
    (reason,) = reasons(project)
    assert reason.startswith(f"the evidence is not as it was sealed: {failing}: is missing: run r1 began at ")


def test_a_verdict_by_a_milder_policy_does_not_count(project, people):
    pack = project.run(judged=False)
    project.judge(pack, "observe")
    for person, key in people.items():
        assert project.approve(pack, person, key) == []
    assert reasons(project) == ["its verdict is by policy observe, which is not gate.toml as it is now. Next: erp-testkit gate"]


def test_changed_evidence_does_not_count(project, people):
    pack = approved(project, people)
    (pack / "findings.json").unlink()
    assert reasons(project) == ["the evidence is not as it was sealed: r1: findings.json: is missing"]


def test_without_approvers_nobody_has_approved(project, people):
    approved(project, people)
    project.approvers.unlink()
    assert reasons(project) == [
        "the evidence is not as it was sealed: approvals/: nobody can say whose without ci/approvers.toml. Next: name it with --approvers",
        "approvals: expected 2, got 0 (nobody). Next: erp-testkit approve",
    ]


def test_a_change_may_be_named_as_git_does_and_runs_may_lie_elsewhere(project, people):
    git = ["git", "-C", project.root, "-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    approved(project, people, commit=head)
    shutil.move(project.state / "runs", project.root / "artifacts")
    done = project.kit("can-deploy", "HEAD", "--to", "uat", "--packs", "artifacts")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, f"Yes: {head} may go to uat.")
    unknown = project.kit("can-deploy", "--to", "uat", "--", "--exec=x")
    assert (unknown.returncode, unknown.stderr) == (
        2,
        "Failed to find change '--exec=x': expected a commit of git, or its whole id, got neither.\n",
    )


def test_a_deployment_is_recorded_and_the_next_run_knows_it(project, people):
    approved(project, people)
    done = project.kit("record-deployment", CHANGE, "--to", "production", GITHUB_ACTOR="lina")
    record = project.state / "deployments.jsonl"
    assert (done.returncode, done.stdout) == (0, f"Recorded in {record}: {CHANGE} runs in production.\n")
    (entry,) = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    assert {name: entry[name] for name in ("event", "change", "to", "run", "approved_by", "allowed", "reasons")} == {
        "event": "deployed",
        "change": CHANGE,
        "to": "production",
        "run": "r1",
        "approved_by": ["Li Na", "Wang Wei"],
        "allowed": True,
        "reasons": [],
    }
    assert entry["who"]["actor"] == "lina"
    assert deployed(record_of(load_config(project.root))) == {"production": {"change": CHANGE, "at": entry["at"]}}


def test_a_deployment_that_should_not_have_been_is_recorded_as_such(project):
    done = project.kit("record-deployment", CHANGE, "--to", "production")
    assert (done.returncode, done.stdout.splitlines()[1:]) == (
        0,
        ["It should not have been deployed:", "- it was never tested. Next: erp-testkit run"],
    )
    (entry,) = [json.loads(line) for line in (project.state / "deployments.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (entry["allowed"], entry["reasons"]) == (False, ["it was never tested. Next: erp-testkit run"])


def test_a_record_that_was_changed_is_not_added_to(project):
    (project.root / "erp-testkit.toml").write_text('deployments = "ci/deployments.jsonl"\n', encoding="utf-8")
    for environment in ("uat", "production"):
        assert project.kit("record-deployment", CHANGE, "--to", environment).returncode == 0
    record = project.root / "ci" / "deployments.jsonl"
    record.write_text(record.read_text(encoding="utf-8").replace('"uat"', '"dev"'), encoding="utf-8")
    done = project.kit("record-deployment", CHANGE, "--to", "uat")
    assert (done.returncode, done.stderr) == (
        2,
        f"Failed to read {record}:2: expected a line that follows the one before, got a changed or missing one.\n",
    )
    record.write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(f"Failed to read {record}: expected lines of JSON, got ")):
        deployed(record)
