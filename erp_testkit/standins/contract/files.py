"""Reading a contract's file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from erp_testkit.domain.errors import UsageError
from erp_testkit.standins.contract.document import Document

_SUPPORTED = ("3.0", "3.1")


class _Loader(yaml.CSafeLoader):
    """Reads YAML as JSON would be read: days stay text, and only true and false are truth values."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag.rpartition(":")[2] not in {"timestamp", "bool"} or first in "tf"]
    for first, known in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read(file: Path) -> Document:
    """Read a contract.

    Raises:
        UsageError: it cannot be read, is no YAML or JSON, no OpenAPI 3.0 or 3.1, or has mistakes.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"Failed to read contract {file}: expected a file that can be read, got {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"Failed to read contract {file}: expected UTF-8, got byte {error.start} that is none.") from error
    try:
        # YAML takes JSON too, at a hundredth of the speed.
        data = json.loads(text) if text.lstrip().startswith("{") and file.suffix == ".json" else yaml.load(text, _Loader)  # noqa: S506
    except json.JSONDecodeError as error:
        raise UsageError(f"Failed to read contract {file}, line {error.lineno}: expected JSON, got {error.msg}.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise UsageError(
            f"Failed to read contract {file}{where}: expected YAML, got a mistake: {getattr(error, 'problem', None) or error}."
        ) from error
    _check_version(data, file)
    try:
        document = Document(data, str(file))
    except RecursionError as error:
        raise UsageError(f"Failed to read contract {file}: expected no YAML anchor within itself, got one.") from error
    document.check()
    return document


def _check_version(data: Any, file: Path) -> None:
    version = data.get("openapi", data.get("swagger")) if isinstance(data, dict) else None
    if isinstance(version, str) and version.startswith(_SUPPORTED) and isinstance(data.get("paths"), dict):
        return
    if isinstance(data, dict) and "swagger" in data:
        got, step = f"Swagger {version}", " Next: convert it to OpenAPI 3, such as with swagger2openapi"
    elif isinstance(version, str) and version.startswith(_SUPPORTED):
        got, step = "one without paths", ""
    else:
        got, step = f"openapi: {version}" if version else "something else", ""
    raise UsageError(f"Failed to read contract {file}: expected OpenAPI 3.0 or 3.1, got {got}.{step}")
