"""Waivers: causes accepted for a time. What is wrong with them is told all at once, and no verdict is given before it is mended.

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

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from erp_testkit.gate.verdict.policy import Policy
from erp_testkit.specs.settings import Day, Mistake, Table, Text, read, refused

_WHAT = "waivers"
_TODAY, _MAX_DAYS = "today", "max_days"


class Waiver(Table):
    """One accepted cause."""

    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{6,12}$", title="the fingerprint of a cause, its first 6 to 12 digits")]
    """As the gate prints it. Fewer than 12 digits must still mean one cause."""
    reason: Text
    """Why it may be accepted for now."""
    owner: Text
    """Who sees to it that it is mended."""
    approver: Text
    """Who agreed; not the owner."""
    opened: Day
    expires: Day
    """The last day it holds."""
    link: str = ""
    """Address of the deviation or ticket behind it."""

    def _contradictions(self, context: Mapping[str, Any], /) -> Iterator[Mistake]:
        today, days = context[_TODAY], (self.expires - self.opened).days
        if " ".join(self.owner.split()).casefold() == " ".join(self.approver.split()).casefold():
            yield ("approver",), f"expected somebody other than the owner, got '{self.approver}' for both."
        if self.opened > today:
            yield ("opened",), f"expected a day up to {today}, got {self.opened}."
        if days < 0:
            yield ("expires",), f"expected a day after its opening on {self.opened}, got {self.expires}."
        elif self.expires < today:
            yield ("expires",), f"expected a waiver that still holds on {today}, got one that expired on {self.expires}."
        if days > context[_MAX_DAYS]:
            yield ("expires",), f"expected a day within {context[_MAX_DAYS]} days of its opening, got {days}."


class WaiverList(Table):
    """Causes that are accepted for a time, each with who answers for it and who agreed."""

    waiver: tuple[Waiver, ...] = ()
    """Each accepts one cause."""


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
        UsageError: it cannot be read or has mistakes; its text names all of them.
    """

    def __init__(self, file: Path | None, policy: Policy, today: date) -> None:
        self._file, self._policy, self._today = file, policy, today
        limits = {_TODAY: today, _MAX_DAYS: policy.waivers.max_days}
        self._waivers = read(WaiverList, file, _WHAT, context=limits).waiver if file else ()

    def match(self, found: Mapping[str, Waivable], *, whole: bool) -> Mapping[str, Waiver]:
        """Return the waiver of each cause that has one, by fingerprint.

        Args:
            found: what the evidence shows, by fingerprint.
            whole: whether everything was judged, so that a waiver that matches nothing is out of date.

        Raises:
            UsageError: a waiver cannot stand as it is; all that is wrong with all of them is named.
        """
        matched: dict[str, Waiver] = {}
        wrong: list[Mistake] = []
        for number, waiver in enumerate(self._waivers):
            hits = sorted(fingerprint for fingerprint in found if fingerprint.startswith(waiver.fingerprint))
            if problem := self._problem(waiver, hits, found, matched):
                wrong.append((("waiver", number), problem))
            elif hits:
                matched[hits[0]] = waiver
            elif whole:
                what = f"expected a cause of this run, got none with '{waiver.fingerprint}'. Take the waiver out."
                wrong.append((("waiver", number), what))
        if wrong:
            assert self._file is not None
            raise refused(self._file, _WHAT, wrong)
        return matched

    def _problem(self, waiver: Waiver, hits: Sequence[str], found: Mapping[str, Waivable], matched: Collection[str]) -> str:
        if len(hits) > 1:
            named = "; ".join(f"{hit} {found[hit].title}" for hit in hits)
            return f"expected a fingerprint of one cause, got '{waiver.fingerprint}' of {len(hits)}: {named}."
        for hit in hits:
            if found[hit].forbidden:
                why = f'which {found[hit].forbidden} = "reject" of {self._policy.name} forbids.'
                return f"expected a cause the policy lets be waived, got {hit} {found[hit].title}, {why}"
            if hit in matched:
                return f"expected one waiver of a cause, got a second of {hit}."
        return ""

    def ending(self, waiver: Waiver) -> bool:
        """Say whether a waiver ends soon enough to be announced."""
        return waiver.expires - self._today <= timedelta(days=self._policy.waivers.expiry_warning_days)
