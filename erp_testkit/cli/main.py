"""The command ``erp-testkit``: finds a command's module when it is called, and turns the kit's errors into exit codes."""

from __future__ import annotations

import importlib
import sys

import click

from erp_testkit.domain.errors import KitError

COMMANDS = (
    "adapter",
    "approve",
    "can-deploy",
    "compare",
    "contracts",
    "doctor",
    "gate",
    "images",
    "init",
    "invariants",
    "keys",
    "matrix",
    "merge",
    "plan",
    "protocol",
    "qualify",
    "record-deployment",
    "rules",
    "run",
    "sheet",
    "sign",
    "standin",
    "verify",
)
"""Each is the module of the same name beside this one (``_`` for ``-``), with a click command named `command`."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"erp_testkit.cli.{cmd_name.replace('-', '_')}").command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="erp-testkit")
def cli() -> None:
    """The gate before any change to an ERP goes live.

    Exit codes: 0 kept, 1 broken, 2 usage or configuration error, 3 environment or tool failure.
    """


def main() -> None:
    """Run the command line; errors of the kit become one message and their exit code, never a traceback."""
    try:
        cli(standalone_mode=True)
    except KitError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
