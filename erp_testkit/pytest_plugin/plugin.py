"""The pytest plugin: every hook delegates to the module of its subject, and none does anything where the kit is not active."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from erp_testkit.pytest_plugin.fixtures import containers
from erp_testkit.pytest_plugin.session import options

# Before anything imports them: a failing assertion of a step shows both sides, as in a test.
pytest.register_assert_rewrite("erp_testkit.steps")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    options.add_options(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Let the kit decide about the exit code, in a project that uses it."""
    if not options.is_active(config):
        return (yield)
    from erp_testkit.pytest_plugin.session import hooks  # heavy, and only for projects that use the kit

    return (yield from hooks.end_with_exit_code(config))


def pytest_configure(config: pytest.Config) -> None:
    """Register what the kit is made of, in a project that uses it, and in every project what can be used without it."""
    config.pluginmanager.register(containers, "erp_testkit_containers")
    if not options.is_active(config):
        return
    # Heavy, and only for projects that use the kit.
    from erp_testkit.pytest_plugin.bdd import collect
    from erp_testkit.pytest_plugin.contracts.collect import Contracts
    from erp_testkit.pytest_plugin.fixtures import abilities, ports
    from erp_testkit.pytest_plugin.judging.described_test import describe
    from erp_testkit.pytest_plugin.session import hooks

    run = hooks.configure(config)
    config.pluginmanager.register(ports, "erp_testkit_fixtures")
    config.pluginmanager.register(abilities, "erp_testkit_abilities")
    config.pluginmanager.register(Contracts(run), "erp_testkit_contracts")
    collect.configure(config, run.config.tags, describe)
