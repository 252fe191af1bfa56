"""``erp-testkit standin``: a stand-in for a person, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import click

from erp_testkit import extras
from erp_testkit.config import Credentials
from erp_testkit.domain.errors import UsageError
from erp_testkit.project import STATE, project_root
from erp_testkit.standins import local_http

_VARIABLE = "ERP_TESTKIT_STANDIN_TOKEN"
"""Environment variable with the token a stand-in of a contract is to want; without it, a new one is made up."""

_PORT = click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="Where it listens; without it, any free port.")


@click.group
def command() -> None:
    """Start a stand-in by hand."""


@command.command(short_help="Serve the reference ERP or a partner until Ctrl-C.")
@_PORT
@click.option("--partner", metavar="NAME", help="Serve this partner (wms, carrier, udi) instead of the ERP.")
@click.option("--defect", metavar="NAME[,NAME]", help="Defects to switch on in the ERP.")
@click.option("--database", metavar="URL", help="PostgreSQL server the ERP uses, or 'sqlite'; without it, the embedded PostgreSQL.")
def serve(port: int | None, partner: str | None, defect: str | None, database: str | None) -> None:
    """Serve a stand-in until Ctrl-C (or SIGTERM). The reference ERP gets a database of its own that is dropped at the end.

    Exit codes: 0 stopped by Ctrl-C, 2 usage error, 3 it cannot be started.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stopped by a service manager: clean up as after Ctrl-C
    given = {"port": port, "defect": defect, "database": database}
    options = {name: str(value) for name, value in given.items() if value is not None}
    if partner is None:
        _serve_erp(options)
    elif unfit := options.keys() - {"port"}:
        raise UsageError(f"Failed to serve partner '{partner}': expected no --{min(unfit)}, got one: it is for the reference ERP.")
    else:
        _serve_partner(partner, port or 0)


@command.command("from-contract", short_help="Serve what an OpenAPI file describes until Ctrl-C.")
@click.argument("file", type=click.Path(path_type=Path))
@_PORT
def from_contract(file: Path, port: int | None) -> None:
    """Serve an interface of which there is only an OpenAPI 3.0 or 3.1 FILE, until Ctrl-C (or SIGTERM).

    Answers are made up to fit the contract. What was created can be read, listed, changed and removed.

    Exit codes: 0 stopped by Ctrl-C, 2 usage error, 3 it cannot be started.
    """
    extras.require("contracts", f"serve {file}")
    from erp_testkit.standins.contract import build  # not needed for --help
    from erp_testkit.standins.contract.document import read
    from erp_testkit.standins.web_server import listen, new_secret, serve

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    document, token = read(file), os.environ.get(_VARIABLE) or new_secret()
    app = build(document, token, seed=0)
    with listen(port or 0) as listener:
        click.echo(f"{document.title} at http://127.0.0.1:{listener.getsockname()[1]}")
        if document.schemes:
            click.echo(f"Token   {token}")
        click.echo("\nCtrl-C stops it.")
        try:
            serve(app, listener)
        except KeyboardInterrupt:
            click.echo("\nStopped.")


def _serve_partner(name: str, port: int) -> None:
    from erp_testkit.standins.partners import PartnerStandIn  # not needed for --help

    standin = PartnerStandIn(name, project_root(Path.cwd()) / STATE, port)
    try:
        partner = standin.start()
        click.echo(f"Partner {name} at {partner.url}")
        click.echo(f"Token    {partner.token}")
        click.echo(f"Secret   {partner.secret}")
        click.echo(f"Control  {partner.control}")
        click.echo(f"Log      {standin.log}")
        click.echo("\nCtrl-C stops it.")
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("\nStopped.")
    finally:
        standin.stop()


def _serve_erp(options: dict[str, str]) -> None:
    extras.require("reference", "serve the reference ERP")
    from erp_testkit.standins.reference import ReferenceStandIn  # not needed for --help

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
    response = local_http.request("POST", f"{url}/token", json={"name": credentials.name, "password": credentials.password})
    return str(response.raise_for_status().json()["token"])
