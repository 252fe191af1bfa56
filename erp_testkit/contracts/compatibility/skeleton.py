"""The bones a contract must have so that it can be compared: what is an object is an object, and a parameter has a name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from erp_testkit.domain.errors import UsageError

_OBJECT = {"type": "object"}
_TEXTS = {"type": "array", "items": {"type": "string"}}


def _by_name(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": schema}


def _extensible(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "patternProperties": {"^x-": True}, "additionalProperties": schema}


def _to(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


_SCHEMA = {
    "type": ["object", "boolean"],
    "properties": {
        **{key: _by_name(_to("schema")) for key in ("properties", "patternProperties", "dependentSchemas")},
        **{key: _to("schema") for key in ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")},
        **{key: {"type": "array", "items": _to("schema")} for key in ("allOf", "oneOf", "anyOf", "prefixItems")},
        **{key: {"type": "number"} for key in ("maximum", "minimum", "multipleOf")},
        **{key: {"type": ["number", "boolean"]} for key in ("exclusiveMaximum", "exclusiveMinimum")},
        **{key: {"type": "integer"} for key in ("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties")},
        "required": _TEXTS,
        "enum": {"type": "array"},
        "type": {"type": ["string", "array"], "items": {"type": "string"}},
        "pattern": {"type": "string"},
        "$ref": {"type": "string"},
        "discriminator": {"type": "object", "properties": {"mapping": _by_name({"type": "string"})}},
        "dependentRequired": _by_name(_TEXTS),
    },
}
_MEDIA = _by_name({"type": ["object", "null"], "properties": {"schema": _to("schema")}})
_HEADERS = _by_name({"type": "object", "properties": {"schema": _to("schema"), "content": _MEDIA}})
_DEFINITIONS = {
    "schema": _SCHEMA,
    "parameter": {
        "type": "object",
        "anyOf": [{"required": ["$ref"]}, {"required": ["name", "in"]}],
        "properties": {"name": {"type": "string"}, "in": {"type": "string"}, "schema": _to("schema"), "content": _MEDIA},
    },
    "operation": {
        "type": "object",
        "properties": {
            "parameters": {"type": "array", "items": _to("parameter")},
            "requestBody": {"type": "object", "properties": {"content": _MEDIA}},
            "responses": _extensible({"type": "object", "properties": {"content": _MEDIA, "headers": _HEADERS}}),
            "security": {"type": "array", "items": _by_name({"type": "array"})},
            "callbacks": _by_name(_OBJECT),
            "tags": _TEXTS,
        },
    },
    "path": {
        "type": "object",
        "properties": {
            "parameters": {"type": "array", "items": _to("parameter")},
            **{key: _to("operation") for key in ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")},
        },
    },
}
_OPENAPI = {
    "$defs": _DEFINITIONS,
    "type": "object",
    "properties": {
        "paths": _extensible(_to("path")),
        "webhooks": _by_name(_to("path")),
        "servers": {"type": "array", "items": _OBJECT},
        "security": {"type": "array", "items": _by_name({"type": "array"})},
        "components": {
            "type": "object",
            "properties": {
                "schemas": _by_name(_to("schema")),
                "parameters": _by_name(_to("parameter")),
                "securitySchemes": _by_name(_OBJECT),
                **{key: _by_name(_OBJECT) for key in ("responses", "requestBodies", "headers")},
            },
        },
        "definitions": _by_name(_to("schema")),
        "securityDefinitions": _by_name(_OBJECT),
    },
}
_CHANNELS = _by_name({"type": "object", "properties": {"messages": _by_name(_to("message"))}})
_REFERENCE = {"type": "object", "properties": {"$ref": {"type": "string"}}}
_OPERATIONS = _by_name(
    {
        "type": "object",
        "if": {"required": ["$ref"]},
        "else": {"required": ["action", "channel"]},
        "properties": {"action": {"type": "string"}, "channel": _REFERENCE, "messages": {"type": "array", "items": _REFERENCE}},
    }
)
_MESSAGES = {
    "$defs": {
        **_DEFINITIONS,
        "message": {"type": "object", "properties": {"traits": {"type": "array", "items": _OBJECT}}},
    },
    "type": "object",
    "properties": {
        "channels": _CHANNELS,
        "operations": _OPERATIONS,
        "components": {
            "type": "object",
            "properties": {
                "channels": _CHANNELS,
                "operations": _OPERATIONS,
                "messages": _by_name(_to("message")),
                "messageTraits": _by_name(_OBJECT),
                "schemas": _by_name(_OBJECT),
            },
        },
    },
}
_FIELD = {
    "type": "object",
    "required": ["target"],
    "properties": {"target": {"type": "string"}, "transform": _OBJECT, "codes": {"type": ["array", "object"]}, "never": _TEXTS},
}
_MAPPING = {
    "type": "object",
    "properties": {
        "mapping": {
            "type": "object",
            "required": ["name", "direction", "source", "target", "fields"],
            "properties": {
                "direction": {"enum": ["in", "out"]},
                "source": _OBJECT,
                "target": _OBJECT,
                "fields": {"type": "array", "items": _FIELD},
            },
        }
    },
}
_SKELETONS: Mapping[str, Mapping[str, Any]] = MappingProxyType({"openapi": _OPENAPI, "messages": _MESSAGES, "mapping": _MAPPING})


def check(content: Mapping[str, Any], kind: str, file: Path) -> None:
    """Look whether a contract is built so that it can be compared.

    Raises:
        UsageError: it is not; its text names every place.
    """
    problems = [
        f"{'/'.join(map(str, error.instance_path)) or 'file'}: {error.message[:200]}" for error in _validator(kind).iter_errors(content)
    ]
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise UsageError(f"Failed to read contract {file}: expected the form of {NAMES[kind]}, got another:\n{listed}")


@cache
def _validator(kind: str) -> Any:
    import jsonschema_rs  # not needed where nothing is compared

    return jsonschema_rs.Draft202012Validator(dict(_SKELETONS[kind]))


NAMES: Mapping[str, str] = MappingProxyType({"openapi": "OpenAPI", "messages": "AsyncAPI 3", "mapping": "a mapping contract"})
"""What each kind of contract is called."""
