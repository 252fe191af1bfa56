"""``erp-testkit protocol``: IQ, OQ and PQ of some runs as one document."""

from __future__ import annotations

from pathlib import Path

import click

from erp_testkit.cli.language import echo, items, option
from erp_testkit.domain.said import Said


@click.command
@click.argument("run", nargs=-1, metavar="[RUN]...")
@click.option("--before", metavar="RUN", help="A run of the version before, to compare the first RUN with.")
@click.option("--approvers", metavar="FILE", type=click.Path(path_type=Path), help="Who may approve; ci/approvers.toml.")
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="protocol.html in gate/ of the first RUN.")
@option
def command(run: tuple[str, ...], before: str | None, approvers: Path | None, output: Path | None, language: str) -> None:
    """Write one document: what was installed (IQ), which requirements were tested and how it ended (OQ), performance (PQ), signatures.

    RUN is the folder of a run, or its name; without RUN: the latest run. A run in production counts as observation.

    Exit codes: 0 written, 2 a run, requirements or approvers cannot be read.
    """
    from erp_testkit.cli.gate import folders, near  # none of it for --help
    from erp_testkit.config import load_config
    from erp_testkit.evidence.pack import Pack
    from erp_testkit.gate.approval.approvers import find_approvers
    from erp_testkit.gate.reports import protocol, protocol_html
    from erp_testkit.gate.reports.files import FOLDER, add_file
    from erp_testkit.gate.requirements.requirements import of_project
    from erp_testkit.project import project_root

    root = project_root(Path.cwd())
    packs = [Pack.open(path) for path in folders(root, run)]
    earlier = Pack.open(folders(root, [before])[0]) if before else None
    made = protocol.build(packs, of_project(load_config(root)), find_approvers(approvers, root), earlier)
    target = output or packs[0].path / FOLDER / "protocol.html"
    add_file(target, protocol_html.as_html(made, language), within=packs[0].path / FOLDER)
    undone = list(protocol.not_done(made))
    if undone:
        echo(language, Said("Not done:", "未做："), *items(undone))
    echo(language, Said("Protocol: {file}", "确认报告：{file}").with_(file=near(target)))
