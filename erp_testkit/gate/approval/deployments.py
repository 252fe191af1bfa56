"""May a change be deployed: decided by evidence and signatures alone, and kept in the chained record of deployments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from erp_testkit.config import Environment
from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.domain.ledger import time_text
from erp_testkit.domain.said import Said, listed
from erp_testkit.evidence.chain import Journal
from erp_testkit.evidence.deployments import deployed
from erp_testkit.evidence.run_folder import MANIFEST
from erp_testkit.evidence.verify import Examined, examine, examine_journal
from erp_testkit.gate.approval.approvals import Signatures, faults_of_verdict, read, verdict_of
from erp_testkit.gate.approval.approvers import Approvers
from erp_testkit.gate.verdict.policy import Policy
from erp_testkit.gate.verdict.verdict import Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether a change may go somewhere, and why not."""

    change: str
    environment: str
    run: Examined | None
    """The run it is decided by: the latest of the change that has a verdict."""
    signatures: Signatures
    reasons: Sequence[Said]
    """Why not; empty where it may."""

    @property
    def is_yes(self) -> bool:
        """Whether it may."""
        return not self.reasons


def decide(change: str, environment: str, folders: Sequence[Path], policy: Policy, approvers: Approvers | None, at: datetime) -> Decision:
    """Decide whether a change may be deployed.

    Args:
        change: the whole id of a commit.
        environment: where it is to go.
        folders: of runs; those of other changes do not matter.
        policy: what is asked of runs and approvals.
        approvers: who may approve; None where nobody knows.
        at: the moment of the decision, UTC.
    """
    judged = [
        (verdict, folder)
        for folder in folders
        if (verdict := _verdict_of(folder, change)) is not None and not _is_fine_observation(folder, verdict)
    ]
    if not judged:
        tested = any(_manifest(folder).get("commit") == change for folder in folders)
        reason = (
            Said("no run of it has a verdict. Next: erp-testkit gate", "其运行均无判定。下一步：erp-testkit gate")
            if tested
            else Said("it was never tested. Next: erp-testkit run", "从未测试。下一步：erp-testkit run")
        )
        return Decision(change=change, environment=environment, run=None, signatures=Signatures((), ()), reasons=[reason])
    verdict, folder = max(judged, key=lambda one: (str(_manifest(one[1]).get("finished")), one[1].name))
    signers = approvers.pipelines if approvers else None
    run = examine(folder, signers)
    runs = [run, *_others(verdict, run, folders, signers)]
    signatures = read(run, approvers)
    inside = Said("{run}: {problem}", "{run}：{problem}")
    problems = [inside.with_(run=one.path.name, problem=problem) for one in runs for problem in one.problems]
    unsealed = Said("the evidence is not as it was sealed: {problem}", "证据与封存时不一致：{problem}")
    reasons = [
        *(unsealed.with_(problem=problem) for problem in (*problems, *examine_journal(runs), *signatures.problems)),
        *_faults_of_runs(runs, verdict, policy, at),
        *faults_of_verdict(run),
        *_faults_of_approvals(signatures, environment, policy, approvers),
    ]
    return Decision(change=change, environment=environment, run=run, signatures=signatures, reasons=reasons)


def record_deployment(record: Path, decision: Decision, at: datetime, who: Mapping[str, Any]) -> None:
    """Write down that a change was deployed, and whether it might.

    A deployment that happened is a fact: it is kept also where it should not have been.

    Raises:
        EnvironmentFailure: it cannot be written.
        UsageError: the record was changed.
    """
    deployed(record)
    entry = {
        "event": "deployed",
        "change": decision.change,
        "to": decision.environment,
        "at": time_text(at),
        **who,
        "run": decision.run.id if decision.run else None,
        "seal": decision.run.digest if decision.run else None,
        "approved_by": [approval.name for approval in decision.signatures.approvals],
        "allowed": decision.is_yes,
        "reasons": list(decision.reasons),
    }
    try:
        Journal(record).append(entry)
    except OSError as error:
        raise EnvironmentFailure(f"Failed to write {record}: expected room and rights, got {error.strerror}.") from error


def _manifest(folder: Path) -> Mapping[str, Any]:
    try:
        data = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _verdict_of(folder: Path, change: str) -> Mapping[str, Any] | None:
    return verdict_of(folder) if _manifest(folder).get("commit") == change else None


def _is_fine_observation(folder: Path, verdict: Mapping[str, Any]) -> bool:
    """Say whether a run only watched production and found nothing: nobody approves that, and it takes nothing back."""
    return _manifest(folder).get("environment") == Environment.PRODUCTION and verdict.get("verdict") == Word.APPROVED


def _others(verdict: Mapping[str, Any], run: Examined, folders: Sequence[Path], signers: Any) -> Iterator[Examined]:
    """Examine the other runs a verdict is about."""
    names = {str(judged.get("run")) for judged in verdict.get("runs", ()) if judged.get("sha256") != run.digest}
    for folder in folders:
        if folder.name in names and folder != run.path:
            yield examine(folder, signers)


def _faults_of_runs(runs: Sequence[Examined], verdict: Mapping[str, Any], policy: Policy, at: datetime) -> Iterator[Said]:
    there = {run.digest for run in runs}
    for judged in verdict.get("runs", ()):
        if judged.get("sha256") not in there:
            said = Said("run {run}, which the verdict is about, is not here", "判定所依据的运行 {run} 不在此处")
            yield said.with_(run=judged.get("run"))
    for run in runs:
        name = run.path.name
        if not run.is_complete:
            yield Said("run {run} is {ended}", "运行 {run} {ended}").with_(run=name, ended=run.ended)
        if run.manifest.get("dirty") is not False:
            said = Said(
                "run {run} tested more than the commit: something was changed and not committed",
                "运行 {run} 所测内容与提交不一致：含未提交的改动",
            )
            yield said.with_(run=name)
        age = at - _moment(run.manifest.get("finished"))
        if age > timedelta(hours=policy.run.max_age_hours):
            said = Said(
                "run {run} is {hours:.0f} hours old, at most {limit:g} are allowed",
                "运行 {run} 距今 {hours:.0f} 小时，超过上限 {limit:g} 小时",
            )
            yield said.with_(run=name, hours=age / timedelta(hours=1), limit=policy.run.max_age_hours)
    by = verdict.get("policy") or {}
    if by.get("sha256") != policy.digest:
        said = Said(
            "its verdict is by policy {was}, which is not {now} as it is now. Next: erp-testkit gate",
            "其判定依据策略 {was}，与现行的 {now} 不一致。下一步：erp-testkit gate",
        )
        yield said.with_(was=by.get("name"), now=policy.name)


def _faults_of_approvals(signatures: Signatures, environment: str, policy: Policy, approvers: Approvers | None) -> Iterator[Said]:
    people = {person.key.keyid: person for person in approvers.people} if approvers else {}
    counted = []
    for approval in signatures.approvals:
        person = people[approval.key]
        if environment not in person.environments:
            said = Said(
                "{name} may approve for {environments}, not for {environment}", "{name} 可签批 {environments}，不可签批 {environment}"
            )
            yield said.with_(name=approval.name, environments=listed(person.environments), environment=environment)
        elif person.revoked is not None:
            # When a key was lost, nobody knows what was signed with it before that showed.
            yield person.revocation
        else:
            counted.append(approval)
    if len(counted) < policy.approvals.people:
        said = Said(
            "approvals: expected {people}, got {count} ({names}). Next: erp-testkit approve",
            "签批：须 {people} 人，现有 {count} 人（{names}）。下一步：erp-testkit approve",
        )
        names = listed(approval.name for approval in counted) or Said("nobody", "无")
        yield said.with_(people=policy.approvals.people, count=len(counted), names=names)
    for role in policy.approvals.roles:
        if role not in {approval.role for approval in counted}:
            yield Said("approvals: expected one by role {role}, got none", "签批：须有“{role}”签批，现无").with_(role=role)


def _moment(text: object) -> datetime:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
