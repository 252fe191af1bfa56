"""Schemas of every version written alike: in JSON Schema 2020-12, which is what OpenAPI 3.1 and 3.2 have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp_testkit.specs.document import BUNDLED, DATA, NAMES, Document

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


def alike(document: Document) -> Document:
    """Return a document with its schemas in JSON Schema 2020-12.

    ``nullable`` and bounds that are exclusive by a flag are said as 3.1 says them. What stands beside a schema's reference, where it
    counts, comes to stand beside an ``allOf`` of it: following the reference loses nothing.
    """
    counts = _siblings_count(document.content, default=True)
    content = _alike({key: one for key, one in document.content.items() if key != BUNDLED}, counts)
    if BUNDLED in document.content:
        files = document.content[BUNDLED]
        content[BUNDLED] = {name: _alike(one, _siblings_count(one, default=counts)) for name, one in files.items()}
    return Document(document.root, content, document.others, document.references, document.copies)


def _siblings_count(file: Any, *, default: bool) -> bool:
    """Say whether what stands beside a ``$ref`` counts: from OpenAPI 3.1 and JSON Schema 2019-09 on."""
    if not isinstance(file, Mapping):
        return default
    if "openapi" in file or "swagger" in file:
        return not str(file.get("openapi", "2.0")).startswith(("2.0", "3.0"))
    return default and "/draft-0" not in str(file.get("$schema"))


def _alike(value: Any, counts: bool, *, names: bool = False) -> Any:
    if isinstance(value, list):
        return [_alike(one, counts) for one in value]
    if not isinstance(value, dict):
        return value
    inner = {key: one if key in DATA and not names else _alike(one, counts, names=key in NAMES and not names) for key, one in value.items()}
    return inner if names else _schema(inner, counts)


def _schema(schema: dict[str, Any], counts: bool) -> dict[str, Any]:
    for flag, bound in _BOUNDS:
        if isinstance(schema.get(flag), bool) and schema.pop(flag) and bound in schema:
            schema[flag] = schema.pop(bound)
    if schema.get("nullable") is True:
        del schema["nullable"]
        return _nullable(schema)
    if counts and isinstance(schema.get("$ref"), str) and (schema.keys() & _WORDS or isinstance(schema.get("required"), list)):
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
