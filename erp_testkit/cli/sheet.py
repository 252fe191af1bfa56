"""``erp-testkit sheet``: the page on which somebody decides about a change."""

from __future__ import annotations

from pathlib import Path

import click

from erp_testkit.domain.errors import UsageError

_FOLDER = click.Path(file_okay=False, path_type=Path)
_LANGUAGES, _FORMATS = ("en", "zh-CN"), ("html", "pdf")


@click.command
@click.argument("pack", type=_FOLDER)
@click.option("--before", metavar="PACK", type=_FOLDER, help="A run before the change, to compare with.")
@click.option("--language", type=click.Choice(_LANGUAGES), help="Both, or with --output en.")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="Both, or with --output what its name ends with.")
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="One file; the folder gate/ of PACK.")
@click.option("--approvers", metavar="FILE", type=click.Path(path_type=Path), help="Whose keys are whose; ci/approvers.toml.")
def command(pack: Path, before: Path | None, language: str | None, form: str | None, output: Path | None, approvers: Path | None) -> None:
    """Draw up the approval sheet of a run that has a verdict: one page, as HTML and PDF/A, in English and Chinese.

    It says what changed, what was tested and what was not, what decides, what is waived, and who has signed. The same run, verdict and
    signatures give the same bytes.

    Exit codes: 0 drawn up, 2 the run has no verdict or cannot be read, 3 the file cannot be written.
    """
    from erp_testkit.gate.approval.approvers import find_approvers
    from erp_testkit.gate.reports.sheet import content, files
    from erp_testkit.project import project_root  # none of it for --help

    chosen = form or (_format(output) if output else None)
    if output is not None and output.resolve().is_relative_to(pack.resolve()):
        raise UsageError(
            f"Failed to write {output}: expected a place outside the run, whose files are sealed, got one in it. "
            f"Next: leave --output out, and the sheet goes into {pack / 'gate'}"
        )
    sheet = content.read(pack, find_approvers(approvers, project_root(Path.cwd())), before)
    if output is None:
        for file in files.write(sheet, [language] if language else _LANGUAGES, [chosen] if chosen else _FORMATS):
            click.echo(file)
    else:
        files.write_one(output, files.as_bytes(sheet, language or "en", chosen or "html"))
        click.echo(output)


def _format(output: Path) -> str:
    ending = output.suffix.removeprefix(".").lower()
    if ending not in _FORMATS:
        raise UsageError(
            f"Failed to write {output}: expected a name that ends with .html or .pdf, got '{output.name}'. Next: --format html"
        )
    return ending
