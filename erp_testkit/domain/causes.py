"""Causes: what findings have in common. A person reads them first, and a waiver names them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from erp_testkit.domain.findings import Family, Finding, Kind, Severity
from erp_testkit.domain.results import Outcome, Result
from erp_testkit.domain.said import Said, alike


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding showed."""

    run: str
    result: Result
    finding: Finding

    @property
    def test(self) -> str:
        """Id of the scenario or check."""
        return self.result.scenario

    @property
    def known(self) -> bool:
        """Whether the list of known findings explains it here."""
        return self.result.outcome is Outcome.KNOWN

    @property
    def order(self) -> tuple[bool, str, str, str]:
        """The first of several is the one that is told: in English where it is written in it."""
        return (self.result.language != "en", self.run, self.result.node, self.finding.place)


@dataclass(slots=True)
class Cause:
    """What findings of one kind have in common."""

    kind: Kind
    key: str
    """What they share beside the kind; see `Finding`."""
    places: list[Place] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """What a waiver names it by."""
        return self.places[0].finding.cause

    @property
    def severity(self) -> Severity:
        """That of the worst of its findings."""
        return min((place.finding.severity for place in self.places), key=lambda severity: severity.rank)

    @property
    def first(self) -> Place:
        """The place that is told."""
        return min(self.places, key=lambda place: place.order)

    @property
    def tests(self) -> Sequence[Result]:
        """Every test it showed in, once, in the order of the places."""
        return list({(place.run, place.result.node): place.result for place in sorted(self.places, key=lambda place: place.order)}.values())

    @property
    def known(self) -> bool:
        """Whether the list of known findings explains it wherever it showed."""
        return all(place.known for place in self.places)

    @property
    def name(self) -> Said:
        """What is not kept, such as ``rule planned-within-ordered`` or ``step sales.order_state (AssertionError)``."""
        is_step = self.kind.family is Family.SCENARIO
        return _NAMES[self.kind.family].with_(id=self.key if is_step else self.kind.id)

    @property
    def title(self) -> Said:
        """What it says of itself: of a step the title of the first scenario, in the language it ran in."""
        told = self.first.result.title
        return alike(told) if self.kind.family is Family.SCENARIO else Said(self.kind.title, self.kind.title_zh)

    def counted(self) -> Said:
        """Say in how many tests it showed, and in which first."""
        tests, first = len(self.tests), self.first
        where = f"{first.test}{f' {first.finding.place}' if first.finding.place and self.kind.family is not Family.SCENARIO else ''}"
        said = (
            Said("in {where}", "出现在 {where}")
            if tests == 1
            else Said("in {tests} tests, first: {where}", "出现在 {tests} 项测试，首见 {where}")
        )
        return said.with_(tests=tests, where=where)


_NAMES: Mapping[Family, Said] = {
    Family.SCENARIO: Said("step {id}", "步骤 {id}"),
    Family.RULE: Said("rule {id}", "规则 {id}"),
    Family.CONTRACT: Said("contract {id}", "接口契约 {id}"),
    Family.COMPATIBILITY: Said("compatibility {id}", "契约变更 {id}"),
}


def causes(results: Iterable[tuple[str, Result]]) -> list[Cause]:
    """Fold the findings of tests into their causes: the worst first, then what shows in most tests, then by id.

    Args:
        results: name of the run and how a test ended, in any order.
    """
    found: dict[str, Cause] = {}
    for place in _places(results):
        finding = place.finding
        found.setdefault(finding.cause, Cause(finding.kind, finding.key)).places.append(place)
    return sorted(found.values(), key=lambda cause: (cause.severity.rank, -len(cause.tests), cause.kind.id, cause.key))


def _places(results: Iterable[tuple[str, Result]]) -> Iterator[Place]:
    for run, result in results:
        for finding in result.findings:
            yield Place(run, result, finding)
