"""``erp-testkit invariants``: reads a fixed vector through the adapter before an upgrade and again after it, and says what differs."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click

from erp_testkit.config import load_config
from erp_testkit.project import STATE, project_root

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group
def command() -> None:
    """Read what must stay the same, before and after an upgrade. Only reading calls are made, in production as well."""


@command.command()
@click.argument("vector", type=_FILE)
@click.argument("output", type=_FILE)
@click.option("--erp", metavar="NAME", help="Read from the embedded stand-in of this adapter.")
@click.option("--profile", metavar="NAME", help="Read from this profile of erp-testkit.toml instead of the default one.")
def capture(vector: Path, output: Path, erp: str | None, profile: str | None) -> None:
    """Ask the ERP everything VECTOR names and write its answers to OUTPUT.

    Exit codes: 0 written, 1 the ERP answers wrongly, 2 usage or configuration error, 3 the ERP cannot be reached.
    """
    from erp_testkit.domain.ledger import time_text  # not needed for --help
    from erp_testkit.evidence.run_folder import write_json
    from erp_testkit.gate.changes.invariants import capture, load_vector
    from erp_testkit.pytest_plugin.session.options import choose_profile
    from erp_testkit.pytest_plugin.session.under_test import UnderTest

    root = project_root(Path.cwd())
    reads = load_vector(vector)
    chosen = choose_profile(load_config(root), erp, profile)
    under_test = UnderTest(chosen, root / STATE)
    with ExitStack() as stack:
        stack.callback(under_test.end)
        connected = under_test.connect(under_test.start(under_test.prepare(), "invariants"), lambda _: None)
        answers = capture(connected, reads)
        facts = {"erp": connected.name, "profile": chosen.name, "at": time_text(datetime.now(UTC))}
    write_json(output, {**facts, "answers": answers})
    click.echo(f"{len(answers)} answers of {facts['erp']} written to {output}")


@command.command()
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
def compare(before: Path, after: Path) -> None:
    """Say what reads differently in two captures.

    Exit codes: 0 nothing, 1 something, 2 a file cannot be read.
    """
    from erp_testkit.gate.changes.invariants import differences, read_capture  # not needed for --help

    first, second = read_capture(before), read_capture(after)
    found = list(differences(first["answers"], second["answers"]))
    click.echo(f"Before: {first.get('erp')}, {first.get('at')}\nAfter:  {second.get('erp')}, {second.get('at')}\n")
    for one in found:
        click.echo(f"{one.read} {one.path}: {one.before!r} before, {one.after!r} after")
    click.echo(f"{len(first['answers'])} answers, {len(found)} differences")
    sys.exit(1 if found else 0)
