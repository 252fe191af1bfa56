"""A verdict as Markdown, for the page of a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from erp_testkit.domain.results import Outcome
from erp_testkit.gate.verdict.verdict import Reason, State, Verdict, Word

_SHOWN = 50
"""How many reasons of a kind are listed before the rest is only counted; a pull request takes no page of any length."""
_SIGNS = {Word.APPROVED: "✅", Word.WAIVER: "⚠️", Word.REJECTED: "❌"}
_HEADS = {State.REJECTS: "What rejects", State.NEEDS_WAIVER: "What needs a waiver", State.WAIVED: "Waived", State.NOTED: "Noted"}


def as_markdown(verdict: Verdict) -> str:
    """Return the verdict as Markdown: areas, reasons, waivers, what is not covered, the next step."""
    return "\n".join([*_head(verdict), *_areas(verdict), *_reasons(verdict), *_gaps(verdict), f"**Next:** {next_step(verdict)}", ""])


def next_step(verdict: Verdict) -> str:
    """Say what to do now."""
    if verdict.exit_code == 3:
        return "a run could not judge: mend the environment, run it again, then call the gate again."
    if verdict.exit_code == 2:
        return "a run was configured wrongly: mend what its errors name, run it again, then call the gate again."
    if verdict.word is Word.REJECTED:
        return "mend what rejects, run it again, then call the gate again."
    if verdict.word is Word.WAIVER:
        return "mend what needs a waiver, or have it accepted in ci/waivers.toml by its fingerprint; then call the gate again."
    signers = verdict.policy.approvals.people
    return (
        f"have it signed by {signers} {'person' if signers == 1 else 'people'}: erp-testkit approve"
        if signers
        else "nothing; nobody has to sign."
    )


def _head(verdict: Verdict) -> Iterator[str]:
    yield f"## {_SIGNS[verdict.word]} {verdict.word.capitalize()}"
    yield ""
    for run in verdict.evidence.runs:
        facts = run.facts
        erp, profile = _text(facts["erp"] or facts["adapter"]), _text(facts["profile"])
        commit = f", commit `{str(facts['commit'])[:12]}`" if facts["commit"] else ""
        yield f"- `{run.name}`: {erp}, profile {profile} ({facts['environment']}){commit}, {run.state}"
    yield f"- policy `{verdict.policy.name}`" + (f" on `{verdict.policy.extends}`" if verdict.policy.extends != verdict.policy.name else "")
    yield ""


def _areas(verdict: Verdict) -> Iterator[str]:
    yield f"| area | {' | '.join(Outcome)} | verdict |"
    yield f"|---|{'---:|' * len(Outcome)}---|"
    for name, (area, word) in verdict.areas().items():
        yield f"| {_text(name)} | {' | '.join(str(area.counts[outcome]) for outcome in Outcome)} | {word} |"
    total = verdict.evidence.total
    yield f"| **Total** | {' | '.join(str(total.counts[outcome]) for outcome in Outcome)} | **{verdict.word}** |"
    yield ""


def _reasons(verdict: Verdict) -> Iterator[str]:
    for state, head in _HEADS.items():
        reasons = verdict.of(state)
        if reasons:
            yield f"### {head} ({len(reasons)})"
            yield ""
            yield from (_reason(reason) for reason in reasons[:_SHOWN])
            if len(reasons) > _SHOWN:
                yield f"- and {len(reasons) - _SHOWN} more in `verdict.json`"
            yield ""


def _reason(reason: Reason) -> str:
    severity = f" **{reason.cause.severity}**" if reason.cause else ""
    fingerprint = f"`{reason.fingerprint}`" if reason.fingerprint else "law"
    waiver = reason.waiver
    waived = (
        f" Waived until {waiver.expires} by {_text(waiver.approver)}, owner {_text(waiver.owner)}: {_text(waiver.reason)}" if waiver else ""
    )
    return f"- {fingerprint}{severity} {_text(reason.title)}. {_text(reason.detail)} (`{reason.key}`){waived}"


def _gaps(verdict: Verdict) -> Iterator[str]:
    evidence = verdict.evidence
    gaps: Sequence[tuple[str, set[str]]] = [
        *((f"port {port}", ids) for port, ids in sorted(evidence.lacking.items())),
        *sorted(evidence.uncovered.items()),
    ]
    if gaps:
        yield "### Not covered"
        yield ""
        yield from (f"- {_text(reason)}: {_text(', '.join(sorted(ids)))}" for reason, ids in gaps)
        yield ""
    if verdict.ending:
        yield "### Waivers that end soon"
        yield ""
        yield from (
            f"- `{waiver.fingerprint}` on {waiver.expires}, owner {_text(waiver.owner)}: {_text(waiver.reason)}"
            for waiver in verdict.ending
        )
        yield ""


def _text(text: object) -> str:
    """Write what comes from outside so that it stays text: one line, no markup."""
    return re.sub(r"([\\`*_{}\[\]<>|#~@])", r"\\\1", " ".join(str(text).split()))
