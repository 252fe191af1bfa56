"""A verdict as Markdown, for the page of a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from erp_testkit.domain.names import name_of
from erp_testkit.domain.results import Outcome
from erp_testkit.domain.said import LANGUAGES, Said, alike, in_language, listed
from erp_testkit.evidence.verify import STATES
from erp_testkit.gate.verdict.reading import RunFacts
from erp_testkit.gate.verdict.verdict import Reason, State, Verdict, Word

_SHOWN = 50
"""How many reasons of a kind are listed before the rest is only counted; a pull request takes no page of any length."""
_SIGNS = {Word.APPROVED: "✅", Word.WAIVER: "⚠️", Word.REJECTED: "❌"}
HEADS: Mapping[State, Said] = {
    State.REJECTS: Said("Rejects", "否决"),
    State.NEEDS_WAIVER: Said("Needs a waiver", "须豁免"),
    State.WAIVED: Said("Waived", "已豁免"),
    State.NOTED: Said("Noted", "备注"),
}
"""What stands above the reasons that do one thing."""


def as_markdown(verdict: Verdict, language: str) -> str:
    """Return the verdict as Markdown: areas, reasons, waivers, what is not covered, the next step."""
    said = (
        *_head(verdict),
        *_areas(verdict),
        *_reasons(verdict),
        *_gaps(verdict),
        Said("**Next:** {step}", "**下一步：**{step}").with_(step=next_step(verdict)),
        alike(""),
    )
    return "\n".join(in_language(line, language) for line in said)


def next_step(verdict: Verdict) -> Said:
    """Say what to do now."""
    if verdict.exit_code == 3:
        return Said(
            "a run could not judge: mend the environment, run it again, then call the gate again.",
            "有运行无法判定：修复环境，重新运行，然后重新判定。",
        )
    if verdict.exit_code == 2:
        return Said(
            "a run was configured wrongly: mend what its errors name, run it again, then call the gate again.",
            "运行的配置有误：按错误提示更正，重新运行，然后重新判定。",
        )
    if verdict.word is Word.REJECTED:
        return Said("mend what rejects, run it again, then call the gate again.", "修复否决项，重新运行，然后重新判定。")
    if verdict.word is Word.WAIVER:
        return Said(
            "mend what needs a waiver, or have it accepted in ci/waivers.toml by its fingerprint; then call the gate again.",
            "修复须豁免项，或按指纹在 ci/waivers.toml 中批准豁免；然后重新判定。",
        )
    signers = verdict.policy.approvals.people
    if not signers:
        return Said("nothing; nobody has to sign.", "无；不要求签名。")
    said = (
        Said("have it signed by {people} person: erp-testkit approve", "请 {people} 人签批：erp-testkit approve")
        if signers == 1
        else Said("have it signed by {people} people: erp-testkit approve", "请 {people} 人签批：erp-testkit approve")
    )
    return said.with_(people=signers)


def port(name: str) -> Said:
    """Return what a port is called where it is one of several reasons."""
    return Said("port {name}", "端口“{name}”").with_(name=Said(name, name_of(name).zh))


def _head(verdict: Verdict) -> Iterator[Said]:
    word = name_of(verdict.word)
    yield Said("## {sign} {word}", "## {sign} {word}").with_(sign=_SIGNS[verdict.word], word=Said(word.capitalize(), word.zh))
    yield alike("")
    yield from (_run(run) for run in verdict.evidence.runs)
    policy = verdict.policy
    base = Said(" on `{base}`", "（基于 `{base}`）").with_(base=policy.extends) if policy.extends != policy.name else ""
    yield Said("- policy `{policy}`{base}", "- 策略 `{policy}`{base}").with_(policy=policy.name, base=base)
    yield alike("")


def _run(run: RunFacts) -> Said:
    facts = run.facts
    commit = Said(", commit `{commit}`", "，提交 `{commit}`").with_(commit=str(facts["commit"])[:12]) if facts["commit"] else ""
    return Said(
        "- `{run}`: {erp}, profile {profile} ({environment}){commit}, {state}",
        "- `{run}`：{erp}，配置 {profile}（{environment}）{commit}，{state}",
    ).with_(
        run=run.name,
        erp=_text(facts["erp"] or facts["adapter"]),
        profile=_text(facts["profile"]),
        environment=facts["environment"],
        commit=commit,
        state=STATES[run.state],
    )


def _areas(verdict: Verdict) -> Iterator[Said]:
    row = Said("| {name} | {cells} | {word} |", "| {name} | {cells} | {word} |")
    outcomes = Said(" | ".join(map(name_of, Outcome)), " | ".join(name_of(outcome).zh for outcome in Outcome))
    yield row.with_(name=Said("area", "领域"), cells=outcomes, word=Said("verdict", "判定"))
    yield alike(f"|---|{'---:|' * len(Outcome)}---|")
    for name, (area, word) in verdict.areas().items():
        cells = " | ".join(str(area.counts[outcome]) for outcome in Outcome)
        yield row.with_(name=_text(name_of(name)), cells=cells, word=name_of(word))
    cells = " | ".join(str(verdict.evidence.total.counts[outcome]) for outcome in Outcome)
    total = Said("| **Total** | {cells} | **{word}** |", "| **合计** | {cells} | **{word}** |")
    yield total.with_(cells=cells, word=name_of(verdict.word))
    yield alike("")


def _reasons(verdict: Verdict) -> Iterator[Said]:
    for state, head in HEADS.items():
        reasons = verdict.of(state)
        if reasons:
            yield Said("### {head} ({count})", "### {head}（{count}）").with_(head=head, count=len(reasons))
            yield alike("")
            yield from (_reason(reason) for reason in reasons[:_SHOWN])
            if len(reasons) > _SHOWN:
                yield Said("- and {count} more in `verdict.json`", "- 另有 {count} 项，见 `verdict.json`").with_(
                    count=len(reasons) - _SHOWN
                )
            yield alike("")


def _reason(reason: Reason) -> Said:
    severity = Said(" **{severity}**", " **{severity}**").with_(severity=name_of(reason.cause.severity)) if reason.cause else ""
    titled = Said("{title}. {detail}", "{title}。{detail}")
    waiver = reason.waiver
    waived = (
        Said(
            " Waived until {expires} by {approver}, owner {owner}: {reason}",
            " 豁免有效至 {expires}，批准人 {approver}，责任人 {owner}：{reason}",
        ).with_(expires=waiver.expires, approver=_text(waiver.approver), owner=_text(waiver.owner), reason=_text(waiver.reason))
        if waiver
        else ""
    )
    return Said("- {name}{severity} {text} (`{key}`){waived}", "- {name}{severity} {text}（`{key}`）{waived}").with_(
        name=f"`{reason.fingerprint}`" if reason.fingerprint else Said("law", "不可豁免"),
        severity=severity,
        text=titled.with_(title=_text(reason.title), detail=_text(reason.detail)) if reason.cause else _text(reason.detail),
        key=reason.key,
        waived=waived,
    )


def _gaps(verdict: Verdict) -> Iterator[Said]:
    evidence = verdict.evidence
    gaps: Sequence[tuple[Said, set[str]]] = [
        *((port(name), ids) for name, ids in sorted(evidence.lacking.items())),
        *sorted(evidence.uncovered.items()),
    ]
    if gaps:
        yield Said("### Not covered", "### 未覆盖")
        yield alike("")
        item = Said("- {reason}: {tests}", "- {reason}：{tests}")
        yield from (item.with_(reason=_text(reason), tests=_text(listed(sorted(ids)))) for reason, ids in gaps)
        yield alike("")
    if verdict.ending:
        yield Said("### Waivers that end soon", "### 即将到期的豁免")
        yield alike("")
        item = Said("- `{fingerprint}` on {day}, owner {owner}: {reason}", "- `{fingerprint}` 于 {day} 到期，责任人 {owner}：{reason}")
        for waiver in verdict.ending:
            yield item.with_(fingerprint=waiver.fingerprint, day=waiver.expires, owner=_text(waiver.owner), reason=_text(waiver.reason))
        yield alike("")


def _text(text: object) -> Said:
    """Write what comes from outside so that it stays text: one line, no markup."""
    said = text if isinstance(text, str) else str(text)
    return Said(*(_MARKUP.sub(r"\\\1", " ".join(in_language(said, language).split())) for language in LANGUAGES))


_MARKUP = re.compile(r"([\\`*_{}\[\]<>|#~@])")
