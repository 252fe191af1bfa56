"""What a contract file is: its content says which kind of contract it holds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

SUFFIXES = frozenset({".yaml", ".yml", ".json"})

KINDS: Mapping[str, str] = MappingProxyType({"openapi": "openapi", "swagger": "openapi", "mapping": "mapping", "asyncapi": "messages"})
"""First-level key a contract file has, and the package of `erp_testkit.contracts` that reads it."""

APPROVED = "approved"
"""Folder, in a contracts folder, of the versions that were approved last; each has the path of its contract."""

_NAMES = "|".join(KINDS)
_KEY = re.compile(rf"""^(["']?)({_NAMES})\1\s*:""", re.MULTILINE)
"""At the start of a line, where YAML has the keys of its first level."""


def kind_of(file: Path, folder: Path) -> str | None:
    """Return the kind of contract a file is, by its first-level keys; None where it is none (a schema, an example).

    Args:
        file: the file.
        folder: the contracts folder it lies in. What lies below its folder ``approved`` is none: the others are compared with that.
    """
    if file.suffix not in SUFFIXES or APPROVED in file.relative_to(folder).parts:
        return None
    try:
        text = file.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        return None
    # What says neither is taken for what its folder is for, so that a broken file is reported, not passed over.
    folders = {"openapi": "openapi", "mappings": "mapping"}
    key = _key_of(text)
    return KINDS[key] if key else folders.get(file.parent.name)


def _key_of(text: str) -> str | None:
    """Return the key of `KINDS` a text has at its first level; a big file is no reason not to find it."""
    if text.lstrip().startswith("{"):
        try:
            keys = json.loads(text).keys()
        except (ValueError, RecursionError):
            # Broken: what it was meant to be.
            keys = re.findall(r'"(\w+)"\s*:', text)
        return next((key for key in KINDS if key in keys), None)
    found = _KEY.search(text)
    return found[2] if found else None
