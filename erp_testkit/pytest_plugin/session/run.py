"""One run, as one of its processes sees it: what was configured, the ERP under test, the rules, and what the run leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from secrets import randbelow
from typing import Any

import pytest

from erp_testkit.config import STATE, Config, Credentials, Environment, Profile
from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import EnvironmentFailure, KitError, UsageError
from erp_testkit.domain.exchange import Exchange
from erp_testkit.erp.ports import Erp
from erp_testkit.evidence.origin import adapter_version, made_of
from erp_testkit.evidence.recorder import Recorder
from erp_testkit.evidence.redaction import Redactor
from erp_testkit.evidence.run_folder import RunFolder, RunWriter
from erp_testkit.pytest_plugin.judging.known import Known, load_known
from erp_testkit.pytest_plugin.judging.oracle import Oracle
from erp_testkit.pytest_plugin.session.options import CONTAINERS, read_settings
from erp_testkit.pytest_plugin.session.shard import Shard
from erp_testkit.pytest_plugin.session.under_test import UnderTest, started_as_data, started_from_data
from erp_testkit.standins.standin import Started

WORKER_INPUT = "erp_testkit"
"""Key under which workers get what the controlling process has decided."""


@dataclass(slots=True, kw_only=True)
class Run:
    """What one process knows of the run."""

    config: Config
    profile: Profile
    known: tuple[Known, ...]
    seed: int
    id: str
    """Name of the run, unique: codes are made from it, so that old data in the ERP never get in the way."""
    state: Path
    """Where everything lies that the kit writes."""
    path: Path
    """Where this run leaves its evidence."""
    worker: str
    """Name of this process: ``main``, or of the worker."""
    under_test: UnderTest
    oracle: Oracle
    recorder: Recorder
    folder: RunFolder
    writer: RunWriter
    shard: Shard | None = None
    """Which part of the suite this run is, where it is not the whole."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What the controlling process prepared."""
    begun: bool = False
    """Whether the run's folder is open."""
    erp_seconds: float = 0.0
    """Time this process has waited for answers of the ERP."""
    prepared: Mapping[str, str] = field(default_factory=dict)
    """What the stand-in has prepared for all workers."""
    started: Started | None = None
    """How the ERP is reached, once it is connected."""
    logs: dict[str, Path] = field(default_factory=dict)
    """What stand-ins write that this process has started, by their names."""
    _erp: Erp | None = None
    _failed: KitError | None = None

    @property
    def is_worker(self) -> bool:
        """Say whether another process controls the run."""
        return self.worker != "main"

    @property
    def shares_erp(self) -> bool:
        """Say whether all workers speak to one ERP."""
        return self.profile.url is not None or "started" in self.given

    @property
    def is_production(self) -> bool:
        """Say whether nothing may be written."""
        return self.profile.environment is Environment.PRODUCTION

    def facts(self) -> Mapping[str, Any]:
        """Say against what the run goes."""
        profile = self.profile
        return {
            "id": self.id,
            "profile": profile.name,
            "adapter": profile.adapter,
            "adapter_version": adapter_version(profile.adapter),
            "environment": str(profile.environment),
            "url": profile.url,
            "seed": self.seed,
            **({} if self.shard is None else {"shard": asdict(self.shard)}),
        }

    @property
    def erp_name(self) -> str | None:
        """Name and version of the ERP, once it is connected."""
        return None if self._erp is None else self._erp.name

    def begin(self, asked: Sequence[Path]) -> None:
        """Open the run's folder, in the process that controls the run.

        Args:
            asked: files and folders that scenarios and contracts are collected from.

        Raises:
            EnvironmentFailure: it cannot be written.
            UsageError: there is a run in it, or the record of deployments was changed.
        """
        from erp_testkit.gate.approval.deployments import deployed, record_of  # workers do not need it

        self.folder.begin({**self.facts(), **made_of(self.config, asked), "deployed": deployed(record_of(self.config))})
        self.begun = True
        if self.state.is_dir():
            (self.state / ".gitignore").write_text("*\n", encoding="utf-8")

    def erp(self) -> Erp:
        """Return the connected ERP; the first call starts it, and a failure to start is final.

        Raises:
            EnvironmentFailure: it cannot be started or reached.
            UsageError: there is no such adapter, or a rule has mistakes.
        """
        if self._failed is not None:
            raise self._failed
        if self._erp is None:
            try:
                self._erp = self._connected()
                self.oracle.load()
            except KitError as error:
                self._failed = error
                raise
        return self._erp

    def _connected(self) -> Erp:
        started = self.given.get("started")
        if started is None:
            self.prepared = self.given["prepared"] if "prepared" in self.given else self._prepare()
            ready = self.under_test.start(self.prepared, self.worker)
        else:
            self.prepared, ready = self.given["prepared"], started_from_data(started)
        redactor = _redactor(self.config, ready.users)
        self.recorder.redactor = self.writer.redactor = self.folder.redactor = redactor
        self._reached(ready)
        return self.under_test.connect(ready, self.heard)

    def _prepare(self) -> Mapping[str, str]:
        """Prepare what all processes share, and say of which images it is made."""
        prepared = self.under_test.prepare()
        if self.begun:
            self.folder.note(containers=prepared.get("images", "").split())
        if "log" in prepared:
            self.logs["db"] = Path(prepared["log"])
        return prepared

    def _reached(self, started: Started) -> None:
        self.started = started
        if started.log is not None:
            self.logs["erp"] = started.log

    def prepare(self, *, shared: bool) -> Mapping[str, Any]:
        """Prepare what workers need, in the process that controls them; `shared` starts one ERP for all of them."""
        prepared = self._prepare()
        if not shared:
            return {"prepared": dict(prepared)}
        self._reached(self.under_test.start(prepared, self.worker))
        assert self.started is not None
        return {"prepared": dict(prepared), "started": started_as_data(self.started)}

    def has_failed(self) -> bool:
        """Say whether the ERP could not even be started or reached once."""
        return self._failed is not None

    def end(self) -> None:
        """Stop what this process started."""
        self._erp = None
        self.under_test.end()
        self.started = None
        # A full disk also keeps the run from being sealed, which says so.
        with suppress(EnvironmentFailure):
            while self.logs:
                self.writer.log(*self.logs.popitem())
        self.writer.close()

    def heard(self, exchange: Exchange) -> None:
        """Count the time of an exchange, and keep it while a test runs."""
        self.erp_seconds += exchange.seconds
        self.recorder.heard(exchange)


def _redactor(config: Config, users: Mapping[Role, Credentials]) -> Redactor:
    secrets = [*(user.password for user in users.values()), *config.tokens()]
    return Redactor(secrets, config.redaction.fields)


def open_run(config: pytest.Config) -> Run:
    """Read what was configured and decided; nothing is started or written.

    Raises:
        UsageError: the configuration has mistakes, or shards would not draw the same data.
    """
    settings, profile = read_settings(config)
    shard = Shard.parse(text) if (text := config.getoption("erp_shard")) else None
    if shard is not None and settings.seed is None:
        raise UsageError(f"Failed to run shard {text}: expected a seed that all shards share, got none. Next: add --erp-seed 7")
    decided: Mapping[str, Any] = getattr(config, "workerinput", {}).get(WORKER_INPUT, {})
    worker = getattr(config, "workerinput", {}).get("workerid", "main")
    state = config.rootpath / STATE
    fresh = RunFolder.fresh(state)
    path = Path(decided.get("path") or config.getoption("erp_run_folder") or fresh)
    recorder = Recorder(_redactor(settings, profile.users))
    return Run(
        config=settings,
        profile=profile,
        known=load_known(profile.known),
        seed=decided.get("seed", settings.seed if settings.seed is not None else randbelow(1_000_000)),
        id=decided.get("id", fresh.name),
        state=state,
        path=path,
        worker=worker,
        under_test=UnderTest(profile, state, dict(settings.images) if config.getoption("erp_in") == CONTAINERS else None),
        oracle=Oracle(settings.rules, state / "cache", recorder.redactor),
        recorder=recorder,
        folder=RunFolder(path, recorder.redactor, state),
        writer=RunWriter(path, worker, recorder.redactor),
        shard=shard,
        given=decided.get("given", {}),
    )


RUN: pytest.StashKey[Run] = pytest.StashKey()
"""Where a session keeps its run; absent where the kit is not active."""
