"""What stands on an approval sheet, as plain data without words of any language: evidence, verdict, signatures, what was before."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.findings import Family, Severity
from erp_testkit.domain.results import AREAS, CONTRACTS
from erp_testkit.domain.said import Said
from erp_testkit.erp.ports import PORTS
from erp_testkit.evidence import schema
from erp_testkit.evidence.chain import digest
from erp_testkit.evidence.pack import Pack
from erp_testkit.evidence.verify import Examined, examine
from erp_testkit.gate.approval import approvals
from erp_testkit.gate.approval.approvals import Signatures
from erp_testkit.gate.approval.approvers import Approvers
from erp_testkit.gate.changes.before_after import Comparison, compare
from erp_testkit.gate.changes.metrics import figures_of
from erp_testkit.gate.changes.noise import shipped_noise
from erp_testkit.gate.reports.files import FOLDER
from erp_testkit.gate.verdict.verdict import VERDICT, State

REQUIREMENTS = "requirements."
"""How keys of the policy begin that ask for evidence for requirements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One thing that decides or is to be known: a clause that is not kept, or a cause."""

    state: State
    severity: Severity | None
    """Of a cause; None for a clause."""
    law: bool
    """Whether no policy and no waiver can change it."""
    family: Family | None
    id: str
    """Id of the kind; of a step that failed, of the first scenario; of a clause, its key in the policy."""
    said: Said
    """Of a cause its title; of a clause, what is wanted of the evidence and what it shows."""
    where: Sequence[str]
    """Ids of the scenarios and checks it showed in; of a clause, the area or the requirements it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The run the change is compared with."""

    pack: Pack
    total: Mapping[str, int]
    """How many tests ended how."""
    comparison: Comparison
    figures: Mapping[Said, tuple[float | None, float | None]]
    """Of the ledgers, by name, before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Everything an approval sheet is made of."""

    run: Examined
    verdict: Mapping[str, Any]
    """``gate/verdict.json``."""
    verdict_digest: str
    """SHA-256 of its file."""
    signatures: Signatures
    before: Before | None

    @property
    def at(self) -> datetime:
        """The moment of the latest thing on the sheet, UTC: the verdict, or the last signature."""
        return max([datetime.fromisoformat(self.verdict["at"]), *(approval.at for approval in self.signatures.approvals)])

    @property
    def problems(self) -> Sequence[Said]:
        """What of the evidence or of its signatures is not as it was sealed."""
        return (*self.run.problems, *self.signatures.problems)

    @property
    def matters(self) -> Sequence[Matter]:
        """What is not as it should be, the worst first.

        Requirements that lack the same are one matter, and so are causes of one kind, such as a field here and a field there.
        """
        groups: dict[tuple[object, ...], list[Mapping[str, Any]]] = {}
        for reason in self.verdict["reasons"]:
            cause = reason["cause"]
            key: tuple[object, ...] = (reason["key"], reason["title"], reason["detail"])
            if cause is not None and cause["family"] != Family.SCENARIO:
                key = (cause["family"], cause["id"], cause["severity"])
            elif reason["key"].startswith(REQUIREMENTS):
                key = (reason["key"],)
            groups.setdefault((reason["state"], *key), []).append(reason)
        return [self.matter(reasons) for reasons in groups.values()]

    def matter(self, reasons: Sequence[Mapping[str, Any]]) -> Matter:
        """Return reasons of the verdict that say the same of several places as one."""
        first = reasons[0]
        cause = first["cause"]
        if cause is None:
            requirements = {gap["fingerprint"]: gap["about"] for gap in self.requirements.get("gaps", ())}
            about = {requirements.get(reason["fingerprint"]) or "".join(reason["areas"]) for reason in reasons}
            return Matter(
                state=State(first["state"]),
                severity=None,
                law=first["key"] == "law",
                family=None,
                id=first["key"],
                said=Said(first["detail"], first["detail_zh"]),
                where=sorted(about - {""}),
            )
        family = Family(cause["family"])
        told = cause["places"][0]
        step = family is Family.SCENARIO
        return Matter(
            state=State(first["state"]),
            severity=Severity(cause["severity"]),
            law=False,
            family=family,
            id=told["test"] if step else cause["id"],
            said=_title(told if step else cause),
            where=sorted(
                {f"{place['test']} {'' if step else place['place']}".rstrip() for reason in reasons for place in reason["cause"]["places"]}
            ),
        )

    @property
    def requirements(self) -> Mapping[str, Any]:
        """The matrix of requirements in short; empty where the project has none."""
        found: Mapping[str, Any] = self.verdict.get("requirements", {})
        return found

    @property
    def severities(self) -> Mapping[Severity, Counter[State]]:
        """How many causes of each severity do what to the verdict."""
        counts = {severity: Counter[State]() for severity in Severity}
        for reason in self.verdict["reasons"]:
            if reason["cause"] is not None:
                counts[Severity(reason["cause"]["severity"])][State(reason["state"])] += 1
        return counts

    @property
    def risks(self) -> Mapping[str, int]:
        """How many causes each risk has that the tests stand against."""
        return {
            risk: sum(risk in reason["cause"]["risks"] for reason in self.verdict["reasons"] if reason["cause"])
            for risk in self.verdict["risks"]
        }

    @property
    def untested(self) -> Sequence[str]:
        """Areas the kit has tests of, and no test of which was in the run."""
        there = {area["area"] for area in self.verdict["areas"]}
        return [area for area in (*AREAS.values(), CONTRACTS) if area not in there]

    @property
    def unused(self) -> Sequence[str]:
        """Ports no test went through, whether or not the ERP has them; the ledger's is gone through by the rules."""
        through = {*self.verdict["ports"], *self.verdict["not_covered"]["ports"], *(["ledger"] if self.verdict["total"]["rules"] else [])}
        return [port for port in PORTS if port not in through]

    @property
    def waived(self) -> Sequence[Mapping[str, Any]]:
        """The reasons a waiver lifts, what ends first before."""
        return sorted(
            (reason for reason in self.verdict["reasons"] if reason["waiver"]), key=lambda reason: str(reason["waiver"]["expires"])
        )

    @property
    def missing_people(self) -> int:
        """How many more people the policy wants to sign."""
        return max(0, int(self.verdict["policy"]["approvals"]["people"]) - len(self.signatures.approvals))

    @property
    def missing_roles(self) -> Sequence[str]:
        """Roles the policy wants to sign and none of which has."""
        signed = {approval.role for approval in self.signatures.approvals}
        return [role for role in self.verdict["policy"]["approvals"]["roles"] if role not in signed]


def _title(data: Mapping[str, Any]) -> Said:
    return Said(data["title"], data["title_zh"])


def read(pack: Path, approvers: Approvers | None, before: Path | None = None) -> Sheet:
    """Read everything a sheet is made of.

    Args:
        pack: the folder of a run that has a verdict.
        approvers: whose keys are whose; None where nobody knows.
        before: the folder of a run before the change.

    Raises:
        UsageError: a run cannot be read, or has no verdict of its own.
    """
    run = examine(pack, approvers.pipelines if approvers else None)
    this = Pack.open(pack)
    content, verdict = _verdict(run)
    return Sheet(
        run=run,
        verdict=verdict,
        verdict_digest=digest(content),
        signatures=approvals.read(run, approvers),
        before=_before(Pack.open(before), this) if before else None,
    )


def _verdict(run: Examined) -> tuple[bytes, Mapping[str, Any]]:
    file, again = run.path / FOLDER / VERDICT, f"Next: erp-testkit gate {run.path}"
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(
            f"Failed to draw up the sheet of {run.path}: expected a verdict, got no {FOLDER}/{VERDICT} in it. {again}"
        ) from error
    except OSError as error:
        raise UsageError(f"Failed to read {file}: expected a verdict, got {error.strerror}. {again}") from error
    try:
        data = json.loads(content)
    except ValueError as error:
        raise UsageError(f"Failed to read {file}: expected JSON, got {error}. {again}") from error
    if schema.mistakes("verdict", data, VERDICT):
        raise UsageError(f"Failed to read {file}: expected a verdict of this kit, got something else. {again}")
    if run.digest not in {judged["sha256"] for judged in data["runs"]}:
        raise UsageError(f"Failed to draw up the sheet of {run.path}: expected its own verdict, got that of another run. {again}")
    return content, data


def _before(before: Pack, after: Pack) -> Before:
    was, now = figures_of(before), figures_of(after)
    return Before(
        pack=before,
        total=Counter(map(str, before.outcomes().values())),
        comparison=compare(before, after, shipped_noise(str(before.manifest.get("adapter")))),
        figures={name: (was.get(name), now.get(name)) for name in (*was, *(now.keys() - was.keys()))},
    )
