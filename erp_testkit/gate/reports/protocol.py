"""The protocol: what was installed (IQ), what was shown to work (OQ), how it performs on the user's own data and process (PQ), who signed.

It repeats what the evidence of runs says and names what was not done. Whether that is enough is for the people who sign it to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erp_testkit.config import Environment
from erp_testkit.domain.causes import Cause
from erp_testkit.domain.names import name_of
from erp_testkit.domain.results import Outcome
from erp_testkit.domain.said import Said
from erp_testkit.evidence.pack import Pack
from erp_testkit.evidence.verify import Examined, examine
from erp_testkit.gate.approval import approvals
from erp_testkit.gate.approval.approvals import Signatures
from erp_testkit.gate.approval.approvers import Approvers
from erp_testkit.gate.changes.before_after import Comparison, compare, times_of
from erp_testkit.gate.changes.metrics import figures_of
from erp_testkit.gate.changes.noise import shipped_noise
from erp_testkit.gate.requirements import matrix
from erp_testkit.gate.requirements.matrix import Matrix, Status
from erp_testkit.gate.requirements.requirements import Requirements
from erp_testkit.gate.verdict import reading
from erp_testkit.gate.verdict.reading import Evidence

_OPEN = (Status.NOT_TESTED, Status.NOT_COVERED, Status.ERROR)
_SLOWEST = 15
"""So many of the slowest operations are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What stood and was used in one run."""

    pack: Pack
    evidence: Evidence
    """Of this run alone."""
    examined: Examined
    signatures: Signatures
    figures: Mapping[Said, float]
    times: Sequence[tuple[str, float]]
    """The slowest operations with the median of their answers, in seconds."""

    @property
    def is_production(self) -> bool:
        """Whether it is an observation of the live system."""
        return self.pack.manifest.get("environment") == Environment.PRODUCTION


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """A cause, and what was decided about it."""

    cause: Cause
    state: str
    """What the verdict says of it; empty where there is none."""
    waiver: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Everything the protocol says."""

    runs: Sequence[Installed]
    tested: Evidence
    """What the runs outside production say together."""
    matrix: Matrix
    """Requirements by those runs."""
    deviations: Sequence[Deviation]
    """Of all runs."""
    verdict: Mapping[str, Any] | None
    """The gate's verdict of the first run."""
    comparison: Comparison | None

    @property
    def observed(self) -> list[Installed]:
        """Runs in production."""
        return [run for run in self.runs if run.is_production]


def build(packs: Sequence[Pack], requirements: Requirements, approvers: Approvers | None, before: Pack | None) -> Protocol:
    """Put together what runs say.

    Args:
        packs: the runs, the one with the verdict first; those in production are observations.
        requirements: what is asked of the ERP.
        approvers: whose signatures count; None where nobody knows.
        before: a run of the version before, to compare the first run with.

    Raises:
        UsageError: a run cannot be read, or is named twice.
    """
    whole = reading.read(packs)
    tested = reading.read([pack for pack in packs if pack.manifest.get("environment") != Environment.PRODUCTION])
    runs = [_installed(pack, approvers) for pack in packs]
    verdict = _verdict(runs[0])
    return Protocol(
        runs=runs,
        tested=tested,
        matrix=matrix.build(requirements, tested.sources),
        deviations=list(_deviations(whole, verdict)),
        verdict=verdict,
        comparison=compare(before, packs[0], shipped_noise(str(before.manifest.get("adapter")))) if before else None,
    )


def _installed(pack: Pack, approvers: Approvers | None) -> Installed:
    examined = examine(pack.path, approvers.pipelines if approvers else None)
    times = sorted(times_of(pack).items(), key=lambda one: (-one[1], one[0]))
    return Installed(
        pack=pack,
        evidence=reading.read([pack]),
        examined=examined,
        signatures=approvals.read(examined, approvers),
        figures=figures_of(pack),
        times=times[:_SLOWEST],
    )


def _verdict(run: Installed) -> Mapping[str, Any] | None:
    """Return the verdict of a run; None where there is none, or one of another run."""
    verdict = approvals.verdict_of(run.pack.path) or {}
    judged = {one.get("sha256") for one in verdict.get("runs", ())}
    return verdict if run.examined.digest and run.examined.digest in judged else None


def _deviations(evidence: Evidence, verdict: Mapping[str, Any] | None) -> Iterator[Deviation]:
    reasons = {reason.get("fingerprint"): reason for reason in (verdict or {}).get("reasons", ())}
    for cause in evidence.causes:
        reason = reasons.get(cause.fingerprint, {})
        yield Deviation(cause=cause, state=str(reason.get("state", "")), waiver=reason.get("waiver"))


def not_done(protocol: Protocol) -> Iterator[Said]:
    """Say everything a reader may expect to have been done and that was not."""
    for run in protocol.runs:
        yield from _not_sound(run)
    if not protocol.tested.runs:
        yield Said("OQ: no run outside production was given; no function was tested.", "OQ：未提供生产环境以外的运行，未测试任何功能。")
    yield from _not_tested(protocol)
    if protocol.comparison is None:
        yield Said("PQ: nothing was compared with the version before.", "PQ：未与变更前的版本对比。")
    if not protocol.observed:
        yield Said("PQ: the live system was not observed; no run in production was given.", "PQ：未观察生产系统；未提供生产环境的运行。")
    if protocol.verdict is None:
        yield Said("The gate has given no verdict of the first run.", "首个运行尚无判定。")
    if not any(run.signatures.approvals for run in protocol.runs):
        yield Said("Nobody has approved these runs electronically.", "这些运行尚无电子签批。")


def _not_sound(run: Installed) -> Iterator[Said]:
    name = run.pack.name
    if not run.examined.is_complete:
        yield Said("IQ: run {run} did not come to its end ({ended}).", "IQ：运行 {run} 未完整结束：{ended}。").with_(
            run=name, ended=run.examined.ended
        )
    if run.examined.problems:
        said = Said("IQ: run {run} is not as it was sealed: {problem}", "IQ：运行 {run} 与封存时不一致：{problem}")
        yield said.with_(run=name, problem=run.examined.problems[0])
    if run.pack.manifest.get("dirty"):
        yield Said("IQ: run {run} tested a change that nobody had committed.", "IQ：运行 {run} 测试的是未提交的变更。").with_(run=name)


def _not_tested(protocol: Protocol) -> Iterator[Said]:
    for row in protocol.matrix.rows:
        if row.status in _OPEN:
            said = Said("OQ: requirement {id} is {status}: {text}", "OQ：需求 {id} {status}：{text}")
            text = Said(row.requirement.en, row.requirement.zh or row.requirement.en)
            yield said.with_(id=row.requirement.id, status=name_of(row.status), text=text)
        elif row.status is Status.NOT_APPLICABLE:
            said = Said("OQ: requirement {id} does not apply: {why}", "OQ：需求 {id} 不适用：{why}")
            yield said.with_(id=row.requirement.id, why=row.requirement.not_applicable)
    tested = protocol.tested
    no_port = Said("the adapter has no port {port}", "适配器没有端口“{port}”")
    lacking = [(no_port.with_(port=Said(port, name_of(port).zh)), ids) for port, ids in tested.lacking.items()]
    for reason, tests in [*lacking, *tested.uncovered.items()]:
        said = Said("OQ: {tests} not covered: {reason}.", "OQ：{tests}未覆盖：{reason}。")
        are = Said("{count} test is", "{count} 项测试") if len(tests) == 1 else Said("{count} tests are", "{count} 项测试")
        yield said.with_(tests=are.with_(count=len(tests)), reason=reason)
    errors = tested.total.counts[Outcome.ERROR]
    if errors:
        said = Said("OQ: {count} test could not be judged.", "OQ：{count} 项测试无法判定。")
        many = Said("OQ: {count} tests could not be judged.", "OQ：{count} 项测试无法判定。")
        yield (said if errors == 1 else many).with_(count=errors)
