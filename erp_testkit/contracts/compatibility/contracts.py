"""Comparing contract files, or folders of them: which belong together, and what changed in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from erp_testkit.contracts.compatibility import mapping
from erp_testkit.contracts.compatibility.change import Change, Impact
from erp_testkit.contracts.compatibility.messages import Messages
from erp_testkit.contracts.compatibility.openapi import OpenApi
from erp_testkit.contracts.kinds import APPROVED, KINDS, SUFFIXES
from erp_testkit.domain.errors import UsageError
from erp_testkit.specs import asyncapi, bundle, openapi, text
from erp_testkit.specs.document import Document

_READ = {"openapi": openapi.of_document, "messages": asyncapi.of_document, "mapping": mapping.of_document}
_NAMES = {"openapi": "OpenAPI", "messages": "AsyncAPI", "mapping": "a mapping contract"}
"""What each kind of contract is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a contract, read."""

    kind: str
    """``openapi``, ``mapping`` or ``messages``."""
    document: Document

    @property
    def file(self) -> Path:
        """The file it was read from."""
        return self.document.file

    @property
    def content(self) -> Mapping[str, Any]:
        """All of it as one piece."""
        return self.document.content


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A contract in two versions; None where one has none."""

    name: str
    """Path of the contract below the folders that were compared, or its file name."""
    old: Version | None
    new: Version | None
    changes: tuple[Change, ...]


def read_version(file: Path) -> Version:
    """Return a contract; OpenAPI 2.0 comes in the terms of 3.0.

    Raises:
        UsageError: it cannot be read, is no contract, or a version nobody here knows.
    """
    document = bundle.read(file)
    key = next((key for key in KINDS if key in document.content), None)
    if key is None:
        got = ", ".join(list(document.content)[:5])
        raise UsageError(f"Failed to read contract {file}: expected one of {', '.join(KINDS)} as a key, got {got}.")
    return Version(kind=KINDS[key], document=_READ[KINDS[key]](document))


def changes(old: Version, new: Version, today: date) -> tuple[Change, ...]:
    """Return every change between two versions of a contract, the worst first.

    Args:
        old: the old version.
        new: the new version.
        today: the day that ``x-sunset`` is held against.

    Raises:
        UsageError: they are contracts of different kinds.
    """
    if old.kind != new.kind:
        raise UsageError(
            f"Failed to compare {old.file} with {new.file}: expected two contracts of one kind, "
            f"got {_NAMES[old.kind]} and {_NAMES[new.kind]}."
        )
    if old.kind == "mapping":
        found = mapping.compare(old.content, new.content)
    elif old.kind == "messages":
        found = Messages(old.document, new.document).changes()
    else:
        found = OpenApi(old.document, new.document, today).changes()
    order = list(Impact)
    return tuple(
        sorted(found, key=lambda change: (order.index(change.impact), change.rule, change.place, str(change.old), str(change.new)))
    )


def compare(old: Path, new: Path, today: date) -> list[Compared]:
    """Return what changed between two contract files, or between the contracts of the same path in two folders.

    Raises:
        UsageError: a file cannot be read (all are told), there is no contract, or a file is compared with a folder.
    """
    if old.is_dir() != new.is_dir():
        folder, file = (old, new) if old.is_dir() else (new, old)
        other = f"file {file}" if file.exists() else f"nothing at {file}"
        raise UsageError(f"Failed to compare {old} with {new}: expected two files or two folders, got folder {folder} and {other}.")
    if not old.is_dir():
        return [_pair(new.name, old, new, today)]
    files, others = contracts_in(old), contracts_in(new)
    if not files and not others:
        raise UsageError(
            f"Failed to compare {old} with {new}: expected contracts (a file with one of the keys {', '.join(KINDS)}), got none."
        )
    compared, problems = [], []
    for name in sorted({*files, *others}):
        try:
            compared.append(_pair(name, files.get(name), others.get(name), today))
        except UsageError as error:
            problems.append(str(error))
    if problems:
        raise UsageError("\n".join(problems))
    return compared


def _pair(name: str, old: Path | None, new: Path | None, today: date) -> Compared:
    was, now = (None if file is None else read_version(file) for file in (old, new))
    found = changes(was, now, today) if was and now else (_whole(name, come=was is None),)
    return Compared(name=name, old=was, new=now, changes=found)


def contracts_in(folder: Path) -> dict[str, Path]:
    """Return the contracts in a folder by their path in it; approved versions below it are none of them."""
    found = {}
    for file in sorted(folder.rglob("*")):
        inner = file.relative_to(folder)
        if file.suffix in SUFFIXES and APPROVED not in inner.parts and _may_be_one(file):
            found[inner.as_posix()] = file
    return found


def _may_be_one(file: Path) -> bool:
    try:
        return not KINDS.keys().isdisjoint(text.read(file).data or ())
    except UsageError:
        return True  # reading it says what is wrong with it


def _whole(name: str, *, come: bool) -> Change:
    if come:
        return Change(rule="contract-added", impact=Impact.HARMLESS, place=name, reason="a contract is new")
    return Change(
        rule="contract-removed", impact=Impact.BREAKING, place=name, reason="a contract is gone: nothing of it is promised any longer"
    )
