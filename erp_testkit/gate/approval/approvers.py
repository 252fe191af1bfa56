"""Who may approve a change, and whose keys are whose: ``ci/approvers.toml``.

```toml
[[approver]]
name = "Li Na"
role = "quality manager"
logins = ["li.na@example.com", "lina"]
environments = ["uat", "production"]
key = "MCowBQYDK2VwAyEA…"
from = 2026-11-01
until = 2027-10-31
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.evidence.signing import public_key
from erp_testkit.gate import forms

if TYPE_CHECKING:
    from securesystemslib.signer import Key

FILE = Path("ci/approvers.toml")
_WHAT = "approvers"
_AUTHOR = re.compile(r"(?P<name>.*?)\s*<(?P<address>.*)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """A person with a key."""

    name: str
    role: str
    logins: tuple[str, ...]
    environments: tuple[str, ...]
    key: Key
    since: date
    until: date
    """The last day the key holds, UTC."""
    revoked: date | None
    because: str

    def fault(self, at: datetime) -> str:
        """Say why the key does not hold at a moment; empty where it does."""
        day = at.astimezone(UTC).date()
        if self.revoked is not None and day >= self.revoked:
            return f"the key of {self.name} was revoked on {self.revoked}: {self.because}"
        if day < self.since:
            return f"the key of {self.name} holds from {self.since}"
        return f"the key of {self.name} held until {self.until}" if day > self.until else ""

    def wrote(self, manifest: Mapping[str, Any]) -> str:
        """Say as whom this person had a hand in the change of a run; empty where it is nobody's."""
        own = {_plain(name) for name in (self.name, *self.logins)}
        for author in manifest.get("authors") or ():
            parts = _AUTHOR.fullmatch(author)
            if own & {_plain(part) for part in (parts.groups() if parts else (author,))}:
                return f"author {author}"
        actor = (manifest.get("who") or {}).get("actor")
        return f"who started the pipeline, {actor}" if actor and _plain(actor) in own else ""


@dataclass(frozen=True, slots=True)
class Approvers:
    """What the file says."""

    file: Path
    people: Sequence[Approver]
    pipelines: Mapping[str, Key]
    """Keys of pipelines, by name."""

    def named(self, name: str, at: datetime) -> Approver:
        """Return a person with the key that holds now; if none holds, with the latest.

        Raises:
            UsageError: nobody is of that name.
        """
        found = sorted((person for person in self.people if person.name == name), key=lambda person: person.until)
        if not found:
            names = {person.name for person in self.people}
            raise UsageError(f"Failed to approve as '{name}': expected somebody in {self.file}, got nobody. {closest(name, names)}")
        return next((person for person in found if not person.fault(at)), found[-1])

    def pipeline(self, name: str) -> Key:
        """Return the key of a pipeline.

        Raises:
            UsageError: there is none of that name.
        """
        if name not in self.pipelines:
            raise UsageError(f"Failed to sign as '{name}': expected a pipeline in {self.file}, got none. {closest(name, self.pipelines)}")
        return self.pipelines[name]


def load_approvers(file: Path) -> Approvers:
    """Read the file.

    Raises:
        UsageError: it cannot be read, or has mistakes; all of them are named.
    """
    data = forms.read_toml(file, _WHAT)
    problems = [f"{forms.dotted(place)}: {text}" for place, text in forms.mistakes(data, "approvers")]
    if problems:
        raise forms.refuse(file, _WHAT, problems)
    keys = dict(_keys(data, problems))
    people = []
    for index, entry in enumerate(data.get("approver", ())):
        since, until = date.fromisoformat(entry["from"]), date.fromisoformat(entry["until"])
        if until < since:
            problems.append(f"approver[{index + 1}].until: expected a day from {since} on, got {until}.")
        if ("approver", index) not in keys:
            continue
        people.append(
            Approver(
                name=entry["name"],
                role=entry["role"],
                logins=tuple(entry.get("logins", ())),
                environments=tuple(entry["environments"]),
                key=keys["approver", index],
                since=since,
                until=until,
                revoked=date.fromisoformat(entry["revoked"]) if "revoked" in entry else None,
                because=entry.get("because", ""),
            )
        )
    if problems:
        raise forms.refuse(file, _WHAT, problems)
    pipelines = {entry["name"]: keys["pipeline", index] for index, entry in enumerate(data.get("pipeline", ()))}
    return Approvers(file, tuple(people), pipelines)


def _keys(data: Mapping[str, Any], problems: list[str]) -> Iterator[tuple[tuple[str, int], Key]]:
    """Read all keys; no two entries may have the same one."""
    seen: dict[str, str] = {}
    for kind in ("approver", "pipeline"):
        for index, entry in enumerate(data.get(kind, ())):
            place = f"{kind}[{index + 1}].key"
            try:
                key = public_key(entry["key"])
            except ValueError as error:
                problems.append(f"{place}: {error}.")
                continue
            if key.keyid in seen:
                problems.append(f"{place}: expected a key of its own, got that of {seen[key.keyid]}.")
            seen.setdefault(key.keyid, place)
            yield (kind, index), key


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def find_approvers(given: Path | None, root: Path) -> Approvers | None:
    """Return the approvers of a file that is named, or of the project's own; None where it has none.

    Raises:
        UsageError: the file cannot be read, or has mistakes.
    """
    file = given or root / FILE
    return load_approvers(file) if given is not None or file.is_file() else None
