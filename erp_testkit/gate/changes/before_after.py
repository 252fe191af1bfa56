"""What changed between two runs: the version that is live, and the candidate.

Compared are, test by test: how each ended, what the ERP answered, and, over all: the rules, the figures of the ledgers, and the times of
the answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from statistics import median
from typing import Any

from erp_testkit.domain.names import name_of
from erp_testkit.domain.results import Outcome, Result
from erp_testkit.domain.said import Said, alike, listed
from erp_testkit.evidence.pack import Pack
from erp_testkit.evidence.verify import STATES
from erp_testkit.gate.changes.metrics import figures_of
from erp_testkit.gate.changes.noise import Exchanged, NoiseRule, kind_of, overlap, rewritten

_RANK = {Outcome.KEPT: 0, Outcome.KNOWN: 1, Outcome.NOT_COVERED: 2, Outcome.BROKEN: 3, Outcome.ERROR: 3}
_FEWEST_CALLS = 5
"""An operation called less often says nothing of its speed."""
_SLOWER = 1.5
"""An operation that takes so many times as long is told."""
_SHOWN_FIELDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is not as it was."""

    kind: str
    """``outcome``, ``rule``, ``answer``, ``figure`` or ``time``."""
    where: str
    """Test, rule, operation or figure."""
    before: Said
    after: Said
    worse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything that changed between two runs."""

    before: str
    after: str
    notes: Sequence[Said]
    """What makes the two runs hard to compare."""
    changes: Sequence[Change]
    compared: int
    """Tests that are in both."""

    @property
    def is_worse(self) -> bool:
        """Whether anything that was kept is not kept any more."""
        return any(change.worse for change in self.changes)

    def as_data(self) -> Mapping[str, Any]:
        """Return it as plain data."""
        return {
            "before": self.before,
            "after": self.after,
            "notes": list(self.notes),
            "compared": self.compared,
            "worse": self.is_worse,
            "changes": [asdict(change) for change in self.changes],
        }


@dataclass(slots=True)
class _Side:
    pack: Pack
    results: dict[str, Result] = field(default_factory=dict)
    exchanges: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.results = {result.node: result for result in self.pack.results()}
        for exchange in self.pack.exchanges():
            self.exchanges.setdefault(exchange["node"], []).append(exchange)


def compare(before: Pack, after: Pack, noise: Sequence[NoiseRule] = ()) -> Comparison:
    """Compare two runs.

    Raises:
        UsageError: a file of one of them cannot be read.
    """
    old, new = _Side(before), _Side(after)
    both = [node for node in old.results if node in new.results]
    changes = [
        *_outcomes(old.results, new.results),
        *_rules(old.results.values(), new.results.values()),
        *(change for node in both for change in _answers(node, old, new, noise)),
        *_figures(before, after),
        *_times(old.exchanges.values(), new.exchanges.values()),
    ]
    return Comparison(before=before.name, after=after.name, notes=list(_notes(old, new)), changes=changes, compared=len(both))


def _notes(old: _Side, new: _Side) -> Iterator[Said]:
    for key, name in (("seed", "随机种子"), ("adapter", "适配器"), ("profile", "配置")):
        first, second = old.pack.manifest.get(key), new.pack.manifest.get(key)
        if first != second:
            said = Said("{key} differs: {before} before, {after} after", "{key}不同：变更前 {before}，变更后 {after}")
            yield said.with_(key=Said(key, name), before=first, after=second)
    for run, side in ((Said("the run before", "变更前的运行"), old), (Said("the run after", "变更后的运行"), new)):
        if side.pack.state != "complete":
            yield Said("{run} is {state}", "{run}{state}").with_(run=run, state=STATES[side.pack.state])
    parallel = sum(overlap(exchanges) or overlap(new.exchanges[node]) for node, exchanges in old.exchanges.items() if node in new.exchanges)
    if parallel:
        said = Said("answers not compared in {count} tests that act from several sides at once", "{count} 项并发测试未对比应答")
        yield said.with_(count=parallel)


def _outcomes(old: Mapping[str, Result], new: Mapping[str, Result]) -> Iterator[Change]:
    for node in dict.fromkeys((*old, *new)):
        first, second = old.get(node), new.get(node)
        was, now = (name_of(one.outcome) if one else Said("not run", "未运行") for one in (first, second))
        if was != now:
            worse = first is not None and _RANK[first.outcome] < (_RANK[second.outcome] if second else 2)
            yield Change(kind="outcome", where=_named(node, first or second), before=was, after=now, worse=worse)


def _rules(old: Iterable[Result], new: Iterable[Result]) -> Iterator[Change]:
    was, now = (Counter(rule for result in results for rule in result.rules_violated) for results in (old, new))
    for rule in sorted({*was, *now}):
        if bool(was[rule]) != bool(now[rule]):
            yield Change(kind="rule", where=rule, before=_violated(was[rule]), after=_violated(now[rule]), worse=not was[rule])


def _violated(times: int) -> Said:
    return Said("violated in {times}", "违反（{times} 次）").with_(times=times) if times else Said("held", "成立")


def _answers(node: str, old: _Side, new: _Side, noise: Sequence[NoiseRule]) -> Iterator[Change]:
    before, after = old.exchanges.get(node, []), new.exchanges.get(node, [])
    if overlap(before) or overlap(after):
        return
    where = _named(node, old.results[node])
    for first, second in zip_longest(rewritten(before), rewritten(after)):
        if first is None or second is None or first.operation != second.operation:
            yield Change(kind="answer", where=where, before=_said(first), after=_said(second))
            return  # from here on the two are different stories
        if first.status != second.status:
            yield Change(kind="answer", where=f"{where}: {first.operation}", before=_said(first), after=_said(second))
            return
        changed = [
            path
            for path in dict.fromkeys((*first.answer, *second.answer))
            if first.answer.get(path) != second.answer.get(path) and not any(rule.covers(first.operation, path) for rule in noise)
        ]
        if changed:
            paths = changed[:_SHOWN_FIELDS]
            yield Change(kind="answer", where=f"{where}: {first.operation}", before=_fields(first, paths), after=_fields(second, paths))


def _figures(before: Pack, after: Pack) -> Iterator[Change]:
    was, now = figures_of(before), figures_of(after)
    for name in dict.fromkeys((*was, *now)):
        first, second = was.get(name), now.get(name)
        if first != second:
            yield Change(kind="figure", where=name, before=_figure(first), after=_figure(second))


def _figure(value: float | None) -> Said:
    return Said("none", "无") if value is None else alike(f"{value:g}")


def _times(old: Iterable[Sequence[Mapping[str, Any]]], new: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[Change]:
    was, now = _medians(old), _medians(new)
    for operation, seconds in now.items():
        if operation in was and seconds > was[operation] * _SLOWER:
            before, after = (alike(f"{value * 1000:.1f} ms") for value in (was[operation], seconds))
            yield Change(kind="time", where=operation, before=before, after=after)


def _medians(sides: Iterable[Sequence[Mapping[str, Any]]]) -> dict[str, float]:
    seconds: dict[str, list[float]] = {}
    for exchanges in sides:
        for exchange, told in zip(sorted(exchanges, key=lambda one: str(one["at"])), rewritten(exchanges), strict=True):
            seconds.setdefault(kind_of(told), []).append(exchange["seconds"])
    return {operation: median(times) for operation, times in sorted(seconds.items()) if len(times) >= _FEWEST_CALLS}


def times_of(pack: Pack) -> Mapping[str, float]:
    """Return how long each operation's answers took in a run, in seconds: the median of those that were called often enough.

    Raises:
        UsageError: a line cannot be read.
    """
    return _medians(_Side(pack).exchanges.values())


def _said(told: Exchanged | None) -> Said:
    if told is None:
        return Said("nothing more", "再无调用")
    status = Said("no answer", "无应答") if told.status is None else told.status
    return Said("{operation} → {status}", "{operation} → {status}").with_(operation=told.operation, status=status)


def _fields(told: Exchanged, paths: Sequence[str]) -> Said:
    one, absent = Said("{path} = {value}", "{path} = {value}"), Said("absent", "无")
    return listed(one.with_(path=path, value=told.shown.get(path, absent)) for path in paths)


def _named(node: str, result: Result | None) -> str:
    if result is None:
        return node
    row = f" [{node.rpartition('[')[2]}" if node.endswith("]") else ""
    return f"{result.scenario} ({result.file}){row}"
