"""The page of rules: made from them, and every check of oasdiff accounted for."""

import importlib.util
import re
from pathlib import Path

import pytest

from erp_testkit.contracts.compatibility.change import Impact
from erp_testkit.contracts.compatibility.rules import OPENAPI

DOCS = Path(__file__).parents[1] / "docs"
LEVELS = {"INFO": Impact.HARMLESS, "WARN": Impact.RISKY, "ERR": Impact.BREAKING}


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("build_docs", DOCS / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(build):
    assert (DOCS / "compare-rules.md").read_text(encoding="utf-8") == build.built("compare-rules.md"), "Next: python docs/build.py"


def test_every_check_of_oasdiff_is_covered_or_it_is_said_why_not(build):
    for name, level, note in build.oasdiff_checks():
        if name not in OPENAPI:
            assert note, f"{name} is not covered, and nothing says why"
        elif OPENAPI[name].impact is not LEVELS[level]:
            assert note, f"{name} is {level} there and {OPENAPI[name].impact} here, and nothing says why"


def test_where_levels_differ_ours_is_the_higher_one(build):
    order = list(LEVELS.values())
    for name, level, _ in build.oasdiff_checks():
        if name in OPENAPI:
            assert order.index(OPENAPI[name].impact) >= order.index(LEVELS[level]), name


def test_rules_named_in_place_of_others_exist(build):
    named = {rule for _, _, note in build.oasdiff_checks() for rule in re.findall(r"`([^`]+)`", note)}
    assert named <= set(OPENAPI)
    assert len(named) > 10
