"""The pytest plugin: every hook delegates to the module of its subject, and none does anything where the kit is not active."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from erp_testkit.pytest_plugin import container_fixtures, options

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
    from erp_testkit.pytest_plugin import session  # noqa: PLC0415  # heavy, and only for projects that use the kit

    return (yield from session.end_with_exit_code(config))


def pytest_configure(config: pytest.Config) -> None:
    """Register what the kit is made of, in a project that uses it, and in every project what can be used without it."""
    config.pluginmanager.register(container_fixtures, "erp_testkit_containers")
    if options.is_active(config):
        from erp_testkit.pytest_plugin import collect, session  # noqa: PLC0415  # heavy, and only for projects that use the kit

        session.configure(config)
        collect.configure(config)
