"""Which folders are projects that use the kit: all that a pytest session in any other project ever asks."""

from __future__ import annotations

from pathlib import Path

FILE = "erp-testkit.toml"
STATE = ".erp-testkit"
"""Folder in the project's root where everything lies that the kit writes."""


def config_file(root: Path) -> Path | None:
    """Return the file that makes the kit active in a project, if there is one."""
    own, project = root / FILE, root / "pyproject.toml"
    if own.is_file():
        return own
    # Most projects never heard of the kit: a glance at the text is cheaper than parsing it.
    if project.is_file() and b"[tool.erp_testkit" in project.read_bytes():
        return project
    return None


def project_root(start: Path) -> Path:
    """Return the nearest folder from `start` upwards that holds the kit's configuration, or `start` itself."""
    return next((folder for folder in (start, *start.parents) if config_file(folder) is not None), start)
