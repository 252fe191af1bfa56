"""``erp-testkit doctor``: can this project reach its ERP, who may log in, and how much of the suite does the adapter cover?"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from erp_testkit.config import Config, Profile, load_config
from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import EnvironmentFailure, KitError
from erp_testkit.domain.ledger import TABLES
from erp_testkit.erp.errors import Refused
from erp_testkit.erp.ports import PORTS, Access, Erp, LedgerSource, port
from erp_testkit.project import STATE, config_file, project_root
from erp_testkit.pytest_plugin.session.options import choose_profile
from erp_testkit.pytest_plugin.session.under_test import UnderTest

NO_ITEM = "erp-testkit-doctor"
"""An item code that no ERP has: which ledger tables an adapter reads does not depend on the item."""

WIDTH = 120


@click.command
@click.option("--erp", metavar="NAME", help="Check the embedded stand-in of this adapter.")
@click.option("--profile", metavar="NAME", help="Check this profile of erp-testkit.toml instead of the default one.")
def command(erp: str | None, profile: str | None) -> None:
    """Check what a run needs: configuration, the ERP's answer and version, logins and rights, covered ports and ledger tables.

    Only reading calls are made.

    Exit codes: 0 all well, 1 the ERP answers wrongly, 2 usage or configuration error, 3 something cannot be reached or started.
    """
    raise SystemExit(Doctor(project_root(Path.cwd())).examine(erp, profile))


class Doctor:
    """Goes through the checks in the order in which a run depends on them, and prints one line for each.

    Args:
        root: the project's root folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._worst = 0

    def examine(self, erp: str | None, profile: str | None) -> int:
        """Check everything and return the exit code; what a failed check would have been needed for is left out."""
        with self._checking("configuration"):
            settings = load_config(self._root)
            chosen = choose_profile(settings, erp, profile)
            self._well("configuration", self._describe(settings, chosen))
            with self._checking("evidence"):
                self._check_evidence()
            self._examine_erp(chosen)
        return self._worst

    def _describe(self, settings: Config, profile: Profile) -> str:
        file = config_file(settings.root)
        where = profile.url or "embedded"
        return f"{file.name if file else 'defaults'}, profile {profile.name} ({profile.adapter}, {where}, {profile.environment})"

    def _check_evidence(self) -> None:
        state = self._root / STATE
        probe = state / "doctor"
        try:
            state.mkdir(exist_ok=True)
            probe.write_text("probe", encoding="utf-8")
            probe.unlink()
        except OSError as error:
            raise EnvironmentFailure(f"Failed to write into {state}: expected room and rights, got {error.strerror}.") from error
        self._well("evidence", f"{STATE} can be written")

    def _examine_erp(self, profile: Profile) -> None:
        under_test = UnderTest(profile, self._root / STATE)
        with ExitStack() as stack, self._checking("connection"):
            stack.callback(under_test.end)
            erp = under_test.connect(under_test.start(under_test.prepare(), "doctor"), lambda _: None)
            self._well("connection", erp.name)
            with self._checking("ports"):
                self._check_ports(erp)
            if hasattr(erp, "access"):
                for role in Role:
                    with self._checking(f"{role}"):
                        self._check_role(erp, role)
            if hasattr(erp, "ledger"):
                with self._checking("ledger"):
                    self._check_ledger(erp)

    def _check_ports(self, erp: Erp) -> None:
        lacking = [protocol.__name__ for name, protocol in PORTS.items() if getattr(erp, name, None) is None]
        covered = len(PORTS) - len(lacking)
        self._well("ports", f"{covered} of {len(PORTS)}" + (f"; not covered: {', '.join(lacking)}" if lacking else ""))

    def _check_role(self, erp: Erp, role: Role) -> None:
        access = port(erp, Access)
        user = access.user(role)
        acting = erp if role is Role.MANAGER else access.acting_as(role)
        try:
            if hasattr(acting, "stock"):
                acting.stock.bins()
            self._well(str(role), f"{user} can log in and read")
        finally:
            if acting is not erp:
                acting.close()

    def _check_ledger(self, erp: Erp) -> None:
        lacking = port(erp, LedgerSource).read((NO_ITEM,), datetime.now(UTC)).missing(TABLES)
        covered = len(TABLES) - len(lacking)
        self._well("ledger", f"{covered} of {len(TABLES)} tables" + (f"; not covered: {', '.join(lacking)}" if lacking else ""))

    def _well(self, what: str, found: str) -> None:
        _print(what, found)

    @contextmanager
    def _checking(self, what: str) -> Iterator[None]:
        try:
            yield
        except (KitError, Refused) as error:
            self._worst = max(self._worst, getattr(error, "exit_code", 1))
            _print(what, f"FAILED  {error}")


def _print(what: str, found: str) -> None:
    indent = " " * 15
    for index, line in enumerate(found.splitlines()):
        first = indent if index else f"{what:<13}  "
        click.echo(
            textwrap.fill(line, WIDTH, initial_indent=first, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        )
