"""What people see of the rules: the command line, and the pages made from them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner
from ledgers import rich

from erp_testkit.cli.rules import command
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.rules.rule import LAWS, load_rules
from erp_testkit.rules.sqlite import SqliteEngine

DOCS = Path(__file__).parents[1] / "docs"
OWN = re.search(r"```sql[^\n]*\n(.*?)```", (DOCS / "rules.md").read_text(encoding="utf-8"), re.DOTALL)
assert OWN


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the rule of the documentation's example."""
    (tmp_path / "erp-testkit.toml").write_text('rules = ["rules"]\n', encoding="utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "boxes-of-ten.sql").write_text(OWN[1], encoding="utf-8")
    (tmp_path / "deeper").mkdir()
    monkeypatch.chdir(tmp_path / "deeper")
    return tmp_path


def shown(*arguments: str) -> str:
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_the_list_names_every_rule_and_the_project_s_own(project: Path) -> None:
    rules = load_rules([project / "rules"], project / ".erp-testkit" / "cache")
    width = max(len(rule.id) for rule in rules)
    lines = shown().splitlines()
    assert [line.split(maxsplit=2) for line in lines[:-2]] == [[rule.id, str(rule.severity), rule.title] for rule in rules]
    assert lines[-3:] == [
        f"{'boxes-of-ten':<{width}}  minor     Gloves leave in boxes of ten",
        "",
        f"{len(rules)} rules. Explain one: erp-testkit rules show audit-chain-complete",
    ]
    assert f"{'boxes-of-ten':<{width}}  minor     手套按十只一盒发货" in shown("--language", "zh-CN").splitlines()


def test_a_rule_is_explained_in_both_languages(project: Path) -> None:
    file = LAWS / "scrap-is-final.sql"
    query = (
        "SELECT move, item, lot, serial, from_kind <> 'scrap' AS holds, document, from_kind AS came_from, to_kind AS went_to\n"
        "FROM moves WHERE from_kind = 'scrap' OR to_kind = 'scrap'\n"
    )
    assert shown("show", "scrap-is-final") == (
        "scrap-is-final (critical)\nWhat was scrapped never comes back\n\n"
        "Why: A scrapped device that is back in the books is either not scrapped or not the same device.\n"
        "Reference: ISO 13485:2016 8.3\nHolds for: scenarios and data\nJudges: move, item, lot, serial\n"
        f"Reads: moves\nFile: {file}\n\n{query}"
    )
    assert shown("show", "scrap-is-final", "--language", "zh-CN") == (
        "scrap-is-final (critical)\n已报废的商品不得再流转\n\n"
        "原因: 报废后又出现在账上的器械，不是没有报废，就是换了一件。\n"
        "依据: ISO 13485:2016 8.3\n适用于: 场景和业务数据\n判定对象: move, item, lot, serial\n"
        f"数据表: moves\n文件: {file}\n\n{query}"
    )
    assert (project / ".erp-testkit" / "cache" / "rules").is_dir()


def test_an_unknown_rule_is_said_with_the_closest(project: Path) -> None:
    with pytest.raises(UsageError) as caught:
        shown("show", "boxes-of-tin")
    ids = [rule.id for rule in load_rules([project / "rules"], project / ".erp-testkit" / "cache")]
    assert str(caught.value) == f"Failed to show rule 'boxes-of-tin': expected the id of a rule. {closest('boxes-of-tin', ids)}"
    assert "Did you mean 'boxes-of-ten'?" in str(caught.value)


def test_looking_leaves_nothing_where_no_project_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "scrap-is-final" in shown()
    assert list(tmp_path.iterdir()) == []


def test_the_example_of_the_page_finds_what_it_is_about(project: Path) -> None:
    rules = load_rules([project / "rules"], project / ".erp-testkit" / "cache")
    checked = {one.rule.id: one for one in SqliteEngine(rules).check(rich().ledger())}
    assert checked["boxes-of-ten"].violations == (
        {"shipment": "W3", "line": 3, "item": "glove", "said": 7, "box": 10},
        {"shipment": "W7", "line": 1, "item": "glove", "said": 4, "box": 10},
    )
    assert checked["boxes-of-ten"].counts == (0, 2, 0, 0)


def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_docs", DOCS / "build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", build().PAGES)
def test_generated_pages_are_up_to_date(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == build().built(page), "Next: python docs/build.py"
