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
from erp_testkit.standins.contract import build
from erp_testkit.standins.contract.document import Document
from erp_testkit.standins.contract.files import read

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


def shop(seed=0):
    client = TestClient(build(Document(yaml.safe_load(SHOP), "shop.yaml"), TOKEN, seed))
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
    schema = {"$ref": "#/components/schemas/Part", "components": yaml.safe_load(SHOP)["components"]}
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
    data = yaml.safe_load(SHOP)
    data["components"]["securitySchemes"]["key"] = scheme
    client = TestClient(build(Document(data, "shop.yaml"), TOKEN, 0))
    assert client.get("/orders").status_code == 401
    assert client.get("/orders", headers={name: f"{text}x" for name, text in headers.items()}).status_code == 401
    assert client.get("/orders", headers=headers).status_code == 200
    assert client.get("/label").status_code == 200


def file_of(folder, data):
    file = folder / "contract.yaml"
    file.write_text(data if isinstance(data, str) else yaml.safe_dump(data))
    return file


def circular_response():
    reference = {"$ref": "#/components/responses/A"}
    paths = {"/a": {"get": {"responses": {"200": reference.copy()}}}}
    return {"openapi": "3.1.0", "components": {"responses": {"A": reference}}, "paths": paths}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [", "Failed to read contract {}, line 2: expected YAML, got a mistake: did not find expected node content."),
        ("just text", "Failed to read contract {}: expected OpenAPI 3.0 or 3.1, got something else."),
        (
            "swagger: '2.0'",
            "Failed to read contract {}: expected OpenAPI 3.0 or 3.1, got Swagger 2.0. "
            "Next: convert it to OpenAPI 3, such as with swagger2openapi",
        ),
        ("openapi: 4.0.0", "Failed to read contract {}: expected OpenAPI 3.0 or 3.1, got openapi: 4.0.0."),
        ("openapi: 3.1.0\npaths: &a {b: *a}", "Failed to read contract {}: expected no YAML anchor within itself, got one."),
        ("openapi: 3.1.0", "Failed to read contract {}: expected OpenAPI 3.0 or 3.1, got one without paths."),
        (
            {
                "openapi": "3.1.0",
                "paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/components/responses/None"}}}}, "/b": {"$ref": "b.yaml"}},
            },
            "Failed to read contract {}: expected no mistakes, got 2:\n"
            "- paths > /a > get > responses > 200: expected a reference to something in the file, got '#/components/responses/None'\n"
            "- paths > /b: expected a reference within the file, such as '#/components/schemas/…', got 'b.yaml'",
        ),
        (
            circular_response(),
            "Failed to read contract {}: expected no mistakes, got 2:\n"
            "- components > responses > A: expected a reference that ends somewhere, got '#/components/responses/A', "
            "which leads back to itself\n"
            "- paths > /a > get > responses > 200: expected a reference that ends somewhere, got '#/components/responses/A', "
            "which leads back to itself",
        ),
        (
            {
                "openapi": "3.1.0",
                "paths": {
                    "/a": {"get": {"security": [{"key": []}], "parameters": [{"name": "a", "in": "query", "schema": {"type": "text"}}]}},
                },
            },
            "Failed to read contract {}: expected no mistakes, got 2:\n"
            "- paths > /a > get > parameters > 0 > schema: expected a JSON Schema, got one that is none: Unexpected type\n"
            "- GET /a: expected a security scheme of the file, got 'key'",
        ),
        (
            {"openapi": "3.1.0", "paths": {"/a": {"get": {"parameters": [{"in": "query"}]}, "put": []}}},
            "Failed to read contract {}: expected no mistakes, got 2:\n"
            "- paths > /a > get: expected an operation, got one that lacks 'name'\n"
            "- paths > /a > put: expected an operation, got something else",
        ),
    ],
)
def test_a_file_that_cannot_be_served_is_told_with_its_mistakes(tmp_path, content, message):
    file = file_of(tmp_path, content)
    result = subprocess.run([KIT, "standin", "from-contract", file], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (2, "", message.format(file) + "\n")


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
