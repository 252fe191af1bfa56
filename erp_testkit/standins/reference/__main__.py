"""The reference ERP as a process.

``python -m erp_testkit.standins.reference --socket FD --database URL [--create] [--defect NAME] [--clock FILE]``
"""

from __future__ import annotations

import argparse
import socket
from pathlib import Path

import uvicorn

from erp_testkit.standins.reference.api.app import build
from erp_testkit.standins.reference.database import open_engine
from erp_testkit.standins.reference.databases import create
from erp_testkit.standins.reference.defects import install
from erp_testkit.standins.reference.services import clock
from erp_testkit.standins.reference.serving import Server


def main() -> None:
    """Serve on a socket that our parent listens on already, so that nobody can take its port."""
    parser = argparse.ArgumentParser(prog="erp_testkit.standins.reference")
    parser.add_argument("--socket", type=int, required=True, help="file descriptor of a listening socket")
    parser.add_argument("--database", required=True)
    parser.add_argument("--create", action="store_true", help="create schema and seed first, where the database has none")
    parser.add_argument("--defect", default="", help="names, separated by commas")
    parser.add_argument("--clock", type=Path, help="file that says how many seconds its clock goes ahead")
    arguments = parser.parse_args()
    if arguments.clock:
        clock.follow(arguments.clock)
    if arguments.create:
        create(arguments.database)
    engine = open_engine(arguments.database)
    if arguments.defect:
        install(arguments.defect.split(","), engine)
    server = Server(uvicorn.Config(build(engine), log_level="warning", access_log=False, proxy_headers=False))
    server.run(sockets=[socket.socket(fileno=arguments.socket)])


main()
