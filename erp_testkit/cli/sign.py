"""``erp-testkit sign``: a pipeline's own signature of a run.

It is a command of its own, not an option of ``run``: the key then never is in the process that runs steps, plugins and whatever else
the change under test brings along.
"""

from __future__ import annotations

from pathlib import Path

import click

from erp_testkit.cli.language import echo, items, option
from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.domain.said import Said


@click.command
@click.argument("pack", type=click.Path(file_okay=False, path_type=Path))
@click.option("--as", "name", required=True, metavar="NAME", help="Name of a pipeline in ci/approvers.toml.")
@click.option("--key", required=True, metavar="URI", help="A file, or a key that stays in its device, such as hsm:2.")
@click.option("--approvers", metavar="FILE", type=click.Path(path_type=Path), help="Whose keys are whose; ci/approvers.toml.")
@option
def command(pack: Path, name: str, key: str, approvers: Path | None, language: str) -> None:
    """Sign the seal of a run with an in-toto test-result, as the pipeline that made it.

    Exit codes: 0 signed, 1 the run is not as it was sealed, or partial, 2 usage error, 3 the key's device does not sign.
    """
    from erp_testkit.cli.approve import asking, required_approvers  # none of it for --help
    from erp_testkit.evidence import journal
    from erp_testkit.evidence.pack import Pack
    from erp_testkit.evidence.seal import SIGNATURE
    from erp_testkit.evidence.signing import load_signer, sign
    from erp_testkit.evidence.statement import testimony
    from erp_testkit.evidence.verify import examine

    known = required_approvers(approvers)
    signer = load_signer(key, known.pipeline(name), asking)
    run = examine(pack, known.pipelines)
    file = pack / SIGNATURE
    if file.exists():
        raise UsageError(f"Failed to sign {pack}: expected no {SIGNATURE}, got one. Next: erp-testkit verify {pack}")
    reasons = list(run.problems)
    if not run.is_complete:
        reasons.append(Said("it is {ended}", "运行{ended}").with_(ended=run.ended))
    if reasons:
        echo(language, Said("Not signed: {run}", "未签名：{run}").with_(run=pack), *items(reasons))
        raise SystemExit(1)
    envelope = sign(testimony(Pack.open(pack), run.digest), signer)
    try:
        file.write_bytes(envelope)
    except OSError as error:
        raise EnvironmentFailure(f"Failed to write {file}: expected room and rights, got {error.strerror}.") from error
    journal.sign(pack, journal.SIGNED, run.id, file)
    echo(language, Said("Signed by {name}: {file}", "已由 {name} 签名：{file}").with_(name=name, file=file))
