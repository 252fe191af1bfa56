"""The laws of the house that no other tool holds: the length of modules, one way to do a thing, one word per idea."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
KIT = sorted((ROOT / "erp_testkit").rglob("*.py"))
LONGEST = 500
"""Lines."""


def tracked(*patterns):
    done = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def found_in(pattern, files):
    """Return the modules in which an expression occurs."""
    expression = re.compile(pattern, re.MULTILINE)
    return {file.relative_to(ROOT).as_posix() for file in files if expression.search(file.read_text(encoding="utf-8"))}


def test_no_module_is_longer_than_a_person_can_hold():
    lengths = {file.relative_to(ROOT).as_posix(): len(file.read_text(encoding="utf-8").split("\n")) - 1 for file in KIT}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


@pytest.mark.parametrize(
    ("what", "pattern", "home"),
    [
        ("YAML is read", r"^import yaml|yaml.*Loader", {"erp_testkit/specs/text.py"}),
        ("what happens elsewhere is waited for", r"while .*monotonic\(\) <|if time\.monotonic\(\) >", {"erp_testkit/standins/waiting.py"}),
        ("HTML is written", r"<!doctype|</t[dr]>|</span>|</html>", {"erp_testkit/evidence/markup.py"}),
    ],
)
def test_there_is_one_way_to_do_it(what, pattern, home):
    assert found_in(pattern, KIT) == home, what


def test_each_word_of_the_glossary_stands_there_once():
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = [word for row in re.findall(r"^\| (?!English|---)([^|]+) \|", text, re.MULTILINE) for word in row.strip().split(", ")]
    assert len(words) > 60
    assert sorted({word for word in words if words.count(word) > 1}) == []


def test_one_paper_has_one_name_in_chinese():
    texts = tracked("features", "fixtures", "erp_testkit", "docs", "contracts", "ci")
    readable = [file for file in texts if file.suffix in {".py", ".sql", ".feature", ".toml", ".md", ".yaml", ".typ", ".json"}]
    assert found_in("出库单", readable) == set()
