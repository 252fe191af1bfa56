"""``erp-testkit matrix``: requirements against the evidence of runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

_FORMATS = ("html", "xlsx", "csv")
_LANGUAGES = ("en", "zh-CN")


@click.command
@click.argument("run", nargs=-1, metavar="[RUN]...")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="What to write; by the name of --output, else html.")
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="matrix.html in gate/ of the first RUN.")
@click.option("--language", type=click.Choice(_LANGUAGES), default="en", help="Language of its words.")
def command(run: tuple[str, ...], form: str | None, output: Path | None, language: str) -> None:
    """Hold requirements against the evidence of runs: what is evidence for each of them, and how it ended.

    RUN is the folder of a run, or its name. Without RUN: the latest run. Nothing is run again.

    Exit codes: 0 each requirement has evidence, 1 something is wrong with it, 2 requirements or a run cannot be read.
    """
    from erp_testkit.cli.gate import folders, near  # none of it for --help
    from erp_testkit.config import load_config
    from erp_testkit.evidence.pack import Pack
    from erp_testkit.gate.reports import matrix_html, matrix_tables
    from erp_testkit.gate.reports.files import FOLDER, add_file
    from erp_testkit.gate.requirements import matrix
    from erp_testkit.gate.requirements.requirements import of_project
    from erp_testkit.gate.verdict import reading
    from erp_testkit.project import project_root

    root = project_root(Path.cwd())
    packs = [Pack.open(path) for path in folders(root, run)]
    found = reading.read(packs)
    made = matrix.build(of_project(load_config(root)), found.sources)
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    form = form or (suffix if suffix in _FORMATS else "html")
    match form:
        case "csv":
            content = matrix_tables.as_csv(made, language)
        case "xlsx":
            content = matrix_tables.as_xlsx(made, found.runs, language)
        case _:
            content = matrix_html.as_html(made, found.runs, language)
    target = output or packs[0].path / FOLDER / f"matrix.{form}"
    add_file(target, content, within=packs[0].path / FOLDER)
    click.echo(f"Requirements: {', '.join(f'{made.counts[status]} {status}' for status in matrix.Status if made.counts[status])}")
    for gap in made.gaps:
        click.echo(
            f"  {gap.fingerprint}  {gap.fault.replace('_', ' ')}: expected {gap.wanted}, got {gap.got}\n                {gap.advice}"
        )
    click.echo(f"Matrix: {near(target)}")
    sys.exit(1 if made.gaps else 0)
