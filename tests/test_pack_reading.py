"""A run's folder read as data: by other versions of the kit, after a kill, and when something in it is wrong."""

import json

import pytest
from gate_packs import contract, leave, result, rule, violated

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.results import Outcome, Result
from erp_testkit.evidence.pack import Pack


def change(pack, **facts):
    file = pack / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **facts}), encoding="utf-8")


def plain(*results):
    return [json.loads(json.dumps(one.as_data())) for one in results]


def error(path):
    with pytest.raises(UsageError) as raised:
        list(Pack.open(path).results())
    return str(raised.value)


def test_what_a_run_wrote_is_read_back_equal(tmp_path):
    written = [
        result("SAL-001", severity="minor", risks=["delivery"], requirements=["ORDER-CYCLE"], ports=["sales"], seconds=0.5),
        result("SAL-002", "broken", findings=[rule()], rules=violated()),
        contract(coverage={"kind": "mapping", "fields": 12}),
    ]
    pack = Pack.open(leave(tmp_path / "run", *written, summary={"areas": {}}))
    assert plain(*pack.results()) == plain(*written)
    assert (pack.name, pack.state, pack.summary) == ("run", "complete", {"areas": {}})
    assert pack.manifest["adapter"] == "acme"
    assert pack.coverage == {"wms canary": {"kind": "mapping", "fields": 12}}


def test_all_workers_are_read_one_after_the_other(tmp_path):
    pack = leave(tmp_path / "run", *(result(f"SAL-00{number}") for number in range(1, 5)), workers=("gw0", "gw1"))
    assert [one.scenario for one in Pack.open(pack).results()] == ["SAL-001", "SAL-003", "SAL-002", "SAL-004"]


def test_a_test_that_ended_twice_counts_once_as_it_ended_last(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001"), result("SAL-001", "broken"), result("SAL-002"))
    assert [(one.scenario, one.outcome) for one in Pack.open(pack).results()] == [("SAL-001", Outcome.BROKEN), ("SAL-002", Outcome.KEPT)]


def test_a_killed_run_is_read_up_to_its_half_line(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001"), result("SAL-002"), killed=True)
    events = pack / "events-main.jsonl"
    events.write_bytes(events.read_bytes()[:-20])
    assert Pack.open(pack).state == "running"
    assert [one.scenario for one in Pack.open(pack).results()] == ["SAL-001"]
    assert Pack.open(pack).summary == {}


def test_a_half_line_in_a_complete_run_is_an_error(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001"), result("SAL-002"))
    events = pack / "events-main.jsonl"
    events.write_bytes(events.read_bytes()[:-20])
    message = error(pack)
    assert message.startswith(f"Failed to read {events}:2: expected a line of JSON, got ")
    assert message.endswith(f"Next: erp-testkit verify {pack}")


def test_what_a_newer_kit_adds_is_overlooked(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001"))
    events = pack / "events-main.jsonl"
    line = json.loads(events.read_text(encoding="utf-8"))
    events.write_text(json.dumps({**line, "mood": "good"}) + '\n{"event": "weather", "sky": "grey"}\n', encoding="utf-8")
    change(pack, format="1.7", phase="of the moon")
    assert plain(*Pack.open(pack).results()) == plain(result("SAL-001"))


def test_what_an_older_kit_did_not_write_has_its_default(tmp_path):
    pack = leave(tmp_path / "run", result("SAL-001"))
    events = pack / "events-main.jsonl"
    line = json.loads(events.read_text(encoding="utf-8"))
    for name in ("severity", "risks", "ports", "reasons"):
        del line[name]
    events.write_text(json.dumps(line) + "\n", encoding="utf-8")
    (read,) = Pack.open(pack).results()
    assert isinstance(read, Result)
    assert (read.severity, read.risks) == ("normal", ())


def test_a_newer_format_says_which_kit_to_install(tmp_path):
    pack = leave(tmp_path / "run")
    change(pack, format="2.0", kit="3.4.0")
    assert error(pack) == (
        f"Failed to read run {pack}: expected format 1, got 2.0, written by erp-testkit 3.4.0. "
        "Next: install that version of the kit, or a newer one."
    )


def test_what_is_no_run_says_where_runs_are(tmp_path):
    for path, got in ((tmp_path, "no manifest.json in it"), (tmp_path / "none", "no such folder")):
        assert error(path) == (
            f"Failed to read run {path}: expected the folder of a run, got {got}. "
            "Next: name one of .erp-testkit/runs/, or make one: erp-testkit run"
        )


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("{", "expected JSON, got Expecting property name enclosed in double quotes: line 1 column 2 (char 1)."),
        ("[]", "expected an object, got []."),
    ],
)
def test_a_damaged_manifest_says_so(tmp_path, text, got):
    pack = leave(tmp_path / "run")
    (pack / "manifest.json").write_text(text, encoding="utf-8")
    assert error(pack) == f"Failed to read {pack / 'manifest.json'}: {got} Next: erp-testkit verify {pack}"


def test_an_unknown_state_says_so(tmp_path):
    pack = leave(tmp_path / "run")
    change(pack, state="fine")
    assert error(pack) == (
        f"Failed to read run {pack}: expected state complete, partial, running in manifest.json, got 'fine'. "
        "Next: run it again: erp-testkit run"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('"text"', "expected an object, got 'text'."),
        ('{"event": "scenario", "scenario": "SAL-001"}', "expected the end of a scenario, got ValueError '' is not a valid Outcome."),
    ],
)
def test_a_line_that_is_no_result_says_where(tmp_path, line, said):
    pack = leave(tmp_path / "run")
    (pack / "events-main.jsonl").write_text(f"{line}\n", encoding="utf-8")
    assert error(pack) == f"Failed to read {pack / 'events-main.jsonl'}:1: {said} Next: erp-testkit verify {pack}"
