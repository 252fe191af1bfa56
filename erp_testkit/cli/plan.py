"""``erp-testkit plan``: what must be tested because of a change, what may be left out, and what nothing tests."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from erp_testkit.domain.errors import UsageError
from erp_testkit.project import STATE, project_root

LINKS = Path("ci") / "plan.toml"


@click.command
@click.option(
    "--changed",
    "changes",
    multiple=True,
    required=True,
    metavar="KIND:NAME",
    help="operation, mapping, config or module; may be given several times.",
)
@click.option(
    "--tests", type=click.Path(dir_okay=False, path_type=Path), help="Write the tests that must run to this file: erp-testkit run @FILE"
)
def command(changes: tuple[str, ...], tests: Path | None) -> None:
    """Say what a change asks to be tested: what must run, what may be left out, and what is changed but not tested.

    What each test touches is learned from the runs in .erp-testkit/runs; ci/plan.toml links modules and configuration keys to operations.

    Exit codes: 0 everything that changes is tested by something, 1 not so, 2 usage or configuration error.
    """
    from erp_testkit.evidence.pack import Pack  # not needed for --help
    from erp_testkit.evidence.run_folder import MANIFEST, write_text
    from erp_testkit.gate.requirements.plan import learn, load_links, parse, plan

    root = project_root(Path.cwd())
    wanted = [parse(change) for change in changes]
    runs = [file.parent for file in sorted((root / STATE / "runs").glob(f"*/{MANIFEST}"))]
    if not runs:
        raise UsageError("Failed to plan: expected at least one run to learn from, got none. Next: erp-testkit run")
    links = load_links(root / LINKS) if (root / LINKS).is_file() else ()
    found = plan(learn(map(Pack.open, runs)), wanted, links)
    click.echo(f"Learned from {len(runs)} runs: {len(found.must) + len(found.left_out)} tests")
    for change in dict.fromkeys(wanted):
        scenarios = Counter(scenario for scenario, reasons in found.must.values() if change in reasons)
        click.echo(f"\n{change}: {', '.join(sorted(scenarios)) or 'CHANGED BUT NOT TESTED'}")
    click.echo(f"\nMust run: {len(found.must)}; may be left out: {len(found.left_out)}; changed but not tested: {len(found.untested)}")
    if tests is not None:
        write_text(tests, "".join(f"{node}\n" for node in found.must))
    sys.exit(1 if found.untested else 0)
