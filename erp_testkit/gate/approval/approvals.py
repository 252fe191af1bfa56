"""Approvals: who signed a run and its verdict, when, and meaning what.

An approval is an in-toto statement in a DSSE envelope, ``approvals/<number>.dsse.json`` in the run's folder. It shows the printed name, the
time and the meaning (21 CFR 11.50), and speaks of the digests of seal, verdict and all approvals before it, so that it can be neither
taken out nor put under something else (21 CFR 11.70).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from erp_testkit.domain.ledger import time_text
from erp_testkit.domain.names import name_of
from erp_testkit.domain.said import Said
from erp_testkit.evidence.chain import digest
from erp_testkit.evidence.seal import APPROVALS, GATE, PACK
from erp_testkit.evidence.signing import BadSignature, digests_of, statement, verified
from erp_testkit.evidence.verify import UNKNOWN_SIGNER, Examined
from erp_testkit.gate.approval.approvers import Approver, Approvers
from erp_testkit.gate.verdict.verdict import VERDICT, Word

PREDICATE = "urn:erp-testkit:approval:1"
_VERDICT = f"{GATE}/{VERDICT}"


@dataclass(frozen=True, slots=True)
class Approval:
    """One signature that holds."""

    path: str
    """Within the run's folder."""
    digest: str
    """SHA-256 of its file."""
    name: str
    role: str
    at: datetime
    """UTC."""
    meaning: str
    key: str
    """Id of the key that signed."""

    def said(self) -> Said:
        """Say who approved it, when, and meaning what."""
        said = Said(
            "approved by {name}, {role}, {at:%Y-%m-%d %H:%M} UTC: {meaning}", "{name}（{role}）于 {at:%Y-%m-%d %H:%M} UTC 签批：{meaning}"
        )
        return said.with_(name=self.name, role=self.role, at=self.at, meaning=self.meaning)


@dataclass(frozen=True, slots=True)
class Signatures:
    """All approvals of a run."""

    approvals: Sequence[Approval]
    problems: Sequence[Said]
    """What is wrong with others, each with its place."""


def read(run: Examined, approvers: Approvers | None) -> Signatures:
    """Read the approvals of a run; one that is wrong does not count, nor does any after it.

    Args:
        run: the run.
        approvers: whose keys are whose; None where nobody knows.
    """
    folder = run.path / APPROVALS
    if not folder.exists():
        return Signatures((), ())
    found: list[Approval] = []
    problems: list[Said] = []
    files = sorted(folder.iterdir())
    wanted = [folder / _name(number) for number in range(1, len(files) + 1)]
    for file in files:
        if file not in wanted or not file.is_file() or file.is_symlink():
            said = Said("{file}: does not belong to the run, or one before it is missing", "{file}：不属于该运行，或其前一份签批缺失")
            problems.append(said.with_(file=f"{APPROVALS}/{file.name}"))
    if approvers is None:
        problems.append(UNKNOWN_SIGNER.with_(file=f"{APPROVALS}/"))
    if problems or approvers is None:
        return Signatures((), problems)
    keys = {person.key.keyid: person for person in approvers.people}
    for file in wanted:
        try:
            found.append(_read(file, run, found, keys))
        except BadSignature as error:
            problems.append(Said("{file}: {why}", "{file}：{why}").with_(file=f"{APPROVALS}/{file.name}", why=error.said))
            break
        except (KeyError, TypeError, ValueError):
            said = Said("{file}: expected an approval as the kit writes it, got another statement", "{file}：不是本工具所写的签批")
            problems.append(said.with_(file=f"{APPROVALS}/{file.name}"))
            break
    return Signatures(found, problems)


def verdict_of(run: Path) -> Mapping[str, Any] | None:
    """Return the verdict of a run; None where it has none that can be read."""
    try:
        data = json.loads((run / _VERDICT).read_bytes())
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def faults_of_verdict(run: Examined) -> Iterator[Said]:
    """Say why a run's verdict does not let it be approved."""
    verdict = verdict_of(run.path)
    if verdict is None:
        yield Said("it has no verdict. Next: erp-testkit gate {run}", "尚无判定。下一步：erp-testkit gate {run}").with_(run=run.path)
        return
    if run.digest not in {judged.get("sha256") for judged in verdict.get("runs", ())}:
        said = Said("its verdict is of another run. Next: erp-testkit gate {run}", "其判定属于另一次运行。下一步：erp-testkit gate {run}")
        yield said.with_(run=run.path)
    if verdict.get("verdict") != Word.APPROVED:
        yield Said("its verdict is: {verdict}", "其判定为：{verdict}").with_(verdict=name_of(str(verdict.get("verdict"))))


def refusals(run: Examined, signatures: Signatures, person: Approver, at: datetime, meaning: str) -> Iterator[Said]:
    """Say all reasons why somebody cannot approve a run."""
    unsealed = Said("not as it was sealed: {problem}", "与封存时不一致：{problem}")
    yield from (unsealed.with_(problem=problem) for problem in (*run.problems, *signatures.problems))
    if not run.is_complete:
        yield Said("it is {ended}", "运行{ended}").with_(ended=run.ended)
    yield from faults_of_verdict(run)
    if fault := person.fault(at):
        yield fault
    if who := person.wrote(run.manifest):
        said = Said("{name} had a hand in the change ({who}); somebody else must approve it", "{name} 参与了该变更（{who}），须由他人签批")
        yield said.with_(name=person.name, who=who)
    for approval in signatures.approvals:
        if approval.name == person.name or approval.key == person.key.keyid:
            yield Said("{name} approved it already, {at}", "{name} 已于 {at} 签批").with_(name=approval.name, at=time_text(approval.at))
    if at < (earliest := _earliest(run, signatures.approvals)):
        said = Said(
            "the clock says {now}, which is before {earliest}, when it ended or was approved last",
            "时钟为 {now}，早于运行结束或上一次签批的时间 {earliest}",
        )
        yield said.with_(now=time_text(at), earliest=time_text(earliest))
    if not meaning.strip():
        yield Said(
            "a signature needs a meaning, such as 'I reviewed the evidence and approve the change for production'",
            "签名须写明含义，例如“已审阅证据，同意该变更上线”",
        )


def said(run: Examined, signatures: Signatures, person: Approver, at: datetime, meaning: str) -> dict[str, Any]:
    """Return what an approver signs."""
    subjects = {PACK: run.digest, _VERDICT: digest((run.path / _VERDICT).read_bytes())}
    subjects |= {approval.path: approval.digest for approval in signatures.approvals}
    return statement(
        {name: {"sha256": value} for name, value in subjects.items()},
        PREDICATE,
        {
            "name": person.name,
            "role": person.role,
            "at": time_text(at),
            "meaning": " ".join(meaning.split()),
            "run": run.id,
            "change": run.manifest.get("commit"),
            "verdict": str(Word.APPROVED),
        },
    )


def next_file(run: Path, signatures: Signatures) -> Path:
    """Return where the next approval goes."""
    return run / APPROVALS / _name(len(signatures.approvals) + 1)


def _name(number: int) -> str:
    return f"{number:02}.dsse.json"


def _read(file: Path, run: Examined, before: Sequence[Approval], keys: Mapping[str, Approver]) -> Approval:
    content = file.read_bytes()
    data, key_id = verified(content, [person.key for person in keys.values()])
    person, subjects, predicate = keys[key_id], digests_of(data), data["predicate"]
    if data.get("predicateType") != PREDICATE:
        raise BadSignature(Said("expected an approval, got a signature of something else", "不是签批，而是其他签名"))
    verdict = run.path / _VERDICT
    wanted = {PACK: run.digest, _VERDICT: digest(verdict.read_bytes()) if verdict.is_file() else ""}
    wanted |= {approval.path: approval.digest for approval in before}
    for name in (*wanted, *subjects):
        if subjects.get(name) != wanted.get(name):
            said = Said("expected an approval of {name} as it is here, got one of another", "所签批的 {name} 不是此处的 {name}")
            raise BadSignature(said.with_(name=name))
    at = datetime.fromisoformat(predicate["at"])
    if predicate["name"] != person.name:
        said = Said("expected the printed name {name}, whose key signed, got {got}", "密钥属于 {name}，所署姓名却是 {got}")
        raise BadSignature(said.with_(name=person.name, got=predicate["name"]))
    if at < _earliest(run, before):
        said = Said("expected a time after the run and the approvals before, got {at}", "签批时间 {at} 早于运行结束或之前的签批")
        raise BadSignature(said.with_(at=predicate["at"]))
    if fault := person.fault(at):
        raise BadSignature(fault)
    if person.wrote(run.manifest) or person.name in {approval.name for approval in before}:
        said = Said(
            "{name} cannot approve it: who wrote the change cannot, and nobody can twice",
            "{name} 不能签批：变更作者不得签批，同一人不得签批两次",
        )
        raise BadSignature(said.with_(name=person.name))
    return Approval(f"{APPROVALS}/{file.name}", digest(content), person.name, predicate["role"], at, predicate["meaning"], key_id)


def _earliest(run: Examined, before: Sequence[Approval]) -> datetime:
    """Return the moment before which nobody can have approved a run."""
    finished = run.manifest.get("finished")
    moments = [approval.at for approval in before]
    if isinstance(finished, str):
        moments.append(datetime.fromisoformat(finished))
    return max(moments, default=datetime.min.replace(tzinfo=UTC))
