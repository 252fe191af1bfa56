"""The report of a real run, built with the pinned Allure CLI and opened in a browser. `ci/report --setup --browser` installs both."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from erp_projects import KIT
from shop_project import OTHER_RULES, run

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium")
CLI = ROOT / ".erp-testkit" / "report" / "node_modules" / "allure" / "cli.js"

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or not CLI.exists(), reason="no report is looked at: run ci/report --setup --browser first"
)


def kit(*arguments):
    """Call erp-testkit report in this repository, where the Allure CLI was installed."""
    return subprocess.run([KIT, "report", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Folder of a report of scenarios in both languages."""
    results = run(tmp_path_factory.mktemp("shop"), "en/sales.feature", "zh-CN")
    output = results.folder.parent / "report"
    done = kit(results.folder, "--output", output)
    assert (done.returncode, done.stdout) == (0, f"{output / 'index.html'}\n"), done.stderr
    return output


def browse(page, folder, *options):
    """Open a page in a browser of its own that finds no host, and return what it prints."""
    quiet = ("gpu", "quic", "background-networking", "component-update", "sync")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--no-first-run", *(f"--disable-{feature}" for feature in quiet)]
    command += [
        f"--user-data-dir={folder / 'profile'}",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--virtual-time-budget=8000",
        *options,
        page,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def page_of(report, title):
    tests = json.loads((report / "test-results.json").read_text(encoding="utf-8"))["byId"]
    (found,) = [identity for identity, test in tests.items() if test["name"] == title]
    return f"{(report / 'index.html').as_uri()}#{found}"


def texts(dom):
    return set(re.findall(r">([^<>]+)<", dom))


def test_the_first_page_names_features_rules_and_scenarios(report, tmp_path):
    seen = texts(browse((report / "index.html").as_uri(), tmp_path, "--dump-dom"))
    assert seen >= {"erp-testkit", "Sales", "Orders", "销售", "A quotation becomes an order", "Sent twice", "Shop 1.0"}


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (
            "报价单转为销售订单",
            {"假如一家医院", "那么一切正常", f"规则：检查 1 条，违反 0 条，未覆盖 {OTHER_RULES} 条", "SAL-001", "zh-CN"},
        ),
        ("Sent twice", {"When it asks for:", "Category: Rule broken · 违反规则", "Finding: A customer's order number makes one order"}),
    ],
)
def test_a_scenario_shows_its_steps_labels_and_category(report, tmp_path, title, shown):
    assert texts(browse(page_of(report, title), tmp_path, "--dump-dom")) >= {title, *shown}


def asked_by_page(page, folder, *options):
    """Return the addresses outside a page asks for; what the browser asks for itself has no origin."""
    log = folder / "net.json"
    browse(page, folder, f"--log-net-log={log}", *(options or ["--dump-dom"]))
    events = [event.get("params", {}) for event in json.loads(log.read_text(encoding="utf-8"))["events"]]
    asked = {event["url"] for event in events if "url" in event and event.get("initiator", "not an origin") != "not an origin"}
    return {url for url in asked if url.startswith("http")}


def test_the_report_can_be_looked_at_and_calls_nobody(report, tmp_path):
    picture = tmp_path / "report.png"
    assert asked_by_page(page_of(report, "Sent twice"), tmp_path, f"--screenshot={picture}", "--window-size=1400,1000") == set()
    assert picture.stat().st_size > 30_000, "expected a page with text, got an empty one"


def test_a_page_that_calls_somebody_would_be_noticed(tmp_path):
    (tmp_path / "page.html").write_text("<script src=https://www.googletagmanager.com/gtag/js></script>", encoding="utf-8")
    assert asked_by_page((tmp_path / "page.html").as_uri(), tmp_path) == {"https://www.googletagmanager.com/gtag/js"}


def test_without_results_there_is_no_report(tmp_path):
    done = kit(tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == f"Failed to build a report of {tmp_path}: expected Allure results, got none. Next: erp-testkit run\n"


def built(run):
    """Build the report of a run where it lies, and return its folder."""
    done = kit(run)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip()).parent


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs of a project, the second one's report built last."""
    project = tmp_path_factory.mktemp("project")
    results = run(project, "en/sales.feature").folder
    found = [project / ".erp-testkit" / "runs" / name for name in ("20260101T000000Z-a", "20260102T000000Z-b")]
    for one in found:
        shutil.copytree(results, one / "allure-results")
        (one / "manifest.json").write_text("{}", encoding="utf-8")
        built(one)
    return found


def known(runs):
    file = runs[0].parent.parent / "report-history.jsonl"
    return [json.loads(line)["name"] for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_scenario_shows_its_history_over_earlier_runs(runs, tmp_path):
    first, second = (runs[0].parent.parent / "reports" / one.name for one in runs)
    shown = [
        browse(f"{page_of(report, 'Sent twice')}/history", tmp_path, "--dump-dom").count('test-result-history-item"')
        for report in (first, second)
    ]
    assert shown == [0, 1]


def test_a_report_that_is_built_again_counts_its_run_once(runs):
    built(runs[0])
    assert known(runs) == [one.name for one in runs]


def test_the_dashboard_has_figures_and_calls_nobody(runs, tmp_path):
    page = (runs[1].parent.parent / "reports" / runs[1].name / "dashboard.html").as_uri()
    assert asked_by_page(page, tmp_path) == set()
    assert texts(browse(page, tmp_path, "--dump-dom")) >= {"Current status", "Status dynamics", "Sales"}


def test_a_damaged_history_is_told(runs, tmp_path):
    state = tmp_path / ".erp-testkit"
    shutil.copytree(runs[0], state / "runs" / "r")
    (state / "report-history.jsonl").write_text("{\n", encoding="utf-8")
    done = kit(state / "runs" / "r")
    assert done.returncode == 3
    assert done.stderr.startswith(f"Failed to read {state / 'report-history.jsonl'}: expected lines of JSON, got ")
