"""Showing changes: as a person reads them, and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from erp_testkit.contracts.compatibility.change import Change, Impact
from erp_testkit.contracts.compatibility.contracts import Compared
from erp_testkit.contracts.compatibility.impact import Hit

Hits = Mapping[str, Sequence[Hit]]
"""Who is hit, by the fingerprint of the change."""


def counts(changes: Iterable[Change]) -> dict[str, int]:
    """Return how many changes there are of each impact."""
    found = dict.fromkeys(map(str, Impact), 0)
    for change in changes:
        found[change.impact] += 1
    return found


def as_text(compared: Sequence[Compared], hits: Hits) -> str:
    """Return all changes, the same change of many places told once; of harmless ones only how many there are."""
    lines: list[str] = []
    for contract in compared:
        if contract.changes:
            lines += [f"{contract.name}: {_counted(counts(contract.changes))}", *_changes(contract.changes, hits), ""]
    total = counts(change for contract in compared for change in contract.changes)
    several = f" in {len(compared)} contracts" if len(compared) > 1 else ""
    return "\n".join([*lines, f"{_counted(total)}{several}" if any(total.values()) else f"No change{several}"])


def as_data(compared: Sequence[Compared], hits: Hits) -> dict[str, Any]:
    """Return everything as plain data."""
    return {
        "counts": counts(change for contract in compared for change in contract.changes),
        "contracts": [
            {
                "name": contract.name,
                "counts": counts(contract.changes),
                "causes": _causes(contract.changes),
                "changes": [_change(change, hits.get(change.fingerprint, ())) for change in contract.changes],
            }
            for contract in compared
        ],
    }


def _causes(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Fold changes into what was changed once: the worst first, then what shows at most places."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.cause, []).append(change)
    impacts = list(Impact)
    order = sorted(found.items(), key=lambda one: (impacts.index(one[1][0].impact), -len(one[1]), one[1][0].rule, one[0]))
    return [
        {
            "rule": group[0].rule,
            "impact": str(group[0].impact),
            "reason": group[0].reason,
            "fingerprint": cause,
            "places": [change.place for change in group],
            "operations": sorted({operation for change in group for operation in change.operations}),
        }
        for cause, group in order
    ]


def _counted(found: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {impact}" for impact, count in found.items())


def _changes(changes: Sequence[Change], hits: Hits) -> Iterator[str]:
    for impact in Impact:
        rules: dict[str, list[Change]] = {}
        for change in changes:
            if change.impact is impact:
                rules.setdefault(change.rule, []).append(change)
        if rules:
            count, causes = sum(map(len, rules.values())), len({change.cause for group in rules.values() for change in group})
            made = f" by {'1 cause' if causes == 1 else f'{causes} causes'}" if causes < count else ""
            yield f"\n{impact.upper()} ({count}{made})"
        for rule, group in rules.items():
            head = f"  {rule} ({len(group)})"
            if impact is Impact.HARMLESS:
                yield head
            elif len({change.reason for change in group}) == 1:
                yield f"{head}: {group[0].reason}"
                yield from (f"    {line}" for line in _places(group, hits, ""))
            else:
                yield head
                for reason in dict.fromkeys(change.reason for change in group):
                    alike = [change for change in group if change.reason == reason]
                    yield from (f"    {line}" for line in _places(alike, hits, f": {reason}"))


def _places(group: Sequence[Change], hits: Hits, reason: str) -> Iterator[str]:
    """Return a line for each place, methods of one path together, and who is hit."""
    places: dict[str, list[Change]] = {}
    for change in group:
        method, _, path = change.place.partition(" ")
        places.setdefault(path if method.isupper() and path.startswith("/") else change.place, []).append(change)
    for place, changes in places.items():
        methods = ", ".join(dict.fromkeys(change.place.partition(" ")[0] for change in changes if change.place != place))
        yield f"{methods} {place}".strip() + _operations(changes[0]) + reason
        hit = list(dict.fromkeys(hit for change in changes for hit in hits.get(change.fingerprint, ())))
        for kind in dict.fromkeys(one.kind for one in hit):
            names = [f"{one.name} ({one.field})" if one.field else one.name for one in hit if one.kind == kind]
            yield f"  hits {kind} {_several(names)}"


def _operations(change: Change) -> str:
    """Name the operations a shared schema's change shows at."""
    if not change.schema:
        return ""
    count = len(change.operations)
    return f" ({'1 operation' if count == 1 else f'{count} operations'}: {_several(change.operations, 2)})"


def _several(names: Sequence[str], shown: int = 6) -> str:
    """Name the first few, and count the rest."""
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")


def _change(change: Change, hits: Sequence[Hit]) -> dict[str, Any]:
    return {
        "rule": change.rule,
        "impact": str(change.impact),
        "place": change.place,
        "reason": change.reason,
        "old": change.old,
        "new": change.new,
        "schema": change.schema,
        "field": change.field,
        "operations": list(change.operations),
        "fingerprint": change.fingerprint,
        "cause": change.cause,
        "hits": [{"kind": hit.kind, "name": hit.name, "field": hit.field} for hit in hits],
    }
