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
