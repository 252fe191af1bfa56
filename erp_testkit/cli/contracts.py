"""``erp-testkit contracts``: what changed between two versions of a contract, and approving one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from erp_testkit import shipped
from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.project import STATE, config_file, project_root

_PATH = click.Path(path_type=Path)


@click.group
def command() -> None:
    """Compare versions of interface contracts, or approve one."""


@command.command(short_help="Say what changed between two versions, and who is hit.")
@click.argument("old", type=_PATH)
@click.argument("new", type=_PATH)
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", help="How it is shown; JSON has every detail.")
@click.option("--fail-on", type=click.Choice(("breaking", "risky")), default="breaking", help="From which impact on the exit code is 1.")
def compare(old: Path, new: Path, form: str, fail_on: str) -> None:
    """Say what changed between two versions of a contract, and who is hit: OpenAPI, field mappings, messages (AsyncAPI 3).

    OLD and NEW are files, or folders whose contracts of the same path are compared.

    Exit codes: 0 nothing breaking, 1 breaking changes (with --fail-on risky: or risky ones), 2 usage error.
    """
    from erp_testkit.contracts.compatibility import contracts, impact, text  # not needed for --help

    compared = contracts.compare(old, new, datetime.now(UTC).date())
    root = project_root(Path.cwd())
    users = impact.Users(_files(root, new), root / STATE / "runs")
    hit = {
        fingerprint: found
        for contract in compared
        for fingerprint, found in users.of([version for version in (contract.old, contract.new) if version], contract.changes).items()
    }
    if form == "json":
        click.echo(json.dumps(text.as_data(compared, hit), ensure_ascii=False, indent=1, default=str))
    else:
        click.echo(text.as_text(compared, hit))
    found = text.counts(change for contract in compared for change in contract.changes)
    raise SystemExit(1 if found["breaking"] or (fail_on == "risky" and found["risky"]) else 0)


@command.command(short_help="Make contracts the approved versions the gate compares with.")
@click.argument("files", type=_PATH, nargs=-1, required=True, metavar="FILE...")
def approve(files: tuple[Path, ...]) -> None:
    """Make contracts the approved versions the gate compares with: copies them to the folder 'approved' of their contracts folder.

    Exit codes: 0 approved, 2 usage error, 3 a file cannot be written.
    """
    from erp_testkit.contracts.compatibility.approved import approve as keep  # not needed for --help

    folders = list(_folders(project_root(Path.cwd())))
    for file in files:
        folder = next((folder for folder in folders if file.resolve().is_relative_to(folder)), None)
        if folder is None:
            raise UsageError(
                f"Failed to approve {file}: expected a file in a contracts folder, got one in none of {', '.join(map(str, folders))}. "
                'Next: contracts = ["…"] in erp-testkit.toml'
            )
        try:
            for written in keep(file, folder):
                click.echo(f"approved {written}")
        except OSError as error:
            raise EnvironmentFailure(f"Failed to approve {file}: expected rights to write in {folder}, got {error.strerror}.") from error


def _folders(root: Path) -> Iterator[Path]:
    """Return the contracts folders, the project's own first."""
    if config_file(root) is not None:
        from erp_testkit.config import load_config  # not needed outside a project

        yield from (path.resolve() if path.is_dir() else path.resolve().parent for path in load_config(root).contracts)
    yield shipped.CONTRACTS.resolve()


def _files(root: Path, new: Path) -> Iterator[Path]:
    """Return the mapping contracts that may use what is compared."""
    from erp_testkit.contracts.kinds import kind_of  # not needed for --help

    folders = dict.fromkeys([*_folders(root), *([new.resolve()] if new.is_dir() else [])])
    seen = dict.fromkeys(file.resolve() for folder in folders for file in sorted(folder.rglob("*")) if kind_of(file, folder) == "mapping")
    return iter(seen)
