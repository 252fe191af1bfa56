"""The live world contracts are checked in: the ERP under test, and partners that are started when a check first needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_testkit.contracts.check import System
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.domain.exchange import Exchange
from erp_testkit.erp.ports import Erp
from erp_testkit.pytest_plugin.session.run import Run
from erp_testkit.standins.partners import PARTNERS, Partner, PartnerStandIn

if TYPE_CHECKING:
    from erp_testkit.standins.containers.partner import PartnerContainer


class PartnerSystems:
    """The partner stand-ins of one process of the run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._running: dict[str, tuple[PartnerStandIn | PartnerContainer, Partner]] = {}

    def partner(self, name: str) -> Partner:
        """Return a partner's stand-in; the first call starts it.

        Raises:
            EnvironmentFailure: it cannot be started.
            UsageError: there is none of that name.
        """
        if name not in PARTNERS:
            raise UsageError(f"Failed to start partner '{name}': expected one that has a stand-in. {closest(name, PARTNERS)}")
        if name not in self._running:
            standin = self._standin(name)
            self._run.evidence.logs[name] = standin.log
            self._running[name] = standin, standin.start()
        return self._running[name][1]

    def _standin(self, name: str) -> PartnerStandIn | PartnerContainer:
        run, images = self._run, self._run.session.under_test.images
        if images is None or run.plan.profile.url is not None:
            return PartnerStandIn(name, run.plan.state)
        from erp_testkit.standins.containers.partner import PartnerContainer  # not where nothing runs in containers

        run.erp()  # whose network it joins
        return PartnerContainer(name, run.plan.state, images, run.session.prepared, run.worker)

    def end(self) -> None:
        """Stop what was started."""
        while self._running:
            _, (standin, _) = self._running.popitem()
            standin.stop()


class LiveWorld:
    """A `Live` for one check.

    Args:
        run: the run.
        partners: those of this process.
        node: id of the test, which makes its codes its own.
    """

    def __init__(self, run: Run, partners: PartnerSystems, node: str) -> None:
        self._run = run
        self._partners = partners
        self._codes = run.plan.codes_of(node)
        self.seed, self.today = run.plan.drawn.seed, run.plan.drawn.today

    @property
    def erp(self) -> Erp:
        """The ERP under test."""
        return self._run.erp()

    def code(self, kind: str, alias: str) -> str:
        """Return a unique code."""
        return self._codes(kind, alias)

    def system(self, name: str) -> System:
        """Return how to reach the ERP or a partner."""
        if name == "erp":
            self._run.erp()
            started = self._run.session.started
            assert started is not None
            return System(name=name, url=started.url, users=started.users)
        configured = self._run.config.partner(name)
        if configured is not None:
            return System(name=name, url=configured.url, token=configured.token)
        if name not in PARTNERS:
            choices = {"erp", *PARTNERS, *self._run.config.partners}
            raise UsageError(
                f"Failed to reach system '{name}': expected one that is configured or has a stand-in. {closest(name, choices)} "
                f"Next: write [partners.{name}] with its url into erp-testkit.toml"
            )
        partner = self._partners.partner(name)
        return System(name=name, url=partner.url, token=partner.token)

    def partner(self, name: str) -> Partner:
        """Return the stand-in of a partner."""
        return self._partners.partner(name)

    def on_exchange(self, exchange: Exchange) -> None:
        """Keep an exchange."""
        self._run.session.on_exchange(exchange)
