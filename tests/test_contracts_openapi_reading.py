"""OpenAPI files as others write them: legal ones are read and checked as they are meant, and mistakes are told with their place."""

from datetime import date

import pytest
import yaml
from contract_shop import Live, serving

from erp_testkit.contracts.compatibility.contracts import changes, read_version
from erp_testkit.contracts.openapi.contract import load
from erp_testkit.contracts.openapi.description import read
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
    newer, older = (read(write(described(paths, version, components={"schemas": schemas}))) for version in ("3.1.0", "3.0.3"))
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
    assert [broken.message for broken in found.findings] == []
    assert found.coverage["operations"]["GET /a"]["accepted"] > 5


def test_extensions_may_stand_under_paths_and_responses(write):
    responses = {"200": {"description": "Done."}, "x-cached": None, "x-parts": {"properties": ["id"]}}
    contract = load(write(described({"x-owner": "shop", "x-more": {"get": 1}, "/a": {"get": {"responses": responses}}})))
    assert [one.id for one in contract.checks] == ["GET /a"]
    assert list(read(contract.file).operations["GET /a"].responses) == ["200"]


def test_a_path_may_be_a_percent_encoded_reference_to_another(write):
    raw = described(
        {"/a/{id}": {"parameters": [NUMBER], "get": operation(responses={"200": {"description": "x"}, "4XX": {"description": "y"}})}}
    )
    raw["paths"]["/b/{id}"] = {"$ref": "#/paths/~1a~1%7Bid%7D"}
    found = judged(write, raw, Choosy(lambda scope, body: scope["path"][3:].isalpha()), "GET /b/{id}")
    assert [broken.message for broken in found.findings if broken.id == "good-input-refused"] == []
    assert found.coverage["operations"]["GET /b/{id}"]["parameters"]["path.id"] > 5


@pytest.mark.parametrize("name", ["default", "example", "examples", "enum", "const"])
def test_a_property_may_be_called_as_a_keyword_for_data(write, name):
    schema = {"properties": {name: {"$ref": "#/components/schemas/Size"}}, "example": {"$ref": "no reference"}}
    body = {"content": {"application/json": {"schema": schema}}}
    paths = {"/a": {"post": operation(requestBody=body, parameters=[{"name": "q", "in": "query", "schema": schema}])}}
    assert told(write(described(paths))) == (
        "Failed to read contract shop.yaml: expected no mistakes, got 1:\n"
        f"- shop.yaml:16 paths › /a › post › requestBody › content › application/json › schema › properties › {name}: "
        "expected '$ref' to lead somewhere, got '#/components/schemas/Size': "
        "there is no 'components'. Valid values are: info, openapi, paths."
    )
    found = read(write(described(paths, components={"schemas": {"Size": {"type": "integer"}}})))
    assert found.operations["POST /a"].places == ("query.q", f"body.{name}")
    assert found.inlined(schema) == {"properties": {name: {"type": "integer"}}, "example": {"$ref": "no reference"}}


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"parameters": [{"name": "q", "schema": {}}]}, """12 paths › /a › get › parameters › 0: "in" is a required property"""),
        ({"requestBody": None}, """11 paths › /a › get › requestBody: null is not of type "object\""""),
        ({"responses": {"200": None}}, """9 paths › /a › get › responses › 200: null is not of type "object\""""),
        (
            {"responses": {"default": {"$ref": "#/components/responses/No"}}},
            "9 paths › /a › get › responses › default: expected '$ref' to lead somewhere, got '#/components/responses/No': "
            "there is no 'components'. Valid values are: info, openapi, paths.",
        ),
        (
            {"parameters": [{"name": "q", "in": "query", "schema": {"$ref": 3}}]},
            "14 paths › /a › get › parameters › 0 › schema: expected '$ref' to lead somewhere, got 3: it is no text",
        ),
        (
            {"requestBody": {"content": {"text/plain": {"schema": {"properties": None}}}}},
            """15 paths › /a › get › requestBody › content › text/plain › schema › properties: null is not of type "object\"""",
        ),
        (
            {"requestBody": {"content": {"text/plain": {"schema": {"allOf": {}}}}}},
            """15 paths › /a › get › requestBody › content › text/plain › schema › allOf: {} is not of type "array\"""",
        ),
    ],
)
def test_what_cannot_be_what_it_stands_for_is_told_with_its_place(write, more, problem):
    assert told(write(described({"/a": {"get": operation(**more)}}))) == (
        f"Failed to read contract shop.yaml: expected no mistakes, got 1:\n- shop.yaml:{problem}"
    )


def test_every_path_without_methods_is_told(write):
    assert told(write(described({"/a": None, "/b": {"get": operation()}, "/c": ["get"]}))) == (
        "Failed to read contract shop.yaml: expected no mistakes, got 2:\n"
        '- shop.yaml:6 paths › /a: null is not of type "object"\n'
        '- shop.yaml:12 paths › /c: ["get"] is not of type "object"'
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
    assert [broken.id for broken in found.findings] == ["bad-input-accepted"]
    assert found.coverage["operations"]["POST /b"]["parameters"]["body.size"] > 5
    assert set(asked) == {"/b"}


def test_a_contract_in_several_files_is_compared_and_run(write):
    """Serving it: see test_standin_from_contract."""
    answers = {"200": {"description": "x"}, "4XX": {"description": "y"}}
    size = {"type": "integer", "minimum": 1, "maximum": 9}
    file = write(described({"/a": {"$ref": "paths/a.yaml"}, "/b": {"get": operation()}}))
    for name, content in {
        "paths/a.yaml": {"get": {"parameters": [{"$ref": "../parts.yaml#/parameters/Size"}], "responses": answers}},
        "parts.yaml": {
            "parameters": {"Size": {"name": "size", "in": "query", "required": True, "schema": {"$ref": "#/schemas/Size"}}},
            "schemas": {"Size": size},
        },
    }.items():
        (file.parent / name).parent.mkdir(exist_ok=True)
        (file.parent / name).write_text(yaml.safe_dump(content), encoding="utf-8")

    def takes(scope, body):
        name, _, value = scope["query_string"].decode().partition("=")
        return name == "size" and value.isascii() and value.isdigit() and 1 <= int(value) <= 9 and value[0] != "0"

    found = judged(write, yaml.safe_load(file.read_text(encoding="utf-8")), Choosy(takes), "GET /a")
    assert [broken.message for broken in found.findings] == []
    assert found.coverage["operations"]["GET /a"]["parameters"]["query.size"] > 5
    version = read_version(file)
    assert changes(version, read_version(file), date(2026, 11, 30)) == ()
    parts = file.parent / "parts.yaml"
    parts.write_text(parts.read_text(encoding="utf-8").replace("maximum: 9", "maximum: 8"), encoding="utf-8")
    (change,) = changes(version, read_version(file), date(2026, 11, 30))
    assert (change.rule, change.place, change.operations) == ("request-parameter-max-decreased", "Size in requests", ("GET /a",))
