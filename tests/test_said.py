"""What is said in both languages: every sentence of the kit, and the screens and pages a quality manager reads."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
from packs import CHANGE, Project

from erp_testkit.domain.results import Outcome
from erp_testkit.domain.said import LANGUAGES
from erp_testkit.pytest_plugin.judging.table import width, wrapped

KIT = Path(__file__).parent.parent / "erp_testkit"
HAN = re.compile(r"[\u3400-\u9fff]")
AS_WRITTEN = ("UTC", "SHA-256", "IQ", "OQ", "PQ", "erp-testkit", "verdict.json")
"""Words that are the same in Chinese."""


def _sentences():
    for file in sorted(KIT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Said" and len(node.args) == 2:
                wordings = [one.value for one in node.args if isinstance(one, ast.Constant)]
                if len(wordings) == len(LANGUAGES):
                    yield f"{file.relative_to(KIT)}:{node.lineno}", *wordings


def _names(text):
    return {name.partition(".")[0] for _, name, _, _ in Formatter().parse(text) if name}


def test_each_sentence_is_said_in_chinese_and_with_the_same_values():
    sentences = list(_sentences())
    assert len(sentences) > 200
    for place, english, chinese in sentences:
        letters = re.sub("|".join(AS_WRITTEN), "", re.sub(r"{[^}]*}", "", chinese))
        assert HAN.search(chinese) or not re.search(r"[^\W\d_]", letters) or chinese == "erp-testkit verify", place
        # English counts the rest, Chinese the whole; for a library's English message the keyword of the schema stands.
        assert _names(english) - {"rest", "count", "message"} == _names(chinese) - {"all", "count", "message", "keyword"}, place


def test_a_chinese_paragraph_is_broken_by_the_columns_it_takes_and_never_before_a_full_stop():
    lines = wrapped("修复否决项，重新运行，然后重新判定。erp-testkit gate", 14, first="  ", rest="    ")
    assert all(width(line) <= 16 and not line.lstrip().startswith(("，", "。")) for line in lines)
    assert "".join(line.strip() for line in lines) == "修复否决项，重新运行，然后重新判定。erp-testkitgate"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


def chinese(project, *arguments):
    done = project.kit(*arguments, ERP_TESTKIT_LANGUAGE="zh-CN")
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_verify_names_a_changed_file_in_chinese(project):
    pack = project.run()
    size = (pack / "summary.json").stat().st_size
    (pack / "summary.json").write_bytes(b"[]")
    assert chinese(project, "verify", pack) == (
        1,
        f"{pack}：1 处问题\n  ! summary.json：封存时 {size} 字节，现为 2 字节\n  未签名：有写权限的人可能重新封存过\n与封存时不一致。\n",
    )


def test_can_deploy_says_no_in_chinese(project):
    pack = project.run()
    assert chinese(project, "can-deploy", CHANGE, "--to", "production") == (
        1,
        f"不可以：{CHANGE} 不得部署到 production。\n- 签批：须 2 人，现有 0 人（无）。下一步：erp-testkit approve\n依据运行 {pack}\n",
    )


def test_the_gate_is_read_in_chinese_on_the_screen_and_in_the_summary(project):
    pack = project.run(outcomes=[Outcome.KEPT, Outcome.BROKEN])
    code, screen = chinese(project, "gate", pack)
    lines = screen.splitlines()
    assert code == 1
    assert lines[-2:] == ["判定：不予批准", "下一步：修复否决项，重新运行，然后重新判定。"]
    assert "否决（1）：" in lines
    assert [line for line in lines if line and not HAN.search(line)] == []
    summary = (pack / "gate" / "summary.zh-CN.md").read_text(encoding="utf-8").splitlines()
    assert summary[0] == "## ❌ 不予批准"
    assert summary[2] == f"- `r1`：Reference ERP 1.0，配置 reference（test），提交 `{CHANGE[:12]}`，已完成"
    assert "| 领域 | 符合 | 不符合 | 已知问题 | 未覆盖 | 无法判定 | 判定 |" in summary
    assert summary[-1] == "**下一步：**修复否决项，重新运行，然后重新判定。"
    english = (pack / "gate" / "summary.md").read_text(encoding="utf-8")
    assert english.startswith("## ❌ Rejected\n") and not HAN.search(english)


def test_the_protocol_is_written_in_chinese(project):
    pack = project.run()
    code, screen = chinese(project, "protocol", pack)
    assert code == 0
    assert screen.splitlines()[0] == "未做："
    page = (pack / "gate" / "protocol.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in page and "<h1>确认报告：IQ、OQ、PQ</h1>" in page
