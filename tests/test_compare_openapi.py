"""Comparing OpenAPI contracts: one pair for every rule, in every place, in both directions, and properties that hold for any file."""

import json
from collections import Counter
from copy import deepcopy
from datetime import date

import pytest
from contract_pairs import (
    ALIKE,
    CAT,
    DOG,
    OAUTH,
    OF_3_0,
    OF_3_1,
    PLACES,
    SCHEMAS,
    TEXT,
    WHOLE,
    WHOLE_RULES,
    contract,
    gives,
    having,
    parameter,
    takes,
    webhooks,
)
from inventory_api import OPERATIONS
from inventory_api import description as inventory

from erp_testkit.contracts.compatibility.contracts import changes, compare, read_version
from erp_testkit.contracts.compatibility.rules import OPENAPI, schema_rule
from erp_testkit.contracts.compatibility.text import counts
from erp_testkit.domain.errors import UsageError

TODAY = date(2026, 12, 1)
ROWS = [
    *((version, *row) for version in ("3.0.3", "3.1.0") for row in SCHEMAS),
    *(("3.0.3", *row) for row in OF_3_0),
    *(("3.1.0", *row) for row in OF_3_1),
]


@pytest.fixture
def differ(tmp_path):
    """Compare two contracts, or two operations, written to files."""

    def compared(old, new, version="3.0.3"):
        files = []
        for name, content in (("old", old), ("new", new)):
            files.append(tmp_path / f"{name}.json")
            whole = content if "openapi" in content or "swagger" in content else contract(content, version=version)
            files[-1].write_text(json.dumps(whole), encoding="utf-8")
        return changes(*map(read_version, files), TODAY)

    return compared


def said(found):
    return [(change.rule, str(change.impact)) for change in found]


@pytest.mark.parametrize(("side", "scope"), PLACES)
def test_every_change_of_a_schema_is_told_where_it_stands(differ, side, scope):
    put = PLACES[side, scope]
    for version, what, request, response, old, new in ROWS:
        impact = request if side == "request" else response
        if impact is not None:
            expected = [(schema_rule(side, scope, what), impact)]
            assert said(differ(put(old), put(new), version)) == expected, (version, what)


@pytest.mark.parametrize("row", WHOLE_RULES, ids=[f"{row[0]}-{place}" for place, row in enumerate(WHOLE_RULES)])
def test_every_other_change_is_told(differ, row):
    rule, impact, old, new = row
    assert said(differ(old, new)) == [(rule, impact)]


def test_every_rule_has_a_pair():
    covered = {row[0] for row in WHOLE_RULES}
    for _, what, request, response, *_ in ROWS:
        covered |= {schema_rule(*place, what) for place in PLACES if (request if place[0] == "request" else response)}
    assert covered == set(OPENAPI)


@pytest.mark.parametrize("side", ["request", "response"])
def test_what_requests_may_lose_answers_may_gain(differ, side):
    # Of a change and the same taken back, one hits those who rely on the contract and the other does not.
    put = PLACES[side, "property"]
    for what, request, response, old, new in SCHEMAS:
        # Nobody knows about patterns; of values that readers must expect anyway, a new one is no change.
        if {request, response} == {"breaking", "harmless"} and what not in ("pattern-generalized", "x-extensible-enum-value-removed"):
            impacts = [[str(change.impact) for change in differ(*map(put, pair))] for pair in ((old, new), (new, old))]
            assert sorted(impact == ["harmless"] for impact in impacts) == [False, True], (what, impacts)


@pytest.mark.parametrize("pair", ALIKE, ids=map(str, range(len(ALIKE))))
def test_two_spellings_of_the_same_are_no_change(differ, pair):
    (version, first), (other, second) = pair
    for put in PLACES.values():
        assert differ(contract(put(first), version=version), contract(put(second), version=other)) == ()
        assert differ(contract(put(second), version=other), contract(put(first), version=version)) == ()


def test_nothing_changes_between_a_contract_and_itself(differ):
    for row in WHOLE_RULES:
        for content in row[2:]:
            assert differ(content, deepcopy(content)) == ()


def with_schemas(operation, **schemas):
    return contract(operation, components={"schemas": schemas})


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


ORDER = {"type": "object", "properties": {"lot": {**TEXT, "maxLength": 20}, "next": ref("Order")}}


def test_a_change_of_a_shared_schema_is_told_once_with_all_that_show_it(differ):
    def shop(length):
        shared = {**ORDER, "properties": {**ORDER["properties"], "lot": {**TEXT, "maxLength": length}}}
        paths = {
            "/orders": {"post": {**takes(ref("Order")), **gives({"type": "array", "items": ref("Order")})}},
            "/orders/{id}": {"get": gives({"allOf": [ref("Order")], "description": "as it is"})},
        }
        return contract(paths=paths, components={"schemas": {"Order": shared}})

    found = differ(shop(20), shop(30))
    assert [(change.rule, change.place, change.schema, change.field, change.operations) for change in found] == [
        ("response-property-max-length-increased", "Order.lot in answers", "Order", "lot", ("GET /orders/{id}", "POST /orders")),
        ("request-property-max-length-increased", "Order.lot in requests", "Order", "lot", ("POST /orders",)),
    ]
    assert found[0].reason == "maxLength went from 20 to 30: what comes may be what nobody expects"
    assert (found[0].old, found[0].new) == (20, 30)


def test_a_shared_schema_is_a_body_here_and_a_field_there(differ):
    def shop(**more):
        paths = {"/a": {"post": takes(ref("Code"))}, "/b": {"post": takes(having(ref("Code")))}}
        return contract(paths=paths, components={"schemas": {"Code": {**TEXT, **more}}})

    found = differ(shop(), shop(pattern="^A"))
    assert [(change.rule, change.place, change.operations) for change in found] == [
        ("request-body-pattern-added", "Code in requests", ("POST /a",)),
        ("request-property-pattern-added", "Code in requests", ("POST /b",)),
    ]


def test_schemas_that_hold_themselves_come_to_an_end(differ):
    tree = {"oneOf": [ref("Leaf"), {"type": "array", "items": ref("Tree")}]}
    parts = {"Leaf": CAT, "Tree": tree, "Both": {"allOf": [ref("Both"), ref("Tree")]}}
    operation = takes({"type": "object", "properties": {name.lower(): ref(name) for name in parts}})
    assert differ(with_schemas(operation, **parts), with_schemas(operation, **parts)) == ()
    other = with_schemas(operation, **parts | {"Leaf": {**CAT, "required": ["kind", "claws"]}})
    assert said(differ(with_schemas(operation, **parts), other)) == [("request-property-became-required", "breaking")]


def test_what_a_reference_brings_into_a_schema_is_compared(differ):
    more = {"properties": {"more": TEXT}}
    mixed = {
        "3.0.3": [{"allOf": [ref("Base"), more]}, {"allOf": [more, ref("Base")]}, {"allOf": [ref("Base")], **more}],
        "3.1.0": [{"allOf": [ref("Base"), more]}, {"allOf": [ref("Base")], **more}, {**ref("Base"), **more}],
    }
    for version, schemas in mixed.items():
        for schema in schemas:
            old, new = (contract(takes(schema), version=version, components={"schemas": {"Base": having(kind)}}) for kind in (TEXT, WHOLE))
            assert [(change.rule, change.place) for change in differ(old, new)] == [
                ("request-property-type-changed", "POST /things body: it")
            ], (version, schema)
            written = contract(takes({**having(TEXT), "properties": {"it": TEXT, "more": TEXT}}), version=version)
            assert differ(old, written) == differ(written, old) == ()


def test_a_word_beside_a_reference_is_all_that_changes(differ):
    def body(schema):
        return contract(takes(schema), version="3.1.0", components={"schemas": {"Base": TEXT}})

    assert said(differ(body(ref("Base")), body({**ref("Base"), "maxLength": 5}))) == [("request-body-max-length-set", "breaking")]


def test_schemas_that_hold_themselves_through_all_of_come_to_an_end(differ):
    parts = {
        "Pet": {"type": "object", "oneOf": [ref("Cat")], "properties": {"kind": TEXT}},
        "Only": {"oneOf": [ref("Hen")]},
        "Hen": {"allOf": [ref("Only"), {"properties": {"eggs": WHOLE}}]},
        "Cat": {"allOf": [ref("Pet"), {"properties": {"claws": WHOLE}}]},
        "Twice": {"allOf": [{"oneOf": [CAT, DOG]}, {"oneOf": [CAT, having(ref("Twice"))]}]},
        "Deep": {"properties": {"inner": {"allOf": [ref("Deep"), {"properties": {"inner": {"properties": {"inner": ref("Deep")}}}}]}}},
    }
    operation = takes({"type": "object", "properties": {name.lower(): ref(name) for name in parts}})
    assert differ(with_schemas(operation, **parts), with_schemas(operation, **parts)) == ()
    other = with_schemas(operation, **parts | {"Pet": {**parts["Pet"], "properties": {"kind": WHOLE}}})
    assert [(change.rule, change.place) for change in differ(with_schemas(operation, **parts), other)] == [
        ("request-property-type-changed", "Cat.kind in requests"),
        ("request-property-type-changed", "Pet.kind in requests"),
    ]


def test_a_long_chain_of_references_fits(differ):
    chain = {f"S{place}": having(ref(f"S{place + 1}")) for place in range(1500)} | {"S1500": TEXT}
    found = differ(with_schemas(takes(ref("S0")), **chain), with_schemas(takes(ref("S0")), **chain | {"S1500": CAT}))
    assert [(change.rule, change.place) for change in found] == [("request-property-type-changed", "S1500 in requests")]


def test_another_name_for_the_same_schema_is_no_change(differ):
    old = with_schemas(gives({"oneOf": [ref("Cat"), ref("Dog")]}), Cat=CAT, Dog=DOG)
    new = with_schemas(gives({"oneOf": [ref("Hound"), ref("Cat")]}), Cat=CAT, Hound=DOG)
    assert differ(old, new) == ()
    nullable = {"Maybe": {**CAT, "nullable": True}, "Cat": CAT}
    assert (
        differ(with_schemas(gives({"allOf": [ref("Cat")], "nullable": True}), **nullable), with_schemas(gives(ref("Maybe")), **nullable))
        == ()
    )


def test_paths_that_differ_in_the_name_of_a_parameter_are_the_same(differ):
    def shop(name, kind):
        return contract(parameter(name, "path", required=True, schema={"type": kind}), path=f"/things/{{{name}}}/parts")

    assert differ(shop("id", "string"), shop("pk", "string")) == ()
    (change,) = differ(shop("id", "string"), shop("pk", "integer"))
    assert (change.rule, change.place) == ("request-parameter-type-changed", "POST /things/{id}/parts path parameter id")


def test_references_are_followed_through_escaped_names(differ):
    inner = {
        "/a~b": {"post": takes(having(TEXT))},
        "/c": {"post": takes({"$ref": "#/paths/~1a~0b/post/requestBody/content/application~1json/schema"})},
    }
    other = deepcopy(inner)
    other["/a~b"]["post"]["requestBody"]["content"]["application/json"]["schema"]["required"] = ["it"]
    found = differ(contract(paths=inner), contract(paths=other))
    assert {change.operations for change in found} == {("POST /a~b",), ("POST /c",)}


def test_parameters_of_the_path_headers_in_any_letters_and_shared_ones(differ):
    old = contract(
        paths={
            "/a": {
                "parameters": parameter("X-Lot", "header")["parameters"],
                "post": {"parameters": [{"$ref": "#/components/parameters/Page"}]},
            }
        }
    )
    old["components"] = {"parameters": {"Page": {"name": "page", "in": "query", "schema": {"type": "integer"}}}}
    new = contract(parameter("x-lot", "header", schema={**TEXT, "maxLength": 5}) | {}, path="/a")
    new["paths"]["/a"]["post"]["parameters"].append({"name": "page", "in": "query", "schema": {"type": "string"}})
    del new["paths"]["/a"]["post"]["responses"]
    assert said(differ(old, new)) == [("request-parameter-max-length-set", "breaking"), ("request-parameter-type-generalized", "harmless")]


def test_parameters_and_forms_travel_as_text(differ):
    number, text = {"type": "integer"}, TEXT
    form = "application/x-www-form-urlencoded"
    assert said(differ(takes(having(number), form), takes(having(text), form))) == [("request-property-type-generalized", "harmless")]
    assert said(differ(takes(having(number)), takes(having(text)))) == [("request-property-type-changed", "breaking")]


def test_the_same_body_in_several_forms_is_told_once(differ):
    def both(schema):
        kinds = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
        return {"requestBody": {"content": {kind: {"schema": schema} for kind in kinds}}}

    (change,) = differ(both(having(TEXT)), both(having(TEXT, required=["it"])))
    assert change.place == "POST /things body: it"


def test_charset_and_ranges_of_codes_do_not_count(differ):
    assert differ(takes(TEXT, "application/json; charset=utf-8"), takes(TEXT)) == ()
    assert differ(gives(TEXT, "200"), gives(TEXT, "2XX")) == ()


NULL, MAYBE = {"type": "null"}, {"type": ["string", "null"]}


@pytest.mark.parametrize("null", [NULL, {"type": ["null"]}, {"enum": [None]}, {"const": None}, {"anyOf": [NULL]}, {"allOf": [MAYBE, NULL]}])
@pytest.mark.parametrize("side", ["request", "response"])
def test_null_alone_is_not_anything(differ, side, null):
    put = PLACES[side, "property"]
    narrows, widens = ("breaking", "harmless") if side == "request" else ("harmless", "breaking")
    generalized, specialized = "type-generalized", "type-changed" if side == "request" else "type-specialized"
    for old, new, what, impact in (
        (TEXT, null, "type-changed", "breaking"),
        (null, TEXT, "type-changed", "breaking"),
        (MAYBE, null, "list-of-types-narrowed", narrows),
        (null, MAYBE, "list-of-types-widened", widens),
        (null, {}, generalized, widens),
        ({}, null, specialized, narrows),
    ):
        assert said(differ(put(old), put(new), "3.1.0")) == [(f"{side}-property-{what}", impact)], (old, new)
    assert differ(put(null), put(NULL), "3.1.0") == ()
    (change,) = differ(put(MAYBE), put(null), "3.1.0")
    assert (change.old, change.new) == ("null or string", "null")


def answers(**codes):
    """Return an operation that answers by codes, each with a body of a type."""
    return {"responses": {code.lstrip("_"): {"content": {"application/json": {"schema": {"type": kind}}}} for code, kind in codes.items()}}


CHANGED = ("response-body-type-changed", "breaking")
COVERED = [
    # A new code among those another one stands for.
    (answers(_2XX="string"), answers(_2XX="string", _200="integer"), [(*CHANGED, "200")]),
    (answers(_2XX="string"), answers(_2XX="string", _200="string"), []),
    (answers(_2XX="string", default="array"), answers(_2XX="string", default="array", _200="string"), []),
    (answers(_200="string", default="array"), answers(_200="string", default="array", _404="string"), [(*CHANGED, "404")]),
    (answers(_200="string", default="array"), answers(_200="string", default="array", _4XX="array"), []),
    (answers(default="string"), answers(default="string", _200="integer"), [(*CHANGED, "200")]),
    (answers(default="string"), answers(default="string", _2XX="string"), []),
    # Where a code of success is named, default is what is answered to failures.
    (
        answers(_200="string", default="array"),
        answers(_200="string", default="array", _201="string"),
        [("response-success-status-added", "harmless", "201")],
    ),
    # A code that another one stands for from now on.
    (answers(_200="string"), answers(_2XX="integer"), [(*CHANGED, "200")]),
    (answers(_200="string", _404="array", default="array"), answers(_200="string", default="array"), []),
    (
        answers(_200="string", _404="array", default="array"),
        answers(_200="string", default="string"),
        [(*CHANGED, "404"), (*CHANGED, "default")],
    ),
    (answers(_200="string", default="string"), answers(default="string"), [("response-success-status-removed", "breaking", "200")]),
    # What stood for several is gone.
    (
        answers(_2XX="string"),
        answers(_200="integer"),
        [(*CHANGED, "200"), ("response-success-status-removed", "breaking", "2XX")],
    ),
    (
        answers(default="string"),
        answers(_200="integer"),
        [(*CHANGED, "200"), ("response-non-success-status-removed", "harmless", "default")],
    ),
    (answers(default="string"), answers(_404="string"), [("response-success-status-removed", "breaking", "default")]),
    (answers(_200="string", default="array"), answers(_200="string"), [("response-non-success-status-removed", "harmless", "default")]),
]


@pytest.mark.parametrize("row", COVERED, ids=map(str, range(len(COVERED))))
def test_a_code_is_held_against_the_one_that_stood_for_it(differ, row):
    old, new, expected = row
    assert [(change.rule, str(change.impact), change.place.split()[-1]) for change in differ(old, new)] == expected


def test_what_the_system_calls_is_judged_the_other_way_round(differ):
    def calls(operation):
        return {"callbacks": {"done": {"/done": {"post": {"responses": {"200": {}}, **operation}}}}}

    def hooks(operation):
        return contract(version="3.1.0", webhooks={"shipped": {"post": {"responses": {"200": {}}, **operation}}})

    for put in (calls, hooks):
        assert said(differ(put(takes(having(TEXT, required=["it"]))), put(takes(having(TEXT))))) == [
            ("response-property-became-optional", "breaking")
        ]
        assert said(differ(put(gives(having(TEXT))), put(gives(having(TEXT, required=["it"]))))) == [
            ("request-property-became-required", "breaking")
        ]


def test_a_read_only_field_is_no_part_of_a_request_nor_a_write_only_one_of_an_answer(differ):
    read, write = {**TEXT, "readOnly": True}, {**TEXT, "writeOnly": True}
    assert differ(takes(having(read)), takes(having({**read, "maxLength": 3}, required=["it"]))) == ()
    assert differ(gives(having(write, required=["it"])), gives(having({**write, "maxLength": 3}))) == ()


def test_every_part_of_a_choice_is_compared_with_its_own_kind(differ):
    old = with_schemas(gives({"oneOf": [ref("Cat"), ref("Dog"), {**TEXT, "nullable": True}]}), Cat=CAT, Dog=DOG)
    new = with_schemas(
        gives({"anyOf": [{**TEXT, "maxLength": 5, "nullable": True}, ref("Dog"), ref("Cat")]}),
        Cat={**CAT, "required": []},
        Dog={**DOG, "required": ["kind", "bark"]},
    )
    assert [(change.rule, change.place) for change in differ(old, new)] == [
        ("response-property-became-optional", "Cat.kind in answers"),
        ("response-property-became-required", "Dog.bark in answers"),
        ("response-property-max-length-set", "POST /things answer 200: <string>"),
    ]


def test_a_fingerprint_is_of_the_change_and_not_of_the_rest(differ):
    old, new = takes(having({**TEXT, "maxLength": 9})), takes(having({**TEXT, "maxLength": 5}))
    (first,) = differ(old, new)
    again = differ(contract({**old, "tags": ["a"]}), contract(new))
    assert first.fingerprint in {change.fingerprint for change in again}
    (other,) = differ(old, takes(having({**TEXT, "maxLength": 4})))
    assert other.fingerprint != first.fingerprint
    assert len(first.fingerprint) == 12


SWAGGER = {
    "swagger": "2.0",
    "host": "shop.test",
    "basePath": "/api",
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "definitions": {"Order": having(TEXT)},
    "parameters": {"Page": {"name": "page", "in": "query", "type": "integer"}},
    "securityDefinitions": {"log-in": {"type": "basic"}},
    "paths": {
        "/orders": {
            "post": {
                "parameters": [{"name": "body", "in": "body", "schema": {"$ref": "#/definitions/Order"}}, {"$ref": "#/parameters/Page"}],
                "responses": {"200": {"schema": {"$ref": "#/definitions/Order"}, "headers": {"X-It": {"type": "string"}}}},
            },
            "put": {
                "consumes": ["multipart/form-data"],
                "parameters": [{"name": "it", "in": "formData", "type": "file", "required": True}],
                "responses": {"204": {}},
            },
        }
    },
}


def test_extensions_are_no_part_of_what_is_compared(differ):
    extended = {"x-note": "any", "x-more": {"get": {"responses": {}}}}

    def shop(**more):
        answers = {"responses": {"200": {}, **more}}
        operation = {**answers, "callbacks": {"done": {"/done": {"post": answers}, **more}}}
        return contract(paths={"/things": {"post": operation, **more}, **more}, components={"securitySchemes": {"one": flows(more)}})

    def flows(more):
        return {**OAUTH, "flows": {**OAUTH["flows"], **more}}

    def old_shop(**more):
        return {"swagger": "2.0", "paths": {"/things": {"post": {"responses": {"200": {}, **more}}}, **more}}

    assert said(differ(webhooks(**{"x-note": 1}), webhooks())) == [("webhook-removed", "breaking")]
    for put in (shop, old_shop):
        assert differ(put(), put(**extended)) == differ(put(**extended), put()) == ()


@pytest.mark.parametrize("side", ["request", "response"])
def test_openapi_3_2_is_read_as_3_1(differ, side):
    put = PLACES[side, "property"]
    for what, request, response, old, new in [*SCHEMAS, *OF_3_1]:
        impact = request if side == "request" else response
        if impact is not None:
            assert said(differ(put(old), put(new), "3.2.0")) == [(schema_rule(side, "property", what), impact)], what
    assert differ(contract(put(TEXT), version="3.1.0"), contract(put(TEXT), version="3.2.0")) == ()


def test_what_openapi_3_2_adds_to_operations_and_contents(differ):
    assert said(differ(contract(version="3.2.0", method="query", operation={}), contract(version="3.2.0"))) == [
        ("api-path-removed-without-deprecation", "breaking")
    ]

    def shop(schema):
        content = {"application/json": {"$ref": "#/components/mediaTypes/One"}}
        shared = {"mediaTypes": {"One": {"schema": schema}}}
        return contract({"requestBody": {"content": content}}, version="3.2.0", components=shared)

    assert said(differ(shop(TEXT), shop(WHOLE))) == [("request-body-type-changed", "breaking")]


def test_openapi_2_is_read_as_openapi_3(differ):
    other = deepcopy(SWAGGER)
    other["definitions"]["Order"]["required"] = ["it"]
    other["parameters"]["Page"] |= {"type": "array", "items": {"type": "integer"}, "collectionFormat": "multi"}
    other["paths"]["/orders"]["put"]["parameters"][0]["required"] = False
    other["paths"]["/orders"]["post"]["responses"]["200"]["headers"] = {}
    other["basePath"] = "/v2"
    assert [(change.rule, change.place) for change in differ(SWAGGER, other)] == [
        ("request-parameter-type-changed", "POST /orders query parameter page"),
        ("request-property-became-required", "Order.it in requests"),
        ("api-server-removed", "servers"),
        ("optional-response-header-removed", "POST /orders answer 200 header X-It"),
        ("api-server-added", "servers"),
        ("request-body-became-optional", "PUT /orders"),
        ("request-property-became-optional", "PUT /orders body: it"),
        ("response-property-became-required", "Order.it in answers"),
    ]


def test_the_same_contract_in_openapi_2_and_3_is_no_change(differ):
    order = {"type": "object", "properties": {"it": TEXT}}
    content = {"application/json": {"schema": order}}
    new = contract({"requestBody": {"content": content}, "responses": {"200": {"content": content}}}, path="/orders")
    old = {
        "swagger": "2.0",
        "definitions": {"Order": order},
        "paths": {
            "/orders": {
                "post": {
                    "parameters": [{"name": "any", "in": "body", "schema": {"$ref": "#/definitions/Order"}}],
                    "responses": {"200": {"schema": {"$ref": "#/definitions/Order"}}},
                }
            }
        },
    }
    assert differ(old, new) == ()


def test_other_files_are_taken_in(tmp_path):
    for name, length in (("old", 5), ("new", 4)):
        folder = tmp_path / name
        (folder / "schemas").mkdir(parents=True)
        schema = {
            "definitions": {"Lot": {**TEXT, "maxLength": length}},
            "type": "object",
            "properties": {"lot": {"$ref": "#/definitions/Lot"}},
        }
        (folder / "schemas" / "order.json").write_text(json.dumps(schema), encoding="utf-8")
        (folder / "shop.json").write_text(json.dumps(contract(takes({"$ref": "schemas/order.json"}))), encoding="utf-8")
    (compared,) = compare(tmp_path / "old", tmp_path / "new", TODAY)
    assert compared.name == "shop.json"
    assert [(change.rule, change.place) for change in compared.changes] == [("request-property-max-length-decreased", "Lot in requests")]


def refused(tmp_path, text, name="shop.yaml"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_version(file)
    return str(caught.value).replace(f"{tmp_path}/", "")


def test_all_references_that_lead_nowhere_are_told(tmp_path):
    text = """\
openapi: 3.0.3
paths:
  /a:
    get:
      responses:
        200: {$ref: '#/components/responses/Gone'}
        201: {$ref: 'other.yaml#/x'}
        404: {$ref: 'https://shop.test/x.yaml'}
"""
    assert refused(tmp_path, text) == (
        "Failed to read contract shop.yaml: expected no mistakes, got 3:\n"
        "- Failed to read contract other.yaml: expected a file that can be read, got No such file or directory.\n"
        "- shop.yaml:6 paths › /a › get › responses › 200: expected '$ref' to lead somewhere, got '#/components/responses/Gone': "
        "there is no 'components'. Valid values are: openapi, paths.\n"
        "- shop.yaml:8 paths › /a › get › responses › 404: expected '$ref' to lead somewhere, got 'https://shop.test/x.yaml': "
        "only files and '#/…' can be followed"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("openapi: [3\n", "Failed to read contract shop.yaml:2: expected YAML, got did not find expected ',' or ']'."),
        ("- 1", "Failed to read contract shop.yaml: expected an object with keys, got a list."),
        ("title: 1", "Failed to read contract shop.yaml: expected one of openapi, swagger, mapping, asyncapi as a key, got title."),
        ("openapi: 4.0.0", "Failed to read contract shop.yaml: expected openapi 3.0, 3.1, 3.2 or swagger 2.0, got openapi 4.0.0."),
        ("swagger: '1.2'", "Failed to read contract shop.yaml: expected openapi 3.0, 3.1, 3.2 or swagger 2.0, got swagger 1.2."),
        (
            "openapi: 3.0.3\npaths: {/a: {get: {parameters: [{in: query}], responses: []}}}",
            "Failed to read contract shop.yaml: expected no mistakes, got 2:\n"
            '- shop.yaml:2 paths › /a › get › parameters › 0: "name" is a required property\n'
            '- shop.yaml:2 paths › /a › get › responses: [] is not of type "object"',
        ),
        (
            "a: &a {openapi: 3.0.3, b: *a}\nopenapi: 3.0.3",
            "Failed to read contract shop.yaml:1: expected YAML, got content that holds itself: *a.",
        ),
    ],
)
def test_what_cannot_be_compared_is_told(tmp_path, text, message):
    assert refused(tmp_path, text) == message


def test_json_that_breaks_off_is_told_with_its_line(tmp_path):
    assert refused(tmp_path, '{"openapi": "3.0.3",\n', "shop.json") == (
        "Failed to read contract shop.json:2: expected JSON, got Expecting property name enclosed in double quotes at column 1."
    )


def test_yaml_means_what_it_says(tmp_path):
    (tmp_path / "old.yaml").write_text(
        "openapi: 3.0.3\npaths: {/a: {get: {responses: {200: {}}, tags: [NO, 2026-01-01]}}}\n", encoding="utf-8"
    )
    content = read_version(tmp_path / "old.yaml").content
    assert content["paths"]["/a"]["get"] == {"responses": {"200": {}}, "tags": ["NO", "2026-01-01"]}


def test_an_interface_of_many_operations_is_the_same_as_itself(differ):
    assert differ(inventory(), inventory()) == ()


def test_two_releases_of_an_interface_of_many_operations(differ):
    old, new = inventory(), inventory(release=2)
    kept = 8  # resources that are in both; two are gone, one has come
    found = differ(old, new)
    assert Counter(change.rule for change in found) == {
        "api-path-removed-without-deprecation": 2 * OPERATIONS,
        "endpoint-added": OPERATIONS,
        "request-property-enum-value-removed": 2 * kept,
        "new-optional-request-property": 2 * kept,
        "response-property-enum-value-removed": kept,
        "response-property-became-nullable": kept,
        "response-optional-property-added": kept,
    }
    assert counts(found) == {"breaking": 36, "risky": 0, "harmless": 38}
    places = {(change.rule, change.place) for change in found}
    assert ("request-property-enum-value-removed", "PatchedBuild.status in requests") in places
    assert ("response-property-became-nullable", "Build.status_text in answers") in places
    # The other way round: what came is gone, and what is gone comes.
    back = Counter(change.rule for change in differ(new, old))
    assert (back["api-path-removed-without-deprecation"], back["endpoint-added"]) == (OPERATIONS, 2 * OPERATIONS)
