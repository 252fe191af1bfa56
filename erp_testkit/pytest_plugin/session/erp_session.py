"""The ERP of one process of the run: prepared, started, connected, and stopped at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from erp_testkit.domain.errors import KitError
from erp_testkit.domain.exchange import Exchange
from erp_testkit.erp.ports import Erp
from erp_testkit.pytest_plugin.session.evidence import Evidence
from erp_testkit.pytest_plugin.session.under_test import UnderTest, started_as_data, started_from_data
from erp_testkit.standins.standin import Started


class ErpSession:
    """What one process knows of the ERP.

    Args:
        under_test: starts and reaches it.
        evidence: keeps exchanges and logs, and learns its users' passwords.
        worker: name of this process.
        given: what the controlling process has prepared for this worker.
        check: called once it is connected, before anybody speaks to it.
    """

    def __init__(self, under_test: UnderTest, evidence: Evidence, worker: str, given: Mapping[str, Any], check: Callable[[], None]) -> None:
        self.under_test = under_test
        self.prepared: Mapping[str, str] = {}
        """What the stand-in has prepared for all workers."""
        self.started: Started | None = None
        """How the ERP is reached, once it is connected."""
        self.seconds = 0.0
        """Time this process has waited for its answers."""
        self._evidence, self._worker, self._given, self._check = evidence, worker, given, check
        self._erp: Erp | None = None
        self._failed: KitError | None = None

    @property
    def is_shared(self) -> bool:
        """Whether all workers speak to one ERP."""
        return self.under_test.profile.url is not None or "started" in self._given

    @property
    def name(self) -> str | None:
        """Name and version of the ERP, once it is connected."""
        return None if self._erp is None else self._erp.name

    @property
    def has_failed(self) -> bool:
        """Whether it could not even be started or reached once."""
        return self._failed is not None

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
                self._check()
            except KitError as error:
                self._failed = error
                raise
        return self._erp

    def prepare(self, *, shared: bool) -> Mapping[str, Any]:
        """Prepare what workers need, in the process that controls them; `shared` starts one ERP for all of them."""
        self.prepared = self._prepare()
        if not shared:
            self._given = {"prepared": dict(self.prepared)}
        else:
            self._reached(self.under_test.start(self.prepared, self._worker))
            assert self.started is not None
            self._given = {"prepared": dict(self.prepared), "started": started_as_data(self.started)}
        return self._given

    def on_exchange(self, exchange: Exchange) -> None:
        """Count the time of an exchange, and keep it while a test runs."""
        self.seconds += exchange.seconds
        self._evidence.recorder.on_exchange(exchange)

    def end(self) -> None:
        """Stop what this process started."""
        self._erp = None
        self.under_test.end()
        self.started = None

    def _connected(self) -> Erp:
        started = self._given.get("started")
        if started is None:
            self.prepared = self._given["prepared"] if "prepared" in self._given else self._prepare()
            ready = self.under_test.start(self.prepared, self._worker)
        else:
            self.prepared, ready = self._given["prepared"], started_from_data(started)
        self._evidence.redactor.learn(user.password for user in ready.users.values())
        self._reached(ready)
        return self.under_test.connect(ready, self.on_exchange)

    def _prepare(self) -> Mapping[str, str]:
        """Prepare what all processes share, and say of which images it is made."""
        prepared = self.under_test.prepare()
        if self._evidence.begun:
            self._evidence.folder.note(containers=prepared.get("images", "").split())
        if "log" in prepared:
            self._evidence.logs["db"] = Path(prepared["log"])
        return prepared

    def _reached(self, started: Started) -> None:
        self.started = started
        if started.log is not None:
            self._evidence.logs["erp"] = started.log
