"""``erp-testkit approve``: a person's signature below a run and its verdict."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from erp_testkit.cli.language import echo, items, option
from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.domain.said import Said

if TYPE_CHECKING:
    from erp_testkit.gate.approval.approvers import Approvers


@click.command
@click.argument("pack", type=click.Path(file_okay=False, path_type=Path))
@click.option("--as", "name", required=True, metavar="NAME", help="Your name, as it stands in ci/approvers.toml.")
@click.option("--key", required=True, metavar="URI", help="Your key: a file, or one that stays in its device, such as hsm:2.")
@click.option("--meaning", required=True, metavar="TEXT", help="What your signature means.")
@click.option("--approvers", metavar="FILE", type=click.Path(path_type=Path), help="Who may approve; ci/approvers.toml.")
@option
def command(pack: Path, name: str, key: str, meaning: str, approvers: Path | None, language: str) -> None:
    """Sign a run and its verdict: with your name, the time and what it means.

    Whoever wrote the change cannot approve it, and nobody can twice. Who signs second, signs over what the first one signed.

    Exit codes: 0 signed, 1 it cannot be approved, 2 usage error, 3 the key's device does not sign.
    """
    from erp_testkit.evidence import journal  # none of it for --help
    from erp_testkit.evidence.signing import load_signer, sign
    from erp_testkit.evidence.verify import examine
    from erp_testkit.gate.approval import approvals

    known = required_approvers(approvers)
    at = datetime.now(UTC)
    person = known.named(name, at)
    run = examine(pack, known.pipelines)
    signatures = approvals.read(run, known)
    echo(language, *(one.said() for one in signatures.approvals))
    reasons = list(approvals.refusals(run, signatures, person, at, meaning))
    if reasons:
        echo(language, Said("Not approved: {run}", "未签批：{run}").with_(run=pack), *items(reasons))
        raise SystemExit(1)
    signer = load_signer(key, person.key, asking)
    envelope = sign(approvals.said(run, signatures, person, at, meaning), signer)
    file = approvals.next_file(pack, signatures)
    try:
        file.parent.mkdir(exist_ok=True)
        with file.open("xb") as target:  # another one may have signed just now
            target.write(envelope)
    except OSError as error:
        raise EnvironmentFailure(f"Failed to write {file}: expected room and rights, got {error.strerror}.") from error
    journal.sign(pack, journal.APPROVED, run.id, file)
    *_, own = approvals.read(run, known).approvals
    echo(language, own.said(), str(file))


def required_approvers(given: Path | None) -> Approvers:
    """Return the approvers of a file that is named, or of the project's own.

    Raises:
        UsageError: there is no such file, or it has mistakes.
    """
    from erp_testkit.gate.approval.approvers import FILE, find_approvers
    from erp_testkit.project import project_root

    known = find_approvers(given, project_root(Path.cwd()))
    if known is None:
        raise UsageError(f"Failed to find who may sign: expected {FILE}, got none. Next: erp-testkit keys new NAME, and write it there")
    return known


def asking(what: str) -> str:
    """Ask the person at the screen for a secret."""
    secret: str = click.prompt(what, hide_input=True, err=True)
    return secret
