"""The fixtures that spoil machines and networks; each one's teardown sets right what a scenario has left spoilt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from erp_testkit.erp.ports import Erp
from erp_testkit.pytest_plugin.outcome import NotCovered
from erp_testkit.pytest_plugin.run import RUN
from erp_testkit.standins.abilities import ABILITIES, Clock, Database, DatabaseServer, Disk, Line, Machine, Partners
from erp_testkit.standins.network import Network

if TYPE_CHECKING:
    from erp_testkit.pytest_plugin.contracts import Contracts


def _able(config: pytest.Config, name: str) -> Any:
    run = config.stash[RUN]
    run.erp()  # which starts the stand-in
    found = run.under_test.ability(name)
    if found is None:
        raise NotCovered(f"not covered: ability {ABILITIES[name]}")
    return found


@pytest.fixture
def machine(pytestconfig: pytest.Config) -> Iterator[Machine]:
    """The machine the ERP runs on; it runs again afterwards."""
    found: Machine = _able(pytestconfig, "machine")
    yield found
    found.start()


@pytest.fixture
def clock(pytestconfig: pytest.Config) -> Iterator[Clock]:
    """The ERP's clock; it is right again afterwards."""
    found: Clock = _able(pytestconfig, "clock")
    yield found
    found.set_right()


@pytest.fixture
def database(pytestconfig: pytest.Config) -> Iterator[Database]:
    """The ERP's database; it is back afterwards."""
    found: Database = _able(pytestconfig, "database")
    yield found
    found.restore()


@pytest.fixture
def database_server(pytestconfig: pytest.Config) -> Iterator[DatabaseServer]:
    """The server of the ERP's database; it runs again afterwards."""
    found: DatabaseServer = _able(pytestconfig, "database_server")
    yield found
    found.start()


@pytest.fixture
def disk(pytestconfig: pytest.Config) -> Iterator[Disk]:
    """The disk of the ERP's database; there is room on it again afterwards."""
    found: Disk = _able(pytestconfig, "disk")
    yield found
    found.free()


@pytest.fixture
def network(pytestconfig: pytest.Config) -> Iterator[Network]:
    """Links that can be made bad; closed afterwards."""
    found: Network = _able(pytestconfig, "network")
    yield found
    found.close()


@pytest.fixture
def cables(pytestconfig: pytest.Config) -> Iterator[Network]:
    """Links of the container engine; plugged in again afterwards."""
    found: Network = _able(pytestconfig, "cables")
    yield found
    found.close()


@pytest.fixture
def second_line(pytestconfig: pytest.Config, erp: Erp, network: Network) -> Iterator[Line]:  # noqa: ARG001  # the ERP must have been started
    """A second, signed-in connection to the ERP, over a link that can be made bad."""
    run = pytestconfig.stash[RUN]
    assert run.started is not None
    link = network.link(run.started.url)
    beside = run.under_test.connect_beside(link.address, run.started, run.heard)
    yield Line(beside, link)
    beside.close()


@pytest.fixture
def partners(pytestconfig: pytest.Config) -> Partners:
    """The partner systems beside the ERP."""
    contracts: Contracts | None = pytestconfig.pluginmanager.get_plugin("erp_testkit_contracts")
    assert contracts is not None
    return contracts.partners
