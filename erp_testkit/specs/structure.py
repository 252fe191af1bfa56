"""The structure a document must have so that it can be used: what is an object is an object, and a parameter has a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from erp_testkit.specs.document import BUNDLED, Document
from erp_testkit.specs.pointer import of_fragment, pointer, steps

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
_RESPONSE = {"type": "object", "properties": {"content": _MEDIA, "headers": _HEADERS, "links": _by_name(_OBJECT)}}
_DEFINITIONS = {
    "schema": _SCHEMA,
    "parameter": {
        "type": "object",
        "if": {"required": ["$ref"]},
        "else": {"required": ["name", "in"]},
        "properties": {"name": {"type": "string"}, "in": {"type": "string"}, "schema": _to("schema"), "content": _MEDIA},
    },
    "operation": {
        "type": "object",
        "properties": {
            "parameters": {"type": "array", "items": _to("parameter")},
            "requestBody": {"type": "object", "properties": {"content": _MEDIA}},
            "responses": _extensible(_RESPONSE),
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
OPENAPI = {
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
ASYNCAPI = {
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


_SCHEMA_AT = frozenset({"schema", "items", "additionalProperties", "not"})
_SCHEMAS_AT = frozenset({"properties", "allOf", "oneOf", "anyOf", "prefixItems", "schemas", "$defs", "definitions"})
"""Keys whose value, and each value of which, is a schema."""
_HOMES = {
    "schema": ("#/components/schemas", "#/definitions"),
    "parameter": ("#/components/parameters", "#/parameters"),
    "path": ("#/components/pathItems", "#/paths"),
}
"""Where what has a kind was looked at already."""


def problems(document: Document, schema: Mapping[str, Any]) -> list[str]:
    """Say what of a document is built otherwise than a schema of its kind wants, with file and line.

    Also what references lead to has to be of the kind that stands there, wherever it is: in another file, or in an example.
    """
    import jsonschema_rs  # not needed where nothing is read

    def found(schema: Mapping[str, Any], value: Any, place: str) -> Iterator[str]:
        for error in jsonschema_rs.Draft202012Validator(dict(schema)).iter_errors(value):
            yield f"{document.place(place + pointer(error.instance_path))}: {error.message[:200]}"

    said = list(found(schema, document.content, ""))
    targets = {(_kind(steps(holder)), target) for holder, target in document.references.items()}
    for kind, target in sorted((kind, target) for kind, target in targets if kind and target.rpartition("/")[0] not in _HOMES[kind]):
        said += found({"$defs": _DEFINITIONS, **_to(kind)}, document.at(target), of_fragment(target[1:]))
    return said


def _kind(holder: list[str]) -> str:
    """Return the kind of what stands at a place, as far as its keys say."""
    if any(step.startswith("x-") and step != BUNDLED for step in holder):
        return ""
    above, last = ["", "", *holder][-2:]
    if above in _SCHEMAS_AT or last in _SCHEMA_AT:
        return "schema"
    if above == "parameters" and (last.isdecimal() or holder[:-1] == ["components", "parameters"]):
        return "parameter"
    return "path" if holder[:-1] in (["paths"], ["webhooks"]) else ""
