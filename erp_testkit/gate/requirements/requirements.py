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

from pydantic import ConfigDict, Field

from erp_testkit import shipped
from erp_testkit.config import Config
from erp_testkit.domain.errors import UsageError
from erp_testkit.specs.settings import Mistake, Table, Text, Texts, read

SHIPPED = shipped.FIXTURES / "requirements"
_ID = re.compile(r"[\w.:/-]+")
"""What can stand behind ``@req:``."""


_FOUND, _OWN = "found", "own"
"""Keys of what is known when a file is read: requirements by id, and the files of the same place by the ids in them."""


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
    """Empty where nobody has said."""
    rules: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    not_applicable: str = ""

    def text(self, language: str) -> str:
        """Return what is required, in Chinese for any language that begins with ``zh``."""
        return self.zh if language.startswith("zh") else self.en


class RequirementTable(Table):
    """One requirement, or what changes of one that is known."""

    en: Text | None = None
    """What is required, in English."""
    zh: Text | None = None
    """What is required, in Chinese."""
    risk: Risk | None = None
    """How bad it is when it is not met."""
    source: Text = ""
    """The clause, chapter or document it comes from."""
    rules: Texts = ()
    """Ids of rules that are evidence for it; ``*`` stands for anything."""
    contracts: Texts = ()
    """Ids of checks of contracts that are evidence for it, such as ``erp POST /orders*``."""
    not_applicable: Text = ""
    """Why it does not apply here. Nothing is asked for it then."""


class RequirementList(Table):
    """A table for each requirement, headed by its id. One that has the id of a shipped requirement changes it key by key."""

    model_config = ConfigDict(extra="allow")

    __pydantic_extra__: dict[str, RequirementTable] = Field(init=False)

    @property
    def tables(self) -> Mapping[str, RequirementTable]:
        """By id."""
        return self.__pydantic_extra__

    def _contradictions(self, context: Mapping[str, Any], /) -> Iterator[Mistake]:
        for id_, table in self.tables.items():
            if not _ID.fullmatch(id_):
                yield (id_,), f"expected an id of letters, digits and . : / - _, which @req: can name, got '{id_}'."
            if id_ in context[_OWN]:
                yield (id_,), f"expected an id of its own, got that of {context[_OWN][id_]}."
            if id_ not in context[_FOUND]:
                if table.en is None and table.zh is None:
                    yield (id_, "en"), "expected text, here or in zh, got nothing."
                if table.risk is None:
                    yield (id_, "risk"), f"expected {' or '.join(Risk)}, got nothing."


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
    for id_, table in read(RequirementList, file, "requirements", context={_FOUND: found, _OWN: own}).tables.items():
        said = table.model_dump(exclude_unset=True)
        texts = {"en": table.en or table.zh, "zh": table.zh or table.en}
        found[id_] = replace(found[id_], **said) if id_ in found else Requirement(**{"id": id_, **said, **texts})
        own[id_] = file


def _contracts(folders: Iterable[Path]) -> Iterator[str]:
    """Yield the names of contracts, which their checks' ids begin with: those of their files."""
    for folder in folders:
        files = folder.rglob("*") if folder.is_dir() else [folder]
        yield from (file.stem for file in files if file.suffix in (".yaml", ".yml", ".json") and file.parent.name != "schemas")
