"""What the gate says in English, in Chinese: sentences of clauses by their patterns, titles of what ships with the kit by its id.

A sentence without a pattern, and the title of the user's own scenario, stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from erp_testkit.gate.reports.sheet.words import Words
from erp_testkit.rules.rule import LAWS
from erp_testkit.shipped import FEATURES

_SENTENCES: Sequence[tuple[str, str]] = (
    # what was wanted
    (r"a run that came to its end", "运行须完整结束"),
    (r"the files of the run as they were sealed", "运行文件须与封存时一致"),
    (r"every test judged, or not covered", "每项测试须有判定，或标明未覆盖"),
    (r"at least one test checked", "至少检查一项测试"),
    (r"environment (?P<environments>.+)", "环境须为 {environments}"),
    (r"a run of the last (?P<hours>\S+) hours", "须为最近 {hours} 小时内的运行"),
    (r"at most (?P<minutes>\S+) minutes", "运行不超过 {minutes} 分钟"),
    (r"port (?P<name>\S+) covered", "须覆盖端口“{name}”"),
    (r"tests of area '(?P<name>.+)'", "须有领域“{name}”的测试"),
    (r"at least (?P<count>\d+) scenarios judged", "至少判定 {count} 个场景"),
    (r"at least (?P<count>\d+) scenarios of (?P<name>.+) judged", "“{name}”至少判定 {count} 个场景"),
    (r"at least (?P<count>\d+) rules checked", "至少检查 {count} 条规则"),
    (r"at least (?P<count>\d+) rules checked of (?P<name>.+)", "“{name}”至少检查 {count} 条规则"),
    (r"at least (?P<share>\S+) of what contracts( of .+)? promise exercised", "接口契约承诺的内容至少执行 {share}"),
    (r"at most (?P<share>\S+) of the tests not covered", "未覆盖的测试不超过 {share}"),
    (r"at most (?P<share>\S+) of the tests of (?P<name>.+) not covered", "“{name}”未覆盖的测试不超过 {share}"),
    (r"(?P<test>.+) with one outcome in all runs of this commit", "{test} 在该提交的各次运行中结果须一致"),
    (r"known findings that still show", "已知问题清单中的问题须仍存在"),
    (r"evidence for requirement (?P<id>\S+) \((?P<level>high|medium|low) risk\)", "需求 {id} 须有证据（{level}风险）"),
    (r"nothing broken that is evidence for requirement (?P<id>\S+)", "需求 {id} 的证据中不得有不符合"),
    (r"a requirement for (?P<id>@req:\S+)", "{id} 须有对应的需求"),
    (r"a rule that '(?P<pattern>.+)' of requirement (?P<id>\S+) names", "需求 {id} 所引规则“{pattern}”须存在"),
    (r"a contract that '(?P<pattern>.+)' of requirement (?P<id>\S+) names", "需求 {id} 所引接口契约“{pattern}”须存在"),
    # what was found
    (r"nothing in these runs|none in these runs", "本次运行中没有"),
    (r"none; named by (?P<tests>.+)", "没有；引用处：{tests}"),
    (r"broken: (?P<ids>.+)", "不符合：{ids}"),
    (r"(?P<standing>\d+ (?:kept|broken|known|not covered|error)(?:, \d+ (?:kept|broken|known|not covered|error))*)", "{standing}"),
    (r"run (?P<run>\S+), complete", "运行 {run} 已完成"),
    (r"run (?P<run>\S+), running, and so it was killed", "运行 {run} 被强行终止"),
    (r"run (?P<run>\S+), partial(: (?P<because>.*))?", "运行 {run} 未完成：{because}"),
    (r"run (?P<run>\S+) with another (?P<files>.+)", "运行 {run} 的 {files} 已改动"),
    (r"run (?P<run>\S+) with no (?P<files>.+)", "运行 {run} 缺少 {files}"),
    (r"as sealed", "与封存时一致"),
    (r"all judged", "全部已判定"),
    (r"(?P<count>\d+) without judgement: (?P<tests>.+)", "{count} 项无法判定：{tests}"),
    (r"(?P<hours>\S+) hours \((?P<run>.+)\)", "{hours} 小时（{run}）"),
    (r"(?P<minutes>\S+) minutes \((?P<run>.+)\)", "{minutes} 分钟（{run}）"),
    (r"(?P<count>\d+) not covered for want of it: (?P<tests>.+)", "因缺少该端口，{count} 项未覆盖：{tests}"),
    (r"(?P<count>\d+) tests went through it", "{count} 项测试经过该端口"),
    (r"none\. .+", "没有"),
    (r"(?P<share>[\d.]+%) \((?P<part>\d+) of (?P<whole>\d+)\)", "{share}（{part}/{whole}）"),
    (r"kept in (?P<kept>.+), broken in (?P<broken>.+)", "{kept} 中符合，{broken} 中不符合"),
    (r"kept: (?P<entry>.+)", "已不再出现：{entry}"),
    # figures
    (r"orders (?P<state>[\w ]+)", "销售订单{state}"),
    (r"shipments (?P<state>[\w ]+)", "发货单{state}"),
    (r"stock deviation, pieces", "账实偏差（件）"),
    (r"messages (?P<state>[\w ]+)", "接口报文{state}"),
    (r"jobs (?P<state>[\w ]+)", "后台作业{state}"),
    # notes of a comparison
    (r"(?P<key>seed|adapter|profile) differs: (?P<before>.+) before, (?P<after>.+) after", "{key} 不同：变更前 {before}，变更后 {after}"),
    (r"the run before is (?P<state>\w+)", "变更前的运行未完成"),
    (r"the run after is (?P<state>\w+)", "变更后的运行未完成"),
    (r"answers not compared in (?P<count>\d+) tests that act from several sides at once", "{count} 项并发测试未对比应答"),
)
_STATES: Mapping[str, str] = {
    "quotation": "报价",
    "confirmed": "已确认",
    "partly shipped": "部分发货",
    "shipped": "已发货",
    "cancelled": "已取消",
    "planned": "已计划",
    "delivered": "已签收",
    "queued": "排队中",
    "running": "处理中",
    "done": "已完成",
    "sent": "已发送",
    "failed": "失败",
}
_PATTERNS = tuple((re.compile(pattern), chinese) for pattern, chinese in _SENTENCES)
_TITLE = re.compile(r"^-- (title|title_zh): (.+)$", re.MULTILINE)
_SCENARIO = re.compile(r"@(?P<id>[A-Z]{3}-\d+)\b[^\n]*\n(?:[ \t]*@[^\n]*\n)*[ \t]*(?:场景|场景大纲)[:：][ \t]*(?P<title>[^\n]+)")


def said(text: str, words: Words) -> str:
    """Return a sentence of the gate in the language of `words`."""
    if words.language == "en":
        return text
    for pattern, chinese in _PATTERNS:
        if found := pattern.fullmatch(text):
            return chinese.format(**{group: _part(group, value or "", words) for group, value in found.groupdict().items()})
    return text


def _part(group: str, text: str, words: Words) -> str:
    """Return a part of a sentence that is itself a word of the kit."""
    if group == "name":
        return words.name(text)
    if group == "level":
        return words(text)
    if group == "state":
        return f"“{_STATES.get(text, text)}”"
    if group == "standing":
        counts = (one.split(" ", 1) for one in text.split(", "))
        return words("comma").join(f"{words(outcome)} {count}" for count, outcome in counts)
    return text


def scenario(id_: str, title: str, words: Words) -> str:
    """Return the title of a scenario: as the evidence has it, or in Chinese where the kit ships it in Chinese."""
    return title if words.language == "en" else _scenarios().get(id_, title)


def rule(id_: str, words: Words) -> str:
    """Return the title of a rule the kit ships; of others nothing is known here."""
    return _rules().get(id_, ("", ""))[words.language != "en"]


@cache
def _rules() -> Mapping[str, tuple[str, str]]:
    texts = {file.stem: dict(_TITLE.findall(file.read_text(encoding="utf-8"))) for file in LAWS.glob("*.sql")}
    return {name: (titles["title"], titles["title_zh"]) for name, titles in texts.items()}


@cache
def _scenarios() -> Mapping[str, str]:
    texts = (file.read_text(encoding="utf-8") for file in sorted((FEATURES / "zh-CN").glob("*.feature")))
    return {found["id"]: found["title"].strip() for text in texts for found in _SCENARIO.finditer(text)}
