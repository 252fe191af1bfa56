"""Schemas of OpenAPI 3.0 said in JSON Schema 2020-12, which OpenAPI 3.1 uses."""

from __future__ import annotations

from typing import Any

_BOUNDS = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))


def normalised(value: Any) -> Any:
    """Return a document with its keys as text, and with ``nullable`` and bounds that are exclusive by a flag said as 3.1 says them."""
    if isinstance(value, list):
        return [normalised(one) for one in value]
    if not isinstance(value, dict):
        return value
    schema = {str(key): normalised(one) for key, one in value.items()}
    for flag, bound in _BOUNDS:
        if isinstance(schema.get(flag), bool) and schema.pop(flag) and bound in schema:
            schema[flag] = schema.pop(bound)
    if schema.get("nullable") is True:
        del schema["nullable"]
        return _nullable(schema)
    return schema


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("type"), str):
        return {
            **schema,
            "type": [schema["type"], "null"],
            **({"enum": [*schema["enum"], None]} if "enum" in schema else {}),
        }
    kept: dict[str, Any] = {key: schema.pop(key) for key in ("readOnly", "writeOnly") if key in schema}
    return {**kept, "anyOf": [schema, {"type": "null"}]}
