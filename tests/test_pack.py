"""The evidence pack a run leaves: complete, chained, sealed, by its schemas, and without secrets."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import jsonschema_rs
import pytest
import shop_project
from packs import Project, exchange, make_pack

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.ledger import Ledger
from erp_testkit.domain.results import Outcome
from erp_testkit.evidence import journal, junit, schema
from erp_testkit.evidence.chain import follow
from erp_testkit.evidence.ledgers import to_parquet
from erp_testkit.evidence.provenance import change, origin
from erp_testkit.evidence.redaction import REDACTED, Redactor
from erp_testkit.evidence.run_folder import RunFolder, RunWriter
from erp_testkit.evidence.verify import examine, examine_journal

KIT = str(Path(sys.executable).parent / "erp-testkit")
PLANTED = re.compile(rb"planted-\d", re.IGNORECASE)


def lines(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def shop(folder, *arguments):
    """Run the shop's scenarios with `erp-testkit run`; in its ledger and exchanges, customers are planted secrets."""
    files = {
        "erp-testkit.toml": shop_project.CONFIG + '[redaction]\nfields = ["customer"]\n',
        "known.toml": shop_project.KNOWN,
        "shop.py": shop_project.SHOP.replace('Bearer planted-3"', 'Bearer planted-3 and planted-5"').replace(
            "def quote(self, customer):", "def quote(self, customer):\n        customer = 'planted-6'"
        ),
        "conftest.py": shop_project.STEPS,
        "sales.feature": shop_project.ENGLISH,
        "ends.feature": shop_project.ENDS,
    }
    for name, text in files.items():
        (folder / name).write_text(text.lstrip(), encoding="utf-8")
    environ = {**os.environ, "SHOP_PASSWORD": "planted-5", "PYTHONPATH": str(folder)}
    command = [KIT, "run", "-p", "no:randomly", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def pack_of(folder):
    (found,) = (folder / ".erp-testkit" / "runs").iterdir()
    return found


@pytest.fixture(scope="module")
def shopped(tmp_path_factory):
    """The pack of a run in two processes in which much goes wrong."""
    folder = tmp_path_factory.mktemp("shop")
    done = shop(folder, "-n2", "sales.feature")
    assert done.returncode == 1, done.stdout + done.stderr
    return pack_of(folder)


def test_a_run_leaves_a_sealed_pack(shopped):
    found = examine(shopped)
    assert (found.problems, found.is_complete, examine_journal([found])) == ([], True, [])
    index = json.loads((shopped / "pack.json").read_bytes())
    names = {one["path"] for one in index["files"] if not one["path"].startswith("allure-results/")}
    assert names - {f"{kind}-{worker}.jsonl" for kind in ("events", "exchanges") for worker in ("gw0", "gw1")} == {
        "findings.json",
        "junit.xml",
        "ledgers/orders.parquet",
        "manifest.json",
        "summary.json",
    }
    assert subprocess.run(["sha256sum", "--check", "pack.sha256"], cwd=shopped, capture_output=True, check=False).returncode == 0


def test_every_file_keeps_to_its_schema(shopped):
    index = json.loads((shopped / "pack.json").read_bytes())
    manifest = json.loads((shopped / "manifest.json").read_bytes())
    assert schema.mistakes("pack", index, "") == schema.mistakes("manifest", manifest, "") == []
    assert schema.mistakes("findings", json.loads((shopped / "findings.json").read_bytes()), "") == []
    events = [event for file in shopped.glob("events-*.jsonl") for event in lines(file)]
    exchanges = [one for file in shopped.glob("exchanges-*.jsonl") for one in lines(file)]
    assert len(events) == 9 and len(exchanges) == 3
    assert [mistake for one in events for mistake in schema.mistakes("event", one, "")] == []
    assert [mistake for one in exchanges for mistake in schema.mistakes("exchange", one, "")] == []


@pytest.mark.parametrize("file", sorted(schema.SCHEMAS.glob("*.json")), ids=lambda file: file.name)
def test_schemas_are_schemas_and_let_later_kits_add_keys(file):
    data = json.loads(file.read_text(encoding="utf-8"))
    jsonschema_rs.meta.validate(data)
    assert "additionalProperties" not in data


def test_the_findings_of_all_processes_are_in_one_file(shopped):
    findings = json.loads((shopped / "findings.json").read_bytes())
    assert sorted((one["node"].partition("::")[2], one["outcome"], one["kind"]["id"], one["test"], one["key"]) for one in findings) == [
        ("Accepted for now", "known", "step-failed", "SAL-008", "conftest.confirm (AssertionError)"),
        ("Nothing fits", "broken", "step-failed", "SAL-003", "conftest.confirm (AssertionError)"),
        ("Sent twice", "broken", "one-order-per-reference", "SAL-006", ""),
        ("The ERP answers nonsense", "broken", "step-failed", "SAL-005", "conftest.confirm (ErpBroke)"),
        ("The ERP says no", "broken", "step-failed", "SAL-004", "conftest.confirm (refused: state)"),
    ]


def test_the_manifest_says_what_the_run_was_made_of(shopped):
    manifest = json.loads((shopped / "manifest.json").read_bytes())
    root = shopped.parents[2]
    named = f"{subprocess.run(['sha256sum', 'erp-testkit.toml'], cwd=root, capture_output=True, text=True, check=True).stdout}"
    digest = subprocess.run(["sha256sum"], input=named, capture_output=True, text=True, check=True).stdout[:64]
    assert manifest["configuration"] == {"files": 1, "sha256": digest}
    assert {name: one["files"] for name, one in manifest["suite"].items()} == {"features": 1, "rules": 53, "contracts": 0}
    assert (manifest["erp"], manifest["adapter"], manifest["adapter_version"]) == ("Shop 1.0", "shop:connect", None)
    assert (manifest["containers"], manifest["deployed"], manifest["format"]) == ([], {}, "1.0")


def test_no_secret_is_left_in_any_byte_of_the_pack(shopped):
    found = [file.name for file in shopped.rglob("*") if file.is_file() and PLANTED.search(file.read_bytes())]
    assert found == []
    rows = duckdb.sql(f"SELECT * FROM '{shopped}/ledgers/orders.parquet'").fetchall()
    assert rows and not PLANTED.search(repr(rows).encode())
    assert "[redacted]" in (shopped / "junit.xml").read_text(encoding="utf-8")


def test_the_ledgers_are_there_for_every_test(shopped):
    table = duckdb.sql(f"SELECT node, order_no, customer, reference, state FROM '{shopped}/ledgers/orders.parquet' ORDER BY ALL").fetchall()
    assert table == [
        ("sales.feature::A quotation becomes an order", "SO0", REDACTED, "R1", "quotation"),
        ("sales.feature::Sent twice", "SO0", REDACTED, "R1", "quotation"),
        ("sales.feature::Sent twice", "SO1", REDACTED, "R1", "quotation"),
    ]


def test_the_columns_of_ledgers_are_typed(shopped):
    described = duckdb.sql(f"DESCRIBE SELECT * FROM '{shopped}/ledgers/orders.parquet'").fetchall()
    assert [(name, kind) for name, kind, *_ in described] == [
        ("node", "VARCHAR"),
        *((name, "VARCHAR") for name in ("order_no", "customer", "reference", "state")),
        *((name, "DECIMAL(38,6)") for name in ("net", "tax", "total")),
        ("ordered_at", "TIMESTAMP WITH TIME ZONE"),
    ]


def test_a_table_without_rows_is_there_and_one_the_erp_cannot_answer_for_is_not(tmp_path):
    writer = RunWriter(tmp_path, "main", Redactor())
    on_hand = dict.fromkeys(("item", "place", "place_kind", "lot", "serial")) | {"quantity": "123456789012345.678901", "reserved": "1"}
    writer.ledger("a", Ledger({"lots": [], "on_hand": [on_hand]}))
    writer.ledger("b", Ledger({"on_hand": []}))
    writer.close()
    to_parquet(tmp_path)
    assert sorted(file.name for file in tmp_path.rglob("*") if file.is_file()) == ["lots.parquet", "on_hand.parquet"]
    assert duckdb.sql(f"SELECT count(*) FROM '{tmp_path}/ledgers/lots.parquet'").fetchall() == [(0,)]
    (row,) = duckdb.sql(f"SELECT node, quantity::VARCHAR, lot FROM '{tmp_path}/ledgers/on_hand.parquet'").fetchall()
    assert row == ("a", "123456789012345.678901", None)


def test_lines_are_chained_also_after_a_file_was_opened_again(tmp_path):
    for number in (1, 2):
        writer = RunWriter(tmp_path, "main", Redactor())
        writer.event("scenario", {"number": number})
        writer.exchanges("a", [exchange(1), exchange(2)])
        writer.close()
    for name, count in (("events-main.jsonl", 2), ("exchanges-main.jsonl", 4)):
        with (tmp_path / name).open("rb") as file:
            followed = follow(file, f"{tmp_path.name}/{name}")
        assert (followed.lines, followed.broken_at, followed.half) == (count, None, False)


def test_a_run_never_goes_into_the_folder_of_another(tmp_path):
    make_pack(tmp_path / "out")
    with pytest.raises(UsageError) as failure:
        RunFolder(tmp_path / "out").begin({})
    assert str(failure.value) == (
        f"Failed to begin a run in {tmp_path / 'out'}: expected a folder without a run, got one. "
        "Next: name another folder with --erp-run-folder, or none"
    )


def test_each_run_names_the_one_before(tmp_path):
    project = Project(tmp_path / "project")
    first, second = project.run("r1", judged=False), project.run("r2", judged=False)
    follows = [json.loads((pack / "manifest.json").read_bytes())["follows"] for pack in (first, second)]
    assert follows[0]["run"] is follows[0]["digest"] is None
    assert (follows[1]["run"], follows[1]["digest"]) == ("r1", examine(first).digest)


def test_runs_at_the_same_time_stand_in_one_chain(tmp_path):
    state = tmp_path / ".erp-testkit"
    with ThreadPoolExecutor(8) as pool:
        packs = list(pool.map(lambda number: make_pack(state / "runs" / f"r{number}", state=state), range(8)))
    assert examine_journal([examine(pack) for pack in packs]) == []
    assert len(lines(state / journal.FILE)) == 16


def test_an_interrupted_run_is_sealed_as_partial(tmp_path):
    done = shop(tmp_path, "ends.feature", "-k", "stopped")
    pack = pack_of(tmp_path)
    found = examine(pack)
    assert (done.returncode, found.problems, found.is_complete) == (3, [], False)
    assert "partial: interrupted; it cannot be signed" in found.notes


def test_a_killed_run_leaves_whole_chained_lines_and_cannot_be_signed(tmp_path):
    project = Project(tmp_path / "project")
    key = project.pipeline()
    root = project.root
    slow = shop_project.SHOP.replace(
        "def confirm(self, how):", "def confirm(self, how):\n        if how == 'shipped': import time; time.sleep(60)"
    )
    files = {"erp-testkit.toml": shop_project.CONFIG, "known.toml": shop_project.KNOWN, "shop.py": slow}
    files |= {"conftest.py": shop_project.STEPS, "sales.feature": shop_project.ENGLISH}
    for name, text in files.items():
        (root / name).write_text(text.lstrip(), encoding="utf-8")
    environ = {**os.environ, "SHOP_PASSWORD": "planted-5", "PYTHONPATH": str(root)}
    command = [KIT, "run", "-p", "no:randomly", "-p", "no:cacheprovider", "sales.feature"]
    process = subprocess.Popen(command, cwd=root, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not [file for file in root.glob(".erp-testkit/runs/*/events-main.jsonl") if file.read_bytes().count(b"\n") == 2]:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    pack = pack_of(root)
    found = examine(pack)
    assert found.problems == [
        "pack.json: is missing: the run was killed, or still runs; nothing says which files belong to it, and it cannot be signed"
    ]
    assert "events-main.jsonl: 2 lines" in found.notes
    assert [event["scenario"] for event in lines(pack / "events-main.jsonl")] == ["SAL-001", "SAL-002"]
    assert examine_journal([found]) == []
    done = project.kit("sign", pack, "--as", "ci", "--key", key, SHOP_PASSWORD="x")
    assert (done.returncode, done.stdout) == (1, f"Not signed: {pack}\n- {found.problems[0]}\n- it is running: it never ended\n")


@pytest.fixture
def repository(tmp_path):
    """A repository of one commit, and how to run git in it."""

    def git(*arguments, name="Zhao Min"):
        who = ["-c", f"user.name={name}", "-c", f"user.email={name.replace(' ', '.').lower()}@example.com", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", "-C", tmp_path, *who, *arguments], check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q", "-b", "main")
    git("commit", "-q", "--allow-empty", "-m", "first")
    return tmp_path, git


def test_the_authors_of_a_change_are_all_who_wrote_it(repository):
    root, git = repository
    assert change(root) == {"commit": git("rev-parse", "HEAD"), "dirty": False, "authors": ["Zhao Min <zhao.min@example.com>"]}
    git("commit", "-q", "--allow-empty", "-m", "second\n\nCo-authored-by: Chen Jie <chen@example.com>", name="Li Na")
    assert change(root)["authors"] == ["Chen Jie <chen@example.com>", "Li Na <li.na@example.com>"]
    git("checkout", "-q", "-b", "topic", "HEAD^")
    git("commit", "-q", "--allow-empty", "-m", "third", name="Sun Li")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "-m", "merge", "topic", name="Wang Wei")
    assert change(root)["authors"] == ["Sun Li <sun.li@example.com>", "Wang Wei <wang.wei@example.com>"]


def test_whatever_differs_from_the_commit_makes_it_dirty(repository):
    root, _ = repository
    (root / ".erp-testkit").mkdir()
    (root / ".erp-testkit" / "runs.jsonl").write_text("", encoding="utf-8")
    assert change(root)["dirty"] is False
    (root / "conftest.py").write_text("", encoding="utf-8")
    assert change(root)["dirty"] is True


@pytest.mark.parametrize(
    ("environ", "actor", "address"),
    [
        (
            {"GITHUB_ACTOR": "lina", "GITHUB_RUN_ID": "7", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r"},
            "lina",
            "https://github.com/o/r/actions/runs/7",
        ),
        ({"GITLAB_USER_LOGIN": "lina", "CI_JOB_URL": "https://gitlab/j/7"}, "lina", "https://gitlab/j/7"),
        ({"CHANGE_AUTHOR": "lina", "BUILD_URL": "https://jenkins/7/"}, "lina", "https://jenkins/7/"),
        (
            {
                "BUILD_REQUESTEDFOREMAIL": "li@example.com",
                "BUILD_BUILDID": "7",
                "SYSTEM_COLLECTIONURI": "https://dev.azure.com/o/",
                "SYSTEM_TEAMPROJECT": "p",
            },
            "li@example.com",
            "https://dev.azure.com/o/p/_build/results?buildId=7",
        ),
        ({}, None, None),
    ],
)
def test_pipelines_say_who_and_where(tmp_path, environ, actor, address):
    facts = origin(tmp_path, environ)
    assert (facts["who"]["actor"], facts["where"]["ci"]) == (actor, address)
    assert facts["where"]["host"]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ('{"patient": "Li", "name": "Li"}', '{"patient": "[redacted]", "name": "Li"}'),
        ('{"Pa-Tient": {"a": 1}, "patients": 2}', '{"Pa-Tient": "[redacted]", "patients": 2}'),
        ("<patient>Li</patient>", "[redacted: names a secret and is no JSON]"),
        (
            '{"headers": {"Content-Type": "a", "X-Mine": "Li", "Set-Cookie": "Li"}}',
            '{"headers": {"Content-Type": "a", "X-Mine": "[redacted]", "Set-Cookie": "[redacted]"}}',
        ),
        ('{"responseHeaders": {"Date": "Mon", "X-Api": ["Li"]}}', '{"responseHeaders": {"Date": "Mon", "X-Api": "[redacted]"}}'),
    ],
)
def test_fields_by_configuration_and_unknown_headers_are_taken_out(body, kept):
    assert Redactor(fields=["patient"]).body(body) == kept


def test_fields_by_configuration_do_not_touch_what_the_kit_says_itself():
    redactor = Redactor(fields=["state", "title"])
    event = {"title": "Order", "message": "state: open", "findings": [{"title": "Law", "evidence": [{"state": "open", "title": "Dr."}]}]}
    assert json.loads(redactor.json(json.dumps(event))) == {
        "title": "Order",
        "message": "state: [redacted]",
        "findings": [{"title": "Law", "evidence": [{"state": REDACTED, "title": REDACTED}]}],
    }


def test_logs_of_stand_ins_are_kept_without_secrets(tmp_path):
    source = tmp_path / "server.log"
    writer = RunWriter(tmp_path, "gw0", Redactor(["planted-1"]))
    writer.log("erp", source)
    source.write_text("", encoding="utf-8")
    writer.log("erp", source)
    assert not (tmp_path / "logs").exists()
    source.write_bytes(b"login planted-1\nAuthorization: Bearer planted-22\n\xff ready\n")
    writer.log("erp", source)
    assert (tmp_path / "logs" / "erp-gw0.log").read_text(encoding="utf-8") == (
        "login [redacted]\nAuthorization: [redacted] [redacted]\n\N{REPLACEMENT CHARACTER} ready\n"
    )


def test_a_junit_file_keeps_its_form_without_secrets(tmp_path):
    file = tmp_path / "junit.xml"
    junit.clean(file, Redactor(), "mine")
    file.write_text(
        '<testsuites><testcase name="a"><properties><property name="mine" value="x" /><property name="b" value="token=planted-1" />'
        "</properties><failure message=\"password='planted-2'\">Bearer planted-33\n1 &lt; 2</failure></testcase></testsuites>",
        encoding="utf-8",
    )
    junit.clean(file, Redactor(), "mine")
    assert file.read_text(encoding="utf-8").split("\n", 1)[1] == (
        '<testsuites><testcase name="a"><properties><property name="b" value="token=[redacted]" />'
        "</properties><failure message=\"password='[redacted]'\">Bearer [redacted]\n1 &lt; 2</failure></testcase></testsuites>"
    )


def test_the_journal_of_a_state_folder_that_cannot_be_read_is_a_clear_message(tmp_path):
    project = Project(tmp_path / "project")
    project.run(judged=False, outcomes=[Outcome.KEPT])
    (project.state / journal.FILE).write_bytes(b"nonsense\n")
    done = project.kit("verify", ".erp-testkit/runs/r1")
    assert done.returncode == 1
    assert f"! {project.state / journal.FILE}: expected lines of JSON, got others" in done.stdout
