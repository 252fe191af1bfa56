"""OpenAPI files as others write them: legal ones are read and checked as they are meant, and mistakes are told with their place."""

import pytest
import yaml
from contract_shop import Live, serving

from erp_testkit.contracts.openapi.contract import load
from erp_testkit.contracts.openapi.document import read_document
from erp_testkit.domain.errors import UsageError

NUMBER = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[a-z]{1,9}$"}}


def operation(**more):
    return {"responses": {"200": {"description": "Done."}}, **more}


def described(paths, version="3.1.0", **more):
    return {"openapi": version, "info": {"title": "Shop", "version": "1"}, "paths": paths, **more}


@pytest.fixture
def write(tmp_path):
    def write(raw, settings='base_url = "http://127.0.0.1:9"\n'):
        file = tmp_path / "shop.yaml"
        file.write_text(yaml.safe_dump(raw, sort_keys=False), encoding="utf-8")
        file.with_suffix(".toml").write_text(settings, encoding="utf-8")
        return file

    return write


def told(file):
    with pytest.raises(UsageError) as error:
        load(file)
    return str(error.value).replace(f"{file.parent}/", "")


class Choosy:
    """Answers 200 where `takes` says so of a request, 400 otherwise, and 405 to other methods than `method`."""

    def __init__(self, takes, method="GET"):
        self.takes, self.method = takes, method

    async def __call__(self, scope, receive, send):
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        body += message.get("body", b"")
        status = 405 if scope["method"] != self.method else 200 if self.takes(scope, body) else 400
        headers = [(b"content-type", b"application/json"), (b"allow", self.method.encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})


def judged(write, raw, app, label):
    with serving(app) as url:
        settings = f'base_url = "{url}"\nphases = ["examples", "coverage", "fuzzing"]\n[budget]\nfuzzing = 20\n'
        (check,) = (one for one in load(write(raw, settings)).checks if one.id == label)
        return check.run(Live(label))


def test_what_stands_beside_a_reference_counts_in_3_1_but_not_in_3_0(write):
    schemas = {
        "Low": {"$ref": "#/components/schemas/Text", "maxLength": 9},
        "Text": {"type": "string", "description": "Any."},
        "Line": {"properties": {"item": {"type": "string"}}},
    }
    beside = {"$ref": "#/components/schemas/Low", "pattern": "^a", "description": "Ours."}
    lines = {"$ref": "#/components/schemas/Line", "properties": {"lot": {"type": "string"}}, "allOf": [{"required": ["lot"]}]}
    paths = {"/a": {"post": operation(requestBody={"content": {"application/json": {"schema": lines}}})}}
    newer, older = (read_document(write(described(paths, version, components={"schemas": schemas}))) for version in ("3.1.0", "3.0.3"))
    low = {"type": "string", "maxLength": 9, "allOf": [schemas["Text"]]}
    assert newer.inlined(beside) == {"type": "string", "pattern": "^a", "allOf": [low]}
    assert newer.inlined(lines)["allOf"] == [schemas["Line"], {"required": ["lot"]}]
    assert newer.inlined({"$ref": "#/components/schemas/Text", "description": "Ours."}) == schemas["Text"]
    assert older.inlined(beside) == schemas["Text"]
    assert newer.operations["POST /a"].places == ("body.item", "body.lot")
    assert older.operations["POST /a"].places == ("body.item",)


def test_a_parameter_is_generated_as_what_stands_beside_its_reference_says(write):
    low = {"$ref": "#/components/schemas/Low", "maxLength": 5}
    answers = {"200": {"description": "x"}, "4XX": {"description": "y"}}
    get = {"parameters": [{"name": "q", "in": "query", "required": True, "schema": low}], "responses": answers}
    raw = described({"/a": {"get": get}}, components={"schemas": {"Low": {"type": "string", "pattern": "^[a-z]+$"}}})

    def takes(scope, body):
        name, _, value = scope["query_string"].decode().partition("=")
        return name == "q" and 1 <= len(value) <= 5 and value.isascii() and value.isalpha() and value.islower()

    found = judged(write, raw, Choosy(takes), "GET /a")
    assert [broken.message for broken in found.broken] == []
    assert found.coverage["operations"]["GET /a"]["accepted"] > 5


def test_extensions_may_stand_under_paths_and_responses(write):
    responses = {"200": {"description": "Done."}, "x-cached": None, "x-parts": {"properties": ["id"]}}
    read = load(write(described({"x-owner": "shop", "x-more": {"get": 1}, "/a": {"get": {"responses": responses}}})))
    assert [one.id for one in read.checks] == ["GET /a"]
    assert list(read_document(read.file).operations["GET /a"].responses) == ["200"]


def test_a_path_may_be_a_percent_encoded_reference_to_another(write):
    raw = described(
        {"/a/{id}": {"parameters": [NUMBER], "get": operation(responses={"200": {"description": "x"}, "4XX": {"description": "y"}})}}
    )
    raw["paths"]["/b/{id}"] = {"$ref": "#/paths/~1a~1%7Bid%7D"}
    found = judged(write, raw, Choosy(lambda scope, body: scope["path"][3:].isalpha()), "GET /b/{id}")
    assert [broken.message for broken in found.broken if broken.id == "good-input-refused"] == []
    assert found.coverage["operations"]["GET /b/{id}"]["parameters"]["path.id"] > 5


@pytest.mark.parametrize("name", ["default", "example", "examples", "enum", "const"])
def test_a_property_may_be_called_as_a_keyword_for_data(write, name):
    schema = {"properties": {name: {"$ref": "#/components/schemas/Size"}}, "example": {"$ref": "no reference"}}
    body = {"content": {"application/json": {"schema": schema}}}
    paths = {"/a": {"post": operation(requestBody=body, parameters=[{"name": "q", "in": "query", "schema": schema}])}}
    assert told(write(described(paths))) == (
        "Failed to read contract shop.yaml: expected an OpenAPI file without mistakes, got 2:\n"
        f"- #/paths/~1a/post/requestBody/content/application~1json/schema/properties/{name}: "
        "expected a $ref to something in the file, got '#/components/schemas/Size'\n"
        f"- #/paths/~1a/post/parameters/0/schema/properties/{name}: "
        "expected a $ref to something in the file, got '#/components/schemas/Size'"
    )
    read = read_document(write(described(paths, components={"schemas": {"Size": {"type": "integer"}}})))
    assert read.operations["POST /a"].places == ("query.q", f"body.{name}")
    assert read.inlined(schema) == {"properties": {name: {"type": "integer"}}, "example": {"$ref": "no reference"}}


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"parameters": [{"name": "q", "schema": {}}]}, "/get/parameters/0: expected a parameter with name and in, got no in"),
        ({"parameters": [{"schema": {}}]}, "/get/parameters/0: expected a parameter with name and in, got no name and no in"),
        ({"requestBody": None}, "/get/requestBody: expected a mapping, got NoneType"),
        ({"responses": {"200": None}}, "/get/responses/200: expected a mapping, got NoneType"),
        (
            {"responses": {"default": {"$ref": "#/components/responses/No"}}},
            "/get/responses/default: expected a $ref to something in the file, got '#/components/responses/No'",
        ),
        (
            {"parameters": [{"name": "q", "in": "query", "schema": {"$ref": 3}}]},
            "/get/parameters/0/schema: expected a $ref that is a text, got 3",
        ),
        (
            {"requestBody": {"content": {"text/plain": {"schema": {"properties": None}}}}},
            "/get/requestBody/content/text~1plain/schema/properties: expected a mapping, got NoneType",
        ),
        (
            {"requestBody": {"content": {"text/plain": {"schema": {"allOf": {}}}}}},
            "/get/requestBody/content/text~1plain/schema/allOf: expected a list, got dict",
        ),
    ],
)
def test_what_cannot_be_what_it_stands_for_is_told_with_its_place(write, more, problem):
    assert told(write(described({"/a": {"get": operation(**more)}}))) == (
        f"Failed to read contract shop.yaml: expected an OpenAPI file without mistakes, got 1:\n- #/paths/~1a{problem}"
    )


def test_every_path_without_methods_is_told(write):
    assert told(write(described({"/a": None, "/b": {"get": operation()}, "/c": ["get"]}))) == (
        "Failed to read contract shop.yaml: expected an OpenAPI file without mistakes, got 2:\n"
        "- #/paths/~1a: expected a mapping of methods to operations, got NoneType\n"
        "- #/paths/~1c: expected a mapping of methods to operations, got list"
    )


def test_the_query_method_of_3_2_is_checked_and_additional_operations_are_said_not_to_be(write):
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object", "properties": {"word": {"type": "string"}}}}}}
    answers = {"200": {"description": "x"}, "4XX": {"description": "y"}}
    search = {"requestBody": body, "responses": answers}
    raw = described({"/a": {"query": search, "additionalOperations": {"COPY": operation()}}}, version="3.2.0")
    (check,) = load(write(raw)).checks
    assert (check.id, check.writes, check.line) == ("QUERY /a", False, 7)
    taken = []
    found = judged(write, raw, Choosy(lambda scope, body: taken.append(body) or body.startswith(b"{"), "QUERY"), "QUERY /a")
    assert found.coverage["operations"]["QUERY /a"]["accepted"] == len([body for body in taken if body.startswith(b"{")]) > 5
    assert found.coverage["left_out"] == {"COPY /a": "Requests of methods under additionalOperations cannot be made."}


def test_a_reference_into_another_path_leads_somewhere_in_the_check_of_one_operation(write):
    def post(schema):
        answers = {"200": {"description": "x"}, "4XX": {"description": "y"}}
        return {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": answers}}

    own = {"type": "object", "properties": {"size": {"type": "integer"}}}
    raw = described({"/a": post(own), "/b": post({"$ref": "#/paths/~1a/post/requestBody/content/application~1json/schema"})})
    asked = []
    found = judged(write, raw, Choosy(lambda scope, body: asked.append(scope["path"]) or True, "POST"), "POST /b")
    assert [broken.id for broken in found.broken] == ["bad-input-accepted"]
    assert found.coverage["operations"]["POST /b"]["parameters"]["body.size"] > 5
    assert set(asked) == {"/b"}
