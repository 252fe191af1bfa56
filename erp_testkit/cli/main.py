"""The command ``erp-testkit``: finds a command's module when it is called, and turns the kit's errors into exit codes."""

from __future__ import annotations

import importlib
import sys
import warnings

import click

from erp_testkit.domain.errors import KitError

COMMANDS = {
    "adapter": "Check an adapter, ours or your own.",
    "approve": "Sign a run and its verdict.",
    "can-deploy": "Say whether a change may be deployed.",
    "compare": "Say what changed between two runs.",
    "contracts": "Compare versions of interface contracts, or approve one.",
    "docs": "Show the documentation.",
    "doctor": "Check what a run needs.",
    "gate": "Turn the evidence of a run into a verdict.",
    "images": "Build the images stand-ins run in.",
    "init": "Write a starter project, or a pipeline.",
    "invariants": "Read what an upgrade must not change, before and after.",
    "keys": "Make keys to sign with.",
    "matrix": "Hold requirements against the evidence of runs.",
    "merge": "Join the runs of several shards into one.",
    "plan": "Say what a change asks to be tested.",
    "protocol": "Write IQ, OQ and PQ of runs as one document.",
    "qualify": "Prove that the suite detects each known defect.",
    "record-deployment": "Write down that a change was deployed.",
    "report": "Build the report of a run, to read in a browser.",
    "rules": "List the rules, or explain one.",
    "run": "Run scenarios and rules against an ERP.",
    "sheet": "Draw up the page on which a change is approved.",
    "sign": "Sign a run as the pipeline that made it.",
    "standin": "Start the reference ERP, a partner or any contract.",
    "verify": "Check that the evidence of runs is as it was sealed.",
}
"""What each does. Each is the module of the same name beside this one (``_`` for ``-``), with a click command named `command`."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"erp_testkit.cli.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """List the commands without importing them all, which takes a second."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="erp-testkit")
def cli() -> None:
    """The gate before any change to an ERP goes live.

    Exit codes: 0 kept, 1 broken, 2 usage or configuration error, 3 environment or tool failure.
    """


def main() -> None:
    """Run the command line; errors of the kit become one message and their exit code, never a traceback."""
    warnings.showwarning = _warn
    try:
        cli(standalone_mode=True)
    except KitError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)


def _warn(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object, **__: object) -> None:
    """Show the kit's own warnings as the plain sentences they are."""
    ours = category.__module__.startswith("erp_testkit.")
    click.echo(str(message) if ours else warnings.formatwarning(message, category, filename, lineno).rstrip(), err=True)
