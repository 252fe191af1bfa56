"""The protocol: installation, operation and performance of real packs, what was not done, and who signed."""

import re
from html import unescape

import pytest
from gate_packs import LACKS, contract, failed, later, leave, result, rule, violated
from packs import Project, make_pack

from erp_testkit.domain.results import Lack, Need, Outcome
from erp_testkit.evidence.pack import Pack
from erp_testkit.gate.reports import files, protocol, protocol_html
from erp_testkit.gate.requirements.requirements import Requirement, Requirements, Risk
from erp_testkit.gate.verdict.policy import load_policy
from erp_testkit.gate.verdict.verdict import judge

PLANTED = "<script>alert('&1')</script>"
ONE = Requirements({"ORDER": Requirement(id="ORDER", en="Orders are right.", zh="订单正确。", risk=Risk.HIGH)})
NOT_COMPARED = "PQ: nothing was compared with the version before."
NOT_OBSERVED = "PQ: the live system was not observed; no run in production was given."
NO_VERDICT = "The gate has given no verdict of the first run."
NOT_SIGNED = "Nobody has approved these runs electronically."


def built(*runs, requirements=ONE, approvers=None, before=None):
    return protocol.build([Pack.open(run) for run in runs], requirements, approvers, Pack.open(before) if before else None)


def text_of(made, language="en"):
    """The page as a reader sees it, a line for each cell and paragraph."""
    page = protocol_html.as_html(made, language).decode()
    return [line for line in (unescape(part).strip() for part in re.sub(r"<style>.*?</style>|<[^>]+>", "\n", page).splitlines()) if line]


def after(lines, name):
    """What stands in the cell after one."""
    return lines[lines.index(name) + 1]


def order(outcome="kept", **facts):
    return result("SAL-001", outcome, requirements=["ORDER"], **facts)


def test_everything_that_was_not_done_is_named(tmp_path):
    wanted = Requirements({
        **ONE.listed,
        "A": Requirement(id="A", en="A holds.", zh="甲。", risk=Risk.LOW),
        "B": Requirement(id="B", en="B holds.", zh="乙。", risk=Risk.LOW, not_applicable="We have no B."),
    })  # fmt: skip
    run = leave(
        tmp_path / "run",
        result("TRC-001", "not covered", lacks=LACKS, requirements=["ORDER"]),
        result("TRC-002", "not covered", lacks=[Lack(Need.WRITING, "live")], requirements=["ORDER"]),
        result("STK-001", "error", message="ERP gone"),
        partial="interrupted",
        dirty=True,
    )
    made = built(run, requirements=wanted)
    undone = list(protocol.not_done(made))
    assert [line for line in undone if not line.startswith("IQ: run run is not as it was sealed")] == [
        "IQ: run run did not come to its end (partial: interrupted).",
        "IQ: run run tested a change that nobody had committed.",
        "OQ: requirement ORDER is not covered: Orders are right.",
        "OQ: requirement A is not tested: A holds.",
        "OQ: requirement B does not apply: We have no B.",
        "OQ: 1 test is not covered: the adapter has no port recalls.",
        "OQ: 1 test is not covered: writes, and profile live is production.",
        "OQ: 1 test could not be judged.",
        NOT_COMPARED,
        NOT_OBSERVED,
        NO_VERDICT,
        NOT_SIGNED,
    ]
    lines = text_of(made)
    assert [line for line in undone if line not in lines] == []


def test_the_installation_is_what_the_sealed_manifest_says(tmp_path):
    run = make_pack(tmp_path / "run", url="http://erp.example", adapter_version="acme 4.2")
    made = built(run)
    lines, manifest = text_of(made), made.runs[0].pack.manifest
    assert after(lines, "ERP") == "Reference ERP 1.0, http://erp.example"
    assert after(lines, "Adapter") == "reference (acme 4.2)"
    assert after(lines, "Kit").startswith(f"erp-testkit {manifest['kit']}, Python {manifest['python']}")
    assert after(lines, "Change") == manifest["commit"]
    assert after(lines, "Profile and environment") == "reference, test"
    assert after(lines, "Seal") == made.runs[0].examined.digest
    assert after(lines, "Verified") == "every file is as it was sealed"


def test_a_changed_file_shows(tmp_path):
    run = make_pack(tmp_path / "run")
    (run / "summary.json").write_text("{}", encoding="utf-8")
    (problem,) = [line for line in protocol.not_done(built(run)) if "sealed" in line]
    assert problem.startswith("IQ: run run is not as it was sealed: summary.json")


def test_functions_are_told_requirement_by_requirement_with_deviations_and_waivers(tmp_path):
    run = leave(
        tmp_path / "run",
        order(),
        result(
            "SAL-002",
            "broken",
            findings=[rule(severity="minor")],
            requirements=["ORDER"],
            rules=violated(),
        ),
        result("SAL-003", "broken", severity="blocker"),
        contract(),
    )
    at = later()
    found = protocol.build([Pack.open(run)], ONE, None, None).deviations
    waived = next(one.cause.fingerprint for one in found if one.cause.kind.id == "stock-equals-moves")
    waivers = tmp_path / "waivers.toml"
    waivers.write_text(
        f'[[waiver]]\nfingerprint = "{waived}"\nreason = "Counted by hand."\nowner = "Li Na"\napprover = "Wang Wei"\n'
        f'opened = {at.date()}\nexpires = {at.date()}\nlink = "https://quality.example/118"\n',
        encoding="utf-8",
    )
    policy = tmp_path / "gate.toml"
    policy.write_text('extends = "observe"\n[findings]\nminor = "waiver"\nblocker = "reject"\n', encoding="utf-8")
    files.write(judge([Pack.open(run)], load_policy(policy), waivers=waivers, at=at, runs=tmp_path / "none"), run / files.FOLDER)
    made = built(run)
    assert [(str(one.cause.severity), one.cause.name, one.state, bool(one.waiver)) for one in made.deviations] == [
        ("blocker", "step steps.sal_003 (AssertionError)", "rejects", False),
        ("minor", "rule stock-equals-moves", "waived", True),
    ]
    lines = text_of(made)
    assert after(lines, "Verdict of the gate").startswith("rejected, ")
    assert after(lines, "OQ: deviations") == "2, 1 of them waived"
    assert (
        f"waived from {at.date()} until {at.date()}: Counted by hand. (owner Li Na, approved by Wang Wei, https://quality.example/118)"
    ) in lines
    assert NO_VERDICT not in lines


def test_a_verdict_of_another_run_does_not_count(tmp_path):
    first, second = (make_pack(tmp_path / name) for name in ("run", "other"))
    verdict = judge([Pack.open(second)], load_policy("observe"), waivers=None, at=later(), runs=tmp_path / "none")
    files.write(verdict, first / files.FOLDER)
    assert built(first).verdict is None


def test_figures_and_answer_times_are_those_of_the_run(tmp_path):
    lines = text_of(built(make_pack(tmp_path / "run", outcomes=[Outcome.KEPT] * 6)))
    assert after(lines, "orders confirmed") == "6"
    (operation,) = [line for line in lines if line.startswith("GET /orders")]
    assert after(lines, operation) == "250.0 ms"


def test_before_and_after_are_compared(tmp_path):
    before, run = make_pack(tmp_path / "before"), make_pack(tmp_path / "run", outcomes=(Outcome.KEPT, Outcome.BROKEN))
    made = built(run, before=before)
    lines = text_of(made)
    assert NOT_COMPARED not in protocol.not_done(made)
    assert after(lines, "PQ: before and after") == "1 change, 1 of them for the worse"
    place = lines.index("outcome")
    assert lines[place : place + 5] == ["outcome", "SAL-002 (sales.feature)", "kept", "broken", "worse"]


def test_a_run_in_production_is_an_observation_and_no_test(tmp_path):
    run, live = leave(tmp_path / "run", result()), leave(tmp_path / "live", order(), environment="production")
    made = built(run, live)
    assert [one.pack.name for one in made.observed] == ["live"]
    assert (str(made.matrix.rows[0].status), NOT_OBSERVED in protocol.not_done(made)) == ("not tested", False)
    (line,) = [line for line in text_of(made) if line.startswith("Run live, ")]
    assert line.endswith(": 1 kept; 53 rules checked. In production the kit only reads.")


def test_observation_alone_tests_no_function(tmp_path):
    made = built(leave(tmp_path / "live", order(), environment="production"))
    assert "OQ: no run outside production was given; no function was tested." in protocol.not_done(made)
    assert after(text_of(made), "2 Operation (OQ)") == "Not done: no run outside production was given."


def test_signatures_that_hold_are_shown_with_name_role_time_and_meaning(tmp_path):
    project = Project(tmp_path)
    key = project.person("Li Na")
    run = project.run()
    assert project.approve(run, "Li Na", key, meaning="I reviewed the evidence.") == []
    made = built(run, approvers=project.known)
    lines = text_of(made)
    (approval,) = made.runs[0].signatures.approvals
    place = lines.index("Li Na")
    assert lines[place : place + 3] == ["Li Na", "quality manager", "I reviewed the evidence."]
    assert lines[place + 3].startswith(f"{approval.at:%Y-%m-%dT%H:%M}") and lines[place + 4] == "r1"
    assert NOT_SIGNED not in lines and "No electronic signature. To sign on paper:" not in lines


def test_a_signature_that_does_not_hold_is_not_shown_as_one(tmp_path):
    project = Project(tmp_path)
    run = project.run()
    project.approve(run, "Li Na", project.person("Li Na"))
    project.judge(run)
    made = built(run, approvers=project.known)
    lines = text_of(made)
    assert NOT_SIGNED in protocol.not_done(made) and "No electronic signature. To sign on paper:" in lines
    assert after(lines, "Signatures that do not count:").startswith("r1: approvals/01.dsse.json: ")


def test_planted_markup_stays_text(tmp_path):
    run = leave(
        tmp_path / "run",
        order("broken", title=PLANTED, file=PLANTED, findings=[failed(PLANTED)]),
        profile=PLANTED,
        url=PLANTED,
        commit=PLANTED,
        authors=[PLANTED],
    )
    page = protocol_html.as_html(built(run), "en").decode()
    assert "<script" not in page and page.count("&lt;script&gt;alert(&#x27;&amp;1&#x27;)&lt;/script&gt;") >= 6


def test_the_page_needs_nothing_from_outside_and_is_the_same_for_the_same_runs(tmp_path):
    run = make_pack(tmp_path / "run")
    first, second = (protocol_html.as_html(built(run), "en") for _ in range(2))
    assert first == second
    assert not re.search(rb"https?://|src=|@import|url\(|<link", first)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def test_the_command_writes_beside_the_verdict_and_says_what_was_not_done(project):
    project.run("r0")
    run = project.run("r1")
    done = project.kit("protocol", "r1", "--before", "r0")
    assert (done.returncode, done.stderr) == (0, "")
    screen = done.stdout.splitlines()
    assert (screen[0], screen[-1]) == ("Not done:", f"Protocol: {run.relative_to(project.root)}/gate/protocol.html")
    assert f"- {NOT_SIGNED}" in screen and f"- {NOT_COMPARED}" not in screen
    assert (run / "gate" / "protocol.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert project.problems(run) == []


def test_a_run_that_is_not_there_is_told(project):
    done = project.kit("protocol", "gone")
    assert (done.returncode, done.stderr) == (
        2,
        "Failed to read run gone: expected the folder of a run, got no such folder. "
        "Next: name one of .erp-testkit/runs/, or make one: erp-testkit run\n",
    )
