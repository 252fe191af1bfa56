"""What the packs say, added up for the gate in one pass: figures of each area, causes, gaps, errors."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from erp_testkit.domain.causes import Cause, causes
from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.results import CONTRACT, CONTRACTS, Need, Outcome, Result, area_of
from erp_testkit.domain.said import Said
from erp_testkit.erp.ports import PORTS
from erp_testkit.evidence.pack import Pack
from erp_testkit.evidence.run_folder import MANIFEST, SUMMARY
from erp_testkit.evidence.seal import PACK, measure
from erp_testkit.gate.requirements.sources import Sources

JUDGED = (Outcome.KEPT, Outcome.BROKEN, Outcome.KNOWN)
"""Outcomes of tests that were checked."""

_PORT = {protocol.__name__: name for name, protocol in PORTS.items()}


@dataclass(slots=True)
class Area:
    """The figures of one area."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    scenarios: set[str] = field(default_factory=set)
    """Ids of what was judged."""
    rules: int = 0
    """How many different rules were checked: the most that any test of it was judged by."""
    promised: int = 0
    exercised: int = 0
    """What contracts promise, and what of it was looked at: operations of OpenAPI contracts, and every check of the others."""

    @property
    def tests(self) -> int:
        """How many tests it has."""
        return self.counts.total()

    @property
    def uncovered(self) -> int:
        """How many of them are not covered."""
        return self.counts[Outcome.NOT_COVERED]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """One run, as its manifest has it."""

    name: str
    state: str
    reason: str
    facts: Mapping[str, Any]
    """What the verdict says of it: kit, adapter, ERP, profile, environment, commit, seed."""
    digest: str
    """SHA-256 of its seal; empty where it has none."""
    unsealed: str
    """What of the files that were read is not as sealed; empty where all are."""
    ended: datetime
    minutes: float
    broken: bool
    """Whether anything broke that is not known."""
    known_but_kept: Sequence[str]


@dataclass(frozen=True, slots=True, order=True)
class Unjudged:
    """A test that could not be judged."""

    area: str
    run: str
    node: str
    exit_code: int
    message: str


@dataclass(slots=True)
class Evidence:
    """What all runs say together."""

    runs: list[RunFacts] = field(default_factory=list)
    areas: dict[str, Area] = field(default_factory=dict)
    causes: list[Cause] = field(default_factory=list)
    """What is wrong, the worst first."""
    errors: list[Unjudged] = field(default_factory=list)
    ports: Counter[str] = field(default_factory=Counter)
    """How many judged tests went through each port."""
    lacking: dict[str, set[str]] = field(default_factory=dict)
    """Port to the ids of what is not covered for want of it."""
    uncovered: dict[Said, set[str]] = field(default_factory=dict)
    """Other reason to the ids of what is not covered."""
    risks: set[str] = field(default_factory=set)
    outcomes: list[dict[str, Outcome]] = field(default_factory=list)
    """Of each run, how each test ended."""
    operations: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Of OpenAPI contracts: contract and operation, and whether it was ever exercised, by any check of any run."""
    sources: Sources = field(default_factory=Sources)
    """What requirements can be traced to."""

    @property
    def total(self) -> Area:
        """All areas together."""
        total = Area()
        for area in self.areas.values():
            total.counts += area.counts
            total.scenarios |= area.scenarios
            total.rules = max(total.rules, area.rules)
            total.exercised += area.exercised
            total.promised += area.promised
        return total


def read(packs: Sequence[Pack]) -> Evidence:
    """Add up what packs say; the same run twice counts once too often and is refused.

    Raises:
        UsageError: a pack cannot be read, is named twice, or is one shard of a run.
    """
    evidence = Evidence()
    broken: list[tuple[str, Result]] = []
    for pack in packs:
        if shard := pack.manifest.get("shard"):
            part = f"shard {shard['index']} of {shard['count']}"
            raise UsageError(f"Failed to judge run {pack.name}: expected a whole run, got {part}. Next: erp-testkit merge")
        if any(run.name == pack.name for run in evidence.runs):
            raise UsageError(f"Failed to judge run {pack.name}: expected each run once, got it twice. Next: name it once.")
        outcomes: dict[str, Outcome] = {}
        for result in pack.results():
            outcomes[result.node] = result.outcome
            with _sound(pack, result.node or result.scenario):
                _add(evidence, pack.name, result)
            if result.findings:
                broken.append((pack.name, result))
        evidence.sources.name(map(str, pack.manifest.get("rules") or ()))
        evidence.outcomes.append(outcomes)
        evidence.runs.append(_facts(pack, broken=Outcome.BROKEN in outcomes.values()))
    if evidence.operations:
        evidence.areas[CONTRACTS].promised += len(evidence.operations)
        evidence.areas[CONTRACTS].exercised += sum(evidence.operations.values())
    evidence.causes = causes(broken)
    evidence.errors.sort()
    return evidence


@contextmanager
def _sound(pack: Pack, what: str) -> Iterator[None]:
    """Turn what trips over data that no kit writes into an error that says where."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"Failed to read {what} in run {pack.path}: expected the facts of a result, got {type(error).__name__} {error}. "
            f"Next: erp-testkit verify {pack.path}"
        ) from error


_FACTS = ("kit", "adapter", "erp", "profile", "environment", "commit", "seed", "started", "finished")


def _facts(pack: Pack, *, broken: bool) -> RunFacts:
    manifest = pack.manifest
    started = _moment(pack, "started", manifest.get("started"))
    ended = _moment(pack, "finished", manifest["finished"]) if manifest.get("finished") else started
    digest, unsealed = _seal(pack)
    return RunFacts(
        name=pack.name,
        state=pack.state,
        reason=str(manifest.get("reason") or ""),
        facts={name: manifest.get(name) for name in _FACTS},
        digest=digest,
        unsealed=unsealed,
        ended=ended,
        minutes=(ended - started).total_seconds() / 60,
        broken=broken,
        known_but_kept=tuple(map(str, pack.summary.get("known_but_kept", ()))),
    )


def _seal(pack: Pack) -> tuple[str, str]:
    """Return the digest of a run's seal, and which of the files the gate reads are not as sealed; `erp-testkit verify` looks at all."""
    index = pack.path / PACK
    try:
        text = index.read_bytes()
        sealed = {str(file["path"]): file["sha256"] for file in json.loads(text)["files"]}
    except FileNotFoundError:
        return "", f"no {PACK}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return "", f"{PACK} that cannot be read: {error}"
    files = [pack.path / MANIFEST, pack.path / SUMMARY, *sorted(pack.path.glob("events-*.jsonl"))]
    found = {file.path: file.sha256 for file in measure(pack.path, [file for file in files if file.is_file()], pack.name)}
    read = {path for path in sealed if path in (MANIFEST, SUMMARY) or fnmatchcase(path, "events-*.jsonl")}
    wrong = sorted(path for path in read | found.keys() if sealed.get(path) != found.get(path))
    return hashlib.sha256(text).hexdigest(), ", ".join(wrong)


def _moment(pack: Pack, name: str, value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError(
            f"Failed to read run {pack.path}: expected a moment with its zone as '{name}' in its manifest, got {value!r}. "
            "Next: run it again: erp-testkit run"
        )
    return moment.astimezone(UTC)


def _add(evidence: Evidence, run: str, result: Result) -> None:
    area = evidence.areas.setdefault(area_of(result), Area())
    area.counts[result.outcome] += 1
    evidence.risks.update(result.risks)
    evidence.sources.add(result)
    if result.outcome in JUDGED:
        area.scenarios.add(result.scenario)
        area.rules = max(area.rules, result.rules_checked)
        evidence.ports.update(result.ports)
    if result.kind == CONTRACT:
        if result.coverage.get("kind") == "openapi":
            for operation, count in result.coverage["operations"].items():
                if isinstance(count, Mapping):  # the redaction takes out what is said of an operation named /token
                    name = (result.coverage["contract"], operation)
                    evidence.operations[name] = evidence.operations.get(name, False) or count["accepted"] > 0
        else:
            area.promised += 1
            area.exercised += result.outcome in JUDGED
    if result.outcome is Outcome.NOT_COVERED:
        for lack in result.lacks:
            if lack.need is Need.PORT:
                evidence.lacking.setdefault(_PORT.get(lack.name, lack.name), set()).add(result.scenario)
            else:
                evidence.uncovered.setdefault(lack.said, set()).add(result.scenario)
    elif result.outcome is Outcome.ERROR:
        evidence.errors.append(Unjudged(area_of(result), run, result.node, result.exit_code, result.message))
