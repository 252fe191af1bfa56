"""Rows of the database with other values in them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row


def changed(row: Row[Any], **values: object) -> Any:
    """Return a copy of a row with other values in some of its columns."""
    return SimpleNamespace(**{**row._mapping, **values})
