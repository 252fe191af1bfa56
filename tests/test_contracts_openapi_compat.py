"""The private parts of schemathesis that the kit stands on: when one moves, this says which."""

import dataclasses
import inspect
import itertools
from pathlib import Path

import pytest
import schemathesis
from contract_shop import CONTRACT, SETTINGS, TOKEN, Live, Shop, serving
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.engine import events
from schemathesis.engine.context import EngineContext
from schemathesis.engine.core import ExecutionPlan
from schemathesis.engine.recorder import CheckFailureInfo, CheckNode, Interaction, ScenarioRecorder
from schemathesis.engine.run import PhaseName

from erp_testkit.contracts.openapi import checks, compat
from erp_testkit.contracts.openapi.contract import load
from erp_testkit.contracts.openapi.findings import FUNCTIONS
from erp_testkit.specs.text import parse


def described():
    return parse(Path("shop.yaml"), CONTRACT).data


def test_the_version_is_the_one_this_was_written_for():
    assert schemathesis.__version__.startswith("4.32.")


def test_the_engine_takes_a_plan_of_phases_and_a_context():
    assert {name.value for name in PhaseName} >= {"examples", "coverage", "fuzzing", "stateful"}
    assert list(inspect.signature(ExecutionPlan.execute).parameters) == ["self", "engine"]
    assert {"schema", "stop_event"} <= set(inspect.signature(EngineContext).parameters)


def test_the_recorder_keeps_cases_interactions_and_failures():
    recorder = ScenarioRecorder(label="x")
    assert (recorder.cases, recorder.interactions, recorder.checks) == ({}, {}, {})
    assert {"request", "response", "timestamp"} <= set(Interaction.__dataclass_fields__)
    assert {"name", "failure_info"} <= {one.name for one in dataclasses.fields(CheckNode)}
    assert "failure" in {one.name for one in dataclasses.fields(CheckFailureInfo)}
    assert callable(recorder.iter_chain_cases)


def test_events_carry_what_is_read_of_them():
    assert {"phase", "recorder"} <= set(events.ScenarioFinished.__slots__)
    assert {"info", "value"} <= set(inspect.get_annotations(events.NonFatalError))


def test_every_check_of_the_engine_has_an_id_of_ours_and_the_other_way_round():
    load_all_checks()
    functions = set(FUNCTIONS.values())
    # Two identities are needed for the one that is not used.
    assert functions == set(CHECKS.get_all_names()) - {"object_level_authorization"}


def test_checks_of_the_kit_leave_other_schemas_alone():
    schema = schemathesis.openapi.from_dict(described())
    case = schema["/audit"]["GET"].Case(query={"document": "1"})
    for check in (checks.leak, checks.idempotency_replay, checks.audit_entry_missing, checks.not_read_back):
        assert check(None, None, case) is None


@pytest.mark.parametrize("phase", ["coverage", "fuzzing", "stateful"])
def test_the_judge_sees_every_answer_of_a_run_and_its_words_become_failures(phase):
    seen = []
    with serving(Shop()) as url:
        config = {"base-url": url, "headers": {"Authorization": f"Bearer {TOKEN}"}, "seed": 1, "generation": {"max-examples": 3}}
        schema = compat.schema_of(described(), {**config, "continue-on-failure": True, "cache": {"enabled": False}})

        def judge(check, sent):
            if check == "leak":
                seen.append(sent)
            return f"seen {sent.status}" if check == "leak" and sent.operation == "POST /things" and sent.status == 201 else None

        scenarios = list(compat.run(schema, (phase,), judge))
    sent = [one for scenario in scenarios for one in scenario.sent]
    assert {one.url for one in seen} <= {one.url for one in sent}
    failed = [one for scenario in scenarios for one in scenario.failed if one.check == "leak"]
    assert failed and {(one.message, one.sent.status) for one in failed} == {("seen 201", 201)}
    assert all(
        one.path == {"number": one.url.rpartition("/")[2]} for one in sent if one.operation == "GET /things/{number}" and one.status == 200
    )


@pytest.mark.parametrize("phase", ["coverage", "fuzzing", "stateful"])
def test_headers_of_every_request_can_be_made_ready(phase):
    with serving(Shop()) as url:
        config = {"base-url": url, "headers": {"Authorization": f"Bearer {TOKEN}"}, "seed": 1, "generation": {"max-examples": 3}}
        schema = compat.schema_of(described(), {**config, "cache": {"enabled": False}})
        numbers = itertools.count(1)

        def ready(_url, headers):
            headers["X-Number"] = str(next(numbers))

        sent = [one for scenario in compat.run(schema, (phase,), headers=ready) for one in scenario.sent]
    # The engine itself asks whether anybody is let in.
    let_in = [one for one in sent if one.headers.get("authorization") == f"Bearer {TOKEN}"]
    numbers = [one.headers["x-number"] for one in let_in]
    assert len(set(numbers)) == len(numbers) > 0


def needs(header):
    refused = "        '422': {$ref: '#/components/responses/Refused'}\n"
    return CONTRACT.replace(f"name: {header},", f"name: {header}, required: true,").replace(
        refused, refused + refused.replace("422", "428")
    )


@pytest.fixture
def broken(monkeypatch, tmp_path):
    """Returns the ids of what is broken in an operation of a shop that needs a header, by the coverage phase."""
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)

    def broken(operation, header, *faults, seed=""):
        shop = Shop()
        shop.faults.update(faults)
        with serving(shop) as url:
            (tmp_path / "shop.yaml").write_text(needs(header))
            (tmp_path / "shop.toml").write_text(
                'phases = ["coverage"]\n' + SETTINGS.format(url=url).replace("amount = 5 }", f"amount = 5 }}{seed}")
            )
            (check,) = (one for one in load(tmp_path / "shop.yaml").checks if one.id == operation)
            return [one.id for one in check.run(Live(operation)).findings]

    return broken


@pytest.mark.parametrize("seed", ["", '\nheaders = { Idempotency-Key = "{code:key}" }'])
def test_every_body_is_tried_under_a_key_of_its_own(broken, seed):
    assert "server-error" in broken("POST /things", "Idempotency-Key", "breaks at the bound", seed=seed)


def test_a_change_that_needs_its_version_is_tried_on_the_present_one(broken):
    change = "PUT /things/{number}", "If-Match"
    assert broken(*change, "wants the version") == []
    assert "server-error" in broken(*change, "wants the version", "breaks at the bound")
    assert "missing-header-accepted" in broken(*change)


def test_a_server_that_is_gone_is_told_from_a_schema_that_cannot_be_met():
    raw = described()
    config = {"base-url": "http://127.0.0.1:9", "generation": {"max-examples": 1}, "cache": {"enabled": False}}
    with pytest.raises(compat.EngineError) as gone:
        list(compat.run(compat.schema_of(raw, config), ("fuzzing",)))
    assert gone.value.unreachable
    raw["components"]["schemas"]["NewThing"]["properties"]["code"] = {"allOf": [{"type": "string"}, {"type": "integer"}]}
    with serving(Shop()) as url, pytest.raises(compat.EngineError) as impossible:
        list(compat.run(compat.schema_of(raw, {**config, "base-url": url}), ("fuzzing",)))
    assert not impossible.value.unreachable


def test_a_check_of_the_engine_that_stumbles_over_itself_is_no_breach(monkeypatch):
    def stumble(*_):
        raise AssertionError("assert False")

    # As it did where a process had loaded its modules twice: a parameter was no parameter to it.
    monkeypatch.setattr("schemathesis.specs.openapi.checks._single_element_array_becomes_valid_after_serialization", stumble)
    config = {"headers": {"Authorization": f"Bearer {TOKEN}"}, "seed": 1, "continue-on-failure": True, "cache": {"enabled": False}}
    shop = Shop()
    shop.faults.add("takes anything")
    with serving(shop) as url, pytest.raises(compat.EngineError) as stumbled:
        list(compat.run(compat.schema_of(described(), {**config, "base-url": url}), ("coverage",)))
    assert not stumbled.value.unreachable
    version = schemathesis.__version__
    assert str(stumbled.value) == f"check negative_data_rejection of schemathesis {version} stumbles over POST /things: assert False"
