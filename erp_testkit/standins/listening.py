"""How a stand-in is started in a container: listen for everybody, then become the stand-in.

``python -m erp_testkit.standins.listening PORT MODULE [ARGUMENTS]`` listens on a port and becomes
``python -m MODULE ARGUMENTS --socket FD``, as the kit starts it elsewhere.
``--check PORT`` says whether something answers there, for a health check.
"""

from __future__ import annotations

import os
import socket
import sys

from erp_testkit.standins.local_http import answers


def main(arguments: list[str]) -> None:
    """Do what the command line asks."""
    if arguments[0] == "--check":
        sys.exit(0 if answers(f"http://127.0.0.1:{arguments[1]}/health") else 1)
    port, module, *others = arguments
    listener = socket.create_server(("", int(port)), backlog=128)
    listener.set_inheritable(True)
    os.execv(sys.executable, [sys.executable, "-m", module, *others, "--socket", str(listener.fileno())])  # noqa: S606  # it becomes the stand-in


if __name__ == "__main__":
    main(sys.argv[1:])
