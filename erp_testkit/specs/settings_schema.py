"""JSON Schemas of settings files: what editors use, and where `settings.read` takes from what was expected.

The docstrings of fields become descriptions here, not by pydantic when a model is made: it reads the source for them, at every start.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from textwrap import dedent
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import ModelSchema


@cache
def schema(model: type[BaseModel]) -> JsonSchemaValue:
    """Return the JSON Schema of a settings file."""
    made = model.model_json_schema(schema_generator=_Untitled)
    definitions = made.pop("$defs", {})
    for node in (made, *definitions.values()):
        del node["title"]  # the name of the class
    tidied = {name: _tidied(node, definitions) for name, node in {"": made, **definitions}.items()}
    return {"$schema": GenerateJsonSchema.schema_dialect, **tidied.pop(""), **({"$defs": tidied} if tidied else {})}


class _Untitled(GenerateJsonSchema):
    """Makes no titles of names: a title is what a value is to be, in words."""

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        cls = schema["cls"]
        for name, text in _docstrings(cls):
            if name in cls.model_fields:
                made["properties"][cls.model_fields[name].alias or name].setdefault("description", text)
        return made

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002  # pydantic's signature
        return False


def _tidied(node: Any, definitions: Mapping[str, Any]) -> Any:
    """Return a schema without null, which TOML does not have, and with the keys of mappings by name where they are known."""
    if isinstance(node, list):
        return [_tidied(entry, definitions) for entry in node]
    if not isinstance(node, dict):
        return node
    node = {key: _tidied(value, definitions) for key, value in node.items() if (key, value) != ("default", None)}
    if {"type": "null"} in node.get("anyOf", ()):
        choices = [choice for choice in node.pop("anyOf") if choice != {"type": "null"}]
        node = {**choices[0], **node} if len(choices) == 1 else {"anyOf": choices, **node}
    if "propertyNames" in node:
        names = resolved(node.pop("propertyNames"), definitions)["enum"]
        node |= {"properties": dict.fromkeys(names, node["additionalProperties"]), "additionalProperties": False}
    return node


def _docstrings(model: type) -> Iterator[tuple[str, str]]:
    """Yield the names of a model's fields with what stands below them."""
    for cls in model.__mro__[: model.__mro__.index(BaseModel)]:
        (tree,) = ast.parse(dedent(inspect.getsource(cls))).body
        assert isinstance(tree, ast.ClassDef)
        for field, below in zip(tree.body, tree.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
                yield field.target.id, inspect.cleandoc(ast.literal_eval(below.value))


def resolved(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference leads to, with what stands beside it."""
    while "$ref" in node:
        node = {**definitions[node["$ref"].rpartition("/")[2]], **{key: value for key, value in node.items() if key != "$ref"}}
    return node
