"""The approved version of a contract as a check of the run: what hits those who rely on it breaks, and is a finding."""

import pytest
import yaml
from contract_pairs import TEXT, contract, gives

ID = "compatible with the approved version"


@pytest.fixture
def shop(project):
    """A project with a contract; `approve` and `write` take what its answer holds."""
    project.configure(head='contracts = ["contracts"]')

    def write(name, *fields, version="3.0.3", **more):
        schema = {"type": "object", "properties": dict.fromkeys(fields, TEXT), **more}
        file = project.path / "contracts" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(contract(gives(schema), version=version, path="/shipments", method="get"))
        file.write_text(text, encoding="utf-8")
        file.with_suffix(".toml").write_text(f'base_url = "{project.url}"\n', encoding="utf-8")

    project.promise = write
    return project


def judged(shop):
    result = shop.run("contracts", "-k", "approved")
    return result, [event for event in shop.events().values() if event["title"] == ID]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0"])
def test_a_contract_that_keeps_to_its_approved_version(shop, version):
    shop.promise("approved/openapi/wms.yaml", "lot", version=version, required=["lot"])
    shop.promise("openapi/wms.yaml", "lot", "serial", version=version, required=["lot"])
    result, (event,) = judged(shop)
    assert result.ret == 0
    assert (event["scenario"], event["outcome"], event["checked"]) == (f"wms {ID}", "kept", 1)


def test_a_contract_that_does_not(shop):
    shop.promise("approved/openapi/wms.yaml", "lot", "serial", required=["lot"])
    shop.promise("openapi/wms.yaml", "lot")
    result, (event,) = judged(shop)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "E   Failed to keep to the approved version (breaking): expected nothing that hits those who rely on it, got "
            "response-property-became-optional at GET /shipments answer 200: lot: a field that always came may be missing.",
            "E   Failed to keep to the approved version (risky): expected nothing that hits those who rely on it, got "
            "response-optional-property-removed at GET /shipments answer 200: serial: "
            "a field that came at times is gone: who uses it gets it no more.",
            "E   Next: keep what was approved, or, when everybody who is hit agrees: "
            "erp-testkit contracts approve contracts/openapi/wms.yaml",
        ]
    )
    assert [(finding["kind"]["id"], finding["severity"], finding["kind"]["family"]) for finding in event["findings"]] == [
        ("response-property-became-optional", "critical", "compatibility"),
        ("response-optional-property-removed", "minor", "compatibility"),
    ]


def test_a_contract_that_never_was_approved_is_not_held_against_anything(shop):
    shop.promise("openapi/wms.yaml", "lot")
    shop.run("contracts", "-k", "approved").stdout.fnmatch_lines(["collected 1 item / 1 deselected / 0 selected"])
