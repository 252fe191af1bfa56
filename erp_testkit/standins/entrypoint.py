"""How a stand-in is started in a container: listen for everybody, then become the stand-in.

``python -m erp_testkit.standins.entrypoint PORT MODULE [ARGUMENTS]`` listens on a port and becomes
``python -m MODULE ARGUMENTS --socket FD``, as the kit starts it elsewhere.
``--check PORT`` says whether something answers there, for a health check.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys


def main(arguments: list[str]) -> None:
    """Do what the command line asks."""
    if arguments[0] == "--check":
        sys.exit(0 if _answers(int(arguments[1])) else 1)
    port, module, *others = arguments
    listener = socket.create_server(("", int(port)), backlog=128)
    listener.set_inheritable(True)
    os.execv(sys.executable, [sys.executable, "-m", module, *others, "--socket", str(listener.fileno())])  # noqa: S606  # it becomes the stand-in


def _answers(port: int) -> bool:
    # Engines ask every second, so nothing is imported that takes its time.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/health")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
