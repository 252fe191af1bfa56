"""Approvals: who may sign what, and what every refusal says."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from packs import AUTHOR, Project

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.results import Outcome
from erp_testkit.evidence.chain import digest
from erp_testkit.evidence.signing import digests_of, verified
from erp_testkit.gate.approval.approvers import load_approvers

MEANING = "I reviewed the evidence and approve the change for production"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


def moments(text):
    return re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d\.\d+Z)?", "TIME", text)


def test_two_people_sign_and_the_second_sees_and_signs_over_the_first(project):
    li, wang = project.person("Li Na", role="quality manager"), project.person("Wang Wei", role="head of logistics")
    pack = project.run()
    first = project.kit("approve", pack, "--as", "Li Na", "--key", li, "--meaning", MEANING)
    assert (first.returncode, moments(first.stdout)) == (
        0,
        f"approved by Li Na, quality manager, TIME UTC: {MEANING}\n{pack}/approvals/01.dsse.json\n",
    )
    second = project.kit("approve", pack, "--as", "Wang Wei", "--key", wang, "--meaning", "I agree")
    assert (second.returncode, moments(second.stdout)) == (
        0,
        f"approved by Li Na, quality manager, TIME UTC: {MEANING}\n"
        f"approved by Wang Wei, head of logistics, TIME UTC: I agree\n{pack}/approvals/02.dsse.json\n",
    )
    said, _ = verified((pack / "approvals" / "02.dsse.json").read_bytes(), [person.key for person in project.known.people])
    assert digests_of(said) == {
        name: digest((pack / name).read_bytes()) for name in ("pack.json", "gate/verdict.json", "approvals/01.dsse.json")
    }
    assert said["predicate"].keys() == {"name", "role", "at", "meaning", "run", "change", "verdict"}
    assert project.problems(pack) == []


def test_a_signature_taken_out_or_moved_does_not_hold(project):
    li, wang = project.person("Li Na"), project.person("Wang Wei")
    pack, other = project.run(), project.run("r2")
    assert project.approve(pack, "Li Na", li) == project.approve(pack, "Wang Wei", wang) == []
    (other / "approvals").mkdir()
    moved = (other / "approvals" / "01.dsse.json", (pack / "approvals" / "01.dsse.json").read_bytes())
    moved[0].write_bytes(moved[1])
    assert project.problems(other) == ["approvals/01.dsse.json: expected an approval of pack.json as it is here, got one of another"]
    (pack / "approvals" / "01.dsse.json").unlink()
    assert project.problems(pack) == ["approvals/02.dsse.json: does not belong to the run, or one before it is missing"]
    (pack / "approvals" / "02.dsse.json").rename(pack / "approvals" / "01.dsse.json")
    assert project.problems(pack) == [
        "approvals/01.dsse.json: expected an approval of approvals/01.dsse.json as it is here, got one of another"
    ]


def test_the_author_cannot_approve(project):
    by_name = project.person("Zhao Min")
    by_address = project.person("Zhao", login="ZHAO.MIN@example.com")
    by_pipeline = project.person("Chen Jie", login="chenjie")
    pack = project.run(who={"user": "root", "actor": "chenjie"})
    had = f"had a hand in the change (author {AUTHOR}); somebody else must approve it"
    assert project.approve(pack, "Zhao Min", by_name) == [f"Zhao Min {had}"]
    assert project.approve(pack, "Zhao", by_address) == [f"Zhao {had}"]
    assert project.approve(pack, "Chen Jie", by_pipeline) == [
        "Chen Jie had a hand in the change (who started the pipeline, chenjie); somebody else must approve it"
    ]


def test_nobody_approves_twice_not_even_with_another_key(project):
    old = project.person("Li Na", until="2026-01-02")
    pack = project.run()
    assert project.approve(pack, "Li Na", old)[0] == "the key of Li Na held until 2026-01-02"
    old.unlink()
    new = project.person("Li Na", since="2026-01-03")
    assert project.approve(pack, "Li Na", new) == []
    (again,) = project.approve(pack, "Li Na", new)
    assert moments(again) == "Li Na approved it already, TIME"


@pytest.mark.parametrize(
    ("validity", "reason"),
    [
        ({"since": "2098-01-01"}, "the key of Li Na holds from 2098-01-01"),
        ({"until": "2026-01-02"}, "the key of Li Na held until 2026-01-02"),
        (
            {"more": 'revoked = 2026-01-05\nbecause = "the laptop was stolen"'},
            "the key of Li Na was revoked on 2026-01-05: the laptop was stolen",
        ),
    ],
)
def test_a_key_that_does_not_hold_signs_nothing(project, validity, reason):
    key = project.person("Li Na", **validity)
    assert project.approve(project.run(), "Li Na", key) == [reason]


def test_a_signature_made_before_a_key_was_revoked_still_holds(project):
    key = project.person("Li Na")
    pack = project.run()
    assert project.approve(pack, "Li Na", key) == []
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    project.text = project.text.replace("until = 2099", f'revoked = {tomorrow}\nbecause = "left"\nuntil = 2099')
    project.write("")
    assert project.problems(pack) == []
    project.text = project.text.replace(f"revoked = {tomorrow}", "revoked = 2026-01-05")
    project.write("")
    assert project.problems(pack) == ["approvals/01.dsse.json: the key of Li Na was revoked on 2026-01-05: left"]


def test_a_clock_before_the_end_of_the_run_is_refused(project):
    key = project.person("Li Na")
    pack = project.run()
    finished = json.loads((pack / "manifest.json").read_bytes())["finished"]
    assert project.approve(pack, "Li Na", key, at=datetime(2026, 6, 1, tzinfo=UTC)) == [
        f"the clock says 2026-06-01T00:00:00.000000Z, which is before {finished}, when it ended or was approved last"
    ]


def test_only_a_whole_run_with_a_verdict_for_signing_can_be_approved(project):
    key = project.person("Li Na")
    unjudged = project.run("unjudged", judged=False)
    assert project.approve(unjudged, "Li Na", key) == [f"it has no verdict. Next: erp-testkit gate {unjudged}"]
    rejected = project.run("rejected", outcomes=[Outcome.KEPT, Outcome.BROKEN])
    assert project.approve(rejected, "Li Na", key) == ["its verdict is: rejected"]
    partial = project.run("partial", judged=False, partial="interrupted")
    project.judge(partial)
    assert project.approve(partial, "Li Na", key) == ["it is partial: interrupted", "its verdict is: rejected"]
    changed = project.run("changed")
    (changed / "summary.json").write_text("{}", encoding="utf-8")
    assert project.approve(changed, "Li Na", key)[0].startswith("not as it was sealed: summary.json: ")
    exchanged = project.run("exchanged")
    for file in (exchanged / "gate").iterdir():
        file.write_bytes((unjudged.parent / "changed" / "gate" / file.name).read_bytes())
    assert project.approve(exchanged, "Li Na", key) == [f"its verdict is of another run. Next: erp-testkit gate {exchanged}"]


def test_all_reasons_are_told_at_once_and_nothing_is_written(project):
    key = project.person("Zhao Min", until="2026-01-02")
    pack = project.run(judged=False)
    done = project.kit("approve", pack, "--as", "Zhao Min", "--key", key, "--meaning", " ")
    assert (done.returncode, done.stdout) == (
        1,
        f"Not approved: {pack}\n"
        f"- it has no verdict. Next: erp-testkit gate {pack}\n"
        "- the key of Zhao Min held until 2026-01-02\n"
        f"- Zhao Min had a hand in the change (author {AUTHOR}); somebody else must approve it\n"
        "- a signature needs a meaning, such as 'I reviewed the evidence and approve the change for production'\n",
    )
    assert not (pack / "approvals").exists()


def test_unknown_names_and_keys_are_usage_errors(project):
    pack = project.run()
    done = project.kit("approve", pack, "--as", "Li Na", "--key", "x.pem", "--meaning", MEANING)
    assert (done.returncode, done.stderr) == (
        2,
        "Failed to find who may sign: expected ci/approvers.toml, got none. Next: erp-testkit keys new NAME, and write it there\n",
    )
    li, wang = project.person("Li Na"), project.person("Wang Wei")
    done = project.kit("approve", pack, "--as", "Li Nan", "--key", li, "--meaning", MEANING)
    assert (done.returncode, done.stderr) == (
        2,
        f"Failed to approve as 'Li Nan': expected somebody in {project.approvers}, got nobody. "
        "Did you mean 'Li Na'? Valid values are: Li Na, Wang Wei.\n",
    )
    done = project.kit("approve", pack, "--as", "Li Na", "--key", wang, "--meaning", MEANING)
    assert (done.returncode, re.sub(r"[0-9a-f]{16}", "KEY", done.stderr)) == (
        2,
        f"Failed to sign with key {wang}: expected the private half of key KEY…, got that of KEY….\n",
    )


def test_all_mistakes_of_the_file_are_told_at_once(project):
    project.person("Li Na", more='mail = "li@example.com"')
    project.write('[[approver]]\nname = "Wang Wei"\nrole = "x"\nkey = "abc"\nfrom = "soon"\nuntil = 2026-01-01\nenvironments = []\n')
    lines = project.text.splitlines()
    mail = lines.index('mail = "li@example.com"') + 1
    second = len(lines) - lines[::-1].index("[[approver]]")
    with pytest.raises(UsageError) as failure:
        load_approvers(project.approvers)
    assert str(failure.value) == (
        f"Failed to read approvers {project.approvers}: expected no mistakes, got 4:\n"
        f"- line {mail}, approver[1].mail: unknown key. "
        "Valid values are: because, environments, from, key, logins, name, revoked, role, until.\n"
        f"- line {second + 3}, approver[2].key: expected a public key as 'erp-testkit keys new' shows it, got 'abc'.\n"
        f"- line {second + 4}, approver[2].from: expected a day such as 2026-11-30, got 'soon'.\n"
        f"- line {second + 6}, approver[2].environments: expected at least one environment, got []."
    )


def test_what_does_not_fit_together_in_the_file_is_told(project):
    project.person("Li Na", since="2026-02-01", until="2026-01-01")
    project.person("Wang Wei", more="revoked = 2026-01-05")
    with pytest.raises(UsageError) as failure:
        load_approvers(project.approvers)
    assert [line.partition(", ")[2] for line in str(failure.value).splitlines()[1:]] == [
        "approver[1].until: expected a day from 2026-02-01 on, got 2026-01-01.",
        "approver[2].because: expected why it was revoked, got nothing.",
    ]


def test_a_key_belongs_to_one(project):
    project.person("Li Na")
    project.write(f'[[pipeline]]\nname = "ci"\nkey = "{load_approvers_key(project.text)}"\n')
    with pytest.raises(UsageError) as failure:
        load_approvers(project.approvers)
    assert str(failure.value).splitlines()[1].endswith(", pipeline[1].key: expected a key of its own, got that of Li Na.")


def load_approvers_key(text):
    return re.search(r'key = "([^"]+)"', text)[1]
