"""Requirements: what ships, what a project adds and changes, and what is wrong with a file."""

import re
from fnmatch import fnmatchcase

import pytest

from erp_testkit.config import load_config
from erp_testkit.contracts.kinds import kind_of
from erp_testkit.contracts.loading import load as load_contract
from erp_testkit.domain.errors import UsageError
from erp_testkit.gate.requirements.requirements import SHIPPED, Risk, load, of_project
from erp_testkit.rules.rule import load_rules
from erp_testkit.shipped import CONTRACTS

OWN = '[COLD-CHAIN]\nen = "Cold goods stay cold."\nzh = "冷链产品全程冷藏。"\nrisk = "high"\nsource = "SOP-17"\n'
CERTAIN = re.compile(r"21 CFR (11\.(10|50|70)|801|830)\b|ISO 13485:2016 (4\.1\.6|7\.5\.8|7\.5\.9|8\.3)$|GS1 General Specifications$")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "requirements").mkdir()
    return tmp_path / "requirements"


def write(folder, text, name="own.toml"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def mistakes(*places):
    with pytest.raises(UsageError) as raised:
        load(places)
    return str(raised.value).splitlines()


def test_every_shipped_requirement_says_what_it_is_in_both_languages_and_how_bad_it_is():
    for one in load([SHIPPED]).values():
        assert one.en.endswith(".") and one.zh.endswith("。") and one.risk in Risk
        assert not one.not_applicable


def test_a_shipped_requirement_names_no_clause_but_the_certain_ones():
    sources = [source for one in load([SHIPPED]).values() for source in one.source.split("; ") if one.source]
    assert sources and [source for source in sources if not CERTAIN.match(source)] == []


def test_every_shipped_rule_is_evidence_for_something_and_every_pattern_names_one():
    patterns = {pattern for one in load([SHIPPED]).values() for pattern in one.rules}
    rules = {rule.id for rule in load_rules()}
    assert [rule for rule in rules if not any(fnmatchcase(rule, pattern) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(fnmatchcase(rule, pattern) for rule in rules)] == []


def test_every_shipped_check_of_a_contract_is_evidence_for_something_and_every_pattern_names_one():
    files = [file for file in sorted(CONTRACTS.rglob("*")) if file.is_file()]
    kinds = {file: kind_of(file, CONTRACTS) for file in files}
    contracts = [load_contract(file, kind) for file, kind in kinds.items() if kind]
    checks = {f"{contract.name} {check.id}" for contract in contracts for check in contract.checks}
    patterns = {pattern for one in load([SHIPPED]).values() for pattern in one.contracts}
    assert len(checks) > 100
    assert [check for check in checks if not any(fnmatchcase(check, pattern) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(fnmatchcase(check, pattern) for check in checks)] == []


def test_a_project_adds_its_own_and_says_more_of_a_shipped_one(tmp_path, folder):
    write(folder, OWN + '[LICENCE]\nsource = "Quality manual 4.2"\n[RETURN-CONTROL]\nnot_applicable = "We take nothing back."\n')
    (tmp_path / "erp-testkit.toml").write_text('requirements = ["requirements"]\n', encoding="utf-8")
    found = of_project(load_config(tmp_path)).listed
    shipped = load([SHIPPED])
    assert list(found) == [*shipped, "COLD-CHAIN"]
    assert (found["LICENCE"].source, found["LICENCE"].en) == ("Quality manual 4.2", shipped["LICENCE"].en)
    assert found["RETURN-CONTROL"].not_applicable == "We take nothing back."
    assert (found["COLD-CHAIN"].text("zh-CN"), found["COLD-CHAIN"].text("en")) == ("冷链产品全程冷藏。", "Cold goods stay cold.")


def test_one_language_is_enough_for_ones_own(folder):
    one = load([write(folder, '[A]\nzh = "冷藏。"\nrisk = "low"\n')])["A"]
    assert (one.en, one.zh, one.source) == ("冷藏。", "冷藏。", "")


def test_all_mistakes_of_all_files_are_told_at_once(folder):
    write(
        folder, '[A]\nen = "x"\nrisk = "hihg"\nrule = ["a"]\n[B]\nen = ""\ncontracts = "erp *"\n["C D"]\nen = "x"\nrisk = "low"\n', "a.toml"
    )
    write(folder, '[E]\nen = "x"\nrisk = "low"\n', "b.toml")
    write(folder, '[E]\nen = "again"\nrisk = "low"\n', "c.toml")
    write(folder, "[", "d.toml")
    assert mistakes(SHIPPED, folder) == [
        f"Failed to read requirements {folder / 'a.toml'}: expected no mistakes, got 4:",
        "- line 3, A.risk: expected one of the valid values, got 'hihg'. Did you mean 'high'? Valid values are: high, low, medium.",
        "- line 4, A.rule: unknown key. Did you mean 'rules'? Valid values are: contracts, en, not_applicable, risk, rules, source, zh.",
        "- line 6, B.en: expected text, got ''.",
        "- line 7, B.contracts: expected a list, got 'erp *'.",
        f"Failed to read requirements {folder / 'c.toml'}: expected no mistakes, got 1:",
        f"- line 1, E: expected an id of its own, got that of {folder / 'b.toml'}.",
        f"Failed to read requirements {folder / 'd.toml'}: expected TOML, got Invalid initial character for a key part "
        "(at end of document).",
    ]


def test_a_requirement_without_text_and_risk_is_none(folder):
    assert mistakes(write(folder, '[NEW]\nsource = "SOP-1"\n'))[1:] == [
        "- line 1, NEW.en: expected text, here or in zh, got nothing.",
        "- line 1, NEW.risk: expected high or medium or low, got nothing.",
    ]


def test_an_id_that_no_tag_can_name_is_none(folder):
    assert mistakes(write(folder, '["C D"]\nen = "x"\nrisk = "low"\n'))[1:] == [
        "- line 1, C D: expected an id of letters, digits and . : / - _, which @req: can name, got 'C D'."
    ]


def test_what_stands_outside_a_table_is_no_requirement(folder):
    assert mistakes(write(folder, 'en = "x"\n'))[1:] == ["- line 1, en: expected a table, got 'x'."]
