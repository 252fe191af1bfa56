"""``standin from-contract``: an interface of which there is only an OpenAPI file."""

import base64
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx2
import jsonschema_rs
import pytest
import yaml
from erp_projects import KIT
from inventory_api import description as inventory
from starlette.testclient import TestClient

from erp_testkit.shipped import CONTRACTS
from erp_testkit.specs import document as specs
from erp_testkit.specs.text import Parsed, parse
from erp_testkit.standins.contract import build
from erp_testkit.standins.contract.document import Document, read

TOKEN = "open sesame"

SHOP = """
openapi: 3.0.3
info: {title: Shop, version: '1'}
security: [{key: []}]
paths:
  /orders:
    get:
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1}}
        - {name: offset, in: query, schema: {type: integer, minimum: 0}}
      responses:
        200:
          description: All.
          content:
            application/json:
              schema:
                type: object
                required: [count, results]
                properties:
                  count: {type: integer}
                  next: {type: string, format: uri}
                  results: {type: array, items: {$ref: '#/components/schemas/Order'}}
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
      responses:
        '201': {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
        '400': {description: Wrong., content: {application/json: {schema: {$ref: '#/components/schemas/Mistake'}}}}
  /orders/{orderId}:
    parameters: [{name: orderId, in: path, required: true, schema: {type: integer}}]
    get: &answer
      responses: {'200': {description: It., content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}}
    put:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
      <<: *answer
    patch:
      requestBody: {content: {application/json: {schema: {type: object}}}}
      <<: *answer
    delete:
      responses: {'204': {description: Gone.}}
  /orders/{orderId}/notes:
    parameters: [{name: orderId, in: path, required: true, schema: {type: integer}}]
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
      responses: {'201': {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}}
  /orders/{orderId}/notes/{id}:
    parameters:
      - {name: orderId, in: path, required: true, schema: {type: integer}}
      - {name: id, in: path, required: true, schema: {type: string, format: uuid}}
    get:
      responses: {'200': {description: It., content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}}
  /orders/{orderId}/approve:
    parameters: [{name: orderId, in: path, required: true, schema: {type: integer}}]
    post: *answer
  /parts/{code}:
    get:
      parameters: [{name: code, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: It., content: {application/json: {schema: {$ref: '#/components/schemas/Part'}}}}}
  /label:
    get:
      security: []
      responses: {'200': {description: Text., content: {text/plain: {schema: {type: string}, example: Hip stem}}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
  schemas:
    Order:
      type: object
      required: [order_id, customer, lines, state]
      properties:
        order_id: {type: integer, readOnly: true}
        customer: {type: string, minLength: 2, pattern: '^[A-Z]+[0-9]*$'}
        secret: {type: string, writeOnly: true}
        state: {type: string, readOnly: true, enum: [open, closed]}
        comment: {type: string, nullable: true}
        lines:
          type: array
          minItems: 1
          items:
            type: object
            required: [quantity]
            properties: {quantity: {type: integer, minimum: 0, exclusiveMinimum: true}, part: {$ref: '#/components/schemas/Part'}}
    Part:
      type: object
      required: [code, made_of]
      properties:
        code: {type: string}
        gtin: {type: string, format: gtin, pattern: '^[0-9]{14}$'}
        made_of: {type: array, items: {$ref: '#/components/schemas/Part'}}
        inside: {$ref: '#/components/schemas/Part'}
    Note:
      type: object
      required: [id, text]
      properties: {id: {type: string, format: uuid, readOnly: true}, text: {type: string}}
    Mistake:
      type: object
      required: [message, code]
      properties: {message: {type: string}, code: {type: integer, enum: [7]}}
"""


def document_of(data):
    return Document(specs.Document(Parsed(Path("shop.yaml"), data, ()), data))


def shop(seed=0):
    client = TestClient(build(document_of(parse(Path("shop.yaml"), SHOP).data), TOKEN, seed))
    client.headers["X-Key"] = TOKEN
    return client


def make(client, **more):
    answer = client.post("/orders", json={"customer": "CUS1", "lines": [{"quantity": 3}]} | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_what_was_created_can_be_read_listed_changed_and_removed():
    client = shop()
    first, second = make(client, comment="quick"), make(client, customer="CUS2")
    assert (first["order_id"], second["order_id"]) == (1, 2)
    assert (first["customer"], first["lines"][0]["quantity"], first["comment"]) == ("CUS1", 3, "quick")
    assert "secret" not in first
    assert client.get("/orders/1").json() == first
    assert client.get("/orders").json() == {"count": 2, "results": [first, second]}
    assert client.get("/orders?limit=1&offset=1").json() == {"count": 2, "results": [second]}
    assert client.patch("/orders/1", json={"comment": None, "order_id": 9}).json() == first | {"comment": None}
    assert client.put("/orders/1", json={"customer": "CUS3", "lines": [{"quantity": 1}]}).json()["customer"] == "CUS3"
    assert client.post("/orders/1/approve").json() == client.get("/orders/1").json()
    assert client.delete("/orders/1").status_code == 204
    assert [client.request(method, "/orders/1").status_code for method in ("GET", "DELETE")] == [404, 404]
    assert client.get("/orders").json()["count"] == 1
    assert make(client)["order_id"] == 3


def test_what_lies_below_a_resource_goes_with_it():
    client = shop()
    assert client.post("/orders/1/notes", json={"text": "fragile"}).status_code == 404
    make(client)
    note = client.post("/orders/1/notes", json={"text": "fragile"}).json()
    assert client.get(f"/orders/1/notes/{note['id']}").json() == note
    client.delete("/orders/1")
    assert client.get(f"/orders/1/notes/{note['id']}").status_code == 404


def test_what_nothing_can_create_is_there_always_and_the_same():
    client = shop()
    part = client.get("/parts/P-1").json()
    assert part["code"] == "P-1"
    assert client.get("/parts/P-1").json() == part
    schema = {"$ref": "#/components/schemas/Part", "components": parse(Path("shop.yaml"), SHOP).data["components"]}
    assert jsonschema_rs.is_valid(schema, part)


def test_the_same_seed_gives_the_same_answers():
    assert make(shop()) == make(shop())
    parts = [shop(seed).get("/parts/P-1").json() for seed in range(4)]
    assert any(part != parts[0] for part in parts)


def test_a_text_is_answered_by_its_example():
    assert shop().get("/label").text == "Hip stem"


def test_a_wrong_request_is_refused_in_the_contracts_own_form():
    answer = shop().post("/orders", json={"customer": "c", "lines": [{"quantity": 0}]})
    message = (
        'body.customer: "c" is shorter than 2 characters; body.customer: "c" does not match "^[A-Z]+[0-9]*$"; '
        "body.lines[0].quantity: 0 is less than or equal to the minimum of 0"
    )
    assert (answer.status_code, answer.json()) == (400, {"message": message, "code": 7})


def test_what_the_contract_has_no_words_for_is_told_as_a_problem():
    client = shop()
    make(client)

    def told(answer):
        return answer.status_code, answer.headers["content-type"], answer.json()["detail"]

    problem = "application/problem+json"
    assert told(client.get("/orders/9")) == (404, problem, "There is nothing at /orders/9.")
    assert told(client.get("/nothing")) == (404, problem, "There is nothing at /nothing.")
    assert told(client.get("/orders/x")) == (422, problem, 'path parameter orderId: "x" is not of type "integer"')
    assert told(client.get("/orders?limit=1&limit=2")) == (422, problem, "query parameter limit: given 2 times")
    assert told(client.put("/orders/1", content="a", headers={"Content-Type": "text/plain"})) == (
        415,
        problem,
        "Expected a body of type application/json, got text/plain.",
    )
    refused = client.delete("/orders")
    assert told(refused) == (405, problem, "Expected GET or POST, got DELETE.")
    assert refused.headers["allow"] == "GET, POST"
    assert told(client.get("/orders", headers={"X-Key": "wrong"})) == (401, problem, "Expected a valid X-Key.")


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [
        ({"type": "http", "scheme": "bearer"}, {"Authorization": f"Bearer {TOKEN}"}),
        ({"type": "http", "scheme": "basic"}, {"Authorization": f"Basic {base64.b64encode(f'me:{TOKEN}'.encode()).decode()}"}),
        ({"type": "oauth2", "flows": {}}, {"Authorization": f"Bearer {TOKEN}"}),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, {"X-Key": TOKEN}),
    ],
)
def test_every_security_scheme_is_opened_by_the_token_and_nothing_else(scheme, headers):
    data = parse(Path("shop.yaml"), SHOP).data
    data["components"]["securitySchemes"]["key"] = scheme
    client = TestClient(build(document_of(data), TOKEN, 0))
    assert client.get("/orders").status_code == 401
    assert client.get("/orders", headers={name: f"{text}x" for name, text in headers.items()}).status_code == 401
    assert client.get("/orders", headers=headers).status_code == 200
    assert client.get("/label").status_code == 200


def file_of(folder, data):
    file = folder / "contract.yaml"
    file.write_text(data if isinstance(data, str) else yaml.safe_dump(data))
    return file


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [", "{}:2: expected YAML, got did not find expected node content."),
        ("just text", "{}: expected an object with keys, got a str."),
        ("openapi: 4.0.0", "{}: expected openapi 3.0, 3.1, 3.2 or swagger 2.0, got openapi 4.0.0."),
        ("openapi: 3.1.0\npaths: &a {b: *a}", "{}:2: expected YAML, got content that holds itself: *a."),
        ("openapi: 3.1.0", "{}: expected operations under 'paths', got none."),
        (
            "openapi: 3.1.0\npaths:\n  /a: {get: {responses: {}}}\n  /a: {post: {responses: {}}}\n",
            "{}: expected no mistakes, got 1:\n"
            "- contract.yaml:4 paths › /a: expected each key once, got it twice; what stands under the first would be lost.",
        ),
        (
            {
                "openapi": "3.1.0",
                "paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/components/responses/None"}}}}, "/b": {"$ref": "b.yaml"}},
            },
            "{}: expected no mistakes, got 2:\n"
            "- Failed to read contract {folder}/b.yaml: expected a file that can be read, got No such file or directory.\n"
            "- contract.yaml:6 paths › /a › get › responses › 200: expected '$ref' to lead somewhere, "
            "got '#/components/responses/None': there is no 'components'. Valid values are: openapi, paths.",
        ),
        (
            {
                "openapi": "3.1.0",
                "paths": {
                    "/a": {"get": {"security": [{"key": []}], "parameters": [{"name": "a", "in": "query", "schema": {"type": "text"}}]}},
                },
            },
            "{}: expected no mistakes, got 2:\n"
            "- contract.yaml:8 paths › /a › get › parameters › 0 › schema: expected a JSON Schema, got one that is none: Unexpected type\n"
            "- GET /a: expected a security scheme of the file, got 'key'",
        ),
    ],
)
def test_a_file_that_cannot_be_served_is_told_with_its_mistakes(tmp_path, content, message):
    file = file_of(tmp_path, content)
    result = subprocess.run([KIT, "standin", "from-contract", file], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (
        2,
        "",
        f"Failed to read contract {message.format(file, folder=tmp_path)}\n",
    )


def test_a_contract_over_several_files_is_served(tmp_path):
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "order.yaml").write_text(
        "Order: {type: object, required: [country], properties: {country: {$ref: 'country.yaml'}}}\n"
    )
    (tmp_path / "schemas" / "country.yaml").write_text("type: string\nenum: [NO, SE]\n")
    (tmp_path / "orders.yaml").write_text(
        yaml.safe_dump(
            {
                "post": {
                    "requestBody": {"content": {"application/json": {"schema": {"$ref": "schemas/order.yaml#/Order"}}}},
                    "responses": {"201": {"content": {"application/json": {"schema": {"$ref": "schemas/order.yaml#/Order"}}}}},
                }
            }
        )
    )
    file = file_of(
        tmp_path, {"openapi": "3.1.0", "info": {"title": "Orders", "version": "1"}, "paths": {"/orders": {"$ref": "orders.yaml"}}}
    )
    client = TestClient(build(read(file), TOKEN, 0))
    made = client.post("/orders", json={"country": "NO"})
    assert (made.status_code, made.json()) == (201, {"country": "NO"})
    refused = client.post("/orders", json={"country": False})
    assert (refused.status_code, refused.json()["detail"]) == (
        422,
        'body.country: false is not of type "string"; body.country: false is not one of "NO" or "SE"',
    )


def test_openapi_2_is_served_as_openapi_3(tmp_path):
    body = {"name": "order", "in": "body", "schema": {"$ref": "#/definitions/Order"}}
    done = {"responses": {"200": {"description": "Done.", "schema": {"$ref": "#/definitions/Order"}}}}
    definitions = {"Order": {"type": "object", "properties": {"lot": {"type": "string", "maxLength": 3}}}}
    paths = {"/orders": {"put": {"consumes": ["application/json"], "produces": ["application/json"], "parameters": [body], **done}}}
    file = file_of(tmp_path, {"swagger": "2.0", "info": {"title": "S", "version": "1"}, "paths": paths, "definitions": definitions})
    client = TestClient(build(read(file), TOKEN, 0))
    assert client.put("/orders", json={"lot": "L-1"}).status_code == 200
    assert client.put("/orders", json={"lot": "L-26"}).status_code == 422


def test_a_file_that_is_not_there_is_told(tmp_path):
    result = subprocess.run([KIT, "standin", "from-contract", "none.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (
        2,
        "Failed to read contract none.yaml: expected a file that can be read, got No such file or directory.\n",
    )


@contextmanager
def served(file, stop=signal.SIGINT):
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "ERP_TESTKIT_STANDIN_TOKEN": TOKEN}
    command = [KIT, "standin", "from-contract", file]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        yield process.stdout.readline().rpartition(" at ")[2].strip()
    finally:
        process.send_signal(stop)
        output, errors = process.stdout.read(), process.stderr.read()
        process.stdout.close()
        process.stderr.close()
        assert (process.wait(timeout=60), errors) == (0, "")
        assert output.endswith("\nCtrl-C stops it.\n\nStopped.\n")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_served_for_a_person_it_says_where_it_is_and_stops_by_a_signal(tmp_path, stop):
    with served(file_of(tmp_path, SHOP), stop) as url:
        assert httpx2.get(f"{url}/label").text == "Hip stem"
        assert httpx2.get(f"{url}/orders", headers={"X-Key": TOKEN}).json() == {"count": 0, "results": []}
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)


def schemathesis(file, url, folder, *arguments):
    command = [Path(sys.executable).with_name("schemathesis"), "run", file, "--url", url, "--header", f"Authorization: Bearer {TOKEN}"]
    command += ["--max-examples", "5", "--seed", "1", "--phases", "examples,fuzzing,stateful", "--no-color", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["wms", "carrier", "udi"])
def test_schemathesis_finds_nothing_wrong_with_a_partner_served_from_its_contract(tmp_path, name):
    file = CONTRACTS / "openapi" / f"{name}.yaml"
    with served(file) as url:
        # It knows nothing of check digits, so it sends wrong ones and wonders.
        result = schemathesis(file, url, tmp_path, "--exclude-checks", "positive_data_acceptance")
    assert result.returncode == 0, result.stdout


@pytest.fixture
def inventory_file(tmp_path):
    return file_of(tmp_path, json.dumps(inventory()))


def test_schemathesis_finds_nothing_wrong_with_a_slice_of_a_large_interface(inventory_file, tmp_path):
    with served(inventory_file) as url:
        # The file names neither 401 nor 404 for anything.
        part = ["--include-path-regex", "^/api/(address|price-break)/", "--exclude-checks", "status_code_conformance"]
        result = schemathesis(inventory_file, url, tmp_path, *part)
    assert result.returncode == 0, result.stdout


@pytest.fixture
def client(inventory_file):
    client = TestClient(build(read(inventory_file), TOKEN, 0))
    client.headers["Authorization"] = f"Token {TOKEN}"
    return client


def test_an_interface_is_served_whose_keys_have_another_name_than_in_its_paths(client):
    company = client.post("/api/company/", json={"name": "Maker", "currency": "EUR"}).json()
    required = inventory()["components"]["schemas"]["Company"]["required"]
    assert (company["pk"], company["name"], set(required) - set(company)) == (1, "Maker", set())
    assert client.get("/api/company/?limit=10").json() == {"count": 1, "next": None, "previous": None, "results": [company]}


def test_forms_are_read_by_the_types_of_their_fields(client):
    fields = {"name": "Maker", "currency": "EUR", "active": "true"}
    sent = [
        client.post("/api/company/", data=fields),
        client.post("/api/company/", files={name: (None, text) for name, text in fields.items()}),
    ]
    assert [(one.status_code, one.json()["pk"], one.json()["active"]) for one in sent] == [(201, 1, True), (201, 2, True)]
    wrong = client.post("/api/company/", data=fields | {"active": "perhaps"})
    assert (wrong.status_code, wrong.json()["detail"]) == (422, 'body.active: "perhaps" is not of type "boolean"')
