"""A run's folder, read as data: what was run, how each scenario and each check of a contract ended."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.results import CONTRACT, SCENARIO, Outcome, Result
from erp_testkit.evidence.run_folder import COMPLETE, MANIFEST, PARTIAL, RUNNING, SUMMARY

MAJOR = 1
"""Major number of the folder's format this kit reads; a later minor number only adds what older kits may overlook."""

_OUTCOMES = {str(outcome): outcome for outcome in Outcome}
_STATES = (COMPLETE, PARTIAL, RUNNING)


class Pack:
    """The folder of one run. Nothing is written to it here, and nothing is taken from it but what is asked for.

    Attributes:
        path: where it is.
        manifest: what was run, against what, by whom, where and when.
    """

    def __init__(self, path: Path, manifest: Mapping[str, Any]) -> None:
        self.path = path
        self.manifest = manifest

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a run's manifest.

        Raises:
            UsageError: it is no run folder, or one whose format this kit does not know.
        """
        file = path / MANIFEST
        if not file.is_file():
            got = f"no {MANIFEST} in it" if path.is_dir() else "no such folder"
            raise UsageError(
                f"Failed to read run {path}: expected the folder of a run, got {got}. "
                "Next: name one of .erp-testkit/runs/, or make one: erp-testkit run"
            )
        manifest = _object(file, f"erp-testkit verify {path}")
        found = str(manifest.get("format", MAJOR))
        major = re.match(r"\d+", found)
        if major is None or int(major[0]) > MAJOR:
            kit = manifest.get("kit", "(unknown)")
            raise UsageError(
                f"Failed to read run {path}: expected format {MAJOR}, got {found}, written by erp-testkit {kit}. "
                "Next: install that version of the kit, or a newer one."
            )
        if manifest.get("state") not in _STATES:
            raise UsageError(
                f"Failed to read run {path}: expected state {', '.join(_STATES)} in {MANIFEST}, got {manifest.get('state')!r}. "
                "Next: run it again: erp-testkit run"
            )
        return cls(path, manifest)

    @property
    def name(self) -> str:
        """Name of the run, the same wherever its folder is moved to."""
        return str(self.manifest.get("run", self.path.name))

    @property
    def state(self) -> str:
        """``complete``; ``partial`` with a reason in the manifest; or ``running``, which a run that was killed says for ever."""
        return str(self.manifest["state"])

    def results(self) -> Iterator[Result]:
        """Yield how each scenario and each check of a contract ended, as they were written; of a test that ended twice, the last.

        Raises:
            UsageError: a line cannot be read. The half line a killed run leaves at the end of a file is overlooked.
        """
        for file in sorted(self.path.glob("events-*.jsonl")):
            yield from self._results(file)

    def outcomes(self) -> Mapping[str, Outcome]:
        """Return how each test ended, by node, without reading more of it.

        Raises:
            UsageError: a line cannot be read.
        """
        outcomes: dict[str, Outcome] = {}
        for file in sorted(self.path.glob("events-*.jsonl")):
            for number, event in self._lines(file):
                if event.get("event") in (SCENARIO, CONTRACT):
                    try:
                        outcomes[event["node"]] = _OUTCOMES[event["outcome"]]
                    except KeyError as error:
                        raise _damaged(file, number, f"the end of a {event['event']}", f"no {error}") from error
        return outcomes

    def exchanges(self) -> Iterator[Mapping[str, Any]]:
        """Yield what tests and ERP said to each other, redacted, process by process in the order of the answers.

        Raises:
            UsageError: a line cannot be read.
        """
        for file in sorted(self.path.glob("exchanges-*.jsonl")):
            for _, exchange in self._lines(file):
                yield exchange

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """What the run printed at its end; empty where it never came to its end."""
        file = self.path / SUMMARY
        return _object(file, "run it again: erp-testkit run") if file.is_file() else {}

    @cached_property
    def coverage(self) -> Mapping[str, Mapping[str, Any]]:
        """What each check of a contract did and did not exercise, by the check's id."""
        return {result.scenario: result.coverage for result in self.results() if result.coverage}

    def _results(self, file: Path) -> Iterator[Result]:
        last: Result | None = None
        for number, event in self._lines(file):
            if event.get("event") not in (SCENARIO, CONTRACT):
                continue
            try:
                result = Result.of_data({**event, "kind": event["event"]})
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise _damaged(file, number, f"the end of a {event['event']}", f"{type(error).__name__} {error}") from error
            # A test whose clean-up failed has ended twice, the second time after its own judgement.
            if last is not None and last.node != result.node:
                yield last
            last = result
        if last is not None:
            yield last

    def _lines(self, file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    event = json.loads(line)
                except ValueError as error:
                    if self.state != COMPLETE and not line.endswith(b"\n"):
                        return
                    raise _damaged(file, number, "a line of JSON", str(error)) from error
                if not isinstance(event, dict):
                    raise _damaged(file, number, "an object", repr(event))
                yield number, event


def _damaged(file: Path, line: int, expected: str, got: str) -> UsageError:
    return UsageError(f"Failed to read {file}:{line}: expected {expected}, got {got}. Next: erp-testkit verify {file.parent}")


def _object(file: Path, advice: str) -> Mapping[str, Any]:
    try:
        data = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"Failed to read {file}: expected JSON, got {error}. Next: {advice}") from error
    if not isinstance(data, dict):
        raise UsageError(f"Failed to read {file}: expected an object, got {data!r}. Next: {advice}")
    return data
