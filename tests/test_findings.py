"""Kinds in one registry, and fingerprints that say the same in every run."""

import re

import pytest

from erp_testkit.contracts.compatibility.findings import COMPATIBILITY
from erp_testkit.contracts.mapping.findings import MAPPING
from erp_testkit.contracts.messages.findings import MESSAGES
from erp_testkit.contracts.openapi.findings import CHECKS
from erp_testkit.domain.findings import CHECK_FAILED, KINDS, STEP_FAILED, Family, Finding, Kind, Severity, register
from erp_testkit.rules.rule import load_rules

HAN = re.compile("[一-鿿]")


def test_every_kind_is_in_the_registry_once_and_is_told_in_both_languages_and_on_a_page():
    laws = [rule.kind for rule in load_rules()]
    kinds = [*CHECKS.values(), *MAPPING.values(), *MESSAGES.values(), *COMPATIBILITY.values(), *laws, STEP_FAILED, CHECK_FAILED]
    assert {(kind.family, kind.id): kind for kind in kinds} == KINDS
    assert len(KINDS) == len(kinds)
    assert [kind.id for kind in kinds if not HAN.search(kind.title_in("zh-CN")) or HAN.search(kind.title_in("en"))] == []
    assert [kind.id for kind in kinds if not re.fullmatch(r"docs/[\w-]+\.md(#[\w-]+)?", kind.page)] == []


def test_an_id_stands_for_one_kind():
    other = Kind(id="leak", family=Family.CONTRACT, title="Water", title_zh="水", severity=Severity.MINOR)
    with pytest.raises(ValueError, match=r"^contract leak is registered already, as 'An answer shows what must stay inside'$"):
        register(other)


def test_a_cause_knows_nothing_of_place_text_severity_or_evidence():
    kind = MAPPING["field-shift"]
    one = kind.found("lot L-1 in serial", place="a.lot", key="wms lot", evidence=[{"lot": "L-1"}])
    other = kind.found("lot L-2 in serial", place="b.lot", key="wms lot", severity=Severity.BLOCKER)
    elsewhere = kind.found("lot L-1 in serial", place="a.lot", key="wms serial")
    assert one.cause == other.cause != elsewhere.cause


def test_a_finding_is_the_same_after_its_way_through_a_file():
    finding = MAPPING["field-shift"].found("lot in serial", place="lot", key="wms lot", evidence=[{"lot": "L-1"}])
    assert Finding.of_data(finding.as_data()) == finding
