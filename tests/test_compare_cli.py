"""erp-testkit contracts: whole screens, exit codes, who is hit, and the approved version as a check of the run."""

import json
import subprocess

import pytest
import yaml
from contract_pairs import NONE, TEXT, contract, gives, having, parameter, takes
from erp_projects import KIT

LINE = {"type": "object", "properties": {"lotNo": {**TEXT, "maxLength": 20}}}
SHIPMENT = {"type": "object", "properties": {"lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}}}}
MAPPING = {
    "name": "wms.shipment",
    "direction": "out",
    "source": {"scene": "planned shipment"},
    "target": {"partner": "wms", "path": "/shipments", "format": "json", "schema": "../openapi/wms.yaml#/components/schemas/Shipment"},
    "fields": [{"source": "lines[].lot", "target": "lines[].lotNo", "length": 20}],
}


def wms(length=20, **paths):
    line = {"type": "object", "properties": {"lotNo": {**TEXT, "maxLength": length}}}
    body = takes({"$ref": "#/components/schemas/Shipment"})
    paths = {"/shipments": {"post": body}, "/shipments/{id}": {"get": gives({**NONE})}, **paths}
    return contract(paths=paths, components={"schemas": {"Shipment": SHIPMENT, "Line": line}}, servers=[{"url": "http://wms.test/v1"}])


def write(file, content):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


@pytest.fixture
def shop(tmp_path):
    """A project with a contract, a mapping that uses it, and the evidence of a run."""
    write(tmp_path / "old" / "openapi" / "wms.yaml", wms())
    write(tmp_path / "contracts" / "openapi" / "wms.yaml", wms())
    write(tmp_path / "contracts" / "mappings" / "shipment.yaml", {"mapping": MAPPING})
    (tmp_path / "erp-testkit.toml").write_text('contracts = ["contracts"]\n', encoding="utf-8")
    folder = tmp_path / ".erp-testkit" / "runs" / "20261201T080000Z-aaaaaa"
    folder.mkdir(parents=True)
    calls = [("one", "POST", "/v1/shipments"), ("two", "GET", "/v1/shipments/7?page=2"), ("three", "GET", "/other/shipments/7")]
    events = [
        {"event": "scenario", "kind": "scenario", "node": node, "scenario": f"OUT-00{place}"} for place, (node, *_) in enumerate(calls)
    ]
    exchanges = [{"node": node, "method": method, "target": target} for node, method, target in calls]
    for name, rows in (("events", events), ("exchanges", exchanges)):
        (folder / f"{name}-main.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows) + '{"half', encoding="utf-8")
    return tmp_path


@pytest.fixture
def kit(shop):
    def run(*arguments, code=0):
        done = subprocess.run([KIT, "contracts", *arguments], check=False, cwd=shop, capture_output=True, text=True)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stderr if code == 2 else done.stdout

    return run


def test_what_changed_and_who_is_hit(shop, kit):
    new = wms(15)
    del new["paths"]["/shipments/{id}"]
    new["paths"]["/shipments"]["post"] |= parameter()
    write(shop / "contracts" / "openapi" / "wms.yaml", new)
    assert (
        kit("compare", "old/openapi/wms.yaml", "contracts/openapi/wms.yaml", code=1)
        == """\
wms.yaml: 2 breaking, 0 risky, 1 harmless

BREAKING (2)
  api-path-removed-without-deprecation (1): a path is gone, with all its operations
    GET /shipments/{id}
      hits scenario OUT-001
  request-property-max-length-decreased (1): maxLength went from 20 to 15: what was accepted may be refused
    Line.lotNo in requests (1 operation: POST /shipments)
      hits mapping wms.shipment (lines[].lotNo)
      hits scenario OUT-000

HARMLESS (1)
  new-optional-request-parameter (1)

2 breaking, 0 risky, 1 harmless
"""
    )


def test_the_same_change_of_many_places_is_told_once(shop, kit):
    def crowd(**more):
        paths = {f"/things/{name}": {method: takes(having(TEXT, **more)) for method in ("post", "put")} for name in "ab"}
        return contract(
            paths=paths | {"/c": {"get": parameter(schema={**TEXT, "enum": ["x", "y"]} if not more else {**TEXT, "enum": ["x"]})}}
        )

    write(shop / "old.yaml", crowd())
    write(shop / "new.yaml", crowd(required=["it"]))
    assert (
        kit("compare", "old.yaml", "new.yaml", code=1)
        == """\
new.yaml: 5 breaking, 0 risky, 0 harmless

BREAKING (5 by 2 causes)
  request-parameter-enum-value-removed (1): y may come no longer: what was accepted may be refused
    GET /c query parameter it
  request-property-became-required (4): a field became required: messages without it are refused
    POST, PUT /things/a body: it
    POST, PUT /things/b body: it

5 breaking, 0 risky, 0 harmless
"""
    )


def test_folders_are_compared_contract_by_contract(shop, kit):
    write(shop / "old" / "gone.yaml", wms())
    write(shop / "contracts" / "approved" / "openapi" / "wms.yaml", wms(1))  # none of them
    write(shop / "contracts" / "schema.yaml", {"type": "object", "mapping_of": "nothing"})  # neither
    mapping = {**MAPPING, "fields": [{**MAPPING["fields"][0], "source": "lines[].serial"}]}
    write(shop / "old" / "mappings" / "shipment.yaml", {"mapping": mapping})
    assert (
        kit("compare", "old", "contracts", code=1)
        == """\
gone.yaml: 1 breaking, 0 risky, 0 harmless

BREAKING (1)
  contract-removed (1): a contract is gone: nothing of it is promised any longer
    gone.yaml

mappings/shipment.yaml: 1 breaking, 0 risky, 0 harmless

BREAKING (1)
  outgoing-field-source-changed (1): it was fed from lines[].serial and is from lines[].lot: another value arrives in it
    wms.shipment lines[].lotNo
      hits partner wms

2 breaking, 0 risky, 0 harmless in 3 contracts
"""
    )


def test_json_has_every_detail(shop, kit):
    write(shop / "contracts" / "openapi" / "wms.yaml", wms(15))
    found = json.loads(kit("compare", "old/openapi/wms.yaml", "contracts/openapi/wms.yaml", "--format", "json", code=1))
    (change,), (cause,) = (found["contracts"][0].pop(name) for name in ("changes", "causes"))
    assert found == {
        "counts": {"breaking": 1, "risky": 0, "harmless": 0},
        "contracts": [{"name": "wms.yaml", "counts": {"breaking": 1, "risky": 0, "harmless": 0}}],
    }
    assert change.pop("fingerprint").isalnum()
    assert change.pop("cause") == cause.pop("fingerprint")
    assert cause == {
        "rule": "request-property-max-length-decreased",
        "impact": "breaking",
        "reason": "maxLength went from 20 to 15: what was accepted may be refused",
        "places": ["Line.lotNo in requests"],
        "operations": ["POST /shipments"],
    }
    assert change == {
        "rule": "request-property-max-length-decreased",
        "impact": "breaking",
        "place": "Line.lotNo in requests",
        "reason": "maxLength went from 20 to 15: what was accepted may be refused",
        "old": 20,
        "new": 15,
        "schema": "Line",
        "field": "lotNo",
        "operations": ["POST /shipments"],
        "hits": [
            {"kind": "mapping", "name": "wms.shipment", "field": "lines[].lotNo"},
            {"kind": "scenario", "name": "OUT-000", "field": ""},
        ],
    }


def test_what_fails_is_chosen(shop, kit):
    write(shop / "old.yaml", contract(parameter()))
    write(shop / "new.yaml", contract({}))
    kit("compare", "old.yaml", "new.yaml")
    kit("compare", "old.yaml", "new.yaml", "--fail-on", "risky", code=1)
    assert kit("compare", "old.yaml", "old.yaml", "--fail-on", "risky") == "No change\n"


def test_a_key_that_stands_twice_is_a_warning(shop):
    file = shop / "twice.yaml"
    file.write_text("openapi: 3.0.3\ninfo: {title: Shop, title: Store, version: '1'}\npaths: {}\n", encoding="utf-8")
    done = subprocess.run([KIT, "contracts", "compare", file, file], check=False, cwd=shop, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "No change\n")
    assert done.stderr == f"{file}:2 info › title: expected each key once, got it twice. The last one counts.\n"


def test_bad_input_is_told(shop, kit):
    assert kit("compare", "old", "old/openapi/wms.yaml", code=2) == (
        "Failed to compare old with old/openapi/wms.yaml: "
        "expected two files or two folders, got folder old and file old/openapi/wms.yaml.\n"
    )
    assert kit("compare", "old", "none", code=2) == (
        "Failed to compare old with none: expected two files or two folders, got folder old and nothing at none.\n"
    )
    assert kit("compare", "none.yaml", "old/openapi/wms.yaml", code=2) == (
        "Failed to read contract none.yaml: expected a file that can be read, got No such file or directory.\n"
    )
    assert kit("compare", "old/openapi/wms.yaml", "contracts/mappings/shipment.yaml", code=2) == (
        "Failed to compare old/openapi/wms.yaml with contracts/mappings/shipment.yaml: "
        "expected two contracts of one kind, got OpenAPI and a mapping contract.\n"
    )
    assert kit("compare", ".erp-testkit", ".erp-testkit", code=2) == (
        "Failed to compare .erp-testkit with .erp-testkit: "
        "expected contracts (a file with one of the keys openapi, swagger, mapping, asyncapi), got none.\n"
    )
    write(shop / "old" / "a.yaml", {"openapi": "9"})
    write(shop / "old" / "b.yaml", {"openapi": "3.0.0", "paths": []})
    assert kit("compare", "old", "contracts", code=2) == (
        "Failed to read contract old/a.yaml: expected openapi 3.0, 3.1, 3.2 or swagger 2.0, got openapi 9.\n"
        "Failed to read contract old/b.yaml: expected no mistakes, got 1:\n"
        '- b.yaml:2 paths: [] is not of type "object"\n'
    )


def test_approving_copies_a_contract_with_what_it_refers_to(shop, kit):
    schema = shop / "contracts" / "openapi" / "schemas" / "lot.yaml"
    write(schema, TEXT)
    write(shop / "contracts" / "openapi" / "wms.yaml", contract(takes({"$ref": "schemas/lot.yaml"})))
    approved = shop / "contracts" / "approved" / "openapi"
    assert kit("approve", "contracts/openapi/wms.yaml") == f"approved {approved}/wms.yaml\napproved {approved}/schemas/lot.yaml\n"
    assert (approved / "schemas" / "lot.yaml").read_text(encoding="utf-8") == schema.read_text(encoding="utf-8")
    assert kit("compare", "contracts/approved/openapi/wms.yaml", "contracts/openapi/wms.yaml") == "No change\n"


def test_approving_one_contract_does_not_approve_another(shop, kit):
    write(shop / "contracts" / "openapi" / "erp.yaml", contract(takes({"$ref": "wms.yaml#/components/schemas/Shipment"})))
    kit("approve", "contracts/openapi/erp.yaml")
    kept = shop / "contracts" / "approved" / "openapi" / "wms.yaml"
    before = kept.read_text(encoding="utf-8")
    write(shop / "contracts" / "openapi" / "wms.yaml", wms(15))
    kit("approve", "contracts/openapi/erp.yaml")
    assert kept.read_text(encoding="utf-8") == before


def test_only_a_contract_of_the_project_can_be_approved(shop, kit):
    assert kit("approve", "old/openapi/wms.yaml", code=2).startswith(
        f"Failed to approve old/openapi/wms.yaml: expected a file in a contracts folder, got one in none of {shop}/contracts, "
    )
    write(shop / "contracts" / "openapi" / "wms.yaml", {"openapi": "9"})
    assert kit("approve", "contracts/openapi/wms.yaml", code=2) == (
        "Failed to read contract contracts/openapi/wms.yaml: expected openapi 3.0, 3.1, 3.2 or swagger 2.0, got openapi 9.\n"
    )
