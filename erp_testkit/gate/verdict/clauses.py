"""The figures of the evidence against the limits of the policy: one clause for each, kept or not."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from erp_testkit.domain.errors import closest
from erp_testkit.domain.findings import fingerprint
from erp_testkit.domain.names import name_of
from erp_testkit.domain.results import AREAS, CONTRACTS, in_order
from erp_testkit.domain.said import Said, alike, listed
from erp_testkit.gate.requirements.matrix import Fault, Matrix, Status, stands, wanted
from erp_testkit.gate.requirements.requirements import Risk
from erp_testkit.gate.verdict.history import Flaky
from erp_testkit.gate.verdict.policy import AreaLimits, Consequence, Limit, Limits, Policy, RunLimits
from erp_testkit.gate.verdict.reading import JUDGED, Area, Evidence, RunFacts

_SHIPPED = {*AREAS.values(), CONTRACTS}
_SHOWN = 8
"""How many names are written before the rest is only counted."""
_LONGEST = 300
"""How many characters of a message are repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One thing the policy, or the law of the kit, asks of the evidence."""

    key: str
    """Where the policy says so, such as ``areas.Sales.min_rules``; ``law`` where no policy can change it."""
    limit: str
    """Name of the limit, such as ``min_rules``."""
    about: str = ""
    """Area, port, profile or test it is about; nothing that differs from run to run."""
    area: str = ""
    kept: bool
    wanted: Said
    got: Said
    advice: Said
    """What to do when it is not kept."""
    consequence: Consequence = Consequence.REJECT
    """What it does then."""

    @property
    def fingerprint(self) -> str:
        """The same in every run; a waiver can name it."""
        return fingerprint("policy", self.limit, self.about)


def judge(evidence: Evidence, policy: Policy, at: datetime, flaky: Sequence[Flaky], matrix: Matrix) -> list[Clause]:
    """Hold the evidence against the law of the kit and every limit of the policy.

    Args:
        evidence: what the runs say.
        policy: what is asked of it.
        at: the moment of the verdict.
        flaky: tests of no reliable outcome.
        matrix: requirements with their evidence.
    """
    asked = [
        *_runs(evidence.runs, policy.run, at),
        *_ports(evidence, policy.coverage.ports),
        *_limits("coverage", policy.coverage, evidence.total),
        *_areas(evidence, policy.areas),
        *_unreliable(evidence, flaky),
        *_requirements(matrix),
    ]
    consequences: Mapping[str, Consequence] = {
        str(limit): word for limit, word in (*policy.consequences.items(), *policy.requirements.items())
    }
    return [*_laws(evidence), *(replace(clause, consequence=consequences[clause.limit]) for clause in asked)]


def _laws(evidence: Evidence) -> Iterator[Clause]:
    for run in evidence.runs:
        got = _ENDS.get(run.state, _ENDS["partial"]).with_(run=run.name, reason=f": {run.reason}" if run.reason else "")
        yield _law("complete", _COMPLETE, got, run.state == "complete", _AGAIN)
        if run.state != "running":
            yield _law("sealed", _SEALED, _seal(run), not run.unsealed, Said("erp-testkit verify", "erp-testkit verify"))
    wanted = Said("every test judged, or not covered", "每项测试须有判定，或标明未覆盖")
    advice = Said("mend the environment or the configuration, then run it again", "修复环境或配置后重新运行")
    for area in in_order({error.area for error in evidence.errors}):
        errors = [error for error in evidence.errors if error.area == area]
        got = Said("{count} without judgement: {tests}; {message}", "{count} 项无法判定：{tests}；{message}").with_(
            count=len(errors), tests=listed([error.node for error in errors], _SHOWN), message=shortened(errors[0].message)
        )
        yield _law("judged", wanted, got, False, advice, area)
    if not evidence.errors:
        yield _law("judged", wanted, Said("all judged", "全部已判定"), True, advice)
    checked = sum(evidence.total.counts[outcome] for outcome in JUDGED)
    advice = Said("see why nothing is covered: erp-testkit doctor", "查明为何全部未覆盖：erp-testkit doctor")
    yield _law("checked", Said("at least one test checked", "至少检查一项测试"), alike(checked), bool(checked), advice)


_COMPLETE = Said("a run that came to its end", "运行须完整结束")
_SEALED = Said("the files of the run as they were sealed", "运行文件须与封存时一致")
_AGAIN = Said("run it again", "重新运行")
_ENDS: Mapping[str, Said] = {
    "complete": Said("run {run}, complete", "运行 {run} 已完成"),
    "running": Said("run {run}, running, and so it was killed", "运行 {run} 被强行终止"),
    "partial": Said("run {run}, partial{reason}", "运行 {run} 未完成{reason}"),
}


def _seal(run: RunFacts) -> Said:
    if not run.unsealed:
        return Said("as sealed", "与封存时一致")
    said = (
        Said("run {run} with another {files}", "运行 {run} 的 {files} 已改动")
        if run.digest
        else Said("run {run} with {files}", "运行 {run} 缺少封存：{files}")
    )
    return said.with_(run=run.name, files=run.unsealed)


def shortened(message: str) -> str:
    """Return a message on one line, and no longer than a verdict can bear; the evidence has all of it."""
    line = " ".join(message.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"


def _law(limit: str, wanted: Said, got: Said, kept: bool, advice: Said, area: str = "") -> Clause:
    return Clause(key="law", limit=limit, area=area, wanted=wanted, got=got, kept=kept, advice=advice)


def _runs(runs: Sequence[RunFacts], asked: RunLimits, at: datetime) -> Iterator[Clause]:
    for run in runs:
        hours = (at - run.ended).total_seconds() / 3600
        for limit, kept, said, got, advice in (
            (
                Limit.ENVIRONMENTS,
                run.facts["environment"] in asked.environments,
                Said("environment {environments}", "环境须为 {environments}").with_(
                    environments=Said(" or ".join(asked.environments), "或".join(asked.environments))
                ),
                alike(run.facts["environment"]),
                Said("run it there: erp-testkit run --profile …", "在该环境运行：erp-testkit run --profile …"),
            ),
            (
                Limit.MAX_AGE_HOURS,
                hours <= asked.max_age_hours,
                Said("a run of the last {hours:g} hours", "须为最近 {hours:g} 小时内的运行").with_(hours=asked.max_age_hours),
                Said("{hours:.1f} hours", "{hours:.1f} 小时").with_(hours=hours),
                _AGAIN,
            ),
            (
                Limit.MAX_MINUTES,
                run.minutes <= asked.max_minutes,
                Said("at most {minutes:g} minutes", "运行不超过 {minutes:g} 分钟").with_(minutes=asked.max_minutes),
                Said("{minutes:.1f} minutes", "{minutes:.1f} 分钟").with_(minutes=run.minutes),
                Said("run it in more processes: erp-testkit run -n auto", "增加进程数：erp-testkit run -n auto"),
            ),
        ):
            about = str(run.facts["profile"] or "")
            yield Clause(
                key=f"run.{limit}",
                limit=limit,
                about=about,
                kept=kept,
                wanted=said,
                got=Said("{got} ({run})", "{got}（{run}）").with_(got=got, run=run.name),
                advice=advice,
            )


def _ports(evidence: Evidence, ports: Sequence[str]) -> Iterator[Clause]:
    for port in ports:
        used, lacking = evidence.ports[port], evidence.lacking.get(port, set())
        missing = Said("{count} not covered for want of it: {tests}", "因缺少该端口，{count} 项未覆盖：{tests}")
        through = Said("{count} tests went through it", "{count} 项测试经过该端口")
        yield Clause(
            key=f"coverage.{Limit.PORTS}",
            limit=Limit.PORTS,
            about=port,
            kept=bool(used) and not lacking,
            wanted=Said("port {port} covered", "须覆盖端口“{port}”").with_(port=Said(port, name_of(port).zh)),
            got=missing.with_(count=len(lacking), tests=listed(sorted(lacking), _SHOWN)) if lacking else through.with_(count=used),
            advice=Said(
                "give the adapter the port {port} (erp-testkit docs adapters)", "为适配器实现端口 {port}（erp-testkit docs adapters）"
            ).with_(port=port),
        )


def _areas(evidence: Evidence, areas: Mapping[str, AreaLimits]) -> Iterator[Clause]:
    for name, limits in areas.items():
        if name in evidence.areas or name in _SHIPPED:
            yield from _limits(f"areas.{name}", limits, evidence.areas.get(name, Area()), name)
        else:
            yield Clause(
                key=f"areas.{name}.{Limit.MIN_SCENARIOS}",
                limit=Limit.MIN_SCENARIOS,
                about=name,
                area=name,
                kept=False,
                wanted=Said("tests of area '{name}'", "须有领域“{name}”的测试").with_(name=name),
                got=Said("none. {closest}", "没有。{closest}").with_(closest=closest(name, evidence.areas)),
                advice=Said("run them too, or mend the name in the policy", "一并运行，或更正策略中的名称"),
            )


class _Figure(NamedTuple):
    """A figure of what was checked, and how it is said that it is held against a limit."""

    limit: Limit
    of: Callable[[Area], float]
    keeps: Callable[[float, float], bool]
    wanted: Said
    got: Said
    advice: Said
    area: str = ""
    """Where it belongs when it is asked of all areas."""


_FIGURES = (
    _Figure(
        Limit.MIN_SCENARIOS,
        lambda area: len(area.scenarios),
        operator.ge,
        Said("at least {limit} scenarios{where} judged", "{where}至少判定 {limit} 个场景"),
        Said("{figure}", "{figure}"),
        Said("run all of them", "运行全部场景"),
    ),
    _Figure(
        Limit.MIN_RULES,
        lambda area: area.rules,
        operator.ge,
        Said("at least {limit} rules checked{where}", "{where}至少检查 {limit} 条规则"),
        Said("{figure}", "{figure}"),
        Said("see which ledger tables the adapter lacks: erp-testkit doctor", "查看适配器缺少哪些台账表：erp-testkit doctor"),
    ),
    _Figure(
        Limit.MIN_CONTRACT_COVERAGE,
        lambda area: area.exercised / area.promised if area.promised else 0.0,
        operator.ge,
        Said("at least {limit:.0%} of what contracts{where} promise exercised", "{where}契约承诺的内容至少执行 {limit:.0%}"),
        Said("{figure:.1%} ({area.exercised} of {area.promised})", "{figure:.1%}（{area.exercised}/{area.promised}）"),
        Said("see in the report what was not exercised", "在报告中查看未执行的内容"),
        CONTRACTS,
    ),
    _Figure(
        Limit.MAX_NOT_COVERED,
        lambda area: area.uncovered / area.tests if area.tests else 0.0,
        operator.le,
        Said("at most {limit:.1%} of the tests{where} not covered", "{where}未覆盖的测试不超过 {limit:.1%}"),
        Said("{figure:.1%} ({area.uncovered} of {area.tests})", "{figure:.1%}（{area.uncovered}/{area.tests}）"),
        Said("give the adapter the ports it lacks (erp-testkit docs adapters)", "为适配器实现所缺端口（erp-testkit docs adapters）"),
    ),
)


def _limits(place: str, limits: Limits, area: Area, name: str = "") -> Iterator[Clause]:
    where = Said(" of {name}", "“{name}”").with_(name=name_of(name)) if name else ""
    for one in _FIGURES:
        limit, figure = getattr(limits, one.limit), one.of(area)
        # The defaults ask nothing.
        if limit != Limits.model_fields[one.limit].default:
            yield Clause(
                key=f"{place}.{one.limit}",
                limit=one.limit,
                about=name,
                area=name or one.area,
                kept=one.keeps(figure, limit),
                wanted=one.wanted.with_(limit=limit, where=where),
                got=one.got.with_(figure=figure, area=area),
                advice=one.advice,
            )


def _unreliable(evidence: Evidence, flaky: Sequence[Flaky]) -> Iterator[Clause]:
    for test in flaky:
        yield Clause(
            key=Limit.FLAKY,
            limit=Limit.FLAKY,
            about=test.node,
            kept=False,
            wanted=Said("{test} with one outcome in all runs of this commit", "{test} 在该提交的各次运行中结果须一致").with_(
                test=test.node
            ),
            got=Said("kept in {kept}, broken in {broken}", "{kept} 中符合，{broken} 中不符合").with_(
                kept=listed(test.kept, _SHOWN), broken=listed(test.broken, _SHOWN)
            ),
            advice=Said("find out why; a run that happened to be kept proves nothing", "查明原因；偶然符合的一次运行不能证明什么"),
        )
    for entry in sorted({entry for run in evidence.runs for entry in run.known_but_kept}):
        yield Clause(
            key=Limit.KNOWN_BUT_KEPT,
            limit=Limit.KNOWN_BUT_KEPT,
            about=entry,
            kept=False,
            wanted=Said("known findings that still show", "已知问题清单中的问题须仍存在"),
            got=Said("kept: {entry}", "已不再出现：{entry}").with_(entry=entry),
            advice=Said("take it off the list of known findings", "从已知问题清单中删除"),
        )


def _requirements(matrix: Matrix) -> Iterator[Clause]:
    gaps = {(gap.fault, gap.about): gap for gap in matrix.gaps}
    for row in matrix.rows:
        fault, id_ = Fault.HIGH_RISK if row.requirement.risk is Risk.HIGH else Fault.UNCOVERED, row.requirement.id
        if row.status is not Status.NOT_APPLICABLE and (fault, id_) not in gaps:
            yield Clause(
                key=f"requirements.{fault}", limit=fault, about=id_, kept=True, wanted=wanted(row), got=stands(row), advice=alike("")
            )
    for gap in matrix.gaps:
        key = f"requirements.{gap.fault}"
        yield Clause(key=key, limit=gap.fault, about=gap.about, kept=False, wanted=gap.wanted, got=gap.got, advice=gap.advice)
