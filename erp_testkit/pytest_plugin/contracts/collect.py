"""Collecting contract files: every check of a contract becomes a test, beside the scenarios."""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from erp_testkit import extras, shipped
from erp_testkit.domain.described_test import DescribedTest
from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.findings import Violated
from erp_testkit.domain.results import CONTRACT, Lack, Need
from erp_testkit.pytest_plugin import compat
from erp_testkit.pytest_plugin.bdd.index import shown
from erp_testkit.pytest_plugin.judging.oracle import ABOUT, JUDGEMENT, About
from erp_testkit.pytest_plugin.judging.outcome import NotCovered
from erp_testkit.pytest_plugin.session.run import Run

if TYPE_CHECKING:
    from erp_testkit.contracts.check import Check, Contract
    from erp_testkit.pytest_plugin.contracts.world import PartnerSystems

SHIPPED_AS = "erp_testkit/contracts/"
"""What the ids of shipped contracts begin with, wherever the kit is installed."""


class Contracts:
    """Collects contract files below the shipped and the project's own contract folders; registered where the kit is active."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._folders = tuple(path.resolve() for path in (shipped.CONTRACTS, *run.config.contracts))
        self._partners: PartnerSystems | None = None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> ContractFile | None:
        """Collect contract files."""
        from erp_testkit.contracts import kinds  # only where a file may be one

        folder = next((folder for folder in self._folders if file_path.is_relative_to(folder)), None)
        if folder is None or file_path.suffix not in kinds.SUFFIXES:
            return None
        kind = kinds.kind_of(file_path, folder)
        if kind is None:
            return None
        if file_path.is_relative_to(shipped.CONTRACTS) and not file_path.is_relative_to(parent.config.rootpath):
            nodeid = SHIPPED_AS + file_path.relative_to(shipped.CONTRACTS).as_posix()
            return ContractFile.from_parent(parent, path=file_path, nodeid=nodeid, kind=kind, contracts=self)
        return ContractFile.from_parent(parent, path=file_path, kind=kind, contracts=self)

    @property
    def run(self) -> Run:
        """The run."""
        return self._run

    @property
    def partners(self) -> PartnerSystems:
        """The partners of this process, for contracts and scenarios."""
        from erp_testkit.pytest_plugin.contracts.world import PartnerSystems  # not where nothing needs a partner

        if self._partners is None:
            self._partners = PartnerSystems(self._run)
        return self._partners

    def live(self, node: str) -> Any:
        """Return the live world of one check."""
        from erp_testkit.pytest_plugin.contracts.world import LiveWorld  # not where no contract runs

        return LiveWorld(self._run, self.partners, node)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other workers' checks away where all share one ERP: a check connects a channel to its own partner."""
        run = self._run
        if not run.is_worker or not run.session.is_shared:
            yield
            return
        run.plan.state.mkdir(exist_ok=True)
        with (run.plan.state / "contracts.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Stop the partners this process started."""
        self._end()

    def pytest_unconfigure(self) -> None:
        """Stop them also when the session never finished."""
        self._end()

    def _end(self) -> None:
        if self._partners is not None:
            self._partners.end()


class ContractFile(pytest.File):
    """A contract file."""

    def __init__(self, *, kind: str, contracts: Contracts, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._kind = kind
        self._contracts = contracts

    def collect(self) -> Iterable[ContractItem]:
        """Read the file; one that cannot be read, or not here, becomes a single test that says so, and the others still run."""
        if extras.missing("contracts"):
            return [self._unread(NotCovered(Lack(Need.EXTRA, f"contracts ({extras.install('contracts')})")))]
        from erp_testkit.contracts.loading import load  # heavy, and only where there are contracts

        try:
            contract = load(self.path, self._kind)
        except UsageError as error:
            return [self._unread(error)]
        file = shown(self.path, self.config.rootpath)
        return [
            ContractItem.from_parent(
                self, name=check.id, test=_subject(contract, check, file), contracts=self._contracts, contract=contract, check=check
            )
            for check in contract.checks
        ]

    def _unread(self, why: UsageError | NotCovered) -> ContractItem:
        name, what, file = self.path.stem, "can be read", shown(self.path, self.config.rootpath)
        test = DescribedTest(kind=CONTRACT, id=f"{name} {what}", title=what, feature=name, file=file, line=1, writes=False)
        return ContractItem.from_parent(self, name=what, test=test, contracts=self._contracts, unread=why)


class ContractItem(pytest.Item):
    """A test that runs one check of a contract."""

    def __init__(
        self,
        *,
        test: DescribedTest,
        contracts: Contracts,
        contract: Contract | None = None,
        check: Check | None = None,
        unread: UsageError | NotCovered | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.described = test
        self._contracts, self._contract, self._check, self._unread = contracts, contract, check, unread

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where the promise stands."""
        return self.path, self.described.line - 1, f"{self.described.feature}: {self.described.title}"

    def runtest(self) -> None:
        """Run the check; what it found is kept for the report, and what it touched for the rules."""
        if self._unread is not None:
            raise self._unread
        assert self._contract is not None and self._check is not None
        adapter = self._contracts.run.plan.profile.adapter
        if self._contract.adapter and self._contract.adapter != adapter:
            raise NotCovered(Lack(Need.ADAPTER, self._contract.adapter))
        since = datetime.now(UTC)
        with self._contracts.alone():
            judged = self._check.run(self._contracts.live(self.nodeid))
        self.stash[ABOUT] = About(tuple(sorted(judged.items)), since)
        judgement = self.stash[JUDGEMENT]
        judgement.checked, judgement.coverage = judged.counted, judged.coverage
        if judged.findings:
            raise Violated(*(finding.at(self._contract.name) for finding in judged.findings))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what is broken; a traceback only for a mistake of ours or of whoever wrote a check."""
        error = excinfo.value
        if type(error).__module__.startswith("erp_testkit."):
            test = self.described
            heading = f"{test.file}:{test.line} {test.title}\n\n"
            return compat.failure(heading, str(error), str(self.path), test.line)
        return super().repr_failure(excinfo, style)


def _subject(contract: Contract, check: Check, file: str) -> DescribedTest:
    return DescribedTest(
        kind=CONTRACT,
        id=f"{contract.name} {check.id}",
        title=check.title,
        feature=contract.title,
        file=file,
        line=check.line,
        ports=check.ports,
        writes=check.writes,
    )
