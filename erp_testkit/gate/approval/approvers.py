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
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema

from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.domain.said import Said
from erp_testkit.evidence.signing import public_key
from erp_testkit.specs.settings import Day, Mistake, Place, Table, Text, Wrong, read

if TYPE_CHECKING:
    from securesystemslib.signer import Key

FILE = Path("ci/approvers.toml")
_AUTHOR = re.compile(r"(?P<name>.*?)\s*<(?P<address>.*)>")


def _key(text: object) -> Key:
    try:
        return public_key(str(text))
    except ValueError as error:
        raise Wrong([((), f"{error}.")]) from error


# The type of a key is that of a library that is slow to import.
_Key = Annotated[Any, AfterValidator(_key), WithJsonSchema({"type": "string", "title": "a public key as 'erp-testkit keys new' shows it"})]


class _Signer(Table):
    name: Text
    """Of a person as it is printed below the signature."""
    key: _Key
    """As ``erp-testkit keys new`` shows it."""


class Approver(_Signer):
    """A person with a key."""

    role: Text
    """Such as quality manager."""
    logins: tuple[Text, ...] = ()
    """Further names and addresses of this person in git and in pipelines: who wrote a change cannot approve it."""
    environments: Annotated[tuple[Text, ...], Field(min_length=1, title="at least one environment")]
    """Where to a change may go that this person approves."""
    since: Day = Field(alias="from")
    """The first day the key holds, UTC."""
    until: Day
    """The last day the key holds, UTC."""
    revoked: Day | None = None
    """The first day it does not hold any more, UTC."""
    because: str = ""
    """Why it was revoked."""

    def _contradictions(self, _: Mapping[str, Any], /) -> Iterator[Mistake]:
        if self.until < self.since:
            yield ("until",), f"expected a day from {self.since} on, got {self.until}."
        if self.revoked and not self.because:
            yield ("because",), "expected why it was revoked, got nothing."

    def fault(self, at: datetime) -> Said | None:
        """Say why the key does not hold at a moment; None where it does."""
        day = at.astimezone(UTC).date()
        if self.revoked is not None and day >= self.revoked:
            return self.revocation
        if day < self.since:
            return Said("the key of {name} holds from {day}", "{name} 的密钥自 {day} 起有效").with_(name=self.name, day=self.since)
        if day > self.until:
            return Said("the key of {name} held until {day}", "{name} 的密钥有效期至 {day}").with_(name=self.name, day=self.until)
        return None

    @property
    def revocation(self) -> Said:
        """Say when the key was revoked, and why."""
        said = Said("the key of {name} was revoked on {day}: {because}", "{name} 的密钥已于 {day} 吊销：{because}")
        return said.with_(name=self.name, day=self.revoked, because=self.because)

    def wrote(self, manifest: Mapping[str, Any]) -> Said | None:
        """Say as whom this person had a hand in the change of a run; None where in none."""
        own = {_plain(name) for name in (self.name, *self.logins)}
        for author in manifest.get("authors") or ():
            parts = _AUTHOR.fullmatch(author)
            if own & {_plain(part) for part in (parts.groups() if parts else (author,))}:
                return Said("author {author}", "作者 {author}").with_(author=author)
        actor = (manifest.get("who") or {}).get("actor")
        if actor and _plain(actor) in own:
            return Said("who started the pipeline, {actor}", "流水线启动人 {actor}").with_(actor=actor)
        return None


class Pipeline(_Signer):
    """A pipeline with a key."""


class ApproverList(Table):
    """Who may approve a change, and which pipelines sign runs."""

    approver: tuple[Approver, ...] = ()
    """People. One whose key was exchanged has an entry for each key."""
    pipeline: tuple[Pipeline, ...] = ()
    """Pipelines, which sign runs."""

    def _contradictions(self, _: Mapping[str, Any], /) -> Iterator[Mistake]:
        seen: dict[str, str] = {}
        keys: list[tuple[Place, _Signer]] = [(("approver", index, "key"), person) for index, person in enumerate(self.approver)]
        keys += [(("pipeline", index, "key"), pipeline) for index, pipeline in enumerate(self.pipeline)]
        for place, entry in keys:
            if entry.key.keyid in seen:
                yield place, f"expected a key of its own, got that of {seen[entry.key.keyid]}."
            seen.setdefault(entry.key.keyid, entry.name)


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
    said = read(ApproverList, file, "approvers")
    return Approvers(file, said.approver, {one.name: one.key for one in said.pipeline})


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def find_approvers(given: Path | None, root: Path) -> Approvers | None:
    """Return the approvers of a file that is named, or of the project's own; None where it has none.

    Raises:
        UsageError: the file cannot be read, or has mistakes.
    """
    file = given or root / FILE
    return load_approvers(file) if given is not None or file.is_file() else None
