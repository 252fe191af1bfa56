"""``erp-testkit can-deploy``: yes or no, with reasons."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from erp_testkit.cli.language import echo, items, option
from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.said import Said

if TYPE_CHECKING:
    from erp_testkit.gate.approval.deployments import Decision

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@click.command
@click.argument("change")
@click.option("--to", "environment", required=True, metavar="ENV", help="Where it is to go, such as production.")
@click.option("--packs", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Where the runs are.")
@click.option("--policy", metavar="FILE|NAME", help="File, or strict, standard or observe; ci/gate.toml where there is one, else standard.")
@click.option("--approvers", metavar="FILE", type=click.Path(path_type=Path), help="Who may approve; ci/approvers.toml.")
@option
def command(change: str, environment: str, packs: Path | None, policy: str | None, approvers: Path | None, language: str) -> None:
    """Say whether a change may be deployed: CHANGE is a commit of git.

    Its latest run with a verdict decides: sealed, complete, young enough, approved for signing, and signed by whom the policy asks for.

    Exit codes: 0 yes, 1 no, 2 usage error.
    """
    decision = decided(change, environment, packs, policy, approvers)
    yes = Said("Yes: {change} may go to {environment}.", "可以：{change} 可部署到 {environment}。")
    no = Said("No: {change} may not go to {environment}.", "不可以：{change} 不得部署到 {environment}。")
    answer = (yes if decision.is_yes else no).with_(change=decision.change, environment=environment)
    echo(language, answer, *items(decision.reasons))
    if decision.run is not None:
        echo(language, Said("Decided by {run}", "依据运行 {run}").with_(run=decision.run.path))
    sys.exit(0 if decision.is_yes else 1)


def decided(change: str, environment: str, packs: Path | None, policy: str | None, approvers: Path | None) -> Decision:
    """Decide with the project's own policy, approvers and runs, where no others are named.

    Raises:
        UsageError: a file has mistakes, or there is no such commit.
    """
    from erp_testkit.cli.gate import chosen_policy  # none of it for --help
    from erp_testkit.gate.approval.approvers import find_approvers
    from erp_testkit.gate.approval.deployments import decide
    from erp_testkit.project import STATE, project_root

    root = project_root(Path.cwd())
    runs = packs or root / STATE / "runs"
    folders = sorted(folder for folder in runs.iterdir() if folder.is_dir()) if runs.is_dir() else []
    return decide(
        commit(root, change), environment, folders, chosen_policy(root, policy), find_approvers(approvers, root), datetime.now(UTC)
    )


def commit(root: Path, change: str) -> str:
    """Return the whole id of a commit.

    Raises:
        UsageError: git does not know it, and it is no whole id.
    """
    if _COMMIT.fullmatch(change):
        return change
    asked = ["git", "-C", str(root), "rev-parse", "--verify", "--quiet", "--end-of-options", f"{change}^{{commit}}"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise UsageError(f"Failed to find change '{change}': expected a commit of git, or its whole id, got neither.") from error
