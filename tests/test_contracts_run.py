"""Contracts in a run: every check is a test of its own, what it found is a finding, and the rules run over what it touched."""

import json

import fake_erp
import pytest
from contract_shop import CONTRACT, SETTINGS, TOKEN, Shop, serving
from erp_projects import RULE, summary

from erp_testkit.domain.findings import fingerprint


@pytest.fixture(scope="module")
def shop():
    shop = Shop()
    with serving(shop) as shop.url:
        yield shop


@pytest.fixture
def contracts(project, shop, monkeypatch):
    """The project with the shop's contract in it; the shop starts empty and without faults."""
    shop.faults.clear(), shop.things.clear(), shop.entries.clear(), shop.keys.clear()
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    project.configure(head='contracts = ["contracts"]\nseed = 7\n')
    project.write("contracts/shop.yaml", CONTRACT)
    project.write("contracts/shop.toml", SETTINGS.format(url=shop.url))
    return project


def test_every_check_is_a_test_with_an_id_of_its_own(contracts):
    result = contracts.run("--collect-only", "-q", "contracts")
    assert [line for line in result.outlines if "::" in line] == [
        f"contracts/shop.yaml::{name}"
        for name in ("GET /things", "POST /things", "GET /things/{number}", "PUT /things/{number}", "GET /audit", "stateful")
    ]
    assert contracts.run("--collect-only", "-q", "contracts/shop.yaml::POST /things").ret == 0


def test_a_kept_contract_is_green_and_says_what_it_exercised(contracts):
    result = contracts.run("contracts", "-k", "things and not number")
    assert result.ret == 0, result.outlines
    assert summary(result) == [
        "Area       kept  broken  known  not covered",
        "Contracts     2       0      0            0",
        "Total         2       0      0            0",
        "",
        "Rules: 0, judged 0 of 0 subjects, 0 violated",
        "Contracts:",
        "  shop: 2 of 2 operations, 5 of 5 parameters, 7 of 7 response codes exercised",
    ]
    data = json.loads((contracts.folder / "summary.json").read_text(encoding="utf-8"))
    assert data["contracts"]["shop"]["operations"] == {"exercised": 2, "of": 2, "not_exercised": []}
    assert data["contracts"]["shop"]["left_out"] == {}


def test_a_broken_contract_is_a_finding_that_stays_the_same_over_runs(contracts, shop):
    shop.faults.add("forgets keys")
    result = contracts.run("contracts", "-k", "POST")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "contracts/shop.yaml:6 Add a thing",
            "*Failed to keep POST /things (idempotency-replay): expected the first answer and one effect, got 201 *",
            '*  request: curl -X POST *-H "authorization: Bearer $TOKEN"*',
        ]
    )
    assert TOKEN not in result.stdout.str()
    findings = json.loads((contracts.folder / "findings.json").read_text(encoding="utf-8"))
    assert {(one["kind"]["id"], one["severity"]) for one in findings} == {
        ("idempotency-replay", "critical"),
        ("idempotency-key-reuse", "critical"),
    }
    assert fingerprint("contract", "idempotency-replay", "shop") in {one["fingerprint"] for one in findings}
    assert TOKEN not in "".join(file.read_text(encoding="utf-8") for file in contracts.folder.rglob("*.json*"))


def test_the_rules_run_over_the_ledger_of_what_requests_touched(contracts, monkeypatch):
    # The shop keeps its contract; what the ERP made of it is another matter.
    monkeypatch.setitem(fake_erp.pieces, "on_hand", 3)
    contracts.configure(adapter="connect_with_ledger", head='contracts = ["contracts"]\nrules = ["rules"]\nseed = 7\n')
    contracts.write("rules/two-pieces.sql", RULE)
    result = contracts.run("contracts", "-k", "POST")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*two-pieces*"])
    result.stdout.fnmatch_lines(["Rules: *", "Violated:", "  two-pieces: *"])


def test_a_system_that_is_down_ends_with_3_and_the_other_contracts_still_run(contracts):
    contracts.write("contracts/gone.yaml", CONTRACT)
    contracts.write("contracts/gone.toml", SETTINGS.format(url="http://127.0.0.1:9"))
    contracts.write("contracts/torn.yaml", "openapi: 3.1.0\ninfo: {title: [\n")
    result = contracts.run("contracts", "-k", "gone or audit or read")
    assert result.ret == 3
    events = contracts.events()
    outcomes = {name: event["outcome"] for name, event in events.items()}
    gone = [outcomes.pop(name) for name in list(outcomes) if name.startswith("gone ")]
    # All of them: that a partner is down says nothing of the others.
    assert gone == ["error"] * 6
    assert outcomes == {"shop GET /audit": "kept", "torn can be read": "error"}
    assert contracts.manifest()["state"] == "complete"
    assert events["gone GET /audit"]["message"].startswith("Failed to check gone at http://127.0.0.1:9: expected answers, got ")
    assert events["torn can be read"]["message"].startswith("Failed to read contract ")


def test_a_contract_nobody_is_let_in_by_is_used_wrongly(contracts, shop):
    contracts.write("contracts/shop.toml", SETTINGS.format(url=shop.url).replace('[auth]\ntoken_env = "SHOP_TOKEN"\n', ""))
    result = contracts.run("contracts", "-k", "audit")
    assert result.ret == 2
    assert "expected to be let in, got status 401" in contracts.events()["shop GET /audit"]["message"]


def test_in_production_only_what_reads_is_checked(contracts):
    contracts.configure(head='contracts = ["contracts"]\nseed = 7\n', profile='environment = "production"\n')
    contracts.run("contracts")
    outcomes = {name: event["outcome"] for name, event in contracts.events().items()}
    assert outcomes == {
        "shop GET /things": "kept",
        "shop POST /things": "not covered",
        "shop GET /things/{number}": "not covered",
        "shop PUT /things/{number}": "not covered",
        "shop GET /audit": "kept",
        "shop stateful": "not covered",
    }


def test_allure_has_one_result_for_each_check(contracts):
    folder = contracts.path / "allure"
    assert contracts.run_apart("contracts", "-n", "2", "--alluredir", str(folder)).ret == 0
    results = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*-result.json")]
    assert len({one["historyId"] for one in results}) == len(results) == 6
    assert {one["status"] for one in results} == {"passed"}
    assert {one["fullName"] for one in results} == {
        f"contracts/shop.yaml#shop {name}"
        for name in ("GET /things", "POST /things", "GET /things/{number}", "PUT /things/{number}", "GET /audit", "stateful")
    }
