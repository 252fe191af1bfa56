"""The JSON Schemas of a run's files: what `docs/evidence.md` says, for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from erp_testkit.domain.said import Said

SCHEMAS = Path(__file__).parent / "schemas"


def mistakes(name: str, data: Any, file: str) -> list[Said]:
    """Return what is wrong with data.

    Args:
        name: name of a schema, such as ``manifest``.
        data: what was read.
        file: where it was read, for the texts.
    """
    # The library says what is wrong in English only; in Chinese the keyword of the schema stands for it.
    said = Said("{file}: {place}: {message}", "{file}：{place}不符合模式的 {message} 要求")
    return [
        said.with_(file=file, place=_place(error.instance_path), message=Said(error.message, str(error.schema_path[-1])))
        for error in _validator(name).iter_errors(data)
    ]


def _place(path: Sequence[str | int]) -> Said:
    if not path:
        return Said("all of it", "整个文件")
    return Said("{path}", " {path} ").with_(path=".".join(map(str, path)))


@cache
def _validator(name: str) -> Any:
    import jsonschema_rs  # not for --help

    return jsonschema_rs.validator_for(json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")), validate_formats=True)
