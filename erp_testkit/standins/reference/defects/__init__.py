"""Faults that can be switched on, to prove that the kit detects them.

A defect is a function wrapped around one service: it is called with the service's own function first, then with its arguments. Each
stands in the module of its area; the fault case of the same name in ``fixtures/fault_cases`` says what people see of it, and what to do.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Engine, text

from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.standins.reference.database import writing
from erp_testkit.standins.reference.schema import GUARDS
from erp_testkit.standins.reference.services import registry

F = TypeVar("F", bound=Callable[..., Any])
Original: TypeAlias = Callable[..., Any]
"""The service's own function, as a defect is given it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One fault."""

    name: str
    wraps: str
    """The service it is wrapped around, such as ``notes.note_line``."""
    weakens: tuple[str, ...]
    """Guards of the database (`schema.GUARDS`) that such an ERP lacks too, or the fault could not happen."""
    wrapper: Callable[..., Any]


_known: dict[str, Defect] = {}


def defect(name: str, *, wraps: str, weakens: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Register a function as a defect.

    Raises:
        ValueError: the name is taken, or a guard does not exist.
    """

    def register(wrapper: F) -> F:
        if name in _known:
            raise ValueError(f"Failed to register defect '{name}': expected a name of its own, got one that is taken.")
        if unknown := set(weakens) - GUARDS.keys():
            raise ValueError(f"Failed to register defect '{name}': expected guards of the schema, got {', '.join(sorted(unknown))}.")
        _known[name] = Defect(name=name, wraps=wraps, weakens=weakens, wrapper=wrapper)
        return wrapper

    return register


def defects() -> Mapping[str, Defect]:
    """Return all defects by name."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    return dict(_known)


def chosen(names: Iterable[str]) -> list[Defect]:
    """Return defects by name.

    Raises:
        UsageError: there is no defect of that name.
    """
    known = defects()
    wanted = [name.strip() for name in names]
    for name in wanted:
        if name not in known:
            raise UsageError(f"Failed to switch on defect '{name}': expected the name of one. {closest(name, known)}")
    return [known[name] for name in wanted]


def install(names: Iterable[str], engine: Engine) -> None:
    """Switch defects on, for the life of this process and of its database.

    Raises:
        UsageError: there is no defect of that name.
    """
    wanted = chosen(names)
    for one in wanted:
        registry.wrap(one.wraps, one.wrapper)
    with writing(engine) as connection:
        for guard in sorted({guard for one in wanted for guard in one.weakens}):
            connection.execute(text(GUARDS[guard]))
