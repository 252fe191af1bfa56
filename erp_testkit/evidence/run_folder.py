"""The folder a run leaves: what was run, what happened, written as it happens. `docs/evidence.md` describes its files."""

from __future__ import annotations

import errno
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.domain.exchange import Exchange
from erp_testkit.domain.ledger import time_text
from erp_testkit.evidence.redaction import Redactor

RUNNING, COMPLETE, PARTIAL = "running", "complete", "partial"
MANIFEST, SUMMARY, ALLURE = "manifest.json", "summary.json", "allure-results"


class RunFolder:
    """The run's folder as the controlling process sees it.

    Args:
        path: where it is, or is to be.
        redactor: takes secrets out of what is written.
    """

    def __init__(self, path: Path, redactor: Redactor | None = None) -> None:
        """Name the folder; nothing is written yet."""
        self.path = path
        self._redactor = redactor or Redactor()
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
            facts: what is known of the run (adapter, profile, environment, seed, ...), beside what the kit knows of the machine.

        Raises:
            EnvironmentFailure: it cannot be written.
        """
        self._manifest = {"run": self.path.name, **machine_facts(Path.cwd()), **facts, "started": time_text(datetime.now(UTC))}
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self.note(state=RUNNING, reason=None)

    def note(self, **facts: Any) -> None:
        """Add facts to the manifest, such as the version of the ERP once it is reached.

        Raises:
            EnvironmentFailure: it cannot be written.
        """
        self._manifest.update(facts)
        write_json(self.path / MANIFEST, self._redactor.data(self._manifest))

    def end(self, summary: Mapping[str, Any], *, partial: str | None = None) -> None:
        """Write the summary and mark the run complete, or partial with the reason.

        Raises:
            EnvironmentFailure: it cannot be written; what was written before stays, and the run stays marked running.
        """
        write_json(self.path / SUMMARY, self._redactor.data(summary))
        self.note(state=PARTIAL if partial else COMPLETE, reason=partial, finished=time_text(datetime.now(UTC)))


class RunWriter:
    """Writes what one process of the run (``main``, or a worker such as ``gw0``) sees, line by line as it happens.

    Args:
        path: the run's folder.
        worker: name of the process.
        redactor: takes secrets out of what is written.
    """

    def __init__(self, path: Path, worker: str, redactor: Redactor) -> None:
        """Write nothing yet; the files are made by their first lines."""
        self._path, self._worker, self._redactor = path, worker, redactor
        self._files: dict[str, BinaryIO] = {}

    def event(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Write one event, such as ``scenario`` with its outcome.

        Raises:
            EnvironmentFailure: it cannot be written.
        """
        self._append("events", [self._redactor.json(_line({"event": kind, "at": time_text(datetime.now(UTC)), **facts}))])

    def exchanges(self, node: str, exchanges: Iterable[Exchange]) -> None:
        """Write what a scenario's steps and the ERP said to each other; `exchanges` come redacted from the recorder.

        Raises:
            EnvironmentFailure: it cannot be written.
        """
        self._append("exchanges", [_line({"node": node, **asdict(exchange), "at": time_text(exchange.at)}) for exchange in exchanges])

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _append(self, name: str, rows: list[str]) -> None:
        path = self._path / f"{name}-{self._worker}.jsonl"
        lines = "".join(f"{row}\n" for row in rows).encode()
        try:
            file = self._files.get(name)
            if file is None:
                # Unbuffered: what is written is on disk when the process is killed.
                file = self._files[name] = path.open("ab", buffering=0)
            end = file.tell()
            try:
                if lines and file.write(lines) < len(lines):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                with suppress(OSError):
                    file.truncate(end)  # no half line stays
                raise
        except OSError as error:
            raise unwritable(path, error) from error


def machine_facts(root: Path) -> dict[str, Any]:
    """Say what was run where: kit, Python, platform, and the commit of the project in `root` where it is in git."""
    return {
        "kit": version("erp-testkit"),
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "commit": _commit(root),
    }


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


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, default=str)


def _commit(root: Path) -> str | None:
    try:
        answer = subprocess.run(["git", "-C", root, "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def unwritable(path: Path, error: OSError) -> EnvironmentFailure:
    """Say that a file of the run cannot be written."""
    return EnvironmentFailure(
        f"Failed to write {path.name} of the run: expected room and rights in {path.parent}, got {error.strerror}. "
        "What was written before is kept. Next: make room there, or name another folder with --erp-run-folder"
    )
