"""OpenAPI documents of all versions: what is refused, and that 2.0 comes in the terms of 3.0."""

from pathlib import Path

import pytest

from erp_testkit.domain.errors import UsageError
from erp_testkit.specs import openapi


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def read(text, **others):
        for name, other in {"a": text, **others}.items():
            Path(f"{name}.yaml").write_text(other, encoding="utf-8")
        return openapi.read(Path("a.yaml"))

    return read


def test_what_a_reference_leads_to_is_of_the_kind_that_stands_there(read):
    with pytest.raises(UsageError) as caught:
        read(
            """\
openapi: 3.1.0
paths:
  /a:
    post:
      parameters: [{$ref: '#/components/schemas/Site'}]
      requestBody: {content: {application/json: {schema: {$ref: '#/components/examples/order/value'}}}}
      responses: {"200": {content: {application/json: {schema: {$ref: 'b.yaml#/Lot'}}}}}
components:
  schemas: {Site: {type: string}}
  examples: {order: {value: {properties: {lines: {type: {name: Line}}}}}}
""",
            b="Lot:\n  properties: []\n",
        )
    assert str(caught.value).splitlines() == [
        "Failed to read contract a.yaml: expected no mistakes, got 4:",
        '- a.yaml:9 components › schemas › Site: "name" is a required property',
        '- a.yaml:9 components › schemas › Site: "in" is a required property',
        '- a.yaml:10 components › examples › order › value › properties › lines › type: {"name":"Line"} is not of types "string", "array"',
        '- b.yaml:2 Lot › properties: [] is not of type "object"',
    ]


def test_a_field_may_have_the_name_of_a_part_of_openapi(read):
    document = read("""\
openapi: 3.1.0
paths: {}
components:
  schemas:
    Call:
      properties:
        parameters: {type: array, items: {$ref: '#/components/schemas/Part'}}
        paths: {additionalProperties: {$ref: '#/components/schemas/Part'}}
        schema: {$ref: '#/components/schemas/Part'}
    Part: {type: string}
""")
    assert document.spot("#/components/schemas/Call/properties/parameters/items").follow().value == {"type": "string"}


SWAGGER = """\
swagger: "2.0"
info: {title: Old, version: "1"}
host: erp.example
basePath: /v1
paths:
  /a/{id}:
    parameters: [{$ref: '#/parameters/Id'}]
    get:
      responses:
        "200": {$ref: '#/responses/Found'}
        "404": {description: None., schema: {$ref: '#/paths/~1a~1{id}/get/responses/409/schema'}}
        "409": {description: Busy., schema: {type: string}}
    post:
      consumes: [application/json]
      parameters: [{name: body, in: body, required: true, schema: {$ref: 'b.yaml#/Lot'}}]
      responses: {"204": {description: Done.}}
parameters: {Id: {name: id, in: path, required: true, type: string}}
responses: {Found: {description: Found., schema: {$ref: '#/definitions/Lot'}}}
definitions: {Lot: {type: object}}
"""


def test_version_2_comes_in_the_terms_of_3(read):
    document = read(SWAGGER, b="Lot: {type: object, properties: {number: {$ref: '#/Number'}}}\nNumber: {type: string}\n")
    get, post = openapi.operations(document)
    assert (get.label, post.label) == ("GET /a/{id}", "POST /a/{id}")
    assert [one.value["schema"] for one in get.parameters] == [{"type": "string"}]
    found, missing, _ = (openapi.media_types(answer)["application/json"].follow() for answer in get.responses.values())
    assert (found.value, missing.value) == ({"type": "object"}, {"type": "string"})
    lot = openapi.media_types(post.body)["application/json"].follow()
    assert (lot.get("properties", "number").follow().value, lot.place) == ({"type": "string"}, "b.yaml:1 Lot")
    assert document.content["servers"] == [{"url": "https://erp.example/v1"}]
    assert get.spot.line == 8


def test_operations_are_those_of_paths_webhooks_and_callbacks(read):
    document = read("""\
openapi: 3.1.0
paths:
  /a: {post: {callbacks: {done: {'{$request.body#/url}': {put: {}}, x-note: {get: {}}}}}}
  x-note: {get: {}}
webhooks: {x-shipped: {post: {}}}
""")
    assert [one.label for one in openapi.operations(document)] == ["POST /a", "PUT {$request.body#/url}", "POST x-shipped"]
