"""What one process of the run keeps: exchanges, results, logs; one redactor takes the secrets out of all of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.evidence.recorder import Recorder
from erp_testkit.evidence.redaction import Redactor
from erp_testkit.evidence.run_folder import RunFolder, RunWriter
from erp_testkit.pytest_plugin.session.plan import Plan


@dataclass(slots=True)
class Evidence:
    """The run's folder as one process writes it."""

    redactor: Redactor
    recorder: Recorder
    folder: RunFolder
    writer: RunWriter
    begun: bool = False
    """Whether the run's folder is open."""
    logs: dict[str, Path] = field(default_factory=dict)
    """What stand-ins write that this process has started, by their names."""

    @classmethod
    def of(cls, plan: Plan, worker: str, redactor: Redactor) -> Evidence:
        """Name where everything goes; nothing is written yet."""
        return cls(redactor, Recorder(redactor), RunFolder(plan.path, redactor, plan.state), RunWriter(plan.path, worker, redactor))

    def end(self) -> None:
        """Keep the logs and close what was written."""
        # A full disk also keeps the run from being sealed, which says so.
        with suppress(EnvironmentFailure):
            while self.logs:
                self.writer.log(*self.logs.popitem())
        self.writer.close()
