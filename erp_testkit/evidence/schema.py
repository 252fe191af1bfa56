"""The JSON Schemas of a run's files: what `docs/evidence.md` says, for machines."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parent / "schemas"


def mistakes(name: str, data: Any, file: str) -> list[str]:
    """Return what is wrong with data.

    Args:
        name: name of a schema, such as ``manifest``.
        data: what was read.
        file: where it was read, for the texts.
    """
    wrong = _validator(name).iter_errors(data)
    return [f"{file}: {'.'.join(map(str, error.instance_path)) or 'all of it'}: {error.message}" for error in wrong]


@cache
def _validator(name: str) -> Any:
    import jsonschema_rs  # not for --help

    return jsonschema_rs.validator_for(json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")), validate_formats=True)
