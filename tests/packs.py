"""Evidence packs in milliseconds, written by the kit's own writers, and people with keys."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from erp_testkit.domain.exchange import Exchange
from erp_testkit.domain.findings import STEP_FAILED
from erp_testkit.domain.ledger import Ledger
from erp_testkit.domain.results import Outcome, Result
from erp_testkit.evidence.pack import Pack
from erp_testkit.evidence.redaction import Redactor
from erp_testkit.evidence.run_folder import RunFolder, RunWriter
from erp_testkit.evidence.signing import load_signer, new_key, sign
from erp_testkit.evidence.verify import examine, examine_journal
from erp_testkit.gate.approval import approvals
from erp_testkit.gate.approval.approvers import load_approvers
from erp_testkit.gate.reports import files
from erp_testkit.gate.verdict.policy import load_policy
from erp_testkit.gate.verdict.verdict import judge

CHANGE = "1f" * 20
AUTHOR = "Zhao Min <zhao.min@example.com>"
FACTS = {
    "adapter": "reference",
    "profile": "reference",
    "environment": "test",
    "seed": 7,
    "erp": "Reference ERP 1.0",
    "commit": CHANGE,
    "dirty": False,
    "authors": [AUTHOR],
}


def exchange(number):
    at = datetime(2026, 11, 23, 2, 9, 52, tzinfo=UTC)
    return Exchange(at=at, seconds=0.25, role="sales", method="GET", target=f"/orders/{number}", request="", status=200, answer="{}")


def result(number=1, outcome=Outcome.KEPT):
    return Result(
        node=f"sales.feature::order {number}",
        scenario=f"SAL-{number:03}",
        title=f"Order {number}",
        feature="Sales",
        file="sales.feature",
        language="en",
        outcome=outcome,
        findings=[STEP_FAILED.found("expected 3, got 4")] if outcome in (Outcome.BROKEN, Outcome.KNOWN) else (),
        rules={f"rule-{number}": [1, 0, 0, 0] for number in range(5)},
        seconds=0.5,
    )


def make_pack(path, *, state=None, outcomes=(Outcome.KEPT, Outcome.KEPT), partial=None, **facts):
    """Write the pack of a run and seal it."""
    folder = RunFolder(path, state=state)
    folder.begin({**FACTS, "id": path.name, **facts})
    writer = RunWriter(path, "main", Redactor())
    for number, outcome in enumerate(outcomes, 1):
        one = result(number, outcome)
        writer.event("scenario", one.as_data())
        writer.exchanges(one.node, [exchange(number)])
        writer.ledger(one.node, Ledger({"customers": [], "orders": [order(number)]}))
    writer.close()
    (path / "allure-results").mkdir()
    (path / "allure-results" / "a-result.json").write_text("{}", encoding="utf-8")
    folder.end({"known_but_kept": []}, partial=partial)
    return path


def order(number):
    at = "2026-11-23T02:09:52.000000Z"
    return {"order_no": f"SO{number}", "customer": "C1", "reference": f"R{number}", "state": "confirmed", "ordered_at": at} | dict.fromkeys(
        ("net", "tax", "total")
    )


PERSON = """
[[approver]]
name = "{name}"
role = "{role}"
logins = ["{login}"]
environments = ["uat", "production"]
key = "{key}"
from = {since}
until = {until}
{more}
"""
PIPELINE = """
[[pipeline]]
name = "ci"
key = "{key}"
"""


POLICY = """
extends = "observe"
[run]
max_age_hours = 72
[findings]
normal = "reject"
[approvals]
people = 2
"""
"""The packs have two scenarios only, which is enough here."""


class Project:
    """A project with a policy, approvers, each with a key file, and runs."""

    def __init__(self, root):
        self.root = root
        self.state = root / ".erp-testkit"
        self.approvers = root / "ci" / "approvers.toml"
        self.policy = root / "ci" / "gate.toml"
        self.approvers.parent.mkdir(parents=True)
        self.policy.write_text(POLICY, encoding="utf-8")
        (root / "erp-testkit.toml").write_text("", encoding="utf-8")
        self.text = ""

    def run(self, name="r1", *, judged=True, **facts):
        pack = make_pack(self.state / "runs" / name, state=self.state, **facts)
        if judged:
            self.judge(pack)
        return pack

    def judge(self, pack, policy=None):
        at = datetime.now(UTC)
        files.write(
            judge([Pack.open(pack)], load_policy(policy or self.policy), waivers=None, at=at, runs=pack.parent), pack / files.FOLDER
        )

    def person(self, name, role="quality manager", login="nobody", since="2026-01-01", until="2099-12-31", more=""):
        """Add an approver and return the key file."""
        file = self.root / f"{name.lower().replace(' ', '-')}.pem"
        key = new_key(file, None)
        self.write(PERSON.format(name=name, role=role, login=login, key=key, since=since, until=until, more=more))
        return file

    def pipeline(self):
        file = self.root / "ci.pem"
        self.write(PIPELINE.format(key=new_key(file, None)))
        return file

    def write(self, more):
        self.text += more
        self.approvers.write_text(self.text, encoding="utf-8")

    @property
    def known(self):
        return load_approvers(self.approvers)

    def approve(self, pack, name, file, meaning="I reviewed the evidence and approve the change", at=None):
        """Sign as the command does, and return why not."""
        at = at or datetime.now(UTC)
        known = self.known
        run = examine(pack, known.pipelines)
        signatures = approvals.read(run, known)
        person = known.named(name, at)
        reasons = list(approvals.refusals(run, signatures, person, at, meaning))
        if not reasons:
            envelope = sign(approvals.said(run, signatures, person, at, meaning), load_signer(str(file), person.key, no_passphrase))
            target = approvals.next_file(pack, signatures)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(envelope)
        return reasons

    def problems(self, *packs):
        """Return all that verifying finds."""
        known = self.known if self.approvers.exists() else None
        runs = [examine(pack, known.pipelines if known else None) for pack in packs]
        own = [problem for run in runs for problem in (*run.problems, *approvals.read(run, known).problems)]
        return own + examine_journal(runs)

    def kit(self, *arguments, **environ):
        """Run the kit's command line as a process."""
        command = [str(Path(sys.executable).parent / "erp-testkit"), *map(str, arguments)]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False, env={**os.environ, **environ})


def no_passphrase(what):
    raise AssertionError(what)
