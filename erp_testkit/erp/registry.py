"""Finding an adapter by name or dotted path, and checking what it brings.

An adapter is a function ``connect(connection: Connection) -> Erp``. The kit's own adapters register like a user's: as entry points of
the group ``erp_testkit.adapters``; a dotted path ``package.module:function`` works without registration.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import TypeAlias

from erp_testkit.config import Credentials
from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.domain.exchange import Exchange
from erp_testkit.erp.ports import PORTS, Erp

GROUP = "erp_testkit.adapters"


def _ignore(exchange: Exchange) -> None:
    """Let an exchange pass by when nobody records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What an adapter needs to reach its ERP."""

    url: str
    users: Mapping[Role, Credentials]
    timeout_seconds: float = 30.0
    options: Mapping[str, str] = field(default_factory=dict)
    on_exchange: Callable[[Exchange], None] = _ignore
    """Called after every request with what was sent and answered. Adapters that use `Transport` need not think of it."""

    def user(self, role: Role) -> Credentials:
        """Return the user of a role.

        Raises:
            UsageError: the profile has none.
        """
        if role not in self.users:
            raise UsageError(f"Failed to sign in as {role}: expected a user for this role in the profile, got none.")
        return self.users[role]


Connect: TypeAlias = Callable[[Connection], Erp]


def adapter_names() -> tuple[str, ...]:
    """Return the names of all registered adapters."""
    return tuple(sorted(point.name for point in entry_points(group=GROUP)))


def load_adapter(name: str) -> Connect:
    """Load an adapter by registered name or dotted path.

    Raises:
        UsageError: there is no such adapter, or what the path names is no function.
    """
    target = next((point.value for point in entry_points(group=GROUP) if point.name == name), name)
    module_name, colon, attribute = target.partition(":")
    if not colon:
        raise UsageError(
            f"Failed to load adapter '{name}': expected a registered name or 'package.module:function'. {closest(name, adapter_names())}"
        )
    try:
        connect = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"Failed to load adapter '{name}': expected {target} to be importable, got {error}.") from error
    if not callable(connect):
        raise UsageError(f"Failed to load adapter '{name}': expected {target} to be a function, got {connect!r}.")
    return connect  # type: ignore[no-any-return]  # what a dotted path names is only known once it is called


def ports_of(erp: Erp) -> Mapping[str, object]:
    """Return the ports an adapter has, by name.

    Raises:
        UsageError: an attribute has a port's name but lacks some of its methods.
    """
    found: dict[str, object] = {}
    for name, protocol in PORTS.items():
        port = getattr(erp, name, None)
        if port is None:
            continue
        lacking = sorted(method for method in port_methods(protocol) if not callable(getattr(port, method, None)))
        if lacking:
            raise UsageError(
                f"Failed to use {type(erp).__name__}.{name} as port {protocol.__name__}: "
                f"expected all of its methods, got none for {', '.join(lacking)}."
            )
        found[name] = port
    return found


def port_methods(protocol: type) -> Mapping[str, Callable[..., object]]:
    """Return the methods of a port by name."""
    return {name: member for name, member in vars(protocol).items() if not name.startswith("_") and callable(member)}
