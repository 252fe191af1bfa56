"""``erp-testkit compare``: what changed between two runs, the version that is live and the candidate."""

from __future__ import annotations

import sys
from pathlib import Path

import click

_FOLDER = click.Path(file_okay=False, path_type=Path)
_HEADINGS = {
    "outcome": "Outcomes",
    "rule": "Rules",
    "answer": "Answers",
    "figure": "Figures",
    "time": "Answer times",
}
_SHOWN = 20
"""How many changes of a kind are printed; the file has all of them."""


@click.command
@click.argument("before", type=_FOLDER)
@click.argument("after", type=_FOLDER)
@click.option("--noise", type=click.Path(dir_okay=False, path_type=Path), help="TOML file of more fields whose values mean nothing.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write everything as JSON to this file.")
def command(before: Path, after: Path, noise: Path | None, output: Path | None) -> None:
    """Say what changed between two runs of the same scenarios, such as the version that is live and the candidate.

    Use the same seed for both (--erp-seed). Codes, document numbers and times are told apart from real changes.

    Exit codes: 0 nothing is worse, 1 something that was kept is not kept any more, 2 a run cannot be read.
    """
    from erp_testkit.evidence.pack import Pack  # not needed for --help
    from erp_testkit.evidence.run_folder import write_json
    from erp_testkit.gate.changes.before_after import compare
    from erp_testkit.gate.changes.noise import load_noise, shipped_noise

    first, second = Pack.open(before), Pack.open(after)
    found = compare(first, second, (*shipped_noise(str(first.manifest.get("adapter"))), *(load_noise(noise) if noise else ())))
    click.echo(f"Before {found.before}, after {found.after}: {found.compared} tests compared")
    for note in found.notes:
        click.echo(f"Note: {note}")
    for kind, heading in _HEADINGS.items():
        changes = [change for change in found.changes if change.kind == kind]
        if changes:
            click.echo(f"\n{heading} ({len(changes)})")
        for change in changes[:_SHOWN]:
            click.echo(f"  {'! ' if change.worse else ''}{change.where}\n    before: {change.before}\n    after:  {change.after}")
        if len(changes) > _SHOWN:
            click.echo(f"  … {len(changes) - _SHOWN} more")
    if output is not None:
        write_json(output, found.as_data())
    click.echo(f"\n{'Worse.' if found.is_worse else 'Nothing is worse.'}")
    sys.exit(1 if found.is_worse else 0)
