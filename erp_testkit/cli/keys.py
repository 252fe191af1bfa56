"""``erp-testkit keys``: keys to sign with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from erp_testkit.domain.errors import UsageError

DAYS = 365
"""How long a new approver's key is proposed to hold."""


@click.group
def command() -> None:
    """Make keys to sign with."""


@command.command("new", short_help="Make an Ed25519 key pair.")
@click.argument("name")
@click.option("--passphrase", is_flag=True, help="Ask for a passphrase and encrypt the private key with it; a person's key should be.")
def new(name: str, passphrase: bool) -> None:
    """Make an Ed25519 key pair: the private key in NAME.pem, readable by its owner only; the public one is printed.

    Exit codes: 0 made, 2 there is such a file already, 3 it cannot be written.
    """
    from erp_testkit.evidence.signing import new_key  # not for --help

    if Path(name).name != name or not name.strip("."):
        raise UsageError(f"Failed to make key '{name}': expected a name without folders, such as li-na.")
    secret = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True).encode() if passphrase else None
    file = Path(f"{name}.pem")
    public = new_key(file, secret)
    today = datetime.now(UTC).date()
    click.echo(
        f"# The private key is {file}. Keep it where nobody else can read it, never in the repository.\n"
        f"# For ci/approvers.toml (of a pipeline: [[pipeline]], with name and key only):\n"
        f'[[approver]]\nname = "{name}"\nrole = "quality manager"\nlogins = []\nenvironments = ["uat", "production"]\n'
        f'key = "{public}"\nfrom = {today}\nuntil = {today + timedelta(days=DAYS)}'
    )
