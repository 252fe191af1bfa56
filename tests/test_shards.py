"""Shards: every test in exactly one part, the same parts in every job, and parts that take about the same time."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.results import Outcome, Result
from erp_testkit.pytest_plugin.session.shard import Shard, group_of_result, load_times, parts, save_times

GROUPS = st.lists(st.text("abcdef", min_size=1, max_size=3), max_size=40)
TIMES = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.floats(0, 1000), max_size=20)
COUNTS = st.integers(1, 8)

OUTLINE = """@SAL-901
  Scenario Outline: <found> is one
    Then <found> is 1
    Examples:
      | found |
      | 1     |
      | 1     |
      | 1     |"""
SCENARIOS = [f'@SAL-90{number}\n  Scenario: kept {number}\n    When order "A-{number}" is confirmed' for number in range(2, 8)]


@given(GROUPS, COUNTS, TIMES)
def test_every_group_is_in_exactly_one_part(groups, count, seconds):
    split = parts(groups, count, seconds)
    assert len(split) == count
    assert Counter(group for part in split for group in part) == Counter(set(groups))


@given(GROUPS, COUNTS, TIMES, st.randoms())
def test_parts_do_not_depend_on_the_order_of_tests(groups, count, seconds, random):
    shuffled = groups.copy()
    random.shuffle(shuffled)
    assert parts(shuffled, count, seconds) == parts(groups, count, seconds)


@given(GROUPS, COUNTS, TIMES)
def test_no_part_is_empty_where_there_are_groups_enough(groups, count, seconds):
    assert sum(map(bool, parts(groups, count, seconds))) == min(count, len(set(groups)))


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.floats(0.001, 100), min_size=1, max_size=40), COUNTS)
def test_no_part_takes_longer_than_its_share_and_one_group(seconds, count):
    longest = max(sum(seconds[group] for group in part) for part in parts(seconds, count, seconds))
    assert longest <= sum(seconds.values()) / count + max(seconds.values()) + 1e-6


def test_an_untimed_group_counts_as_the_mean_of_the_others_by_its_number_of_tests():
    assert parts(["a", "b", "new", "new", "new"], 2, {"a": 1.0, "b": 1.0}) == [{"new"}, {"a", "b"}]


def test_a_group_is_the_same_before_and_after_its_test_ran():
    ended = Result(
        node="features/en/sales.feature::1 is one [1]",
        scenario="SAL-901",
        title="",
        feature="",
        file="",
        language="en",
        outcome=Outcome.KEPT,
        seconds=1.5,
    )
    assert group_of_result(ended) == "features/en/sales.feature#SAL-901"


@pytest.mark.parametrize("text", ["", "2", "0/5", "6/5", "2/5/7", "a/b", "-1/5", "2 /5"])
def test_a_shard_that_is_none_is_a_usage_error(text):
    with pytest.raises(UsageError) as raised:
        Shard.parse(text)
    assert str(raised.value) == f"Failed to read --shard {text}: expected part and number of parts, such as 2/5, got {text}."


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("[]", "'list' object has no attribute 'items'"),
        ('{"a": "long"}', "could not convert string to float: 'long'"),
        ('{"a": NaN}', "nan seconds"),
        ('{"a": -1}', "-1.0 seconds"),
        ('{"a": Infinity}', "inf seconds"),
    ],
)
def test_times_that_cannot_be_read_are_a_usage_error(tmp_path, text, got):
    file = tmp_path / "times.json"
    file.write_text(text)
    with pytest.raises(UsageError) as raised:
        load_times(file)
    assert str(raised.value) == f"Failed to read {file}: expected recorded times, got {got}. Next: remove it in all jobs, or none"


def test_times_of_tests_that_did_not_run_again_are_kept(tmp_path):
    file = tmp_path / "times.json"
    file.write_text('{"a.feature#A-1": 3.0, "a.feature#A-2": 4.0}')
    ended = {"scenario": "A-1", "title": "", "feature": "", "file": "", "language": "en", "outcome": Outcome.KEPT}
    save_times(file, [Result(node=f"a.feature::row [{row}]", seconds=1.25, **ended) for row in "12"])
    assert load_times(file) == {"a.feature#A-1": 2.5, "a.feature#A-2": 4.0}


@pytest.fixture
def suite(project):
    """Nine tests in seven groups."""
    project.feature(OUTLINE, *SCENARIOS)
    return project


def play(project, workers, *arguments):
    """Run pytest; in this process, unless it has workers."""
    return project.run_apart(*workers, *arguments) if workers else project.run(*arguments)


def ran(project, folder):
    lines = [line for file in (project.path / folder).glob("events-*.jsonl") for line in file.read_text(encoding="utf-8").splitlines()]
    return sorted(json.loads(line)["node"] for line in lines)


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_shards_of_a_run_have_each_test_once_and_rows_of_an_outline_together(suite, workers):
    found = []
    for number in (1, 2, 3):
        result = play(suite, workers, "--erp-seed=7", f"--erp-shard={number}/3", f"--erp-run-folder=s{number}")
        assert result.ret == 0
        assert f"erp-testkit: shard {number}/3; the verdict on all of them: erp-testkit merge" in result.outlines
        found.append(ran(suite, f"s{number}"))
        shard = json.loads((suite.path / f"s{number}" / "manifest.json").read_text())["shard"]
        assert (shard["index"], shard["count"], shard["tests"]) == (number, 3, 9)
    assert len({node for nodes in found for node in nodes}) == 9
    assert sorted(sum("is one" in node for node in nodes) for nodes in found) == [0, 0, 3]
    assert [len(nodes) for nodes in found] == [3, 3, 3]


def test_recorded_times_balance_the_parts(suite):
    times = {"orders.feature#SAL-901": 1.0, "orders.feature#SAL-902": 60.0} | {
        f"orders.feature#SAL-90{number}": 1.0 for number in range(3, 8)
    }
    (suite.path / ".erp-testkit" / "times.json").write_text(json.dumps(times))
    for number in (1, 2):
        suite.run("--erp-seed=7", f"--erp-shard={number}/2", f"--erp-run-folder=s{number}")
    assert ran(suite, "s1") == ["orders.feature::kept 2"]
    assert len(ran(suite, "s2")) == 8


def test_a_shard_without_a_shared_seed_does_not_begin(suite):
    result = suite.run_apart("--erp-shard=1/2")
    assert result.ret == 2
    assert "ERROR: Failed to run shard 1/2: expected a seed that all shards share, got none. Next: add --erp-seed 7" in result.errlines


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_shard_without_tests_says_so(suite, workers):
    result = play(suite, workers, "--erp-seed=7", "--erp-shard=9/9")
    assert result.ret == 2
    assert (
        "erp-testkit: Failed to run shard 9/9: expected a group of tests for each shard, got 7. Next: run fewer shards" in result.outlines
    )


def test_keywords_narrow_the_suite_before_it_is_split(suite):
    for number in (1, 2):
        suite.run("--erp-seed=7", f"--erp-shard={number}/2", f"--erp-run-folder=s{number}", "-k", "kept")
    assert len(ran(suite, "s1") + ran(suite, "s2")) == 6


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_listed_test_may_run_in_another_shard_but_must_exist(suite, workers):
    listed = suite.path / "tests.txt"
    listed.write_text("orders.feature::kept 2\norders.feature::kept 3\n")
    options = ("--erp-seed=7", "--erp-tests=tests.txt", "--erp-shard=1/2")
    assert play(suite, workers, *options, "--erp-run-folder=s1").ret == 0
    listed.write_text("orders.feature::kept 2\norders.feature::kept 3\norders.feature::kept 99\n")
    result = play(suite, workers, *options, "--erp-run-folder=s2")
    assert result.ret == 2
    assert any("expected all 3 to run, got none of 1, such as orders.feature::kept 99" in line for line in result.outlines)


KNOWN = '[[known]]\nscenario = "{}"\nby = "step"\ntext = "expected 1"\nreason = "One is one."\n'


def test_a_known_finding_of_another_shard_is_not_one_of_no_scenario(suite, monkeypatch):
    monkeypatch.setattr("erp_testkit.shipped.FEATURES", suite.path)
    suite.configure(profile='known = "known.toml"')
    suite.write("known.toml", KNOWN.format("SAL-907") + KNOWN.format("SAL-999"))
    said = []
    for number in (1, 2, 3):
        said += suite.run(".", "--erp-seed=7", f"--erp-shard={number}/3", f"--erp-run-folder=s{number}").outlines
    assert [line for line in said if line.strip() in ("SAL-907", "SAL-999")] == ["  SAL-999"] * 3
    assert sum(line.startswith("Known but kept") for line in said) == 1
