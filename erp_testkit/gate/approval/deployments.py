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
    reasons: Sequence[str]
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
        reason = "no run of it has a verdict. Next: erp-testkit gate" if tested else "it was never tested. Next: erp-testkit run"
        return Decision(change=change, environment=environment, run=None, signatures=Signatures((), ()), reasons=[reason])
    verdict, folder = max(judged, key=lambda one: (str(_manifest(one[1]).get("finished")), one[1].name))
    signers = approvers.pipelines if approvers else None
    run = examine(folder, signers)
    runs = [run, *_others(verdict, run, folders, signers)]
    signatures = read(run, approvers)
    problems = [f"{one.path.name}: {problem}" for one in runs for problem in one.problems]
    reasons = [
        *(f"the evidence is not as it was sealed: {problem}" for problem in (*problems, *examine_journal(runs), *signatures.problems)),
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


def _faults_of_runs(runs: Sequence[Examined], verdict: Mapping[str, Any], policy: Policy, at: datetime) -> Iterator[str]:
    there = {run.digest for run in runs}
    for judged in verdict.get("runs", ()):
        if judged.get("sha256") not in there:
            yield f"run {judged.get('run')}, which the verdict is about, is not here"
    for run in runs:
        if not run.is_complete:
            yield f"run {run.path.name} is {run.manifest.get('state')}"
        if run.manifest.get("dirty") is not False:
            yield f"run {run.path.name} tested more than the commit: something was changed and not committed"
        age = at - _moment(run.manifest.get("finished"))
        if age > timedelta(hours=policy.run.max_age_hours):
            yield f"run {run.path.name} is {age / timedelta(hours=1):.0f} hours old, at most {policy.run.max_age_hours:g} are allowed"
    by = verdict.get("policy") or {}
    if by.get("sha256") != policy.digest:
        yield f"its verdict is by policy {by.get('name')}, which is not {policy.name} as it is now. Next: erp-testkit gate"


def _faults_of_approvals(signatures: Signatures, environment: str, policy: Policy, approvers: Approvers | None) -> Iterator[str]:
    people = {person.key.keyid: person for person in approvers.people} if approvers else {}
    counted = []
    for approval in signatures.approvals:
        person = people[approval.key]
        if environment not in person.environments:
            yield f"{approval.name} may approve for {', '.join(person.environments)}, not for {environment}"
        elif person.revoked is not None:
            # When a key was lost, nobody knows what was signed with it before that showed.
            yield f"the key of {approval.name} was revoked on {person.revoked}: {person.because}"
        else:
            counted.append(approval)
    if len(counted) < policy.approvals.people:
        signed = ", ".join(approval.name for approval in counted) or "nobody"
        yield f"approvals: expected {policy.approvals.people}, got {len(counted)} ({signed}). Next: erp-testkit approve"
    for role in policy.approvals.roles:
        if role not in {approval.role for approval in counted}:
            yield f"approvals: expected one by role {role}, got none"


def _moment(text: object) -> datetime:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
