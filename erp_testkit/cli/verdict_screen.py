"""A verdict as a person reads it in half a minute: areas, what decides, waivers, what is not covered, the next step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from erp_testkit.domain.names import counted, name_of
from erp_testkit.domain.results import Outcome
from erp_testkit.domain.said import Said, alike, in_language, listed
from erp_testkit.gate.reports.files import summary_in
from erp_testkit.gate.reports.summary import HEADS, next_step, port
from erp_testkit.gate.requirements.matrix import Status
from erp_testkit.gate.verdict.reading import RunFacts
from erp_testkit.gate.verdict.verdict import Reason, State, Verdict
from erp_testkit.pytest_plugin.judging.table import as_table, wrapped

_WIDTH = 120
_SHOWN = 8
"""How many reasons of a kind, or names, are shown before the rest is only counted."""
_INDENT = " " * 16


def lines(verdict: Verdict, folder: Path, language: str) -> list[str]:
    """Return the lines of the verdict.

    Args:
        verdict: the verdict.
        folder: where its files are, as the user may type it.
        language: one of `LANGUAGES`.
    """
    said = (
        *_runs(verdict),
        alike(""),
        *_areas(verdict, language),
        *(line for state in (State.REJECTS, State.NEEDS_WAIVER, State.WAIVED) for line in _reasons(verdict, state, folder, language)),
        *_noted(verdict),
        *_ending(verdict),
        alike(""),
        *_coverage(verdict),
        Said("Files in {folder}", "文件位于 {folder}").with_(folder=folder),
        alike(""),
        Said("Verdict: {word}", "判定：{word}").with_(word=name_of(verdict.word)),
        Said("Next: {step}", "下一步：{step}").with_(step=next_step(verdict)),
    )
    return [line for one in said for line in _wrapped(in_language(one, language))]


def _runs(verdict: Verdict) -> Iterator[Said]:
    for run in verdict.evidence.runs:
        facts = run.facts
        commit = Said(", commit {commit}", "，提交 {commit}").with_(commit=str(facts["commit"])[:12]) if facts["commit"] else ""
        yield Said(
            "Run {run}: {erp}, {profile} ({environment}){commit}, {age}", "运行 {run}：{erp}，{profile}（{environment}）{commit}，{age}"
        ).with_(
            run=run.name,
            erp=facts["erp"] or facts["adapter"],
            profile=facts["profile"],
            environment=facts["environment"],
            commit=commit,
            age=_age(run, verdict.at),
        )
    policy = verdict.policy
    extends = Said(", extends {base}", "，基于 {base}").with_(base=policy.extends) if policy.extends != policy.name else ""
    yield Said("Policy {policy}{extends}", "策略 {policy}{extends}").with_(policy=policy.name, extends=extends)


def _age(run: RunFacts, at: datetime) -> Said:
    minutes = int((at - run.ended).total_seconds() // 60)
    if minutes < 120:
        return Said("{minutes} minutes ago", "{minutes} 分钟前").with_(minutes=minutes)
    return Said("{hours} hours ago", "{hours} 小时前").with_(hours=minutes // 60)


def _areas(verdict: Verdict, language: str) -> Iterator[Said]:
    areas, total = verdict.areas(), verdict.evidence.total
    shown = [outcome for outcome in Outcome if outcome is not Outcome.ERROR or total.counts[outcome]]
    rows: list[list[str]] = [
        [name_of(name), *(str(area.counts[outcome]) for outcome in shown), name_of(word)] for name, (area, word) in areas.items()
    ]
    rows.append([Said("Total", "合计"), *(str(total.counts[outcome]) for outcome in shown), name_of(verdict.word)])
    heads: list[str] = [Said("Area", "领域"), *(name_of(outcome) for outcome in shown), Said("verdict", "判定")]
    cells = [[in_language(cell, language) for cell in row] for row in (heads, *rows)]
    return map(alike, as_table(cells[0], cells[1:], right=range(1, len(shown) + 1)))


def _reasons(verdict: Verdict, state: State, folder: Path, language: str) -> Iterator[Said]:
    reasons = verdict.of(state)
    if not reasons:
        return
    yield alike("")
    yield Said("{head} ({count}):", "{head}（{count}）：").with_(head=HEADS[state], count=len(reasons))
    for reason in reasons[:_SHOWN]:
        yield from _reason(reason)
    if len(reasons) > _SHOWN:
        more = Said("  and {count} more in {file}", "  另有 {count} 项，见 {file}")
        yield more.with_(count=len(reasons) - _SHOWN, file=folder / summary_in(language))


def _reason(reason: Reason) -> Iterator[Said]:
    severity = Said("{severity} · ", "{severity} · ").with_(severity=name_of(reason.cause.severity)) if reason.cause else ""
    name = reason.fingerprint or Said("law         ", "不可豁免    ")
    text = reason.title if reason.cause else reason.detail
    yield Said("  {name}  {severity}{text}", "  {name}  {severity}{text}").with_(name=name, severity=severity, text=text)
    under = Said(_INDENT + "{text}", _INDENT + "{text}")
    if reason.waiver:
        waiver = reason.waiver
        said = Said(
            "until {expires}, owner {owner}, approved by {approver}: {reason}",
            "有效至 {expires}，责任人 {owner}，批准人 {approver}：{reason}",
        )
        yield under.with_(text=said.with_(expires=waiver.expires, owner=waiver.owner, approver=waiver.approver, reason=waiver.reason))
    elif reason.cause:
        counted_ = Said("{counted}; {advice}", "{counted}；{advice}").with_(counted=reason.cause.counted(), advice=reason.advice)
        yield under.with_(text=counted_)
    else:
        yield under.with_(text=reason.advice)


def _noted(verdict: Verdict) -> Iterator[Said]:
    # Gaps of requirements have a line of their own below.
    noted = [reason for reason in verdict.of(State.NOTED) if not reason.key.startswith("requirements.")]
    if noted:
        yield alike("")
        names = listed([reason.cause.name if reason.cause else reason.detail for reason in noted], _SHOWN)
        said = Said("{head} ({count}): {names}", "{head}（{count}）：{names}")
        yield said.with_(head=HEADS[State.NOTED], count=len(noted), names=names)


def _ending(verdict: Verdict) -> Iterator[Said]:
    if verdict.ending:
        yield alike("")
        yield Said("Waivers that end soon:", "即将到期的豁免：")
        for waiver in verdict.ending:
            said = Said("  {fingerprint} on {day}, owner {owner}", "  {fingerprint} 于 {day} 到期，责任人 {owner}")
            yield said.with_(fingerprint=waiver.fingerprint, day=waiver.expires, owner=waiver.owner)


def _coverage(verdict: Verdict) -> Iterator[Said]:
    evidence = verdict.evidence
    total = evidence.total
    tests, uncovered = total.counts.total(), total.counts[Outcome.NOT_COVERED]
    promised = Said(", {exercised} of {promised} promises of contracts", "，接口契约的承诺 {exercised}/{promised} 项")
    contracts = promised.with_(exercised=total.exercised, promised=total.promised) if total.promised else ""
    yield Said(
        "Checked: {scenarios} scenarios and checks of contracts, {rules} rules{contracts}",
        "已检查：场景和接口契约检查 {scenarios} 项，规则 {rules} 条{contracts}",
    ).with_(scenarios=len(total.scenarios), rules=total.rules, contracts=contracts)
    if verdict.matrix.rows:
        said = Said("Requirements: {counts} (erp-testkit matrix)", "需求：{counts}（erp-testkit matrix）")
        yield said.with_(counts=counted(verdict.matrix.counts, Status))
    if uncovered:
        said = Said(
            "Not covered: {count} of {tests} tests ({share:.1%}): {reasons}",
            "未覆盖：{tests} 项测试中的 {count} 项（{share:.1%}）：{reasons}",
        )
        reasons = listed([*map(port, sorted(evidence.lacking)), *sorted(evidence.uncovered)], _SHOWN)
        yield said.with_(count=uncovered, tests=tests, share=uncovered / tests, reasons=reasons)


def _wrapped(line: str) -> list[str]:
    text = line.lstrip(" ")
    return wrapped(text, _WIDTH, first=line[: len(line) - len(text)], rest=_INDENT) if text else [""]
