"""The approval sheet in one language: headings, tables and lines, in the order and at the length in which they are shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from erp_testkit.domain.findings import Family
from erp_testkit.domain.results import Outcome
from erp_testkit.domain.said import Said
from erp_testkit.evidence.seal import SIGNATURE
from erp_testkit.gate.changes.before_after import Change
from erp_testkit.gate.changes.metrics import DEVIATION
from erp_testkit.gate.reports.sheet.content import REQUIREMENTS, Before, Matter, Sheet
from erp_testkit.gate.reports.sheet.words import Words
from erp_testkit.gate.verdict.titles import title_of_rule
from erp_testkit.gate.verdict.verdict import State, Word

Tone: TypeAlias = Literal["", "good", "warn", "bad", "mute"]

_MATTERS, _WAIVERS, _CHANGES, _NAMES, _WHERE = 8, 5, 8, 8, 3
"""How many of each are shown before the rest is only counted: the page is read in two minutes."""
_LONGEST = 160
"""How many characters of a text from outside are shown."""
_WORD_TONES: dict[str, Tone] = {Word.APPROVED: "good", Word.WAIVER: "warn", Word.REJECTED: "bad"}
_STATE_TONES: dict[State, Tone] = {State.REJECTS: "bad", State.NEEDS_WAIVER: "warn", State.WAIVED: "mute", State.NOTED: "mute"}
_STATE_WORDS = {State.REJECTS: "rejects", State.NEEDS_WAIVER: "needs a waiver", State.WAIVED: "waived", State.NOTED: "noted"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A text as it is to be shown; all of it is data, none of it markup."""

    text: str
    tone: Tone = ""
    code: bool = False
    """Whether it is a digest or a command, of which every letter counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows below heads."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    wide: Mapping[int, int]
    """Columns that share what room the others leave, and in what proportion."""
    right: Sequence[int] = ()
    """Columns of figures."""
    last_is_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Names and what they stand for, in two columns or one."""

    pairs: Sequence[tuple[str, Cell]]
    columns: Literal[1, 2] = 1


Block: TypeAlias = Cell | Table | Facts


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below one heading."""

    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The sheet."""

    language: str
    title: str
    subtitle: str
    verdict: Cell
    at: datetime
    """The moment of the latest thing on it, UTC."""
    facts: Facts
    rows: Sequence[Sequence[Sequence[Section]]] = field(default_factory=tuple)
    """From top to bottom: columns side by side, each with its sections."""


def page_of(sheet: Sheet, language: str) -> Page:
    """Return the sheet in one language."""
    words = Words(language)
    verdict = str(sheet.verdict["verdict"])
    return Page(
        language=language,
        title=words("sheet"),
        subtitle=f"{words('change')}{words('colon')}{sheet.run.manifest.get('commit') or words('no commit')}",
        verdict=Cell(words(verdict), _WORD_TONES[verdict]),
        at=sheet.at,
        facts=Facts(pairs=[(words(name), cell) for name, cell in _facts(sheet, words)], columns=2),
        rows=[
            [[_why(sheet, words)]],
            [[_tested(sheet, words)], [_not_tested(sheet, words), _findings(sheet, words), *_requirements(sheet, words)]],
            [[_before_and_after(sheet, words)]],
            [[_waivers(sheet, words)]],
            [[_signatures(sheet, words)]],
            [[_evidence(sheet, words)]],
        ],
    )


def _facts(sheet: Sheet, words: Words) -> Iterator[tuple[str, Cell]]:
    manifest, verdict = sheet.run.manifest, sheet.verdict
    place = words("profile", profile=manifest.get("profile"), environment=manifest.get("environment"))
    yield "authors", Cell(_short(words.listed(list(manifest.get("authors") or [words("none")]), 3)))
    yield "against", Cell(_short(f"{manifest.get('erp') or manifest.get('adapter')}{words('then')}{place}"))
    if not manifest.get("commit"):
        yield "sources", Cell(words("no commit"), "bad")
    else:
        yield "sources", Cell(words("dirty"), "bad") if manifest.get("dirty") else Cell(words("clean"))
    yield "deployed", Cell(_short(_deployed(sheet, words)))
    complete = sheet.run.is_complete
    times = f"{_minute(manifest.get('started'))} – {_minute(manifest.get('finished'))[-5:]} UTC"
    state = "" if complete else f"{words('then')}{words('unfinished')}"
    yield "run", Cell(_short(f"{manifest.get('run')}{words('then')}{times}{state}"), "" if complete else "bad")
    kit, adapter, package = (
        f"erp-testkit {manifest.get('kit')}",
        f"{words('adapter')} {manifest.get('adapter')}",
        manifest.get("adapter_version"),
    )
    packaged = words("in brackets", text=adapter, note=package) if package and package != kit else adapter
    versions = [kit, packaged, words("seed", seed=manifest.get("seed"))]
    yield "versions", Cell(_short(words("then").join(versions)))
    policy = verdict["policy"]
    named = policy["name"] if policy["name"] == policy["extends"] else words("extends", policy=policy["name"], base=policy["extends"])
    yield "by policy", Cell(words("policy", at=f"{_minute(verdict['at'])} UTC", policy=named))
    risks = sorted(sheet.risks.items(), key=lambda risk: (-risk[1], risk[0]))
    said = [words("risk open" if count else "risk clear", risk=words.name(risk), count=count) for risk, count in risks]
    yield "risk", Cell(words.listed(said or [words("none")], 4), "bad" if any(sheet.risks.values()) else "")
    others = [f"{run['run']} ({run['erp'] or run['adapter']})" for run in verdict["runs"] if run["sha256"] != sheet.run.digest]
    if others:
        yield "further runs", Cell(words.listed(others, 4))


def _deployed(sheet: Sheet, words: Words) -> str:
    live = sheet.run.manifest.get("deployed") or {}
    said = [
        words("deployed at", environment=where, change=str(what.get("change"))[:12], at=_minute(what.get("at")))
        for where, what in sorted(live.items())
    ]
    return words.listed(said, 2) if said else words("not recorded")


def _why(sheet: Sheet, words: Words) -> Section:
    matters = sheet.matters
    clauses = sheet.verdict["clauses"]
    kept = sum(clause["kept"] for clause in clauses)
    if not matters:
        return Section(words("why"), [Cell(words("all kept", clauses=len(clauses)), "good")])
    blocks: list[Block] = []
    if sheet.verdict["verdict"] == Word.APPROVED:
        blocks.append(Cell(words("nothing rejects", kept=kept, clauses=len(clauses)), "good"))
    heads = [words(name) for name in ("effect", "severity", "what", "where")]
    blocks.append(Table(heads=heads, rows=[_matter(matter, words) for matter in matters[:_MATTERS]], wide={2: 3, 3: 2}))
    return Section(words("why"), [*blocks, *_rest(len(matters), _MATTERS, words)])


def _matter(matter: Matter, words: Words) -> Sequence[Cell]:
    severity = words(str(matter.severity)) if matter.severity else words("law" if matter.law else "policy clause")
    where = words.listed([_short(words.name(place)) for place in matter.where], _WHERE)
    effect = Cell(words(_STATE_WORDS[matter.state]), _STATE_TONES[matter.state])
    return [effect, Cell(severity), Cell(_short(_what(matter, words))), Cell(where, "mute")]


def _what(matter: Matter, words: Words) -> str:
    if matter.id.startswith(REQUIREMENTS) and len(matter.where) > 1:
        return words(matter.id, count=len(matter.where))
    if matter.family in (None, Family.SCENARIO):
        return words.said(matter.said)
    return words(matter.family, id=matter.id, title=words.said(matter.said))


def _tested(sheet: Sheet, words: Words) -> Section:
    total = sheet.verdict["total"]
    shown = [outcome for outcome in Outcome if outcome is not Outcome.ERROR or total[outcome]]
    rows = []
    for name, figures in [*((words.name(area["area"]), area) for area in sheet.verdict["areas"]), (words("total"), total)]:
        verdict = figures["verdict"]
        word = "no objection" if verdict == Word.APPROVED else verdict
        result = Cell(words(word), _WORD_TONES.get(verdict, "mute"))
        rows.append([Cell(_short(name)), *(_count(outcome, figures[outcome]) for outcome in shown), result])
    heads = [words("area"), *(words(outcome) for outcome in shown), words("result")]
    contracts, share = total["contracts"], 0.0
    if contracts["promised"]:
        share = contracts["exercised"] / contracts["promised"]
    return Section(
        words("tested"),
        [
            Table(heads=heads, rows=rows, wide={0: 1}, right=range(1, len(shown) + 1), last_is_total=True),
            Cell(words("coverage", scenarios=total["scenarios"], rules=total["rules"])),
            Cell(words("contracts" if contracts["promised"] else "no contracts", share=f"{share:.0%}", **contracts)),
        ],
    )


def _count(outcome: Outcome, count: int) -> Cell:
    tones: dict[Outcome, Tone] = {Outcome.BROKEN: "bad", Outcome.ERROR: "bad", Outcome.KNOWN: "warn", Outcome.NOT_COVERED: "warn"}
    return _figure_of(count, tones.get(outcome, ""))


def _figure_of(count: int, tone: Tone) -> Cell:
    return Cell(str(count), tone) if count else Cell("–", "mute")


def _not_tested(sheet: Sheet, words: Words) -> Section:
    gaps = sheet.verdict["not_covered"]
    lacking = [words("port lacking", port=words.name(port), count=len(ids)) for port, ids in gaps["ports"].items()]
    other = [
        words("port lacking", port=_short(words.said(Said(gap["reason"], gap["reason_zh"]))), count=len(gap["tests"]))
        for gap in gaps["other"]
    ]
    listed = {
        "areas without tests": [words.name(area) for area in sheet.untested],
        "ports lacking": lacking,
        "ports unused": [words.name(port) for port in sheet.unused],
        "other gaps": other,
    }
    pairs = [(words(name), Cell(words.listed(names, _NAMES), "warn")) for name, names in listed.items() if names]
    return Section(words("not tested"), [Facts(pairs=pairs)] if pairs else [Cell(words("nothing left out"))])


def _findings(sheet: Sheet, words: Words) -> Section:
    if not any(sheet.severities.values()):
        return Section(words("findings"), [Cell(words("no findings"))])
    rows = []
    for severity, counts in sheet.severities.items():
        rows.append([Cell(words(severity)), *(_figure_of(counts[state], tone) for state, tone in _STATE_TONES.items())])
    heads = [words("severity"), *(words(word) for word in _STATE_WORDS.values())]
    return Section(words("findings"), [Table(heads=heads, rows=rows, wide={0: 1}, right=range(1, 5))])


def _requirements(sheet: Sheet, words: Words) -> Iterator[Section]:
    risks = sheet.requirements.get("risks", {})
    if not risks:
        return
    standing: Mapping[str, tuple[Sequence[str], Tone]] = {
        "met": (("kept",), ""),
        "broken": (("broken", "error"), "bad"),
        "known": (("known",), "warn"),
        "no evidence": (("not covered", "not tested"), "warn"),
        "not applicable": (("not applicable",), "mute"),
    }
    rows = [
        [Cell(words(risk)), *(_figure_of(sum(counts.get(one, 0) for one in statuses), tone) for statuses, tone in standing.values())]
        for risk, counts in risks.items()
    ]
    heads = [words("risk class"), *(words(name) for name in standing)]
    yield Section(words("requirements"), [Table(heads=heads, rows=rows, wide={0: 1}, right=range(1, len(heads)))])


def _before_and_after(sheet: Sheet, words: Words) -> Section:
    before = sheet.before
    if before is None:
        return Section(words("before and after"), [Cell(words("not compared"), "warn")])
    comparison, manifest = before.comparison, before.pack.manifest
    commit = str(manifest.get("commit") or words("no commit"))[:12]
    rows = [*_measures(sheet, before, words), *_changes(comparison.changes, words), *_figures(before, words)]
    heads = [words("measure"), words("before"), words("after"), words("result")]
    return Section(
        words("before and after"),
        [
            Cell(words("compared", run=comparison.before, commit=commit, tests=comparison.compared)),
            *(Cell(_short(words.said(note)), "warn") for note in comparison.notes),
            Table(heads=heads, rows=rows[:_CHANGES], wide={0: 1}, right=(1, 2)),
            *_rest(len(rows), _CHANGES, words, "more changes"),
        ],
    )


def _measures(sheet: Sheet, before: Before, words: Words) -> Iterator[Sequence[Cell]]:
    total = sheet.verdict["total"]
    for outcome, name in ((Outcome.KEPT, "tests kept"), (Outcome.BROKEN, "tests broken")):
        was, now = before.total.get(outcome, 0), total[outcome]
        worse = now < was if outcome is Outcome.KEPT else now > was
        yield [Cell(words(name)), Cell(str(was)), Cell(str(now)), _worse(worse, words)]


def _changes(changes: Sequence[Change], words: Words) -> Iterator[Sequence[Cell]]:
    """Yield rules one by one, answers and times as a number."""
    for change in sorted((change for change in changes if change.kind == "rule"), key=lambda change: not change.worse):
        title = title_of_rule(change.where)
        name = words("rule", id=change.where, title=words.said(title)) if title else words("rule alone", id=change.where)
        yield [Cell(name), *(Cell(words.said(text)) for text in (change.before, change.after)), _worse(change.worse, words)]
    for kind, name in (("answer", "answers"), ("time", "slower")):
        if count := sum(change.kind == kind for change in changes):
            yield [Cell(words(name)), Cell("–", "mute"), Cell(str(count)), Cell("")]


def _figures(before: Before, words: Words) -> Iterator[Sequence[Cell]]:
    """Yield the figures that changed, and the deviation of stock, which is to be looked at in any case."""
    for name, (was, now) in sorted(before.figures.items(), key=lambda figure: figure[0] != DEVIATION):
        if was != now or name == DEVIATION:
            worse = name == DEVIATION and (now or 0) > (was or 0)
            yield [Cell(words.said(name)), Cell(_figure(was)), Cell(_figure(now)), _worse(worse, words)]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _worse(worse: bool, words: Words) -> Cell:
    return Cell(words("worse"), "bad") if worse else Cell("")


def _waivers(sheet: Sheet, words: Words) -> Section:
    waived, soon = sheet.waived, set(sheet.verdict["waivers_ending"])
    if not waived:
        return Section(words("waivers"), [Cell(words("no waivers"))])
    rows = []
    for reason in waived[:_WAIVERS]:
        waiver = reason["waiver"]
        ends = any(reason["fingerprint"].startswith(fingerprint) for fingerprint in soon)
        expires = Cell(words("ends soon", day=waiver["expires"]), "warn") if ends else Cell(waiver["expires"])
        matter = sheet.matter([reason])
        what = words("waived in", where=matter.where[0], what=_what(matter, words)) if matter.family else _what(matter, words)
        told = (what, waiver["reason"], waiver["owner"], waiver["approver"])
        rows.append([Cell(reason["fingerprint"], code=True), *(Cell(_short(text)) for text in told), expires])
    heads = ["", *(words(name) for name in ("finding", "reason", "owner", "approver", "expires"))]
    return Section(words("waivers"), [Table(heads=heads, rows=rows, wide={1: 4, 2: 5, 3: 2, 4: 2}), *_rest(len(waived), _WAIVERS, words)])


def _signatures(sheet: Sheet, words: Words) -> Section:
    people = sheet.verdict["policy"]["approvals"]["people"]
    rows = [
        [Cell(one.name), Cell(one.role), Cell(f"{one.at:%Y-%m-%d %H:%M:%S}"), Cell(_short(one.meaning)), Cell(one.key[:12], code=True)]
        for one in sheet.signatures.approvals
    ]
    roles = [*sheet.missing_roles, *[words("any role")] * sheet.missing_people][: max(sheet.missing_people, len(sheet.missing_roles))]
    if sheet.verdict["verdict"] != Word.APPROVED or not sheet.run.is_complete or sheet.problems:
        hint = Cell(words("cannot sign"), "bad")
    elif roles:
        hint = Cell(words("needed", people=people), "mute")
        rows += [[Cell(""), Cell(_short(role), "mute"), Cell(""), Cell(words("unsigned"), "mute"), Cell("")] for role in roles]
    else:
        hint = Cell(words("all signed"), "good") if people else Cell(words("nobody"), "mute")
    blocks: list[Block] = [hint]
    if rows:
        heads = [words(name) for name in ("name", "role", "time", "meaning", "key")]
        blocks.insert(0, Table(heads=heads, rows=rows, wide={3: 1}))
    return Section(words("signatures", signed=len(sheet.signatures.approvals), people=people, at=f"{sheet.at:%Y-%m-%d %H:%M}"), blocks)


def _evidence(sheet: Sheet, words: Words) -> Section:
    problems = sheet.problems
    signed = words("pipeline signed" if (sheet.run.path / SIGNATURE).exists() else "pipeline unsigned")
    whole = f"{words('sealed')}{words('then')}{signed}"
    told = words("colon").join((words("changed", count=len(problems)), _short("; ".join(map(words.said, problems)))))
    return Section(
        words("evidence"),
        [
            Facts(
                pairs=[
                    (words("state"), Cell(told, "bad") if problems else Cell(whole)),
                    (words("seal"), Cell(sheet.run.digest or words("unsealed"), code=True)),
                    (words("verdict digest"), Cell(sheet.verdict_digest, code=True)),
                    (words("verify"), Cell(words("verify hint", run=sheet.run.manifest.get("run")))),
                ]
            )
        ],
    )


def _rest(count: int, shown: int, words: Words, hint: str = "more") -> Iterable[Cell]:
    return [Cell(words(hint, count=count - shown), "mute")] if count > shown else []


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _minute(moment: object) -> str:
    """Write a moment of the evidence to the minute."""
    return str(moment or "–")[:16].replace("T", " ")


def visible(text: str) -> str:
    """Write by their number letters nobody sees: some change the order of those around them, so that a name reads as another."""
    return "".join(numbered(letter) if unicodedata.category(letter).startswith("C") else letter for letter in text)


def numbered(letter: str) -> str:
    """Return the number of a letter, as Unicode writes it."""
    return f"[U+{ord(letter):04X}]"
