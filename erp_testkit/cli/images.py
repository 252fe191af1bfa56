"""``erp-testkit images``: builds the images the stand-ins run in."""

from __future__ import annotations

from pathlib import Path

import click

from erp_testkit.config import load_config
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.project import project_root


@click.group
def command() -> None:
    """Build the images stand-ins run in. Names and registries are settings: [images] in erp-testkit.toml."""


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--base", metavar="IMAGE", help="Build on this image instead of [images] base.")
def build(names: tuple[str, ...], base: str | None) -> None:
    """Build the named images, or those of the kit's stand-ins: reference, partners, tryton.

    `postgres` is built out of Debian's packages where it is named; elsewhere the official image serves.

    Exit codes: 0 built, 2 usage or configuration error, 3 no engine, no base, or the build failed.
    """
    from erp_testkit.standins.containers.engine import connect  # not needed for --help
    from erp_testkit.standins.containers.images import DOCKERFILES, build

    buildable = sorted(file.stem for file in DOCKERFILES.glob("*.Dockerfile"))
    for name in names:
        if name not in buildable:
            raise UsageError(f"Failed to build image '{name}': expected the name of one. {closest(name, buildable)}")
    settings = dict(load_config(project_root(Path.cwd())).images)
    client = connect()
    for name in names or ("reference", "partners", "tryton"):
        click.echo(str(build(client, name, settings[name], base or settings["base"])))
