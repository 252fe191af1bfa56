"""A partner as a process: ``python -m erp_testkit.standins.partners --partner wms --socket FD``, its secrets in the environment."""

from __future__ import annotations

import argparse
import os
import socket
from collections.abc import Callable, Mapping

from erp_testkit.shipped import CONTRACTS
from erp_testkit.standins.contract.app import ContractApp
from erp_testkit.standins.contract.document import read
from erp_testkit.standins.partners import CONTROL, SECRET, TOKEN
from erp_testkit.standins.partners.carrier import Carrier
from erp_testkit.standins.partners.control import Control
from erp_testkit.standins.partners.idempotency import Desk, PartnerSystem, locks
from erp_testkit.standins.partners.inbox import Inbox
from erp_testkit.standins.partners.reporting import Reporter
from erp_testkit.standins.partners.udi import UdiRegistry
from erp_testkit.standins.partners.wms import Wms
from erp_testkit.standins.web_server import serve

_SYSTEMS: Mapping[str, Callable[[Desk], PartnerSystem]] = {"wms": Wms, "carrier": Carrier, "udi": UdiRegistry}


def main() -> None:
    """Serve on a socket that our parent listens on already."""
    parser = argparse.ArgumentParser(prog="erp_testkit.standins.partners")
    parser.add_argument("--partner", required=True, choices=_SYSTEMS)
    parser.add_argument("--socket", type=int, required=True, help="file descriptor of a listening socket")
    arguments = parser.parse_args()
    serve(build(arguments.partner, os.environ[TOKEN], os.environ[SECRET], os.environ[CONTROL]), socket.socket(fileno=arguments.socket))


def build(name: str, token: str, secret: str, control: str) -> Control:
    """Put a partner together."""
    reporter = Reporter(lambda: inbox.misbehaviour)
    system = _SYSTEMS[name](Desk(reporter.offer))
    handlers = system.handlers()
    app = ContractApp(read(CONTRACTS / "openapi" / f"{name}.yaml"), lambda operation: handlers[operation.id], locks(token, secret))
    inbox = Inbox(app, system.inbox)
    return Control(inbox, reporter, control)


main()
