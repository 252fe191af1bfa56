"""How a stand-in is started in a container: listen for everybody, then become the stand-in.

``python -m erp_testkit.standins.listening PORT MODULE [ARGUMENTS]`` listens on a port and becomes
``python -m MODULE ARGUMENTS --socket FD``, as the kit starts it elsewhere.
``--check PORT`` says whether something answers there, for a health check.
"""

from __future__ import annotations

import os
import socket
import sys
import urllib.error
import urllib.request


def main(arguments: list[str]) -> None:
    """Do what the command line asks."""
    if arguments[0] == "--check":
        sys.exit(0 if answers(int(arguments[1])) else 1)
    port, module, *others = arguments
    listener = socket.create_server(("", int(port)), backlog=128)
    listener.set_inheritable(True)
    os.execv(sys.executable, [sys.executable, "-m", module, *others, "--socket", str(listener.fileno())])  # noqa: S606  # it becomes the stand-in


def answers(port: int) -> bool:
    """Say whether something answers HTTP on a port of this machine; any answer is one."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1.0).close()  # our own stand-in
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
