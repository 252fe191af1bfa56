"""The gate's policy: what the built-in ones say, how a file changes them, and every mistake in a file told at once."""

import re

import pytest

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.findings import Severity
from erp_testkit.domain.results import AREAS, CONTRACTS
from erp_testkit.gate.verdict.policy import BUILT_IN, Consequence, Limit, load_policy
from erp_testkit.pytest_plugin.bdd.gherkin import SCENARIO_ID
from erp_testkit.shipped import FEATURES, ROOT

ORDER = [Consequence.NOTE, Consequence.WAIVER, Consequence.REJECT]


def policy(folder, text):
    file = folder / "gate.toml"
    file.write_text(text, encoding="utf-8")
    return load_policy(file)


def mistakes(folder, text):
    with pytest.raises(UsageError) as raised:
        policy(folder, text)
    return str(raised.value).splitlines()


def consequence(policy, severity="critical", *, known=False, area="Stock", risks=()):
    return policy.consequence(Severity(severity), known=known, area=area, risks=risks)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_policy_says_something_of_everything(name):
    built_in = load_policy(name)
    assert (built_in.name, built_in.extends) == (name, name)
    assert set(built_in.findings) == set(built_in.known) == set(Severity)
    assert set(built_in.consequences) == set(Limit)


@pytest.mark.parametrize(("stricter", "laxer"), [("strict", "standard"), ("standard", "observe")])
def test_of_two_built_in_policies_one_is_nowhere_laxer(stricter, laxer):
    one, other = load_policy(stricter), load_policy(laxer)
    for table in ("findings", "known", "consequences"):
        for key, word in getattr(one, table).items():
            assert ORDER.index(word) >= ORDER.index(getattr(other, table)[key]), f"{table}.{key}"
    assert one.coverage.max_not_covered <= other.coverage.max_not_covered
    assert one.coverage.min_contract_coverage >= other.coverage.min_contract_coverage
    assert one.run.max_age_hours <= other.run.max_age_hours
    assert one.approvals.people >= other.approvals.people


@pytest.mark.parametrize("name", BUILT_IN)
def test_known_is_never_worse_than_not_known(name):
    built_in = load_policy(name)
    for severity in Severity:
        assert ORDER.index(built_in.known[severity]) <= ORDER.index(built_in.findings[severity])


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_policy_asks_for_no_more_scenarios_than_ship(name):
    shipped = {}
    for file in (FEATURES / "en").glob("*.feature"):
        for found in re.findall(rf"@({SCENARIO_ID.pattern})\b", file.read_text(encoding="utf-8")):
            shipped.setdefault(AREAS[found.partition("-")[0]], set()).add(found)
    for area, limits in load_policy(name).areas.items():
        assert area == CONTRACTS or limits.min_scenarios <= len(shipped[area]), area


def test_without_extends_a_file_changes_the_standard_policy(tmp_path):
    changed, standard = policy(tmp_path, '[findings]\nminor = "note"\n'), load_policy("standard")
    assert (changed.name, changed.extends) == ("gate.toml", "standard")
    assert changed.findings == {**standard.findings, Severity.MINOR: Consequence.NOTE}
    assert changed.consequences == standard.consequences
    assert changed.digest != standard.digest


def test_a_file_may_start_from_another_policy(tmp_path):
    changed = policy(tmp_path, 'extends = "observe"\n[run]\nmax_age_hours = 1\n')
    assert (changed.extends, changed.run.max_age_hours) == ("observe", 1)
    assert changed.run.environments == load_policy("observe").run.environments


def test_the_digest_is_of_what_a_policy_says_and_not_of_how_it_is_written(tmp_path):
    one = policy(tmp_path, "# ours\n[run]\nmax_minutes = 5\nmax_age_hours = 1\n").digest
    assert policy(tmp_path, 'extends = "standard"\n[run]\nmax_age_hours = 1\nmax_minutes = 5\n').digest == one
    assert policy(tmp_path, "[run]\nmax_age_hours = 2\nmax_minutes = 5\n").digest != one


def test_an_area_replaces_what_is_said_in_general_and_a_risk_only_sharpens_it(tmp_path):
    ours = policy(
        tmp_path,
        """
        [findings]
        critical = "waiver"
        minor = "note"
        [areas.Stock]
        findings = { critical = "note" }
        known = { critical = "reject" }
        [risks.compliance]
        findings = { minor = "waiver", critical = "note" }
        [risks.delivery]
        findings = { minor = "reject" }
        """,
    )
    assert consequence(ours, area="Sales") == (Consequence.WAIVER, "findings.critical")
    assert consequence(ours) == (Consequence.NOTE, "areas.Stock.findings.critical")
    assert consequence(ours, known=True) == (Consequence.REJECT, "areas.Stock.known.critical")
    assert consequence(ours, area="Sales", risks=["compliance"]) == (Consequence.WAIVER, "findings.critical")
    assert consequence(ours, "minor", risks=["compliance"]) == (Consequence.WAIVER, "risks.compliance.findings.minor")
    assert consequence(ours, "minor", risks=["compliance", "delivery", "own"]) == (Consequence.REJECT, "risks.delivery.findings.minor")


SEVERITIES = "Valid values are: blocker, critical, minor, normal, trivial."
WORDS = "Valid values are: note, reject, waiver."

BAD = [
    ('extends = "standart"', "extends: expected one of the valid values, got 'standart'. Did you mean 'standard'? "
     "Valid values are: observe, standard, strict."),
    ("max_age_hours = 3", "max_age_hours: unknown key. "
     "Valid values are: approvals, areas, consequences, coverage, extends, findings, known, requirements, risks, run, waivers."),
    ('[run]\nenvironments = ["prod"]', "run.environments[1]: expected one of the valid values, got 'prod'. Did you mean 'production'? "
     "Valid values are: production, test, uat."),
    ("[run]\nmax_age_hours = 0", "run.max_age_hours: expected a number above 0, got 0."),
    ('[run]\nmax_minutes = "long"', "run.max_minutes: expected a number above 0, got 'long'."),
    ('[findings]\nblocker = "rejct"', f"findings.blocker: expected one of the valid values, got 'rejct'. Did you mean 'reject'? {WORDS}"),
    ('[findings]\nmajor = "note"', f"findings.major: unknown key. Did you mean 'minor'? {SEVERITIES}"),
    ('[known]\nminor = true', f"known.minor: expected one of the valid values, got true. {WORDS}"),
    ("[coverage]\nmax_not_covered = 5", "coverage.max_not_covered: expected a number of at least 0 and at most 1, got 5."),
    ("[coverage]\nmin_rules = 1.5", "coverage.min_rules: expected a whole number of at least 0, got 1.5."),
    ('[coverage]\nports = "sales"', "coverage.ports: expected a list, got 'sales'."),
    ("[areas.Sales]\nmin_scenario = 4", "areas.Sales.min_scenario: unknown key. "
     "Did you mean 'min_scenarios'? "
     "Valid values are: findings, known, max_not_covered, min_contract_coverage, min_rules, min_scenarios."),
    ("[areas]\nSales = 4", "areas.Sales: expected a table, got 4."),
    ('[risks.compliance]\nfindings = { minor = "x" }',
     f"risks.compliance.findings.minor: expected one of the valid values, got 'x'. {WORDS}"),
    ("[waivers]\nmax_days = 0", "waivers.max_days: expected a whole number of at least 1, got 0."),
    ('[approvals]\npeople = "two"', "approvals.people: expected a whole number of at least 0, got 'two'."),
    ("[approvals]\nroles = [1]", "approvals.roles[1]: expected text, got 1."),
    ("[approvals]\nroles = 2026-11-23", "approvals.roles: expected a list, got '2026-11-23'."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), BAD)
def test_a_mistake_says_where_it_is_and_what_was_expected(tmp_path, text, said):
    assert mistakes(tmp_path, text) == [
        f"Failed to read policy {tmp_path / 'gate.toml'}: expected no mistakes, got 1:",
        f"- line {text.count(chr(10)) + 1}, {said}",
    ]


def test_all_mistakes_are_told_at_once(tmp_path):
    text = '[findings]\nblocker = "no"\nmajor = "no"\n[coverage]\nports = 3\nmin_rules = -1\n[approvals]\npeople = -2\n'
    assert [line.partition(":")[0] for line in mistakes(tmp_path, text)[1:]] == [
        "- line 2, findings.blocker",
        "- line 3, findings.major",
        "- line 5, coverage.ports",
        "- line 6, coverage.min_rules",
        "- line 8, approvals.people",
    ]


def test_a_port_nobody_has_names_the_closest(tmp_path):
    (said,) = mistakes(tmp_path, '[coverage]\nports = ["sales", "tracability"]')[1:]
    assert said.startswith(
        "- line 2, coverage.ports[2]: expected the name of a port, got 'tracability'. Did you mean 'traceability'? Valid "
    )


def test_a_file_that_is_not_there_or_no_toml_says_so(tmp_path):
    with pytest.raises(UsageError) as raised:
        load_policy(tmp_path / "none.toml")
    assert (
        str(raised.value)
        == f"Failed to read policy {tmp_path / 'none.toml'}: expected a file that can be read, got No such file or directory."
    )
    (said,) = mistakes(tmp_path, "[findings")
    assert said.startswith(f"Failed to read policy {tmp_path / 'gate.toml'}: expected TOML, got ")


def test_the_projects_own_policy_can_be_read():
    assert load_policy(ROOT / "ci" / "gate.toml").extends == "standard"
