"""Schemas of every version written alike, whatever the version says of null, bounds and what stands beside a reference."""

from pathlib import Path

import pytest

from erp_testkit.specs import parts
from erp_testkit.specs.dialect import alike
from erp_testkit.specs.document import Document
from erp_testkit.specs.text import Parsed

OLD = {
    "type": "object",
    "properties": {
        "lot": {"type": "string", "nullable": True, "enum": ["A"]},
        "count": {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": False},
        "nullable": {"$ref": "#/Text", "nullable": True},
        "beside": {"$ref": "#/Text", "maxLength": 5},
        "default": {"type": "string", "nullable": True, "default": {"nullable": True}},
    },
}


def written(schema, **file):
    content = {**file, "Schema": schema, "Text": {"type": "string", "maxLength": 9}}
    return alike(Document(Parsed(Path("a.yaml"), content, ()), content)).spot("#/Schema")


@pytest.mark.parametrize(
    ("file", "beside"),
    [
        ({"swagger": "2.0"}, {"$ref": "#/Text", "maxLength": 5}),
        ({"openapi": "3.0.3"}, {"$ref": "#/Text", "maxLength": 5}),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, {"$ref": "#/Text", "maxLength": 5}),
        ({"openapi": "3.1.0"}, {"maxLength": 5, "allOf": [{"$ref": "#/Text"}]}),
        ({"openapi": "3.2.0"}, {"maxLength": 5, "allOf": [{"$ref": "#/Text"}]}),
        ({}, {"maxLength": 5, "allOf": [{"$ref": "#/Text"}]}),
    ],
)
def test_all_versions_say_the_same_in_the_same_words(file, beside):
    assert written(OLD, **file).value["properties"] == {
        "lot": {"type": ["string", "null"], "enum": ["A", None]},
        "count": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9},
        "nullable": {"anyOf": [{"$ref": "#/Text"}, {"type": "null"}]},
        "beside": beside,
        "default": {"type": ["string", "null"], "default": {"nullable": True}},
    }


def test_a_schema_is_made_of_what_surely_holds_and_of_what_may():
    schema = written(
        {"allOf": [{"$ref": "#/Text"}], "oneOf": [{"title": "a"}, {"title": "b"}], "anyOf": [{"title": "c"}, {"type": "null"}]}
    )
    assert [one.value.get("title", one.key) for one in parts.of(schema)] == ["Schema", "Text", "c"]
    assert [one.value.get("title", one.key) for one in parts.of(schema, alternatives=True)] == ["Schema", "Text", "c", "a", "b"]
