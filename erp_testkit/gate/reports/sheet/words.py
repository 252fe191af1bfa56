"""The words of the approval sheet: each phrase in English and Chinese, side by side."""

from __future__ import annotations

from collections.abc import Mapping

from erp_testkit.domain.names import name_of
from erp_testkit.domain.said import LANGUAGES, Said, in_language

WORDS: Mapping[str, tuple[str, str]] = {
    # the page
    "sheet": ("Approval sheet", "变更审批单"),
    "colon": (": ", "："),
    "comma": (", ", "、"),
    "then": (", ", "，"),
    "none": ("none", "无"),
    "more": ("… {count} more, see gate/verdict.json for all", "……另有 {count} 项，全部见 gate/verdict.json"),
    "more changes": ("… {count} more, for all type: erp-testkit compare", "……另有 {count} 项，查看全部：erp-testkit compare"),
    "and more": (" and {count} more", "等共 {total} 项"),
    "in brackets": ("{text} ({note})", "{text}（{note}）"),
    # what the gate says
    "approved for signing": ("Approved for signing", "可以签批"),
    "needs waiver": ("Needs waiver", "须先豁免"),
    "rejected": ("Rejected", "不予批准"),
    "not checked": ("Not checked", "未检查"),
    "no objection": ("no objection", "无异议"),
    # facts
    "change": ("Change", "变更"),
    "sources": ("Sources", "源代码"),
    "no commit": ("not from version control", "不在版本管理中"),
    "authors": ("Author", "作者"),
    "clean": ("as committed", "与提交一致"),
    "dirty": ("WITH CHANGES NOBODY COMMITTED", "含未提交的改动"),
    "against": ("Tested against", "被测系统"),
    "profile": ("profile {profile}, environment {environment}", "配置 {profile}，环境 {environment}"),
    "deployed": ("Live now", "现行版本"),
    "deployed at": ("{environment}{colon}{change} since {at}", "{environment}{colon}{change}（自 {at}）"),
    "not recorded": ("not recorded", "无记录"),
    "run": ("Run", "测试运行"),
    "unfinished": ("NOT COMPLETE", "未完成"),
    "further runs": ("Judged with", "一并判定"),
    "by policy": ("Verdict", "判定"),
    "policy": ("{at} by policy {policy}", "{at}，依据策略 {policy}"),
    "versions": ("Versions", "版本"),
    "adapter": ("adapter", "适配器"),
    "extends": ("{policy} on {base}", "{policy}（基于 {base}）"),
    "seed": ("seed {seed}", "随机种子 {seed}"),
    "risk": ("Risks tested", "所测风险"),
    "risk clear": ("{risk} (no finding)", "{risk}（无问题）"),
    "risk open": ("{risk} (findings: {count})", "{risk}（问题 {count} 个）"),
    # why
    "why": ("What decides", "判定理由"),
    "all kept": (
        "All {clauses} demands of the policy are kept and there is no finding.",
        "策略的 {clauses} 项要求全部满足，未发现问题。",
    ),
    "nothing rejects": (
        "{kept} of {clauses} demands of the policy are kept; nothing is left that rejects or needs a waiver.",
        "策略的 {clauses} 项要求满足 {kept} 项；没有否决项，也没有待豁免项。",
    ),
    "rejects": ("rejects", "否决"),
    "needs a waiver": ("needs waiver", "须豁免"),
    "waived": ("waived", "已豁免"),
    "noted": ("noted", "备注"),
    "law": ("law of the kit", "不可豁免"),
    "policy clause": ("policy", "策略要求"),
    "effect": ("Effect", "影响"),
    "severity": ("Severity", "严重程度"),
    "what": ("What is not as it should be", "不符合项"),
    "where": ("Where", "出现处"),
    "rule": ("rule {id}{colon}{title}", "规则 {id}{colon}{title}"),
    "rule alone": ("rule {id}", "规则 {id}"),
    "contract": ("contract {id}{colon}{title}", "接口契约 {id}{colon}{title}"),
    "compatibility": ("contract changed, {id}{colon}{title}", "契约变更 {id}{colon}{title}"),
    "requirements.high_risk_without_evidence": (
        "requirements of high risk without evidence that is kept: {count}",
        "{count} 项高风险需求没有符合的证据",
    ),
    "requirements.uncovered": ("requirements without evidence: {count}", "{count} 项需求没有证据"),
    "requirements.broken": ("requirements with evidence that is broken: {count}", "{count} 项需求的证据不符合"),
    "requirements.unknown": ("references to requirements or evidence nobody knows: {count}", "{count} 处引用的需求或证据不存在"),
    # tested
    "tested": ("What was tested", "已测内容"),
    "area": ("Area", "领域"),
    "kept": ("kept", "符合"),
    "broken": ("broken", "不符合"),
    "known": ("known", "已知"),
    "not covered": ("not covered", "未覆盖"),
    "error": ("not judged", "无法判定"),
    "result": ("Result", "结论"),
    "total": ("Total", "合计"),
    "coverage": (
        "{scenarios} different scenarios and checks judged; {rules} rules checked.",
        "共判定 {scenarios} 个不同的场景和检查；检查规则 {rules} 条。",
    ),
    "contracts": (
        "Contracts: {exercised} of {promised} promised operations and checks exercised ({share}).",
        "接口契约：承诺的 {promised} 个操作和检查中已执行 {exercised} 个（{share}）。",
    ),
    "no contracts": ("Contracts: none was tested.", "接口契约：未测试。"),
    # not tested
    "not tested": ("What was NOT tested", "未测内容"),
    "areas without tests": ("No test of", "完全未测的领域"),
    "ports lacking": ("Left out, ERP lacks", "系统缺少以下端口，未测"),
    "port lacking": ("{port} ({count})", "{port}（{count} 项）"),
    "ports unused": ("No test went through", "没有测试经过的端口"),
    "other gaps": ("Left out, other reasons", "其他未测原因"),
    "nothing left out": (
        "Nothing was left out: every area has tests, and every port was gone through.",
        "没有遗漏：各领域均有测试，各端口均已经过。",
    ),
    # findings
    "findings": ("Causes by severity", "按严重程度统计的问题原因"),
    "blocker": ("blocker", "阻断"),
    "critical": ("critical", "严重"),
    "normal": ("normal", "一般"),
    "minor": ("minor", "轻微"),
    "trivial": ("trivial", "细微"),
    "no findings": ("None.", "无。"),
    # requirements
    "requirements": ("Requirements by risk", "按风险统计的需求"),
    "risk class": ("Risk", "风险"),
    "high": ("high", "高"),
    "medium": ("medium", "中"),
    "low": ("low", "低"),
    "met": ("met", "满足"),
    "no evidence": ("no evidence", "无证据"),
    "not applicable": ("n/a", "不适用"),
    # before and after
    "before and after": ("Before and after the change", "变更前后对比"),
    "not compared": (
        "Not compared with a run before the change (--before PACK).",
        "未与变更前的运行对比（--before PACK）。",
    ),
    "compared": (
        "Before{colon}run {run}, commit {commit}. Tests in both runs: {tests}.",
        "变更前{colon}运行 {run}，提交 {commit}。两次运行共有的测试：{tests} 项。",
    ),
    "measure": ("Measure", "指标"),
    "before": ("before", "变更前"),
    "after": ("after", "变更后"),
    "tests kept": ("tests kept", "符合的测试"),
    "tests broken": ("tests broken", "不符合的测试"),
    "answers": ("answers that say something else", "内容有变的应答"),
    "slower": ("operations slower by half or more", "变慢五成以上的操作"),
    "worse": ("worse", "变差"),
    # waivers
    "waived in": ("{where}{colon}{what}", "{where}{colon}{what}"),
    "waivers": ("Open waivers", "有效的豁免"),
    "no waivers": ("None. Nothing that was found is excused.", "无。发现的问题没有任何豁免。"),
    "finding": ("What is waived", "豁免事项"),
    "reason": ("Reason", "理由"),
    "owner": ("Owner", "责任人"),
    "approver": ("Approved by", "批准人"),
    "expires": ("Expires", "到期"),
    "ends soon": ("{day}, soon", "{day}，即将到期"),
    # signatures
    "signatures": ("Signatures: {signed} of {people}, as of {at} UTC", "签名：{signed} / {people}（截至 {at} UTC）"),
    "name": ("Name", "姓名"),
    "role": ("Role", "职务"),
    "time": ("Time (UTC)", "时间（UTC）"),
    "meaning": ("Meaning", "签名含义"),
    "key": ("Key", "密钥"),
    "unsigned": ("not yet signed", "待签名"),
    "any role": ("any role", "职务不限"),
    "needed": (
        "The policy asks for {people} different people, none of them an author of the change. Sign with: erp-testkit approve",
        "策略要求 {people} 名不同人员签名，变更作者不得签名。签名命令：erp-testkit approve",
    ),
    "all signed": ("All have signed whom the policy asks for.", "策略要求的签名已齐全。"),
    "nobody": ("The policy asks for no signature.", "策略不要求签名。"),
    "cannot sign": ("With this verdict nobody can sign.", "按此判定，任何人不得签名。"),
    # evidence
    "evidence": ("Evidence", "证据"),
    "state": ("State", "状态"),
    "seal": ("SHA-256 of pack.json (the seal)", "pack.json 的 SHA-256（封存摘要）"),
    "verdict digest": ("SHA-256 of gate/verdict.json", "gate/verdict.json 的 SHA-256"),
    "sealed": ("every file as it was sealed", "全部文件与封存时一致"),
    "pipeline signed": ("signed by a pipeline", "已由流水线签名"),
    "pipeline unsigned": ("not signed by a pipeline", "未经流水线签名"),
    "changed": ("NOT AS IT WAS SEALED, places: {count}", "与封存时不一致，{count} 处"),
    "unsealed": ("no seal", "未封存"),
    "verify": ("To check it, offline", "离线自行核验"),
    "verify hint": (
        "erp-testkit verify {run}; then compare both digests with this page",
        "erp-testkit verify {run}；再将两个摘要与本页核对",
    ),
}


class Words:
    """The words of one language.

    Args:
        language: one of `LANGUAGES`.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._column = LANGUAGES.index(language)

    def __call__(self, key: str, **values: object) -> str:
        """Return a phrase with values put in as they are."""
        return WORDS[key][self._column].format(**values, colon=WORDS["colon"][self._column])

    def said(self, text: Said) -> str:
        """Return a text in this language."""
        return in_language(text, self.language)

    def name(self, name: str) -> str:
        """Return what an area, a port or a risk is called; the user's own as they are."""
        return in_language(name_of(name), self.language)

    def listed(self, names: list[str], most: int) -> str:
        """Write names one after the other; the rest of many is only counted."""
        rest = len(names) - most
        text = self("comma").join(names[:most])
        return text + self("and more", count=rest, total=len(names)) if rest > 0 else text
