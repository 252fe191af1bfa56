"""The fixtures steps take: the ERP, one for each port, and the world of the scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from erp_testkit.data.codes import CodeMaker
from erp_testkit.erp.ports import PORTS, Erp
from erp_testkit.pytest_plugin.outcome import NotCovered
from erp_testkit.pytest_plugin.run import RUN
from erp_testkit.steps.world import World

WORLD: pytest.StashKey[World] = pytest.StashKey()
"""Where a test keeps its world."""


@pytest.fixture(scope="session")
def erp(pytestconfig: pytest.Config) -> Erp:
    """The ERP under test, spoken to by its manager."""
    return pytestconfig.stash[RUN].erp()


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """The world of this scenario: which unique code each name in its text stands for."""
    run = request.config.stash[RUN]
    made = request.node.stash[WORLD] = World(CodeMaker(run.seed, run.id, request.node.nodeid))
    return made


def lacking(ports: Iterable[str]) -> str:
    """Say why a scenario that needs some ports cannot run on an ERP without them."""
    return f"not covered: {', '.join(f'port {PORTS[port].__name__}' for port in sorted(ports))}"


def _port_fixture(name: str) -> Callable[..., object]:
    @pytest.fixture(scope="session", name=name)
    def port(erp: Erp) -> object:
        found = getattr(erp, name, None)
        if found is None:
            raise NotCovered(lacking([name]))
        return found

    port.__doc__ = PORTS[name].__doc__
    return port


for _name in PORTS:
    globals()[_name] = _port_fixture(_name)
