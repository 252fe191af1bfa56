"""``erp-testkit init``: a commented starter project that runs at once."""

from __future__ import annotations

from pathlib import Path

import click

from erp_testkit import shipped
from erp_testkit.domain.errors import UsageError

STARTER = shipped.FIXTURES / "starter"
_FILES = ("erp-testkit.toml", "conftest.py", "features/receiving.feature", "rules/bin-not-overfull.sql")


@click.command
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
def command(folder: Path) -> None:
    """Write a starter project into FOLDER: configuration, one scenario, one step and one rule of your own, with comments.

    It runs at once, against the reference ERP that comes with the kit. Nothing that exists is overwritten.
    """
    present = [name for name in _FILES if (folder / name).exists()]
    if present:
        raise UsageError(
            f"Failed to write a starter project into {folder}: expected none of its files there, got {', '.join(present)}. "
            "Next: erp-testkit init another-folder"
        )
    for name in _FILES:
        target = folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text((STARTER / name).read_text(encoding="utf-8"), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"Failed to write {target}: expected a folder that can be written, got {error.strerror}.") from error
        click.echo(f"wrote {target}")
    change = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    click.echo(f"Next: {change}erp-testkit run features")
