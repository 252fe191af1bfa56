"""``erp-testkit merge``: joins the runs of several CI jobs, each with one shard of the suite, into one run."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from erp_testkit.cli.run import project_root
from erp_testkit.config import STATE
from erp_testkit.domain.errors import UsageError


@click.command(short_help="Join the runs of several shards into one.")
@click.argument("runs", nargs=-1, required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Folder of the joined run; a new one otherwise.")
def command(runs: tuple[Path, ...], output: Path | None) -> None:
    """Join the RUNS of `erp-testkit run --shard K/N` into one run, with one verdict and one report.

    How long the tests took is kept in .erp-testkit/times.json, by which the next shards are split.

    Exit codes: as the runs had them; 2 a shard is there twice or they do not belong together, 3 a shard is missing.
    """
    from erp_testkit.evidence.merging import gaps, merge, parts_of  # noqa: PLC0415  # not needed for --help
    from erp_testkit.evidence.run_folder import RunFolder, write_json  # noqa: PLC0415
    from erp_testkit.evidence.verify import examine  # noqa: PLC0415
    from erp_testkit.pytest_plugin import summary  # noqa: PLC0415
    from erp_testkit.pytest_plugin.sharding import TIMES, group_of_result  # noqa: PLC0415
    from erp_testkit.pytest_plugin.tally import ENVIRONMENT, VERDICTS, exit_code_of  # noqa: PLC0415

    state = project_root(Path.cwd()) / STATE
    for run in runs:
        if problems := examine(run).problems:
            raise UsageError(f"Failed to merge {run}: expected it as it was sealed, got: {problems[0]}. Next: erp-testkit verify {run}")
    packs = parts_of(runs)
    target = output or RunFolder.fresh(state)
    results = [result for pack in packs for result in pack.results()]
    known_but_kept = sorted({known for pack in packs for known in pack.summary.get("known_but_kept", ())})
    merge(packs, target, state, summary.as_data(results, known_but_kept))
    times: dict[str, float] = {}
    for result in results:
        group = group_of_result(result)
        times[group] = times.get(group, 0.0) + result.seconds
    write_json(state / TIMES, {group: round(seconds, 3) for group, seconds in sorted(times.items())})
    gap = gaps(packs)
    code = ENVIRONMENT if gap else exit_code_of(results, known_but_kept)
    lines = summary.lines(
        results,
        seed=packs[0].manifest["seed"],
        folder=str(target),
        seconds=sum(result.seconds for result in results),
        known_but_kept=known_but_kept,
        unmatched=(),
        verdict=f"Not judged: {gap}." if gap else VERDICTS[code],
    )
    click.echo("\n".join(lines))
    sys.exit(code)
