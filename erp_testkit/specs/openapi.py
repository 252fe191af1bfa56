"""OpenAPI documents: 2.0 (in the terms of 3.0), 3.0, 3.1 and 3.2, and their operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from erp_testkit.domain.errors import UsageError
from erp_testkit.specs import bundle, structure
from erp_testkit.specs.document import Document, Spot, mistakes
from erp_testkit.specs.swagger import as_openapi3

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
"""Methods that change nothing (RFC 9110, 9.2.1; QUERY: OpenAPI 3.2, "Path Item Object")."""
_VERSIONS = ("3.0", "3.1", "3.2")


@dataclass(frozen=True)
class Operation:
    """One method of one path, of a webhook or a callback."""

    path: str
    """As the document writes it, with its parameters in braces."""
    method: str
    """In lower case, as the document writes it."""
    item: Spot
    """The path it belongs to, its reference followed."""
    spot: Spot

    @property
    def label(self) -> str:
        """``POST /orders``."""
        return f"{self.method.upper()} {self.path}"

    @property
    def content(self) -> Mapping[str, Any]:
        """What the document says of it."""
        found: Mapping[str, Any] = self.spot.value
        return found

    @cached_property
    def parameters(self) -> list[Spot]:
        """Its parameters, references followed; what it says itself goes before what its path says."""
        found = [*self.item.get("parameters").items(), *self.spot.get("parameters").items()]
        return list({(one.value["in"], one.value["name"]): one for one in found}.values())

    @cached_property
    def body(self) -> Spot:
        """What is sent; its value is None where nothing is."""
        return self.spot.get("requestBody").follow()

    @cached_property
    def responses(self) -> dict[str, Spot]:
        """Status, such as ``201``, ``4XX`` or ``default``, to the response."""
        return {status: spot for status, spot in self.spot.get("responses").entries() if not status.startswith("x-")}


def media_types(holder: Spot) -> dict[str, Spot]:
    """Return the media types of a body or a response, each with its schema; the value is None where there is none."""
    return {media: spot.get("schema") for media, spot in holder.get("content").entries()}


def read(file: Path) -> Document:
    """Read an OpenAPI document with all files it refers to; 2.0 comes in the terms of 3.0.

    Raises:
        UsageError: it cannot be read, is of another version, or has mistakes; its text names all of them, with file and line.
    """
    return of_document(bundle.read(file))


def of_document(document: Document) -> Document:
    """Return a document that was read, as `read` does."""
    file, content = document.file, document.content
    said = {key: str(content[key]) for key in ("openapi", "swagger") if key in content}
    if not (said.get("openapi", "").startswith(_VERSIONS) or said.get("swagger") == "2.0"):
        got = " ".join(next(iter(said.items()), ("neither",)))
        raise UsageError(f"Failed to read contract {file}: expected openapi {', '.join(_VERSIONS)} or swagger 2.0, got {got}.")
    if problems := structure.problems(document, structure.OPENAPI):
        raise mistakes(file, problems)
    if lost := document.lost(operation.spot for operation in operations(document)):
        raise mistakes(file, lost)
    document.warn()
    return as_openapi3(document) if "swagger" in content else document


def operations(document: Document) -> Iterator[Operation]:
    """Yield every operation: those of its paths, webhooks and callbacks."""
    for section in ("paths", "webhooks"):
        for operation in operations_of(document.whole.get(section), named=section == "webhooks"):
            yield operation
            for _, callback in operation.spot.get("callbacks").entries():
                yield from operations_of(callback)


def operations_of(paths: Spot, *, named: bool = False) -> Iterator[Operation]:
    """Yield the operations under paths: those of the document, its webhooks (which somebody has `named`), or one callback."""
    for path in paths.value or ():
        if path.startswith("x-") and not named:
            continue
        item = paths.get(path).follow()
        for method in METHODS:
            if isinstance(item.value, dict) and isinstance(item.value.get(method), dict):
                yield Operation(path, method, item, item.get(method))
