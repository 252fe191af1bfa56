"""Who is hit by a change: mappings that use the field, scenarios that called the operation in earlier runs, the partner of a mapping."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from erp_testkit.contracts.compatibility.change import Change
from erp_testkit.contracts.compatibility.contracts import Version
from erp_testkit.domain.errors import UsageError
from erp_testkit.specs import text
from erp_testkit.specs.schema import Views

RUNS = 5
"""How many of the latest runs are looked at: the suite does not change its calls that often."""

_TEMPLATE = re.compile(r"\\\{.*?\\\}")
"""A parameter in an escaped path."""
_STEP = re.compile(r"[^.\[\]]+|\[\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Somebody who relies on what changed."""

    kind: str
    """``mapping``, ``partner``, or, of an earlier run, ``scenario`` or ``contract``."""
    name: str
    """Name of the mapping contract, id of the scenario or of the contract's check."""
    field: str = ""
    """Where the mapping uses it; empty for others."""


class Users:
    """Knows who uses what.

    Args:
        mappings: files of mapping contracts; what is none is passed over.
        runs: folder with the evidence of earlier runs; it need not exist.
    """

    def __init__(self, mappings: Iterable[Path], runs: Path) -> None:
        self._mappings = [(file, content["mapping"]) for file in mappings if (content := _mapping(file))]
        self._runs = runs
        self._calls: list[tuple[Hit, str, str]] | None = None

    def of(self, versions: Sequence[Version], changes: Iterable[Change]) -> dict[str, list[Hit]]:
        """Return who is hit, by the fingerprint of the change.

        Args:
            versions: both versions of the contract the changes are of.
            changes: the changes.
        """
        uses = [use for version in versions for use in self._uses(version)]
        bases = {_base(server) for version in versions for server in version.content.get("servers", ())} | {""}
        targets = [version.content["mapping"]["target"] for version in versions if version.kind == "mapping"]
        partners = {Hit(kind="partner", name=target["partner"]) for target in targets if target.get("partner")}
        found = {}
        for change in changes:
            hits = {Hit(kind="mapping", name=name, field=path) for name, path, schema, field in uses if _touches(change, schema, field)}
            hits |= self._callers(change.operations, bases) | partners
            if hits:
                found[change.fingerprint] = sorted(hits, key=lambda hit: (hit.kind, hit.name, hit.field))
        return found

    def _uses(self, version: Version) -> Iterator[tuple[str, str, str, str]]:
        """Return mapping, path, and the shared schema and field the path leads to."""
        views = Views(version.document)
        for file, mapping in self._mappings:
            for side in ("source", "target"):
                name, _, pointer = str(mapping.get(side, {}).get("schema", "")).partition("#")
                if not pointer or not name or (file.parent / name).name != version.file.name:
                    continue
                for field in mapping.get("fields", ()):
                    if field.get(side):
                        yield from ((mapping["name"], field[side], *place) for place in _places(views, f"#{pointer}", field[side]))

    def _callers(self, operations: Sequence[str], bases: Iterable[str]) -> set[Hit]:
        if self._calls is None:
            self._calls = list(_calls(self._runs))
        found = set()
        before = "|".join(map(re.escape, bases))
        for operation in operations:
            method, _, path = operation.partition(" ")
            pattern = re.compile(f"(?:{before}){_TEMPLATE.sub('[^/]+', re.escape(path))}")
            found |= {caller for caller, verb, target in self._calls if verb == method and pattern.fullmatch(target)}
        return found


def _mapping(file: Path) -> dict[str, Any] | None:
    try:
        content = text.read(file).data
    except UsageError:
        return None  # the contract's own check says so
    return content if isinstance(content, dict) and isinstance(content.get("mapping"), dict) else None


def _places(views: Views, pointer: str, path: str) -> set[tuple[str, str]]:
    """Return every shared schema and field on the way a path takes, from a schema down."""
    try:
        view = views.of({"$ref": pointer})
    except KeyError:
        return set()
    name, inner = view.name, ""
    found = {(name, "")}
    for step in _STEP.findall(path):
        raw = view.words.get("items") if step == "[]" else view.words.get("properties", {}).get(step)
        if raw is None:
            break
        view = views.of(raw)
        inner = f"{inner}[]" if step == "[]" else f"{inner}.{step}" if inner else step
        found.add((name, inner))
        if view.name:
            name, inner = view.name, ""
            found.add((name, ""))
    return found


def _touches(change: Change, schema: str, field: str) -> bool:
    return bool(change.schema) and (change.schema, change.field) == (schema, field)


def _base(server: Mapping[str, Any]) -> str:
    """Return the path all paths of a server begin with."""
    return urlsplit(str(server.get("url", ""))).path.rstrip("/")


def _calls(runs: Path) -> Iterator[tuple[Hit, str, str]]:
    """Return who made every call in the latest runs, with method and path, each once."""
    seen = set()
    latest = sorted((folder for folder in runs.glob("*") if any(folder.glob("exchanges-*.jsonl"))), reverse=True)
    for folder in latest[:RUNS]:
        callers = {
            str(event.get("node")): Hit(kind=str(event.get("kind", "scenario")), name=str(event["scenario"]))
            for event in _rows(folder, "events")
            if "scenario" in event
        }
        for row in _rows(folder, "exchanges"):
            caller = callers.get(str(row.get("node")))
            if caller is not None:
                call = (caller, str(row.get("method")), str(row.get("target")).partition("?")[0])
                if call not in seen:
                    seen.add(call)
                    yield call


def _rows(folder: Path, name: str) -> Iterator[Mapping[str, Any]]:
    for file in sorted(folder.glob(f"{name}-*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    row = json.loads(line)
                except ValueError:
                    continue  # a run that was killed may leave half a line
                if isinstance(row, dict):
                    yield row
