"""``erp-testkit report``: the Allure report of a run, as HTML files that open anywhere."""

from __future__ import annotations

from pathlib import Path

import click

from erp_testkit.project import STATE


@click.command
@click.argument("run", metavar="[RUN]", required=False)
@click.option("--output", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), help="Where it goes; .erp-testkit/reports/RUN.")
@click.option("--setup", is_flag=True, help="Only install what builds it.")
def command(run: str | None, output: Path | None, setup: bool) -> None:
    """Build the Allure report of a run: index.html with every scenario, dashboard.html with figures and trends.

    RUN is the folder of a run, its name, or a folder of Allure results. Without RUN: the latest run. Needs node 20 or newer and npm; the
    Allure CLI is installed into .erp-testkit/report.

    Exit codes: 0 built, 2 there is no such run, 3 something is missing.
    """
    from erp_testkit.cli.gate import folders, near  # none of it for --help
    from erp_testkit.gate.reports.allure import report
    from erp_testkit.project import project_root

    root = project_root(Path.cwd())
    if setup:
        report.install(root / STATE)
        return
    (folder,) = folders(root, [run] if run else [])
    results = folder / "allure-results" if (folder / "allure-results").is_dir() else folder
    click.echo(near(report.build(report.install(root / STATE), results.resolve(), output and output.resolve())))
