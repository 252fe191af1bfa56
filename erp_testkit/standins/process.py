"""A child process that never outlives us: started, waited for by condition, and ended for sure.

The child asks the kernel to be killed when its parent dies (``PR_SET_PDEATHSIG``), so a killed test run leaves nothing behind. A tiny
Python start-up does that and then becomes the real command, because a hook between fork and exec is not safe beside threads.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.standins.waiting import wait_until

_FOLLOW_PARENT = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != int(sys.argv[1]):
    os._exit(9)
os.execvp(sys.argv[2], sys.argv[2:])
"""
_PATIENCE_SECONDS = 10.0


class ChildProcess:
    """A running child.

    Args:
        command: program and arguments.
        log: file its output goes to.
        environment: complete environment; None is ours.
        pass_fds: file descriptors it inherits, such as a listening socket.
        folder: where it runs; None is our folder.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        folder: Path | None = None,
    ) -> None:
        self.log = log
        self._name = Path(command[0]).name
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _FOLLOW_PARENT, str(os.getpid()), *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                pass_fds=tuple(pass_fds),
                cwd=folder,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def wait_until_ready(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `ready` says so.

        Raises:
            EnvironmentFailure: it ended before, or time is up; the child is ended then.
        """
        answered = wait_until(lambda: ready() or not self.running, seconds)
        if not self.running:
            raise EnvironmentFailure(self._failure(f"exit status {self._process.returncode}"))
        if not answered:
            self.stop()
            raise EnvironmentFailure(self._failure(f"no answer in {seconds:g} s"))

    def wait(self) -> int:
        """Wait until it ends by itself, and return its exit code."""
        return self._process.wait()

    def stop(self) -> None:
        """Ask it to end, and end it where it does not; does nothing where it has ended."""
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def _failure(self, got: str) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        said = lines[-1] if lines else "nothing"
        return f"Failed to start {self._name}: expected a process that answers, got {got}; it last said: {said}. Next: see {self.log}"
