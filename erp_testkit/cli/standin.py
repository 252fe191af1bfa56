"""``erp-testkit standin serve``: the reference ERP for a person, with its API page."""

from __future__ import annotations

import json
import signal
import threading
import urllib.request
from pathlib import Path

import click

from erp_testkit.cli.run import project_root
from erp_testkit.config import STATE, Credentials


@click.group(short_help="Start the reference ERP by hand.")
def command() -> None:
    """Start a stand-in by hand."""


@command.command(short_help="Serve the reference ERP until Ctrl-C.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="Where it listens; without it, any free port.")
@click.option("--defect", metavar="NAME[,NAME]", help="Defects to switch on.")
@click.option("--database", metavar="URL", help="PostgreSQL server to use, or 'sqlite'; without it, the embedded PostgreSQL.")
def serve(port: int | None, defect: str | None, database: str | None) -> None:
    """Serve the reference ERP until Ctrl-C (or SIGTERM), on a database of its own that is dropped at the end.

    Exit codes: 0 stopped by Ctrl-C, 2 usage error, 3 it cannot be started.
    """
    from erp_testkit.standins.reference import ReferenceStandIn  # noqa: PLC0415  # not needed for --help

    given = {"port": port, "defect": defect, "database": database}
    options = {name: str(value) for name, value in given.items() if value is not None}
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stopped by a service manager: clean up as after Ctrl-C
    standin = ReferenceStandIn(project_root(Path.cwd()) / STATE, options)
    try:
        started = standin.start(standin.prepare(), "served")
        click.echo(f"Reference ERP at {started.url}")
        click.echo(f"API page       {started.url}/docs  (the same as data: {started.url}/openapi.json)")
        click.echo(f"Log            {started.log}")
        click.echo("\nrole       user      password                token")
        for role, credentials in started.users.items():
            token = _token(started.url, credentials)
            click.echo(f"{role:<10} {credentials.name:<9} {credentials.password:<23} {token}")
        click.echo("\nCtrl-C stops it.")
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("\nStopped.")
    finally:
        standin.stop()
        standin.finish()


def _token(url: str, credentials: Credentials) -> str:
    body = json.dumps({"name": credentials.name, "password": credentials.password}).encode()
    request = urllib.request.Request(f"{url}/token", data=body, headers={"Content-Type": "application/json"})  # noqa: S310  # our own ERP
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return str(json.load(answer)["token"])
