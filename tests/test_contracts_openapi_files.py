"""OpenAPI files and their settings: what can be read, and what is said of what cannot."""

import json
from pathlib import Path

import pytest
import yaml
from contract_shop import CONTRACT, SETTINGS, TOKEN, Live
from inventory_api import OPERATIONS
from inventory_api import description as inventory

from erp_testkit import shipped
from erp_testkit.contracts.kinds import kind_of
from erp_testkit.contracts.openapi.contract import load
from erp_testkit.contracts.openapi.description import read
from erp_testkit.contracts.openapi.expressions import Call, filled, values_at
from erp_testkit.contracts.openapi.findings import CHECKS
from erp_testkit.contracts.openapi.settings import Settings
from erp_testkit.contracts.openapi.setup_requests import SetupRequests
from erp_testkit.domain.errors import UsageError
from erp_testkit.specs.text import DoubledKey
from erp_testkit.specs.text import read as read_text


@pytest.fixture
def write(tmp_path):
    def write(text, settings='base_url = "http://127.0.0.1:9"\n', name="shop.yaml"):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        if settings is not None:
            file.with_suffix(".toml").write_text(settings, encoding="utf-8")
        return file

    return write


def told(file):
    with pytest.raises(UsageError) as error:
        load(file)
    return str(error.value).replace(f"{file.parent}/", "")


def operation(**more):
    return {"responses": {"200": {"description": "Done."}}, **more}


def described(paths, **more):
    return yaml.safe_dump({"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": paths, **more})


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.1.1"])
def test_versions_3_0_and_3_1_are_read(write, version):
    read = load(write(described({"/a": {"get": operation(summary="Look")}}).replace("3.1.0", version)))
    assert [(one.id, one.title) for one in read.checks] == [("GET /a", "Look")]


def test_version_2_is_read_and_checked_as_the_others(write):
    raw = {
        "swagger": "2.0",
        "info": {"title": "Old", "version": "1"},
        "paths": {
            "/a/{b}": {
                "post": operation(
                    parameters=[
                        {"name": "b", "in": "path", "required": True, "type": "string"},
                        {"name": "content", "in": "body", "schema": {"type": "object", "properties": {"c": {"type": "string"}}}},
                    ]
                )
            }
        },
    }
    (check,) = load(write(yaml.safe_dump(raw))).checks
    assert check.id == "POST /a/{b}"


def test_a_description_of_many_operations_is_read(write):
    written = write(json.dumps(inventory(40)), 'base_url = "http://127.0.0.1:9"', name="inventory.json")
    assert kind_of(written, written.parent) == "openapi"
    assert len([one for one in load(written).checks if one.id != "stateful"]) == 40 * OPERATIONS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("openapi: 3.1.0\ninfo: {title: [\n", ":3: expected YAML, got did not find expected node content."),
        ("- a\n- b\n", ": expected an object with keys, got a list."),
        ("openapi: 4.0.0\n", ": expected openapi 3.0, 3.1, 3.2 or swagger 2.0, got openapi 4.0.0."),
        (described([]), ': expected no mistakes, got 1:\n- shop.yaml:5 paths: [] is not of type "object"'),
        (described({}), ": expected no mistakes, got 1:\n- paths: expected at least one operation, got none"),
        (
            described({"/a": {"get": operation(parameters=[{"$ref": "#/info/Numbr"}])}}),
            ": expected no mistakes, got 1:\n- shop.yaml:9 paths › /a › get › parameters › 0: "
            "expected '$ref' to lead somewhere, got '#/info/Numbr': there is no 'Numbr'. Valid values are: title, version.",
        ),
        (
            described({"/a": {"get": operation(parameters=[{"$ref": "other.yaml#/Number"}])}}),
            ": expected no mistakes, got 1:\n"
            "- Failed to read contract other.yaml: expected a file that can be read, got No such file or directory.",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_the_place(write, text, problem):
    assert told(write(text)) == f"Failed to read contract shop.yaml{problem}"


TWICE = {
    "shop.yaml": """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /a: {get: {responses: {"200": {description: Read.}}}}
  /a: {post: {responses: {"200": {description: Written.}}}}
""",
    "shop.json": """\
{"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"},
"paths": {
"/b": {},
"/a": {"get": {"responses": {"200": {"description": "Read."}}}},
"/a": {"post": {"responses": {"200": {"description": "Written."}}}}}}
""",
}


@pytest.mark.parametrize("name", TWICE)
def test_an_operation_that_a_path_written_twice_would_lose_is_told(write, name):
    assert told(write(TWICE[name], name=name)) == (
        f"Failed to read contract {name}: expected no mistakes, got 1:\n"
        f"- {name}:5 paths › /a: expected each key once, got it twice; what stands under the first would be lost."
    )


def test_another_key_twice_is_a_warning(write):
    file = write('openapi: 3.1.0\ninfo: {title: Shop, title: Store, version: "1"}\npaths: {/a: {get: {responses: {}}}}\n')
    with pytest.warns(DoubledKey) as told:
        contract = load(file)
    assert [str(one.message) for one in told] == [f"{file}:2 info › title: expected each key once, got it twice. The last one counts."]
    assert (contract.title, [one.id for one in contract.checks]) == ("Store", ["GET /a"])


def test_references_in_a_circle_are_told_all_at_once_but_schemas_may_hold_themselves(write):
    schemas = {
        "A": {"$ref": "#/components/schemas/B"},
        "B": {"$ref": "#/components/schemas/A"},
        "Tree": {"type": "object", "properties": {"below": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}},
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}
    paths = {"/a": {"post": operation(requestBody={"content": content})}}
    assert told(write(described(paths, components={"schemas": schemas}))) == (
        "Failed to read contract shop.yaml: expected no mistakes, got 1:\n"
        "- shop.yaml:3 components › schemas › A: expected '$ref' to lead somewhere, got '#/components/schemas/B': "
        "it leads in a circle: #/components/schemas/B -> #/components/schemas/A -> #/components/schemas/B"
    )
    (check,) = load(write(described(paths, components={"schemas": {"Tree": schemas["Tree"]}}))).checks
    assert check.id == "POST /a"


def test_a_file_of_two_megabytes_is_read(write):
    paths = {f"/a{number}": {"get": operation(description="x" * 4000)} for number in range(500)}
    assert len(load(write(described(paths))).checks) == 500


def test_a_contract_without_settings_says_what_to_write(write):
    assert told(write(described({"/a": {"get": operation()}}), settings=None)).startswith(
        "Failed to read contract shop.yaml: expected its settings in shop.toml beside it, got no such file. Next: write shop.toml "
    )


def test_all_mistakes_of_the_settings_form_are_told_at_once(write):
    settings = """
base_url = "erp.example"
adaptr = "x"
[budget]
fuzzing = 0
[[setup]]
operation = "POST /things"
nam = "thing"
[[setup]]
name = "The thing"
operation = "POST /things"
[[exclude]]
check = "leak"
"""
    assert told(write(CONTRACT, settings)) == (
        "Failed to read settings shop.toml: expected no mistakes, got 7:\n"
        "- line 2, base_url: expected an address such as https://erp.example:8000, got 'erp.example'.\n"
        "- line 3, adaptr: unknown key. Did you mean 'adapter'? Valid values are: adapter, audit, auth, base_url, "
        "budget, exclude, forbidden, idempotency_header, items, paging, phases, setup, system, values.\n"
        "- line 5, budget.fuzzing: expected a whole number of at least 1, got 0.\n"
        "- line 6, setup[1].name: expected small letters, digits and hyphens, a letter first, got nothing.\n"
        "- line 8, setup[1].nam: unknown key. Did you mean 'name'? "
        "Valid values are: body, headers, media_type, name, operation, path, query.\n"
        "- line 10, setup[2].name: expected small letters, digits and hyphens, a letter first, got 'The thing'.\n"
        "- line 12, exclude[1].reason: expected text, got nothing."
    )


def test_all_that_the_contract_does_not_have_is_told_at_once(write):
    settings = """
[auth]
operation = "POST /tokens"
token_env = "SHOP_NOBODY"
[[setup]]
name = "thing"
operation = "POST /thing"
[items.found]
"POST /things" = "request.code"
[[exclude]]
reason = "wet"
[[paging]]
operation = "GET /things"
[[forbidden]]
role = "sales"
token_env = "SHOP_NOBODY"
operations = ["GET /audits"]
"""
    operations = "GET /audit, GET /things, GET /things/{number}, POST /things, PUT /things/{number}"
    assert told(write(CONTRACT, settings)) == (
        "Failed to read settings shop.toml: expected no mistakes, got 8:\n"
        f"- line 3, auth.operation: expected an operation of the contract, got 'POST /tokens'. Did you mean 'POST /things'? "
        f"Valid values are: {operations}.\n"
        "- line 4, auth.token_env: expected an environment variable that is set, got 'SHOP_NOBODY'. Next: export SHOP_NOBODY=…\n"
        f"- line 7, setup[1].operation: expected an operation of the contract, got 'POST /thing'. Did you mean 'POST /things'? "
        f"Valid values are: {operations}.\n"
        "- line 9, items.found.POST /things: expected an expression such as '$response.body#/number' or '$request.path.number', "
        "got 'request.code'.\n"
        "- line 10, exclude[1]: expected an operation, a check, or both, got neither.\n"
        "- line 12, paging[1]: expected either offset, or cursor and next, got neither.\n"
        "- line 16, forbidden[1].token_env: expected an environment variable that is set, got 'SHOP_NOBODY'. Next: export SHOP_NOBODY=…\n"
        f"- line 17, forbidden[1].operations[1]: expected an operation of the contract, got 'GET /audits'. Did you mean 'GET /audit'? "
        f"Valid values are: {operations}."
    )


def test_all_that_does_not_fit_together_is_told_at_once(write):
    settings = """
[auth]
[[setup]]
name = "thing"
operation = "POST /things"
body = { code = "{code:item}", amount = "{thign#/amount}" }
[values]
"path.numbr" = ["1"]
[values."/thing"]
"path.number" = ["{thing#/number}"]
[[forbidden]]
role = "sales"
operations = ["PUT /things/{number}", "GET /things/{number}"]
"""
    assert told(write(CONTRACT, settings)) == (
        "Failed to read settings shop.toml: expected no mistakes, got 7:\n"
        "- system: expected either system or base_url, got neither.\n"
        "- line 6, setup[1].body: expected an earlier setup request with a JSON pointer, or something the kit makes, "
        "got '{thign#/amount}'. "
        "Valid values are: code:KIND, code:KIND:ALIAS, now, today, today+DAYS.\n"
        "- line 8, values.path.numbr: expected a parameter or body field of its operations, got 'path.numbr'. Did you mean 'path.number'? "
        "Valid values are: body.amount, body.code, header.Idempotency-Key, header.If-Match, path.number, query.document, query.limit, "
        "query.offset.\n"
        "- line 9, values./thing: expected an operation or the beginning of a path, got '/thing'. Did you mean '/things'? "
        "Valid values are: /audit, /things, /things/{number}, GET /audit, GET /things, GET /things/{number}, POST /things, "
        "PUT /things/{number}.\n"
        "- line 12, forbidden[1].role: expected auth.operation, by which a role signs in, got none. Next: token_env instead of role\n"
        "- line 13, forbidden[1].operations[1]: expected one that has a setup request, or no body and values for its path, "
        "got 'PUT /things/{number}'.\n"
        "- line 13, forbidden[1].operations[2]: expected one that has a setup request, or no body and values for its path, "
        "got 'GET /things/{number}'."
    )


def test_a_place_in_an_answer_that_is_no_json_pointer_is_told(write, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    settings = SETTINGS.format(url="http://127.0.0.1:9")
    settings = settings.replace('offset = "offset"', 'offset = "offset"\nentries = "numbers"')
    settings = settings.replace('operation = "GET /audit"', 'operation = "GET /audit"\nentries = "#/entries"')
    assert told(write(CONTRACT, settings)) == (
        "Failed to read settings shop.toml: expected no mistakes, got 2:\n"
        "- line 13, audit.entries: expected a JSON pointer such as '/orders', empty for the whole answer, got '#/entries'.\n"
        "- line 48, paging[1].entries: expected a JSON pointer such as '/orders', empty for the whole answer, got 'numbers'."
    )


def test_a_request_whose_path_is_not_filled_is_told(write, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    settings = SETTINGS.format(url="http://127.0.0.1:9").replace('path = { number = "{thing#/number}" }\n', 'path = { numbr = "1" }\n')
    settings += '[[paging]]\noperation = "GET /things/{number}"\noffset = "offset"\n'
    assert told(write(CONTRACT, settings)) == (
        "Failed to read settings shop.toml: expected no mistakes, got 4:\n"
        "- line 33, setup[2].path: expected a value for {number} of PUT /things/{number}, got none.\n"
        "- line 51, paging[2].path: expected a value for {number} of GET /things/{number}, got none.\n"
        "- line 51, paging[2].limit: expected a query parameter of its operation, got 'limit'. Valid values are: (none).\n"
        "- line 53, paging[2].offset: expected a query parameter of its operation, got 'offset'. Valid values are: (none)."
    )


def test_a_role_that_cannot_sign_in_is_told(write, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    settings = SETTINGS.format(url="http://127.0.0.1:9") + '[[forbidden]]\nrole = "sales"\noperations = ["POST /things"]\n'
    assert told(write(CONTRACT, settings)) == (
        "Failed to read settings shop.toml: expected no mistakes, got 1:\n"
        "- line 52, forbidden[1].role: expected auth.operation, by which a role signs in, got none. Next: token_env instead of role"
    )


def test_an_unset_variable_for_the_token_is_told(write, monkeypatch):
    monkeypatch.delenv("SHOP_TOKEN", raising=False)
    assert told(write(CONTRACT, SETTINGS.format(url="http://127.0.0.1:9"))) == (
        "Failed to read settings shop.toml: expected no mistakes, got 1:\n"
        "- line 4, auth.token_env: expected an environment variable that is set, got 'SHOP_TOKEN'. Next: export SHOP_TOKEN=…"
    )
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    assert load(write(CONTRACT, SETTINGS.format(url="http://127.0.0.1:9"))).name == "shop"


@pytest.mark.parametrize("name", ["erp", "wms", "carrier", "udi"])
def test_every_shipped_contract_is_read(name):
    read = load(shipped.CONTRACTS / "openapi" / f"{name}.yaml")
    assert len({one.id for one in read.checks}) == len(read.checks) > 3
    assert read.adapter == ("reference" if name == "erp" else "")


def test_the_shipped_contract_of_the_erp_has_the_operations_of_the_running_one(shop):
    with shop.http() as client:
        running = client.get("/openapi.json").json()
    methods = {"get", "post", "put", "delete", "patch"}
    contract = read_text(shipped.CONTRACTS / "openapi" / "erp.yaml").data
    have, wanted = (
        {f"{method.upper()} {path}" for path, item in raw["paths"].items() for method in item if method in methods}
        for raw in (contract, running)
    )
    assert sorted(wanted - have) == [], "in the running ERP, missing in contracts/openapi/erp.yaml"
    assert sorted(have - wanted) == [], "in contracts/openapi/erp.yaml, missing in the running ERP"


CALL = Call(
    path={"number": "7"},
    query={"q": "x"},
    headers={"if-match": '"1"'},
    body={"lines": [{"item": "A"}, {"item": "B"}], "a/b": 1},
    answer_headers={"etag": '"2"'},
    answer=["x", {"id": 3}],
)


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("$request.path.number", ["7"]),
        ("$request.query.q", ["x"]),
        ("$request.header.If-Match", ['"1"']),
        ("$response.header.ETag", ['"2"']),
        ("$request.body#/lines/1/item", ["B"]),
        ("$request.body#/lines/*/item", ["A", "B"]),
        ("$request.body#/lines/9/item", []),
        ("$request.body#/a~1b", [1]),
        ("$response.body#/-/id", [3]),
        ("$response.body", [["x", {"id": 3}]]),
        ("$request.path.other", []),
    ],
)
def test_an_expression_points_into_a_request_or_its_answer(expression, values):
    assert values_at(expression, CALL) == values


def test_a_text_that_is_one_placeholder_takes_the_value_as_it_is():
    assert filled({"a": "{n}", "b": ["x-{n}"], "c": 1}, {"n": 5}.__getitem__) == {"a": 5, "b": ["x-5"], "c": 1}


def test_a_placeholder_is_filled_up_to_the_width_it_says():
    setup = SetupRequests(Settings(system="erp"), None, Live())
    (code,) = setup.filled(["{code:note}"])
    assert setup.filled("{code:note<20}{code:note<15}|") == f"{code}     {code}|"
    with pytest.raises(UsageError) as error:
        setup.filled("{code:note<4}")
    assert str(error.value) == f"Failed to fill {{code:note<4}}: expected at most 4 characters, got 15: {code}."


def test_a_width_does_not_hide_a_placeholder_that_stands_for_nothing(write):
    settings = 'base_url = "http://127.0.0.1:9"\n[values]\n"path.number" = ["{today<12}", "{yesterday<12}", "{thing#/number<6}"]\n'
    assert [problem.partition(", got ")[2].partition(". ")[0] for problem in told(write(CONTRACT, settings)).splitlines()[1:]] == [
        "'{yesterday<12}'",
        "'{thing#/number<6}'",
    ]


def test_xml_is_read_as_its_schema_describes(write):
    fields = {"no": {"type": "string"}, "line": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}}, "any": True}
    schema = {"type": "object", "properties": fields, "xml": {"name": "order"}}
    body = {"content": {"application/xml": {"schema": schema}, "application/json": {}}}
    line = {"type": "object", "properties": {"item": {"type": "string"}}}
    paths = {"/orders": {"post": operation(requestBody=body)}}
    order = read(write(described(paths, components={"schemas": {"Line": line}}))).operations["POST /orders"]
    text = "<order><no>7</no><line><item>A</item></line><line><item/></line><any>x</any><other>y</other></order>"
    data = {"no": "7", "line": [{"item": "A"}, {"item": ""}], "any": "x", "other": "y"}
    assert order.from_xml("application/xml; charset=utf-8", text) == data
    broken = ("<order", "", "<!DOCTYPE order><order/>", b'<?xml version="1.0" encoding="none"?><order/>')
    assert [order.from_xml("application/xml", one) for one in broken] == [None] * 4
    assert order.from_xml("application/json", text) is None


def test_the_page_names_every_check():
    page = (Path(__file__).parent.parent / "docs" / "contracts.md").read_text(encoding="utf-8")
    assert sorted(id_ for id_ in CHECKS if f"`{id_}`" not in page) == []


PADDING = " " * 5000


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.yaml", "openapi: 3.1.0\n", "openapi"),
        ("a.yaml", f"# {PADDING}\ncomponents: {{}}\nopenapi: 3.1.0\n", "openapi"),
        ("a.yaml", "%YAML 1.2\n---\n'swagger': '2.0'\n", "openapi"),
        ("a.json", f'{{"components": {{}},{PADDING}"openapi": "3.1.0"}}', "openapi"),
        ("a.json", '\n{"components": {"x": {\n  "mapping": {"a": "b"}}},\n "openapi": "3.1.0"}', "openapi"),
        ("a.yaml", '{"asyncapi": "3.0.0"}', "messages"),
        ("a.json", '{"openapi": "3.1.0", broken', "openapi"),
        ("a.json", '{\n  "info": {},\n  "openapi": "3.1.0", broken', "openapi"),
        ("a.yaml", 'openapi: "3.1.0\n', "openapi"),
        ("a.json", '{"properties": {\n"mapping": {"type": "string"}}}', None),
        ("a.yaml", "type: object\nproperties:\n  mapping: {type: string}\n", None),
        ("a.json", '["openapi"]', None),
        ("a.txt", "openapi: 3.1.0\n", None),
    ],
)
def test_what_kind_a_file_is_its_own_keys_say_wherever_they_stand(tmp_path, name, text, kind):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert kind_of(tmp_path / name, tmp_path) == kind
