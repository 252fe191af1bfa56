"""Schemas of OpenAPI said in JSON Schema 2020-12, in one way where there are several."""

from __future__ import annotations

from typing import Any

_DATA = frozenset({"const", "default", "enum", "example", "examples"})
# fmt: off
_WORDS = frozenset({
    "additionalProperties", "allOf", "anyOf", "const", "contains", "dependentRequired", "dependentSchemas", "else", "enum",
    "exclusiveMaximum", "exclusiveMinimum", "format", "if", "items", "maxContains", "maxItems", "maxLength", "maxProperties",
    "maximum", "minContains", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "not", "oneOf", "pattern",
    "patternProperties", "prefixItems", "properties", "propertyNames", "then", "type", "unevaluatedItems", "unevaluatedProperties",
    "uniqueItems",
})
"""What a schema can say of a value, but for ``required``, which parameters have too."""
# fmt: on
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


def spread(value: Any) -> Any:
    """Return a document of 3.1 with what stands beside a schema's reference moved beside an ``allOf`` of it: following it loses nothing."""
    if isinstance(value, list):
        return [spread(one) for one in value]
    if not isinstance(value, dict):
        return value
    schema = {key: one if key in _DATA else spread(one) for key, one in value.items()}
    if isinstance(schema.get("$ref"), str) and (schema.keys() & _WORDS or isinstance(schema.get("required"), list)):
        # Last, so that references into those that were there still lead to them.
        schema["allOf"] = [*schema.get("allOf", ()), {"$ref": schema.pop("$ref")}]
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
