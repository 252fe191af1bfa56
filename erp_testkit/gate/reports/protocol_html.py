"""The protocol as one page that opens offline and prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from erp_testkit.domain.findings import Family
from erp_testkit.domain.ledger import time_text
from erp_testkit.domain.names import counted, name_of
from erp_testkit.domain.results import Outcome
from erp_testkit.domain.said import Said, alike, in_language, listed
from erp_testkit.erp.ports import PORTS
from erp_testkit.evidence import markup
from erp_testkit.evidence.markup import Markup
from erp_testkit.gate.changes.before_after import Change
from erp_testkit.gate.reports import matrix_html
from erp_testkit.gate.reports.protocol import Deviation, Installed, Protocol, not_done
from erp_testkit.gate.requirements.matrix import Status
from erp_testkit.gate.verdict.titles import title_of

_TITLE = Said("Qualification protocol: IQ, OQ, PQ", "确认报告：IQ、OQ、PQ")
_LEAD = Said(
    "What the evidence of these runs says: what was installed, which requirements were shown to be met and which not, how it performs, "
    "and who approved it. It is a record to decide by, not a claim that the system complies with any law or standard; "
    "that is for the people who sign it, by their own procedures.",
    "本文件如实记录这些运行的证据：安装了什么，哪些需求已证明满足、哪些没有，性能如何，由谁签批。它是决策依据，并不声明系统符合任何法规或标准；"
    "是否符合由签署人按其规程判断。",
)
_STYLE = matrix_html.STYLE + Path(__file__).with_name("protocol.css").read_text(encoding="utf-8")
_SHOWN = 100
"""How many changes are listed before the rest is only counted."""
_BLANKS = 3
"""Lines to sign on paper."""
_NONE, _UNKNOWN, _NOT_DONE = Said("none", "无"), Said("unknown", "未知"), Said("not done", "未做")
_PAIR = Said("{one}, {other}", "{one}，{other}")
_RUN = Said("Run {run}", "运行 {run}")


class _Writer:
    """Elements whose text is put in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def element(self, name: str, *children: object, **attributes: str | None) -> Markup:
        return markup.element(name, *map(self._put, children), **attributes)

    def table(
        self, heads: Sequence[Said], rows: Iterator[Sequence[object]] | Sequence[Sequence[object]], **attributes: str | None
    ) -> Markup:
        return markup.table(map(self._put, heads), ([self._put(cell) for cell in row] for row in rows), **attributes)

    def items(self, texts: Iterator[Said] | Sequence[Said], **attributes: str | None) -> Markup:
        return self.element("ul", *(self.element("li", text) for text in texts), **attributes)

    def facts(self, facts: Mapping[Said, object]) -> Markup:
        rows = (self.element("tr", self.element("th", name, scope="row"), self.element("td", value)) for name, value in facts.items())
        return self.element("table", self.element("tbody", *rows), class_="facts")

    def _put(self, child: object) -> object:
        if isinstance(child, Said):
            return in_language(child, self.language)
        return [self._put(one) for one in child] if isinstance(child, list) else child


def as_html(protocol: Protocol, language: str) -> bytes:
    """Return the page in a language; the same runs give the same bytes."""
    to = _Writer(language)
    body = (
        to.element("h1", _TITLE),
        to.element("p", _LEAD, class_="lead"),
        *_overview(protocol, to),
        *_installation(protocol, to),
        *_operation(protocol, to),
        *_performance(protocol, to),
        *_signatures(protocol, to),
    )
    return markup.page(in_language(_TITLE, language), language, _STYLE, *body).encode()


def _overview(protocol: Protocol, to: _Writer) -> Iterator[Markup]:
    verdict, deviations = protocol.verdict, protocol.deviations
    judged = Said("none was given", "尚无判定")
    if verdict:
        said = Said("{verdict}, {at}, policy {policy}", "{verdict}，{at}，策略 {policy}")
        judged = said.with_(verdict=name_of(verdict["verdict"]), at=verdict["at"], policy=verdict["policy"]["name"])
    waived = Said("{count}, {waived} of them waived", "{count} 项，其中已豁免 {waived} 项")
    yield to.element("h2", Said("Overview", "概览"))
    yield to.facts({
        Said("Verdict of the gate", "判定"): judged,
        Said("IQ: installation", "IQ：安装"): Said("{runs} described", "已记录 {runs}").with_(runs=_runs(protocol.runs)),
        Said("OQ: functions", "OQ：功能"): counted(protocol.tested.total.counts, Outcome) or _NOT_DONE,
        Said("OQ: requirements", "OQ：需求"): counted(protocol.matrix.counts, Status),
        Said("OQ: deviations", "OQ：偏差"): waived.with_(count=len(deviations), waived=sum(bool(one.waiver) for one in deviations)),
        Said("PQ: before and after", "PQ：变更前后对比"): _compared(protocol),
        Said("PQ: observed in production", "PQ：生产环境观察"): _runs(protocol.observed) if protocol.observed else _NOT_DONE,
    })  # fmt: skip
    undone = list(not_done(protocol))
    yield to.element("h3", Said("What was not done", "未做的事项"))
    yield to.items(undone, class_="undone") if undone else to.element("p", Said("Nothing of this is missing.", "没有缺项。"))


def _installation(protocol: Protocol, to: _Writer) -> Iterator[Markup]:
    yield to.element("h2", Said("1 Installation (IQ)", "1 安装确认（IQ）"))
    what = Said("What stood where in each run, as its sealed manifest has it.", "每次运行中各系统的安装情况，以封存的清单为准。")
    yield to.element("p", what, class_="quiet")
    for run in protocol.runs:
        yield to.element("h3", _RUN.with_(run=run.pack.name), Said(" (production)", "（生产环境）") if run.is_production else None)
        yield to.facts(_installed(run, to))


def _installed(run: Installed, to: _Writer) -> Mapping[Said, object]:
    told: Mapping[str, Any] = run.pack.manifest
    who, where = told.get("who") or {}, told.get("where") or {}
    uncommitted = Said(" with changes nobody committed", "（含未提交的改动）") if told.get("dirty") else ""
    used = [port for port in PORTS if run.evidence.ports[port]]
    by = listed(filter(None, (who.get("actor") or who.get("user"), where.get("host"), where.get("ci"))))
    adapter, package = Said("{adapter} ({package})", "{adapter}（{package}）"), Said("no installed package", "不是已安装的软件包")
    erp = _PAIR.with_(one=told.get("erp") or _UNKNOWN, other=told.get("url") or Said("started by the kit", "由本工具启动"))
    return {
        Said("ERP", "被测系统"): erp,
        Said("Adapter", "适配器"): adapter.with_(adapter=told.get("adapter"), package=told.get("adapter_version") or package),
        Said("Profile and environment", "配置与环境"): _PAIR.with_(one=told.get("profile"), other=told.get("environment")),
        Said("Kit", "测试工具"): listed([f"erp-testkit {told.get('kit')}", f"Python {told.get('python')}", str(told.get("platform"))]),
        Said("Change", "变更"): [alike(told["commit"]), uncommitted] if told.get("commit") else _NONE,
        Said("Authors", "作者"): listed(told.get("authors") or ()) or _UNKNOWN,
        Said("Configuration", "配置文件"): _digest(told.get("configuration"), to),
        **{
            Said("Suite: {name}", "测试集：{name}").with_(name=name): _digest(digest, to)
            for name, digest in (told.get("suite") or {}).items()
        },
        Said("Containers", "容器"): listed(told.get("containers") or ()) or _NONE,
        Said("Ran by", "执行者"): by or _UNKNOWN,
        Said("From, until (UTC)", "起止时间（UTC）"): _PAIR.with_(
            one=told.get("started"), other=told.get("finished") or Said("not ended", "未结束")
        ),
        Said("Ports gone through", "经过的端口"): listed(map(_port, used)) or _NONE,
        Said("Ports lacking", "缺少的端口"): listed(map(_port, sorted(run.evidence.lacking))) or _NONE,
        Said("Seal", "封存摘要"): to.element("code", run.examined.digest or _NONE),
        Said("Verified", "核验"): [to.element("div", one) for one in run.examined.problems]
        or Said("every file is as it was sealed", "全部文件与封存时一致"),
        Said("To be known", "须知"): [to.element("div", one) for one in run.examined.notes] or Said("nothing", "无"),
    }


def _port(name: str) -> Said:
    return Said(name, name_of(name).zh)


def _digest(digest: Mapping[str, Any] | None, to: _Writer) -> object:
    if not digest:
        return _NONE
    said = (
        Said("{count} file, SHA-256 ", "{count} 个文件，SHA-256 ")
        if digest["files"] == 1
        else Said("{count} files, SHA-256 ", "{count} 个文件，SHA-256 ")
    )
    return [said.with_(count=digest["files"]), to.element("code", digest["sha256"])]


def _operation(protocol: Protocol, to: _Writer) -> Iterator[Markup]:
    yield to.element("h2", Said("2 Operation (OQ)", "2 运行确认（OQ）"))
    if not protocol.tested.runs:
        yield to.element("p", Said("Not done: no run outside production was given.", "未做：未提供生产环境以外的运行。"))
    yield to.element("h3", Said("2.1 Requirements and their evidence", "2.1 需求及其证据"))
    yield matrix_html.tiles(protocol.matrix, to.language)
    yield matrix_html.requirements(protocol.matrix, to.language)
    yield to.element("h3", Said("2.2 Gaps in the evidence", "2.2 证据缺口"))
    yield matrix_html.gaps(protocol.matrix, to.language)
    yield to.element("h3", Said("2.3 Deviations and waivers", "2.3 偏差与豁免"))
    if not protocol.deviations:
        yield to.element("p", Said("No test broke.", "没有不符合的测试。"))
        return
    heads = (
        Said("fingerprint", "指纹"),
        Said("severity", "严重程度"),
        Said("deviation", "偏差"),
        Said("requirements", "需求"),
        Said("where", "出现处"),
        Said("decision", "处理决定"),
    )
    yield to.table(heads, [_deviation(one, to) for one in protocol.deviations])


def _deviation(one: Deviation, to: _Writer) -> Sequence[object]:
    cause, tests = one.cause, one.cause.tests
    place = f"{tests[0].file}:{tests[0].line}"
    more = Said("{place} and {count} more", "{place} 等共 {all} 处").with_(place=place, count=len(tests) - 1, all=len(tests))
    known = Said("; known: {why}", "；已知问题：{why}").with_(why="; ".join(sorted({why for test in tests for why in test.reasons})))
    return (
        to.element("td", to.element("code", cause.fingerprint, class_="short")),
        name_of(cause.severity),
        [to.element("b", cause.name), " ", title_of(cause.first.result) if cause.kind.family is Family.SCENARIO else cause.title],
        ", ".join(sorted({requirement for test in tests for requirement in test.requirements})),
        more if len(tests) > 1 else place,
        _waived(one.waiver) if one.waiver else [_STATES.get(one.state, Said("no verdict", "无判定")), known if cause.known else None],
    )


_STATES: Mapping[str, Said] = {
    "rejects": Said("rejects", "否决"),
    "needs waiver": Said("needs waiver", "须豁免"),
    "waived": Said("waived", "已豁免"),
    "noted": Said("noted", "备注"),
}


def _waived(waiver: Mapping[str, Any]) -> Said:
    link = Said(", {link}", "，{link}").with_(link=waiver["link"]) if waiver.get("link") else ""
    return Said(
        "waived from {opened} until {expires}: {reason} (owner {owner}, approved by {approver}{link})",
        "豁免自 {opened} 至 {expires}：{reason}（责任人 {owner}，批准人 {approver}{link}）",
    ).with_(**{name: waiver[name] for name in ("opened", "expires", "reason", "owner", "approver")}, link=link)


def _performance(protocol: Protocol, to: _Writer) -> Iterator[Markup]:
    yield to.element("h2", Said("3 Performance (PQ)", "3 性能确认（PQ）"))
    yield to.element("h3", Said("3.1 Before and after the change", "3.1 变更前后对比"))
    yield from _before_and_after(protocol, to)
    yield to.element("h3", Said("3.2 Figures and answer times", "3.2 指标与应答时间"))
    for run in protocol.runs:
        yield to.element("p", to.element("b", _RUN.with_(run=run.pack.name)), f", {run.pack.manifest.get('environment')}")
        if run.figures:
            heads = (Said("figure", "指标"), Said("value", "数值"))
            yield to.table(heads, [(name, f"{value:g}") for name, value in run.figures.items()])
        if run.times:
            heads = (Said("operation, the slowest", "最慢的操作"), Said("median answer", "应答时间中位数"))
            yield to.table(heads, [(name, f"{value * 1000:.1f} ms") for name, value in run.times])
        if not run.figures and not run.times:
            yield to.element("p", Said("No ledgers and no exchanges to take figures from.", "没有台账和接口往来记录，无指标。"))
    yield to.element("h3", Said("3.3 Observation in production", "3.3 生产环境观察"))
    if not protocol.observed:
        yield to.element("p", Said("Not done: no run in production was given.", "未做：未提供生产环境的运行。"))
    for run in protocol.observed:
        total, told = run.evidence.total, run.pack.manifest
        said = Said(
            "Run {run}, {begin} to {end}: {ended}; {rules} rules checked. In production the kit only reads.",
            "运行 {run}，{begin} 至 {end}：{ended}；检查规则 {rules} 条。在生产环境中本工具只读。",
        )
        yield to.element("p", said.with_(
            run=run.pack.name,
            begin=told.get("started"),
            end=told.get("finished") or Said("not ended", "未结束"),
            ended=counted(total.counts, Outcome) or Said("nothing was judged", "没有判定任何测试"),
            rules=total.rules,
        ))  # fmt: skip


def _before_and_after(protocol: Protocol, to: _Writer) -> Iterator[Markup]:
    found = protocol.comparison
    if found is None:
        yield to.element(
            "p", Said("Not done: no run of the version before was given (--before RUN).", "未做：未提供变更前版本的运行（--before RUN）。")
        )
        return
    said = Said(
        "Before {before}, after {after}: {count} tests compared. {changes}.",
        "变更前 {before}，变更后 {after}：对比测试 {count} 项。{changes}。",
    )
    yield to.element("p", said.with_(before=found.before, after=found.after, count=found.compared, changes=_compared(protocol)))
    if found.notes:
        yield to.items(found.notes)
    if found.changes:
        counts = Counter(change.kind for change in found.changes)
        kinds = listed(Said("{count} {kind}", "{kind} {count}").with_(count=counts[kind], kind=_KINDS[kind]) for kind in sorted(counts))
        answers = Said(
            "By kind: {kinds}. Answers that changed without a worse outcome are listed by erp-testkit compare.",
            "按类别：{kinds}。结果未变差而内容有变的应答，可用 erp-testkit compare 查看。",
        )
        yield to.element("p", answers.with_(kinds=kinds))
    shown = sorted((change for change in found.changes if change.worse or change.kind != "answer"), key=lambda change: not change.worse)
    if shown:
        heads = (Said("what", "类别"), Said("where", "位置"), Said("before", "变更前"), Said("after", "变更后"), alike(""))
        yield to.table(heads, [_change(change, to) for change in shown[:_SHOWN]])
    if len(shown) > _SHOWN:
        more = Said("… {count} more: erp-testkit compare", "……另有 {count} 项：erp-testkit compare")
        yield to.element("p", more.with_(count=len(shown) - _SHOWN))


_KINDS: Mapping[str, Said] = {
    "outcome": Said("outcome", "测试结果"),
    "rule": Said("rule", "规则"),
    "answer": Said("answer", "应答"),
    "figure": Said("figure", "指标"),
    "time": Said("time", "耗时"),
}


def _change(change: Change, to: _Writer) -> Sequence[object]:
    worse = to.element("td", Said("worse", "变差"), class_="worse") if change.worse else ""
    return (_KINDS[change.kind], change.where, change.before, change.after, worse)


def _compared(protocol: Protocol) -> Said:
    if protocol.comparison is None:
        return _NOT_DONE
    changes = protocol.comparison.changes
    said = (
        Said("{count} change, {worse} of them for the worse", "{count} 处变化，其中变差 {worse} 处")
        if len(changes) == 1
        else Said("{count} changes, {worse} of them for the worse", "{count} 处变化，其中变差 {worse} 处")
    )
    return said.with_(count=len(changes), worse=sum(change.worse for change in changes))


def _signatures(protocol: Protocol, to: _Writer) -> Iterator[Markup]:
    yield to.element("h2", Said("4 Signatures", "4 签名"))
    signed = [(run, one) for run in protocol.runs for one in run.signatures.approvals]
    inside = Said("{run}: {problem}", "{run}：{problem}")
    problems = [inside.with_(run=run.pack.name, problem=problem) for run in protocol.runs for problem in run.signatures.problems]
    if problems:
        yield to.element("p", Said("Signatures that do not count:", "无效的签名："))
        yield to.items(problems)
    name, role, meaning = Said("name", "姓名"), Said("role", "职务"), Said("meaning", "签名含义")
    if signed:
        hold = Said(
            "Electronic signatures, each over the run's seal, its verdict and the signatures before it; all of them hold.",
            "电子签名：每份签名均涵盖运行的封存摘要、判定及之前的签名；全部有效。",
        )
        yield to.element("p", hold)
        rows = (
            (one.name, one.role, one.meaning, time_text(one.at), run.pack.name, to.element("td", to.element("code", one.key[:16])))
            for run, one in signed
        )
        yield to.table((name, role, meaning, Said("time (UTC)", "时间（UTC）"), Said("run", "运行"), Said("key", "密钥")), rows)
        return
    yield to.element("p", Said("No electronic signature. To sign on paper:", "没有电子签名。纸面签署："))
    yield to.table(
        (name, role, meaning, Said("date", "日期"), Said("signature", "签名")), [[""] * 5 for _ in range(_BLANKS)], class_="line"
    )


def _runs(runs: Sequence[object]) -> Said:
    said = Said("{count} run", "{count} 次运行") if len(runs) == 1 else Said("{count} runs", "{count} 次运行")
    return said.with_(count=len(runs))
