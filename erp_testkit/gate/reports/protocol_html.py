"""The protocol as one page that opens offline and prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from erp_testkit.domain.ledger import time_text
from erp_testkit.domain.results import Outcome
from erp_testkit.erp.ports import PORTS
from erp_testkit.evidence.markup import Markup, element, page, table
from erp_testkit.gate.changes.before_after import Change
from erp_testkit.gate.reports import matrix_html
from erp_testkit.gate.reports.protocol import Deviation, Installed, Protocol, not_done
from erp_testkit.gate.requirements.matrix import Status

_TITLE = "Qualification protocol: IQ, OQ, PQ"
_LEAD = (
    "What the evidence of these runs says: what was installed, which requirements were shown to be met and which not, how it performs, "
    "and who approved it. It is a record to decide by, not a claim that the system complies with any law or standard; "
    "that is for the people who sign it, by their own procedures."
)
_LANGUAGE = "en"
_STYLE = matrix_html.STYLE + Path(__file__).with_name("protocol.css").read_text(encoding="utf-8")
_SHOWN = 100
"""How many changes are listed before the rest is only counted."""
_ANSWERS = "Answers that changed without a worse outcome are listed by erp-testkit compare."
_BLANKS = 3
"""Lines to sign on paper."""


def as_html(protocol: Protocol) -> bytes:
    """Return the page; the same runs give the same bytes."""
    body = (
        element("h1", _TITLE),
        element("p", _LEAD, class_="lead"),
        *_overview(protocol),
        *_installation(protocol),
        *_operation(protocol),
        *_performance(protocol),
        *_signatures(protocol),
    )
    return page(_TITLE, _LANGUAGE, _STYLE, *body).encode()


def _overview(protocol: Protocol) -> Iterator[Markup]:
    total, counts = protocol.tested.total.counts, protocol.matrix.counts
    verdict = protocol.verdict
    judged = (
        f"{verdict.get('verdict')}, {verdict.get('at')}, policy {verdict.get('policy', {}).get('name')}" if verdict else "none was given"
    )
    yield element("h2", "Overview")
    yield _facts(
        {
            "Verdict of the gate": judged,
            "IQ: installation": f"{_of(protocol.runs, 'run')} described",
            "OQ: functions": _counted(total, Outcome) or "not done",
            "OQ: requirements": _counted(counts, Status),
            "OQ: deviations": f"{len(protocol.deviations)}, {sum(bool(one.waiver) for one in protocol.deviations)} of them waived",
            "PQ: before and after": _compared(protocol),
            "PQ: observed in production": _of(protocol.observed, "run") if protocol.observed else "not done",
        }
    )
    undone = list(not_done(protocol))
    yield element("h3", "What was not done")
    yield element("ul", *(element("li", one) for one in undone), class_="undone") if undone else element("p", "Nothing of this is missing.")


def _installation(protocol: Protocol) -> Iterator[Markup]:
    yield element("h2", "1 Installation (IQ)")
    yield element("p", "What stood where in each run, as its sealed manifest has it.", class_="quiet")
    for run in protocol.runs:
        yield element("h3", f"Run {run.pack.name}", " (production)" if run.is_production else None)
        yield _facts(_installed(run))


def _installed(run: Installed) -> Mapping[str, object]:
    told: Mapping[str, Any] = run.pack.manifest
    who, where = told.get("who") or {}, told.get("where") or {}
    commit = f"{told.get('commit')}{' with changes nobody committed' if told.get('dirty') else ''}" if told.get("commit") else "none"
    used = [port for port in PORTS if run.evidence.ports[port]]
    return {
        "ERP": f"{told.get('erp') or 'unknown'}, {told.get('url') or 'started by the kit'}",
        "Adapter": f"{told.get('adapter')} ({told.get('adapter_version') or 'no installed package'})",
        "Profile and environment": f"{told.get('profile')}, {told.get('environment')}",
        "Kit": f"erp-testkit {told.get('kit')}, Python {told.get('python')}, {told.get('platform')}",
        "Change": commit,
        "Authors": ", ".join(told.get("authors") or ()) or "unknown",
        "Configuration": _digest(told.get("configuration")),
        **{f"Suite: {name}": _digest(digest) for name, digest in (told.get("suite") or {}).items()},
        "Containers": ", ".join(told.get("containers") or ()) or "none",
        "Ran by": ", ".join(filter(None, (who.get("actor") or who.get("user"), where.get("host"), where.get("ci")))) or "unknown",
        "From, until (UTC)": f"{told.get('started')}, {told.get('finished') or 'not ended'}",
        "Ports gone through": ", ".join(used) or "none",
        "Ports lacking": ", ".join(sorted(run.evidence.lacking)) or "none",
        "Seal": element("code", run.examined.digest or "none"),
        "Verified": [element("div", one) for one in run.examined.problems] or "every file is as it was sealed",
        "To be known": [element("div", one) for one in run.examined.notes] or "nothing",
    }


def _digest(digest: Mapping[str, Any] | None) -> object:
    if not digest:
        return "none"
    return [f"{digest['files']} {'file' if digest['files'] == 1 else 'files'}, SHA-256 ", element("code", digest["sha256"])]


def _operation(protocol: Protocol) -> Iterator[Markup]:
    yield element("h2", "2 Operation (OQ)")
    if not protocol.tested.runs:
        yield element("p", "Not done: no run outside production was given.")
    yield element("h3", "2.1 Requirements and their evidence")
    yield matrix_html.tiles(protocol.matrix, _LANGUAGE)
    yield matrix_html.requirements(protocol.matrix, _LANGUAGE)
    yield element("h3", "2.2 Gaps in the evidence")
    yield matrix_html.gaps(protocol.matrix, _LANGUAGE)
    yield element("h3", "2.3 Deviations and waivers")
    if not protocol.deviations:
        yield element("p", "No test broke.")
        return
    yield table(
        ("fingerprint", "severity", "deviation", "requirements", "where", "decision"), [_deviation(one) for one in protocol.deviations]
    )


def _deviation(one: Deviation) -> Sequence[object]:
    cause, tests = one.cause, one.cause.tests
    where = f"{tests[0].file}:{tests[0].line}{f' and {len(tests) - 1} more' if len(tests) > 1 else ''}"
    known = f"known: {'; '.join(sorted({why for test in tests for why in test.reasons}))}" if cause.known else ""
    return (
        element("td", element("code", cause.fingerprint, class_="short")),
        cause.severity,
        [element("b", cause.name), " ", cause.title],
        ", ".join(sorted({requirement for test in tests for requirement in test.requirements})),
        where,
        _waived(one.waiver) if one.waiver else [one.state or "no verdict", f"; {known}" if known else None],
    )


def _waived(waiver: Mapping[str, Any]) -> str:
    link = f", {waiver['link']}" if waiver.get("link") else ""
    return (
        f"waived from {waiver['opened']} until {waiver['expires']}: {waiver['reason']} "
        f"(owner {waiver['owner']}, approved by {waiver['approver']}{link})"
    )


def _performance(protocol: Protocol) -> Iterator[Markup]:
    yield element("h2", "3 Performance (PQ)")
    yield element("h3", "3.1 Before and after the change")
    found = protocol.comparison
    if found is None:
        yield element("p", "Not done: no run of the version before was given (--before RUN).")
    else:
        yield element("p", f"Before {found.before}, after {found.after}: {found.compared} tests compared. {_compared(protocol)}.")
        if found.notes:
            yield element("ul", *(element("li", note) for note in found.notes))
        counts = Counter(change.kind for change in found.changes)
        if counts:
            yield element("p", f"By kind: {', '.join(f'{count} {kind}' for kind, count in sorted(counts.items()))}. {_ANSWERS}")
        listed = [change for change in found.changes if change.worse or change.kind != "answer"]
        if listed:
            shown = sorted(listed, key=lambda change: not change.worse)
            yield table(("what", "where", "before", "after", ""), [_change(change) for change in shown[:_SHOWN]])
        if len(listed) > _SHOWN:
            yield element("p", f"… {len(listed) - _SHOWN} more: erp-testkit compare")
    yield element("h3", "3.2 Figures and answer times")
    for run in protocol.runs:
        yield element("p", element("b", f"Run {run.pack.name}"), f", {run.pack.manifest.get('environment')}")
        if run.figures:
            yield table(("figure", "value"), [(name, f"{value:g}") for name, value in run.figures.items()])
        if run.times:
            yield table(("operation, the slowest", "median answer"), [(name, f"{value * 1000:.1f} ms") for name, value in run.times])
        if not run.figures and not run.times:
            yield element("p", "No ledgers and no exchanges to take figures from.")
    yield element("h3", "3.3 Observation in production")
    if not protocol.observed:
        yield element("p", "Not done: no run in production was given.")
    for run in protocol.observed:
        total = run.evidence.total
        told = run.pack.manifest
        ended = _counted(total.counts, Outcome) or "nothing was judged"
        when = f"{told.get('started')} to {told.get('finished') or 'not ended'}"
        yield element("p", f"Run {run.pack.name}, {when}: {ended}; {total.rules} rules checked. In production the kit only reads.")


def _change(change: Change) -> Sequence[object]:
    return (change.kind, change.where, change.before, change.after, element("td", "worse", class_="worse") if change.worse else "")


def _compared(protocol: Protocol) -> str:
    found = protocol.comparison
    if found is None:
        return "not done"
    return f"{_of(found.changes, 'change')}, {sum(change.worse for change in found.changes)} of them for the worse"


def _signatures(protocol: Protocol) -> Iterator[Markup]:
    yield element("h2", "4 Signatures")
    signed = [(run, one) for run in protocol.runs for one in run.signatures.approvals]
    problems = [f"{run.pack.name}: {problem}" for run in protocol.runs for problem in run.signatures.problems]
    if problems:
        yield element("p", "Signatures that do not count:")
        yield element("ul", *(element("li", problem) for problem in problems))
    if signed:
        yield element("p", "Electronic signatures, each over the run's seal, its verdict and the signatures before it; all of them hold.")
        rows = (
            (one.name, one.role, one.meaning, time_text(one.at), run.pack.name, element("td", element("code", one.key[:16])))
            for run, one in signed
        )
        yield table(("name", "role", "meaning", "time (UTC)", "run", "key"), rows)
        return
    yield element("p", "No electronic signature. To sign on paper:")
    yield table(("name", "role", "meaning", "date", "signature"), [[""] * 5 for _ in range(_BLANKS)], class_="line")


def _facts(facts: Mapping[str, object]) -> Markup:
    rows = (element("tr", element("th", name, scope="row"), element("td", value)) for name, value in facts.items())
    return element("table", element("tbody", *rows), class_="facts")


def _of(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _counted(counts: Mapping[Any, int], order: type[Outcome] | type[Status]) -> str:
    return ", ".join(f"{counts[one]} {one}" for one in order if counts[one])
