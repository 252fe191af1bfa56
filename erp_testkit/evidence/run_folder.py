"""The folder a run leaves: what was run, what happened, written as it happens. `docs/evidence.md` describes its files."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO

from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.domain.exchange import Exchange
from erp_testkit.domain.ledger import Ledger, time_text
from erp_testkit.domain.results import Result
from erp_testkit.evidence import journal, junit, ledgers
from erp_testkit.evidence.chain import last_hash, link, start
from erp_testkit.evidence.provenance import origin
from erp_testkit.evidence.redaction import Redactor
from erp_testkit.evidence.seal import FORMAT, seal

RUNNING, COMPLETE, PARTIAL = "running", "complete", "partial"
MANIFEST, SUMMARY, FINDINGS, ALLURE, LOGS = "manifest.json", "summary.json", "findings.json", "allure-results", "logs"


class RunFolder:
    """The run's folder as the controlling process sees it.

    Args:
        path: where it is, or is to be.
        redactor: takes secrets out of what is written.
        state: the project's state folder, which keeps what runs there were; None for a run that follows none.
    """

    def __init__(self, path: Path, redactor: Redactor | None = None, state: Path | None = None) -> None:
        self.path = path
        self.redactor = redactor or Redactor()
        self._state = state
        self._manifest: dict[str, Any] = {}

    @staticmethod
    def fresh(state: Path) -> Path:
        """Return the path for a new run in the state folder: the UTC time, so that folders sort, and a token, so that two never meet."""
        return state / "runs" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{token_hex(3)}"

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the manifest says."""
        return dict(self._manifest)

    @property
    def allure_results(self) -> Path:
        """Where this run's Allure results go."""
        return self.path / ALLURE

    def begin(self, facts: Mapping[str, Any]) -> None:
        """Make the folder and write its manifest: the run is running.

        Args:
            facts: what is known of the run (adapter, profile, environment, seed, ...), beside what the kit knows of change and machine.
                A run that is joined from others also says when those started and finished.

        Raises:
            EnvironmentFailure: it cannot be written.
            UsageError: another run's evidence is there.
        """
        if (self.path / MANIFEST).exists():
            raise UsageError(
                f"Failed to begin a run in {self.path}: expected a folder without a run, got one. "
                "Next: name another folder with --erp-run-folder, or none"
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.path, error) from error
        started = time_text(datetime.now(UTC))
        known = {"format": FORMAT, "run": self.path.name, "id": self.path.name, **origin(Path.cwd()), "started": started, **facts}
        follows = journal.begin(self._state, self.path, str(known["id"])) if self._state else None
        self._manifest = {**known, "follows": follows}
        self.note(state=RUNNING, reason=None)

    def note(self, **facts: Any) -> None:
        """Add facts to the manifest, such as the version of the ERP once it is reached.

        Raises:
            EnvironmentFailure: it cannot be written.
        """
        self._manifest.update(facts)
        write_json(self.path / MANIFEST, self.redactor.data(self._manifest))

    def end(self, summary: Mapping[str, Any], results: Iterable[Result] = (), *, dropped: str = "", partial: str | None = None) -> None:
        """Write what is known at the end, mark the run complete, or partial with the reason, and seal it.

        Args:
            summary: what the run printed at its end.
            results: how its tests ended, with all that is wrong.
            dropped: name of a property of tests that the JUnit file need not repeat.
            partial: why the run ended before its time, if it did.

        Raises:
            EnvironmentFailure: it cannot be written; what was written before stays, and the run stays marked running.
        """
        try:
            # Before anything can go wrong: it is the only file that was written past the redaction.
            junit.clean(self.path / junit.JUNIT, self.redactor, dropped)
            write_json(self.path / SUMMARY, self.redactor.data(summary))
            write_json(self.path / FINDINGS, self.redactor.data([*_findings(results)]))
            ledgers.to_parquet(self.path)
            finished = self._manifest.get("finished") or time_text(datetime.now(UTC))
            self.note(state=PARTIAL if partial else COMPLETE, reason=partial, finished=finished)
            digest = seal(self.path, {name: self._manifest[name] for name in ("run", "id", "state")})
        except OSError as error:
            raise unwritable(self.path, error) from error
        if self._state:
            journal.seal(self._state, self.path, self._manifest["id"], self._manifest["state"], digest)


def _findings(results: Iterable[Result]) -> Iterator[Mapping[str, Any]]:
    """Yield all that is wrong, with the test it showed in."""
    for one in results:
        for finding in one.findings:
            yield {"node": one.node, "test": one.scenario, "outcome": str(one.outcome), **finding.as_data()}


@dataclass(slots=True)
class _Chain:
    """A file of chained lines that is written."""

    file: BinaryIO
    head: str


class RunWriter:
    """Writes what one process of the run (``main``, or a worker such as ``gw0``) sees, line by line as it happens.

    Args:
        path: the run's folder.
        worker: name of the process.
        redactor: takes secrets out of what is written.
    """

    def __init__(self, path: Path, worker: str, redactor: Redactor) -> None:
        self._path, self._worker, self.redactor = path, worker, redactor
        self._chains: dict[str, _Chain] = {}

    def event(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Write one event, such as ``scenario`` with its outcome.

        Raises:
            EnvironmentFailure: it cannot be written.
        """
        self._append("events", [self.redactor.json(_line({"event": kind, "at": time_text(datetime.now(UTC)), **facts}))])

    def exchanges(self, node: str, exchanges: Iterable[Exchange]) -> None:
        """Write what a scenario's steps and the ERP said to each other; `exchanges` come redacted from the recorder.

        Raises:
            EnvironmentFailure: it cannot be written.
        """
        rows = [_line({"node": node, **asdict(exchange), "at": time_text(exchange.at)}) for exchange in exchanges]
        self._append("exchanges", rows)  # an empty file says that nothing was heard

    def ledger(self, node: str, ledger: Ledger) -> None:
        """Write the ledger a test was judged by; at the end of the run it becomes Parquet.

        Raises:
            EnvironmentFailure: it cannot be written.
        """
        self._append("ledgers", [self.redactor.json(_line({"node": node, "tables": ledger.tables}), business=True)])

    def log(self, name: str, source: Path) -> None:
        """Keep what a stand-in of this process wrote, where it wrote anything.

        Raises:
            EnvironmentFailure: it cannot be written.
        """
        target = self._path / LOGS / f"{name}-{self._worker}.log"
        try:
            text = source.read_text(encoding="utf-8", errors="replace") if source.is_file() else ""
            if text:
                target.parent.mkdir(exist_ok=True)
                target.write_text("".join(map(self.redactor.text, text.splitlines(keepends=True))), encoding="utf-8")
        except OSError as error:
            raise unwritable(target, error) from error

    def close(self) -> None:
        """Close the files."""
        for chain in self._chains.values():
            chain.file.close()
        self._chains.clear()

    def _append(self, name: str, rows: list[str]) -> None:
        path = self._path / f"{name}-{self._worker}.jsonl"
        try:
            chain = self._chains.get(name)
            if chain is None:
                chain = self._chains[name] = _open(path, f"{self._path.name}/{path.name}")
            if not rows:
                return
            lines, head = link(chain.head, rows)
            end = chain.file.tell()
            try:
                if lines and chain.file.write(lines) < len(lines):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                with suppress(OSError):
                    chain.file.truncate(end)  # no half line stays
                raise
        except OSError as error:
            raise unwritable(path, error) from error
        chain.head = head


def _open(path: Path, name: str) -> _Chain:
    # Unbuffered: what is written is on disk when the process is killed.
    file = path.open("a+b", buffering=0)
    if file.tell() == 0:
        return _Chain(file, start(name))
    file.seek(0)
    return _Chain(file, last_hash(file, name))


def write_json(path: Path, data: Any) -> None:
    """Write plain data as JSON, the whole file or nothing.

    Raises:
        EnvironmentFailure: it cannot be written.
    """
    write_text(path, json.dumps(data, ensure_ascii=False, indent=1, default=str) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write the whole file or nothing.

    Raises:
        EnvironmentFailure: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise unwritable(path, error) from error


_line = json.JSONEncoder(ensure_ascii=False, default=str).encode


def unwritable(path: Path, error: OSError) -> EnvironmentFailure:
    """Say that a file of the run cannot be written."""
    return EnvironmentFailure(
        f"Failed to write {path.name} of the run: expected room and rights in {path.parent}, got {error.strerror}. "
        "What was written before is kept. Next: make room there, or name another folder with --erp-run-folder"
    )
