"""The guard around a production ERP: reading calls pass, everything else is refused before it leaves the process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import UsageError
from erp_testkit.erp.ports import PORTS, Access, Erp
from erp_testkit.erp.registry import port_methods


def guarded(erp: Erp, profile: str) -> Erp:
    """Return the same ERP with a guard around each of its ports.

    Only methods their Protocol marks `@reads` pass; whatever else an adapter carries is refused too. `Access.acting_as` passes, and the
    ERP it returns is guarded as well.

    Args:
        erp: a connected ERP.
        profile: name of its production profile, for the message.
    """
    return cast(Erp, _GuardedErp(erp, profile))


class _GuardedErp:
    def __init__(self, erp: Erp, profile: str) -> None:
        self._erp = erp
        self.name = erp.name
        for port_name, protocol in PORTS.items():
            port = getattr(erp, port_name, None)
            if port is not None:
                guard = _GuardedAccess if protocol is Access else _GuardedPort
                setattr(self, port_name, guard(port, port_name, protocol, profile))

    def close(self) -> None:
        self._erp.close()


class _GuardedPort:
    def __init__(self, port: object, port_name: str, protocol: type, profile: str) -> None:
        self._port = port
        self._profile = profile
        for method, declared in port_methods(protocol).items():
            if hasattr(type(self), method):
                continue
            reads = getattr(declared, "__reads__", False)
            setattr(self, method, getattr(port, method) if reads else self._refusing(f"{port_name}.{method}"))

    def _refusing(self, call: str) -> Callable[..., Any]:
        def refuse(*_arguments: object, **_named: object) -> Any:
            raise UsageError(
                f"Failed to call {call} in profile '{self._profile}': expected only reading calls, because it is a production "
                "environment, got a writing one; nothing was sent. Next: choose another profile, or take @readonly off the scenario"
            )

        return refuse


class _GuardedAccess(_GuardedPort):
    def acting_as(self, role: Role) -> Erp:
        port = cast(Access, self._port)
        return guarded(port.acting_as(role), self._profile)
