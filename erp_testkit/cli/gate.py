"""``erp-testkit gate``: turns the evidence of runs into a verdict; nothing is run again."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from erp_testkit.cli.language import option
from erp_testkit.config import load_config
from erp_testkit.domain.errors import UsageError
from erp_testkit.project import STATE

if TYPE_CHECKING:
    from erp_testkit.gate.verdict.policy import Policy

POLICY, WAIVERS = Path("ci/gate.toml"), Path("ci/waivers.toml")


@click.command
@click.argument("run", nargs=-1, metavar="[RUN]...")
@click.option("--policy", metavar="FILE|NAME", help=f"File, or strict, standard or observe; {POLICY} where there is one, else standard.")
@click.option("--waivers", metavar="FILE", type=click.Path(path_type=Path), help=f"Accepted findings; {WAIVERS} where there is one.")
@click.option(
    "--output", metavar="DIR", type=click.Path(path_type=Path), help="Where to write the verdict; the folder gate/ of the first RUN."
)
@click.option("--at", metavar="MOMENT", help="Judge as of 2026-11-23T09:30:00Z, UTC; now.")
@option
def command(run: tuple[str, ...], policy: str | None, waivers: Path | None, output: Path | None, at: str | None, language: str) -> None:
    """Turn the evidence of a run into a verdict: approved for signing, needs waiver, or rejected.

    RUN is the folder of a run, or its name; several are judged together. Without RUN: the latest run. Nothing is run again.

    Exit codes: 0 approved for signing, 1 needs waiver or rejected, 2 policy, waivers or a run are wrong, 3 a run could not judge.
    """
    from erp_testkit.cli import verdict_screen  # none of it for --help
    from erp_testkit.evidence.pack import Pack
    from erp_testkit.evidence.seal import APPROVALS
    from erp_testkit.gate.reports import files
    from erp_testkit.gate.requirements.requirements import of_project
    from erp_testkit.gate.verdict import verdict
    from erp_testkit.project import project_root

    root = project_root(Path.cwd())
    runs = root / STATE / "runs"
    rules = chosen_policy(root, policy)
    accepted = waivers or (root / WAIVERS if (root / WAIVERS).is_file() else None)
    packs = [Pack.open(path) for path in folders(root, run)]
    wanted = of_project(load_config(root))
    judged = verdict.judge(packs, rules, waivers=accepted, at=verdict.moment(at), runs=runs, requirements=wanted)
    target = output or packs[0].path / files.FOLDER
    if output is None and (packs[0].path / APPROVALS).is_dir():
        raise UsageError(
            f"Failed to write the verdict of run {packs[0].name}: expected a run nobody has approved, got one whose approvals are of the "
            "verdict that is there. Next: name another folder with --output, or run it again: erp-testkit run"
        )
    files.write(judged, target)
    for line in verdict_screen.lines(judged, near(target), language):
        click.echo(line)
    sys.exit(judged.exit_code)


def chosen_policy(root: Path, given: str | None) -> Policy:
    """Return the policy that is named, or the project's own.

    Raises:
        UsageError: it cannot be read, or has mistakes.
    """
    from erp_testkit.gate.verdict.policy import BUILT_IN, load_policy

    if given is not None:
        return load_policy(given if given in BUILT_IN else Path(given))
    return load_policy(root / POLICY if (root / POLICY).is_file() else "standard")


def folders(root: Path, names: Sequence[str]) -> list[Path]:
    """Return the folders of runs given by their paths or by their names; without any, that of the latest run.

    Raises:
        UsageError: there is no run at all.
    """
    runs = root / STATE / "runs"
    return [_folder(name, runs) for name in names] or [_latest(runs)]


def _folder(name: str, runs: Path) -> Path:
    return Path(name) if Path(name).exists() or not (runs / name).is_dir() else runs / name


def _latest(runs: Path) -> Path:
    found = sorted(path.parent for path in runs.glob("*/manifest.json"))
    if not found:
        raise UsageError(f"Failed to find the latest run: expected a run in {runs}, got none. Next: erp-testkit run")
    return found[-1]


def near(path: Path) -> Path:
    """Return a path as the user may type it here."""
    here = Path.cwd()
    return path.resolve().relative_to(here) if path.resolve().is_relative_to(here) else path
