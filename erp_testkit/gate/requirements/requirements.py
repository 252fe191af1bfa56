"""Requirements: what runs are evidence for, read from ``fixtures/requirements/*.toml`` and the project's own folders.

```toml
[QUARANTINE]
en = "Goods nobody has released do not leave quarantine."
zh = "未经放行的货品不得离开待验隔离区。"
risk = "high"
source = "ISO 13485:2016 8.3"
rules = ["nothing-held-back-shipped", "only-stock-ships"]
```

Scenarios name requirements by ``@req:QUARANTINE``; rules and checks of contracts are named by the requirement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from erp_testkit import shipped
from erp_testkit.config import Config
from erp_testkit.domain.errors import UsageError
from erp_testkit.gate import forms

SHIPPED = shipped.FIXTURES / "requirements"
_WHAT = "requirements"
_ID = re.compile(r"[\w.:/-]+")
"""What can stand behind ``@req:``."""


class Risk(StrEnum):
    """How bad it is when a requirement is not met."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One thing the business, a law or a standard asks of the ERP."""

    id: str
    en: str
    zh: str
    risk: Risk
    source: str = ""
    """Clause, chapter or document; empty where nobody has said."""
    rules: tuple[str, ...] = ()
    """Patterns of rule ids."""
    contracts: tuple[str, ...] = ()
    """Patterns of ids of contract checks."""
    not_applicable: str = ""
    """Why it does not apply here."""

    def text(self, language: str) -> str:
        """Return what is required, in Chinese for any language that begins with ``zh``."""
        return self.zh if language.startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class Requirements:
    """All requirements of a project."""

    listed: Mapping[str, Requirement]
    """By id, in the order of their files."""
    contracts: frozenset[str] = frozenset()
    """Names of the contracts that patterns may begin with, beside those in the runs."""


NOTHING = Requirements({})
"""No requirements at all."""


def of_project(config: Config) -> Requirements:
    """Return the shipped requirements and those of a project.

    Raises:
        UsageError: a file cannot be read, or has mistakes; all of them are named.
    """
    folders = (shipped.CONTRACTS, *config.contracts)
    return Requirements(load((SHIPPED, *config.requirements)), frozenset(_contracts(folders)))


def load(places: Iterable[Path]) -> Mapping[str, Requirement]:
    """Read requirements; what a later place says of an id that an earlier one has replaces that key by key.

    Args:
        places: files, or folders of ``.toml`` files.

    Raises:
        UsageError: a file cannot be read, or has mistakes; all mistakes of all files are named.
    """
    found: dict[str, Requirement] = {}
    refused: list[str] = []
    for place in places:
        own: dict[str, Path] = {}
        for file in sorted(place.glob("*.toml")) if place.is_dir() else [place]:
            try:
                _add(found, own, file)
            except UsageError as error:
                refused.append(str(error))
    if refused:
        raise UsageError("\n".join(refused))
    return found


def _add(found: dict[str, Requirement], own: dict[str, Path], file: Path) -> None:
    data = forms.read_toml(file, _WHAT)
    wrong = forms.mistakes(data, "requirements")
    problems = [f"{forms.dotted(place)}: {text}" for place, text in wrong]
    for id_, entry in data.items():
        if not _ID.fullmatch(id_):
            problems.append(f"{id_}: expected an id of letters, digits and . : / - _, which @req: can name, got '{id_}'.")
        if id_ in own:
            problems.append(f"{id_}: expected an id of its own, got that of {own[id_]}.")
        own[id_] = file
        if isinstance(entry, dict):
            problems += (f"{id_}.{key}: expected {wanted}, got nothing." for key, wanted in _lacking(entry, id_ in found))
    if problems:
        raise forms.refuse(file, _WHAT, problems)
    for id_, entry in data.items():
        found[id_] = _requirement(id_, entry, found.get(id_))


def _lacking(entry: Mapping[str, Any], known: bool) -> Iterator[tuple[str, str]]:
    if not known and "en" not in entry and "zh" not in entry:
        yield "en", "text, here or in zh"
    if not known and "risk" not in entry:
        yield "risk", " or ".join(Risk)


def _requirement(id_: str, entry: Mapping[str, Any], base: Requirement | None) -> Requirement:
    said: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    if "risk" in said:
        said["risk"] = Risk(said["risk"])
    if base is not None:
        return replace(base, **said)
    texts: dict[str, Any] = {"en": said.get("en") or said.get("zh"), "zh": said.get("zh") or said.get("en")}
    return Requirement(**{"id": id_, **said, **texts})


def _contracts(folders: Iterable[Path]) -> Iterator[str]:
    """Yield the names of contracts, which their checks' ids begin with: those of their files."""
    for folder in folders:
        files = folder.rglob("*") if folder.is_dir() else [folder]
        yield from (file.stem for file in files if file.suffix in (".yaml", ".yml", ".json") and file.parent.name != "schemas")
