"""allure-pytest's keeper of results, with four differences.

Secrets are taken out; fixtures with nothing to tell are left out; a scenario has a file from its first moment, so that a process that
dies loses none; and a file is made once, where allure's own logger makes it beside and renames it, at twice the cost.
"""

# mypy: allow-untyped-calls
# allure's own functions have no types.

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attr
from allure_commons.model2 import Label, Parameter, Status, StatusDetails, TestResult, TestStepResult
from allure_commons.reporter import AllureReporter
from allure_commons.types import AttachmentType
from allure_commons.utils import now, uuid4

from erp_testkit.evidence.recorder import Recorder
from erp_testkit.evidence.run_folder import unwritable

_OURS = {"feature", "story", "severity", "risk", "requirement", "as_id", "language", "tag"}


class Reporter(AllureReporter):
    """Keeps the results of the running process.

    Args:
        recorder: whose redactor takes the secrets out.
        results: folder of Allure results.
    """

    def __init__(self, recorder: Recorder, results: Path) -> None:
        super().__init__()
        self._recorder = recorder
        self._results = results

    def current(self) -> TestResult:
        """Return the result of the running test."""
        result: TestResult = self.get_test(None)
        return result

    def open_step(self, title: str) -> tuple[str, TestStepResult]:
        """Open a step below the result or step that is open."""
        uuid, step = uuid4(), TestStepResult(name=title, start=now())
        self.start_step(None, uuid, step)
        return uuid, step

    def close_step(self, uuid: str, step: TestStepResult, status: str, message: str | None) -> None:
        """Close a step with its status."""
        self.stop_step(uuid, stop=now())
        self.mark_step(step, status, message)

    def mark_step(self, step: TestStepResult, status: str, message: str | None) -> None:
        """Set the status of a step, open or closed."""
        step.status = status
        if message is not None:
            step.statusDetails = StatusDetails(message=self._recorder.redactor.text(message))

    def attach(self, name: str, body: str, kind: str) -> None:
        """Attach text to the open step; `kind` is a name in allure's `AttachmentType`."""
        self.attach_data(uuid4(), body, name=name, attachment_type=AttachmentType[kind])

    def attach_data(  # allure's signature
        self, uuid: Any, body: Any, name: Any = None, attachment_type: Any = None, extension: Any = None, parent_uuid: Any = None
    ) -> None:
        """Attach what a step of the kit or of the user brings, without secrets."""
        file = self._attach(uuid, name=name, attachment_type=attachment_type, extension=extension, parent_uuid=parent_uuid)
        self._write(file, self._recorder.redactor.text(body).encode() if isinstance(body, str) else body)

    def stop_group(self, uuid: str, **kwargs: Any) -> None:
        """Close a fixture's container; write it only if it has something to tell: each scenario has some ten that just passed."""
        group = self._items.get(uuid)
        parts = (*group.befores, *group.afters)
        if any(part.status not in (None, Status.PASSED) or part.attachments or part.steps for part in parts):
            super().stop_group(uuid, **kwargs)
        else:
            self._items.pop(uuid)

    def close_test(self, uuid: str) -> None:
        """Write the result, without secrets, over the one that `leave_broken` left."""
        result = self._items.pop(uuid)
        self._items.cleanup()
        if result.statusDetails is not None:
            for part in ("message", "trace"):
                text = getattr(result.statusDetails, part)
                setattr(result.statusDetails, part, text and self._recorder.redactor.text(text))
        self._write_result(result)

    def leave_broken(self, result: TestResult, message: str) -> None:
        """Write the result as it will stand if this process dies."""
        result.status, result.statusDetails = Status.BROKEN, StatusDetails(message=message)
        self._write_result(result)
        result.status = result.statusDetails = None

    def set_status(self, result: TestResult, status: str, message: str, *, keep_trace: bool) -> None:
        """Set the status of a result, and keep the trace allure-pytest found if it says more than the message."""
        trace = result.statusDetails.trace if keep_trace and result.statusDetails else None
        result.status, result.statusDetails = status, StatusDetails(message=message, trace=trace)

    def describe(
        self,
        result: TestResult,
        *,
        title: str,
        description: str,
        full_name: str,
        history: str,
        labels: Iterable[tuple[str, str]],
        parameters: Mapping[str, str],
    ) -> None:
        """Set what a result says of itself, in place of what allure-pytest made of the test function's name and marks."""
        result.name, result.description = title, description or None
        result.fullName, result.testCaseId, result.historyId = full_name, _hash(full_name), _hash(history)
        others = [label for label in result.labels if label.name not in _OURS]
        result.labels = [*(Label(name=name, value=value) for name, value in labels), *others]
        result.parameters = [Parameter(name=name, value=value) for name, value in parameters.items()]

    def _write_result(self, result: TestResult) -> None:
        data = attr.asdict(result, filter=lambda _, value: value or value is False)
        self._write(result.file_pattern.format(prefix=result.uuid), json.dumps(data, ensure_ascii=False).encode())

    def _write(self, name: str, data: bytes) -> None:
        path = self._results / name
        try:
            path.write_bytes(data)
        except OSError as error:
            raise unwritable(path, error) from error


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
