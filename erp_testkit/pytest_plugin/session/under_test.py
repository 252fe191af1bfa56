"""Starting, reaching and stopping the ERP under test, whether a stand-in of ours or one that stands somewhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from erp_testkit.config import Credentials, Environment, Profile
from erp_testkit.domain.documents import Role
from erp_testkit.domain.exchange import Exchange
from erp_testkit.erp.guard import guarded
from erp_testkit.erp.ports import Erp
from erp_testkit.erp.registry import Connection, load_adapter, ports_of
from erp_testkit.standins.abilities import ability_of
from erp_testkit.standins.local_http import answers
from erp_testkit.standins.standin import StandIn, Started, load_standin

PROBE_SECONDS = 5.0
"""How long the quick look whether an ERP still answers may take."""


class UnderTest:
    """One process's way to the ERP a profile names.

    Args:
        profile: which ERP, and how to reach it.
        state: the state folder, for stand-ins.
        images: container images by what they are for, where stand-ins run in containers.
    """

    def __init__(self, profile: Profile, state: Path, images: Mapping[str, str] | None = None) -> None:
        self.profile = profile
        self.images = images
        self._state = state
        self._standin: StandIn | None = None
        self._prepared = self._started = False
        self._erp: Erp | None = None
        self._url = profile.url

    def prepare(self) -> Mapping[str, str]:
        """Start what all workers share, once per run.

        Raises:
            EnvironmentFailure: it cannot be started.
        """
        standin = self._load()
        if standin is None:
            return {}
        self._prepared = True
        return standin.prepare()

    def start(self, prepared: Mapping[str, str], worker: str) -> Started:
        """Start this process's own ERP, or say how to reach the one the profile names.

        Raises:
            EnvironmentFailure: it cannot be started.
        """
        standin = self._load()
        if standin is None:
            return Started(url=self.profile.url or "", users=self.profile.users, options=self.profile.options)
        self._started = True
        return standin.start(prepared, worker)

    def connect(self, started: Started, on_exchange: Callable[[Exchange], None]) -> Erp:
        """Connect to an ERP that is there, with a guard around it in production.

        Raises:
            ErpUnreachable: it does not let us in.
        """
        self._url = started.url
        erp = load_adapter(self.profile.adapter)(self._connection(started, on_exchange, started.url))
        ports_of(erp)
        self._erp = guarded(erp, self.profile.name) if self.profile.environment is Environment.PRODUCTION else erp
        return self._erp

    def ability(self, name: str) -> Any:
        """Return what the stand-in can do to itself; None where it cannot, or is not this process's own."""
        return ability_of(self._standin, name) if self._started else None

    def connect_beside(self, url: str, started: Started, on_exchange: Callable[[Exchange], None]) -> Erp:
        """Connect once more to the same ERP, by another way that leads to it.

        Raises:
            ErpUnreachable: it does not let us in.
        """
        return load_adapter(self.profile.adapter)(self._connection(started, on_exchange, url))

    def answers(self) -> bool:
        """Take a quick look whether anything still answers at the ERP's address."""
        return answers(self._url or "", min(PROBE_SECONDS, self.profile.timeout_seconds))

    def end(self) -> None:
        """Close the connection and stop everything this process started."""
        try:
            if self._erp is not None:
                self._erp.close()
        finally:
            if self._standin is not None:
                try:
                    if self._started:
                        self._standin.stop()
                finally:
                    if self._prepared:
                        self._standin.finish()
            self._erp, self._standin, self._started, self._prepared = None, None, False, False

    def _connection(self, started: Started, on_exchange: Callable[[Exchange], None], url: str) -> Connection:
        return Connection(
            url=url,
            users=started.users,
            timeout_seconds=self.profile.timeout_seconds,
            options={**self.profile.options, **started.options},
            on_exchange=on_exchange,
        )

    def _load(self) -> StandIn | None:
        if self._standin is None and self.profile.url is None:
            self._standin = load_standin(self.profile.adapter, self._state, self.profile.options, self.images)
        return self._standin


def started_as_data(started: Started) -> Mapping[str, Any]:
    """Write a started ERP as plain data, so that it can travel to the workers."""
    return {
        "url": started.url,
        "inside_url": started.inside_url,
        "users": {str(role): [user.name, user.password] for role, user in started.users.items()},
        "options": dict(started.options),
    }


def started_from_data(data: Mapping[str, Any]) -> Started:
    """Read what `started_as_data` wrote."""
    users = {Role(role): Credentials(*user) for role, user in data["users"].items()}
    return Started(url=data["url"], inside_url=data["inside_url"], users=users, options=data["options"])
