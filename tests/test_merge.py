"""Merging: the shards of a run, joined, say what the whole run says; what is not the whole is told."""

import json
from collections import Counter

import pytest
from click.testing import CliRunner
from gate_packs import POLICY, leave, result, verdict

from erp_testkit.cli.merge import command
from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.evidence.pack import Pack
from erp_testkit.evidence.verify import examine

SCENARIOS = [
    *(f'@SAL-90{number}\n  Scenario: kept {number}\n    When order "A-{number}" is confirmed' for number in range(1, 5)),
    "@SAL-905 @severity:critical\n  Scenario: broken\n    Then 1 is 2",
    "@SAL-906\n  Scenario: known\n    Then 3 is 1",
    "@TRC-901\n  Scenario: not covered\n    Then the recall is complete",
    "@SAL-907\n  Scenario Outline: <found> is one\n    Then <found> is 1\n    Examples:\n      | found |\n      | 1     |\n      | 4     |",
]
KNOWN = '[[known]]\nscenario = "{}"\nby = "step"\ntext = "expected 1"\nreason = "One is one."\n'


def lines(folder, name):
    return [json.loads(line) for file in sorted(folder.glob(f"{name}-*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]


def outcomes(folder):
    return {result.node: (result.scenario, result.outcome, result.message) for result in Pack.open(folder).results()}


def findings(folder):
    found = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    return sorted((one["node"], one["fingerprint"], one["outcome"]) for one in found)


def counted(folder):
    told = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return {name: value for name, value in told.items() if not name.endswith("seconds")}


def allure(folder):
    return Counter(json.loads(file.read_text(encoding="utf-8"))["historyId"] for file in (folder / "allure-results").glob("*-result.json"))


def test_shards_merged_equal_the_whole_run(project):
    project.feature(*SCENARIOS)
    project.configure(profile='known = "known.toml"', head="seed = 7")
    project.write("known.toml", KNOWN.format("SAL-906") + KNOWN.format("SAL-901"))

    def run(folder, *arguments):
        written = (f"--erp-run-folder={folder}", f"--alluredir={folder}/allure-results", f"--junitxml={folder}/junit.xml")
        return project.run(*written, *arguments)

    whole = run("whole")
    for number in (1, 2, 3):
        run(f"s{number}", f"--erp-shard={number}/3")
    merged = project.kit("merge", "s3", "s1", "s2", "--output", "joined")
    before, after = project.path / "whole", project.path / "joined"

    assert merged.ret == whole.ret == 1
    assert merged.outlines[-1] == "Broken."
    assert outcomes(before) == outcomes(after)
    assert findings(before) == findings(after) != []
    assert counted(before) == counted(after)
    assert counted(after)["known_but_kept"] == ["SAL-901 (orders.feature), by step: One is one."]
    assert sorted(row["node"] for row in lines(before, "exchanges")) == sorted(row["node"] for row in lines(after, "exchanges"))
    assert allure(before) == allure(after)
    assert set(allure(after).values()) == {1}
    assert f"run={after.name}" in (after / "allure-results" / "environment.properties").read_text()
    assert [sum('classname="' in line for line in (folder / "junit.xml").read_text().split("<testcase")) for folder in (before, after)] == [
        9,
        9,
    ]
    assert examine(after).problems == []
    assert [verdict(project.path, folder, base=POLICY).word for folder in (before, after)] == ["rejected", "rejected"]
    reasons = [
        [(reason.key, reason.fingerprint) for reason in verdict(project.path, folder, base=POLICY).reasons] for folder in (before, after)
    ]
    assert reasons[0] == reasons[1]

    manifest, parts = Pack.open(after).manifest, [Pack.open(project.path / f"s{number}").manifest for number in (1, 2, 3)]
    assert (manifest["state"], manifest["started"], manifest["finished"]) == ("complete", parts[0]["started"], parts[2]["finished"])
    assert [part["run"] for part in manifest["parts"]] == ["s1", "s2", "s3"]
    assert [part["digest"] for part in manifest["parts"]] == [examine(project.path / name).digest for name in ("s1", "s2", "s3")]
    assert manifest["id"] != "joined"
    times = json.loads((project.path / ".erp-testkit" / "times.json").read_text())
    assert set(times) == {f"orders.feature#SAL-90{number}" for number in range(1, 8)} | {"orders.feature#TRC-901"}


def test_a_test_that_is_not_the_kits_breaks_the_joined_run_too(project):
    project.feature(*SCENARIOS[:2])
    project.configure(head="seed = 7")
    project.write("test_own.py", "def test_own():\n    raise AssertionError\n")
    assert {project.run(f"--erp-shard={number}/2", f"--erp-run-folder=s{number}").ret for number in (1, 2)} == {0, 1}
    result = project.kit("merge", "s1", "s2")
    assert result.ret == 1
    assert "erp-testkit: failed, beside scenarios and contracts: test_own.py::test_own" in result.outlines


SUITE = "aa" * 32


class Shards:
    """Shards of two tests each, which no ERP has seen."""

    def __init__(self, root):
        self.root = root
        (root / "erp-testkit.toml").write_text("")

    def leave(self, index, name="", *, count=2, suite=SUITE, scenarios=None, **facts):
        found = [result(one) for one in scenarios or (f"SAL-9{index}1", f"SAL-9{index}2")]
        shard = {"index": index, "count": count, "suite": suite, "tests": 2 * count}
        return leave(self.root / (name or f"s{index}"), *found, **{"shard": shard, **facts})

    def merge(self, *folders):
        return CliRunner().invoke(command, [str(self.root / folder) for folder in folders] + ["--output", str(self.root / "joined")])


@pytest.fixture
def shards(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Shards(tmp_path)


def joined(shards):
    manifest = Pack.open(shards.root / "joined").manifest
    return manifest["state"], manifest["reason"]


def test_all_shards_are_complete(shards):
    shards.leave(1), shards.leave(2)
    ended = shards.merge("s1", "s2")
    assert (ended.exit_code, ended.output.splitlines()[-1]) == (0, "Kept.")
    assert joined(shards) == ("complete", None)
    assert examine(shards.root / "joined").problems == []


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (None, "incomplete: shard 2 is missing, shard 3 is missing (of 3)"),
        ({"partial": "interrupted"}, "incomplete: shard 3 is missing, shard 2 is partial (of 3)"),
        ({"killed": True, "shard": {"index": 2, "count": 3}}, "incomplete: shard 2 was killed, shard 3 is missing (of 3)"),
    ],
)
def test_what_is_not_the_whole_is_incomplete(shards, second, reason):
    shards.leave(1, count=3)
    given = ["s1"]
    if second is not None:
        shards.leave(2, count=3, **second)
        given.append("s2")
    ended = shards.merge(*given)
    assert (ended.exit_code, ended.output.splitlines()[-1]) == (3, f"Not judged: {reason}.")
    assert joined(shards) == ("partial", reason)
    assert verdict(shards.root, shards.root / "joined").exit_code == 3


def test_a_test_without_a_result_is_missed(shards):
    shards.leave(1), shards.leave(2, scenarios=["SAL-921"])
    ended = shards.merge("s1", "s2")
    assert (ended.exit_code, ended.output.splitlines()[-1]) == (3, "Not judged: incomplete: 1 of 4 tests have no result (of 2).")


AGAIN = "Next: run all shards of one commit, with the same options and the same --erp-seed"


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"seed": 8}, "expected the same seed as {0}/s1 (7), got 8. " + AGAIN),
        ({"commit": "dead" * 10}, "expected the same commit as {0}/s1 (c0ffeec0ffee…), got deaddeaddead…. " + AGAIN),
        ({"dirty": True}, "expected the same dirty as {0}/s1 (false), got true. " + AGAIN),
        ({"erp": "Acme 10"}, "expected the same erp as {0}/s1 (Acme 9), got Acme 10. " + AGAIN),
        ({"count": 3}, "expected the same number of shards as {0}/s1 (2), got 3. " + AGAIN),
        ({"suite": "bb" * 32}, "expected the same tests as {0}/s1 (aaaaaaaaaaaa…), got bbbbbbbbbbbb…. " + AGAIN),
        (
            {"scenarios": ["SAL-911", "SAL-922"]},
            "expected each test in one shard, got features/en/sales.feature::SAL-911 also in {0}/s1. "
            "Next: run all shards with the same .erp-testkit/times.json, or without it",
        ),
        ({"shard": None}, "expected the run of a shard, got a whole one. Next: erp-testkit run --shard 1/2"),
    ],
)
def test_runs_that_do_not_belong_together_are_refused(shards, facts, told):
    shards.leave(1), shards.leave(2, **facts)
    ended = shards.merge("s1", "s2")
    assert isinstance(ended.exception, UsageError)
    assert str(ended.exception) == f"Failed to merge {shards.root / 's2'}: {told.format(shards.root)}"
    assert not (shards.root / "joined").exists()


def test_a_shard_that_is_there_twice_is_refused(shards):
    shards.leave(1), shards.leave(2), shards.leave(2, "again")
    ended = shards.merge("s1", "s2", "again")
    assert isinstance(ended.exception, UsageError)
    assert str(ended.exception) == (
        "Failed to merge 3 runs: expected each shard of 2 once, got shard 2 more than once. Next: leave the runs out that were repeated"
    )


def test_a_shard_that_was_changed_is_refused(shards):
    shards.leave(1), shards.leave(2)
    (shards.root / "s2" / "summary.json").write_text("{}")
    ended = shards.merge("s1", "s2")
    assert str(ended.exception) == (
        f"Failed to merge {shards.root / 's2'}: expected it as it was sealed, got: summary.json: expected 26 bytes, got 2. "
        f"Next: erp-testkit verify {shards.root / 's2'}"
    )


def test_shards_that_were_all_killed_are_no_run(shards):
    shards.leave(1, killed=True)
    ended = shards.merge("s1")
    assert isinstance(ended.exception, EnvironmentFailure)
    assert str(ended.exception) == "Failed to merge 1 runs: expected one that came to an end, got none. Next: run them again"


def test_a_shard_that_never_reached_the_erp_does_not_know_its_name(shards):
    shards.leave(1, erp=None, partial="the ERP is gone"), shards.leave(2)
    assert shards.merge("s1", "s2").exit_code == 3
    assert Pack.open(shards.root / "joined").manifest["erp"] == "Acme 9"


def test_everybody_who_wrote_the_change_is_an_author_of_the_joined_run(shards):
    shards.leave(1, authors=["Zhao Min <z@example.com>"]), shards.leave(2, authors=["Li Na <l@example.com>"])
    shards.merge("s1", "s2")
    assert Pack.open(shards.root / "joined").manifest["authors"] == ["Li Na <l@example.com>", "Zhao Min <z@example.com>"]


def test_a_joined_run_is_as_old_as_its_parts(shards):
    for index in (1, 2):
        shards.leave(index, started=f"2026-01-0{index}T08:00:00.000000Z", finished=f"2026-01-0{index}T09:00:00.000000Z")
    shards.merge("s1", "s2")
    judged = verdict(shards.root, shards.root / "joined")
    assert [reason.key for reason in judged.reasons if reason.key.startswith("run.")] == ["run.max_age_hours", "run.max_minutes"]


def test_the_gate_does_not_judge_a_single_shard(shards):
    shards.leave(2, count=5)
    with pytest.raises(UsageError, match=r"Failed to judge run s2: expected a whole run, got shard 2 of 5\. Next: erp-testkit merge"):
        verdict(shards.root, shards.root / "s2")
