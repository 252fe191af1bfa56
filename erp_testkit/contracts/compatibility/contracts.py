"""Comparing contract files, or folders of them: which belong together, and what changed in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from erp_testkit.contracts.compatibility import mapping, skeleton
from erp_testkit.contracts.compatibility.change import Change, Impact
from erp_testkit.contracts.compatibility.document import parse, read
from erp_testkit.contracts.compatibility.messages import Messages
from erp_testkit.contracts.compatibility.openapi import OpenApi
from erp_testkit.contracts.compatibility.swagger import as_openapi3
from erp_testkit.contracts.kinds import APPROVED, KINDS, SUFFIXES
from erp_testkit.domain.errors import UsageError

_VERSIONS = {"openapi": ("3.0", "3.1", "3.2"), "swagger": ("2.0",), "asyncapi": ("3.",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a contract, read and with every reference leading somewhere."""

    file: Path
    kind: str
    """``openapi``, ``mapping`` or ``messages``."""
    content: Mapping[str, Any]


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
    content = read(file)
    key = next((key for key in KINDS if key in content), None)
    if key is None:
        raise UsageError(
            f"Failed to read contract {file}: expected one of {', '.join(KINDS)} as a key, got {', '.join(list(content)[:5])}."
        )
    said = str(content[key])
    if key in _VERSIONS and not said.startswith(_VERSIONS[key]):
        known = " or ".join(version.rstrip(".") for version in _VERSIONS[key])
        raise UsageError(f"Failed to read contract {file}: expected {key} {known}, got {said}.")
    skeleton.check(content, KINDS[key], file)
    if key == "swagger":
        content = as_openapi3(content)
        skeleton.check(content, KINDS[key], file)  # what was a parameter is a schema now
    return Version(file=file, kind=KINDS[key], content=content)


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
        names = skeleton.NAMES
        raise UsageError(
            f"Failed to compare {old.file} with {new.file}: expected two contracts of one kind, "
            f"got {names[old.kind]} and {names[new.kind]}."
        )
    if old.kind == "mapping":
        found = mapping.compare(old.content, new.content)
    elif old.kind == "messages":
        found = Messages(old.content, new.content).changes()
    else:
        found = OpenApi(old.content, new.content, today).changes()
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
        return not KINDS.keys().isdisjoint(parse(file))
    except UsageError:
        return True  # reading it says what is wrong with it


def _whole(name: str, *, come: bool) -> Change:
    if come:
        return Change(rule="contract-added", impact=Impact.HARMLESS, place=name, reason="a contract is new")
    return Change(
        rule="contract-removed", impact=Impact.BREAKING, place=name, reason="a contract is gone: nothing of it is promised any longer"
    )
