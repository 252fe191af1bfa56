"""``erp-testkit merge``: joins the runs of several CI jobs, each with one shard of the suite, into one run."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=click.Path(file_okay=False, path_type=Path))
@click.option("--output", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Folder of the joined run; else a new one.")
@click.option("--approvers", metavar="FILE", type=click.Path(path_type=Path), help="Whose keys are whose; ci/approvers.toml.")
def command(runs: tuple[Path, ...], output: Path | None, approvers: Path | None) -> None:
    """Join the RUNs of `erp-testkit run --shard K/N` into one run, with one verdict and one report.

    How long the tests took is kept in .erp-testkit/times.json, by which the next shards are split.

    Exit codes: 0 kept, 1 broken, 2 a shard is there twice or they do not belong together, 3 a shard is missing or could not judge.
    """
    from erp_testkit.evidence.merging import merge, parts_of
    from erp_testkit.evidence.run_folder import RunFolder
    from erp_testkit.gate.approval.approvers import find_approvers
    from erp_testkit.project import (
        STATE,
        project_root,  # none of it for --help
    )
    from erp_testkit.pytest_plugin.session import summary
    from erp_testkit.pytest_plugin.session.shard import TIMES, save_times
    from erp_testkit.pytest_plugin.session.tally import BROKEN, ENVIRONMENT, VERDICTS, exit_code_of

    root = project_root(Path.cwd())
    state = root / STATE
    known = find_approvers(approvers, root)
    parts = parts_of(runs, known.pipelines if known else None)
    results = parts.results
    save_times(state / TIMES, results)
    target = output or RunFolder.fresh(state)
    merge(parts, target, state, summary.as_data(results, parts.known_but_kept))
    code = ENVIRONMENT if parts.gaps else exit_code_of(results, parts.known_but_kept) or (BROKEN if parts.failed_beside else 0)
    for test in parts.failed_beside:
        click.echo(f"erp-testkit: failed, beside scenarios and contracts: {test}")
    lines = summary.lines(
        results,
        seed=parts.there[0].pack.manifest["seed"],
        folder=str(target),
        seconds=sum(result.seconds for result in results),
        known_but_kept=parts.known_but_kept,
        unmatched=(),
        verdict=f"Not judged: {parts.gaps}." if parts.gaps else VERDICTS[code],
    )
    click.echo("\n".join(lines))
    sys.exit(code)
