"""Pipelines: each template is valid by its schema or grammar, and a whole change goes through the steps they all call."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import tree_sitter
import tree_sitter_groovy
import yaml

ROOT = Path(__file__).parent.parent
PIPELINES = ROOT / "pipelines"
STEPS = PIPELINES / "steps"
REPORT = ROOT / ".erp-testkit" / "report"
TEMPLATES = ("github.yml", "gitlab.yml", "azure.yml", "Jenkinsfile", "kubernetes.yaml")
BIN = Path(sys.executable).parent
IN_ORDER = ["run", "merge", "report", "gate", "sign", "deploy-check", "record", "observe"]


def checked(schema, file, *options):
    command = [BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *options, file]
    return subprocess.run(command, capture_output=True, text=True, check=False)


SCHEMAS = [
    ("github.yml", "github-workflows", []),
    ("gitlab.yml", "gitlab-ci", ["--data-transform", "gitlab-ci"]),
    ("azure.yml", "azure-pipelines", ["--data-transform", "azure-pipelines", "--regex-variant", "python"]),
]


@pytest.mark.parametrize(("name", "schema", "options"), SCHEMAS)
def test_a_template_is_valid_by_the_schema_of_its_product(name, schema, options, tmp_path):
    done = checked(schema, PIPELINES / name, *options)
    assert done.returncode == 0, done.stdout
    wrong = tmp_path / name
    wrong.write_text(re.sub("(environment|resource_group): production", r"\1: [production]", (PIPELINES / name).read_text(), count=1))
    assert checked(schema, wrong, *options).returncode == 1


def test_the_kubernetes_template_is_valid_by_the_schema_of_kubernetes():
    jobs = list(yaml.safe_load_all((PIPELINES / "kubernetes.yaml").read_text()))
    for job in jobs:
        kubernetes_validate.validate(job, "1.36", strict=True)
    shards, _ = jobs
    assert (shards["spec"]["completionMode"], shards["spec"]["completions"]) == ("Indexed", 5)
    shards["spec"]["completionMod"] = "Indexed"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(shards, "1.36", strict=True)


def errors(text):
    tree = tree_sitter.Parser(tree_sitter.Language(tree_sitter_groovy.language())).parse(text.encode())
    return tree.root_node.has_error


def test_the_jenkins_template_is_groovy():
    text = (PIPELINES / "Jenkinsfile").read_text()
    assert not errors(text)
    assert errors(text.replace("stages {", "stages {{", 1))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_takes_all_steps_in_order(name):
    text = "\n".join(line for line in (PIPELINES / name).read_text().splitlines() if not re.match(r"\s*(#|//)", line))
    called = [step for step in re.findall(r"ci/steps/([\w-]+)", text) if step not in ("install", "approve-wait")]
    assert called == IN_ORDER
    assert text.index("ci/steps/deploy-check") < text.index("ci/deploy") < text.index("ci/steps/record")


def shell_files():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    files = [ROOT / os.fsdecode(name) for name in listed.stdout.splitlines()]
    files = [file for file in files if file.is_file()]
    return [file for file in files if re.match(rb"#!.*\b(ba|da)?sh\b|# shellcheck shell=", file.read_bytes()[:80])]


def test_all_shell_files_are_clean():
    files = shell_files()
    assert {STEPS / "run", STEPS / "common.sh", ROOT / ".ci" / "run", ROOT / "ci" / "gate"} <= set(files)
    done = subprocess.run(
        [BIN / "shellcheck", "--external-sources", "--source-path=SCRIPTDIR", *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["github.yml", "gitlab.yml", "azure.yml", "kubernetes.yaml"])
def test_the_shell_in_a_template_is_clean(name, tmp_path):
    for number, script in enumerate(scripts(list(yaml.safe_load_all((PIPELINES / name).read_text())))):
        file = tmp_path / f"{number}.sh"
        file.write_text("#!/usr/bin/env bash\n" + re.sub(r"\$\{\{.*?\}\}", "value", script))
        # SC2154: variables of the pipeline.
        done = subprocess.run([BIN / "shellcheck", "--exclude=SC2154", file], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def scripts(data):
    """Yield what a template has a shell do."""
    if isinstance(data, list):
        for one in data:
            yield from scripts(one)
    elif isinstance(data, dict):
        for key, value in data.items():
            if key in ("run", "bash", "script", "before_script", "args") and not isinstance(value, dict):
                yield "\n".join(value) if isinstance(value, list) else value
            else:
                yield from scripts(value)


CONFIG = """
default_profile = "test"
features = ["features"]

[profiles.test]
adapter = "reference"

[profiles.production]
adapter = "reference"
environment = "production"
"""
FEATURE = """
Feature: Receiving
  Background:
    Given "pacemaker" is a device tracked by serial number

  @OWN-001
  Scenario: What was received is in stock
    Given the stock holds "S1" of "pacemaker"
    Then serial number "S1" of "pacemaker" is in stock

  @OWN-002
  Scenario: Two were received
    Given the stock holds "S1" and "S2" of "pacemaker"
    Then serial number "S2" of "pacemaker" is in stock
"""
READ_ONLY = """
Feature: Access
  @OWN-003 @readonly
  Scenario: Nobody shares a user
    Then each role is a user of its own
"""
POLICY = """
extends = "observe"
[approvals]
people = 1
"""


class Change:
    """A change of a small project, a checkout for each job, and the share all jobs reach."""

    def __init__(self, root):
        self.root, self.evidence = root, root / "evidence"
        self.project = root / "project"
        files = {
            "erp-testkit.toml": CONFIG,
            "features/receiving.feature": FEATURE,
            "features/access.feature": READ_ONLY,
            "ci/gate.toml": POLICY,
            "ci/deploy": '#!/usr/bin/env bash\necho "deployed $1 to $2" >>"$EVIDENCE/deployed.txt"\n',
        }
        for name, text in files.items():
            (self.project / name).parent.mkdir(parents=True, exist_ok=True)
            (self.project / name).write_text(text.lstrip())
        (self.project / "ci" / "deploy").chmod(0o755)
        shutil.copytree(STEPS, self.project / "ci" / "steps")
        shutil.copy(ROOT / "ci" / "report", self.project / "ci" / "report")
        self.key("ci", "pipeline")
        self.key("Li Na", "approver")
        self.git("init", "-q")
        self.git("add", ".")
        self.git("-c", "user.name=Zhao Min", "-c", "user.email=zhao.min@example.com", "commit", "-qm", "A change")
        self.commit = self.git("rev-parse", "HEAD").strip()

    def git(self, *arguments):
        return subprocess.run(["git", *arguments], cwd=self.project, capture_output=True, text=True, check=True).stdout

    def key(self, name, kind):
        file = name.lower().replace(" ", "-")
        made = subprocess.run([BIN / "erp-testkit", "keys", "new", file], cwd=self.root, capture_output=True, text=True, check=True).stdout
        if kind == "pipeline":
            (key,) = re.findall(r'^key = "(.*)"$', made, re.MULTILINE)
            made = f'[[pipeline]]\nname = "{name}"\nkey = "{key}"\n'
        with (self.project / "ci" / "approvers.toml").open("a") as approvers:
            approvers.write(made.replace(f'"{file}"', f'"{name}"'))

    def job(self, name):
        """Make the checkout of a job."""
        folder = self.root / "jobs" / name
        subprocess.run(["git", "clone", "-q", self.project, folder], check=True)
        return folder

    def do(self, folder, script, **environ):
        """Run a script as pipelines do."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environment |= {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "EVIDENCE": str(self.evidence), "ERP_SEED": "7", **environ}
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )

    def must(self, folder, script, **environ):
        done = self.do(folder, script, **environ)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def change(tmp_path):
    return Change(tmp_path)


def test_a_change_goes_through_all_steps(change, tmp_path):
    shards = tmp_path / "artifacts"
    for shard in ("1/2", "2/2"):
        job = change.job(f"test-{shard[0]}")
        change.must(job, f"ci/steps/run {shard} features")
        shutil.copytree(job / "shards", shards, dirs_exist_ok=True)

    judge = change.job("judge")
    shutil.copytree(shards, judge / "shards")
    assert "Kept." in change.must(judge, "ci/steps/merge")
    change.must(judge, "ci/steps/gate", SUMMARY=str(tmp_path / "summary.md"))
    assert "Approved for signing" in (tmp_path / "summary.md").read_text()
    (run,) = (change.evidence / "runs").iterdir()
    if REPORT.exists():  # ci/report --setup: the Allure CLI, as a pipeline installs it once
        (change.evidence / "report").symlink_to(REPORT)
        change.must(judge, "ci/steps/report")
        assert {file.name for file in (judge / "report").iterdir()} == {"index.html", "dashboard.html", "test-results.json"}
        assert run.name in (change.evidence / "report-history.jsonl").read_text()
    assert json.loads((run / "manifest.json").read_text())["dirty"] is False

    assert "Signed by ci" in change.must(change.job("sign"), "ci/steps/sign", ERP_SIGNING_KEY=str(tmp_path / "ci.pem"))

    deploy = "\n".join(f"{step} {change.commit} production" for step in ("ci/steps/deploy-check", "ci/deploy", "ci/steps/record"))
    refused = change.do(change.job("too-early"), deploy)
    assert refused.returncode == 1
    assert "- approvals: expected 1, got 0 (nobody). Next: erp-testkit approve" in refused.stdout
    waited = change.do(change.job("waiting"), f"ci/steps/approve-wait {change.commit} production", WAIT_EVERY="0", WAIT_TIMES="2")
    assert (waited.returncode, "approvals: expected 1, got 0" in waited.stdout) == (1, True)
    assert not (change.evidence / "deployed.txt").exists()

    signed = f'erp-testkit approve "{run}" --as "Li Na" --key "{tmp_path}/li-na.pem" --meaning "I approve"'
    change.must(change.project, signed)
    assert "Yes: " in change.must(change.job("released"), f"ci/steps/approve-wait {change.commit} production")
    change.must(change.job("deploy"), deploy)
    assert (change.evidence / "deployed.txt").read_text() == f"deployed {change.commit} to production\n"
    assert '"allowed": true' in (change.evidence / "deployments.jsonl").read_text()

    said = change.must(change.job("observe"), "ci/steps/observe production features")
    assert "Verdict: approved for signing" in said
    observed = max(change.evidence.joinpath("runs").iterdir())
    manifest = json.loads((observed / "manifest.json").read_text())
    assert (manifest["environment"], manifest["dirty"], manifest["deployed"]["production"]["change"]) == (
        "production",
        False,
        change.commit,
    )
    assert change.must(change.project, f'erp-testkit verify "{change.evidence}"/runs/*').endswith("All as it was sealed.\n")


def test_a_missing_shard_ends_the_pipeline(change):
    job = change.job("test-1")
    change.must(job, "ci/steps/run 1/2 features")
    judge = change.job("judge")
    shutil.copytree(job / "shards", judge / "shards")
    done = change.do(judge, "ci/steps/merge\nci/steps/gate")
    assert (done.returncode, "Not judged: incomplete: shard 2 is missing (of 2)." in done.stdout) == (3, True)
    assert change.do(judge, "ci/steps/gate").returncode == 3


def test_a_job_without_a_checkout_of_its_own_is_told(change):
    (change.project / ".erp-testkit").mkdir()
    done = change.do(change.project, "ci/steps/gate")
    assert done.returncode == 3
    assert done.stderr == "ci/steps/gate: expected no .erp-testkit in the checkout of a job, got one; next: begin with a fresh checkout\n"


def test_a_share_without_a_run_is_told(change):
    done = change.do(change.job("judge"), "ci/steps/gate")
    assert done.returncode == 3
    assert done.stderr == f"ci/steps/gate: expected a run in {change.evidence}/runs, got none; next: ci/steps/merge\n"
