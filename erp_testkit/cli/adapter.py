"""``erp-testkit adapter check``: does an adapter keep what every port promises?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from erp_testkit.cli.run import SESSION
from erp_testkit.config import Environment, load_config
from erp_testkit.domain.errors import UsageError
from erp_testkit.project import project_root
from erp_testkit.pytest_plugin import conformance
from erp_testkit.pytest_plugin.session.options import choose_profile


@click.group
def command() -> None:
    """Check an adapter, ours or your own."""


@command.command(context_settings={"ignore_unknown_options": True})
@click.option("--erp", metavar="NAME", help="Check the adapter of this embedded stand-in: reference or tryton.")
@click.option("--profile", metavar="NAME", help="Check the adapter of this profile of erp-testkit.toml instead of the default one.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST OPTIONS]")
def check(erp: str | None, profile: str | None, arguments: tuple[str, ...]) -> None:
    """Run the tests every adapter must pass, and say per port what is kept, broken and not covered.

    They write master data, orders and stock under new codes. Every option of pytest may be added, such as -k or -x.

    Exit codes: 0 kept, 1 broken, 2 usage or configuration error, 3 environment or tool failure.
    """
    root = project_root(Path.cwd())
    chosen = choose_profile(load_config(root), erp, profile)
    if chosen.environment is Environment.PRODUCTION:
        raise UsageError(f"Failed to check the adapter of profile '{chosen.name}': expected a test or uat environment, got production.")
    asked = f"--erp={erp}" if erp else f"--profile={chosen.name}"
    tests = Path(conformance.__file__).parent
    # Random order is for tests that might depend on each other; these have codes of their own and are easier to read in theirs.
    given = [f"--rootdir={root}", "-p", "no:randomly", "-p", "no:cacheprovider", "--import-mode=importlib", asked, str(tests), *arguments]
    os.execv(sys.executable, [sys.executable, "-c", SESSION, *given])  # noqa: S606
