"""``erp-testkit verify``: is the evidence of runs as it was sealed, and who signed it?"""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command
@click.argument("packs", nargs=-1, required=True, metavar="PACK...", type=click.Path(file_okay=False, path_type=Path))
@click.option("--approvers", metavar="FILE", type=click.Path(path_type=Path), help="Whose keys are whose; ci/approvers.toml.")
def command(packs: tuple[Path, ...], approvers: Path | None) -> None:
    """Check offline that the evidence of runs is as it was sealed, who signed it, and that no run of its project is missing.

    PACK is the folder of a run. Runs that were moved to an archive count as there if they are named, too.

    Exit codes: 0 all as it was, 1 something was changed, 2 usage error.
    """
    from erp_testkit.evidence.verify import examine, examine_journal
    from erp_testkit.gate.approval.approvals import read
    from erp_testkit.gate.approval.approvers import find_approvers
    from erp_testkit.project import project_root  # none of it for --help

    known = find_approvers(approvers, project_root(Path.cwd()))
    examined = [examine(pack, known.pipelines if known else None) for pack in packs]
    missing = examine_journal(examined)
    problems = len(missing)
    for run in examined:
        signatures = read(run, known)
        found = [*run.problems, *signatures.problems]
        problems += len(found)
        signed = [f"approved by {one.name}, {one.role}, {one.at:%Y-%m-%d %H:%M} UTC: {one.meaning}" for one in signatures.approvals]
        _print(f"{run.path}: {_count(len(found))}", [*(f"! {problem}" for problem in found), *run.notes, *signed])
    if missing:
        _print(f"the project's runs: {_count(len(missing))}", [f"! {problem}" for problem in missing])
    click.echo("Not as it was sealed." if problems else "All as it was sealed.")
    sys.exit(1 if problems else 0)


def _count(problems: int) -> str:
    return "as it was sealed" if not problems else "1 problem" if problems == 1 else f"{problems} problems"


def _print(heading: str, lines: list[str]) -> None:
    click.echo("\n".join([heading, *(f"  {line}" for line in lines)]))
