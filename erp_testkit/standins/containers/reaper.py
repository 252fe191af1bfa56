"""Who owns a container, and that nothing outlives its owner: a sweep at the start, a reaper for the case that the owner is killed.

The reaper is a process of its own that holds the other end of a pipe. When its owner dies, however that happens, the pipe closes, and it
removes everything with the owner's label. It does what testcontainers' Ryuk does, without an image of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_testkit.standins.containers.images import LABEL
from erp_testkit.standins.waiting import wait_until

if TYPE_CHECKING:
    from docker import DockerClient

OWNER, KEPT = f"{LABEL}owner", f"{LABEL}kept"
_PATIENCE_SECONDS, _PAUSE_SECONDS = 30.0, 0.1
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def this_process() -> str:
    """Return what names this process among all that ever ran: where it ran, its id, and when it started."""
    return f"{_here()}_{os.getpid()}_{_started(os.getpid())}"


def is_alive(owner: str) -> bool:
    """Say whether an owner still runs. Of one elsewhere nobody here can tell, nor of a label that is not ours: it counts as running."""
    here, _, process = owner.partition("_")
    pid, _, started = process.partition("_")
    return here != _here() or _started(int(pid)) == started


def sweep(client: DockerClient) -> int:
    """Remove what owners left behind that were killed together with their reaper; say how many things that were."""
    dead = {owner for one in _everything(client, OWNER) if (owner := _label(one, OWNER)) and not is_alive(owner)}
    return sum(remove(client, owner) for owner in dead)


def remove(client: DockerClient, owner: str) -> int:
    """Remove containers, then networks, of an owner that were not to be kept; say how many of them there were."""
    from docker.errors import APIError, NotFound  # loaded by now

    count = 0
    for one in _everything(client, f"{OWNER}={owner}"):
        if _label(one, KEPT):
            continue
        count += 1
        try:
            one.remove(**({"force": True, "v": True} if hasattr(one, "logs") else {}))
        except NotFound:
            count -= 1
        except APIError as error:
            # Somebody else is removing it at this moment, or a network still has a container that was just being made.
            if error.status_code not in (403, 409):
                raise
    return count


class Reaper:
    """The process that removes what this one leaves, if it is killed.

    Args:
        owner: whose containers and networks.
    """

    def __init__(self, owner: str) -> None:
        reading, self._writing = os.pipe()
        command = [sys.executable, "-m", __name__, owner]
        # A session of its own: what is sent to the terminal's process group, such as Ctrl-C, is not for it.
        nowhere = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdin=reading, stdout=nowhere, stderr=nowhere, start_new_session=True)
        os.close(reading)

    def close(self) -> None:
        """Let it do its work now, and wait for it."""
        os.close(self._writing)
        self._process.wait()


def _everything(client: DockerClient, label: str) -> Iterator[Any]:
    yield from client.containers.list(all=True, filters={"label": label}, ignore_removed=True)
    yield from client.networks.list(filters={"label": label})


def _label(one: Any, name: str) -> str | None:
    labels = one.labels if hasattr(one, "labels") else one.attrs.get("Labels") or {}
    value: str | None = labels.get(name)
    return value


def _here() -> str:
    """Return the boot of this machine, and the namespace of our process ids: jobs in containers may share an engine, but no ids."""
    return f"{_BOOT.read_text(encoding='ascii').strip().replace('-', '')}.{Path('/proc/self/ns/pid').stat().st_ino}"


def _started(pid: int) -> str | None:
    """Return when a process started, in ticks since the boot; None where there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The 22nd field. The second may hold anything, so count from behind it.
    return text.rpartition(")")[2].split()[19]


def main() -> None:
    """Wait until the owner is gone, then remove what it left."""
    from erp_testkit.standins.containers.engine import connect  # not before it is needed

    sys.stdin.buffer.read()
    client = connect()
    # What was being created when the owner died may only show now.
    wait_until(lambda: not remove(client, sys.argv[1]), _PATIENCE_SECONDS, _PAUSE_SECONDS)


if __name__ == "__main__":
    main()
