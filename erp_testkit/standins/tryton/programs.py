"""The programs of an installed Tryton, and how one server is run."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.standins.local_http import answers
from erp_testkit.standins.waiting import wait_until

MODULES = (
    "account_invoice_stock",
    "sale",
    "sale_amendment",
    "stock_lot",
    "stock_lot_sled",
    "stock_lot_unit",
)
"""What a distributor of devices needs; each brings those it stands on."""

READY_SECONDS = 60


def versions() -> Mapping[str, str]:
    """Return the versions of Tryton and of the modules the kit asks for.

    Raises:
        EnvironmentFailure: the extra is not installed.
    """
    try:
        return {name: version(name) for name in ("trytond", *(f"trytond_{module}" for module in MODULES))}
    except PackageNotFoundError as error:
        raise EnvironmentFailure(
            f"Failed to start Tryton: expected the package {error.name} to be installed, got none. Next: pip install 'erp-testkit[tryton]'"
        ) from error


def environment(postgres: str, **extra: str) -> dict[str, str]:
    """Return the process environment for a Tryton program on a PostgreSQL address.

    The address is handed over in libpq's own variables: Tryton's option takes no socket folder in which a letter is upper case.
    """
    address = urlsplit(postgres)
    values = {
        "PGHOST": address.hostname or parse_qs(address.query).get("host", [""])[0],
        "PGPORT": str(address.port or ""),
        "PGUSER": address.username or "",
        "PGPASSWORD": address.password or "",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TRYTOND_", "PG"))}
    return {**inherited, **{name: value for name, value in values.items() if value}, **extra}


def configuration(folder: Path, name: str, listen: str) -> Path:
    """Write Tryton's configuration file for one database."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.conf"
    # sessions of roles that are idle for long must not end in the middle of a run
    file.write_text(
        f"[database]\nuri = postgresql://\npath = {folder / 'files'}\nlist = False\n[web]\nlisten = {listen}\n[session]\ntimeout = 86400\n",
        encoding="utf-8",
    )
    return file


def program(module: str) -> list[str]:
    """Return the command that runs one of Tryton's programs with this Python."""
    return [sys.executable, "-m", module]


class Server:
    """A running ``trytond`` for one database."""

    def __init__(self, folder: Path, database: str, postgres: str) -> None:
        """Start it; `wait` returns when it answers."""
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / f"{database}.log"
        file = configuration(folder, database, f"127.0.0.1:{port}")
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*program("trytond.cli"), "-c", str(file), "-d", database],
                env=environment(postgres, TRYTOND_LOGGING_LEVEL="20"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is for the kit, which then stops it
            )

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            EnvironmentFailure: it ended, or did not answer in time.
        """
        answered = wait_until(lambda: answers(self.url, seconds=5) or self._process.poll() is not None, READY_SECONDS)
        if self._process.poll() is not None:
            raise self._failed(f"exit code {self._process.returncode}")
        if not answered:
            self.stop()
            raise self._failed(f"none within {READY_SECONDS} s")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _failed(self, got: str) -> EnvironmentFailure:
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        last = re.sub(r"\s+", " ", lines[-1]) if lines else "nothing"
        return EnvironmentFailure(
            f"Failed to start Tryton: expected an answer at {self.url}, got {got}; its last words: {last}. Next: see {self.log}"
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
