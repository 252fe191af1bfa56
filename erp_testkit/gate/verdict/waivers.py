"""Waivers: findings accepted for a time. What is wrong with them is told all at once, and no verdict is given before it is mended.

```toml
[[waiver]]
fingerprint = "3fa2c1d09b7e"
reason = "The proof of delivery shows local time until release 4.2."
owner = "Li Na"
approver = "Wang Wei"
opened = 2026-11-02
expires = 2026-12-31
link = "https://quality.example/deviations/118"
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from erp_testkit.domain.errors import UsageError
from erp_testkit.gate import forms
from erp_testkit.gate.verdict.policy import Policy

_WHAT = "waivers"
_HEAD = re.compile(r"^\s*\[\[\s*waiver\s*\]\]", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One accepted finding."""

    fingerprint: str
    """Twelve digits, or as many of the first as tell it from others."""
    reason: str
    owner: str
    approver: str
    opened: date
    expires: date
    """The last day it holds."""
    link: str = ""
    place: str
    """Where it stands: file, line and number."""


@dataclass(frozen=True, slots=True)
class Waivable:
    """What of the evidence a waiver can name."""

    title: str
    forbidden: str = ""
    """The key of the policy that allows no waiver for it; empty where one may be given."""


class Waivers:
    """The waivers of a file.

    Args:
        file: where they stand; None where there are none.
        policy: says how long a waiver may be open for.
        today: the day of the verdict, UTC.

    Raises:
        UsageError: it cannot be read.
    """

    def __init__(self, file: Path | None, policy: Policy, today: date) -> None:
        """Read them; what is wrong with them is told when they are matched."""
        self._file, self._policy, self._today = file, policy, today
        self._problems: list[str] = []
        self._waivers: tuple[Waiver, ...] = ()
        if file is not None:
            data, text = forms.read_toml(file, _WHAT), file.read_text(encoding="utf-8")
            heads = [text.count("\n", 0, head.end()) + 1 for head in _HEAD.finditer(text)]
            wrong = forms.mistakes(data, "waivers")
            self._problems += [f"{_at(heads, place)}{forms.dotted(place)}: {text}" for place, text in wrong]
            bad = {place[1] for place, _ in wrong if len(place) > 1}
            entries = data.get("waiver", []) if not any(len(place) < 2 for place, _ in wrong) else []
            self._waivers = tuple(_waiver(entry, heads, index) for index, entry in enumerate(entries) if index not in bad)

    def match(self, found: Mapping[str, Waivable], *, whole: bool) -> Mapping[str, Waiver]:
        """Return the waiver of each finding that has one, by fingerprint.

        Args:
            found: what the evidence shows, by fingerprint.
            whole: whether everything was judged, so that a waiver that matches nothing is out of date.

        Raises:
            UsageError: a waiver cannot stand as it is; all that is wrong with all of them is named.
        """
        matched: dict[str, Waiver] = {}
        problems = list(self._problems)
        for waiver in self._waivers:
            problems += (f"{waiver.place}: {problem}" for problem in self._faults(waiver))
            hits = sorted(fingerprint for fingerprint in found if fingerprint.startswith(waiver.fingerprint))
            if len(hits) > 1:
                named = "; ".join(f"{hit} {found[hit].title}" for hit in hits)
                problems.append(
                    f"{waiver.place}: expected a fingerprint of one finding, got '{waiver.fingerprint}' of {len(hits)}: {named}."
                )
            elif hits and found[hits[0]].forbidden:
                problems.append(
                    f"{waiver.place}: expected a finding the policy lets be waived, got {hits[0]} {found[hits[0]].title}, "
                    f'which {found[hits[0]].forbidden} = "reject" of {self._policy.name} forbids.'
                )
            elif hits and hits[0] in matched:
                first = matched[hits[0]].place
                problems.append(f"{waiver.place}: expected one waiver of a finding, got a second of {hits[0]}; the first is {first}.")
            elif hits:
                matched[hits[0]] = waiver
            elif whole:
                problems.append(
                    f"{waiver.place}: expected a finding of this run, got none with '{waiver.fingerprint}'. Take the waiver out."
                )
        if problems:
            assert self._file is not None
            raise _refused(self._file, problems)
        return matched

    def ending(self, waiver: Waiver) -> bool:
        """Say whether a waiver ends soon enough to be announced."""
        return waiver.expires - self._today <= timedelta(days=self._policy.announce_days)

    def _faults(self, waiver: Waiver) -> Iterator[str]:
        if _same(waiver.owner, waiver.approver):
            yield f"expected an approver other than the owner, got '{waiver.approver}' for both."
        if waiver.opened > self._today:
            yield f"expected an opening day up to {self._today}, got {waiver.opened}."
        if waiver.expires < waiver.opened:
            yield f"expected an end after its opening on {waiver.opened}, got {waiver.expires}."
        elif waiver.expires < self._today:
            yield f"expected a waiver that still holds on {self._today}, got one that expired on {waiver.expires}."
        days = (waiver.expires - waiver.opened).days
        if days > self._policy.longest_days:
            yield f"expected an end within {self._policy.longest_days} days of its opening, got {days}."


def _waiver(entry: Mapping[str, Any], heads: Sequence[int], index: int) -> Waiver:
    days = {key: date.fromisoformat(entry[key]) for key in ("opened", "expires")}
    return Waiver(**{**entry, **days}, place=f"{_at(heads, ('waiver', index))}waiver[{index + 1}]")


def _at(heads: Sequence[int], place: Sequence[str | int]) -> str:
    """Return the line of a waiver's head, where it has one."""
    number = place[1] if len(place) > 1 else None
    return f"line {heads[number]}, " if isinstance(number, int) and number < len(heads) else ""


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _refused(file: Path, problems: Sequence[str]) -> UsageError:
    error = forms.refuse(file, _WHAT, problems)
    return UsageError(f"{error}\nNext: mend {file}, then type the same again.")
