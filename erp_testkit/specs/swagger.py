"""OpenAPI 2.0 (Swagger) read as OpenAPI 3.0, so that one comparison does for both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp_testkit.specs.document import BUNDLED, Document, without_extensions

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_KEPT = "x-swagger"
"""Where the sections that are written otherwise in 3.0 stay as they were: a reference may lead into the middle of one."""
_SECTIONS = {"definitions": "components/schemas", **{name: f"{_KEPT}/{name}" for name in ("paths", "parameters", "responses")}}
_BOUNDS = ("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "maxItems", "minItems", "multipleOf")
_SCHEMA = frozenset({"type", "format", "items", "default", "pattern", "uniqueItems", "enum", *_BOUNDS})
_STYLES = {"multi": ("form", True), "csv": (None, False), "ssv": ("spaceDelimited", False), "pipes": ("pipeDelimited", False)}
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def as_openapi3(document: Document) -> Document:
    """Return an OpenAPI 2.0 document in the terms of OpenAPI 3.0; nothing that can be compared is lost."""
    content = document.content
    takes, gives = content.get("consumes", ["application/json"]), content.get("produces", ["application/json"])
    convert = _Conversion(document, takes, gives)
    renewed = {
        "openapi": "3.0.3",
        "info": content.get("info", {}),
        "servers": _servers(content),
        "security": content.get("security", []),
        "paths": {path: convert.path(item) for path, item in without_extensions(content.get("paths", {})).items()},
        "components": {
            "schemas": content.get("definitions", {}),
            "responses": {name: convert.response(response, gives) for name, response in content.get("responses", {}).items()},
            "securitySchemes": {name: _scheme(scheme) for name, scheme in content.get("securityDefinitions", {}).items()},
        },
        **({BUNDLED: content[BUNDLED]} if BUNDLED in content else {}),
    }
    if moved := _move_references(renewed) - {"definitions"}:
        renewed[_KEPT] = {section: content[section] for section in sorted(moved)}
        _move_references(renewed[_KEPT])
    return Document(document.root, renewed, document.others)


def _move_references(value: Any) -> set[str]:
    """Make references lead to where things stand now; return the sections they led into."""
    moved: set[str] = set()
    if isinstance(value, dict):
        section, _, rest = str(value.get("$ref", "")).removeprefix("#/").partition("/")
        if section in _SECTIONS:
            value["$ref"] = f"#/{_SECTIONS[section]}/{rest}"
            moved.add(section)
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return moved.union(*(_move_references(inner) for inner in within))


def _servers(content: Mapping[str, Any]) -> list[dict[str, str]]:
    host, base = content.get("host", ""), content.get("basePath", "")
    return [{"url": f"{scheme}://{host}{base}"} for scheme in content.get("schemes", ["https"])] if host or base else []


class _Conversion:
    """Converts the operations of a document; parameters and responses behind references come to stand in their places."""

    def __init__(self, document: Document, takes: list[str], gives: list[str]) -> None:
        self._follow, self._takes, self._gives = document.follow, takes, gives

    def path(self, item: Any) -> dict[str, Any]:
        found = self._follow(item)
        return {name: self._operation(found[name], found.get("parameters", [])) for name in _METHODS if name in found}

    def response(self, raw: Any, gives: list[str]) -> dict[str, Any]:
        response = self._follow(raw)
        kept = {key: value for key, value in response.items() if key not in ("schema", "headers", "examples")}
        if "schema" in response:
            kept["content"] = {kind: {"schema": response["schema"]} for kind in gives}
        if "headers" in response:
            kept["headers"] = {name: {"schema": _schema(header)} for name, header in response["headers"].items()}
        return kept

    def _operation(self, operation: Mapping[str, Any], common: list[Any]) -> dict[str, Any]:
        listed = map(self._follow, [*common, *operation.get("parameters", [])])
        named = {(entry["in"], entry["name"]): entry for entry in listed}.values()
        takes, gives = operation.get("consumes", self._takes), operation.get("produces", self._gives)
        kept = {key: value for key, value in operation.items() if key not in ("parameters", "responses", "consumes", "produces", "schemes")}
        kept["parameters"] = [_parameter(entry) for entry in named if entry["in"] not in ("body", "formData")]
        answers = without_extensions(operation.get("responses", {}))
        kept["responses"] = {code: self.response(response, gives) for code, response in answers.items()}
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


def _scheme(scheme: Mapping[str, Any]) -> dict[str, Any]:
    kind = scheme.get("type")
    if kind == "basic":
        return {"type": "http", "scheme": "basic"}
    if kind == "oauth2":
        names = {"accessCode": "authorizationCode", "application": "clientCredentials"}
        flow = {key: scheme[key] for key in ("authorizationUrl", "tokenUrl", "scopes") if key in scheme}
        return {"type": "oauth2", "flows": {names.get(scheme.get("flow", ""), scheme.get("flow", "")): flow}}
    return dict(scheme)
