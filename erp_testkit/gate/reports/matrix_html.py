"""The matrix as one page that opens offline; a few lines of script narrow it down, and nothing is lost without them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from erp_testkit.domain.results import Outcome
from erp_testkit.evidence.markup import Markup, element, page, table, void
from erp_testkit.gate.reports.matrix_words import detail, fault, word
from erp_testkit.gate.requirements.matrix import Matrix, Row, Status
from erp_testkit.gate.requirements.requirements import Risk
from erp_testkit.gate.requirements.sources import Kind, Source
from erp_testkit.gate.verdict.reading import RunFacts

_HERE = Path(__file__).parent
STYLE = (_HERE / "report.css").read_text(encoding="utf-8")
_SCRIPT = (_HERE / "matrix.js").read_text(encoding="utf-8")
_FEW = 6
"""So many pieces of evidence of a kind are shown at once; more are folded."""


def as_html(matrix: Matrix, runs: Sequence[RunFacts], language: str) -> bytes:
    """Return the page.

    Args:
        matrix: the matrix.
        runs: what it was made of.
        language: of the words, `matrix_words.LANGUAGES`.
    """
    body = (
        element("h1", word("title", language)),
        element("p", word("lead", language), class_="lead"),
        tiles(matrix, language),
        element("h2", word("gaps", language)),
        gaps(matrix, language),
        element("h2", word("requirements", language)),
        _filter(language),
        requirements(matrix, language),
        element("h2", word("runs", language)),
        told_runs(runs, language),
    )
    return page(word("title", language), language, STYLE, *body, script=_SCRIPT).encode()


def tiles(matrix: Matrix, language: str) -> Markup:
    """Return how many requirements stand how."""
    shown = [status for status in Status if matrix.counts[status]]
    return element("div", *(chip(status, language, f"{matrix.counts[status]} ") for status in shown), class_="tiles")


def chip(status: Status | Outcome, language: str, before: str = "") -> Markup:
    """Return a status or an outcome: coloured, and in words."""
    return element("span", before, word(status, language), class_=f"s {status.replace(' ', '-')}")


def gaps(matrix: Matrix, language: str) -> Markup:
    """Return what is wrong, as a table."""
    if not matrix.gaps:
        return element("p", word("no gaps", language))
    rows = (
        (
            fault(gap, language),
            element("td", gap.about, class_="id"),
            detail(gap, language),
            element("td", element("code", gap.fingerprint, class_="short")),
        )
        for gap in matrix.gaps
    )
    return table((word(key, language) for key in ("fault", "about", "detail", "fingerprint")), rows)


def requirements(matrix: Matrix, language: str) -> Markup:
    """Return each requirement with its evidence, as a table."""
    heads = element("tr", *(element("th", word(key, language), scope="col") for key in ("requirement", "risk", "status", "evidence")))
    rows = [
        element(
            "tr",
            element("td", *_named(row, language)),
            element("td", word(row.requirement.risk, language)),
            element("td", chip(row.status, language)),
            element("td", evidence(row, language) or row.requirement.not_applicable or word("none", language)),
            data_risk=row.requirement.risk,
            data_status=row.status,
        )
        for row in matrix.rows
    ]
    return element("table", element("thead", heads), element("tbody", *rows), id="matrix")


def evidence(row: Row, language: str) -> list[Markup]:
    """Return the evidence for a requirement: what is not kept first and open, the rest folded where there is much of it."""
    parts = []
    for kind in Kind:
        sources = sorted((one for one in row.evidence if one.kind is kind), key=lambda one: one.outcome is Outcome.KEPT)
        if not sources:
            continue
        counts = Counter(source.outcome for source in sources)
        head = [
            word(f"{kind}s", language),
            " ",
            *(chip(outcome, language, f"{counts[outcome]} ") for outcome in Outcome if counts[outcome]),
        ]
        listed = element("ul", *(_source(source, language) for source in sources))
        is_open = len(sources) <= _FEW or any(source.outcome is not Outcome.KEPT for source in sources)
        parts.append(element("details", element("summary", *head), listed, **({"open": ""} if is_open else {})))
    return parts


def told_runs(runs: Iterable[RunFacts], language: str) -> Markup:
    """Return the runs the evidence is of, as a table."""
    rows = (
        (
            run.name,
            word(run.state, language),
            run.facts["erp"] or run.facts["adapter"],
            run.facts["profile"],
            run.facts["environment"],
            element("td", element("code", str(run.facts["commit"] or "")[:12])),
            f"{run.ended:%Y-%m-%d %H:%M}",
            element("td", element("code", run.digest)),
        )
        for run in runs
    )
    return table((word(key, language) for key in ("run", "state", "erp", "profile", "environment", "commit", "ended", "seal")), rows)


def _named(row: Row, language: str) -> Iterator[Markup]:
    yield element("div", row.requirement.id, class_="id")
    yield element("div", row.requirement.text(language))
    if row.requirement.source:
        yield element("div", row.requirement.source, class_="quiet")


def _source(source: Source, language: str) -> Markup:
    tests = source.counts.total()
    more = f" ({', '.join(f'{n} {word(one, language)}' for one in Outcome if (n := source.counts[one]))})" if len(source.counts) > 1 else ""
    times = f" × {tests}" if tests > 1 and not more else ""
    return element("li", chip(source.outcome, language), " ", element("b", source.id), " ", source.title(language), times, more)


def _filter(language: str) -> Markup:
    find = void("input", type="search")
    choices = [(word("risk", language), Risk), (word("status", language), Status)]
    selects = [
        element(
            "label",
            label,
            " ",
            element("select", element("option", word("all", language), value=""), *(_option(one, language) for one in values)),
        )
        for label, values in choices
    ]
    return element("div", element("label", word("find", language), " ", find), *selects, class_="bar", hidden="")


def _option(value: str, language: str) -> Markup:
    return element("option", word(value, language), value=value)
