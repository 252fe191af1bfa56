"""Services by name: ``outbound.ship`` is the function `ship` of the module `outbound`.

Callers import services as usual. What they call looks its function up at each call, so a wrapper put around it takes effect everywhere,
also where one service calls another.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_running: dict[str, Callable[..., Any]] = {}


def service(function: Callable[P, R]) -> Callable[P, R]:
    """Register a function as a service under ``<module>.<function>``.

    Raises:
        ValueError: the name is taken.
    """
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
    if name in _running:
        raise ValueError(f"Failed to register service '{name}': expected a name of its own, got one that is taken.")
    _running[name] = function

    @wraps(function)
    def dispatch(*args: P.args, **kwargs: P.kwargs) -> R:
        return _running[name](*args, **kwargs)  # type: ignore[no-any-return]  # what was registered under this name

    return dispatch


def service_names() -> tuple[str, ...]:
    """Return the names of all services imported so far."""
    return tuple(sorted(_running))


def wrap(name: str, wrapper: Callable[..., Any]) -> None:
    """Put `wrapper` around a service; it is called with the function it wraps, then with the arguments.

    Raises:
        ValueError: there is no service of that name.
    """
    if name not in _running:
        raise ValueError(f"Failed to wrap service '{name}': expected one of {', '.join(service_names())}.")
    original = _running[name]

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return wrapper(original, *args, **kwargs)

    _running[name] = wrapped
