"""What a stand-in can do to itself, so that scenarios can ask what an ERP does on a bad machine or a bad network.

A stand-in has an ability by carrying an attribute of the ability's field name (see `ABILITIES`), as an adapter has its ports. What it
leaves out, or what is None, it cannot do here: scenarios that need it are *not covered*. An ERP the kit has not started has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from erp_testkit.erp.ports import Erp
from erp_testkit.standins.network import Link

if TYPE_CHECKING:
    from erp_testkit.standins.partners import Partner


class Machine(Protocol):
    """The machine the ERP runs on."""

    def kill(self) -> None:
        """End the ERP at once, as a power cut would. Nobody answers at its address until it is started again."""

    def start(self) -> None:
        """Start it again on the same data and wait until it answers; does nothing where it runs.

        Raises:
            EnvironmentFailure: it does not come to answer.
        """


class Clock(Protocol):
    """The ERP's clock."""

    def set_ahead(self, by: timedelta) -> None:
        """Advance it: from now on it is ahead of the real time by so much."""

    def set_right(self) -> None:
        """Set it right, and let the ERP forget that it was ahead: a sound audit trail would not go back in time by itself."""


class Database(Protocol):
    """The database as this ERP sees it: what other ERPs have on the same server goes on."""

    def cut(self) -> None:
        """End all its connections and take no new ones."""

    def restore(self) -> None:
        """Take connections again."""


class DatabaseServer(Protocol):
    """A database server of this ERP alone."""

    def kill(self) -> None:
        """End it at once, as a power cut would."""

    def start(self) -> None:
        """Start it again on the same data and wait until it takes connections; does nothing where it runs."""


class Disk(Protocol):
    """The disk the ERP's database is on."""

    def fill(self) -> None:
        """Leave no room on it."""

    def free(self) -> None:
        """Make room again."""


@dataclass(frozen=True, slots=True)
class Line:
    """A second way to the ERP, which can be made bad."""

    erp: Erp
    """The ERP as it is reached that way."""
    link: Link


class Partners(Protocol):
    """The partner systems beside the ERP."""

    def partner(self, name: str) -> Partner:
        """Return a partner's stand-in; the first call starts it."""


ABILITIES: Mapping[str, str] = MappingProxyType(
    {
        "machine": "Machine",
        "clock": "Clock",
        "database": "Database",
        "database_server": "DatabaseServer",
        "disk": "Disk",
        "network": "Network",
        "cables": "Cables",
        "second_line": "Network",
    }
)
"""What each is called in reports, by the name of its attribute on a stand-in, which is also the name of its pytest fixture. `network` leads
through proxies and can do every toxic; `cables` are the engine's own and can be pulled (``down``: not even the name is known) or silent
(``half_open``). A `second_line` is made of the network."""


def ability_of(standin: object, name: str) -> Any:
    """Return what a stand-in can do; None where it cannot."""
    return getattr(standin, "network" if name == "second_line" else name, None)
