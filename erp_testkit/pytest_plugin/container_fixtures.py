"""Fixtures for a user's own tests: the kit's stand-ins in containers, one set for each session, and nothing left of them after it.

They are there in every project in which the kit is installed, also without a configuration. `docs/containers.md` shows them in use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from erp_testkit.standins.containers.reference import ReferenceContainers
    from erp_testkit.standins.partners import Partner
    from erp_testkit.standins.standin import Started

# Everything else is imported where it is needed: this module is loaded in every project.


@pytest.fixture(scope="session")
def erp_testkit_containers(pytestconfig: pytest.Config) -> Iterator[tuple[ReferenceContainers, Mapping[str, str]]]:
    """What the other fixtures share: a private network with a database server.

    The images are those of `[images]` in the project's configuration.

    Raises:
        EnvironmentFailure: there is no engine, or an image is missing.
    """
    from erp_testkit.config import STATE, load_config  # noqa: PLC0415
    from erp_testkit.standins.containers.reference import ReferenceContainers  # noqa: PLC0415

    containers = ReferenceContainers(pytestconfig.rootpath / STATE, {}, dict(load_config(pytestconfig.rootpath).images))
    try:
        yield containers, containers.prepare()
    finally:
        containers.finish()


@pytest.fixture(scope="session")
def erp_container(erp_testkit_containers: tuple[ReferenceContainers, Mapping[str, str]], erp_testkit_worker: str) -> Iterator[Started]:
    """The reference ERP in a container: `url`, `users` by role, and `inside_url` for other containers on its network."""
    containers, prepared = erp_testkit_containers
    try:
        yield containers.start(prepared, erp_testkit_worker)
    finally:
        containers.stop()


@pytest.fixture(scope="session")
def partner_containers(
    pytestconfig: pytest.Config, erp_testkit_containers: tuple[ReferenceContainers, Mapping[str, str]], erp_testkit_worker: str
) -> Iterator[Mapping[str, Partner]]:
    """The partners in containers, by name: ``wms``, ``carrier``, ``udi``; on the network of `erp_container`."""
    from erp_testkit.config import STATE, load_config  # noqa: PLC0415
    from erp_testkit.standins.containers.partner import PartnerContainer  # noqa: PLC0415
    from erp_testkit.standins.partners import PARTNERS  # noqa: PLC0415

    state, images = pytestconfig.rootpath / STATE, dict(load_config(pytestconfig.rootpath).images)
    _, prepared = erp_testkit_containers
    with ExitStack() as running, ThreadPoolExecutor() as starting:
        standins = [PartnerContainer(name, state, images, prepared, erp_testkit_worker) for name in PARTNERS]
        for standin in standins:
            running.callback(standin.stop)
        yield dict(zip(PARTNERS, starting.map(PartnerContainer.start, standins), strict=True))


@pytest.fixture(scope="session")
def postgres_url(erp_testkit_containers: tuple[ReferenceContainers, Mapping[str, str]]) -> str:
    """The address of an empty PostgreSQL database in a container, whose user may create more: ``postgresql://user:password@host:port/own``."""
    from erp_testkit.standins.postgres import PostgresServer  # noqa: PLC0415

    server = PostgresServer.at(erp_testkit_containers[1]["database"])
    server.create("own")
    return server.uri_of("own")


@pytest.fixture(scope="session")
def erp_testkit_worker(pytestconfig: pytest.Config) -> str:
    """Name of this process: ``main``, or of the worker of pytest-xdist. Each has containers of its own."""
    name: str = getattr(pytestconfig, "workerinput", {}).get("workerid", "main")
    return name
