"""Where the scenarios and data sets that ship with the kit are, in a source tree and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_PACKED = _PACKAGE / "_shipped"

ROOT = _PACKED if _PACKED.is_dir() else _PACKAGE.parent
"""Folder that holds `features/`, `fixtures/`, `contracts/`, `pipelines/`, `images/` and `docs/`."""

FEATURES = ROOT / "features"
FIXTURES = ROOT / "fixtures"
CONTRACTS = ROOT / "contracts"
PIPELINES = ROOT / "pipelines"
IMAGES = ROOT / "images"
DOCS = ROOT / "docs"
