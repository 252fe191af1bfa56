"""Findings of contracts as SARIF: held against what the kit writes of the OASIS schema of SARIF 2.1.0."""

import json
from datetime import timedelta

import jsonschema_rs
from gate_packs import breach, contract, later, leave, result, rule, verdict

from erp_testkit.domain.findings import Family
from erp_testkit.gate.reports.sarif import as_sarif


def closed(required, **properties):
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def many(items, **facts):
    return {"type": "array", "items": items, **facts}


TEXT, ANYTHING = {"type": "string"}, {"type": "object"}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
LOCATION = closed(
    [],
    physicalLocation=closed(
        ["artifactLocation"],
        artifactLocation=closed([], uri={"type": "string", "format": "uri-reference"}),
        region=closed([], startLine={"type": "integer", "minimum": 1}),
    ),
    logicalLocations=many(closed([], fullyQualifiedName=TEXT), uniqueItems=True),
)
RESULT = closed(
    ["message"],
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=LEVEL,
    message=closed(["text"], text=TEXT),
    locations=many(LOCATION),
    relatedLocations=many(LOCATION, uniqueItems=True),
    partialFingerprints={"type": "object", "additionalProperties": TEXT},
    suppressions=many(
        closed(
            ["kind"],
            kind={"enum": ["inSource", "external"]},
            status={"enum": ["accepted", "underReview", "rejected"]},
            justification=TEXT,
        ),
        uniqueItems=True,
    ),
    properties=ANYTHING,
)
SAID = closed(["text"], text=TEXT)
RULE = closed(
    ["id"],
    id=TEXT,
    shortDescription=SAID,
    fullDescription=SAID,
    help=SAID,
    defaultConfiguration=closed([], level=LEVEL),
    properties=ANYTHING,
)
DRIVER = closed(["name"], name=TEXT, version=TEXT, rules=many(RULE, uniqueItems=True))
SARIF = closed(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"enum": ["2.1.0"]},
    runs=many(closed(["tool"], tool=closed(["driver"], driver=DRIVER), results=many(RESULT))),
)


def sarif(tmp_path, *results, **facts):
    data = json.loads(json.dumps(as_sarif(verdict(tmp_path, leave(tmp_path / "run", *results), **facts))))
    jsonschema_rs.validator_for(SARIF, validate_formats=True).validate(data)
    return data["runs"][0]


def test_contract_findings_stand_at_their_lines(tmp_path):
    removed = breach("property-removed", "normal", Family.COMPATIBILITY)
    run = sarif(
        tmp_path,
        result("SAL-001", "broken"),
        contract("wms canary", "broken", findings=[breach(place="lotNo", message="lot lands in serial"), rule()]),
        contract("erp versions", "broken", findings=[removed], file="contracts/openapi/my erp.yaml", line=0),
    )
    assert [one["id"] for one in run["tool"]["driver"]["rules"]] == ["field-shift", "property-removed"]
    shift, gone = run["results"]
    assert shift == {
        "ruleId": "field-shift",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "contract field-shift: Title of field-shift, in wms canary lotNo\nlot lands in serial"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "contracts/mappings/shipment-to-wms.yaml"},
                    "region": {"startLine": 3},
                },
                "logicalLocations": [{"fullyQualifiedName": "wms canary lotNo"}],
            }
        ],
        "partialFingerprints": {"erpTestkit/v1": breach().cause},
        "properties": {"severity": "blocker", "gate": "rejects"},
    }
    assert (gone["ruleId"], gone["level"]) == ("property-removed", "warning")
    assert gone["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "contracts/openapi/my%20erp.yaml"},
        "region": {"startLine": 1},
    }


def test_a_waived_finding_is_suppressed(tmp_path):
    broken = contract("wms canary", "broken", findings=[breach(severity="minor")])
    at = later()
    waiver = f"""
    [[waiver]]
    fingerprint = "{breach().cause}"
    reason = "The partner mends it."
    owner = "Li Na"
    approver = "Wang Wei"
    opened = {at.date() - timedelta(days=5)}
    expires = {at.date() + timedelta(days=5)}
    """
    (found,) = sarif(tmp_path, broken, waivers=waiver, at=at)["results"]
    assert found["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "The partner mends it."}]


def test_without_contract_findings_there_are_no_results(tmp_path):
    assert sarif(tmp_path, result("SAL-001", "broken"), contract())["results"] == []
