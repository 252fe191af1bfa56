"""erp-testkit run: which scenarios, where the evidence goes, one ERP for all workers, and what is printed at the end."""

import json
import os

import pytest
from erp_projects import KIT, summary

from erp_testkit import shipped
from erp_testkit.cli.run import pytest_arguments
from erp_testkit.domain.findings import STEP_FAILED, Family, Kind, Severity
from erp_testkit.domain.results import Lack, Need, Outcome, Result
from erp_testkit.project import project_root
from erp_testkit.pytest_plugin.judging.outcome import result_of
from erp_testkit.pytest_plugin.session.summary import lines

KEPT = '@SAL-901\n  Scenario: kept\n    When order "A-1" is confirmed\n    Then 1 is 1'
KEPT_TOO = KEPT.replace("SAL-901", "SAL-902").replace("kept", "kept too")


def ids(result):
    return {line.partition("::")[0] for line in result.outlines if "::" in line}


def test_evidence_and_allure_results_go_into_one_folder(tmp_path):
    root, suite, run_folder, allure, junit = pytest_arguments(tmp_path, [])
    assert (root, suite) == (f"--rootdir={tmp_path}", "--erp-suite")
    assert run_folder.startswith(f"--erp-run-folder={tmp_path}/.erp-testkit/runs/")
    assert allure == f"--alluredir={run_folder.partition('=')[2]}/allure-results"
    assert junit == f"--junitxml={run_folder.partition('=')[2]}/junit.xml"


def test_evidence_can_be_sent_elsewhere(tmp_path):
    given = ["--erp-run-folder=out", "--alluredir=results", "--junit-xml=out.xml", "-x"]
    assert pytest_arguments(tmp_path, given) == [f"--rootdir={tmp_path}", "--erp-suite", *given]


@pytest.mark.parametrize("given", [["--erp-run-folder=out"], ["-x", "--erp-run-folder", "out"]])
def test_all_of_a_run_goes_where_its_folder_is_sent(tmp_path, given):
    ours = ["--alluredir=out/allure-results", "--junitxml=out/junit.xml"]
    assert pytest_arguments(tmp_path, given) == [f"--rootdir={tmp_path}", "--erp-suite", *ours, *given]


def test_collecting_leaves_nothing(tmp_path):
    assert pytest_arguments(tmp_path, ["--collect-only"]) == [f"--rootdir={tmp_path}", "--erp-suite", "--collect-only"]


def test_the_project_is_found_from_a_folder_below(tmp_path):
    (tmp_path / "erp-testkit.toml").touch()
    below = tmp_path / "features" / "sales"
    below.mkdir(parents=True)
    assert project_root(below) == tmp_path


def test_without_paths_the_shipped_scenarios_run_and_the_projects_own(project):
    project.configure(head='features = ["mine"]')
    project.feature(KEPT, name="mine/orders.feature")
    project.feature(KEPT_TOO, name="other/orders.feature")
    collected = ids(project.kit("run", "--collect-only", "-q"))
    assert "mine/orders.feature" in collected
    assert "other/orders.feature" not in collected
    languages = {path.split("/")[-2] for path in collected if path.endswith(".feature")} - {"mine"}
    assert languages == {folder.name for folder in shipped.FEATURES.iterdir() if folder.is_dir()}
    assert "erp_testkit/contracts/openapi/erp.yaml" in collected


def test_one_language_can_be_chosen(project):
    collected = ids(project.kit("run", "--collect-only", "-q", "--language", "zh-CN"))
    assert {path.split("/")[-2] for path in collected if path.endswith(".feature")} == {"zh-CN"}


def test_paths_are_all_that_runs(project):
    project.feature(KEPT)
    result = project.kit("run", "orders.feature", "-q", "-p", "no:randomly")
    assert result.ret == 0
    assert summary(result)[-3] == "Total     1       0      0            0"
    assert (project.folder / "allure-results" / "environment.properties").is_file()


STANDIN = """
import json
import os
import pathlib

from erp_testkit.config import Credentials
from erp_testkit.domain.documents import Role
from erp_testkit.standins.standin import Started

LOG = pathlib.Path(os.environ["STANDIN_LOG"])


def log(what):
    with LOG.open("a") as file:
        file.write(what + "\\n")


class StandIn:
    def __init__(self, state, options):
        self.address = options["address"]

    def prepare(self):
        log("prepare")
        return {"address": self.address}

    def start(self, prepared, worker):
        log(f"start {worker}")
        self.worker = worker
        return Started(url=prepared["address"], users={Role.MANAGER: Credentials("boss", "x")})

    def stop(self):
        log(f"stop {self.worker}")

    def finish(self):
        log("finish")
"""
METADATA = {
    "METADATA": "Metadata-Version: 2.1\nName: acme-erp\nVersion: 1\n",
    "entry_points.txt": "[erp_testkit.standins]\nacme = acme_standin:StandIn\n\n[erp_testkit.adapters]\nacme = fake_erp:connect\n",
}


def with_standin(project, monkeypatch):
    """Give the project an adapter and a stand-in that are registered as a user registers his."""
    site = project.path / "site"
    project.write("site/acme_standin.py", STANDIN)
    for name, text in METADATA.items():
        (site / "acme_erp-1.dist-info").mkdir(exist_ok=True)
        (site / "acme_erp-1.dist-info" / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ["PYTHONPATH"]]))
    monkeypatch.setenv("STANDIN_LOG", str(project.path / "standin.log"))
    project.write("erp-testkit.toml", f'[profiles.acme]\nadapter = "acme"\noptions = {{ address = "{project.url}" }}\n')
    return project.path / "standin.log"


def test_a_standin_is_started_when_needed_and_stopped_at_the_end(project, monkeypatch):
    log = with_standin(project, monkeypatch)
    project.feature(KEPT)
    assert project.kit("run", "orders.feature").ret == 0
    assert log.read_text().split("\n") == ["prepare", "start main", "stop main", "finish", ""]


def test_each_worker_has_an_erp_of_its_own(project, monkeypatch):
    log = with_standin(project, monkeypatch)
    project.feature(KEPT, KEPT_TOO)
    assert project.kit("run", "orders.feature", "-n2").ret == 0
    said = log.read_text().splitlines()
    assert sorted(said) == ["finish", "prepare", "start gw0", "start gw1", "stop gw0", "stop gw1"]
    assert (said[0], said[-1]) == ("prepare", "finish")


def test_all_workers_can_share_one_erp(project, monkeypatch):
    log = with_standin(project, monkeypatch)
    project.feature(KEPT, KEPT_TOO)
    assert project.kit("run", "orders.feature", "-n2", "--erp-shared").ret == 0
    assert log.read_text().splitlines() == ["prepare", "start main", "stop main", "finish"]


def test_a_crashed_worker_fails_the_environment_and_stops_what_was_started(project, monkeypatch):
    log = with_standin(project, monkeypatch)
    steps = (project.path / "conftest.py").read_text(encoding="utf-8")
    project.write("conftest.py", steps + '\n\n@when("the process dies")\ndef die():\n    import os\n    os._exit(9)\n')
    project.feature(KEPT, "@SAL-903\n  Scenario: deadly\n    When the process dies")
    result = project.kit("run", "orders.feature", "-n1", "--max-worker-restart=0", "-p", "no:randomly")
    assert result.ret == 3
    assert "erp-testkit: worker 'gw0' crashed while running 'orders.feature::deadly'" in result.outlines
    assert log.read_text().splitlines()[-1] == "finish"
    manifest = json.loads((project.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["state"] == "partial"


def test_the_terminal_command_is_there():
    assert os.access(KIT, os.X_OK)


def result(**facts):
    known = {"title": "t", "feature": "采购", "file": "f", "language": "en", "outcome": Outcome.KEPT, "seconds": 1.0, "erp_seconds": 0.5}
    return Result(**{**known, **facts})


def test_the_summary_is_straight_whatever_the_language():
    results = [
        result(scenario="SAL-001", rules={"two-pieces": [4, 0, 0, 0], "jobs-done": [0, 0, 0, 0]}),
        result(
            scenario="OWN-001",
            outcome=Outcome.BROKEN,
            rules={"two-pieces": [2, 1, 3, 0], "jobs-done": [0, 0, 0, 0], "late": [1, 0, 0, 2]},
            rules_unknown={"two-pieces": {"movement without a lot": 3}},
            rules_failed={"mine": "integer overflow"},
        ),
        result(scenario="OWN-002", outcome=Outcome.NOT_COVERED, lacks=[Lack(Need.PORT, "Recalls"), Lack(Need.PORT, "Stock")]),
        result(scenario="OWN-003", outcome=Outcome.NOT_COVERED, lacks=[Lack(Need.WRITING, "live")]),
        result(scenario="SAL-002", rules_not_covered={"traces-agree": ["moves", "trace"]}),
        result(scenario="SAL-003", outcome=Outcome.ERROR, message="Failed to reach it.", exit_code=3),
    ]
    shown = lines(
        results, seed=7, folder="runs/1", seconds=9.04, known_but_kept=["SAL-004 (f), by step: r"], unmatched=["X-1"], verdict="Broken."
    )
    assert shown == [
        "Area   kept  broken  known  not covered  error",
        "Sales     2       0      0            0      1",
        "采购      0       1      0            2      0",
        "Total     2       1      0            2      1",
        "",
        "Rules: 3, judged 8 of 13 subjects, 1 violated, 3 unknown, 2 in flight",
        "Violated:",
        "  two-pieces: 1",
        "Unknown:",
        "  3 movement without a lot: two-pieces",
        "Not exercised:",
        "  jobs-done",
        "Rules that could not run:",
        "  mine: integer overflow",
        "Rules not covered:",
        "  no moves, trace: traces-agree",
        "Not covered:",
        "  port Recalls: OWN-002",
        "  port Stock: OWN-002",
        "  writes, and profile live is production: OWN-003",
        "Errors:",
        "  Failed to reach it.: SAL-003",
        "Known but kept; take them off the list of known findings:",
        "  SAL-004 (f), by step: r",
        "Known findings of scenarios that do not exist:",
        "  X-1",
        "Time: 9.0 s; scenarios 6.0 s, 50% of it waiting for the ERP",
        "Seed 7; evidence in runs/1",
        "Broken.",
    ]


def test_the_summary_names_what_broke_by_cause_the_worst_first():
    law = Kind(id="pieces", family=Family.RULE, title="Two at most", title_zh="至多两件", severity=Severity.BLOCKER).found("Rule broken")
    step = STEP_FAILED.found("expected 3, got 4", place="own.count", key="own.count (AssertionError)")
    results = [
        result(scenario="SAL-001", title="An order", outcome=Outcome.BROKEN, findings=[step], language="en"),
        *(result(scenario=f"SAL-{one}", node=str(one), outcome=Outcome.BROKEN, findings=[law, step]) for one in (301, 302)),
        result(scenario="SAL-400", node="400", outcome=Outcome.KNOWN, findings=[law]),
    ]
    shown = lines(results, seed=7, folder="runs/1", seconds=1, known_but_kept=[], unmatched=[], verdict="Broken.")
    start = shown.index("Broken by 2 causes in 3 tests:")
    assert shown[start + 1 : start + 3] == [
        "  blocker · rule pieces: Two at most, in 2 tests, first: SAL-301",
        "  normal · step own.count (AssertionError): An order, in 3 tests, first: SAL-001",
    ]


def test_a_result_is_the_same_after_its_way_from_a_worker():
    found = STEP_FAILED.found("expected 3, got 4", place="a.b", key="a.b (E)", evidence=[{"quantity": "3"}])
    original = result(
        scenario="SAL-001", lacks=[Lack(Need.PORT, "Stock")], findings=[found], rules_not_covered={"r": ["trace"]}, outcome=Outcome.BROKEN
    )

    class Report:
        user_properties = (("erp_testkit", json.loads(json.dumps(original.as_data()))),)

    received = result_of(Report())
    assert received is not None
    assert json.dumps(received.as_data()) == json.dumps(original.as_data())


def test_an_option_the_standin_does_not_have_is_a_usage_error(project):
    project.write("erp-testkit.toml", '[profiles.mine]\nadapter = "reference"\noptions.defects = "negative-stock"\n')
    project.feature(KEPT)
    result = project.kit("run", "orders.feature")
    assert result.ret == 2
    result.stderr.fnmatch_lines(
        "*Failed to start the stand-in of adapter 'reference': expected an option it has, got 'options.defects' in the profile. "
        "Did you mean 'defect'? Valid values are: database, defect, keep, port."
    )


NOTE = """

@when(parsers.parse('the code of "{item}" is noted'))
def note(request, world, item):
    with (request.config.rootpath / "codes.txt").open("a") as file:
        print(request.node.name, world.code("item", item), world.today, file=file)
"""
NOTED = '@SAL-904\n  Scenario: noted\n    When the code of "stent" is noted'
NOTED_TOO = NOTED.replace("904", "905").replace("noted\n", "noted too\n", 1)


def test_a_run_can_draw_what_an_earlier_one_drew(project):
    project.write("conftest.py", (project.path / "conftest.py").read_text(encoding="utf-8") + NOTE)
    project.feature(NOTED, NOTED_TOO)
    noted = []
    for options in (
        ["--erp-run-folder=one"],
        ["--erp-run-folder=two", "--again", "one", "-n2"],
        ["--erp-run-folder=three", "--erp-seed=1"],
    ):
        assert project.kit("run", "orders.feature", *options).ret == 0
        noted.append(sorted((project.path / "codes.txt").read_text().splitlines()))
        (project.path / "codes.txt").unlink()
    assert noted[0] == noted[1]
    assert {line.split()[-2] for line in noted[0]}.isdisjoint({line.split()[-2] for line in noted[2]})
    assert (
        json.loads((project.path / "two" / "manifest.json").read_bytes())["drawn"]["codes"]
        == json.loads((project.path / "one" / "manifest.json").read_bytes())["id"]
    )


def test_a_folder_without_a_run_cannot_be_drawn_again(project):
    project.feature(KEPT)
    result = project.kit("run", "orders.feature", "--again", "nowhere")
    assert result.ret == 2
    assert result.errlines[-1] == (
        "ERROR: Failed to read what run nowhere drew: FileNotFoundError [Errno 2] No such file or directory: 'nowhere/manifest.json'. "
        "Next: name the folder of a run, such as one of .erp-testkit/runs"
    )
