"""``erp-testkit matrix``: requirements against the evidence of runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from erp_testkit.cli.language import echo, option
from erp_testkit.domain.names import counted
from erp_testkit.domain.said import Said

_FORMATS = ("html", "xlsx", "csv")


@click.command
@click.argument("run", nargs=-1, metavar="[RUN]...")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="What to write; by the name of --output, else html.")
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="matrix.html in gate/ of the first RUN.")
@option
def command(run: tuple[str, ...], form: str | None, output: Path | None, language: str) -> None:
    """Hold requirements against the evidence of runs: what is evidence for each of them, and how it ended.

    RUN is the folder of a run, or its name. Without RUN: the latest run. Nothing is run again.

    Exit codes: 0 each requirement has evidence, 1 something is wrong with it, 2 requirements or a run cannot be read.
    """
    from erp_testkit.cli.gate import folders, near  # none of it for --help
    from erp_testkit.config import load_config
    from erp_testkit.evidence.pack import Pack
    from erp_testkit.gate.reports import matrix_html, matrix_tables, matrix_words
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
    echo(language, Said("Requirements: {counts}", "需求：{counts}").with_(counts=counted(made.counts, matrix.Status)))
    for gap in made.gaps:
        said = Said("  {fingerprint}  {fault}: expected {wanted}, got {got}", "  {fingerprint}  {fault}：{wanted}；实际：{got}")
        fault = Said(gap.fault.replace("_", " "), matrix_words.fault(gap, "zh-CN"))
        echo(language, said.with_(fingerprint=gap.fingerprint, fault=fault, wanted=gap.wanted, got=gap.got))
        echo(language, Said("                {advice}", "                {advice}").with_(advice=gap.advice))
    echo(language, Said("Matrix: {file}", "矩阵：{file}").with_(file=near(target)))
    sys.exit(1 if made.gaps else 0)
