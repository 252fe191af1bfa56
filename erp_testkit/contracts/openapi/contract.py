"""Reading an OpenAPI contract into its checks: one for each operation, and one for chains of requests along the links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from erp_testkit.contracts.check import Check, Contract, Judged, Live
from erp_testkit.contracts.openapi import generation
from erp_testkit.contracts.openapi.description import Description, Operation, read
from erp_testkit.contracts.openapi.findings import CHECKS
from erp_testkit.contracts.openapi.session import Session
from erp_testkit.contracts.openapi.settings import Settings, load_settings

STATEFUL = "stateful"
"""Id of the check that follows the links."""


def load(file: Path) -> Contract:
    """Read an OpenAPI contract and its settings.

    Raises:
        UsageError: either cannot be read or has mistakes; its text names all of them.
    """
    description = read(file)
    places = {label: operation.places for label, operation in description.operations.items()}
    settings = load_settings(file, places, (*CHECKS, STATEFUL))
    described = _Described(file, description, settings)
    checks: list[Check] = [OperationCheck(described, operation) for operation in described.operations.values()]
    if STATEFUL in settings.phases and any(
        answer.get("links") for one in described.operations.values() for answer in one.responses.values()
    ):
        checks.append(StatefulCheck(described))
    return Contract(name=file.stem, kind="openapi", title=description.title, file=file, checks=tuple(checks), adapter=settings.adapter)


@dataclass(frozen=True)
class _Described:
    """A contract's file, as its checks share it."""

    file: Path
    description: Description
    settings: Settings

    @property
    def operations(self) -> Mapping[str, Operation]:
        """Those that are not left out."""
        return {label: one for label, one in self.description.operations.items() if self.settings.excluded(label) is None}

    @property
    def left_out(self) -> Mapping[str, str]:
        """Operation to the reason why it is not checked."""
        return {label: reason for label in self.description.operations if (reason := self.settings.excluded(label)) is not None}

    @property
    def ports(self) -> frozenset[str]:
        """Names of the ports its checks need."""
        by_port = self.settings.audit is not None and not self.settings.audit.operation
        return frozenset({"audit_trail"}) if by_port else frozenset()


class OperationCheck:
    """One operation keeps what the contract says of it.

    Args:
        described: the contract.
        operation: one of its operations.
    """

    def __init__(self, described: _Described, operation: Operation) -> None:
        self._described, self._operation = described, operation
        self.id, self.title = operation.label, operation.title
        self.ports = described.ports
        settings = described.settings
        prepared = any(one.operation == operation.label for one in settings.setup) or settings.needs_setup(
            operation.label, operation.places
        )
        self.writes = operation.writes or prepared

    @property
    def line(self) -> int:
        """Where the contract's file begins to say so."""
        return self._operation.line

    def run(self, live: Live) -> Judged:
        """Run the phases over the operation, then the kit's own requests.

        Raises:
            EnvironmentFailure: the system does not answer.
            UsageError: it lets nobody in, or the settings do not fit it.
        """
        settings, label = self._described.settings, self._operation.label
        phases = tuple(phase for phase in settings.phases if phase != STATEFUL)
        with Session(self._described.file.stem, self._described.description, settings, live) as session:
            if session.prepare([self._operation]):
                session.phases(
                    generation.alone(self._operation, session.values[label], session.good),
                    phases,
                    examples=settings.budget.operations.get(label, settings.budget.fuzzing),
                    only=self._operation,
                )
                session.probes(self._operation)
            return session.judged({label: self._operation}, self._described.left_out)


class StatefulCheck:
    """Chains of requests along the contract's links keep it.

    Args:
        described: the contract.
    """

    id = STATEFUL
    title = "Chains of requests along the links"
    line = 1
    writes = True

    def __init__(self, described: _Described) -> None:
        self._described = described
        self.ports = described.ports

    def run(self, live: Live) -> Judged:
        """Run chains drawn from the run's seed.

        Raises:
            EnvironmentFailure: the system does not answer.
            UsageError: it lets nobody in, or the settings do not fit it.
        """
        described = self._described
        with Session(described.file.stem, described.description, described.settings, live) as session:
            spared = described.settings.excluded_checks
            if session.prepare([one for one in described.operations.values() if STATEFUL not in spared(one.label)]):
                raw = generation.whole(described.description)
                session.phases(raw, (STATEFUL,), examples=described.settings.budget.scenarios)
            return session.judged(described.operations, described.left_out)
