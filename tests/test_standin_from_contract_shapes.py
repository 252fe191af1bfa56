"""``standin from-contract``: the shapes in which contracts say what they want, one small contract for each."""

from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from starlette.testclient import TestClient

from erp_testkit.specs import document as specs
from erp_testkit.specs.text import Parsed, parse
from erp_testkit.standins.contract import build
from erp_testkit.standins.contract.document import Document

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
DONE = {"responses": {"200": {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}}}}


def client(paths, version="3.1.0", seed=0, schemes=None, **schemas):
    components = {"schemas": schemas, "securitySchemes": schemes or {}}
    data = {"openapi": version, "info": {"title": "T", "version": "1"}, "paths": paths, "components": components}
    data = parse(Path("t.yaml"), yaml.safe_dump(data)).data
    return TestClient(build(Document(specs.Document(Parsed(Path("t.yaml"), data, ()), data)), "token", seed))


def taking(schema, media, **schemas):
    return client({"/a": {"post": {"requestBody": {"required": True, "content": {media: {"schema": schema}}}, **DONE}}}, **schemas)


def giving(schema, version="3.1.0", media="application/json", seed=0, **schemas):
    return client(
        {"/a": {"get": {"responses": {"200": {"description": "It.", "content": {media: {"schema": schema}}}}}}}, version, seed, **schemas
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


SAMPLE = {"$ref": "#/components/schemas/S"}


def test_what_stands_beside_a_parameters_reference_is_held():
    data = {"/a": {"get": {"parameters": [{"name": "f", "in": "query", "schema": {**SAMPLE, "maxLength": 2}}], **DONE}}}
    partner = client(data, S=TEXT)
    assert partner.get("/a?f=ab").status_code == 200
    assert told(partner.get("/a?f=abc")) == (422, 'query parameter f: "abc" is longer than 2 characters')
    assert told(partner.get("/a?f=123")) == (422, 'query parameter f: "123" is longer than 2 characters')
    # 3.0 says that it is to be ignored.
    assert client(data, "3.0.3", S=TEXT).get("/a?f=abc").status_code == 200


def test_what_stands_beside_a_bodys_reference_is_held():
    schema = {**SAMPLE, "required": ["y"]}
    partner = taking(schema, "application/json", S={"type": "object", "properties": {"x": WHOLE, "y": WHOLE}})
    assert partner.post("/a", json={"y": 1}).status_code == 200
    assert told(partner.post("/a", json={})) == (422, 'body: "y" is a required property')
    assert told(partner.post("/a", json={"x": "a", "y": 1})) == (422, 'body.x: "a" is not of type "integer"')
    form = taking(schema, "application/x-www-form-urlencoded", S={"type": "object", "properties": {"x": WHOLE, "y": WHOLE}})
    assert form.post("/a", data={"x": "1", "y": "2"}).status_code == 200
    assert told(form.post("/a", data={"x": "1"})) == (422, 'body: "y" is a required property')


def test_a_reference_beside_which_something_stands_keeps_who_may_write():
    properties = {"a": {**SAMPLE, "maxLength": 2}, "b": TEXT}
    partner = taking({"type": "object", "required": ["a", "b"], "properties": properties}, "application/json", S={**TEXT, "readOnly": True})
    assert partner.post("/a", json={"b": "x"}).status_code == 200
    assert told(partner.post("/a", json={"a": "abc", "b": "x"})) == (422, 'body.a: "abc" is longer than 2 characters')


@pytest.mark.parametrize(
    ("referred", "beside"),
    [
        (TEXT, {"maxLength": 3}),
        (WHOLE, {"minimum": 5000}),
        ({"type": "array", "items": WHOLE}, {"minItems": 3}),
        ({"type": "object", "properties": {"a": WHOLE}}, {"required": ["a", "b"], "properties": {"b": TEXT}}),
        ({"type": "string", "enum": ["a", "b"]}, {"not": {"const": "a"}}),
    ],
)
@pytest.mark.parametrize("version", ["3.1.0", "3.0.3"])
def test_what_stands_beside_a_reference_is_answered(referred, beside, version):
    schema = {**SAMPLE, **beside} if version == "3.1.0" else {"allOf": [SAMPLE], **beside}
    for outer in (schema, {"type": "object", "required": ["c"], "properties": {"c": schema}}):
        answer = giving(outer, version, S=referred).get("/a")
        value = answer.json() if outer is schema else answer.json().get("c")
        assert answer.status_code == 200, answer.text
        assert jsonschema_rs.is_valid({"allOf": [referred, beside]}, value), value


LIST = {"type": "array", "items": WHOLE}


@pytest.mark.parametrize(
    "schema",
    [LIST, {"type": ["array", "null"], "items": WHOLE}, {"allOf": [LIST]}, {"anyOf": [LIST, {"type": "null"}]}],
)
def test_a_list_in_a_query_is_read_however_its_schema_says_that_it_is_one(schema):
    partner = asking({**schema, "maxItems": 2})
    assert [partner.get(f"/a?{query}").status_code for query in ("f=1", "f=1&f=2")] == [200, 200]
    assert partner.get("/a?f=1&f=2&f=3").status_code == 422
    assert partner.get("/a?f=x").status_code == 422


def test_one_value_or_a_list_is_taken_as_what_fits():
    partner = asking({"type": ["array", "integer"], "items": WHOLE, "minItems": 2, "minimum": 5})
    assert [partner.get(f"/a?{query}").status_code for query in ("f=5", "f=1&f=2")] == [200, 200]
    assert told(partner.get("/a?f=1")) == (422, "query parameter f: [1] has less than 2 items")


@pytest.mark.parametrize(
    ("style", "exploded", "place", "right", "wrong"),
    [
        ("form", True, "query", "/a?f=1&f=2", "/a?f=1&f=x"),
        ("form", False, "query", "/a?f=1,2", "/a?f=1,x"),
        ("pipeDelimited", False, "query", "/a?f=1%7C2", "/a?f=1%7Cx"),
        ("spaceDelimited", False, "query", "/a?f=1%202", "/a?f=1%20x"),
        ("pipeDelimited", True, "query", "/a?f=1&f=2", "/a?f=1&f=x"),
        ("simple", False, "path", "/a/1,2", "/a/1,x"),
        ("simple", True, "path", "/a/1,2", "/a/1,x"),
        ("matrix", False, "path", "/a/;f=1,2", "/a/;f=1,x"),
        ("matrix", True, "path", "/a/;f=1;f=2", "/a/;f=1;f=x"),
        ("label", False, "path", "/a/.1,2", "/a/.1,x"),
        ("label", True, "path", "/a/.1.2", "/a/.1.x"),
    ],
)
def test_a_list_is_read_by_the_style_of_its_parameter(style, exploded, place, right, wrong):
    partner = asking({**LIST, "minItems": 2}, place, style=style, explode=exploded, required=True)
    assert partner.get(right).status_code == 200
    assert told(partner.get(wrong)) == (422, f'{place} parameter f[1]: "x" is not of type "integer"')


@pytest.mark.parametrize(("style", "start"), [("matrix", ";f="), ("label", ".")])
def test_a_value_in_a_path_is_read_by_its_style(style, start):
    partner = asking(WHOLE, "path", style=style, required=True)
    assert partner.get(f"/a/{start}5").status_code == 200
    assert told(partner.get(f"/a/{start}x")) == (422, 'path parameter f: "x" is not of type "integer"')
    assert told(partner.get("/a/5")) == (422, "path parameter f is missing")


def test_a_header_may_have_spaces_after_its_commas():
    partner = asking({**LIST, "minItems": 3}, "header")
    assert partner.get("/a", headers={"f": "1, 2, 3"}).status_code == 200
    assert told(partner.get("/a", headers={"f": "1, 2, x"})) == (422, 'header parameter f[2]: "x" is not of type "integer"')


def test_a_media_type_may_have_parameters_in_the_contract():
    media = "application/json; charset=utf-8"
    partner = taking({"type": "object", "required": ["a"]}, media)
    for sent in (media, "application/json", "Application/JSON;charset=UTF-8"):
        assert partner.post("/a", content='{"a": 1}', headers={"Content-Type": sent}).status_code == 200
        assert told(partner.post("/a", content="{}", headers={"Content-Type": sent})) == (422, 'body: "a" is a required property')
    assert told(partner.post("/a", content="a", headers={"Content-Type": "text/plain"})) == (
        415,
        "Expected a body of type application/json; charset=utf-8, got text/plain.",
    )
    answer = giving({"type": "string", "const": "a"}, media=media).get("/a")
    assert (answer.status_code, answer.json(), answer.headers["content-type"]) == (200, "a", media)


def files(path, names, **methods):
    parameters = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in names]
    return {path: {"parameters": parameters, **methods}}


def answering(schema, status="200"):
    return {"responses": {status: {"description": "It.", "content": {"application/json": {"schema": schema}}}}}


def test_a_path_may_have_several_parameters_between_slashes():
    schema = {"type": "object", "required": ["name", "ext"], "properties": {"name": TEXT, "ext": TEXT}}
    partner = client(files("/f/{name}.{ext}", ["name", "ext"], get=answering(schema)))
    assert partner.get("/f/a.b.c").json() == {"name": "a.b", "ext": "c"}
    assert told(partner.get("/f/ab")) == (404, "There is nothing at /f/ab.")


def test_a_resource_is_found_by_its_parameter_whatever_stands_around_it():
    schema = {"type": "object", "required": ["id", "lot"], "properties": {"id": WHOLE, "lot": TEXT}}
    body = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    paths = {"/f": {"post": {**body, **answering(schema, "201")}, "get": answering({"type": "array", "items": schema})}}
    paths |= files("/f/{id}.json", ["id"], get=answering(schema), put={**body, **answering(schema)}, delete=DONE)
    paths |= files("/f/{id}:close", ["id"], post=answering(schema))
    partner = client(paths)
    made = partner.post("/f", json={"lot": "L"})
    assert (made.status_code, made.json(), made.headers["location"]) == (201, {"id": 1, "lot": "L"}, "/f/1.json")
    assert partner.get("/f/1.json").json() == made.json()
    assert partner.put("/f/1.json", json={"lot": "M"}).json() == {"id": 1, "lot": "M"}
    assert partner.post("/f/1:close").json() == {"id": 1, "lot": "M"}
    assert partner.get("/f").json() == [{"id": 1, "lot": "M"}]
    assert told(partner.get("/f/2.json")) == (404, "There is nothing at /f/2.")
    assert partner.delete("/f/1.json").status_code == 200
    assert partner.get("/f/1.json").status_code == 404


def test_the_path_that_leaves_least_open_is_asked():
    def saying(text):
        return answering({"type": "string", "const": text})

    whole = files("/f/{id}", ["id"], get=saying("whole"))
    two = files("/f/{name}.{ext}", ["name", "ext"], get=saying("two"))
    one = files("/f/{id}.json", ["id"], get=saying("one"))
    fixed = {"/f/a.json": {"get": saying("fixed")}}
    for paths in (whole | two | one | fixed, fixed | one | two | whole):
        partner = client(paths)
        assert [partner.get(f"/f/{name}").json() for name in ("a.json", "b.json", "b.xml", "b")] == ["fixed", "one", "two", "whole"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "minItems": 2, "prefixItems": [TEXT, WHOLE], "items": False},
        {"type": "array", "minItems": 4, "prefixItems": [TEXT, WHOLE], "items": {"type": "boolean"}},
        {"prefixItems": [TEXT], "minItems": 1},
        {"type": "array", "minItems": 4, "uniqueItems": True, "items": {"enum": ["a", "b", "c", "d"]}},
        {"type": "array", "minItems": 2, "uniqueItems": True, "items": {"type": "boolean"}},
        {"type": "number", "exclusiveMaximum": 0},
        {"type": "integer", "exclusiveMaximum": 0},
        {"type": "integer", "exclusiveMaximum": 10},
        {"type": "number", "minimum": 0.5, "maximum": 0.7},
        {"type": "number", "exclusiveMinimum": 0.5, "exclusiveMaximum": 0.7},
        {"type": "number", "exclusiveMinimum": 0, "maximum": 0.5},
        {"type": "number", "minimum": 0.5, "maximum": 0.7, "multipleOf": 0.25},
        {"type": "number", "minimum": 0.4, "maximum": 0.7, "multipleOf": 0.5},
        {"type": "integer", "minimum": 0.5, "maximum": 1.7},
        {"type": "integer", "minimum": 3, "maximum": 20, "multipleOf": 10},
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_lists_and_numbers_fit(schema, seed):
    first, again = (giving(schema, seed=seed).get("/a") for _ in range(2))
    assert first.status_code == 200, first.text
    assert jsonschema_rs.is_valid(schema, first.json()), first.text
    assert first.text == again.text


def test_what_nothing_fits_is_told():
    assert told(giving({"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "boolean"}}).get("/a")) == (
        501,
        "Failed to make up an answer: paths › /a › get › responses › 200 › content › application/json › schema",
    )


FILTER = {"type": "object", "required": ["x"], "properties": {"x": WHOLE, "y": LIST, "z": TEXT}}


@pytest.mark.parametrize(("style", "name"), [("form", "{}"), ("deepObject", "f[{}]")])
def test_an_object_in_a_query_is_read(style, name):
    x, y, z = map(name.format, "xyz")
    partner = asking(FILTER, style=style, explode=True, required=True)
    for sent in ([(x, 1)], [(x, 1), (y, 2)], [(x, 1), (y, 2), (y, 3), (z, "4")]):
        assert partner.get("/a", params=sent).status_code == 200, sent
    assert told(partner.get("/a", params=[(x, "a"), (y, "b")])) == (
        422,
        'query parameter f.x: "a" is not of type "integer"; query parameter f.y[0]: "b" is not of type "integer"',
    )
    assert told(partner.get("/a", params=[(x, 1), (x, 2)])) == (422, 'query parameter f.x: ["1","2"] is not of type "integer"')
    assert told(partner.get("/a", params=[(z, 1)])) == (422, 'query parameter f: "x" is a required property')
    optional = asking(FILTER, style=style, explode=True)
    assert optional.get("/a").status_code == 200
    assert optional.get("/a", params=[(z, 1)]).status_code == 422


def test_an_object_that_must_be_in_a_query_is_missed_where_its_name_is_sent():
    assert told(asking({"type": "object"}, style="deepObject", required=True).get("/a?g[x]=1")) == (422, "query parameter f is missing")
    # Its properties can all be left out, and then nothing of it is sent.
    assert asking({"type": "object", "properties": {"x": WHOLE}}, required=True).get("/a").status_code == 200
    assert told(asking(FILTER, required=True).get("/a")) == (422, 'query parameter f: "x" is a required property')


def test_an_object_of_any_names_takes_what_is_no_other_parameter():
    free = {"name": "f", "in": "query", "required": True, "schema": {"type": "object", "minProperties": 1, "additionalProperties": WHOLE}}
    limit = {"name": "limit", "in": "query", "schema": TEXT}
    operation = {"parameters": [limit, free], "security": [{"key": []}], **DONE}
    schemes = {"key": {"type": "apiKey", "in": "query", "name": "key"}}
    partner = client({"/a": {"get": operation}}, schemes=schemes)
    assert partner.get("/a?key=token&x=1&limit=all").status_code == 200
    assert told(partner.get("/a?key=token&x=a&limit=all")) == (422, 'query parameter f.x: "a" is not of type "integer"')
    assert told(partner.get("/a?key=token&limit=all")) == (422, "query parameter f: {} has less than 1 property")


@pytest.mark.parametrize("secret", [{**TEXT, "writeOnly": True}, {**SAMPLE, "maxLength": 9, "writeOnly": True}, {**SAMPLE, "maxLength": 9}])
def test_what_is_only_written_is_never_answered(secret):
    schema = {"type": "object", "required": ["id", "pin"], "properties": {"id": WHOLE, "pin": secret}}
    posted = {"requestBody": {"content": {"application/json": {"schema": schema}}}, **answering(schema)}
    partner = client({"/a": {"post": posted}}, S={**TEXT, "writeOnly": True})
    assert partner.post("/a", json={"id": 1, "pin": "1234"}).json() == {"id": 1}
    assert told(partner.post("/a", json={"id": 1})) == (422, 'body: "pin" is a required property')
