"""``erp-testkit verify``: is the evidence of runs as it was sealed, and who signed it?"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from erp_testkit.cli.language import echo, option
from erp_testkit.domain.said import Said


@click.command
@click.argument("packs", nargs=-1, required=True, metavar="PACK...", type=click.Path(file_okay=False, path_type=Path))
@click.option("--approvers", metavar="FILE", type=click.Path(path_type=Path), help="Whose keys are whose; ci/approvers.toml.")
@option
def command(packs: tuple[Path, ...], approvers: Path | None, language: str) -> None:
    """Check offline that the evidence of runs is as it was sealed, who signed it, and that no run of its project is missing.

    PACK is the folder of a run. Runs that were moved to an archive count as there if they are named, too.

    Exit codes: 0 all as it was, 1 something was changed, 2 usage error.
    """
    from erp_testkit.evidence.verify import examine, examine_journal
    from erp_testkit.gate.approval.approvals import read
    from erp_testkit.gate.approval.approvers import find_approvers
    from erp_testkit.project import project_root  # none of it for --help

    known = find_approvers(approvers, project_root(Path.cwd()))
    examined = [examine(pack, known.pipelines if known else None) for pack in packs]
    missing = examine_journal(examined)
    problems = len(missing)
    for run in examined:
        signatures = read(run, known)
        found = [*run.problems, *signatures.problems]
        problems += len(found)
        notes = [*run.notes, *(one.said() for one in signatures.approvals)]
        echo(
            language,
            _counted(str(run.path), len(found)),
            *(_WRONG.with_(text=one) for one in found),
            *(_NOTE.with_(text=one) for one in notes),
        )
    if missing:
        echo(language, _counted(Said("the project's runs", "项目的全部运行"), len(missing)), *(_WRONG.with_(text=one) for one in missing))
    unsealed, sealed = Said("Not as it was sealed.", "与封存时不一致。"), Said("All as it was sealed.", "全部与封存时一致。")
    echo(language, unsealed if problems else sealed)
    sys.exit(1 if problems else 0)


_WRONG, _NOTE = Said("  ! {text}", "  ! {text}"), Said("  {text}", "  {text}")


def _counted(what: str, problems: int) -> Said:
    said = Said("{count} problem", "{count} 处问题") if problems == 1 else Said("{count} problems", "{count} 处问题")
    count = said.with_(count=problems) if problems else Said("as it was sealed", "与封存时一致")
    return Said("{what}: {count}", "{what}：{count}").with_(what=what, count=count)
