"""The words of the matrix, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from erp_testkit.gate.requirements.matrix import Fault, Gap

LANGUAGES = ("en", "zh-CN")

_WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Requirement matrix", "需求追溯矩阵"),
    "lead": (
        "Each requirement, the scenarios, rules and checks of contracts that are evidence for it, and how they ended in these runs.",
        "每项需求、作为其证据的场景、规则和接口契约检查，以及它们在这些运行中的结果。",
    ),
    "runs": ("Runs", "运行"),
    "run": ("run", "运行"),
    "state": ("state", "状态"),
    "complete": ("complete", "完整"),
    "partial": ("partial", "部分"),
    "running": ("not ended", "未结束"),
    "erp": ("ERP", "被测系统"),
    "profile": ("profile", "配置"),
    "environment": ("environment", "环境"),
    "commit": ("commit", "提交"),
    "ended": ("ended (UTC)", "结束时间（UTC）"),
    "seal": ("seal (SHA-256)", "封存摘要（SHA-256）"),
    "gaps": ("What is wrong", "发现的问题"),
    "no gaps": (
        "Nothing: each requirement that applies has evidence, and none of it is broken.",
        "没有问题：每项适用的需求都有证据，且无不符合项。",
    ),
    "fault": ("what", "问题"),
    "about": ("about", "对象"),
    "detail": ("detail", "说明"),
    "fingerprint": ("fingerprint", "指纹"),
    "requirements": ("Requirements", "需求"),
    "requirement": ("requirement", "需求"),
    "text": ("text", "内容"),
    "risk": ("risk", "风险"),
    "source": ("source", "来源"),
    "status": ("status", "状态"),
    "evidence": ("evidence", "证据"),
    "kind": ("kind", "类别"),
    "name": ("title", "标题"),
    "result": ("result", "结果"),
    "tests": ("tests", "测试数"),
    "find": ("Find", "查找"),
    "all": ("all", "全部"),
    "none": ("none", "无"),
    "high": ("high", "高"),
    "medium": ("medium", "中"),
    "low": ("low", "低"),
    "scenario": ("scenario", "场景"),
    "rule": ("rule", "规则"),
    "contract": ("contract", "接口契约"),
    "scenarios": ("scenarios", "场景"),
    "rules": ("rules", "规则"),
    "contracts": ("checks of contracts", "接口契约检查"),
    "kept": ("kept", "符合"),
    "broken": ("broken", "不符合"),
    "known": ("known", "已知问题"),
    "error": ("error", "无法判定"),
    "not covered": ("not covered", "未覆盖"),
    "not tested": ("not tested", "未测试"),
    "not applicable": ("not applicable", "不适用"),
    str(Fault.HIGH_RISK): ("high risk without evidence", "高风险需求无证据"),
    str(Fault.UNCOVERED): ("uncovered requirement", "需求未覆盖"),
    str(Fault.UNKNOWN): ("unknown reference", "引用不存在"),
    f"fault {Fault.BROKEN}": ("broken evidence", "证据不符合"),
}
_DETAILS: Mapping[Fault, str] = {
    Fault.HIGH_RISK: "没有任何一项符合的证据",
    Fault.UNCOVERED: "没有经过判定的证据",
    Fault.BROKEN: "以下证据不符合",
    Fault.UNKNOWN: "没有与之对应的项",
}


def word(key: str, language: str) -> str:
    """Return a word in a language of `LANGUAGES`."""
    return _WORDS[key][LANGUAGES.index(language)]


def fault(gap: Gap, language: str) -> str:
    """Name what is wrong."""
    return word(f"fault {gap.fault}" if gap.fault is Fault.BROKEN else str(gap.fault), language)


def detail(gap: Gap, language: str) -> str:
    """Say what is wrong in a sentence."""
    if language == "en":
        return gap.got if gap.fault is Fault.BROKEN else f"expected {gap.wanted}, got {gap.got}"
    return "：".join(filter(None, (_DETAILS[gap.fault], "、".join(gap.names))))
