"""Stand-ins of the partner systems around an ERP: WMS, carrier, UDI registry.

This module is the kit's side: it starts a partner as a process of its own and speaks to its control endpoint. Everything else in this
package runs in that process.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from erp_testkit.domain.errors import EnvironmentFailure, UsageError, closest
from erp_testkit.standins import local_http
from erp_testkit.standins.process import ChildProcess
from erp_testkit.standins.web_server import new_secret, start

PARTNERS = ("wms", "carrier", "udi")
"""Names of the partners that have a stand-in."""

TOKEN, SECRET, CONTROL = "ERP_TESTKIT_PARTNER_TOKEN", "ERP_TESTKIT_PARTNER_SECRET", "ERP_TESTKIT_PARTNER_CONTROL"
"""Environment variables by which the process gets its secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message a partner received."""

    at: datetime
    """UTC."""
    message: str
    """Its ``X-Message-Id``, empty where it had none."""
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: str
    status: int
    """What the partner answered; 0 where it cut the connection instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One report a partner sent to the ERP by itself."""

    url: str
    body: str
    status: int
    """What the ERP answered; 0 where no answer came."""
    answer: str
    """The ERP's words, or why none came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A partner's stand-in that answers."""

    name: str
    url: str
    """Where its interface is, below which its contract's paths lie."""
    token: str = field(repr=False)
    """What its interface wants as ``Authorization: Bearer …``."""
    secret: str = field(repr=False)
    """Shared with the ERP: messages to it are signed with it (HMAC-SHA256)."""
    control: str = field(repr=False)
    """What its control endpoint wants as ``Authorization: Bearer …``."""
    inside_url: str = ""
    """Where an ERP on a network of its own reaches it, if not at `url`."""

    @property
    def address(self) -> str:
        """Where the ERP reaches it."""
        return self.inside_url or self.url

    def misbehave(self, name: str, **options: object) -> None:
        """Switch one misbehaviour on, such as ``fail-first`` with ``times=2``; the former one is switched off.

        Raises:
            UsageError: there is none of that name, or it has no such option.
            EnvironmentFailure: the stand-in does not answer.
        """
        self._ask("PUT", "misbehaviour", {"name": name, **options})

    def behave(self) -> None:
        """Switch misbehaviour off.

        Raises:
            EnvironmentFailure: the stand-in does not answer.
        """
        self._ask("DELETE", "misbehaviour")

    def received(self) -> Sequence[Received]:
        """Return every message received so far, oldest first, refused ones too.

        Raises:
            EnvironmentFailure: the stand-in does not answer.
        """
        return [Received(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in self._ask("GET", "received")]

    def report_to(self, url: str, token: str) -> None:
        """Have what it does with each message from now on reported to an ERP's callback address: the WMS confirms, the carrier delivers.

        Args:
            url: the callback's address.
            token: what the ERP wants as ``Authorization: Bearer …``.

        Raises:
            UsageError: the address is none of HTTP.
            EnvironmentFailure: the stand-in does not answer.
        """
        self._ask("PUT", "erp", {"url": url, "token": token})

    def reported(self) -> Sequence[Reported]:
        """Return every report sent so far, oldest first.

        Raises:
            EnvironmentFailure: the stand-in does not answer.
        """
        return [Reported(**one) for one in self._ask("GET", "reports")]

    def _ask(self, method: str, what: str, content: Mapping[str, object] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.control}"}
        try:
            response = local_http.request(method, f"{self.url}/control/{what}", json=content, headers=headers)
        except ConnectionError as error:
            raise EnvironmentFailure(f"Failed to reach the stand-in of partner '{self.name}' at {self.url}: got {error}.") from error
        if not response.is_success:
            raise UsageError(str(response.json()["detail"]))
        return response.json()


class PartnerStandIn:
    """A partner's stand-in as the kit starts it.

    Args:
        name: one of `PARTNERS`.
        state: the project's state folder.
        port: where it listens; 0 for any that is free.
    """

    def __init__(self, name: str, state: Path, port: int = 0) -> None:
        """Remember what to start.

        Raises:
            UsageError: there is none of that name.
        """
        if name not in PARTNERS:
            raise UsageError(f"Failed to start partner '{name}': expected one that has a stand-in. {closest(name, PARTNERS)}")
        self._name, self._state, self._port = name, state, port
        self._process: ChildProcess | None = None

    @property
    def log(self) -> Path:
        """File its output goes to."""
        return self._state / "partners" / f"{self._name}-{os.getpid()}.log"

    def start(self) -> Partner:
        """Start it and wait until it answers.

        Raises:
            EnvironmentFailure: it cannot be started.
        """
        token, secret, control = new_secret(), new_secret(), new_secret()
        environment = {TOKEN: token, SECRET: secret, CONTROL: control}
        self._process, url = start(__name__, ["--partner", self._name], port=self._port, log=self.log, secret=environment)
        return Partner(name=self._name, url=url, token=token, secret=secret, control=control)

    def stop(self) -> None:
        """Stop it; does nothing where it does not run."""
        if self._process is not None:
            self._process.stop()
            self._process = None
