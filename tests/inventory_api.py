"""The interface description of an inventory system of any size, as a web framework generates one, and the next release of it.

It has what real ones have and small ones lack: keys named otherwise than in the paths (``pk`` in ``{id}``), pages, patches, bodies as
forms, several ways to sign in, schemas used everywhere, texts that may be empty or null.
"""

from __future__ import annotations

from typing import Any

NAMES = ("company", "address", "price-break", "part", "location", "stock-item", "build", "shipment", "return-order", "contact")
OPERATIONS = 6
"""How many operations each resource has."""


def description(resources: int = len(NAMES), release: int = 1) -> dict[str, Any]:
    """Return the description: release 2 has two resources fewer and one more than release 1, and each has changed."""
    names = [NAMES[number] if number < len(NAMES) else f"resource-{number}" for number in range(resources)]
    if release == 2:
        names = [*names[:-2], "pallet"]
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for name in names:
        schema = name.title().replace("-", "")
        paths |= _paths(name, schema)
        schemas |= _schemas(schema, release)
    schemes = {
        "tokenAuth": {"type": "apiKey", "in": "header", "name": "Authorization", "description": 'Token with the prefix "Token"'},
        "basicAuth": {"type": "http", "scheme": "basic"},
        "cookieAuth": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
    }
    info = {"title": "Inventory", "version": f"{release}.0"}
    return {"openapi": "3.0.3", "info": info, "paths": paths, "components": {"schemas": schemas, "securitySchemes": schemes}}


def _paths(name: str, schema: str) -> dict[str, Any]:
    def operation(verb: str, status: str, *, takes: str = "", gives: str = "", parameters: Any = ()) -> dict[str, Any]:
        described: dict[str, Any] = {"operationId": f"{name}_{verb}", "tags": [name], "security": [{"tokenAuth": []}, {"basicAuth": []}]}
        if parameters:
            described["parameters"] = list(parameters)
        if takes:
            kinds = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
            described["requestBody"] = {"required": True, "content": {kind: {"schema": _ref(takes)} for kind in kinds}}
        content = {"content": {"application/json": {"schema": _ref(gives)}}} if gives else {}
        return {**described, "responses": {status: {"description": "", **content}}}

    def query(key: str, **kind: Any) -> dict[str, Any]:
        return {"name": key, "in": "query", "schema": kind}

    number = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    pages = [
        query("limit", type="integer"),
        query("offset", type="integer"),
        query("active", type="boolean"),
        query("search", type="string"),
    ]
    pages.append(query("ordering", type="string", enum=["name", "-name", "active", "-active"]))
    return {
        f"/api/{name}/": {
            "get": operation("list", "200", gives=f"Paginated{schema}List", parameters=pages),
            "post": operation("create", "201", takes=schema, gives=schema),
        },
        f"/api/{name}/{{id}}/": {
            "get": operation("retrieve", "200", gives=schema, parameters=number),
            "put": operation("update", "200", takes=schema, gives=schema, parameters=number),
            "patch": operation("partial_update", "200", takes=f"Patched{schema}", gives=schema, parameters=number),
            "delete": operation("destroy", "204", parameters=number),
        },
    }


def _schemas(name: str, release: int) -> dict[str, Any]:
    properties = {
        "pk": {"type": "integer", "readOnly": True, "title": "ID"},
        "name": {"type": "string", "maxLength": 100},
        "currency": {"type": "string"},
        "active": {"type": "boolean"},
        "link": {"oneOf": [{"type": "string", "format": "uri", "maxLength": 2000}, {"type": "string", "maxLength": 0}]},
        "email": {"nullable": True, "oneOf": [{"type": "string", "format": "email"}, {"type": "string", "maxLength": 0}]},
        "status": {"type": "integer", "enum": [10, 20, 30] if release == 1 else [10, 20]},
        "status_text": {"type": "string", "readOnly": True, **({"nullable": True} if release == 2 else {})},
        "created": {"type": "string", "format": "date", "nullable": True, "readOnly": True},
    }
    if release == 2:
        properties["barcode"] = {"type": "string", "maxLength": 50}
    one = {"type": "object", "properties": properties, "required": ["currency", "name", "pk", "status_text"]}
    link = {"type": "string", "format": "uri", "nullable": True}
    pages = {"count": {"type": "integer"}, "next": link, "previous": link, "results": {"type": "array", "items": _ref(name)}}
    return {
        name: one,
        f"Patched{name}": {"type": "object", "properties": properties},
        f"Paginated{name}List": {"type": "object", "required": ["count", "results"], "properties": pages},
    }


def _ref(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}
