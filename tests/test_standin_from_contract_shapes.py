"""``standin from-contract``: the shapes in which contracts say what they want, one small contract for each."""

import pytest
import yaml
from starlette.testclient import TestClient

from erp_testkit.standins.contract import build
from erp_testkit.standins.contract.document import Document

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
DONE = {"responses": {"200": {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}}}}


def client(paths, version="3.1.0", **schemas):
    data = {"openapi": version, "info": {"title": "T", "version": "1"}, "paths": paths, "components": {"schemas": schemas}}
    return TestClient(build(Document(yaml.safe_load(yaml.safe_dump(data)), "t.yaml"), "", 0))


def taking(schema, media, **schemas):
    return client({"/a": {"post": {"requestBody": {"required": True, "content": {media: {"schema": schema}}}, **DONE}}}, **schemas)


def giving(schema, version="3.1.0", media="application/json", **schemas):
    return client(
        {"/a": {"get": {"responses": {"200": {"description": "It.", "content": {media: {"schema": schema}}}}}}}, version, **schemas
    )


def asking(schema, place="query", **more):
    parameter = {"name": "f", "in": place, "schema": schema, **more}
    return client({"/a/{f}" if place == "path" else "/a": {"get": {"parameters": [parameter], **DONE}}})


def told(answer):
    return answer.status_code, answer.json().get("detail")


def listing(schema, entry):
    described = {"description": "Made.", "content": {"application/json": {"schema": entry}}}
    posted = {"requestBody": {"content": {"application/json": {"schema": entry}}}, "responses": {"201": described}}
    got = {"responses": {"200": {"description": "All.", "content": {"application/json": {"schema": schema}}}}}
    one = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": WHOLE}], "responses": {"200": described}}
    return client({"/a": {"get": got, "post": posted}, "/a/{id}": {"get": one}})


XML = {"Content-Type": "application/xml"}


def test_an_element_of_which_nothing_is_said_is_taken():
    partner = taking({"type": "object", "required": ["a"], "properties": {"a": True, "b": {"type": "array"}}}, "application/xml")
    assert partner.post("/a", content="<x><a>1</a><b>1</b><b>2</b></x>", headers=XML).status_code == 200
    assert told(partner.post("/a", content="<x><b>1</b></x>", headers=XML)) == (422, 'body: "a" is a required property')


def test_an_element_is_read_by_all_its_schema_is_made_of():
    schema = {"allOf": [{"type": "object", "properties": {"a": {"type": "array", "items": TEXT}}}, {"required": ["a"]}]}
    partner = taking(schema, "application/xml")
    assert partner.post("/a", content="<x><a>1</a><a>2</a></x>", headers=XML).status_code == 200
    assert told(partner.post("/a", content="<x/>", headers=XML)) == (422, 'body: "a" is a required property')


@pytest.mark.parametrize(
    "part",
    [
        "Content-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\n\r\nx\r\n--C--",
        "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nx",
    ],
)
def test_a_part_with_parts_in_it_is_a_field(part):
    partner = taking({"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "minLength": 5}}}, "multipart/form-data")
    body = f'--B\r\nContent-Disposition: form-data; name="a"\r\n{part}\r\n--B--\r\n'
    assert partner.post("/a", content=body, headers={"Content-Type": "multipart/form-data; boundary=B"}).status_code == 200
    other = body.replace('name="a"', 'name="b"')
    sent = partner.post("/a", content=other, headers={"Content-Type": "multipart/form-data; boundary=B"})
    assert told(sent) == (422, 'body: "a" is a required property')


ENTRY = {"type": "object", "required": ["id", "lot"], "properties": {"id": WHOLE, "lot": TEXT}}


@pytest.mark.parametrize(
    ("schema", "content"),
    [
        (True, {}),
        ({"type": "object"}, {}),
        ({"type": "array", "items": True}, [{"id": 1, "lot": "L"}]),
        ({"type": ["array", "null"], "items": ENTRY}, [{"id": 1, "lot": "L"}]),
        ({"allOf": [{"type": "array", "items": ENTRY}]}, [{"id": 1, "lot": "L"}]),
        ({"anyOf": [{"type": "array", "items": ENTRY}, {"type": "null"}]}, [{"id": 1, "lot": "L"}]),
        ({"type": "object", "properties": {"all": {"type": ["array", "null"], "items": ENTRY}}}, {"all": [{"id": 1, "lot": "L"}]}),
    ],
)
def test_a_list_is_found_however_its_schema_says_that_it_is_one(schema, content):
    partner = listing(schema, ENTRY)
    assert partner.post("/a", json={"id": 1, "lot": "L"}).status_code == 201
    answer = partner.get("/a")
    assert (answer.status_code, answer.json()) == (200, content)
