"""OpenAPI 2.0 (Swagger) read as OpenAPI 3.0, so that one comparison does for both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp_testkit.contracts.compatibility.document import without_extensions

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")

_SECTIONS = {"definitions": "components/schemas", "responses": "components/responses", "parameters": "components/parameters"}
_BOUNDS = ("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "maxItems", "minItems", "multipleOf")
_SCHEMA = frozenset({"type", "format", "items", "default", "pattern", "uniqueItems", "enum", *_BOUNDS})
_STYLES = {"multi": ("form", True), "csv": (None, False), "ssv": ("spaceDelimited", False), "pipes": ("pipeDelimited", False)}
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def as_openapi3(content: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI 2.0 document in the terms of OpenAPI 3.0; nothing that can be compared is lost."""
    _move_references(content)
    shared = content.get("parameters", {})
    takes, gives = content.get("consumes", ["application/json"]), content.get("produces", ["application/json"])
    return {
        "openapi": "3.0.3",
        "info": content.get("info", {}),
        "servers": _servers(content),
        "security": content.get("security", []),
        "paths": {path: _path(item, shared, takes, gives) for path, item in without_extensions(content.get("paths", {})).items()},
        "components": {
            "schemas": content.get("definitions", {}),
            "responses": {name: _response(response, gives) for name, response in content.get("responses", {}).items()},
            "securitySchemes": {name: _scheme(scheme) for name, scheme in content.get("securityDefinitions", {}).items()},
        },
    }


def _move_references(value: Any) -> None:
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            section, _, name = reference.removeprefix("#/").partition("/")
            if section in _SECTIONS:
                value["$ref"] = f"#/{_SECTIONS[section]}/{name}"
        for inner in value.values():
            _move_references(inner)
    elif isinstance(value, list):
        for inner in value:
            _move_references(inner)


def _servers(content: Mapping[str, Any]) -> list[dict[str, str]]:
    host, base = content.get("host", ""), content.get("basePath", "")
    return [{"url": f"{scheme}://{host}{base}"} for scheme in content.get("schemes", ["https"])] if host or base else []


def _path(item: Mapping[str, Any], shared: Mapping[str, Any], takes: list[str], gives: list[str]) -> dict[str, Any]:
    common = _parameters(item, shared)
    operations = {name: _operation(item[name], common, shared, takes, gives) for name in METHODS if name in item}
    return {**operations, **({"$ref": item["$ref"]} if "$ref" in item else {})}


def _parameters(holder: Mapping[str, Any], shared: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = holder.get("parameters", [])
    return [shared[entry["$ref"].rpartition("/")[2]] if "$ref" in entry else entry for entry in listed]


def _operation(
    operation: Mapping[str, Any], common: list[dict[str, Any]], shared: Mapping[str, Any], takes: list[str], gives: list[str]
) -> dict[str, Any]:
    own = _parameters(operation, shared)
    named = {(entry["in"], entry["name"]): entry for entry in [*common, *own]}.values()
    takes, gives = operation.get("consumes", takes), operation.get("produces", gives)
    kept = {key: value for key, value in operation.items() if key not in ("parameters", "responses", "consumes", "produces", "schemes")}
    kept["parameters"] = [_parameter(entry) for entry in named if entry["in"] not in ("body", "formData")]
    answers = without_extensions(operation.get("responses", {}))
    kept["responses"] = {code: _response(response, gives) for code, response in answers.items()}
    fields = [entry for entry in named if entry["in"] == "formData"]
    for entry in named:
        if entry["in"] == "body":
            content = {kind: {"schema": entry.get("schema", {})} for kind in takes}
            kept["requestBody"] = {"required": entry.get("required", False), "content": content}
    if fields:
        form = {
            "type": "object",
            "properties": {entry["name"]: _schema(entry) for entry in fields},
            "required": [entry["name"] for entry in fields if entry.get("required")],
        }
        kinds = [kind for kind in takes if kind in _FORMS] or [_FORMS[0]]
        kept["requestBody"] = {"required": bool(form["required"]), "content": {kind: {"schema": form} for kind in kinds}}
    return kept


def _parameter(entry: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in entry.items() if key not in _SCHEMA and key != "collectionFormat"}
    kept["schema"] = _schema(entry)
    style, explode = _STYLES.get(entry.get("collectionFormat", "csv"), (None, False))
    if entry.get("type") == "array":
        kept |= {"explode": explode, **({"style": style} if style else {})}
    return kept


def _schema(entry: Mapping[str, Any]) -> dict[str, Any]:
    schema = {key: value for key, value in entry.items() if key in _SCHEMA}
    return {**schema, "type": "string", "format": "binary"} if schema.get("type") == "file" else schema


def _response(response: Mapping[str, Any], gives: list[str]) -> dict[str, Any]:
    kept = {key: value for key, value in response.items() if key in ("$ref", "description")}
    if "schema" in response:
        kept["content"] = {kind: {"schema": response["schema"]} for kind in gives}
    if "headers" in response:
        kept["headers"] = {name: {"schema": _schema(header)} for name, header in response["headers"].items()}
    return kept


def _scheme(scheme: Mapping[str, Any]) -> dict[str, Any]:
    kind = scheme.get("type")
    if kind == "basic":
        return {"type": "http", "scheme": "basic"}
    if kind == "oauth2":
        names = {"accessCode": "authorizationCode", "application": "clientCredentials"}
        flow = {key: scheme[key] for key in ("authorizationUrl", "tokenUrl", "scopes") if key in scheme}
        return {"type": "oauth2", "flows": {names.get(scheme.get("flow", ""), scheme.get("flow", "")): flow}}
    return dict(scheme)
